"""Where an edit of an editor came to, by the texts that the document had."""

from __future__ import annotations

from pathlib import Path

from conduit.edits.edit import FileChange
from conduit.edits.landing import is_right, landed

BEFORE = "def add(a, b):\n    return a + b\n\n\ndef double(a):\n    return a * 2\n"
AFTER = "def add(a, b):\n    return b + a\n\n\ndef double(a):\n    return a + a\n"
CHANGE = FileChange(path=Path("/app.py"), name="app.py", before=BEFORE, after=AFTER)
# Neovim replaces the last line with one line too many, then the other one, and takes the empty line off at last.
STEPS = [BEFORE.replace("a * 2\n", "a + a\n\n"), AFTER + "\n", AFTER]


def test_an_edit_of_the_last_line_and_of_another_is_seen_as_made_though_the_editor_mends_the_end_after_it():
    made = landed(CHANGE, [BEFORE, *STEPS])
    assert made == CHANGE
    assert is_right(CHANGE, made)


def test_what_was_typed_in_a_line_that_such_an_edit_replaced_is_seen_as_lost():
    typed = BEFORE.replace("a + b", "a + bcd")
    steps = [typed.replace("a * 2\n", "a + a\n\n"), *STEPS[1:]]
    made = landed(CHANGE, [BEFORE, typed, *steps])
    assert made is not None
    assert made.before == typed
    assert not is_right(CHANGE, made)
