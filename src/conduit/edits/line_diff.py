"""Which lines of two texts differ: small differences for texts of any length, in about the time of reading them.

Long texts are split at the lines that each of them has exactly once, in the longest order that both share (the idea of
Bram Cohen's patience diff, 2008); what is left between two of those is compared by `difflib`. Pure.
"""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

Change = tuple[int, int, int, int]
"""Lines from, up to in the old text; lines from, up to in the new one, which take their place."""

_SHORT = 400
"""Up to so many lines of both together, `difflib` alone is quick."""
_SMALLEST_UP_TO_LINES = 2000
_CONTEXT = 3


def changed_lines(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """Return what is different, in order; there is an equal line between any two changes."""
    found: list[Change] = []
    waiting: list[Change] = [(0, len(old), 0, len(new))]
    while waiting:
        i1, i2, j1, j2 = _trimmed(old, new, waiting.pop())
        if i1 == i2 or j1 == j2:
            found += [(i1, i2, j1, j2)] if i1 < i2 or j1 < j2 else []
            continue
        anchors = _anchors(old, new, (i1, i2, j1, j2)) if i2 - i1 + j2 - j1 > _SHORT else []
        if not anchors:
            found += _compared(old, new, (i1, i2, j1, j2))
            continue
        starts = [(i1, j1), *((i + 1, j + 1) for i, j in anchors)]
        gaps = [(a, i, b, j) for (a, b), (i, j) in zip(starts, [*anchors, (i2, j2)], strict=True)]
        waiting += reversed(gaps)
    return found


def unified(old: Sequence[str], new: Sequence[str], old_name: str, new_name: str) -> Iterator[str]:
    """Yield the lines of a unified diff with three lines of context, as `difflib.unified_diff` does."""
    groups: list[list[Change]] = []
    for change in changed_lines(old, new):
        if groups and change[0] - groups[-1][-1][1] <= 2 * _CONTEXT:
            groups[-1].append(change)
        else:
            groups.append([change])
    if groups:
        yield f"--- {old_name}\n"
        yield f"+++ {new_name}\n"
    for group in groups:
        start, end = max(0, group[0][0] - _CONTEXT), min(len(old), group[-1][1] + _CONTEXT)
        first, last = group[0][2] - (group[0][0] - start), group[-1][3] + (end - group[-1][1])
        yield f"@@ -{_counted(start, end)} +{_counted(first, last)} @@\n"
        at = start
        for i1, i2, j1, j2 in group:
            yield from (f" {line}" for line in old[at:i1])
            yield from (f"-{line}" for line in old[i1:i2])
            yield from (f"+{line}" for line in new[j1:j2])
            at = i2
        yield from (f" {line}" for line in old[at:end])


def _counted(start: int, end: int) -> str:
    """Return a range of lines as the format has it: counted from one, but an empty one names the line before it."""
    length = end - start
    return str(start + 1) if length == 1 else f"{start if length == 0 else start + 1},{length}"


def _trimmed(old: Sequence[str], new: Sequence[str], part: Change) -> Change:
    i1, i2, j1, j2 = part
    while i1 < i2 and j1 < j2 and old[i1] == new[j1]:
        i1, j1 = i1 + 1, j1 + 1
    while i1 < i2 and j1 < j2 and old[i2 - 1] == new[j2 - 1]:
        i2, j2 = i2 - 1, j2 - 1
    return i1, i2, j1, j2


def _compared(old: Sequence[str], new: Sequence[str], part: Change) -> Iterator[Change]:
    i, i2, j, j2 = part
    # The smallest difference takes quadratic time where many lines are alike (blank ones, braces).
    many = i2 - i + j2 - j > _SMALLEST_UP_TO_LINES
    matcher = difflib.SequenceMatcher(None, old[i:i2], new[j:j2], autojunk=many)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag != "equal":
            yield i + a1, i + a2, j + b1, j + b2


def _anchors(old: Sequence[str], new: Sequence[str], part: Change) -> list[tuple[int, int]]:
    """Return lines that both parts have once, as many as are in the same order in both."""
    i1, i2, j1, j2 = part
    in_old, in_new = Counter(old[i1:i2]), Counter(new[j1:j2])
    places = {line: number for number, line in enumerate(new[j1:j2], j1) if in_new[line] == 1}
    pairs = [(i, places[line]) for i, line in enumerate(old[i1:i2], i1) if in_old[line] == 1 and line in places]
    # The longest increasing run: for each length the smallest end, and what was before each.
    ends: list[int] = []
    chosen: list[int] = []
    before: list[int | None] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(chosen[length - 1] if length else None)
        ends[length : length + 1] = [j]
        chosen[length : length + 1] = [number]
    run: list[tuple[int, int]] = []
    at = chosen[-1] if chosen else None
    while at is not None:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]
