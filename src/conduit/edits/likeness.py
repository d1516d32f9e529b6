"""Find a block of which a few lines differ: the model read the text before somebody changed it, or remembers it badly.

Rare lines that are the same tell where to look; then the whole block is compared, line by line, and at least 0.9 of it
must be alike. That alone would take a function for its twin, so what differs must also be harmless: between lines that
are the same and stand only once in the text, or a pure addition to a line. A line that opens a block (a function, a
section) names it, and may only have grown. Pure.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress, count

from conduit.edits.lines import Source, indent_of, opens
from conduit.edits.merge import Reindent, uniform

LIKE = 0.9
_MARGIN = 0.05
_SMALLEST_LINES = 4
_RARE = 8
_ANCHORS = 2
_WINDOWS = 8
_SLACK = 4
_WIDEST = 16
_SAME_LINE = 0.5
_LONGEST_LINE = 400
_LONGEST_BLOCK = 3000
_WORDS = re.compile(r"\w+|[^\w\s]")
_CONTENT = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Like:
    """A block of the text, zero-based lines, both included; how alike it is; and which quoted lines are which of it."""

    first: int
    last: int
    score: float
    reindent: Reindent
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Window:
    first: int
    last: int
    score: float
    same: tuple[tuple[int, int], ...]
    other: tuple[tuple[int, int], ...]


def blocks(source: Source, old: str) -> list[Like]:
    """Return the block that is like `old`; several when it cannot be told which; none when nothing is enough alike."""
    quoted = Source(source.ends.sub("\n", old))
    wanted = quoted.keys
    if sum(map(bool, map(_CONTENT.search, wanted))) < _SMALLEST_LINES or len(wanted) > _LONGEST_BLOCK:
        return []
    rows: dict[str, list[int]] = defaultdict(list)
    known = {key for key in wanted if _CONTENT.search(key)}
    for row in compress(count(), map(known.__contains__, source.keys)):
        rows[source.keys[row]].append(row)
    windows = [_window(source.keys, wanted, start) for start in _starts(wanted, rows)]
    ranked = sorted(
        {(window.first, window.last): window for window in windows if window}.values(), key=lambda each: -each.score
    )
    if not ranked or ranked[0].score < LIKE:
        return []
    near = [each for each in ranked if ranked[0].score - each.score < _MARGIN]
    if len(near) > 1 and any(each.first > near[0].last or each.last < near[0].first for each in near[1:]):
        return [Like(each.first, each.last, each.score, Reindent(), ()) for each in near]
    best = ranked[0]
    reindent = uniform([source.lines[row] for _, row in best.same], [quoted.lines[index] for index, _ in best.same])
    if reindent is None or not _harmless(source, quoted, best, rows):
        return []
    pairs = tuple((index, row - best.first) for index, row in best.same)
    return [Like(best.first, best.last, best.score, reindent, pairs)]


def _starts(wanted: Sequence[str], rows: dict[str, list[int]]) -> list[int]:
    """Return where the block may begin, the likeliest first."""
    votes: Counter[int] = Counter()
    for index, key in enumerate(wanted):
        places = rows.get(key, [])
        if 0 < len(places) <= _RARE:
            for row in places:
                votes[row - index] += 1
    merged: list[int] = []
    for start, _ in votes.most_common(4 * _WINDOWS):
        if all(abs(start - other) > _SLACK for other in merged):
            merged.append(start)
    return merged[:_WINDOWS]


def _window(keys: Sequence[str], wanted: Sequence[str], start: int) -> _Window | None:
    """Align the block with the lines around `start`; None when nothing there is the same."""
    same = _aligned(keys, wanted, start)
    if not any(map(wanted.__getitem__, (index for index, _ in same))):
        return None
    lead, rest = same[0][0], len(wanted) - 1 - same[-1][0]
    first, last = same[0][1] - lead, same[-1][1] + rest
    if first < 0 or last >= len(keys):
        return None
    other: list[tuple[int, int]] = []
    i, h = 0, first
    for index, row in [*same, (len(wanted), last + 1)]:
        if index - i == row - h:
            other += zip(range(i, index), range(h, row), strict=True)
        i, h = index + 1, row + 1
    alike = sum(_weight(wanted[index]) for index, _ in same)
    alike += sum(_weight(wanted[index]) * _ratio(wanted[index], keys[row]) for index, row in other)
    total = sum(map(_weight, wanted)) + sum(map(_weight, keys[first : last + 1]))
    return _Window(first, last, 2 * alike / total if total else 0.0, tuple(same), tuple(other))


def _aligned(keys: Sequence[str], wanted: Sequence[str], start: int) -> list[tuple[int, int]]:
    """Return the pairs of equal lines that weigh most together, in order, near the diagonal from `start`."""
    reach = min(max(_SLACK, len(wanted) // 8), _WIDEST)
    width = 2 * reach + 1
    best = [[0.0] * (width + 1) for _ in range(len(wanted) + 1)]
    # best[index][shift]: the most that lines from `index` on and from row start + index + shift - reach on can weigh.
    for index in range(len(wanted) - 1, -1, -1):
        below, here, key = best[index + 1], best[index], wanted[index]
        worth = _weight(key) + 0.05
        for shift in range(width - 1, -1, -1):
            row = start + index + shift - reach
            most = max(here[shift + 1], below[shift - 1] if shift else 0.0)
            if 0 <= row < len(keys) and keys[row] == key:
                most = max(most, worth + below[shift])
            here[shift] = most
    pairs: list[tuple[int, int]] = []
    index, shift = 0, 0
    while index < len(wanted) and shift < width:
        row = start + index + shift - reach
        worth = _weight(wanted[index]) + 0.05
        if 0 <= row < len(keys) and keys[row] == wanted[index] and best[index][shift] == worth + best[index + 1][shift]:
            pairs.append((index, row))
            index += 1
        elif best[index][shift] == best[index][shift + 1]:
            shift += 1
        else:
            index, shift = index + 1, shift - 1
    return pairs


def _weight(key: str) -> float:
    return 0.0 if not key else 1.0 if _CONTENT.search(key) else 0.3


def _ratio(one: str, other: str) -> float:
    if max(len(one), len(other)) > _LONGEST_LINE:
        return 0.0
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _harmless(source: Source, quoted: Source, window: _Window, rows: dict[str, list[int]]) -> bool:
    """Say whether what differs cannot make this the twin of what was meant."""
    sure = [index for index, _ in window.same if len(rows.get(quoted.keys[index], ())) == 1]
    if len(sure) < _ANCHORS:
        return False
    if _may_be_another(source, quoted, window, set(sure)):
        return False
    exact = [index for index, _ in window.same if _CONTENT.search(quoted.keys[index])]
    paired = dict(window.other)
    for index, key in enumerate(quoted.keys):
        if not key or index in dict(window.same):
            continue
        row = paired.get(index)
        if row is not None and _grew(key, source.keys[row]):
            continue
        between = sure[0] < index < sure[-1]
        gone = row is None and exact[0] < index < exact[-1]
        if not (between or gone) or opens(quoted.lines, index):
            return False
        if row is not None and opens(source.lines, row):
            return False
    known = {row for _, row in (*window.same, *window.other)}
    return not any(
        row not in known
        and _CONTENT.search(source.keys[row])
        and not indent_of(source.lines[row])
        and opens(source.lines, row)
        for row in range(window.first, window.last + 1)
    )


def _may_be_another(source: Source, quoted: Source, window: _Window, sure: set[int]) -> bool:
    """Say whether lines were taken for others of the same words: in step with the rest are some that are much alike."""
    runs: list[list[tuple[int, int]]] = []
    for index, row in window.same:
        if runs and runs[-1][-1] == (index - 1, row - 1):
            runs[-1].append((index, row))
        else:
            runs.append([(index, row)])
    for at, run in enumerate(runs):
        filled = [index for index, _ in run if _CONTENT.search(quoted.keys[index])]
        if len(filled) > 1 and not sure.isdisjoint(filled):
            continue
        steps = {row - index for other in runs[max(at - 1, 0) : at + 2] for index, row in other[:1]}
        for index, row in run:
            for step in steps - {row - index}:
                inside = 0 <= index + step < len(source.keys)
                if (
                    inside
                    and quoted.keys[index]
                    and _ratio(quoted.keys[index], source.keys[index + step]) >= _SAME_LINE
                ):
                    return True
    return False


def _grew(one: str, other: str) -> bool:
    """Say whether one of two lines has all words of the other, in order, and more."""
    few, many = sorted((_WORDS.findall(one), _WORDS.findall(other)), key=len)
    rest = iter(many)
    return len(few) > 0 and all(word in rest for word in few)
