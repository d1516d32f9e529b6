"""Taking a change back from a text that the person went on with: line by line, and their lines win."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.edits.checkpoint import Kept, TakenBack, take_back
from conduit.edits.spans import spans
from conduit.workspace.document import split_lines

ENDS = ("\n", "\r\n", "\r")


@dataclass(frozen=True)
class Story:
    """A text, what the agent made of it, what the person made of that, and both texts without the agent."""

    before: str
    after: str
    now: str
    without: str


def line(draw: st.DrawFn, name: str, ends: tuple[str, ...]) -> str:
    return name + draw(st.sampled_from(ends))


@st.composite
def stories(draw: st.DrawFn, ends: tuple[str, ...] = ENDS) -> Story:
    """Both change lines, never neighbouring ones, and no line is twice in a text, so what is meant is plain."""
    before, after, now, without = [], [], [], []
    for number in range(draw(st.integers(1, 12))):
        old = [line(draw, f"line {number}.{i} 🎈", ends) for i in range(draw(st.integers(1, 3)))]
        new = [line(draw, f"new {number}.{i}", ends) for i in range(draw(st.integers(0, 3)))]
        kind = draw(st.sampled_from(["same", "agent", "inserted", "person", "typed"]))
        first, second = {
            "same": (old, old),
            "agent": (new, new),
            "inserted": (old + new, old + new),
            "person": (old, new),
            "typed": (old, old + new),
        }[kind]
        before += old
        after += first
        now += second
        without += second if kind in ("person", "typed") else old
        stone = line(draw, f"stone {number}", ends)
        for text in (before, after, now, without):
            text.append(stone)
    texts = ["".join(text) for text in (before, after, now, without)]
    if draw(st.booleans()):
        texts = [text.rstrip("\r\n") for text in texts]
    return Story(*texts)


texts = st.lists(st.tuples(st.sampled_from(["a", "b", "", "c", "🎈"]), st.sampled_from(ENDS)), max_size=9).flatmap(
    lambda lines: st.sampled_from(["", "end"]).map(lambda last: "".join(f"{text}{end}" for text, end in lines) + last)
)


def is_within(some: list[str], lines: list[str]) -> bool:
    """Say whether `some` are in `lines`, in order."""
    rest = iter(lines)
    return all(each in rest for each in some)


def typed(after: str, now: str) -> list[str]:
    """Return the lines that the person wrote, without line ends, which a last line may get or lose."""
    return [each.rstrip("\r\n") for span in spans(after, now) for each in span.lines]


@settings(max_examples=400, deadline=None)
@given(story=stories())
def test_what_is_left_is_the_text_as_if_only_the_person_had_changed_it(story: Story):
    taken = take_back(story.before, story.after, story.now)
    assert taken.text == story.without
    assert taken.kept == ()


@settings(max_examples=60, deadline=None)
@given(story=stories(ends=("\n", "\r\n")))
def test_it_is_gits_three_way_merge_where_git_finds_no_conflict(tmp_path_factory: pytest.TempPathFactory, story: Story):
    folder = tmp_path_factory.mktemp("merge")
    for name in ("before", "after", "now"):
        (folder / name).write_bytes(getattr(story, name).encode())
    command = ["git", "merge-file", "-p", "-q", "now", "after", "before"]
    merged = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=20)
    if merged.returncode == 0:
        assert take_back(story.before, story.after, story.now).text == merged.stdout.decode()


@settings(max_examples=400, deadline=None)
@given(before=texts, after=texts)
def test_without_later_typing_the_text_before_comes_back_to_the_byte(before: str, after: str):
    assert take_back(before, after, after) == TakenBack(before)


@settings(max_examples=400, deadline=None)
@given(before=texts, after=texts, now=texts)
def test_whatever_was_typed_no_line_of_the_person_is_lost(before: str, after: str, now: str):
    taken = take_back(before, after, now)
    assert is_within(typed(after, now), [each.rstrip("\r\n") for each in split_lines(taken.text)])


@settings(max_examples=400, deadline=None)
@given(before=texts, after=texts, now=texts)
def test_taking_back_what_was_taken_back_gives_the_same_bytes(before: str, after: str, now: str):
    undone = take_back(before, after, now).text
    redone = take_back(now, undone, undone).text
    assert redone == now
    assert take_back(undone, redone, redone).text == undone


@settings(max_examples=200, deadline=None)
@given(before=texts, after=texts)
def test_what_somebody_took_back_by_hand_is_left_as_it_is(before: str, after: str):
    assert take_back(before, after, before).text == before


@settings(max_examples=200, deadline=None)
@given(before=texts, after=texts, now=texts)
def test_lines_that_are_kept_are_lines_of_the_text(before: str, after: str, now: str):
    taken = take_back(before, after, now)
    count = len(split_lines(taken.text))
    assert all(0 <= kept.start <= kept.end <= count for kept in taken.kept)
    assert all(one.end < other.start for one, other in zip(taken.kept, taken.kept[1:], strict=False))


def test_of_lines_with_counterparts_only_the_one_that_was_typed_in_stays():
    taken = take_back("a\nb\nc\n", "A\nB\nC\n", "A\nB!\nC\n")
    assert taken == TakenBack("a\nB!\nc\n", (Kept(1, 2),), 1)


def test_of_inserted_lines_the_one_that_was_typed_in_stays():
    taken = take_back("top\n", "top\none\ntwo\nthree\n", "top\none\ntwo!\nthree\n")
    assert taken == TakenBack("top\ntwo!\n", (Kept(1, 2),), 1)


def test_lines_without_counterparts_stay_as_a_whole_when_one_was_typed_in():
    taken = take_back("a\nb\n", "x\ny\nz\n", "x\ny!\nz\n")
    assert taken == TakenBack("x\ny!\nz\n", (Kept(0, 3),), 1)


def test_lines_typed_beside_and_inside_stay_and_the_change_goes():
    before, after = "def f():\n    pass\n", "def f():\n    one()\n    two()\n"
    assert take_back("top\n", "top\none\ntwo\n", "top\nmine\none\nmine too\ntwo\nand mine\n").text == (
        "top\nmine\nmine too\nand mine\n"
    )
    assert take_back(before, after, f"# mine\n{after}# mine\n").text == f"# mine\n{before}# mine\n"


def test_deleted_lines_come_back_beside_what_was_typed_in_their_place():
    assert take_back("a\nb\nc\n", "a\nc\n", "a\nmine\nc\n").text == "a\nmine\nb\nc\n"


def test_deleted_lines_that_somebody_brought_back_in_a_new_form_do_not_come_twice():
    taken = take_back("a\nb1\nb2\nc\n", "a\nc\n", "a\nb1!\nb2\nc\n")
    assert taken == TakenBack("a\nb1!\nb2\nc\n", (Kept(1, 3),), 2)


def test_a_deletion_of_changed_lines_is_theirs_too():
    assert take_back("a\nb\nc\n", "a\nB\nc\n", "a\nc\n") == TakenBack("a\nc\n", (Kept(1, 1),), 1)


def test_a_line_that_comes_to_stand_before_others_gets_the_line_end_of_the_text():
    assert take_back("a", "a\r\nb\r\n", "a\r\nb\r\nmine").text == "a\r\nmine"
    assert take_back("a\r\nb\r\n", "a\r\n", "a").text == "a\r\nb\r\n"


def test_kept_lines_are_counted_in_the_text_afterwards():
    before = "".join(f"{number}\n" for number in range(10))
    after = "new\nnew too\n" + before.replace("5\n", "five\n")
    taken = take_back(before, after, after.replace("five\n", "FIVE\n"))
    assert taken.text == before.replace("5\n", "FIVE\n")
    assert taken.kept == (Kept(5, 6),)


def test_a_large_file_of_changed_lines_is_taken_back(tmp_path: Path):
    before = "".join(f"value_{number} = {number}\n" for number in range(6000))
    after = before.replace("value", "item")
    now = after.replace("item_4000 = 4000", "item_4000 = 4001")
    assert take_back(before, after, now).text == before.replace("value_4000 = 4000", "item_4000 = 4001")


def test_lines_typed_between_changed_lines_stay_between_them():
    before = "alpha = 1\nbeta = 2\ngamma = 3\ndelta = 4\n"
    after = "alpha = 10\nimport it\nbeta = 20\nprint(it)\n"
    now = "alpha = 10\nimport it\nmine\nbeta = 20\nprint(it)\n"
    assert take_back(before, after, now).text == "alpha = 1\nmine\nbeta = 2\ngamma = 3\ndelta = 4\n"


def test_lines_typed_between_lines_of_which_nobody_knows_what_they_were_keep_them():
    taken = take_back("a\nb\n", "one\ntwo\n", "one\nmine\ntwo\n")
    assert (taken.text, taken.kept) == ("one\nmine\ntwo\n", (Kept(0, 3),))


def test_a_line_end_that_is_put_in_makes_no_line_of_two():
    assert take_back("end", "a\r\n", "a\ra\r\n\n").text == "a\rend\r\n\n"


def test_a_line_that_moved_up_is_not_brought_back_beside_what_was_typed_in_it():
    before = "a\nnew line\nthe sixth one\nb\n"
    after = "a\nthe sixth one, changed\nzero\nb\n"
    now = "a\nthe sixth one, changed twice\nmine\nzero\nb\n"
    taken = take_back(before, after, now)
    assert taken.text == "a\nnew line\nthe sixth one, changed twice\nmine\nb\n"
    assert taken.kept == (Kept(2, 4),)


def test_punctuation_does_not_make_two_lines_alike():
    before = "a\nfirst: (one)\nsecond: (two, [x])\nfifth text\nb\n"
    after = "a\nfifth text, longer\nsixth: (three, [y])\nb\n"
    now = "a\nfifth text, longer\nmine\nsixth: (three, [y])\nb\n"
    taken = take_back(before, after, now)
    assert taken.text == "a\nfirst: (one)\nsecond: (two, [x])\nfifth text\nmine\nb\n"


def test_lines_are_paired_by_the_words_that_others_lack():
    before = "top\nrow six text\nend\n"
    after = "top\nrow three text\nrow five text row more five\nrow six text row one six row two six\nend\n"
    now = after.replace("row six", "mine\nrow six")
    assert take_back(before, after, now).text == "top\nmine\nrow six text\nend\n"


WORDS = st.lists(st.sampled_from([*"abcdefxy"]), min_size=1, max_size=5).map(" ".join)
BLOCK = st.lists(WORDS, max_size=4)


@settings(max_examples=400, deadline=None)
@given(wanted=BLOCK, changed=BLOCK, more=st.sampled_from(["", " x", " a b c"]), data=st.data())
def test_a_line_that_a_person_wrote_and_the_change_only_moved_never_goes(
    wanted: list[str], changed: list[str], more: str, data: st.DataObject
):
    wanted.insert(data.draw(st.integers(0, len(wanted))), "mine is this line")
    changed.insert(data.draw(st.integers(0, len(changed))), f"mine is this line{more}")
    typed = list(changed)
    for number in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(typed) - 1))
        typed[at:at] = [f"typed{number}"] if data.draw(st.booleans()) else []
        typed[at] += " more" if data.draw(st.booleans()) else ""
    before, after, now = ("".join(f"{line}\n" for line in lines) for lines in (wanted, changed, typed))
    taken = take_back(before, after, now)
    assert "mine is this line" in taken.text
    assert set(now.split()) - set(after.split()) <= set(taken.text.split())


def test_a_line_that_somebody_brought_back_behind_the_one_in_its_place_does_not_come_twice():
    taken = take_back("a\nsix\n", "a\nnew\nthree\n", "a\nthree\nfour\nsix\n")
    assert taken == TakenBack("a\nthree\nfour\nsix\n", (Kept(1, 4),), 3)


def test_lines_that_nobody_touched_are_taken_back_though_they_have_words_of_one_that_was():
    before = "".join(f"item_{number + 1} = {number}\n" for number in range(3000))
    after = "".join(f"item_{number} = {number}\n" for number in range(3000))
    taken = take_back(before, after, after.replace("item_2 = 2\n", "item_2 = 2  # mine\n"))
    assert taken.text == before.replace("item_3 = 2\n", "item_2 = 2  # mine\n")
    steps = take_back("1. Install\n2. Configure\n", "2. Install\n3. Configure\n", "2. Install\n3. Configure it\n")
    assert steps.text == "1. Install\n3. Configure it\n"
