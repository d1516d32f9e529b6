"""Hunks through everything that may happen to them: the invariants, and the cases that people meet."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from conduit.edits.hunks import Hunk, propose, proposed, rebase_hunks, take
from conduit.edits.rebase import rebase
from conduit.edits.spans import spans
from conduit.workspace.document import split_lines

LINE = st.sampled_from(["a", "b", "c", "", "}", "é𝄞", "\tx"])
END = st.sampled_from(["\n", "\r\n", "\r"])
TEXT = st.builds(
    lambda lines, last: "".join(line + end for line, end in lines) + last,
    st.lists(st.tuples(LINE, END), max_size=12),
    LINE,
)


def ids():
    numbers = count(1)
    return lambda: f"h{next(numbers)}"


def stands(base: str, hunks: tuple[Hunk, ...]) -> bool:
    """Every hunk names lines of the base as they are, in order, and none overlaps another."""
    lines = split_lines(base)
    places = [(hunk.line, hunk.end) for hunk in hunks]
    return (
        all("".join(lines[hunk.line : hunk.end]) == hunk.old for hunk in hunks)
        and places == sorted(places)
        and all(one[1] <= other[0] for one, other in pairwise(places))
        and len({hunk.id for hunk in hunks}) == len(hunks)
    )


def lines_in(text: str) -> set[str]:
    return {line.strip() for line in split_lines(text)} - {""}


@given(TEXT, TEXT)
def test_the_hunks_of_a_proposal_make_the_proposed_text(base: str, after: str):
    hunks = propose(base, (), after, "t", ids())
    assert proposed(base, hunks) == after
    assert stands(base, hunks)


@given(TEXT, TEXT, TEXT)
def test_a_second_proposal_is_made_on_top_of_the_first(base: str, first: str, second: str):
    new_id = ids()
    hunks = propose(base, propose(base, (), first, "t1", new_id), second, "t2", new_id)
    assert proposed(base, hunks) == second
    assert stands(base, hunks)


@settings(max_examples=300)
@given(TEXT, TEXT, TEXT)
@example("\n", "a\r", "\n\nb")  # two line ends must not become one
def test_typing_moves_hunks_and_loses_nothing_of_either_side(base: str, after: str, now: str):
    hunks = propose(base, (), after, "t", ids())
    moved = rebase_hunks(base, hunks, now)
    assert stands(now, moved)
    merged = rebase(base, after, now)
    typed = lines_in("".join("".join(span.lines) for span in spans(base, now)))
    alike = any(typed & (lines_in(hunk.new) - lines_in(hunk.old)) for hunk in hunks)
    # Both sides are apart, do not put in the same line, and no hunk is two changes.
    if merged is not None and not alike and len(hunks) == len(spans(base, after)):
        assert not any(hunk.conflict for hunk in moved)
        assert proposed(now, moved) == merged
    for hunk in moved:
        original = next(one for one in hunks if one.id == hunk.id)
        assert original.new in hunk.new


@settings(max_examples=300)
@given(TEXT, TEXT, st.lists(TEXT, min_size=1, max_size=4))
def test_hunks_stay_in_place_through_any_typing(base: str, after: str, typed: list[str]):
    text, moved = base, propose(base, (), after, "t", ids())
    for now in typed:
        moved, text = rebase_hunks(text, moved, now), now
        assert stands(text, moved)


@given(TEXT, TEXT, st.data())
def test_hunks_can_be_taken_in_any_order(base: str, after: str, data: st.DataObject):
    hunks = propose(base, (), after, "t", ids())
    text = base
    for hunk_id in data.draw(st.permutations([hunk.id for hunk in hunks])):
        text, hunks = take(text, hunks, {hunk_id})
        assert stands(text, hunks)
        assert proposed(text, hunks) == after
    assert (text, hunks) == (after, ())


@given(TEXT, TEXT, TEXT)
def test_a_conflict_taken_puts_the_proposal_in_and_touches_no_other_line(base: str, after: str, now: str):
    moved = rebase_hunks(base, propose(base, (), after, "t", ids()), now)
    for hunk in (one for one in moved if one.conflict):
        text, _ = take(now, moved, {hunk.id})
        lines = split_lines(now)
        head, tail = "".join(lines[: hunk.line]), "".join(lines[hunk.end :])
        assert text.startswith(head)
        assert text.endswith(tail)
        put_in = text[len(head) : len(text) - len(tail)]
        ends = ("", "\n", "\r\n", "\r") if tail else ("",)
        assert put_in in [hunk.new + end for end in ends]


def test_what_the_person_did_by_hand_is_no_longer_proposed():
    hunks = propose("a\nb\nc\n", (), "a\nB\nc\n", "t", ids())
    assert rebase_hunks("a\nb\nc\n", hunks, "a\nB\nc\n") == ()


def test_a_conflict_shows_both_sides_and_ends_when_the_person_takes_theirs_back():
    hunks = propose("a\nb\nc\n", (), "a\nB\nc\n", "t", ids())
    (conflict,) = rebase_hunks("a\nb\nc\n", hunks, "a\nmine\nc\n")
    assert (conflict.line, conflict.was, conflict.old, conflict.new) == (1, "b\n", "mine\n", "B\n")
    assert proposed("a\nmine\nc\n", [conflict]) == "a\nmine\nc\n"
    assert rebase_hunks("a\nmine\nc\n", [conflict], "a\nb\nc\n") == hunks


def test_a_proposal_made_by_hand_waits_no_more_though_its_last_line_is_put_in_behind_it():
    for base, after in (("a\nb\nd\n", "a\nB\nb\nmore\nd\n"), ("a\nb\nc\nd\n", "a\nB\nc\nmore\nd\n")):
        hunks = propose(base, (), after, "t", ids())
        assert len(hunks) == 1
        assert rebase_hunks(base, hunks, after) == ()
        assert len(rebase_hunks(base, hunks, after.replace("more", "mine"))) == 1


def test_lines_that_come_back_at_the_edge_of_a_conflict_belong_to_it_and_others_do_not():
    hunks = propose("a\nb\nc\nd\n", (), "a\nB\nC\nd\n", "t", ids())
    (conflict,) = rebase_hunks("a\nb\nc\nd\n", hunks, "a\nb\nd\n")
    assert (conflict.was, conflict.old) == ("b\nc\n", "b\n")
    assert rebase_hunks("a\nb\nd\n", [conflict], "a\nb\nc\nd\n") == hunks
    assert rebase_hunks("a\nb\nd\n", [conflict], "a\nb\nc\nnew\nd\n") == hunks
    (same,) = rebase_hunks("a\nb\nd\n", [conflict], "a\nb\nnew\nd\n")
    assert (same.was, same.old) == ("b\nc\n", "b\n")


def test_lines_of_a_hunk_that_the_person_puts_in_at_its_edge_belong_to_it():
    base = "a\nb\nc\nd\n"
    for after, now, old, new in (
        ("a\nB\nc\nmore\nd\n", "a\nb\nc\nmore\nd\n", "b\nc\nmore\n", "B\nc\nmore\n"),
        ("a\nB\nc\nmore\nd\n", "a\nmine\nc\nmore\nd\n", "mine\nc\nmore\n", "B\nc\nmore\n"),
        ("a\nB\nc\nmore\nd\n", "a\nb\nc\nmore\nmine\nd\n", "b\nc\nmore\n", "B\nc\nmore\n"),
        ("a\nB\nc\nmore\nd\n", "a\nb\nc\nmine\nmore\nd\n", "b\nc\nmine\nmore\n", "B\nc\nmore\n"),
        ("a\nmore\nb\nC\nd\n", "a\nmine\nmore\nb\nc\nd\n", "more\nb\nc\n", "more\nb\nC\n"),
    ):
        hunks = propose(base, (), after, "t", ids())
        (conflict,) = rebase_hunks(base, hunks, now)
        assert (conflict.old, conflict.new, conflict.was) == (old, new, "b\nc\n")
        assert stands(now, (conflict,))
        assert rebase_hunks(now, [conflict], now.replace(old, new)) == ()


def test_lines_that_stand_elsewhere_too_are_the_persons_own_behind_a_line_of_theirs():
    base = "a {\n}\nb\nc\n"
    hunks = propose(base, (), "a {\n}\nB {\n}\nc\n", "t", ids())
    (moved,) = rebase_hunks(base, hunks, "a {\n}\nb\nmine {\n}\nc\n")
    assert (moved.old, moved.conflict) == ("b\n", False)


GAP = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["", "above", "below"]))


@settings(max_examples=300)
@given(st.lists(GAP, min_size=8, max_size=8))
def test_no_line_stands_twice_when_the_person_has_some_of_the_proposed_lines_already(gaps: list[tuple]):
    base = "".join(f"{number}\n" for number in range(len(gaps)))
    after = now = ""
    for number, (adds, drops, has_it, drops_too, own) in enumerate(gaps):
        line = f"new {number}\n" if adds else ""
        after += line + ("" if drops else f"{number}\n")
        now += f"above {number}\n" if own == "above" else ""
        now += line if has_it else ""
        now += f"below {number}\n" if own == "below" else ""
        now += "" if drops_too else f"{number}\n"
    moved = rebase_hunks(base, propose(base, (), after, "t", ids()), now)
    assert stands(now, moved)
    text, _ = take(now, moved, {hunk.id for hunk in moved})
    assert len(set(split_lines(text))) == len(split_lines(text))


def test_a_hunk_is_an_ordinary_one_again_when_the_person_takes_its_lines_away_at_its_edge():
    base, now = "a\nb\nc\nd\n", "a\nb\nc\nmore\nd\n"
    hunks = propose(base, (), "a\nB\nc\nmore\nd\n", "t", ids())
    assert rebase_hunks(now, rebase_hunks(base, hunks, now), base) == hunks


def test_lines_that_come_back_with_other_changes_beside_them_end_a_conflict():
    base, emptied = "a\nb\nc\nd\n", "c mine\nd\n"
    hunks = propose(base, (), "A\nB\nc\nd\n", "t", ids())
    (conflict,) = rebase_hunks(base, hunks, "c\nd\n")
    (moved,) = rebase_hunks("c\nd\n", [conflict], emptied)
    assert (moved.line, moved.old) == (0, "")
    assert rebase_hunks(emptied, [moved], base) == hunks


def test_lines_behind_the_last_one_are_not_glued_to_it_when_its_line_end_goes():
    hunks = propose("a\nb\n", (), "a\nb\nmore\n", "t", ids())
    (moved,) = rebase_hunks("a\nb\n", hunks, "a\nb")
    assert (moved.line, moved.old, moved.new, moved.was) == (1, "b", "b\nmore\n", None)
    assert proposed("a\nb", [moved]) == "a\nb\nmore\n"
    hunks = propose("a\r\nb\r\nc\r\nd\r\n", (), "a\r\nB\r\nc\r\nd\r\nmore\r\n", "t", ids())
    both = rebase_hunks("a\r\nb\r\nc\r\nd\r\n", hunks, "a\r\nb")
    assert proposed("a\r\nb", [replace(both[0], was=None)]) == "a\r\nB\r\nc\r\nd\r\nmore\r\n"


def test_lines_typed_above_move_a_hunk_and_lines_below_do_not():
    hunks = propose("a\nb\nc\nd\n", (), "a\nb\nC\nd\n", "t", ids())
    (moved,) = rebase_hunks("a\nb\nc\nd\n", hunks, "new\na\nb\nc\nd\nmore\n")
    assert (moved.line, moved.conflict) == (3, False)


def test_changes_with_one_equal_line_between_are_one_hunk():
    assert len(propose("a\nb\nc\n", (), "A\nb\nC\n", "t", ids())) == 1
    assert len(propose("a\nb\nc\nd\n", (), "A\nb\nc\nD\n", "t", ids())) == 2


def test_a_hunk_that_is_revised_keeps_its_id_and_the_others_their_turn():
    base, first, second = "a\nb\nc\nd\ne\nf\n", "A\nb\nc\nd\ne\nF\n", "AA\nb\nc\nd\ne\nF\n"
    new_id = ids()
    one = propose(base, (), first, "t1", new_id)
    two = propose(base, one, second, "t2", new_id)
    assert [(hunk.id, hunk.turn_id, hunk.new) for hunk in two] == [
        ("h1", "t2", "AA\n"),
        ("h2", "t1", "F\n"),
    ]


@given(TEXT, TEXT)
def test_spans_count_whole_lines(before: str, after: str):
    lines = split_lines(before)
    for span in spans(before, after):
        assert 0 <= span.start <= span.end <= len(lines)


def test_a_last_line_without_a_line_end_that_others_follow_by_now_gets_one():
    hunk = Hunk("h", "t", "edit", 0, "mine\n", "theirs", "one")
    text, _ = take("mine\ntwo\n", (hunk,), {"h"})
    assert text == "theirs\ntwo\n"
