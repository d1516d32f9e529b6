"""Differences of lines: they make the new text, long texts as short ones, and the diff that is shown is difflib's."""

from __future__ import annotations

import difflib
import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.edits.line_diff import changed_lines, unified

LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "}\n", "unique\n", "c"]), max_size=30)


def made(old: list[str], new: list[str]) -> list[str]:
    result, at = [], 0
    for i1, i2, j1, j2 in changed_lines(old, new):
        result += old[at:i1] + new[j1:j2]
        at = i2
    return result + old[at:]


def apart(old: list[str], new: list[str]) -> bool:
    return all(one[1] < two[0] and one[3] < two[2] for one, two in pairwise(changed_lines(old, new)))


@given(LINES, LINES)
def test_the_changes_make_the_new_text_and_never_touch(old: list[str], new: list[str]):
    assert made(old, new) == new
    assert apart(old, new)


NUMBERS = st.sets(st.integers(0, 60)).map(lambda numbers: [f"{number}\n" for number in sorted(numbers)])


@given(NUMBERS, NUMBERS)
def test_a_unified_diff_is_that_of_the_standard_library(old: list[str], new: list[str]):
    assert list(unified(old, new, "a/x", "b/x")) == list(difflib.unified_diff(old, new, "a/x", "b/x"))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(200, 900), st.sampled_from([0.0, 0.3, 0.9]))
def test_long_texts_are_compared_as_short_ones_are(seed: int, length: int, alike: float):
    chance = random.Random(seed)
    line = lambda number: chance.choice(["}\n", "\n", "x\n"]) if chance.random() < alike else f"line {number}\n"  # noqa: E731
    old = [line(number) for number in range(length)]
    new = list(old)
    for _ in range(chance.randint(1, 60)):
        at = chance.randrange(len(new))
        if chance.random() < 0.3:
            new[at:at] = [f"new {chance.random()}\n", *new[at : at + chance.randint(0, 3)]]
        elif chance.random() < 0.5:
            new[at] = f"other {chance.random()}\n"
        else:
            del new[at : at + chance.randint(1, 3)]
    assert made(old, new) == new
    assert apart(old, new)


def test_of_thousands_of_changes_each_is_as_small_as_it_is():
    old = [f"line {number}\n" if number % 3 else "\n" for number in range(20_000)]
    new = [f"{line.rstrip()} changed\n" if number % 5 == 1 else line for number, line in enumerate(old)]
    assert changed_lines(old, new) == [(at, at + 1, at, at + 1) for at in range(1, 20_000, 5)]


def test_a_block_that_moved_is_taken_out_and_put_in_and_all_else_stays():
    old = [f"line {number}\n" for number in range(1000)]
    new = [*old[:100], *old[300:500], *old[100:300], *old[500:]]
    assert made(old, new) == new
    assert sum(i2 - i1 for i1, i2, _, _ in changed_lines(old, new)) == 200
