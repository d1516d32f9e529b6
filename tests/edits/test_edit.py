"""The edits of a change turn the old text into the new one, in any document, and so does its diff."""

from __future__ import annotations

import itertools
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.edits.edit import FileChange, line_edits
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
