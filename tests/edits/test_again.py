"""What waits again after an undo: every proposal once, with the lines that it had, and what was a conflict is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.edits.again import waiting_again
from conduit.edits.edit import FileChange
from conduit.edits.hunks import Hunk
from conduit.edits.review import PendingFile
from conduit.workspace.document import split_lines

A = Path("/w/a.py")


@pytest.mark.parametrize(
    ("base", "first", "second"),
    [
        ("a\nb\nc\nd\n", "X\nY\na\nd\n", "XX\nY\na\nd\n"),
        ("a\nb\nc\nd\n", "a\nc\nX\nY\nd\n", "a\nc\nX\nYY\nd\n"),
        ("a\nb\nc\nd\ne\nf\n", "X\nY\na\nd\ne\nf\n", "XX\nY\na\nd\ne\nF\n"),
    ],
)
def test_what_was_accepted_and_taken_back_is_one_with_the_proposal_made_of_it(
    base: str, first: str, second: str
) -> None:
    accepted = PendingFile(A, "a.py", base, ()).propose(FileChange(A, "a.py", base, first), "one")
    later = PendingFile(A, "a.py", first, ()).propose(FileChange(A, "a.py", first, second), "two")
    again = waiting_again(later, base, first, accepted.hunks)
    ids = {hunk.id for hunk in again.hunks}
    assert ids == {hunk.id for hunk in later.hunks}
    change, left = again.accept(ids)
    assert (change.after, left.hunks) == (second, ())
    redone = again.at(first)
    assert not any(hunk.conflict for hunk in redone.hunks)
    assert redone.text == second


def test_what_was_accepted_and_proposed_otherwise_since_does_not_wait_beside_that() -> None:
    base, first, second = "a\nb\nc\n", "a\nX\nY\nb\nc\n", "a\nX\nYY\nB\nc\n"
    accepted = PendingFile(A, "a.py", base, ()).propose(FileChange(A, "a.py", base, first), "one")
    back = waiting_again(PendingFile(A, "a.py", base, ()), base, first, accepted.hunks)
    later = back.propose(FileChange(A, "a.py", first, second), "two")
    redone = later.at(first)
    undone = waiting_again(redone.at(base), base, first, accepted.hunks)
    assert (undone.text, len(undone.hunks)) == (second, 1)


@pytest.mark.parametrize(
    ("accepted", "there", "now"),
    [  # a later proposal took the accepted line in, and the person changed the lines behind it
        ("t\nX\na\ne\n", Hunk("two", "two", "edit", 1, "X\na\n", "X\na\nB\n", "X\na\nb\n"), "t\na\ne\n"),
        ("t\na\nX\ne\n", Hunk("two", "two", "edit", 1, "a\nX\n", "A\nX\n", "b\na\nX\n"), "t\na\ne\n"),
        # the same hunk was taken back before, the person wrote in its place, and a redo made it again beside that
        ("t\na\nX\ne\n", Hunk("one", "one", "edit", 1, "a\nX\n", "X\n", ""), "t\na\ne\n"),
        # ... and what the person wrote in its place is not beside it any more
        ("t\na\nb\nX\ne\n", Hunk("one", "one", "edit", 1, "a\n", "X\n", ""), "t\na\nb\ne\n"),
    ],
)
def test_what_is_taken_back_waits_once_where_a_conflict_beside_it_brings_it_too(
    accepted: str, there: Hunk, now: str
) -> None:
    waiting = PendingFile(A, "a.py", accepted, (there,)).at(now)
    line = split_lines(accepted).index("X\n")
    again = waiting_again(waiting, now, accepted, [Hunk("one", "one", "edit", line, "", "X\n")])
    assert [hunk.new.count("X") for hunk in again.hunks] == [1]
    change, _ = again.accept({hunk.id for hunk in again.hunks})
    assert (change.after or "").count("X") == 1


def test_a_conflict_that_was_accepted_and_taken_back_in_parts_is_one_still() -> None:
    conflict = Hunk("one", "one", "edit", 1, "mine\nb\n", "X\na\nB\n", "a\nb\n")
    now, accepted = "t\ntyped\nmine\nb\n", "t\nX\ntyped\na\nB\n"
    again = waiting_again(PendingFile(A, "a.py", now, ()), now, accepted, [conflict])
    assert [hunk.conflict for hunk in again.hunks if "mine" in hunk.old] == [True]
    assert "mine" in (again.accept({hunk.id for hunk in again.hunks if not hunk.conflict})[0].after or "")


def test_of_two_deletions_that_are_taken_back_the_conflict_stays_one() -> None:
    base, both = "keep\nold_a()\nx\ny\nz\nold_b()\nend\n", "keep\nx\ny\nz\nend\n"
    typed = base.replace("old_b()", "old_b(mine)")
    accepted = PendingFile(A, "a.py", base, ()).propose(FileChange(A, "a.py", base, both), "one").at(typed)
    assert [hunk.conflict for hunk in accepted.hunks] == [False, True]
    now = typed  # an undo, after the person had put the first line back by hand
    again = waiting_again(
        PendingFile(A, "a.py", now, ()), now, both.replace("keep\n", "keep\nold_a()\n"), accepted.hunks
    )
    assert [(hunk.id, hunk.was) for hunk in again.hunks] == [(accepted.hunks[1].id, "old_b()\n")]
    swapped = waiting_again(PendingFile(A, "a.py", now, ()), now, both, accepted.hunks[::-1])
    assert swapped.hunks == accepted.hunks


def test_a_proposal_that_is_taken_back_waits_beside_one_that_has_nothing_of_it() -> None:
    base, first = "import os\nimport re\n", "import re\nimport sys\n"
    accepted = PendingFile(A, "a.py", base, ()).propose(FileChange(A, "a.py", base, first), "one")
    later = PendingFile(A, "a.py", first, ()).propose(FileChange(A, "a.py", first, f"{first}x = 1\n"), "two")
    again = waiting_again(later.at(base), base, first, accepted.hunks)
    assert again.text == f"{first}x = 1\n"
