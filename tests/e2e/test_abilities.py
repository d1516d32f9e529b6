"""The editor's own language servers, used by a model through a real server: versions, positions, edits in each mode."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient, EditorOptions
from conduit.workspace.language import Ability
from conduit.workspace.positions import PositionEncoding
from e2e.harness import Bench, chat, new_session
from fakes.wire_language import WireLanguage

A = "# 😀\ndef add(a, b): return '😀', add  # TODO\n"
B = "from a import add\nadd(1, 2)\n"
IN_A: dict[str, object] = {"path": "a.py", "line": 2, "symbol": "add"}
ACTIONS = """Remove every TODO (quickfix) [the usual one]
Run the tests (source)
Extract a function (refactor) [not possible: nothing is selected]"""
TODO_TWICE: dict[str, object] = {"path": "a.py", "old_text": "TODO", "new_text": "TODO TODO"}


def options(
    *abilities: Ability, encoding: PositionEncoding = PositionEncoding.UTF16, **settings: object
) -> EditorOptions:
    editor = {each.value: True for each in abilities or Ability}
    conduit = {"permission": True, "updates": True, "editor": editor}
    return EditorOptions(encodings=(encoding,), conduit=conduit, settings=settings)


class Editor:
    """An editor with language servers, in which `a.py` is open; `b.py` is closed."""

    def __init__(self, client: EditorClient, root: Path, uri: str, encoding: PositionEncoding) -> None:
        self.client = client
        self.uri = uri
        self.language = WireLanguage(root, encoding, lambda: [client.document(uri)] if uri in client.buffers else [])
        client.abilities = self.answer

    async def answer(self, method: str, params: dict[str, Any]) -> object:
        return self.language.answer(method, params)


async def start(bench: Bench, wanted: EditorOptions | None = None) -> Editor:
    bench.write("a.py", "as saved\n")
    bench.write("b.py", B)
    wanted = wanted or options()
    client = await bench.start(options=wanted)
    uri = await client.open(bench.root / "a.py", A)
    return Editor(client, bench.root, uri, wanted.encodings[0])


def one_call(name: str, arguments: dict[str, object], *more: dict[str, object]) -> list[dict[str, object]]:
    call = {"when": {"round": 0}, "reply": [{"call": name, "arguments": arguments}]}
    return [call, *more, {"reply": [{"text": "Done."}]}]


def result(client: EditorClient) -> str:
    """Return what the model got for its last call."""
    updates = [each["update"] for each in client.seen.updates]
    ended = [each for each in updates if each["sessionUpdate"] == "tool_call_update"]
    return str(ended[-1]["content"][0]["content"]["text"])


@pytest.mark.parametrize("encoding", list(PositionEncoding))
async def test_a_rename_by_the_editor_reaches_buffers_and_files(bench: Bench, encoding: PositionEncoding) -> None:
    bench.script(
        *one_call("rename_symbol", {"path": "a.py", "line": 2, "symbol": "add", "occurrence": 2, "new_name": "plus"})
    )
    editor = await start(bench, options(encoding=encoding))
    async with editor.client as client:
        session = await new_session(client, bench.root, mode="auto")
        done = await chat(client, session, "Rename it.")
        assert done["stopReason"] == "end_turn"
        assert "Renamed 'add' to 'plus' in 2 files" in result(client)
        assert client.document(editor.uri).text == A.replace("add", "plus")
        assert (bench.root / "a.py").read_text() == "as saved\n"
        assert (bench.root / "b.py").read_text() == B.replace("add", "plus")
        assert [edit["edit"]["documentChanges"][0]["textDocument"]["version"] for edit in client.seen.edits] == [1]


async def test_diagnostics_after_an_edit_are_for_what_the_edit_made(bench: Bench) -> None:
    bench.script(
        {
            "when": {"round": 0},
            "reply": [{"call": "edit_file", "arguments": TODO_TWICE}],
        },
        {"when": {"round": 1}, "reply": [{"call": "diagnostics", "arguments": {"path": "a.py"}}]},
        {"reply": [{"text": "Done."}]},
    )
    editor = await start(bench, options(diagnosticsWaitS=30))
    right = editor.language._diagnostics
    asked: list[int] = []

    def slow(params: dict[str, Any]) -> Any:
        """Answer for the version before the edit first, as servers that are still at it do."""
        asked.append(params["textDocument"]["version"])
        return {"version": 1, "diagnostics": []} if len(asked) == 1 else right(params)

    editor.language.overrides["diagnostics"] = slow
    async with editor.client as client:
        session = await new_session(client, bench.root, mode="auto")
        await chat(client, session, "Edit it and look.")
        assert result(client).startswith("a.py, version 2 (as it is in the editor now): 2 problems")
        assert asked == [2, 2]


async def test_diagnostics_that_lag_behind_are_not_handed_on(bench: Bench) -> None:
    bench.script(*one_call("diagnostics", {"path": "a.py"}))
    editor = await start(bench, options(diagnosticsWaitS=0.3))
    editor.language.behind = 1
    async with editor.client as client:
        await client.type(editor.uri, A + "# more\n")
        session = await new_session(client, bench.root)
        await chat(client, session, "What is wrong?")
        assert result(client).startswith("Not known yet for version 2 of a.py")
        assert "there is something to do" not in result(client)


async def test_what_is_typed_while_diagnostics_are_on_their_way_counts(bench: Bench) -> None:
    bench.script(*one_call("diagnostics", {"path": "a.py"}))
    editor = await start(bench, options(diagnosticsWaitS=30))
    typed: list[str] = []

    async def answer(method: str, params: dict[str, Any]) -> object:
        found = editor.language.answer(method, params)
        if not typed:
            typed.append("TODO\n")
            await editor.client.type(editor.uri, typed[0])
        return found

    async with editor.client as client:
        client.abilities = answer
        session = await new_session(client, bench.root)
        await chat(client, session, "What is wrong?")
        assert result(client).startswith("a.py, version 2 (as it is in the editor now): 1 problem\n1:1\twarning")


async def test_tools_are_offered_only_for_what_the_editor_declared(bench: Bench) -> None:
    bench.script(*one_call("rename_symbol", {}))
    for wanted in (options(Ability.DIAGNOSTICS), EditorOptions()):
        editor = await start(bench, wanted)
        async with editor.client as client:
            session = await new_session(client, bench.root, mode="auto")
            await chat(client, session, "Rename it.")
            assert "There is no tool named 'rename_symbol'" in result(client)
            assert ("diagnostics" in result(client)) == (wanted != EditorOptions())
            assert "find_references" not in result(client)


async def test_a_rename_does_not_exist_where_the_mode_only_reads(bench: Bench) -> None:
    bench.script(*one_call("rename_symbol", {}))
    editor = await start(bench)
    async with editor.client as client:
        session = await new_session(client, bench.root, mode="ask")
        await chat(client, session, "Rename it.")
        assert "There is no tool named 'rename_symbol'" in result(client)
        assert "find_references" in result(client)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"version": 1, "edit": {"changes": {"file:///etc/passwd": []}}}, "outside the workspace"),
        ({"version": 1, "edit": {"changes": {"untitled:1": []}}}, "no file here"),
        ({"version": 1, "edit": {"documentChanges": [{"kind": "format", "uri": "c:"}]}}, "malformed"),
        ({"version": 9, "edit": {"changes": {}}}, "changed meanwhile"),
        ({"version": 1, "edit": "all of it"}, "makes no sense"),
        ({"version": 1, "edit": None}, "cannot rename"),
        ("no", "makes no sense"),
    ],
)
async def test_a_hostile_rename_changes_nothing(bench: Bench, answer: object, words: str) -> None:
    bench.script(*one_call("rename_symbol", {"path": "b.py", "line": 2, "symbol": "add", "new_name": "plus"}))
    editor = await start(bench)
    if isinstance(answer, dict):
        bench.script(*one_call("rename_symbol", {**IN_A, "occurrence": 1, "new_name": "plus"}))
    editor.language.overrides["rename"] = answer
    async with editor.client as client:
        session = await new_session(client, bench.root, mode="auto")
        done = await chat(client, session, "Rename it.")
        assert done["stopReason"] == "end_turn"
        assert words in result(client)
        assert client.seen.edits == []
        assert client.document(editor.uri).text == A
        assert (bench.root / "b.py").read_text() == B


async def test_a_cancelled_turn_takes_its_question_to_the_editor_back(bench: Bench) -> None:
    bench.script(*one_call("find_references", {**IN_A, "occurrence": 1}))
    editor = await start(bench)
    asked = asyncio.Event()
    cancelled: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def stall(method: str, params: dict[str, Any]) -> object:
        asked.set()
        return await asyncio.Event().wait()

    def listen(method: str, params: Any) -> None:
        if method == "$/cancelRequest" and not cancelled.done():
            cancelled.set_result(params["id"])

    async with editor.client as client:
        client.abilities = stall
        client.listen(listen)
        session = await new_session(client, bench.root)
        turn = asyncio.create_task(chat(client, session, "Who calls it?"))
        async with asyncio.timeout(30):
            await asked.wait()
            await client.notify("conduit/session/cancel", {"sessionId": session})
            assert (await turn)["stopReason"] == "cancelled"
            assert str(await cancelled).startswith("conduit-")


async def test_code_actions_and_places_come_through_the_real_server(bench: Bench) -> None:
    bench.script(
        {
            "when": {"round": 0},
            "reply": [
                {"call": "find_references", "arguments": {"path": "b.py", "line": 2, "symbol": "add"}, "id": "1"},
                {"call": "go_to_definition", "arguments": {"path": "b.py", "line": 2, "symbol": "add"}, "id": "2"},
                {"call": "list_symbols", "arguments": {"query": "add"}, "id": "3"},
                {"call": "code_actions", "arguments": {"path": "a.py", "line": 2}, "id": "4"},
            ],
        },
        {
            "when": {"round": 1},
            "reply": [
                {"call": "apply_code_action", "arguments": {"path": "a.py", "line": 2, "title": "Remove every TODO"}},
            ],
        },
        {"reply": [{"text": "Done."}]},
    )
    editor = await start(bench)
    async with editor.client as client:
        session = await new_session(client, bench.root, mode="auto")
        await chat(client, session, "Tidy up.")
        updates = [each["update"] for each in client.seen.updates]
        ended = [each for each in updates if each["sessionUpdate"] == "tool_call_update"]
        texts = sorted(each["content"][0]["content"]["text"] for each in ended if each["toolCallId"] in "1234")
        assert texts == [
            ACTIONS,
            "a.py\n2\tdef add(a, b): return '😀', add  # TODO",
            "a.py\n2\tdef add(a, b): return '😀', add  # TODO\nb.py\n1\tfrom a import add\n2\tadd(1, 2)",
            "a.py\n2\tfunction add",
        ]
        assert {each["kind"] for each in ended} == {"search", "edit"}
        assert client.document(editor.uri).text == A.replace("TODO", "DONE")
