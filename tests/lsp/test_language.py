"""Whatever an editor answers about code, only what makes sense gets through, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.errors import EditorFailed, StaleDocument, ToolError
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.facts import ClientFacts
from conduit.lsp.language import EditorLanguage
from conduit.lsp.places import MAX_ENTRIES
from conduit.sandbox.confine import Door
from conduit.workspace.language import Ability, CodeAction
from conduit.workspace.positions import Position, PositionEncoding, Range
from conduit.workspace.workspace import Workspace
from fakes.wire_language import WireLanguage

START = Position(0, 4)
TEXT = "def add(): TODO\nadd()\n"


class OddClient:
    """A client that answers as a test wants, and types when it is asked."""

    def __init__(self, root: Path) -> None:
        self.facts = ClientFacts(abilities=frozenset(Ability))
        self.documents = OpenDocuments()
        self.uri = (root / "a.py").as_uri()
        self.documents.open(types.TextDocumentItem(self.uri, "python", 7, TEXT))
        self.language = WireLanguage(root, PositionEncoding.UTF16, self.documents.documents)
        self.raises: BaseException | None = None
        self.stalls = False
        self.taken_back = 0

    def type(self, text: str) -> None:
        document = self.documents.by_uri(self.uri)
        assert document is not None
        name = types.VersionedTextDocumentIdentifier(uri=self.uri, version=document.version + 1)
        whole = types.TextDocumentContentChangeWholeDocument(text=text)
        self.documents.change(types.DidChangeTextDocumentParams(name, [whole]))

    async def ask(self, method: str, params: Any) -> object:
        if self.raises is not None:
            raise self.raises
        try:
            if self.stalls:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.taken_back += 1
            raise
        return self.language.answer(method, params.model_dump(mode="json", by_alias=True, exclude_none=True))


@pytest.fixture
def client(tmp_path: Path) -> OddClient:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text(TEXT)
    (root / "b.py").write_text("add()\n")
    (root / ".env").write_text("add()\n")
    (tmp_path / "outside.py").write_text("add()\n")
    return OddClient(root)


@pytest.fixture
def language(client: OddClient) -> Iterator[EditorLanguage]:
    with Door([client.language.root]) as door:
        workspace = Workspace([client.language.root], client.documents, door)
        yield EditorLanguage(client, workspace, answer_s=0.2)


def path(client: OddClient) -> Path:
    return client.language.root / "a.py"


def place(uri: str, line: int = 0, character: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "uri": uri,
        "range": {"start": {"line": line, "character": character}}
        | {"end": {"line": line, "character": character + 1}},
        **more,
    }


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "here",
        7,
        {"locations": []},  # no version of an open document
        {"version": "seven", "locations": []},
        {"version": 7, "locations": {"uri": "x"}},
        {"version": 7, "locations": [None]},
        {"version": 7, "locations": [{"uri": 5, "range": 5}]},
        {"version": 7, "locations": [{"uri": "file:///a"}]},
        {"version": 7, "locations": [{"targetUri": "file:///a"}]},
        {"version": 7, "locations": [{"uri": "file:///a", "range": {"start": {"line": -1, "character": 0}}}]},
    ],
)
async def test_an_answer_of_another_shape_is_an_error(client: OddClient, language: EditorLanguage, answer: Any) -> None:
    client.language.overrides["references"] = answer
    with pytest.raises(EditorFailed, match="makes no sense"):
        await language.references(path(client), START)


async def test_places_that_may_not_be_shown_or_do_not_exist_are_only_counted(
    client: OddClient, language: EditorLanguage
) -> None:
    root = client.language.root
    far = 10**30
    client.language.overrides["definition"] = {
        "version": 7,
        "locations": [
            place(client.uri, 0, 4),
            place(client.uri, 1, far),
            place(client.uri, far),
            place((root.parent / "outside.py").as_uri()),
            place((root / ".env").as_uri()),
            place((root / "none.py").as_uri()),
            place("http://example.org/"),
            place("file:///" + "x" * 100_000),
        ],
    }
    found = await language.definition(path(client), START)
    assert [(spot.path, spot.range.start) for spot in found.items] == [
        (path(client), Position(0, 4)),
        (path(client), Position(1, 5)),
    ]
    assert (found.elsewhere, found.misplaced, found.left_out) == (5, 1, 0)


async def test_gigantic_lists_are_cut_and_say_so(client: OddClient, language: EditorLanguage) -> None:
    many = 200_000
    client.language.overrides["references"] = {"version": 7, "locations": [place(client.uri)] * many}
    found = await language.references(path(client), START)
    assert (len(found.items), found.left_out) == (1, many - MAX_ENTRIES)
    deep: dict[str, Any] = {"name": "x" * 10_000, "kind": 99, "selectionRange": place("")["range"]}
    for _ in range(500):
        deep = {**deep, "children": [deep]}
    client.language.overrides["symbols"] = {"version": 7, "symbols": [deep, {"name": "lost", "kind": 5}]}
    symbols = await language.document_symbols(path(client))
    assert len(symbols.items) == 21
    assert (symbols.left_out, symbols.misplaced) == (1, 1)
    assert {(len(each.name), each.kind) for each in symbols.items} == {(500, "symbol")}
    problem = {"range": place("")["range"], "message": "m" * 10_000, "severity": 99}
    client.language.overrides["diagnostics"] = {"version": 7, "diagnostics": [problem] * many}
    diagnostics = await language.diagnostics(path(client), 0)
    assert (len(diagnostics.items), diagnostics.left_out) == (MAX_ENTRIES, many - MAX_ENTRIES)
    assert (len(diagnostics.items[0].message), diagnostics.items[0].severity) == (2001, "error")
    action = {"id": "1", "title": "t"}
    client.language.overrides["codeActions"] = {"version": 7, "actions": [action] * many}
    actions = await language.code_actions(path(client), Range(START, START))
    assert len(actions.items) == MAX_ENTRIES
    assert actions.left_out
    client.language.overrides["terminalSelection"] = {"text": "x" * 200_000}
    assert (await language.terminal_selection()).endswith("[cut here]")


async def test_what_is_typed_while_the_editor_is_asked_makes_the_answer_stale(
    client: OddClient, language: EditorLanguage
) -> None:
    def typed(ability: str) -> Any:
        def answer(params: dict[str, Any]) -> Any:
            del client.language.overrides[ability]
            right = client.language.answer(f"conduit/editor/{ability}", params)
            client.type("# typed\n" + TEXT)
            return right

        return answer

    client.language.overrides["references"] = typed("references")
    with pytest.raises(StaleDocument, match=r"version 7.*version 8"):
        await language.references(path(client), START)
    client.language.overrides["rename"] = typed("rename")
    with pytest.raises(StaleDocument, match=r"version 8.*version 9"):
        await language.rename(path(client), Position(1, 4), "plus")


async def test_a_stalled_or_failing_editor_ends_the_question(client: OddClient, language: EditorLanguage) -> None:
    client.stalls = True
    with pytest.raises(EditorFailed, match=r"did not answer 'references' within 0\.2 s"):
        await language.references(path(client), START)
    assert client.taken_back == 1
    client.raises = JsonRpcException("no such method", -32601)
    with pytest.raises(EditorFailed, match="no such method"):
        await language.rename(path(client), START, "x")
    client.raises = ConnectionError("the client is gone")
    with pytest.raises(EditorFailed, match="gone"):
        await language.terminal_selection()


async def test_a_cancelled_caller_takes_the_question_back(client: OddClient, language: EditorLanguage) -> None:
    client.stalls = True
    asking = asyncio.create_task(language.workspace_symbols("x"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert client.taken_back == 1


async def test_diagnostics_are_asked_for_until_they_are_for_the_newest_version(
    client: OddClient, language: EditorLanguage
) -> None:
    def late(params: dict[str, Any]) -> Any:
        if len(client.language.asked) == 1:
            return {"version": 6, "diagnostics": []}
        if len(client.language.asked) == 2:
            client.type("TODO\nTODO\n")  # the person goes on while the servers think
            return {"version": 7, "diagnostics": []}
        del client.language.overrides["diagnostics"]
        return client.language.answer("conduit/editor/diagnostics", params)

    client.language.overrides["diagnostics"] = late
    found = await language.diagnostics(path(client), 30)
    assert (found.version, len(found.items)) == (8, 2)
    assert [params["textDocument"]["version"] for _, params in client.language.asked][:3] == [7, 7, 8]


@pytest.mark.parametrize("version", [None, 6, 8])
async def test_diagnostics_for_another_version_are_never_handed_on(
    client: OddClient, language: EditorLanguage, version: int | None
) -> None:
    problem = {"range": place("")["range"], "message": "stale"}
    client.language.overrides["diagnostics"] = {"version": version, "diagnostics": [problem]}
    found = await language.diagnostics(path(client), 0.2)
    assert (found.version, found.items) == (version, ())


async def test_an_editor_that_never_answers_about_diagnostics_knows_nothing(
    client: OddClient, language: EditorLanguage
) -> None:
    client.stalls = True
    found = await language.diagnostics(path(client), 0)
    assert (found.version, found.items) == (None, ())


@pytest.mark.parametrize(
    "answer",
    [
        {"version": 7, "actions": [{"id": "tidy", "title": "Something else", "edit": {}}]},
        {"version": 7, "actions": []},
        {"version": 7, "actions": [{"id": "tidy", "title": "Remove every TODO", "edit": {"changes": 5}}]},
        {"version": 6, "actions": [{"id": "tidy", "title": "Remove every TODO", "edit": {}}]},
        {"version": 7, "actions": [{"title": "Remove every TODO"}]},
    ],
)
async def test_an_action_that_is_not_the_one_that_was_listed_is_not_taken(
    client: OddClient, language: EditorLanguage, answer: Any
) -> None:
    everything = Range(Position(0, 0), Position(2, 0))
    (action, *_) = (await language.code_actions(path(client), everything)).items
    client.language.overrides["codeActions"] = answer
    with pytest.raises(ToolError):
        await language.code_action_edit(path(client), everything, action)


URIS = ["file:///project/a.py", "file:///project/b.py", "file:///etc/passwd", "untitled:1", "file:///project/\ud800"]
LEAVES = st.sampled_from([None, True, 0, 1, 7, -1, 2**64, 1.5, "", "tidy", "create", "rename", "\ud800\n", *URIS])
KEYS = [
    "version",
    "locations",
    "diagnostics",
    "symbols",
    "actions",
    "edit",
    "changes",
    "documentChanges",
    "textDocument",
    "edits",
    "uri",
    "range",
    "start",
    "end",
    "line",
    "character",
    "newText",
    "kind",
    "oldUri",
    "newUri",
    "id",
    "title",
    "name",
    "message",
    "children",
    "location",
    "selectionRange",
    "targetUri",
    "targetSelectionRange",
    "disabled",
    "reason",
    "saved",
    "text",
    "opened",
    "options",
    "overwrite",
]
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS + URIS), inner, max_size=6)
)
PLACE = st.fixed_dictionaries({"line": st.integers(0, 3), "character": st.integers(0, 20)})
RANGE = st.fixed_dictionaries({"start": PLACE, "end": PLACE})
EDIT = st.fixed_dictionaries({"range": RANGE | JSON, "newText": st.text(max_size=3) | JSON})
STEP = st.fixed_dictionaries(
    {"textDocument": st.fixed_dictionaries({"uri": st.sampled_from(URIS)}), "edits": st.lists(EDIT, max_size=4)}
) | st.fixed_dictionaries(
    {"kind": st.sampled_from(["create", "rename", "delete"])},
    optional={key: st.sampled_from(URIS) for key in ("uri", "oldUri", "newUri")},
)
LOCATION = st.fixed_dictionaries({"uri": st.sampled_from(URIS), "range": RANGE | JSON})
SYMBOL = st.fixed_dictionaries(
    {"name": st.text(max_size=3), "kind": st.integers(-1, 40)},
    optional={"location": LOCATION | JSON, "selectionRange": RANGE | JSON, "children": st.lists(JSON, max_size=2)},
)
EDITS = st.fixed_dictionaries({"documentChanges": st.lists(STEP | JSON, max_size=4)})
ACTION = st.fixed_dictionaries({"id": st.just("tidy"), "title": st.just("tidy")}, optional={"edit": EDITS | JSON})
PROBLEM = st.fixed_dictionaries({"range": RANGE | JSON, "message": st.text(max_size=3)}, optional={"code": LEAVES})
ANSWER = JSON | st.fixed_dictionaries(
    {"version": st.just(7)},
    optional={
        "edit": EDITS | JSON,
        "locations": st.lists(LOCATION | JSON, max_size=4),
        "symbols": st.lists(SYMBOL | JSON, max_size=4),
        "diagnostics": st.lists(PROBLEM | JSON, max_size=4),
        "actions": st.lists(ACTION | JSON, max_size=4),
    },
)


def in_folder(value: Any, root: str) -> Any:
    """Put the folder of the test into every URI."""
    if isinstance(value, str):
        return value.replace("file:///project", root)
    if isinstance(value, list):
        return [in_folder(each, root) for each in value]
    if isinstance(value, dict):
        return {in_folder(key, root): in_folder(each, root) for key, each in value.items()}
    return value


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(answer=ANSWER)
async def test_whatever_json_comes_is_a_result_or_an_error_for_the_model_and_the_texts_stay(
    client: OddClient, language: EditorLanguage, answer: Any
) -> None:
    root = client.language.root
    for ability in Ability:
        client.language.overrides[ability.value] = in_folder(answer, root.as_uri())
    everything = Range(Position(0, 0), Position(2, 0))
    for asking in (
        language.diagnostics(path(client), 0),
        language.references(path(client), START),
        language.definition(path(client), START),
        language.document_symbols(path(client)),
        language.workspace_symbols("x"),
        language.rename(path(client), START, "x"),
        language.code_actions(path(client), everything),
        language.code_action_edit(path(client), everything, CodeAction("tidy", "tidy")),
        language.save(path(client)),
        language.terminal_selection(),
        language.open_diff("", path(client), "", ""),
    ):
        with suppress(ToolError):
            await asking
    document = client.documents.by_uri(client.uri)
    assert document is not None
    assert document.text == TEXT
    assert {each.name: each.read_text() for each in root.iterdir()} == {
        ".env": "add()\n",
        "a.py": TEXT,
        "b.py": "add()\n",
    }
