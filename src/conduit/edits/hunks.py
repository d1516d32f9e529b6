"""Hunks of one file that wait for the person: made from what a model proposes, moved through what the person types.

A hunk replaces whole lines of the *base*, the text that the person has now. What the person types moves the base:
hunks that are apart from it move along; a hunk whose lines were changed, or that adds lines which the person has beside
it by now, becomes a conflict that keeps both sides, and is an ordinary hunk again when the person takes that back. Pure
values; texts and lines only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, takewhile
from typing import Literal

from conduit.edits.spans import InOrder, Span, apply_spans, joined, spans
from conduit.workspace.document import split_lines
from conduit.workspace.encoding import line_end_of

HunkKind = Literal["edit", "create", "delete", "move"]


@dataclass(frozen=True)
class Hunk:
    """One contiguous change; see `sessions.events.HunkState` for the meaning of the fields."""

    id: str
    turn_id: str
    kind: HunkKind
    line: int
    old: str
    new: str
    was: str | None = None

    @property
    def conflict(self) -> bool:
        """Whether the person changed the lines that it is about."""
        return self.was is not None

    @cached_property
    def end(self) -> int:
        """The line after the last one that it replaces."""
        return self.line + len(split_lines(self.old))


NewId = Callable[[], str]


def proposed(base: str, hunks: Sequence[Hunk]) -> str:
    """Return the text as the model reads it: every edit is made but the conflicts, where the person's text stands."""
    return apply_spans(base, [_span(hunk) for hunk in hunks if hunk.kind == "edit" and not hunk.conflict])


def propose(base: str, hunks: Sequence[Hunk], after: str, turn_id: str, new_id: NewId) -> tuple[Hunk, ...]:
    """Return the hunks that turn `base` into `after`, which a model made of the proposed text.

    A hunk that is as before keeps its id and its turn; one that a new change goes over is revised, and keeps its id.
    """
    lines = split_lines(base)
    known = [hunk for hunk in hunks if hunk.kind == "edit" and not hunk.conflict]
    as_before = {(one.line, one.end, one.new): one for one in known}
    result: list[Hunk] = []
    taken: set[str] = set()
    first = 0  # both are in order: what ends before this change is of no interest for the next one
    for span in joined(spans(base, after), lines):
        new = "".join(span.lines)
        while first < len(known) and known[first].end < span.start:
            first += 1
        near = takewhile(lambda one: one.line <= span.end, islice(known, first, None))  # noqa: B023 - used at once
        revised = as_before.get((span.start, span.end, new)) or next(
            (one for one in near if touches(one, span) and one.id not in taken), None
        )
        hunk_id = revised.id if revised else new_id()
        taken.add(hunk_id)
        if revised is not None and (revised.line, revised.end, revised.new) == (span.start, span.end, new):
            result.append(revised)
            continue
        old = "".join(lines[span.start : span.end])
        result.append(Hunk(hunk_id, turn_id, "edit", span.start, old, new))
    # A conflict stays, unless the model wrote over it: then it has seen the person's text.
    written = [_span(hunk) for hunk in result]
    result += [hunk for hunk in hunks if hunk.conflict and not any(touches(hunk, span) for span in written)]
    return _ordered(result)


def rebase_hunks(base: str, hunks: Sequence[Hunk], now: str) -> tuple[Hunk, ...]:
    """Return the hunks for the text `now` that the person made of `base`.

    One that the person made by hand is gone. Hunks that one change of the person goes over become one conflict.
    """
    if now == base:
        return tuple(hunks)
    edits, before, after = [hunk for hunk in hunks if hunk.kind == "edit"], split_lines(base), split_lines(now)
    known = {line.strip() for line in before}
    theirs = InOrder(_taken_apart(edits, spans(base, now), known))
    result = [hunk for hunk in hunks if hunk.kind != "edit"]
    for group, meeting in _groups(edits, theirs, known):
        # What was put in at an edge is nobody's business, but where the whole is as it was meant, or as it was.
        near = theirs.near(Span(group[0].line, group[-1].end, ()))
        met = set(map(id, meeting))
        beside = [span for span in near if id(span) not in met and _beside(group, span)]
        if beside:
            wider = sorted([*meeting, *beside], key=lambda span: (span.start, span.end))
            whole = _conflict(group, wider, before, after, theirs)
            if whole is None or not whole.conflict:
                result += [] if whole is None else [whole]
                continue
        if not meeting:
            result += [replace(hunk, line=hunk.line + theirs.shift(hunk.line)) for hunk in group]
        elif (moved := _conflict(group, meeting, before, after, theirs)) is not None:
            result.append(moved)
    return _behind_last_line(_ordered(result), after)


def take(base: str, hunks: Sequence[Hunk], ids: Collection[str]) -> tuple[str, tuple[Hunk, ...]]:
    """Return the base with the named edits made in it, and the hunks that are left, where they are then.

    Of a conflict, the model's text takes the place of the person's.
    """
    left: list[Hunk] = []
    taken: list[Span] = []
    shift = 0
    for hunk in hunks:
        if hunk.kind != "edit":
            left += [] if hunk.id in ids else [hunk]
        elif hunk.id in ids:
            taken.append(_span(hunk))
            shift += taken[-1].shift
        else:
            left.append(replace(hunk, line=hunk.line + shift))
    return apply_spans(base, taken), tuple(left)


def _groups(hunks: Sequence[Hunk], theirs: InOrder, known: Collection[str]) -> list[tuple[list[Hunk], list[Span]]]:
    """Return hunks with the changes of the person that meet them; those that share a change are together."""
    groups: list[tuple[list[Hunk], list[Span]]] = []
    for hunk in hunks:
        near = theirs.near(Span(hunk.line, hunk.end, ()))
        meeting = [span for span in near if touches(hunk, span) or _comes_back(hunk, span, known)]
        if groups and meeting and meeting[0] in groups[-1][1]:
            groups[-1][0].append(hunk)
            met = set(map(id, groups[-1][1]))
            groups[-1][1].extend(span for span in meeting if id(span) not in met)
        else:
            groups.append(([hunk], meeting))
    return groups


def _conflict(
    group: Sequence[Hunk], meeting: Sequence[Span], before: Sequence[str], after: Sequence[str], theirs: InOrder
) -> Hunk | None:
    """Return one hunk for all the lines that either side changed; None when the person made just that by hand."""
    start, end = min(group[0].line, meeting[0].start), max(group[-1].end, meeting[-1].end)
    meant = new = ""
    behind = start
    for hunk in group:
        between = "".join(before[behind : hunk.line])
        meant += between + (hunk.old if hunk.was is None else hunk.was)
        new += between + hunk.new
        behind = hunk.end
    rest = "".join(before[behind:end])
    meant, new = meant + rest, new + rest
    line = start + theirs.shift(start) - sum(span.shift for span in meeting if span.end <= start)
    stands = "".join(after[line : line + end - start + sum(span.shift for span in meeting)])
    if stands == new:
        return None
    return replace(group[0], line=line, old=stands, new=new, was=None if stands == meant else meant)


def _behind_last_line(hunks: tuple[Hunk, ...], lines: Sequence[str]) -> tuple[Hunk, ...]:
    """Return the hunks; one that adds lines behind a last line that has lost its line end replaces that line."""
    if not lines or lines[-1].endswith(("\n", "\r")):
        return hunks
    result: list[Hunk] = []
    for hunk in hunks:
        if hunk.kind != "edit" or hunk.line < len(lines) or not (hunk.new or hunk.was):
            result.append(hunk)
        elif result and result[-1].kind == "edit" and result[-1].end == len(lines):  # it is in that one's lines
            before = result.pop()
            was = None if before.was is None else _ended(before.was, hunk) + (hunk.was or "")
            result.append(replace(before, new=_ended(before.new, hunk) + hunk.new, was=was))
        else:
            last, was = _ended(lines[-1], hunk), hunk.was
            whole = lines[-1] if was == "" else None if was is None else last + was
            result.append(replace(hunk, line=len(lines) - 1, old=lines[-1], new=last + hunk.new, was=whole))
    return tuple(result)


def _ended(text: str, hunk: Hunk) -> str:
    """Return a text with a line end at its last line, if it has a line."""
    return text if not text or text.endswith(("\n", "\r")) else text + line_end_of(hunk.new or hunk.was or "")


def _beside(group: Sequence[Hunk], span: Span) -> bool:
    return span.start == span.end and span.start in (group[0].line, group[-1].end)


def _missing(hunk: Hunk) -> set[str]:
    """Return the lines that a hunk, or a side of a conflict, has and the text lacks there."""
    sides = {line.strip() for text in (hunk.was or "", hunk.new) for line in split_lines(text)}
    return sides - {line.strip() for line in split_lines(hunk.old)} - {""}


def _taken_apart(hunks: Sequence[Hunk], theirs: Sequence[Span], known: Collection[str]) -> list[Span]:
    """Return the changes of the person; lines of a hunk that come at its edge are changes of their own."""
    begins: defaultdict[int, list[int]] = defaultdict(list)
    ends: defaultdict[int, list[int]] = defaultdict(list)
    for number, hunk in enumerate(hunks):
        begins[hunk.line].append(number)
        ends[hunk.end].append(number)
    result: list[Span] = []
    for span in theirs:
        parts = [span]
        for number in sorted({*ends.get(span.start, ()), *begins.get(span.end, ())}):
            parts = [one for part in parts for one in _without_lines_of(hunks[number], part, known)]
        result += parts
    return result


def _without_lines_of(hunk: Hunk, span: Span, known: Collection[str]) -> list[Span]:
    """Return a change, taken apart where lines of a hunk come back at its edge."""
    if touches(hunk, span):
        return [span]
    if span.start == hunk.end and (count := _reach(hunk, span.lines, known)):
        back, rest = Span(hunk.end, hunk.end, span.lines[:count]), replace(span, lines=span.lines[count:])
        return [back, rest] if rest.lines or rest.start < rest.end else [back]
    if span.end == hunk.line and (count := _reach(hunk, span.lines[::-1], known)):
        back, rest = Span(hunk.line, hunk.line, span.lines[-count:]), replace(span, lines=span.lines[:-count])
        return [rest, back] if rest.lines or rest.start < rest.end else [back]
    return [span]


def _reach(hunk: Hunk, lines: Sequence[str], known: Collection[str]) -> int:
    """Return how many lines, from the edge of a hunk on, belong to it: up to the last one that stands nowhere else."""
    missing = _missing(hunk)
    own = missing & {line.strip() for line in split_lines(hunk.new)}
    stripped = [line.strip() for line in lines]
    count = next((number for number, line in enumerate(stripped) if line not in missing), len(lines))
    return max([count, *(number for number, line in enumerate(stripped, 1) if line in own and line not in known)])


def _comes_back(hunk: Hunk, span: Span, known: Collection[str]) -> bool:
    if not _beside([hunk], span):
        return False
    lines = span.lines if span.start == hunk.end else span.lines[::-1]
    return _reach(hunk, lines, known) == len(lines)


def _span(hunk: Hunk) -> Span:
    return Span(hunk.line, hunk.end, tuple(split_lines(hunk.new)))


def touches(hunk: Hunk, span: Span) -> bool:
    """Say whether both are about the same lines; of two texts put in at one place nobody knows which comes first."""
    start, end = hunk.line, hunk.end
    return (start, end) == (span.start, span.end) or (start < span.end and span.start < end)


def _ordered(hunks: Sequence[Hunk]) -> tuple[Hunk, ...]:
    return tuple(sorted(hunks, key=lambda hunk: (hunk.line, hunk.end)))
