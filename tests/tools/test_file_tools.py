"""What a model gets when it reads, lists, searches and edits, and what it gets when it does so wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from conduit.edits.apply import ApplyAtOnce
from conduit.errors import (
    EditAmbiguous,
    EditNotFound,
    InvalidArguments,
    NotText,
    OutsideWorkspace,
    PathNotFound,
    PermissionDenied,
    ToolError,
)
from conduit.sandbox.confine import Door
from conduit.tools.base import Effect, Tool, ToolContext, ToolSet
from conduit.tools.edit import edit_file
from conduit.tools.files import list_files, read_file
from conduit.tools.search import search_text
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor
from fakes.stage import Stage

TOOLS = ToolSet([read_file, list_files, search_text, edit_file])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "proj"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_text("def a():\n    return 1\n")
    (root / "win.txt").write_bytes(b"one\r\ntwo\r\n")
    (root / ".env").write_text("TOKEN=secret\n")
    return root


@pytest.fixture
def editor() -> FakeEditor:
    return FakeEditor()


@pytest.fixture
def context(root: Path, editor: FakeEditor) -> Iterator[ToolContext]:
    with Door([root]) as door:
        workspace = Workspace([root], editor, door)
        yield ToolContext(workspace, ApplyAtOnce(workspace, door, editor))


async def call(tool: Tool, context: ToolContext, **arguments: JsonValue) -> str:
    return (await tool.run(arguments, context)).text


def test_each_tool_has_its_text_effect_and_kind() -> None:
    assert [(tool.spec.name, tool.effect, tool.kind) for tool in TOOLS] == [
        ("read_file", Effect.READ, "read"),
        ("list_files", Effect.READ, "search"),
        ("search_text", Effect.READ, "search"),
        ("edit_file", Effect.WRITE, "edit"),
    ]
    for tool in TOOLS:
        assert len(tool.spec.description) > 100, "the text beside the tool is what the model reads"
        assert tool.spec.input_schema["additionalProperties"] is False


async def test_a_file_is_shown_with_its_numbers_and_where_it_is_from(
    context: ToolContext, editor: FakeEditor, root: Path
) -> None:
    assert await call(read_file, context, path="src/a.py") == (
        "src/a.py (lines 1 to 2 of 2, as saved on disk)\n1\tdef a():\n2\t    return 1"
    )
    assert await call(read_file, context, path="win.txt", start_line=2) == (
        "win.txt (lines 2 to 2 of 2, as saved on disk, CRLF line ends)\n2\ttwo"
    )
    editor.open(root / "src" / "a.py", "typed")
    outcome = await read_file.run({"path": "./src/a.py"}, context)
    assert outcome.text == "src/a.py (lines 1 to 1 of 1, as it is in the person's editor now, saved or not)\n1\ttyped"
    assert outcome.paths == ("src/a.py",)
    editor.type(root / "src" / "a.py", "")
    assert "it is empty" in await call(read_file, context, path="src/a.py")


async def test_a_long_file_is_cut_and_says_where_to_read_on(context: ToolContext, root: Path) -> None:
    (root / "long.txt").write_text("".join(f"{number}\n" for number in range(1, 5001)))
    text = await call(read_file, context, path="long.txt")
    assert text.endswith("\n2000\t2000\n[cut here: read on with start_line=2001]")
    text = await call(read_file, context, path="long.txt", start_line=4990, end_line=9999)
    assert text.endswith("\n5000\t5000")
    text = await call(read_file, context, path="long.txt", start_line=10, end_line=12)
    assert text.endswith("(lines 10 to 12 of 5000, as saved on disk)\n10\t10\n11\t11\n12\t12")
    (root / "wide.txt").write_text("x" * 4_000_000)
    text = await call(read_file, context, path="wide.txt")
    assert "[cut here: the line has 4000000 characters]" in text
    assert len(text) < 3000
    (root / "heavy.txt").write_text(("y" * 1999 + "\n") * 100)
    text = await call(read_file, context, path="heavy.txt")
    assert "[cut here: read on with start_line=51]" in text


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"path": "zzz"}, PathNotFound, "list_files shows"),
        ({"path": "a.py"}, PathNotFound, "Did you mean src/a.py?"),
        ({"path": "src"}, NotText, "is a folder"),
        ({"path": "../x"}, OutsideWorkspace, "leads out"),
        ({"path": "/etc/passwd"}, OutsideWorkspace, "outside the workspace"),
        ({"path": "file:///etc/passwd"}, OutsideWorkspace, "outside the workspace"),
        ({"path": ".env"}, PermissionDenied, "private file"),
        ({"path": ""}, InvalidArguments, "path"),
        ({"path": "src/a.py", "start_line": 3}, InvalidArguments, "has 2 lines"),
        ({"path": "src/a.py", "start_line": 2, "end_line": 1}, InvalidArguments, "before start_line"),
        ({"path": "src/a.py", "root_dir": "/"}, InvalidArguments, "root_dir: there is no such argument"),
    ],
)
async def test_a_bad_read_is_explained(
    context: ToolContext, arguments: dict[str, JsonValue], error: type[ToolError], words: str
) -> None:
    with pytest.raises(error) as caught:
        await read_file.run(arguments, context)
    assert words in str(caught.value)


async def test_files_are_listed_by_folder_and_pattern(context: ToolContext, root: Path) -> None:
    assert await call(list_files, context) == "win.txt\nsrc/a.py"
    assert await call(list_files, context, path="src") == "src/a.py"
    assert await call(list_files, context, pattern="*.{txt,md}") == "win.txt"
    assert "no such files" in await call(list_files, context, pattern="*.rs")
    (root / "odd\n\x1b[2Jname").write_text("")
    assert "odd\\n\\x1b[2Jname" in await call(list_files, context)
    (root / "many").mkdir()
    for number in range(1001):
        (root / "many" / f"{number}.txt").touch()
    assert "[cut here: there are more than 1000 files" in await call(list_files, context)


async def test_a_search_shows_lines_under_their_files(context: ToolContext, editor: FakeEditor, root: Path) -> None:
    assert await call(search_text, context, query="return") == "src/a.py\n2\t    return 1"
    editor.open(root / "win.txt", "return to\nwin")
    assert await call(search_text, context, query="^ *return", regex=True) == (
        "win.txt (as it is in the editor, saved or not)\n1\treturn to\nsrc/a.py\n2\t    return 1"
    )
    assert "Nothing matches" in await call(search_text, context, query="TOKEN")
    (root / "wide.txt").write_text("x" * 5000 + "needle" + "y" * 5000)
    text = await call(search_text, context, query="needle")
    assert "needle" in text
    assert len(text) < 500
    (root / "many.txt").write_text("needle\n" * 150)
    (root / "more.txt").write_text("needle\n" * 150)
    assert "[cut here: there are more than 200 lines" in await call(search_text, context, query="needle")


async def test_an_edit_previews_the_diff_and_then_makes_it(context: ToolContext, root: Path) -> None:
    arguments: dict[str, JsonValue] = {"path": "src/a.py", "old_text": "return 1", "new_text": "return 2"}
    preview = await edit_file.preview(arguments, context)
    assert preview is not None
    assert "-    return 1\n+    return 2\n" in preview.text
    assert preview.paths == ("src/a.py",)
    assert (root / "src" / "a.py").read_text() == "def a():\n    return 1\n"
    outcome = await edit_file.run(arguments, context)
    assert outcome.text == "Replaced lines 2 to 2. Wrote src/a.py."
    assert outcome.diff == preview.text
    assert (root / "src" / "a.py").read_text() == "def a():\n    return 2\n"


async def test_an_open_file_is_edited_in_the_editor(context: ToolContext, editor: FakeEditor, root: Path) -> None:
    document = editor.open(root / "src" / "a.py", "def b():\r\n    return 1\r\n", version=5)
    text = await call(
        edit_file, context, path="src/a.py", old_text="def b():\n    return 1", new_text="def c():\n    pass"
    )
    assert text == "Replaced lines 1 to 2. Applied to src/a.py in the editor; it is unsaved."
    assert document.text == "def c():\r\n    pass\r\n"
    assert (root / "src" / "a.py").read_text() == "def a():\n    return 1\n"


async def test_a_file_is_created_with_its_folders(context: ToolContext, root: Path) -> None:
    assert (
        await call(edit_file, context, path="new/x.py", old_text="", new_text="x\n") == "A new file. Created new/x.py."
    )
    assert (root / "new" / "x.py").read_text() == "x\n"
    (root / "empty.txt").touch()
    await call(edit_file, context, path="empty.txt", old_text="", new_text="filled")
    assert (root / "empty.txt").read_text() == "filled"


async def test_collected_edits_build_on_one_another(context: ToolContext, root: Path) -> None:
    stage = Stage()
    staged = ToolContext(context.workspace.with_overlay(stage), stage)
    await call(edit_file, staged, path="src/a.py", old_text="return 1", new_text="return 2")
    await call(edit_file, staged, path="src/a.py", old_text="return 2", new_text="return 3")
    await call(edit_file, staged, path="n.py", old_text="", new_text="x\n")
    await call(edit_file, staged, path="n.py", old_text="x", new_text="y")
    assert [(one.name, one.before, one.after) for one in stage.changes()] == [
        ("src/a.py", "def a():\n    return 1\n", "def a():\n    return 3\n"),
        ("n.py", None, "y\n"),
    ]
    assert "with the changes that you proposed" in await call(read_file, staged, path="src/a.py")
    assert (root / "src" / "a.py").read_text() == "def a():\n    return 1\n"


@pytest.mark.parametrize(
    ("path", "old", "new", "error", "words"),
    [
        ("src/a.py", "return 3", "x", EditNotFound, "src/a.py: old_text was not found"),
        ("win.txt", "o", "x", EditAmbiguous, "fits 2 places, at lines 1, 2"),
        ("src/a.py", "", "x", EditNotFound, "exists and is not empty"),
        ("a.py", "x", "y", PathNotFound, "Did you mean src/a.py?"),
        ("src/a.py", "x", "x", InvalidArguments, "nothing would change"),
        ("new/", "", "x", PathNotFound, "folder"),
        ("src", "", "x", NotText, "is a folder"),
        (".env", "TOKEN", "x", PermissionDenied, "private"),
        (".git/hooks/pre-commit", "", "x", PermissionDenied, "version control"),
        ("../x", "", "x", OutsideWorkspace, "leads out"),
        ("/etc/x", "", "x", OutsideWorkspace, "outside"),
    ],
)
async def test_a_bad_edit_is_explained_before_anybody_is_asked(
    context: ToolContext, root: Path, path: str, old: str, new: str, error: type[ToolError], words: str
) -> None:
    arguments: dict[str, JsonValue] = {"path": path, "old_text": old, "new_text": new}
    for attempt in (edit_file.preview, edit_file.run):
        with pytest.raises(error) as caught:
            await attempt(arguments, context)
        assert words in str(caught.value)
    assert sorted(one.name for one in root.iterdir()) == [".env", "src", "win.txt"]
