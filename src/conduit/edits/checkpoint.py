"""Taking a change back, line by line, from a text that the person went on with: their lines always win.

The change and what came after it are both compared with the text right after the change. A line that nobody touched
since becomes what it was; a line that was changed since stays as it is and is reported, with what was moved out of the
lines that do not come back for it. Pure: texts in, texts out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from conduit.edits.spans import InOrder, Span, apply_spans, spans
from conduit.workspace.document import split_lines

_LIKE = 0.3
"""How much of the shorter one of two lines that are alike is in the longer one too; a rare word counts more."""

_MOST_PAIRS = 10_000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Kept:
    """Zero-based lines `start` up to `end` of a text that stay as they are, since they were changed since, or moved.

    They are empty (`start == end`) where lines were deleted since.
    """

    start: int
    end: int

    def moved(self, shift: int) -> Kept:
        """Return them where they are after so many more lines before them."""
        return Kept(self.start + shift, self.end + shift)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A text without a change. `since` is how many lines were changed after it; they are all still there."""

    text: str
    kept: tuple[Kept, ...] = ()
    since: int = 0


def take_back(before: str, after: str, now: str) -> TakenBack:
    """Return `now` without the change from `before` to `after`.

    What was inserted by the change goes, what was deleted comes back, what was replaced becomes what it was; each line
    by itself where the lines of both sides can be told apart. `take_back(before, after, after)` is `before`.
    """
    if now == after:
        return TakenBack(before)
    since = InOrder(spans(after, now))
    lines = split_lines(after)
    pieces = [
        _Piece.of(part, since)
        for span in spans(after, before)
        if span not in since.near(span)  # else somebody has taken it back already
        for part in _taken_apart(span, lines, since)
    ]
    free = [piece for piece in pieces if not piece.meeting]
    met = [piece for piece in pieces if piece.meeting and not _is_done(piece.span, piece.meeting)]
    stays = _moved_away(met, free, lines, before, now)
    met += stays
    free = [piece for piece in free if piece not in stays]
    edits = InOrder([piece.change for piece in free])
    kept = _united([piece.region.moved(edits.shift(piece.region.start)) for piece in met])
    count = sum(max(len(span.lines), span.end - span.start) for span in since.changes)
    return TakenBack(apply_spans(now, edits.changes), kept, count)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of what is taken back; `meeting`: what was changed since in its lines, `region`: where that is now."""

    span: Span
    meeting: tuple[Span, ...]
    region: Kept

    @property
    def change(self) -> Span:
        """What takes it back from the text as it is now, when nothing meets it."""
        return Span(self.region.start, self.region.end, self.span.lines)

    @classmethod
    def of(cls, span: Span, since: InOrder) -> _Piece:
        meeting = tuple(other for other in since.near(span) if _meet(span, other))
        first = min([span.start, *(other.start for other in meeting)])
        last = max([span.end, *(other.end for other in meeting)])
        before = since.shift(first) - sum(other.shift for other in meeting if other.end <= first)
        start, end = first + before, last + before + sum(other.shift for other in meeting)
        return cls(span, meeting, Kept(start, end))


def _moved_away(
    met: Sequence[_Piece], free: Sequence[_Piece], lines: Sequence[str], before: str, now: str
) -> set[_Piece]:
    """Return what must stay, since it has what is left of lines that do not come back: a person may have typed it.

    That are lines with a word that stands in one line of either text, which are more like the line that does not come
    back than like the one that would take their place.
    """
    once = _words_of_one_line(before) & _words_of_one_line(now) if met else set()
    there = {
        word: (piece, line)
        for piece in free
        for line in lines[piece.span.start : piece.span.end]
        for word in _words(line) & once
    }
    stays: set[_Piece] = set()
    waiting = list(met)
    while waiting and there:
        for wanted in waiting.pop().span.lines:
            for piece, line in [there[word] for word in _words(wanted) & there.keys()]:
                # Of lines without counterparts each other none is alike.
                own = _likeness(line, piece.span.lines[0]) if len(piece.span.lines) == 1 else 0.0
                if piece not in stays and _likeness(line, wanted) > own:
                    stays.add(piece)
                    waiting.append(piece)
    return stays


def _words_of_one_line(text: str) -> set[str]:
    times = Counter(word for line in split_lines(text) for word in _words(line))
    return {word for word, count in times.items() if count == 1}


def _taken_apart(span: Span, lines: Sequence[str], since: InOrder) -> list[Span]:
    """Take a span apart where each line of `lines` has its own counterpart, or none."""
    length = span.end - span.start
    if not span.lines:
        return [Span(line, line + 1, ()) for line in range(span.start, span.end)]
    near = since.near(span)
    if not near:
        return [span]
    # Lines that were put in between say which lines around them they were put between.
    inside = any(other.shift > 0 and span.start < other.start < span.end for other in near)
    even = length == len(span.lines)
    plain = even and not inside and all(map(_are_alike, lines[span.start : span.end], span.lines))
    if not plain and (inside or even) and length * len(span.lines) <= _MOST_PAIRS:
        pairs = _pairs(span, lines)
        if inside or any(ours != theirs for ours, theirs in pairs):
            return _at_pairs(span, pairs)
    if even:
        return [Span(span.start + i, span.start + i + 1, (line,)) for i, line in enumerate(span.lines)]
    return [span]


def _pairs(span: Span, lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return which lines on both sides are alike, in order: together they share the most words that others lack."""
    ours = [_words(line) for line in lines[span.start : span.end]]
    theirs = [_words(line) for line in span.lines]
    times = Counter(word for line in (*ours, *theirs) for word in line)

    def weight(words: set[str]) -> float:
        return sum(1 / times[word] for word in words)

    weights = [weight(line) for line in theirs]
    best: list[list[tuple[float, int]]] = [[(0.0, 0)] * (len(theirs) + 1)]  # how much, and which step came last
    for one in ours:
        row = [(0.0, 0)]
        least = weight(one)
        for number, other in enumerate(theirs):
            shared = weight(one & other)
            like = shared / (min(least, weights[number]) or 1)
            steps = [(best[-1][number + 1][0], 1), (row[-1][0], 2)]
            if like >= _LIKE:
                steps.append((best[-1][number][0] + like * shared, 3))
            row.append(max(steps))
        best.append(row)
    i, j, pairs = len(ours), len(theirs), list[tuple[int, int]]()
    while i and j:
        step = best[i][j][1]
        i, j = i - (step != 2), j - (step != 1)
        pairs += [(i, j)] if step == 3 else []
    return pairs[::-1]


def _at_pairs(span: Span, pairs: Sequence[tuple[int, int]]) -> list[Span]:
    """Take a span apart at lines that are alike on both sides; what is between those stays whole."""
    pieces: list[Span] = []
    i = j = 0
    for a, b in [*pairs, (span.end - span.start, len(span.lines))]:
        if b > j:
            pieces.append(Span(span.start + i, span.start + a, span.lines[j:b]))
        else:
            pieces += [Span(span.start + line, span.start + line + 1, ()) for line in range(i, a)]
        if span.start + a < span.end:
            pieces.append(Span(span.start + a, span.start + a + 1, (span.lines[b],)))
        i, j = a + 1, b + 1
    return pieces


def _likeness(one: str, other: str) -> float:
    """Return how much of the words of both lines they share, from 0.0 to 1.0."""
    ours, theirs = _words(one), _words(other)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs) or 1)


def _are_alike(one: str, other: str) -> bool:
    return _likeness(one, other) > 0.5


def _words(line: str) -> set[str]:
    return set(_WORD.findall(line) or line.split())


def _meet(piece: Span, since: Span) -> bool:
    """Say whether both are about the same lines.

    Of two texts put in at one place, or beside each other, both can stand, unless the newer one may be the older one
    come back.
    """
    if piece.start < since.end and since.start < piece.end:
        return True
    if piece.end < since.start or since.end < piece.start:
        return False
    both = {line.strip() for line in piece.lines} & {line.strip() for line in since.lines} - {""}
    if piece.start < piece.end:  # a brace may stand on both sides
        return any(map(_WORD.search, both))
    return piece.lines == since.lines or bool(both)


def _is_done(piece: Span, meeting: Sequence[Span]) -> bool:
    """Say whether somebody has taken this back already."""
    return piece in meeting or (not piece.lines and all(not other.lines for other in meeting))


def _united(regions: Sequence[Kept]) -> tuple[Kept, ...]:
    """Return the regions in order, those that touch as one."""
    result: list[Kept] = []
    for region in sorted(regions, key=lambda region: (region.start, region.end)):
        if result and region.start <= result[-1].end:
            last = result.pop()
            region = Kept(last.start, max(last.end, region.end))
        result.append(region)
    return tuple(result)
