"""`conduit/inlineEdit` in a real server: the selected lines change by an instruction, and wait as hunks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conduit.config.folders import find_folders
from conduit.lsp.client import EditorClient
from conduit.lsp.wire_client import ClientError
from conduit.workspace.positions import Position, Range
from e2e.harness import SHOP, Bench, chat, new_session

BODY = {"start": {"line": 4, "character": 0}, "end": {"line": 5, "character": 0}}
BETTER = "    return sum(map(price, items))\n"


def replace(code: str) -> dict[str, object]:
    return {"call": "replace_selection", "arguments": {"code": code}}


DONE = {"reply": [{"text": "Done."}]}


async def edit(
    editor: EditorClient, uri: str, instruction: str = "use map", range_: object = BODY, **more: object
) -> dict[str, Any]:
    document = {"uri": uri, "version": editor.document(uri).version}
    params = {"textDocument": document, "range": range_, "instruction": instruction, **more}
    return await editor.request("conduit/inlineEdit", params)


async def waiting(editor: EditorClient) -> list[dict[str, Any]]:
    return (await editor.request("conduit/hunk/list", {}))["hunks"]


async def test_the_selected_lines_change_as_a_hunk_whatever_becomes_of_code_actions(bench: Bench) -> None:
    bench.script({"when": {"user": "use map", "round": 0}, "reply": [replace(BETTER)]}, DONE)
    async with await bench.start(CONDUIT_CODE_ACTIONS_APPLY="direct") as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        result = await edit(editor, uri, workDoneToken="mine")
        (hunk,) = await waiting(editor)
        assert result == {
            "sessionId": hunk["sessionId"],
            "turnId": hunk["turnId"],
            "hunkIds": [hunk["hunkId"]],
            "message": "1 change waits for you in shop.py (line 5).",
            "stopReason": "end_turn",
        }
        assert (hunk["line"], hunk["endLine"], hunk["newText"]) == (4, 5, BETTER)
        assert (editor.document(uri).text, editor.seen.edits) == (SHOP, [])
        kinds = [each["value"]["kind"] for each in editor.seen.progress if each["token"] == "mine"]
        assert (kinds[0], kinds[-1]) == ("begin", "end")
        await editor.request("conduit/hunk/accept", {"hunkIds": result["hunkIds"]})
        assert editor.document(uri).text == SHOP.replace("    return sum(prise(item) for item in items)\n", BETTER)
        listed = (await editor.request("conduit/session/list", {}))["sessions"]
        assert [each["title"] for each in listed] == ["Edit: use map"]


async def test_what_the_model_changes_elsewhere_is_a_hunk_too(bench: Bench) -> None:
    other = {"path": "shop.py", "old_text": "import price", "new_text": "import price, tax"}
    bench.script({"when": {"round": 0}, "reply": [replace(BETTER), {"call": "edit_file", "arguments": other}]}, DONE)
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        result = await edit(editor, uri)
        assert [each["line"] for each in await waiting(editor)] == [0, 4]
        assert len(result["hunkIds"]) == 2
        assert result["message"] == "2 changes wait for you in shop.py (line 1, line 5)."


async def test_a_second_try_takes_the_place_of_the_first(bench: Bench) -> None:
    bench.script(
        {"when": {"round": 0}, "reply": [replace("    return 1\n    # one\n")]},
        {"when": {"round": 1}, "reply": [replace(BETTER)]},
        DONE,
    )
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        await edit(editor, uri)
        assert [each["newText"] for each in await waiting(editor)] == [BETTER]


async def test_an_empty_selection_is_its_line_and_in_an_empty_line_code_is_put_in(bench: Bench) -> None:
    bench.script(
        {"when": {"user": "nothing in the line", "round": 0}, "reply": [replace("LIMIT = 3\n")]},
        {"when": {"user": "The lines:", "round": 0}, "reply": [replace("def total(items, tax):")]},
        DONE,
    )
    caret = {"line": 1, "character": 0}
    name = {"line": 3, "character": 6}
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        await edit(editor, uri, "a limit", {"start": caret, "end": caret})
        await edit(editor, uri, "add the tax", {"start": name, "end": name})
        assert [(each["line"], each["oldText"], each["newText"]) for each in await waiting(editor)] == [
            (1, "\n", "LIMIT = 3\n"),
            (3, "def total(items):\n", "def total(items, tax):\n"),
        ]


async def test_a_selection_of_another_version_is_refused_with_what_to_do(bench: Bench) -> None:
    bench.script(DONE)
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        with pytest.raises(ClientError, match="Select the lines again") as failure:
            await editor.request(
                "conduit/inlineEdit",
                {"textDocument": {"uri": uri, "version": 7}, "range": BODY, "instruction": "use map"},
            )
        assert failure.value.code == -32801
        assert (await editor.request("conduit/session/list", {}))["sessions"] == []


async def test_what_is_typed_meanwhile_moves_the_place_and_lines_that_were_changed_are_told_to_the_model(
    bench: Bench,
) -> None:
    bench.script(
        {
            "when": {"user": "asks for: apart", "round": 0},
            "reply": [{"text": "wait"}, {"pause_s": 0.5}, replace(BETTER)],
        },
        {
            "when": {"user": "asks for: alike", "round": 0},
            "reply": [{"text": "again"}, {"pause_s": 0.5}, replace(BETTER)],
        },
        {"when": {"result": "selected lines"}, "reply": [{"text": "You changed them yourself."}]},
        DONE,
    )
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        running = asyncio.create_task(edit(editor, uri, "apart"))
        await editor.wait_for(lambda seen: "wait" in seen.text())
        await editor.type(uri, "# typed\n", Range(Position(0, 0), Position(0, 0)))
        result = await running
        assert [each["line"] for each in await waiting(editor)] == [5]
        await editor.request("conduit/hunk/reject", {"hunkIds": result["hunkIds"]})
        body = {"start": {"line": 5, "character": 0}, "end": {"line": 6, "character": 0}}
        running = asyncio.create_task(edit(editor, uri, "alike", body))
        await editor.wait_for(lambda seen: "again" in seen.text())
        await editor.type(uri, "mine", Range(Position(5, 11), Position(5, 14)))
        result = await running
        assert (result["hunkIds"], result["error"]) == (
            [],
            "The model proposed no change. It said: You changed them yourself.",
        )
        assert await waiting(editor) == []


async def test_a_cancelled_edit_leaves_no_hunk_and_an_earlier_one_of_its_session_stays(bench: Bench) -> None:
    bench.script(
        {"when": {"user": "first", "round": 0}, "reply": [replace(BETTER)]},
        {
            "when": {"user": "second", "round": 0},
            "reply": [
                {"call": "edit_file", "arguments": {"path": "shop.py", "old_text": "from", "new_text": "#from"}},
            ],
        },
        {"when": {"user": "second"}, "reply": [{"text": "thinking"}, {"hold": True}]},
        DONE,
    )
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        first = await edit(editor, uri, "first")
        running = asyncio.create_task(edit(editor, uri, "second", sessionId=first["sessionId"], workDoneToken="mine"))
        await editor.wait_for(lambda seen: "thinking" in seen.text())
        assert len(await waiting(editor)) == 2
        await editor.notify("window/workDoneProgress/cancel", {"token": "mine"})
        with pytest.raises(ClientError) as failure:
            await running
        assert failure.value.code == -32800
        assert [each["hunkId"] for each in await waiting(editor)] == first["hunkIds"]


async def test_it_goes_on_in_a_conversation_whatever_its_mode(bench: Bench) -> None:
    bench.script(
        {"when": {"user": "Hello"}, "reply": [{"text": "Hello."}]},
        {"when": {"round": 0}, "reply": [replace(BETTER)]},
        DONE,
    )
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        session = await new_session(editor, bench.root, mode="ask")
        await chat(editor, session, "Hello?")
        result = await edit(editor, uri, sessionId=session)
        assert (result["sessionId"], len(result["hunkIds"])) == (session, 1)
        with pytest.raises(ClientError, match="no session"):
            await edit(editor, uri, sessionId="ses_unknown")


async def test_what_cannot_be_edited_is_refused_before_a_model_is_asked(bench: Bench) -> None:
    bench.script(DONE)
    outside = bench.home / "outside.py"
    outside.write_text(SHOP)
    async with await bench.start() as editor:
        for path in (outside, bench.write(".env", "KEY=1\n")):
            with pytest.raises(ClientError, match=r"outside|private"):
                await edit(editor, await editor.open(path), range_={**BODY})
        uri = await editor.open(bench.write("shop.py", SHOP))
        with pytest.raises(ClientError, match="say what is to be changed"):
            await edit(editor, uri, " ")
        assert (await editor.request("conduit/session/list", {}))["sessions"] == []


async def test_code_is_put_in_where_it_belongs(bench: Bench) -> None:
    put_in = (
        r"Change lines 1 to 5 of shop\.py[^$]*Put this code into the file where it belongs[^$]*````\n``` map, price"
    )
    bench.script({"when": {"user": put_in, "round": 0}, "reply": [replace(SHOP.replace("prise", "price"))]}, DONE)
    caret = {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 0}}
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        await edit(editor, uri, "", caret, code="``` map, price\n")
        assert [(each["line"], each["endLine"]) for each in await waiting(editor)] == [(4, 5)]
        with pytest.raises(ClientError, match="or give code"):
            await edit(editor, uri, "use map", code="x = 1")


async def test_the_embedded_model_edits_the_lines_too(bench: Bench) -> None:
    data = str(find_folders().data)
    async with await bench.start(
        CONDUIT_MODEL="embedded/smollm2-135m", CONDUIT_DATA_DIR=data, CONDUIT_SEED="1"
    ) as editor:
        uri = await editor.open(bench.write("shop.py", "def total(items):\n    return sum(items)\n"))
        range_ = {"start": {"line": 0, "character": 0}, "end": {"line": 2, "character": 0}}
        result = await edit(editor, uri, "rename items to prices", range_)
        assert editor.document(uri).text == "def total(items):\n    return sum(items)\n"
        assert result["hunkIds"], result
        print((await waiting(editor))[0]["newText"])
