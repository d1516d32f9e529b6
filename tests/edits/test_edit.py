"""The edits of a change turn the old text into the new one, in any document, and so does its diff."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.edits.edit import FileChange, line_after, line_edits
from conduit.workspace.document import Document

LINES = st.lists(st.sampled_from(["a", "b", "c", "\n", "\r\n", "\r", "😀"]), max_size=14).map("".join)


@settings(max_examples=500)
@given(LINES, LINES)
def test_edits_applied_from_the_last_to_the_first_give_the_new_text(before: str, after: str) -> None:
    document = Document("file:///x", None, "text", 1, before)
    edits = line_edits(before, after)
    for edit in reversed(edits):
        document.replace(document.version + 1, edit.new_text, edit.range)
    assert document.text == after
    assert all(first.range.end <= second.range.start for first, second in itertools.pairwise(edits))
    assert bool(edits) == (before != after)


def test_a_diff_names_a_new_file_and_a_missing_line_end() -> None:
    created = FileChange(Path("/w/a.py"), "a.py", None, "x\n")
    assert created.diff() == "--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+x\n"
    changed = FileChange(Path("/w/a.py"), "a.py", "x", "y")
    assert changed.diff() == (
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n"
    )


def test_edits_of_a_long_file_whose_lines_are_alike_are_found_at_once() -> None:
    function = "void f()\n{\n    if (a) {\n        return;\n    }\n\n}\n\n"
    before = "".join(f"void f{number}()\n{function}" for number in range(3000))
    started = time.perf_counter()
    edits = line_edits(before, f"// first\n{before}// last\n")
    assert time.perf_counter() - started < 1.0
    assert [edit.new_text for edit in edits] == ["// first\n", "// last\n"]


def test_a_line_is_followed_until_it_is_changed_itself() -> None:
    before = "a\nb\nc\n"
    assert line_after(before, "x\ny\na\nb\nc\n", 1) == 3
    assert line_after(before, "b\nc\nd\n", 1) == 0
    assert line_after(before, "a\nx\nb\nc\n", 1) == 2
    assert line_after(before, "a\nB\nc\n", 1) is None
    assert line_after(before, "a\nc\n", 1) is None
