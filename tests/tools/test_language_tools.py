"""What a model gets from the editor's language servers, and how their edits become changes like any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from conduit.compose.tools import all_tools
from conduit.edits.apply import ApplyAtOnce
from conduit.errors import EditorFailed, EditRefused, InvalidArguments, PathNotFound, ToolError
from conduit.sandbox.confine import Door
from conduit.tools.base import Effect, ToolContext
from conduit.workspace.language import Ability
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor
from fakes.language import FakeLanguage
from fakes.stage import Stage

A = "def add(a, b):\n    return a + b\n\n\nadd(add(1, 2), 3)  # TODO\n"
B = "from a import add\n\nprint(add(1, 2))\n"
EVERY = all_tools(frozenset(Ability))


@dataclass
class Room:
    """A folder with `a.py` open at version 5 and `b.py` closed; `staged` reads and writes proposed changes."""

    root: Path
    editor: FakeEditor
    language: FakeLanguage
    context: ToolContext
    stage: Stage

    @property
    def staged(self) -> ToolContext:
        workspace = self.context.workspace.with_overlay(self.stage)
        return replace(self.context, workspace=workspace, edits=self.stage)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("as saved\n")
    (root / "b.py").write_text(B)
    editor = FakeEditor()
    editor.open(root / "a.py", A, version=5)
    with Door([root]) as door:
        workspace = Workspace([root], editor, door)
        language = FakeLanguage(workspace)
        context = ToolContext(workspace, ApplyAtOnce(workspace, door, editor), language, diagnostics_wait_s=0)
        yield Room(root, editor, language, context, Stage())


async def call(name: str, context: ToolContext, **arguments: JsonValue) -> str:
    return (await EVERY.get(name).run(arguments, context)).text


def test_tools_exist_where_the_editor_has_the_ability_and_edits_only_where_the_mode_writes() -> None:
    plain = [tool.spec.name for tool in all_tools()]
    more = [tool.spec.name for tool in EVERY if tool.spec.name not in plain]
    assert more == [
        "diagnostics",
        "find_references",
        "go_to_definition",
        "list_symbols",
        "rename_symbol",
        "code_actions",
        "apply_code_action",
    ]
    one = [tool.spec.name for tool in all_tools(frozenset({Ability.RENAME, Ability.SAVE}))]
    assert one == [*plain, "rename_symbol"]
    reading = {tool.spec.name for tool in EVERY.only({Effect.READ})}
    assert set(more) - reading == {"rename_symbol", "apply_code_action"}
    assert {tool.kind for tool in EVERY} == {"read", "search", "edit", "delete", "move"}


async def test_diagnostics_name_the_version_that_they_are_for(room: Room) -> None:
    assert await call("diagnostics", room.context, path="a.py") == (
        "a.py, version 5 (as it is in the editor now): 1 problem\n5:22\twarning\tthere is something to do [words W1]"
    )
    room.editor.type(room.root / "a.py", "pass\n")
    assert await call("diagnostics", room.context, path="a.py") == (
        "a.py, version 6 (as it is in the editor now): no problems"
    )
    assert "b.py is not open in the editor" in await call("diagnostics", room.context, path="b.py")


async def test_diagnostics_for_another_version_are_not_known_yet(room: Room) -> None:
    room.language.analysed[room.root / "a.py"] = 4
    text = await call("diagnostics", room.context, path="a.py")
    assert text.startswith("Not known yet for version 5 of a.py")
    assert "only spoken of version 4" in text
    assert "TODO" not in text
    room.language.analysed[room.root / "a.py"] = None
    assert "spoken" not in await call("diagnostics", room.context, path="a.py")


async def test_references_and_definitions_are_lines_under_their_files(room: Room) -> None:
    assert await call("find_references", room.context, path="b.py", line=3, symbol="add") == (
        "a.py\n1\tdef add(a, b):\n5\tadd(add(1, 2), 3)  # TODO\nb.py\n1\tfrom a import add\n3\tprint(add(1, 2))"
    )
    assert await call("go_to_definition", room.context, path="b.py", line=3, symbol="add") == "a.py\n1\tdef add(a, b):"
    assert "no definition of 'print'" in await call(
        "go_to_definition", room.context, path="b.py", line=3, symbol="print"
    )


async def test_symbols_are_listed_by_file_or_by_name(room: Room) -> None:
    assert await call("list_symbols", room.context, path="a.py") == "a.py\n1\tfunction add"
    assert await call("list_symbols", room.context, query="ad") == "a.py\n1\tfunction add"
    assert "no such symbols" in await call("list_symbols", room.context, query="zzz")
    for bad in ({}, {"path": "a.py", "query": "x"}):
        with pytest.raises(InvalidArguments, match="either path"):
            await call("list_symbols", room.context, **bad)


async def test_a_rename_is_previewed_and_goes_to_open_and_closed_files(room: Room) -> None:
    arguments: dict[str, JsonValue] = {"path": "a.py", "line": 1, "symbol": "add", "new_name": "plus"}
    preview = await EVERY.get("rename_symbol").preview(arguments, room.context)
    assert preview is not None
    assert "-def add(a, b):\n+def plus(a, b):\n" in preview.text
    assert preview.paths == ("a.py", "b.py")
    outcome = await EVERY.get("rename_symbol").run(arguments, room.context)
    assert "Renamed 'add' to 'plus' in 2 files" in outcome.text
    assert outcome.diff == preview.text
    document = room.editor.document(room.root / "a.py")
    assert document is not None
    assert document.text == A.replace("add", "plus")
    assert (room.root / "a.py").read_text() == "as saved\n"
    assert (room.root / "b.py").read_text() == B.replace("add", "plus")


async def test_a_rename_in_review_is_staged_and_reads_see_it(room: Room) -> None:
    text = await call("rename_symbol", room.staged, path="a.py", line=1, symbol="add", new_name="plus")
    assert "not applied yet" in text
    assert {one.name: one.after for one in room.stage.changes()} == {
        "a.py": A.replace("add", "plus"),
        "b.py": B.replace("add", "plus"),
    }
    assert (room.root / "b.py").read_text() == B
    assert "plus(1, 2)" in await call("read_file", room.staged, path="b.py")


async def test_with_a_pending_change_lines_are_those_that_the_model_reads(room: Room) -> None:
    await call("edit_file", room.staged, path="a.py", old_text="def add(a,", new_text='"""Sums."""\n\n\ndef add(c, a,')
    found = await call("find_references", room.staged, path="a.py", line=8, symbol="add", occurrence=1)
    assert "changed by you\tdef add(a, b):" in found
    assert "8\tadd(add(1, 2), 3)  # TODO" in found
    assert "have not seen the proposed change of a.py" in found
    diagnosed = await call("diagnostics", room.staged, path="a.py")
    assert "8:22\twarning" in diagnosed
    assert "have not seen the proposed change of a.py" in diagnosed
    with pytest.raises(InvalidArguments, match="part of a proposed change"):
        await call("find_references", room.staged, path="a.py", line=4, symbol="add")


async def test_a_rename_lands_beside_a_pending_change(room: Room) -> None:
    await call("edit_file", room.staged, path="b.py", old_text="\n\nprint", new_text="\n\nimport os\n\nprint")
    text = await call("rename_symbol", room.staged, path="a.py", line=1, symbol="add", new_name="plus")
    assert "have not seen the proposed change of b.py" in text
    after = {one.name: one.after for one in room.stage.changes()}["b.py"]
    assert after == "from a import plus\n\nimport os\n\nprint(plus(1, 2))\n"


async def test_a_rename_that_meets_a_pending_change_is_refused_as_a_whole(room: Room) -> None:
    await call("edit_file", room.staged, path="b.py", old_text="add(1, 2)", new_text="add(3, 4)")
    before = room.stage.changes()
    with pytest.raises(EditRefused, match=r"b\.py has a change that the person has not accepted"):
        await call("rename_symbol", room.staged, path="a.py", line=1, symbol="add", new_name="plus")
    assert room.stage.changes() == before


async def test_a_rename_that_touches_a_protected_file_is_refused_as_a_whole(room: Room) -> None:
    (room.root / ".vscode").mkdir()
    (room.root / ".vscode" / "tasks.py").write_text("add(1)\n")
    with pytest.raises(EditRefused, match=r"\.vscode/tasks\.py \(editor settings"):
        await call("rename_symbol", room.context, path="a.py", line=1, symbol="add", new_name="plus")
    assert (room.root / "b.py").read_text() == B


async def test_a_file_that_is_only_proposed_is_unknown_to_language_servers(room: Room) -> None:
    await call("edit_file", room.staged, path="c.py", old_text="", new_text="def sub(): pass\n")
    with pytest.raises(PathNotFound, match="only proposed"):
        await call("list_symbols", room.staged, path="c.py")


async def test_code_actions_are_listed_and_applied_by_title(room: Room) -> None:
    assert await call("code_actions", room.context, path="a.py") == (
        "Remove every TODO (quickfix) [the usual one]\nRun the tests (source)\n"
        "Extract a function (refactor) [not possible: nothing is selected]"
    )
    assert "no such actions" in await call("code_actions", room.context, path="a.py", line=2, kind="quickfix")
    text = await call("apply_code_action", room.context, path="a.py", line=5, title="Remove every TODO")
    assert text == "Did 'Remove every TODO'. Applied to a.py in the editor; it is unsaved."
    document = room.editor.document(room.root / "a.py")
    assert document is not None
    assert document.text == A.replace("TODO", "DONE")


@pytest.mark.parametrize(
    ("name", "arguments", "error", "words"),
    [
        ("find_references", {"path": "a.py", "line": 2, "symbol": "add"}, InvalidArguments, "it is in the lines 1, 5"),
        ("find_references", {"path": "a.py", "line": 2, "symbol": "dd"}, InvalidArguments, "nowhere"),
        (
            "find_references",
            {"path": "a.py", "line": 5, "symbol": "add"},
            InvalidArguments,
            "say which with occurrence",
        ),
        ("find_references", {"path": "a.py", "line": 5, "symbol": "add", "occurrence": 3}, InvalidArguments, "2 times"),
        ("find_references", {"path": "a.py", "line": 9, "symbol": "add"}, InvalidArguments, "has 5 lines"),
        ("find_references", {"path": "c.py", "line": 1, "symbol": "add"}, PathNotFound, "no file"),
        ("rename_symbol", {"path": "a.py", "line": 1, "symbol": "add", "new_name": "add"}, InvalidArguments, "change"),
        ("code_actions", {"path": "a.py", "end_line": 2}, InvalidArguments, "needs line"),
        ("code_actions", {"path": "a.py", "line": 3, "end_line": 2}, InvalidArguments, "before line"),
        ("apply_code_action", {"path": "a.py", "title": "Fly"}, InvalidArguments, "Offered: 'Remove every TODO'"),
        ("apply_code_action", {"path": "a.py", "title": "Extract a function"}, EditRefused, "nothing is selected"),
        ("apply_code_action", {"path": "a.py", "title": "Run the tests"}, EditRefused, "command"),
    ],
)
async def test_a_bad_call_is_explained(
    room: Room, name: str, arguments: dict[str, JsonValue], error: type[ToolError], words: str
) -> None:
    with pytest.raises(error) as caught:
        await call(name, room.context, **arguments)
    assert words in str(caught.value)


async def test_without_an_editor_the_tools_say_so(room: Room) -> None:
    with pytest.raises(EditorFailed, match="No editor"):
        await call("diagnostics", replace(room.context, language=None), path="a.py")
