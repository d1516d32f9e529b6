"""Patches of every format change all their files or none."""

from __future__ import annotations

import pytest

from conduit.edits.blocks import parse_search_replace
from conduit.edits.edit import TextEdit
from conduit.edits.patch import FilePatch, PatchedFile, apply, names
from conduit.edits.unified import parse_unified
from conduit.edits.v4a import parse_v4a
from conduit.errors import EditAmbiguous, EditNotFound, InvalidArguments, PathNotFound
from conduit.workspace.document import Document
from conduit.workspace.positions import Position, Range

TEXT = "def f():\n    return 1\n\n\ndef g():\n    return 1\n"


def applied(before: str, edits: tuple[TextEdit, ...]) -> str:
    """Make edits as an editor does, from the last to the first."""
    document = Document("file:///a", None, "", 1, before)
    for edit in reversed(edits):
        document.replace(2, edit.new_text, edit.range)
    return document.text


def only(patches: list[FilePatch], text: str | None) -> PatchedFile:
    (file,) = apply(patches, {"a.py": text})
    if file.after is not None:
        assert applied(file.before or "", file.edits) == file.after
    return file


def v4a(body: str) -> list[FilePatch]:
    return parse_v4a(f"*** Begin Patch\n*** Update File: a.py\n{body}*** End Patch\n")


def unified(body: str) -> list[FilePatch]:
    return parse_unified(f"--- a/a.py\n+++ b/a.py\n{body}")


def test_a_scope_chooses_between_equal_places() -> None:
    assert only(v4a("@@ def g():\n-    return 1\n+    return 2\n"), TEXT).after == TEXT[:-9] + "return 2\n"
    assert only(v4a("@@ def f\n-    return 1\n+    return 2\n"), TEXT).after == TEXT.replace("1", "2", 1)


def test_a_place_outside_its_scope_is_not_taken() -> None:
    with pytest.raises(EditNotFound):
        only(v4a("@@ def f():\n-    return 1\n+    return 2\n"), TEXT.replace("1", "3", 1))
    with pytest.raises(EditNotFound, match="no line 'def h"):
        only(v4a("@@ def h():\n-    return 1\n+    return 2\n"), TEXT)


def test_the_end_of_the_file_is_a_place() -> None:
    assert only(v4a("@@\n-    return 1\n+    return 2\n*** End of File\n"), TEXT).after == TEXT[:-9] + "return 2\n"
    assert only(v4a("@@\n+x = 1\n*** End of File\n"), "a\r\nb").after == "a\r\nb\r\nx = 1"


def test_hunks_in_order_choose_between_equal_places() -> None:
    patch = v4a("@@\n def g():\n-    return 1\n+    return 2\n")
    assert only(patch, TEXT).after == TEXT[:-9] + "return 2\n"
    two = v4a("@@\n-    return 1\n+    return 2\n@@\n-    return 1\n+    return 3\n")
    assert only(two, TEXT).after == TEXT.replace("1", "2", 1).replace("1", "3", 1)
    with pytest.raises(EditAmbiguous, match="lines 2, 6"):
        only(v4a("@@\n-    return 1\n+    return 2\n"), TEXT)


def test_a_v4a_patch_creates_deletes_and_moves() -> None:
    patches = parse_v4a(
        "*** Begin Patch\n*** Add File: new.py\n+x = 1\n+\n*** Delete File: old.py\n*** Update File: a.py\n"
        "*** Move to: b.py\n@@\n-one\n+two\n*** End Patch"
    )
    assert names(patches) == ["new.py", "old.py", "a.py", "b.py"]
    made = apply(patches, {"a.py": "one\n", "old.py": "gone\n"})
    assert [(file.path, file.after, file.moved_to) for file in made] == [
        ("new.py", "x = 1\n\n", None),
        ("old.py", None, None),
        ("a.py", "two\n", "b.py"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("*** Update File: a\n", "no line '\\*\\*\\* Begin Patch'"),
        ("*** Begin Patch\n*** Update File: a\n@@\n-x\n", "cut off"),
        ("*** Begin Patch\n*** Update File: a\nx\n*** End Patch", "Line 3"),
        ("*** Begin Patch\n*** Update File: a\n*** End Patch", "says nothing"),
        ("*** Begin Patch\n*** Rename File: a\n*** End Patch", "Line 2"),
        ("*** Begin Patch\n*** Add File: a\nx\n*** End Patch", "begins with '\\+'"),
        ("*** Begin Patch\n*** End Patch", "names no file"),
    ],
)
def test_what_is_no_v4a_patch_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InvalidArguments, match=message):
        parse_v4a(text)


def test_line_numbers_and_counts_of_a_diff_are_only_hints() -> None:
    body = "@@ -90,7 +1,2 @@ anything\n def g():\n-    return 1\n+    return 2\n\n"
    assert only(unified(body), TEXT).after == TEXT[:-9] + "return 2\n"


def test_the_line_number_chooses_between_equal_places_when_it_is_close_to_one() -> None:
    text = "x\n" + "a\n" * 10 + "x\n"
    assert only(unified("@@ -12 +12 @@\n-x\n+y\n"), text).after == "x\n" + "a\n" * 10 + "y\n"
    assert only(unified("@@ -11 +11 @@\n-x\n+y\n"), text).after == "x\n" + "a\n" * 10 + "y\n"
    with pytest.raises(EditAmbiguous):
        only(unified("@@ -6 +6 @@\n-x\n+y\n"), text)


def test_a_git_diff_renames_creates_and_deletes() -> None:
    patches = parse_unified(
        "diff --git a/old.py b/new.py\nsimilarity index 90%\nrename from old.py\nrename to new.py\nindex 1..2 100644\n"
        "--- a/old.py\n+++ b/new.py\n@@ -1 +1 @@\n-one\n+two\n"
        "diff --git a/made.py b/made.py\nnew file mode 100644\n--- /dev/null\n+++ b/made.py\n@@ -0,0 +1,2 @@\n+x\n+y\n"
        "\\ No newline at end of file\n"
        "diff --git a/gone.py b/gone.py\ndeleted file mode 100644\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-z\n"
        "diff --git a/p.py b/q.py\nsimilarity index 100%\nrename from p.py\nrename to q.py\n"
        'diff --git "a/\\303\\251.py" "b/\\303\\251.py"\n'
        '--- "a/\\303\\251.py"\n+++ "b/\\303\\251.py"\n@@ -1 +1 @@\n-1\n+2\n'
    )
    made = apply(patches, {"old.py": "one\n", "gone.py": "z\n", "p.py": "p\n", "é.py": "1\n"})
    assert [(file.path, file.after, file.moved_to) for file in made] == [
        ("old.py", "two\n", "new.py"),
        ("made.py", "x\ny", None),
        ("gone.py", None, None),
        ("p.py", "p\n", "q.py"),
        ("é.py", "2\n", None),
    ]
    with pytest.raises(EditNotFound, match=r"gone\.py is to be deleted, but its text is another"):
        apply(patches, {"old.py": "one\n", "gone.py": "zz\n", "p.py": "p\n", "é.py": "1\n"})


def test_the_end_of_the_last_line_changes_only_when_the_diff_says_so() -> None:
    add = "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"
    drop = "@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"
    both = "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
    assert only(unified(add), "a\r\nb").after == "a\r\nb\r\n"
    assert only(unified(drop), "a\nb\n").after == "a\nb"
    assert only(unified(both), "a\nb").after == "a\nc"
    assert only(unified(both), "a\nb\n").after == "a\nc\n"
    assert only(unified("@@ -1,2 +1,2 @@\n a\n-b\n+c\n"), "a\nb").after == "a\nc"


def test_a_removed_line_of_dashes_is_no_name_of_a_file() -> None:
    body = "@@ -1,2 +1,2 @@\n-- a\n-- b\n+++ c\n x\n"
    assert only(unified(body), "- a\n- b\nx\n").after == "++ c\nx\n"


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "@@ -1 +1 @@\n-a\n+b\n",
        "diff --git a/a b/a\nBinary files a/a and b/a differ\n",
        "diff --git a/a b/b\ncopy from a\ncopy to b\n",
        "--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n-a\n+b\nc\n",
        "--- /dev/null\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n",
    ],
)
def test_what_is_no_diff_of_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidArguments):
        parse_unified(text)


BLOCK = "a.py\n```python\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n```\n"


def blocks(*pairs: tuple[str, str]) -> list[FilePatch]:
    return parse_search_replace("".join(BLOCK.format(old, new) for old, new in pairs))


def test_search_blocks_are_made_one_after_the_other() -> None:
    made = only(blocks(("a\n", "A\n"), ("A\nb\n", "A\nB\n")), "a\nb\nc\n")
    assert (made.after, made.edits) == ("A\nB\nc\n", (TextEdit(Range(Position(0, 0), Position(2, 0)), "A\nB\n"),))
    assert only(blocks(("a\nb\n", "A\nb\n"), ("a\nb\nc\n", "a\nb\nC\n")), "a\nb\nc\n").after == "A\nb\nC\n"
    assert only(blocks(("a\n", "a\nb\n"), ("b\n", "B\n")), "a\nx\nb\n").after == "a\nb\nx\nB\n"


def test_search_blocks_that_change_the_same_line_are_refused() -> None:
    with pytest.raises(EditNotFound, match="meet at line 1"):
        only(blocks(("a\nb\n", "A\nb\n"), ("a\nb\n", "AA\nb\n")), "a\nb\nc\n")


def test_all_failing_blocks_are_told_of_and_nothing_is_changed() -> None:
    with pytest.raises(EditNotFound, match=r"(?s)change 2 of 3.*change 3 of 3.*lines 1, 3"):
        only(blocks(("b\n", "B\n"), ("zzz\n", "y\n"), ("a\n", "A\n")), "a\nb\na\n")


def test_an_empty_search_makes_a_file() -> None:
    assert only(blocks(("", "x\n")), None).after == "x\n"
    with pytest.raises(InvalidArguments, match="there already"):
        only(blocks(("", "x\n")), "y\n")


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n",
        "a.py\n<<<<<<< SEARCH\na\n=======\nb\n",
        "a.py\n<<<<<<< SEARCH\na\n=======\nb\n=======\nc\n>>>>>>> REPLACE\n",
        "a.py\n<<<<<<< SEARCH\na\n<<<<<<< SEARCH\nb\n=======\nc\n>>>>>>> REPLACE\n",
        "a.py\n>>>>>>> REPLACE\n",
        "a.py\n",
    ],
)
def test_what_is_no_complete_block_is_refused(text: str) -> None:
    with pytest.raises(InvalidArguments):
        parse_search_replace(text)


def test_a_whole_file_keeps_the_line_ends_that_it_has() -> None:
    made = only([FilePatch("a.py", "write", text="a\nB\nc\nd\n")], "a\r\nb\nc\r\n")
    assert (made.after, len(made.edits)) == ("a\r\nB\nc\r\nd\r\n", 2)
    assert only([FilePatch("a.py", "write", text="a\n")], None).after == "a\n"


def test_a_whole_file_that_leaves_lines_out_is_refused() -> None:
    with pytest.raises(EditNotFound, match="left out"):
        only(
            [FilePatch("a.py", "write", text="import os\n# ... rest of the file unchanged ...\n")],
            "import sys\nx = 1\n",
        )


def test_files_that_are_not_there_or_in_the_way_are_refused() -> None:
    with pytest.raises(PathNotFound):
        only(unified("@@ -1 +1 @@\n-a\n+b\n"), None)
    with pytest.raises(InvalidArguments, match="there already"):
        apply(parse_v4a("*** Begin Patch\n*** Update File: a\n*** Move to: b\n*** End Patch"), {"a": "1", "b": "2"})
    with pytest.raises(InvalidArguments, match="there already"):
        apply([FilePatch("a", "create", text="x")], {"a": "1"})


def test_later_patches_of_a_file_see_the_earlier_ones() -> None:
    patches = [*unified("@@ -1 +1 @@\n-a\n+b\n"), *unified("@@ -1 +1 @@\n-b\n+c\n")]
    made = only(patches, "a\r\nz\r\n")
    assert (made.after, made.edits) == ("c\r\nz\r\n", (TextEdit(Range(Position(0, 0), Position(1, 0)), "c\r\n"),))
