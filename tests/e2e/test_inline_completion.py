"""Ghost text in a real server: who is asked and when, what is typed along, and that it is never in the way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from conduit.config.folders import find_folders
from conduit.lsp.client import EditorClient, EditorOptions
from conduit.workspace.positions import Position, Range
from e2e.harness import Bench
from fakes.chat_server import ChatServer, chatting

CODE = "def add(a, b):\n    return \n"
END = Position(1, 11)
METERED = {"CONDUIT_MODEL": "groq/fast", "GROQ_API_KEY": "test-key-groq"}
FREE = {"CONDUIT_MODEL": "llamacpp/small"}


@pytest.fixture
async def model(bench: Bench) -> AsyncIterator[ChatServer]:
    """A model that always adds, and can be asked under a free and under a metered name."""
    async with chatting(ChatServer(answer=lambda text: "a + b")) as server:
        folder = bench.home / "config" / "conduit"
        folder.mkdir(parents=True)
        urls = "".join(f'[vendors.{name}]\nbase_url = "{server.url}"\n' for name in ("groq", "llamacpp"))
        (folder / "config.toml").write_text(f"{urls}[completions]\ndebounce_ms = 0\n")
        yield server


async def ghost(
    editor: EditorClient, uri: str, at: Position = END, *, invoked: bool = False, **context: object
) -> list[str]:
    params = {
        "textDocument": {"uri": uri},
        "position": {"line": at.line, "character": at.column},
        "context": {"triggerKind": 1 if invoked else 2, **context},
    }
    result = await editor.request("textDocument/inlineCompletion", params)
    return [each["insertText"] for each in result["items"]]


async def test_a_model_that_costs_nothing_completes_what_is_typed(bench: Bench, model: ChatServer) -> None:
    async with await bench.start(options=EditorOptions(conduit=None), **FREE) as editor:
        assert "inlineCompletionProvider" in editor.initialized["capabilities"]
        uri = await editor.open(bench.write("add.py", CODE))
        assert await ghost(editor, uri) == ["a + b"]
        assert model.asked == ["File: add.py (python)\n\ndef add(a, b):\n    return <|cursor|>\n"]
        assert (await editor.command("conduit.session.list"))["sessions"] == []
        await editor.shutdown()
    with closing(sqlite3.connect(bench.home / "state" / "conduit" / "ledger.db")) as ledger:
        rows = ledger.execute("SELECT model, session_id FROM completion").fetchall()
    assert rows == [("llamacpp/small", "")]


async def test_what_is_typed_along_the_ghost_text_asks_nobody_again(bench: Bench, model: ChatServer) -> None:
    async with await bench.start(**FREE) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        assert await ghost(editor, uri) == ["a + b"]
        for number, rest in enumerate([" + b", "+ b", " b", "b"]):
            here = Position(1, 11 + number)
            await editor.type(uri, "a + b"[number], Range(here, here))
            assert await ghost(editor, uri, Position(1, 12 + number)) == [rest]
        await editor.type(uri, "", Range(Position(1, 11), Position(1, 15)))
        assert await ghost(editor, uri) == ["a + b"]
        assert len(model.asked) == 1
        await editor.type(uri, "x", Range(END, END))
        assert await ghost(editor, uri, Position(1, 12)) == ["a + b"]
        assert len(model.asked) == 2


@pytest.mark.parametrize(("enabled", "by_itself", "invoked"), [("off", 0, 0), ("local", 0, 1), ("on", 1, 1)])
async def test_a_metered_model_is_asked_only_as_the_person_allowed(
    bench: Bench, model: ChatServer, enabled: str, by_itself: int, invoked: int
) -> None:
    async with await bench.start(**METERED, CONDUIT_COMPLETIONS_ENABLED=enabled) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        assert await ghost(editor, uri) == ["a + b"] * by_itself
        assert len(model.asked) == by_itself
        assert await ghost(editor, uri, invoked=True) == ["a + b"] * invoked
        await editor.notify(
            "workspace/didChangeConfiguration", {"settings": {"conduit": {"completions": {"enabled": "off"}}}}
        )
        assert await ghost(editor, uri, invoked=True) == []


async def test_a_model_of_its_own_can_be_named_for_it(bench: Bench, model: ChatServer) -> None:
    settings = {"completions": {"model": "llamacpp/small", "debounceMs": 10}}
    async with await bench.start(options=EditorOptions(settings=settings), **METERED) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        assert await ghost(editor, uri) == ["a + b"]


async def test_a_newer_request_ends_the_older_one_and_a_cancelled_one_is_answered_so(
    bench: Bench, model: ChatServer
) -> None:
    model.gate = 99
    async with await bench.start(**FREE) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        first = asyncio.create_task(ghost(editor, uri))
        async with model.changed, asyncio.timeout(30):
            await model.changed.wait_for(lambda: model.held == 1)
        second = asyncio.create_task(ghost(editor, uri, invoked=True))
        assert await first == []
        async with model.changed, asyncio.timeout(30):
            await model.changed.wait_for(lambda: len(model.asked) == 2)
            model.gate = 0
            model.changed.notify_all()
        assert await second == ["a + b"]


async def test_a_request_that_an_editor_adds_by_itself_at_the_same_spot_ends_not_the_one_of_the_person(
    bench: Bench, model: ChatServer
) -> None:
    model.gate = 99
    async with await bench.start(**FREE) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        wanted = asyncio.create_task(ghost(editor, uri, invoked=True))
        async with model.changed, asyncio.timeout(30):
            await model.changed.wait_for(lambda: model.held == 1)
        by_itself, given_up = asyncio.create_task(ghost(editor, uri)), asyncio.create_task(ghost(editor, uri))
        await editor.command("conduit.session.list")  # both have arrived by then
        given_up.cancel()
        await editor.command("conduit.session.list")
        async with model.changed:
            model.gate = 0
            model.changed.notify_all()
        assert (await wanted, await by_itself) == (["a + b"], ["a + b"])
        assert len(model.asked) == 1


async def test_an_answer_for_a_version_that_moved_is_dropped_and_kept_for_who_types_along(
    bench: Bench, model: ChatServer
) -> None:
    model.gate = 99
    async with await bench.start(**FREE) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        first = asyncio.create_task(ghost(editor, uri))
        async with model.changed, asyncio.timeout(30):
            await model.changed.wait_for(lambda: model.held == 1)
        await editor.type(uri, "a", Range(END, END))
        await editor.request("conduit/models/list")  # the server has read what was typed
        async with model.changed:
            model.gate = 0
            model.changed.notify_all()
        assert await first == []
        assert await ghost(editor, uri, Position(1, 12)) == [" + b"]
        assert len(model.asked) == 1


async def test_a_request_can_be_cancelled(bench: Bench, model: ChatServer) -> None:
    model.gate = 99
    async with await bench.start(**FREE) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        request = asyncio.create_task(ghost(editor, uri))
        async with model.changed, asyncio.timeout(30):
            await model.changed.wait_for(lambda: model.held == 1)
        request.cancel()  # sends `$/cancelRequest`
        await asyncio.wait({request})
        await editor.request("conduit/models/list")
        assert [each["code"] for each in editor.wire.errors] == [-32800]


async def test_what_is_asked_again_right_after_it_was_given_up_is_answered(bench: Bench, model: ChatServer) -> None:
    model.gate = 99
    async with await bench.start(**FREE) as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        given_up = asyncio.create_task(ghost(editor, uri))
        async with model.changed, asyncio.timeout(30):
            await model.changed.wait_for(lambda: model.held == 1)
        given_up.cancel()
        again = asyncio.create_task(ghost(editor, uri))
        async with model.changed, asyncio.timeout(30):
            await model.changed.wait_for(lambda: len(model.asked) == 2)
            model.gate = 0
            model.changed.notify_all()
        assert await again == ["a + b"]


async def test_no_text_of_a_private_or_foreign_file_is_sent(bench: Bench, model: ChatServer) -> None:
    outside = bench.home / "outside.py"
    outside.write_text(CODE)
    async with await bench.start(**FREE) as editor:
        for path in (bench.write(".env", CODE), outside):
            uri = await editor.open(path)
            assert await ghost(editor, uri, invoked=True) == []
        empty = await editor.open(bench.write("empty.py", "# notes\n"))
        assert await ghost(editor, empty, Position(1, 0)) == []
        assert model.asked == []
        assert await ghost(editor, empty, Position(1, 0), invoked=True) == ["a + b"]


async def test_what_the_list_of_names_has_chosen_is_gone_on_with(bench: Bench, model: ChatServer) -> None:
    async with await bench.start(**FREE) as editor:
        uri = await editor.open(bench.write("add.py", "print(nam\n"))
        chosen = {
            "range": {"start": {"line": 0, "character": 6}, "end": {"line": 0, "character": 9}},
            "text": "names",
        }
        assert await ghost(editor, uri, Position(0, 9), selectedCompletionInfo=chosen) == ["namesa + b"]
        assert "print(names<|cursor|>" in model.asked[0]


async def test_a_model_that_fails_or_is_missing_says_nothing(bench: Bench, model: ChatServer, tmp_path: Path) -> None:
    bench.script({"reply": [{"fail": {"kind": "internal", "message": "broken"}}]})
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("add.py", CODE))
        assert await ghost(editor, uri) == []
        assert await ghost(editor, uri, invoked=True) == []
        assert editor.seen.messages == []
    for name in ("embedded/smollm2-135m", "nobody/knows", "groq/fast"):
        async with await bench.start(CONDUIT_COMPLETIONS_MODEL=name, CONDUIT_DATA_DIR=str(tmp_path / "none")) as editor:
            uri = await editor.open(bench.write("add.py", CODE))
            assert await ghost(editor, uri) == []
            assert await ghost(editor, uri, invoked=True) == []
            assert [each["message"] for each in editor.seen.messages] == []
    assert not list((tmp_path / "none").rglob("*"))


async def test_the_embedded_model_completes(bench: Bench) -> None:
    data = str(find_folders().data)
    async with await bench.start(CONDUIT_MODEL="embedded/smollm2-135m", CONDUIT_DATA_DIR=data) as editor:
        code = "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n        \n"
        uri = await editor.open(bench.write("stack.py", code))
        found: list[str] = []
        for _ in range(5):  # the first one starts the model, which a busy machine may do in more than its time
            found = found or await ghost(editor, uri, Position(5, 8), invoked=True)
        assert found
        assert found[0].strip()
