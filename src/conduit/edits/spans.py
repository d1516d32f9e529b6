"""Changes of whole lines: what they are between two texts, what they make of one, and where each of many is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from conduit.edits.edit import line_edits
from conduit.workspace.document import split_lines
from conduit.workspace.encoding import line_end_of

_JOIN_LINES = 1
"""Changes with no more equal lines than this between them are one hunk."""


@dataclass(frozen=True, slots=True)
class Span:
    """Lines `start` up to `end` of some text become `lines`."""

    start: int
    end: int
    lines: tuple[str, ...]

    @property
    def shift(self) -> int:
        """By how many lines what follows moves."""
        return len(self.lines) - (self.end - self.start)


def spans(before: str, after: str) -> list[Span]:
    """Return the line-wise changes from `before` to `after`, in order; never two that touch."""
    old = split_lines(before)
    found: list[Span] = []
    for edit in line_edits(before, after):
        start, end, text = edit.range.start, edit.range.end, edit.new_text
        first = start.line
        last = end.line + (1 if end.column else 0)
        if start.column:  # behind a last line that has no line end: that line is replaced as a whole
            text = old[first] + text
        found.append(Span(first, last, tuple(split_lines(text))))
    return found


def joined(changes: Sequence[Span], old: Sequence[str]) -> list[Span]:
    """Return changes where those that are nearly beside each other are one."""
    result: list[Span] = []
    for change in changes:
        if result and change.start - result[-1].end <= _JOIN_LINES:
            last = result.pop()
            between = tuple(old[last.end : change.start])
            change = Span(last.start, change.end, (*last.lines, *between, *change.lines))
        result.append(change)
    return result


def apply_spans(text: str, changes: Sequence[Span]) -> str:
    """Return the text with all of `changes` made, which are in order and do not overlap.

    A line that came to stand in front of another one has a line end.
    """
    lines, result, at = split_lines(text), list[str](), 0
    for change in changes:
        result += lines[at : change.start]
        result += change.lines
        at = change.end
    result += lines[at:]
    for number, line in enumerate(result[:-1]):
        if not line.endswith(("\n", "\r")):
            line += line_end_of("".join([*result, *lines]))
        # Two line ends, which must not become one.
        result[number] = line + "\n" if line.endswith("\r") and result[number + 1] == "\n" else line
    return "".join(result)


class InOrder:
    """Changes of one text, of which there may be thousands: those at a place are found without looking at all."""

    def __init__(self, changes: Sequence[Span]) -> None:
        """`changes` are in order and do not overlap."""
        self.changes = changes
        self._starts = [change.start for change in changes]
        self._ends = [change.end for change in changes]
        self._shifts = list(accumulate((change.shift for change in changes), initial=0))

    def near(self, span: Span) -> Sequence[Span]:
        """Return those that are about lines of a span, or beside it."""
        return self.changes[bisect_left(self._ends, span.start) : bisect_right(self._starts, span.end)]

    def shift(self, line: int) -> int:
        """Return by how many lines those move that end up to a line."""
        return self._shifts[bisect_right(self._ends, line)]
