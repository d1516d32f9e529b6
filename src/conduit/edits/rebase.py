"""Move a change through what the person typed meanwhile: both land when they are apart, else neither is guessed.

Pure, and line by line: a change of a line and another change of the same line are never put together.
"""

from __future__ import annotations

from conduit.edits.edit import TextEdit, line_edits
from conduit.workspace.document import split_lines
from conduit.workspace.positions import Position


def rebase(before: str, after: str, now: str) -> str | None:
    """Return `now` with the change from `before` to `after` made in it too.

    None when the person changed the same lines, put some in at the same place, or one side adds lines behind the last
    one and the other takes its line end away.
    """
    if now == before:
        return after
    starts = _line_starts(before)
    ours = [_span(edit, starts) for edit in line_edits(before, after)]
    theirs = [_span(edit, starts) for edit in line_edits(before, now)]
    if any(_meet(one[:2], other[:2]) for one in ours for other in theirs):
        return None
    text = before
    behind = None
    for start, end, new_text in sorted([*ours, *theirs], reverse=True):
        if end == behind and new_text and not new_text.endswith(("\n", "\r")):
            return None
        text = text[:start] + new_text + text[end:]
        behind = start
    return text


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Say whether two spans overlap; of two texts put in at one place nobody knows which comes first."""
    return one == other or (one[0] < other[1] and other[0] < one[1])


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in split_lines(text):
        starts.append(starts[-1] + len(line))
    return starts


def _span(edit: TextEdit, starts: list[int]) -> tuple[int, int, str]:
    return _offset(edit.range.start, starts), _offset(edit.range.end, starts), edit.new_text


def _offset(position: Position, starts: list[int]) -> int:
    return starts[min(position.line, len(starts) - 1)] + position.column
