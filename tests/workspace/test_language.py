"""What every editor with abilities keeps to, whoever it is: the twin in memory, and an LSP client on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from conduit.errors import EditorFailed, EditRefused, OutsideWorkspace, PathNotFound, PermissionDenied
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.facts import ClientFacts
from conduit.lsp.language import EditorLanguage
from conduit.sandbox.confine import Door
from conduit.workspace.editor import Editor
from conduit.workspace.language import Ability, LanguageAbilities, NoLanguage
from conduit.workspace.positions import Position, PositionEncoding, Range
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor
from fakes.language import FakeLanguage
from fakes.wire_language import WireLanguage

A = "def 😀x(): pass\n\n'😀😀' ; def_ = add\ndef add(a):\n    def inner(): TODO\n    return '😀' + add\r\n"
B = "from a import add\nadd(1)\n"


class WireClient:
    """A client in this process."""

    def __init__(self, root: Path, encoding: PositionEncoding, offers: frozenset[Ability]) -> None:
        self.facts = ClientFacts(encoding=encoding, abilities=offers)
        self.documents = OpenDocuments(encoding)
        self.language = WireLanguage(root, encoding, self.documents.documents)

    async def ask(self, method: str, params: Any) -> object:
        return self.language.answer(method, params.model_dump(mode="json", by_alias=True, exclude_none=True))


@dataclass
class Case:
    """One implementation with two files, of which `a.py` is open at version 4 with unsaved text."""

    root: Path
    language: LanguageAbilities


@pytest.fixture(params=["twin", *PositionEncoding])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("as it was saved\n")
    (root / "b.py").write_text(B)
    (root / ".env").write_text("add\n")
    offers = frozenset(Ability) - {Ability.OPEN_DIFF}
    editor: Editor
    with Door([root]) as door:
        if request.param == "twin":
            editor = FakeEditor()
            editor.open(root / "a.py", A, version=4)
            yield Case(root, FakeLanguage(Workspace([root], editor, door), offers, selection="ls"))
        else:
            client = WireClient(root, PositionEncoding(request.param), offers)
            client.documents.open(types.TextDocumentItem((root / "a.py").as_uri(), "python", 4, A))
            client.language.selection = "ls"
            yield Case(root, EditorLanguage(client, Workspace([root], client.documents, door)))


def column(text: str, line: int, word: str) -> Position:
    return Position(line, text.splitlines()[line].rindex(word))


async def test_places_are_code_points_of_the_buffer_and_of_closed_files(case: Case) -> None:
    at = column(A, 5, "add")
    found = await case.language.references(case.root / "a.py", at)
    assert [(spot.path.name, spot.range.start, spot.line) for spot in found.items] == [
        ("a.py", Position(2, 14), "'😀😀' ; def_ = add"),
        ("a.py", Position(3, 4), "def add(a):"),
        ("a.py", Position(5, 17), "    return '😀' + add"),
        ("b.py", Position(0, 14), "from a import add"),
        ("b.py", Position(1, 0), "add(1)"),
    ]
    assert found.items[0].range.end == Position(2, 17)
    assert (found.elsewhere, found.misplaced, found.left_out) == (0, 0, 0)
    found = await case.language.references(case.root / "a.py", at, declaration=False)
    assert len(found.items) == 4
    found = await case.language.definition(case.root / "b.py", Position(1, 0))
    assert [(spot.path.name, spot.range.start.line) for spot in found.items] == [("a.py", 3)]


async def test_symbols_have_names_kinds_places_and_holders(case: Case) -> None:
    found = await case.language.document_symbols(case.root / "a.py")
    assert [(each.name, each.kind, each.depth, each.container) for each in found.items] == [
        ("add", "function", 0, ""),
        ("inner", "function", 1, "add"),
    ]
    found = await case.language.workspace_symbols("inn")
    assert [(each.name, each.container, each.spot.range.start) for each in found.items] == [
        ("inner", "add", Position(4, 8))
    ]


async def test_diagnostics_are_for_the_version_of_the_buffer(case: Case) -> None:
    found = await case.language.diagnostics(case.root / "a.py", 0)
    assert found.version == 4
    (item,) = found.items
    assert (item.range, item.severity, item.source, item.code) == (
        Range(Position(4, 17), Position(4, 21)),
        "warning",
        "words",
        "W1",
    )
    closed = await case.language.diagnostics(case.root / "b.py", 0)
    assert (closed.version, closed.items) == (None, ())


async def test_a_rename_is_proposed_for_all_files_and_nothing_is_changed(case: Case) -> None:
    proposal = await case.language.rename(case.root / "b.py", Position(1, 0), "plus")
    assert {file.path.name: (file.before, file.after, file.version) for file in proposal.files} == {
        "a.py": (A, A.replace("add", "plus"), 4),
        "b.py": (B, B.replace("add", "plus"), None),
    }
    assert (case.root / "b.py").read_text() == B
    with pytest.raises(EditRefused):
        await case.language.rename(case.root / "a.py", Position(1, 0), "plus")


async def test_code_actions_are_listed_and_one_becomes_a_proposal(case: Case) -> None:
    path, everything = case.root / "a.py", Range(Position(0, 0), Position(6, 0))
    found = (await case.language.code_actions(path, everything)).items
    assert [(each.title, each.kind, each.preferred, each.disabled) for each in found] == [
        ("Remove every TODO", "quickfix", True, ""),
        ("Run the tests", "source", False, ""),
        ("Extract a function", "refactor", False, "nothing is selected"),
    ]
    assert len((await case.language.code_actions(path, Range(Position(0, 0), Position(1, 0)))).items) == 2
    assert len((await case.language.code_actions(path, everything, "quickfix")).items) == 1
    (file,) = (await case.language.code_action_edit(path, everything, found[0])).files
    assert (file.before, file.after, file.version) == (A, A.replace("TODO", "DONE"), 4)
    with pytest.raises(EditRefused, match="command"):
        await case.language.code_action_edit(path, everything, found[1])


async def test_the_editor_saves_and_tells_what_is_selected(case: Case) -> None:
    saved = await case.language.save(case.root / "a.py")
    assert (saved.saved, saved.version) == (True, 4)
    assert await case.language.terminal_selection() == "ls"


async def test_what_is_not_offered_is_an_error_and_so_is_a_file_that_must_not_be_read(case: Case) -> None:
    with pytest.raises(EditorFailed, match="openDiff"):
        await case.language.open_diff("A change", case.root / "a.py", "", "x")
    with pytest.raises(PermissionDenied):
        await case.language.references(case.root / ".env", Position(0, 0))
    with pytest.raises(PathNotFound):
        await case.language.document_symbols(case.root / "c.py")
    with pytest.raises(OutsideWorkspace):
        await case.language.rename(case.root.parent / "d.py", Position(0, 0), "x")


async def test_without_an_editor_nothing_is_offered(tmp_path: Path) -> None:
    nobody = NoLanguage()
    assert nobody.offers == frozenset()
    start = Position(0, 0)
    for call in (
        nobody.diagnostics(tmp_path, 1),
        nobody.references(tmp_path, start),
        nobody.definition(tmp_path, start),
        nobody.document_symbols(tmp_path),
        nobody.workspace_symbols("x"),
        nobody.rename(tmp_path, start, "x"),
        nobody.code_actions(tmp_path, Range(start, start)),
        nobody.save(tmp_path),
        nobody.terminal_selection(),
        nobody.open_diff("", tmp_path, "", ""),
    ):
        with pytest.raises(EditorFailed, match="does not offer"):
            await call
