"""Every tool that changes files, on real files of several encodings, open and closed, staged and at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import JsonValue

from conduit.edits.apply import ApplyAtOnce
from conduit.edits.caution import protected_among
from conduit.edits.edit import FileChange
from conduit.edits.review import PendingFiles
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
from conduit.tools.apply_patch import apply_patch
from conduit.tools.base import Effect, Tool, ToolContext
from conduit.tools.delete_file import delete_file
from conduit.tools.edit import edit_file
from conduit.tools.move_file import move_file
from conduit.tools.write_file import write_file
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor

SHOP = "def one():\n    return 1\n\n\ndef two():\n    return 2\n\n\ndef three():\n    return 3\n"
PATCH = """*** Begin Patch
*** Update File: shop.py
@@ def two():
-    return 2
+    return 20
*** Add File: new/made.py
+made = 1
*** Delete File: old.py
*** Update File: name.txt
*** Move to: there/other.txt
 one
-two
+zwei
*** End Patch
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "proj"
    root.mkdir()
    (root / "shop.py").write_text(SHOP)
    (root / "old.py").write_text("old = 1\n")
    (root / "name.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    (root / "latin.txt").write_bytes("caf\xe9 eins\nzwei\n".encode("latin-1"))
    (root / "data.bin").write_bytes(b"\x00\x01\x02")
    (root / ".env").write_text("TOKEN=secret\n")
    return root


@pytest.fixture
def editor() -> FakeEditor:
    return FakeEditor()


@pytest.fixture
def at_once(root: Path, editor: FakeEditor) -> Iterator[ToolContext]:
    with Door([root]) as door:
        workspace = Workspace([root], editor, door)
        yield ToolContext(workspace, ApplyAtOnce(workspace, door, editor))


class Proposals(PendingFiles):
    """What a session proposes; everything is accepted to see what it comes to."""

    async def submit(self, changes: Sequence[FileChange]) -> str:
        self.stage(changes, "turn")
        return "Proposed."

    def changes(self) -> list[FileChange]:
        return [file.accept({hunk.id for hunk in file.hunks})[0] for file in self if file.hunks]


@pytest.fixture
def stage(editor: FakeEditor) -> Proposals:
    def open_text(path: Path) -> str | None:
        document = editor.document(path)
        return document.text if document else None

    return Proposals(open_text)


@pytest.fixture
def staged(at_once: ToolContext, stage: Proposals) -> ToolContext:
    return ToolContext(at_once.workspace.with_overlay(stage), stage)


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def call(tool: Tool, context: ToolContext, **arguments: JsonValue) -> str:
    return (await tool.run(arguments, context)).text


async def refused(tool: Tool, context: ToolContext, **arguments: JsonValue) -> ToolError:
    """Check that the preview and the call are refused with the same words; return the error."""
    said: list[ToolError] = []
    for attempt in (tool.preview, tool.run):
        with pytest.raises(ToolError) as caught:
            await attempt(arguments, context)
        said.append(caught.value)
    assert str(said[0]) == str(said[1])
    return said[0]


def test_each_tool_has_its_text_effect_kind_and_title() -> None:
    tools = (edit_file, apply_patch, write_file, delete_file, move_file)
    assert [(tool.spec.name, tool.kind) for tool in tools] == [
        ("edit_file", "edit"),
        ("apply_patch", "edit"),
        ("write_file", "edit"),
        ("delete_file", "delete"),
        ("move_file", "move"),
    ]
    for tool in tools:
        assert tool.effect is Effect.WRITE
        assert len(tool.spec.description) > 100, "the text beside the tool is what the model reads"
        assert tool.spec.input_schema["additionalProperties"] is False
    assert move_file.title({"path": "a", "new_path": "b"}) == "Move a to b"
    assert apply_patch.title({"patch": PATCH}) == "Patch shop.py, new/made.py, old.py and 1 more"
    assert apply_patch.title({"patch": "--- a/x.py\n+++ b/y.py\n"}) == "Patch y.py"
    assert apply_patch.title({"patch": 3}) == apply_patch.title({}) == "Apply a patch"
    assert edit_file.spec.input_schema["required"] == ["path", "old_text", "new_text"], "small models get only these"


# -- edit_file ------------------------------------------------------------------------------------------------------


async def test_several_places_are_one_call_and_quote_the_file_as_it_was(at_once: ToolContext, root: Path) -> None:
    more: JsonValue = [
        {"old_text": "return 1", "new_text": "return 2"},
        {"old_text": "def two():\n    return 2", "new_text": "def zwei():\n    return 2"},
    ]
    text = await call(edit_file, at_once, path="shop.py", old_text="return 3", new_text="return 30", more=more)
    assert text == "Replaced 3 places, at lines 10, 2, 5. Wrote shop.py."
    after = SHOP.replace("return 3", "return 30").replace("return 1", "return 2").replace("def two", "def zwei")
    assert (root / "shop.py").read_text() == after


async def test_one_place_may_quote_what_another_wrote(at_once: ToolContext, root: Path) -> None:
    more: JsonValue = [{"old_text": "return one_and_only", "new_text": "return 11"}]
    await call(edit_file, at_once, path="shop.py", old_text="return 1", new_text="return one_and_only", more=more)
    assert (root / "shop.py").read_text() == SHOP.replace("return 1", "return 11")


@pytest.mark.parametrize(
    ("old", "more", "error", "words"),
    [
        ("return 1", [("return 9", "x")], EditNotFound, "shop.py: change 2 of 2: old_text was not found"),
        ("return 1", [("    return", "x")], EditAmbiguous, "change 2 of 2: old_text fits 3 places, at lines 2, 6, 10"),
        ("return 8", [("return 9", "x")], EditNotFound, "change 1 of 2: old_text was not found"),
        ("return 1", [("return 2", "return 2")], InvalidArguments, "nothing would change"),
        (
            "    return 1\n",
            [("def one():\n    return 1\n", "def one():\n    return 5\n")],
            EditNotFound,
            "meet at line 2",
        ),
        ("", [("return 1", "x")], InvalidArguments, "new file"),
    ],
)
async def test_all_places_are_changed_or_none(
    at_once: ToolContext, root: Path, old: str, more: list[tuple[str, str]], error: type[ToolError], words: str
) -> None:
    others: JsonValue = [{"old_text": one, "new_text": two} for one, two in more]
    said = await refused(edit_file, at_once, path="shop.py", old_text=old, new_text="    x\n", more=others)
    assert (type(said), words in str(said)) == (error, True), said
    assert (root / "shop.py").read_text() == SHOP


async def test_what_is_not_found_is_answered_with_the_nearest_lines(at_once: ToolContext) -> None:
    said = await refused(edit_file, at_once, path="shop.py", old_text="def two():\n    return 22", new_text="x")
    assert "The nearest text is at lines 5 to 6:\n5\tdef two():\n6\t    return 2" in str(said)


async def test_a_line_chooses_between_equal_places(at_once: ToolContext, root: Path) -> None:
    (root / "twice.txt").write_text("a\nsame\n\n\n\nb\nsame\n")
    more: JsonValue = [{"old_text": "same", "new_text": "two", "line": 7}]
    await call(edit_file, at_once, path="twice.txt", old_text="same", new_text="one", line=2, more=more)
    assert (root / "twice.txt").read_text() == "a\none\n\n\n\nb\ntwo\n"


async def test_the_model_learns_that_its_edit_broke_the_file(at_once: ToolContext, root: Path) -> None:
    text = await call(edit_file, at_once, path="shop.py", old_text="def two():", new_text="def two(:")
    assert "\nBut shop.py does not parse any more (line 5: " in text
    text = await call(edit_file, at_once, path="shop.py", old_text="return 3", new_text="return 4")
    assert "parse" not in text, "it was broken before this edit"
    text = await call(write_file, at_once, path="new.json", text='{"a": }\n')
    assert "\nBut new.json does not parse (line 1: " in text


@pytest.mark.parametrize("tool", [edit_file, write_file, apply_patch])
async def test_bytes_outside_the_change_stay_and_characters_without_a_byte_are_refused(
    tool: Tool, at_once: ToolContext, root: Path
) -> None:
    def arguments(name: str, first: str, old: str, new: str) -> dict[str, JsonValue]:
        if tool is edit_file:
            return {"path": name, "old_text": old, "new_text": new}
        if tool is write_file:
            return {"path": name, "text": f"{first}\n{new}\n"}
        return {"patch": f"--- a/{name}\n+++ b/{name}\n@@ -1,2 +1,2 @@\n {first}\n-{old}\n+{new}\n"}

    await tool.run(arguments("name.txt", "one", "two", "zwei"), at_once)
    await tool.run(arguments("latin.txt", "caf\xe9 eins", "zwei", "\xfcber"), at_once)
    assert (root / "name.txt").read_bytes() == b"\xef\xbb\xbfone\r\nzwei\r\n"
    assert (root / "latin.txt").read_bytes() == b"caf\xe9 eins\n\xfcber\n"
    said = await refused(tool, at_once, **arguments("latin.txt", "caf\xe9 eins", "\xfcber", "漢"))
    assert isinstance(said, NotText)
    assert (root / "latin.txt").read_bytes() == b"caf\xe9 eins\n\xfcber\n"


# -- apply_patch ----------------------------------------------------------------------------------------------------


async def test_a_patch_changes_creates_deletes_and_moves_in_one_call(at_once: ToolContext, root: Path) -> None:
    preview = await apply_patch.preview({"patch": PATCH}, at_once)
    assert preview is not None
    assert set(preview.paths) == {"shop.py", "new/made.py", "old.py", "name.txt", "there/other.txt"}
    for line in ("-    return 2", "+    return 20", "+made = 1", "-old = 1", "rename to there/other.txt", "+zwei"):
        assert line in preview.text
    before = files(root)
    outcome = await apply_patch.run({"patch": PATCH}, at_once)
    assert outcome.diff == preview.text
    assert set(outcome.paths) == set(preview.paths)
    del before["old.py"], before["name.txt"]
    assert files(root) == before | {
        "shop.py": SHOP.replace("return 2", "return 20").encode(),
        "new/made.py": b"made = 1\n",
        "there/other.txt": b"\xef\xbb\xbfone\r\nzwei\r\n",
    }


async def test_a_patch_is_recognised_by_what_it_says(at_once: ToolContext, root: Path) -> None:
    unified = "--- a/shop.py\n+++ b/shop.py\n@@ -1,2 +1,2 @@\n def one():\n-    return 1\n+    return 10\n"
    await call(apply_patch, at_once, patch=unified)
    blocks = "shop.py\n<<<<<<< SEARCH\n    return 2\n=======\n    return 20\n>>>>>>> REPLACE\n"
    await call(apply_patch, at_once, patch=blocks)
    v4a = "*** Begin Patch\n*** Update File: ./shop.py\n@@\n-    return 3\n+    return 30\n*** End Patch"
    await call(apply_patch, at_once, patch=v4a)
    assert (root / "shop.py").read_text() == SHOP.replace("1", "10").replace("2", "20").replace("3", "30")


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (
            "*** Update File: shop.py\n-    return 2\n+    x\n*** Delete File: gone.py",
            PathNotFound,
            "no file 'gone.py'",
        ),
        ("*** Update File: shop.py\n-    return 9\n+    x\n*** Delete File: old.py", EditNotFound, "shop.py: "),
        ("*** Delete File: old.py\n*** Add File: shop.py\n+x", InvalidArguments, "it is there already"),
        ("*** Delete File: old.py\n*** Update File: name.txt\n*** Move to: shop.py", InvalidArguments, "there already"),
        ("*** Delete File: old.py\n*** Update File: name.txt\n*** Move to: .env", PermissionDenied, "private"),
        ("*** Delete File: old.py\n*** Update File: name.txt\n*** Move to: ../x", OutsideWorkspace, "leads out"),
        ("*** Delete File: old.py\n*** Delete File: data.bin", NotText, "binary"),
        ("*** Delete File: old.py\n*** Update File: shop.py\n     return 1\n-    gone\n", EditNotFound, "nothing was"),
        ("words", InvalidArguments, "Line 2"),
    ],
)
async def test_a_patch_that_fails_in_one_place_does_nothing(
    at_once: ToolContext,
    staged: ToolContext,
    stage: Proposals,
    root: Path,
    body: str,
    error: type[ToolError],
    words: str,
) -> None:
    before = files(root)
    for context in (at_once, staged):
        said = await refused(apply_patch, context, patch=f"*** Begin Patch\n{body}\n*** End Patch\n")
        assert (type(said), words in str(said)) == (error, True), said
    assert files(root) == before
    assert stage.changes() == []


async def test_a_patch_moves_a_file_away_and_makes_a_new_one_in_its_place(
    at_once: ToolContext, staged: ToolContext, stage: Proposals, root: Path
) -> None:
    (root / "moves.sh").write_bytes("é\n".encode("latin-1"))
    (root / "moves.sh").chmod(0o755)
    body = "*** Update File: moves.sh\n*** Move to: sub/old.sh\n-é\n+é ü\n*** Add File: moves.sh\n+new"
    for context in (staged, at_once):
        await call(apply_patch, context, patch=f"*** Begin Patch\n{body}\n*** End Patch\n")
    assert {(change.name, change.before, change.after) for change in stage.changes()} == {
        ("moves.sh", "é\n", "new\n"),
        ("sub/old.sh", None, "é ü\n"),
    }
    assert (root / "moves.sh").read_text() == "new\n"
    assert (root / "sub" / "old.sh").read_bytes() == "é ü\n".encode("latin-1")
    assert (root / "sub" / "old.sh").stat().st_mode & 0o777 == 0o755


async def test_what_is_no_patch_is_said_to_be_none(at_once: ToolContext) -> None:
    assert "*** Begin Patch" in str(await refused(apply_patch, at_once, patch="please change it"))
    assert "cut off" in str(await refused(apply_patch, at_once, patch=PATCH.replace("*** End Patch\n", "")))


async def test_a_patch_that_was_found_in_spite_of_differences_says_so(at_once: ToolContext, root: Path) -> None:
    patch = "*** Begin Patch\n*** Update File: shop.py\n def one():\n-  return 1  \n+  return 10\n*** End Patch"
    with pytest.raises(EditNotFound):
        await call(apply_patch, at_once, patch=patch)
    patch = "*** Begin Patch\n*** Update File: shop.py\n def one():  \n-    return 1\n+    return 10\n*** End Patch"
    assert "shop.py: found in spite of other trailing white space." in await call(apply_patch, at_once, patch=patch)
    assert (root / "shop.py").read_text() == SHOP.replace("return 1", "return 10")


# -- write_file -----------------------------------------------------------------------------------------------------


async def test_a_whole_file_is_created_or_replaced(at_once: ToolContext, root: Path) -> None:
    assert await call(write_file, at_once, path="a/b.txt", text="x\n") == "A new file. Created a/b.txt."
    assert await call(write_file, at_once, path="a/b.txt", text="y\nz\n") == (
        "Replaced all 1 lines by 2. Wrote a/b.txt."
    )
    assert (root / "a" / "b.txt").read_text() == "y\nz\n"
    (root / "long.txt").write_text("line\n" * 100)
    assert "These are 95 lines fewer" in await call(write_file, at_once, path="long.txt", text="line\n" * 5)


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("shop.py", "", "has 10 lines, and text is empty"),
        ("shop.py", SHOP, "nothing would change"),
        ("shop.py", "def one():\n    return 5\n\n# ... rest of the code ...\n", "left out"),
        ("data.bin", "x", "binary"),
        (".env", "x", "private"),
        ("dir/", "x", "name of a folder"),
        (".git/config", "x", "version control"),
    ],
)
async def test_a_whole_file_that_cannot_be_meant_is_refused(
    at_once: ToolContext, root: Path, path: str, text: str, words: str
) -> None:
    before = files(root)
    assert words in str(await refused(write_file, at_once, path=path, text=text))
    assert files(root) == before


async def test_a_new_file_has_the_style_of_the_project(at_once: ToolContext, root: Path) -> None:
    (root / ".editorconfig").write_text("[*.txt]\nend_of_line = crlf\ninsert_final_newline = true\ncharset = latin1\n")
    await call(write_file, at_once, path="n.txt", text="\xe9\nb")
    assert (root / "n.txt").read_bytes() == b"\xe9\r\nb\r\n"
    await call(apply_patch, at_once, patch="*** Begin Patch\n*** Add File: p.txt\n+\xe9\n*** End Patch")
    assert (root / "p.txt").read_bytes() == b"\xe9\r\n"


# -- delete_file and move_file --------------------------------------------------------------------------------------


async def test_a_file_is_deleted(at_once: ToolContext, root: Path) -> None:
    preview = await delete_file.preview({"path": "old.py"}, at_once)
    assert preview is not None
    assert "-old = 1" in preview.text
    assert await call(delete_file, at_once, path="old.py") == "Deleted old.py."
    assert not (root / "old.py").exists()
    (root / "empty").touch()
    preview = await delete_file.preview({"path": "empty"}, at_once)
    assert preview is not None
    assert preview.text == "delete empty (it is empty)\n"


async def test_a_file_is_moved_with_its_bytes_and_never_over_another(at_once: ToolContext, root: Path) -> None:
    (root / "name.txt").chmod(0o640)
    preview = await move_file.preview({"path": "name.txt", "new_path": "x/y.txt"}, at_once)
    assert preview is not None
    assert (preview.text, preview.paths) == ("rename from name.txt\nrename to x/y.txt\n", ("name.txt", "x/y.txt"))
    assert await call(move_file, at_once, path="name.txt", new_path="x/y.txt") == "Moved name.txt to x/y.txt."
    moved = root / "x" / "y.txt"
    assert (moved.read_bytes(), moved.stat().st_mode & 0o777) == (b"\xef\xbb\xbfone\r\ntwo\r\n", 0o640)
    before = files(root)
    for new_path in ("shop.py", "data.bin", "x", "old.py/", ".env", "./old.py"):
        await refused(move_file, at_once, path="old.py", new_path=new_path)
    await refused(move_file, at_once, path="nowhere.py", new_path="z.py")
    assert files(root) == before


async def test_a_link_is_not_taken_for_the_file_that_it_leads_to(at_once: ToolContext, root: Path) -> None:
    (root / "link.py").symlink_to("shop.py")
    for tool, more in ((delete_file, {}), (move_file, {"new_path": "z.py"})):
        assert "link.py is a link to shop.py" in str(await refused(tool, at_once, path="link.py", **more))
    await call(edit_file, at_once, path="link.py", old_text="return 1", new_text="return 5")
    assert (root / "shop.py").read_text() == SHOP.replace("return 1", "return 5")
    assert (root / "link.py").is_symlink()


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (edit_file, {"path": ".vscode/tasks.json", "old_text": "", "new_text": "{}\n"}),
        (write_file, {"path": ".vscode/tasks.json", "text": "{}\n"}),
        (move_file, {"path": "name.txt", "new_path": ".vscode/tasks.json"}),
        (delete_file, {"path": "AGENTS.md"}),
        (
            apply_patch,
            {"patch": "*** Begin Patch\n*** Update File: name.txt\n*** Move to: sub/AGENTS.md\n*** End Patch"},
        ),
        (edit_file, {"path": "alias.md", "old_text": "obey", "new_text": "x"}),
        (edit_file, {"path": ".githooks", "old_text": "return 1", "new_text": "x"}),
    ],
)
async def test_the_question_names_every_protected_file(
    at_once: ToolContext, root: Path, tool: Tool, arguments: dict[str, JsonValue]
) -> None:
    (root / "AGENTS.md").write_text("obey\n")
    (root / "alias.md").symlink_to("AGENTS.md")
    (root / ".githooks").symlink_to("shop.py")
    preview = await tool.preview(arguments, at_once)
    assert preview is not None
    assert protected_among(preview.paths)


# -- open buffers and collected changes -----------------------------------------------------------------------------


async def test_what_is_typed_and_not_saved_is_what_is_changed(
    at_once: ToolContext, editor: FakeEditor, root: Path
) -> None:
    document = editor.open(root / "shop.py", SHOP + "# typed\n", version=4)
    await call(
        edit_file,
        at_once,
        path="shop.py",
        old_text="# typed",
        new_text="# seen",
        more=[{"old_text": "return 1", "new_text": "return 10"}],
    )
    assert document.text == SHOP.replace("return 1", "return 10") + "# seen\n"
    await call(apply_patch, at_once, patch=PATCH)
    assert document.text == SHOP.replace("return 1", "return 10").replace("return 2", "return 20") + "# seen\n"
    assert not (root / "old.py").exists()
    await call(write_file, at_once, path="shop.py", text="x = 1\n")
    assert document.text == "x = 1\n"
    assert (root / "shop.py").read_text() == SHOP


async def test_collected_changes_are_read_changed_and_moved_again(
    staged: ToolContext, stage: Proposals, root: Path
) -> None:
    before = files(root)
    await call(apply_patch, staged, patch=PATCH)
    await call(edit_file, staged, path="there/other.txt", old_text="zwei", new_text="drei")
    await call(move_file, staged, path="there/other.txt", new_path="last.txt")
    await call(move_file, staged, path="new/made.py", new_path="made.py")
    await call(write_file, staged, path="old.py", text="old = 2\n")
    said = await refused(edit_file, staged, path="name.txt", old_text="two", new_text="x")
    assert "staged" in str(said)
    assert files(root) == before
    found = {(one.name, one.new_name, one.before, one.after) for one in stage.changes()}
    assert found == {
        ("shop.py", "shop.py", SHOP, SHOP.replace("return 2", "return 20")),
        ("made.py", "made.py", None, "made = 1\n"),
        ("old.py", "old.py", "old = 1\n", "old = 2\n"),
        ("name.txt", "last.txt", "one\r\ntwo\r\n", "one\r\ndrei\r\n"),
    }
    await call(delete_file, staged, path="made.py")
    await call(delete_file, staged, path="last.txt")
    found = {(one.name, one.new_name, one.after) for one in stage.changes()}
    assert found == {
        ("shop.py", "shop.py", SHOP.replace("return 2", "return 20")),
        ("old.py", "old.py", "old = 2\n"),
        ("name.txt", "name.txt", None),
    }


async def test_a_pure_move_is_a_change_and_moving_back_is_none(staged: ToolContext, stage: Proposals) -> None:
    await call(move_file, staged, path="old.py", new_path="young.py")
    assert [(one.name, one.new_name) for one in stage.changes()] == [("old.py", "young.py")]
    await call(move_file, staged, path="young.py", new_path="old.py")
    assert stage.changes() == []


async def test_a_file_takes_the_name_of_one_that_was_deleted(staged: ToolContext, stage: Proposals) -> None:
    await call(delete_file, staged, path="old.py")
    await call(write_file, staged, path="tmp.py", text="new = 1\n")
    await call(move_file, staged, path="tmp.py", new_path="old.py")
    assert [(one.name, one.before, one.after) for one in stage.changes()] == [("old.py", "old = 1\n", "new = 1\n")]


async def test_a_file_moves_to_the_name_of_one_that_was_deleted(staged: ToolContext, stage: Proposals) -> None:
    await call(delete_file, staged, path="old.py")
    await call(move_file, staged, path="shop.py", new_path="old.py")
    await call(edit_file, staged, path="old.py", old_text="return 1", new_text="return 10")
    found = {(one.name, one.new_name, one.before, one.after) for one in stage.changes()}
    assert found == {
        ("old.py", "old.py", "old = 1\n", None),
        ("shop.py", "old.py", SHOP, SHOP.replace("return 1", "return 10")),
    }
    await staged.workspace.with_overlay(None).read("old.py")
    assert "there already" in str(await refused(move_file, staged, path="name.txt", new_path="old.py"))
