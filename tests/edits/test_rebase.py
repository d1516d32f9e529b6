"""A change and what the person typed meanwhile: both, or neither guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conduit.edits.rebase import rebase

BEFORE = "one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("after", "now", "expected"),
    [
        (BEFORE.replace("two", "2"), BEFORE, BEFORE.replace("two", "2")),
        (BEFORE.replace("two", "2"), BEFORE.replace("four", "4"), "one\n2\nthree\n4\nfive\n"),
        (BEFORE.replace("two", "2"), "new first\n" + BEFORE, "new first\none\n2\nthree\nfour\nfive\n"),
        (BEFORE.replace("two", "2"), BEFORE.replace("three", "3"), "one\n2\n3\nfour\nfive\n"),
        (BEFORE + "six\n", BEFORE.replace("one", "1"), "1\ntwo\nthree\nfour\nfive\nsix\n"),
        (BEFORE.replace("two\n", ""), BEFORE.replace("five\n", "five"), "one\nthree\nfour\nfive"),
        (BEFORE.replace("two", "2"), BEFORE.replace("two", "zwei"), None),
        (BEFORE.replace("two", "2\n2b"), BEFORE.replace("two\n", ""), None),
        (BEFORE + "six\n", BEFORE + "sechs\n", None),
    ],
    ids=[
        "untouched",
        "apart",
        "lines above",
        "neighbours",
        "at the end",
        "last line end",
        "same line",
        "deleted",
        "same place",
    ],
)
def test_a_change_lands_beside_the_persons_or_not_at_all(after: str, now: str, expected: str | None) -> None:
    assert rebase(BEFORE, after, now) == expected


LINES = st.lists(st.sampled_from(["a", "b", "  c", "", "é😀"]), min_size=1, max_size=12)


@given(LINES, st.data(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_no_character_of_either_side_is_lost(lines: list[str], data: st.DataObject, eol: str, last: bool) -> None:
    before = eol.join(lines) + (eol if last else "")
    ours, theirs = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
    changed = [f"OURS {line}" if number == ours else line for number, line in enumerate(lines)]
    typed = [f"{line} THEIRS" if number == theirs else line for number, line in enumerate(lines)]
    after = eol.join(changed) + (eol if last else "")
    now = eol.join(typed) + (eol if last else "")
    merged = rebase(before, after, now)
    if ours == theirs:
        assert merged is None
    else:
        both = [f"OURS {line}" if number == ours else line for number, line in enumerate(typed)]
        assert merged == eol.join(both) + (eol if last else "")
