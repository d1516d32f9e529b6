"""Every tool that changes files through the real server: proposed or at once, and an undo that restores every byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient
from e2e.harness import Bench, chat, new_session

APP = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
BEFORE = {
    "app.py": APP.encode(),
    "lib.py": b"LIMIT = 3\n",
    "old.py": b"old = 1\n",
    "name.txt": b"\xef\xbb\xbfeins\r\nzwei\r\n",
    "latin.txt": b"caf\xe9\nzwei\n",
    "gone.txt": b"gone\n",
    "whole.txt": b"a\r\nb\r\n",
}
AFTER = {
    "app.py": APP.replace("return 1", "return 10").replace("return 2", "return 20").encode(),
    "lib.py": b"LIMIT = 30\n",
    "made/new.py": b"made = True\n",
    "there/other.txt": b"\xef\xbb\xbfeins\r\nzwo\r\n",
    "moved.txt": b"caf\xe9\nzwei\n",
    "whole.txt": b"a\r\nc\r\n",
}
PATCH = """*** Begin Patch
*** Update File: lib.py
-LIMIT = 3
+LIMIT = 30
*** Add File: made/new.py
+made = True
*** Delete File: old.py
*** Update File: name.txt
*** Move to: there/other.txt
 eins
-zwei
+zwo
*** End Patch
"""
PLACES = {
    "path": "app.py",
    "old_text": "return 1",
    "new_text": "return 10",
    "more": [{"old_text": "return 2", "new_text": "return 20"}],
}
ROWS = """
[[models]]
vendor = "scripted"
name = "patcher"
edit_format = "v4a"
capabilities = { tools = "native" }
"""
PATCHER = "scripted/patcher"


def rule(user: str, number: int, call: str, **arguments: object) -> dict[str, object]:
    return {"when": {"user": user, "round": number}, "reply": [{"call": call, "arguments": arguments}]}


RULES = (
    rule("^patch", 0, "apply_patch", patch=PATCH),
    rule("^patch", 1, "edit_file", **PLACES),
    {"when": {"user": "^patch", "result": "no tool named 'edit_file'"}, "reply": [{"text": "Patched."}]},
    rule("^edit", 0, "edit_file", **PLACES),
    rule("^edit", 1, "write_file", path="whole.txt", text="a\nc\n"),
    rule("^edit", 2, "delete_file", path="gone.txt"),
    rule("^edit", 3, "move_file", path="latin.txt", new_path="moved.txt"),
    rule("^edit", 4, "apply_patch", patch=PATCH),
    {"when": {"user": "^edit", "result": "no tool named 'apply_patch'"}, "reply": [{"text": "Edited."}]},
)


@pytest.fixture
def project(bench: Bench) -> Bench:
    bench.script(*RULES)
    for name, data in BEFORE.items():
        (bench.root / name).write_bytes(data)
    folder = bench.home / "config" / "conduit"
    folder.mkdir(parents=True)
    (folder / "models.toml").write_text(ROWS)
    return bench


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def turns(editor: EditorClient, session: str) -> list[str]:
    """Have one model patch and another one edit; return the turns."""
    done: list[str] = []
    for model, words, answer in ((PATCHER, "patch it", "Patched."), ("scripted/demo", "edit it", "Edited.")):
        await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": model})
        result = await chat(editor, session, words)
        assert (result["stopReason"], result.get("error")) == ("end_turn", None)
        listed = (await editor.command("conduit.session.open", session))["messages"]
        assert listed[-1]["text"] == answer, listed
        done.append(str(result["turnId"]))
    return done


async def test_in_review_every_tool_proposes_and_the_files_are_changed_when_all_is_accepted(project: Bench) -> None:
    async with await project.start() as editor:
        uri = await editor.open(project.root / "app.py")
        session = await new_session(editor, project.root, mode="review")
        await turns(editor, session)
        assert files(project.root) == BEFORE
        assert editor.document(uri).text == APP
        found = (await editor.request("conduit/hunk/list", {"sessionId": session}))["hunks"]
        assert sorted((each["name"], each["kind"]) for each in found) == [
            ("app.py", "edit"),
            ("app.py", "edit"),
            ("gone.txt", "delete"),
            ("latin.txt", "move"),
            ("lib.py", "edit"),
            ("made/new.py", "create"),
            ("name.txt", "edit"),
            ("name.txt", "move"),
            ("old.py", "delete"),
            ("whole.txt", "edit"),
        ]
        await editor.request("conduit/hunk/accept", {"sessionId": session})
        assert editor.document(uri).text == AFTER["app.py"].decode()
        assert files(project.root) | {"app.py": AFTER["app.py"]} == AFTER


async def test_in_auto_every_tool_asks_with_its_diff_and_undo_restores_every_byte(project: Bench) -> None:
    asked: list[dict[str, Any]] = []

    async def permit(params: dict[str, Any]) -> str:
        asked.append(params)
        return "allow_once"

    async with await project.start(permit=permit) as editor:
        session = await new_session(editor, project.root, mode="auto")
        patched, edited = await turns(editor, session)
        assert files(project.root) == AFTER
        titles = ["Patch lib.py, made/new.py, old.py and 1 more", "Edit app.py", "Write whole.txt", "Delete gone.txt"]
        assert [each["toolCall"]["title"] for each in asked] == [*titles, "Move latin.txt to moved.txt"]
        for line in ("+LIMIT = 30", "+made = True", "-old = 1", "rename to there/other.txt", "+zwo"):
            assert line in asked[0]["preview"]
        for turn in (edited, patched):
            await editor.request("conduit/session/undo", {"sessionId": session, "turnId": turn})
        assert files(project.root) == BEFORE
        for turn in (patched, edited):
            await editor.request("conduit/session/redo", {"sessionId": session, "turnId": turn})
        assert files(project.root) == AFTER


async def test_in_auto_a_patch_and_its_undo_keep_what_was_typed_in_an_open_file(project: Bench) -> None:
    async def permit(params: dict[str, Any]) -> str:
        return "allow_once"

    async with await project.start(permit=permit) as editor:
        uri = await editor.open(project.root / "lib.py", "LIMIT = 3\n# typed\n")
        session = await new_session(editor, project.root, mode="auto")
        await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": PATCHER})
        await chat(editor, session, "patch it")
        assert editor.document(uri).text == "LIMIT = 30\n# typed\n"
        assert not (project.root / "old.py").exists()
        await editor.request("conduit/session/undo", {"sessionId": session})
        assert editor.document(uri).text == "LIMIT = 3\n# typed\n"
        assert files(project.root) == BEFORE
