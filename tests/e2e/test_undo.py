"""Undo and redo over LSP: a turn that changed several files, one of them open, with typing afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from conduit.lsp.client import EditorClient, EditorOptions
from conduit.lsp.wire_client import ClientError
from conduit.workspace.positions import Position, Range
from e2e.harness import Bench, chat, new_session

OPEN = "def load():\n    return 1\n\n\ndef save():\n    pass\n"
CLOSED = "\ufeffport = 80\r\nhost = 'a'\r\n"
EDITS: dict[str, object] = {
    "when": {"user": "rename", "round": 0},
    "reply": [
        {"call": "edit_file", "arguments": {"path": "open.py", "old_text": "def load", "new_text": "def read"}},
        {"call": "edit_file", "arguments": {"path": "closed.py", "old_text": "80", "new_text": "8080"}},
        {"call": "edit_file", "arguments": {"path": "new.py", "old_text": "", "new_text": "made = True\n"}},
    ],
}
SAYS = {"reply": [{"text": "Done."}]}


async def allow(params: dict[str, Any]) -> str:
    return "allow_always"


class Project:
    """The files, whether they are open or not."""

    def __init__(self, bench: Bench, editor: EditorClient) -> None:
        self.bench = bench
        self.editor = editor

    def uri(self, name: str) -> str:
        return (self.bench.root / name).as_uri()

    @property
    def state(self) -> tuple[str, bytes, bytes | None]:
        new = self.bench.root / "new.py"
        return (
            self.editor.document(self.uri("open.py")).text,
            (self.bench.root / "closed.py").read_bytes(),
            new.read_bytes() if new.exists() else None,
        )


def changes_shown(editor: EditorClient) -> list[tuple[str, str | None]]:
    updates = [params["update"] for params in editor.seen.updates]
    return [(each["status"], each.get("cause")) for each in updates if each["sessionUpdate"] == "change"]


async def test_a_turn_over_three_files_is_undone_around_later_typing_and_redone_to_the_byte(bench: Bench) -> None:
    bench.script(EDITS, SAYS)
    bench.write("open.py", OPEN)
    bench.write("closed.py", CLOSED)
    async with await bench.start(permit=allow) as editor:
        project = Project(bench, editor)
        await editor.open(bench.root / "open.py", OPEN)
        session = await new_session(editor, bench.root, mode="auto")
        turn = (await chat(editor, session, "rename it"))["turnId"]
        done = project.state
        assert done == (OPEN.replace("load", "read"), CLOSED.replace("80", "8080").encode(), b"made = True\n")
        await editor.type(project.uri("open.py"), "    # mine\n", Range(Position(5, 0), Position(5, 0)))
        typed = (done[0].replace("    pass", "    # mine\n    pass"), *done[1:])
        assert project.state == typed

        preview = await editor.request("conduit/session/undo", {"sessionId": session, "preview": True})
        assert project.state == typed
        assert await editor.request("conduit/session/undo", {"preview": True}) == preview
        assert (preview["turnId"], preview["preview"], "changeId" in preview) == (turn, True, False)
        assert [(file["path"], file["action"], file["lines"], file["since"]) for file in preview["files"]] == [
            ("open.py", "edit", 1, 1),
            ("closed.py", "edit", 1, 0),
            ("new.py", "delete", 1, 0),
        ]
        undone = await editor.request("conduit/session/undo", {"sessionId": session})
        assert undone["files"] == preview["files"]
        without = (OPEN.replace("    pass", "    # mine\n    pass"), CLOSED.encode(), None)
        assert project.state == without
        assert changes_shown(editor)[-2:] == [("started", "undo"), ("applied", None)]
        notices = [each["update"]["text"] for each in editor.seen.updates if "notice" in each["update"].values()]
        assert notices[-1] == undone["message"]
        for _ in range(2):
            redone = await editor.request("conduit/session/redo", {"sessionId": session, "turnId": turn})
            assert redone["turnId"] == turn
            assert project.state == typed
            await editor.request("conduit/session/undo", {"sessionId": session})
            assert project.state == without
        with pytest.raises(ClientError, match="nothing to undo"):
            await editor.request("conduit/session/undo", {"sessionId": session})
        assert await editor.shutdown() == 0


@pytest.mark.parametrize("versioned", [True, False], ids=["versions", "plain edits"])
async def test_a_plain_client_undoes_and_redoes_by_commands_and_is_told_what_stayed(
    bench: Bench, versioned: bool
) -> None:
    bench.script(EDITS, SAYS)
    bench.write("open.py", OPEN)
    bench.write("closed.py", CLOSED)
    options = EditorOptions(document_changes=versioned)
    async with await bench.start(permit=allow, options=options) as editor:
        project = Project(bench, editor)
        await editor.open(bench.root / "open.py", OPEN)
        session = await new_session(editor, bench.root, mode="auto")
        await chat(editor, session, "rename it")
        await editor.type(project.uri("open.py"), "async ", Range(Position(0, 0), Position(0, 0)))
        typed = project.state
        result = await editor.command("conduit.turn.undo")
        assert [file["kept"] for file in result["files"]] == [[{"start": 0, "end": 1}], [], []]
        assert project.state == (typed[0], CLOSED.encode(), None)
        assert f"Conduit: {result['message']}" in [each["message"] for each in editor.seen.messages]
        assert "Line 1 of open.py stayed" in result["message"]
        again = await editor.command("conduit.turn.redo", session)
        assert again["changeId"] != result["changeId"]
        assert project.state == typed
        assert await editor.shutdown() == 0


async def test_a_redo_after_a_restart_of_the_server_finds_what_was_undone(bench: Bench) -> None:
    bench.script(EDITS, SAYS)
    bench.write("open.py", OPEN)
    path = bench.write("closed.py", CLOSED)
    async with await bench.start(permit=allow) as editor:
        session = await new_session(editor, bench.root, mode="auto")
        await chat(editor, session, "rename it")
        done = path.read_bytes()
        await editor.request("conduit/session/undo", {"sessionId": session})
        assert path.read_bytes() == CLOSED.encode()
        assert await editor.shutdown() == 0
    async with await bench.start() as editor:
        await editor.request("conduit/session/redo", {"sessionId": session})
        assert path.read_bytes() == done
        assert (bench.root / "open.py").read_text() == OPEN.replace("load", "read")
        assert (bench.root / "new.py").read_text() == "made = True\n"
        assert await editor.shutdown() == 0
