"""Which lines an inline edit is about, and what a model's code becomes in their place."""

from __future__ import annotations

import pytest

from conduit.ide.action_kinds import Target
from conduit.ide.inline_edit import Lines, as_lines
from conduit.workspace.positions import Position, Range

TEXT = "def f():\n    a = 1\n\n    return a\n"


def at(first: int, column: int, last: int | None = None, end: int | None = None) -> Range:
    start = Position(first, column)
    return Range(start, start if last is None or end is None else Position(last, end))


@pytest.mark.parametrize(
    ("range_", "lines", "picked"),
    [
        (at(1, 4), (1, 2), ""),
        (at(1, 4, 1, 9), (1, 2), ""),
        (at(1, 4, 1, 5), (1, 2), "a"),
        (at(1, 0, 3, 0), (1, 3), ""),
        (at(0, 4, 3, 2), (0, 4), ""),
        (at(3, 2, 0, 4), (0, 4), ""),
        (at(2, 0), (2, 3), ""),
        (at(4, 0), (4, 5), ""),
        (at(99, 3), (4, 5), ""),
    ],
)
def test_a_range_means_the_whole_lines_that_it_touches(range_: Range, lines: tuple[int, int], picked: str) -> None:
    found = Lines.of(TEXT, range_)
    assert ((found.first, found.last), found.picked) == (lines, picked)


@pytest.mark.parametrize(
    ("text", "range_", "code", "expected"),
    [
        (TEXT, at(1, 4), "    a = 2\n    b = 3", "def f():\n    a = 2\n    b = 3\n\n    return a\n"),
        (
            TEXT,
            at(1, 4),
            "a = 2\nif a:\n    b = 3\n",
            "def f():\n    a = 2\n    if a:\n        b = 3\n\n    return a\n",
        ),
        (TEXT, at(1, 4), "```python\n    a = 2\n```", "def f():\n    a = 2\n\n    return a\n"),
        (TEXT, at(1, 4), "\n\n    a = 2\n\n", "def f():\n    a = 2\n\n    return a\n"),
        (TEXT, at(1, 0, 3, 0), "", "def f():\n    return a\n"),
        (TEXT, at(2, 0), "    b = 3", "def f():\n    a = 1\n    b = 3\n    return a\n"),
        (TEXT, at(4, 0), "\n\nf()\n", f"{TEXT}\n\nf()\n"),
        ("", at(0, 0), "x = 1", "x = 1\n"),
        ("x = 1", at(0, 0), "x = 2\n", "x = 2"),
        ("x = 1\r\ny = 2\r\n", at(0, 0), "x = 3\nz = 4\n", "x = 3\r\nz = 4\r\ny = 2\r\n"),
        ("a\nb", at(1, 1), "c\nd", "a\nc\nd"),
    ],
)
def test_code_takes_the_place_of_the_lines_as_the_file_is_written(
    text: str, range_: Range, code: str, expected: str
) -> None:
    lines = Lines.of(text, range_)
    assert lines.replaced(as_lines(code, lines)) == expected


def test_the_model_sees_the_lines_and_what_is_around_them() -> None:
    target = Target("f.py", at(1, 4), "python")
    shown = Lines.of(TEXT, at(1, 4, 1, 5)).shown(target, small=False)
    assert shown == (
        "Before them:\n```python\ndef f():\n```\nThe lines:\n```python\n    a = 1\n```\n"
        "In them, the person selected: a\nAfter them:\n```python\n\n    return a\n```"
    )
    assert "def f" not in Lines.of(TEXT, at(1, 4)).shown(target, small=True)
    assert "nothing in the line yet" in Lines.of(TEXT, at(2, 0)).shown(target, small=True)
