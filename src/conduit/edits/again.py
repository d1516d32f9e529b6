"""What waits again after an undo, or when it was withdrawn before, and what a redo makes again.

A line never waits in two hunks, and what was a conflict is one again. Pure: texts and hunks in, pending files out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conduit.edits.hunks import Hunk, touches
from conduit.edits.review import PendingFile, new_hunk_id
from conduit.edits.spans import Span, joined, spans
from conduit.workspace.document import split_lines


def waiting_again(file: PendingFile, now: str | None, accepted: str | None, hunks: Sequence[Hunk]) -> PendingFile:
    """Return a file with hunks that were accepted in it and taken back now.

    Args:
        file: what waits there otherwise.
        now: the text after the hunks were taken back.
        accepted: the text before that.
        hunks: those hunks, as they waited.
    """
    whole = [hunk for hunk in hunks if hunk.kind != "edit"]
    if whole and whole[0].kind == "create" and now is None and accepted is not None:
        return replace(file, base=None, hunks=(replace(whole[0], new=accepted),))  # with what was edited in it since
    if any(hunk.kind in ("create", "delete") for hunk in whole):
        return replace(file, base=now, hunks=tuple(whole[:1]))
    file = file.at(now)
    lines, known = split_lines(now or ""), [hunk for hunk in hunks if hunk.kind == "edit"]
    waiting = [hunk for hunk in file.hunks if hunk.kind == "edit"]
    starts, ends, waiting_ids = [one.line for one in waiting], [one.end for one in waiting], {one.id for one in waiting}
    again = list(waiting)
    before = {one.id: one for one in (file if accepted is None else file.at(accepted)).hunks}
    shift = 0
    changes = joined(spans(now or "", accepted or ""), lines)
    for span in changes:
        there = Span(span.start + shift, span.start + shift + len(span.lines), ())
        shift += span.shift
        near = [one for one in again if one.conflict and one.line <= span.end and span.start <= one.end]
        made = [(one, both) for one in near if (both := _with_what_it_is_made_of(one, changes, lines)) is not None]
        hunk = _hunk_of(span, lines, known, hunks)
        if made and _alone(made[0][1], made[0][0], again):
            again = [made[0][1] if one is made[0][0] else one for one in again]
            continue
        around = waiting[bisect_left(ends, span.start) : bisect_right(starts, span.end)]
        in_it = any(touches(one, span) or _had(one, before.get(one.id), span, there) for one in around)
        if not in_it and hunk.id not in waiting_ids:  # else it waits already
            again.append(hunk)
    return replace(file, hunks=(*whole, *sorted(again, key=lambda one: (one.line, one.end))))


def _with_what_it_is_made_of(hunk: Hunk, changes: Sequence[Span], lines: Sequence[str]) -> Hunk | None:
    """Return one hunk for a conflict and the changes that wait again at its lines, of which it was made.

    Accepted one after the other, they would put lines that both have in twice. None where it was not made of them.
    """
    meeting = [one for one in changes if one.start <= hunk.end and hunk.line <= one.end]
    start, end = min(hunk.line, meeting[0].start), max(hunk.end, meeting[-1].end)
    there: list[str] = []
    kept: list[int] = []  # of `there`, the hunk's own lines that no change is about
    at = start
    for change in [*meeting, Span(end, end, ())]:
        for number in range(at, change.start):
            kept += [len(there)] if hunk.line <= number < hunk.end else []
            there.append(lines[number])
        there += change.lines
        at = change.end
    was = split_lines(hunk.was or "")
    places = [place for place in range(len(there)) if was and there[place : place + len(was)] == was]
    if len(places) != 1 or any(not places[0] <= one < places[0] + len(was) for one in kept):
        return None
    new = "".join([*there[: places[0]], hunk.new, *there[places[0] + len(was) :]])
    return replace(hunk, line=start, old="".join(lines[start:end]), new=new, was="".join(there))


def _hunk_of(span: Span, lines: Sequence[str], known: list[Hunk], hunks: Sequence[Hunk]) -> Hunk:
    """Return what waits again for a change; the hunk that it was is taken out of `known`."""
    old, new = "".join(lines[span.start : span.end]), "".join(span.lines)
    meant = _meant(known, old, new)
    if meant is not None:
        known.remove(meant)
    # What took the place of the person's own lines is as much a conflict as it was.
    over = meant if meant and meant.old == old else next((one for one in hunks if _goes_over(one, old, new)), None)
    was = over.was if over is not None and over.was != old else None
    hunk_id = meant.id if meant else new_hunk_id()
    return Hunk(hunk_id, (meant or hunks[0]).turn_id, "edit", span.start, old, new, was)


def _meant(known: Sequence[Hunk], old: str, new: str) -> Hunk | None:
    """Return the hunk that did this; one whose place has other lines by now only where it is sure which one it was."""
    if (same := next((one for one in known if (one.old, one.new) == (old, new)), None)) is not None:
        return same
    return next((one for one in known if new and one.new == new and not one.conflict), None)


def _goes_over(hunk: Hunk, old: str, new: str) -> bool:
    """Say whether lines go by a change of `old` to `new` that the person wrote where a conflict is."""
    theirs = Counter(split_lines(hunk.old)) - Counter(split_lines(hunk.was or ""))
    return hunk.conflict and bool(theirs & (Counter(split_lines(old)) - Counter(split_lines(new))))


def _had(hunk: Hunk, before: Hunk | None, back: Span, there: Span) -> bool:
    """Say whether lines that were taken back beside a hunk were among those that it was about.

    Args:
        hunk: as it waits now.
        before: as it would wait if they were not taken back; None when it would be nothing but these lines.
        back: their place now.
        there: their place in the text from which they were taken back.
    """
    brings = not set(back.lines).isdisjoint(split_lines(hunk.new))
    return brings and (before is None or touches(before, there))


def _alone(whole: Hunk, part: Hunk, hunks: Iterable[Hunk]) -> bool:
    """Say whether none of the other hunks is about lines of `whole`, which takes the place of `part`."""
    return not any(one.line < whole.end and whole.line < one.end for one in hunks if one is not part)


def beside(there: PendingFile | None, file: PendingFile) -> PendingFile:
    """Return a file in which hunks wait that waited before, under new names, beside those that wait now."""
    fresh = tuple(replace(hunk, id=new_hunk_id()) for hunk in file.hunks)
    if there is None or not there.hunks:
        return replace(file, hunks=fresh)
    if there.whole is not None:  # the file as a whole is to be made, moved or deleted: the newer word counts
        return there
    free = [hunk for hunk in fresh if not any(hunk.line <= one.end and one.line <= hunk.end for one in there.hunks)]
    edits = [hunk for hunk in free if hunk.kind == "edit"]
    return replace(there, hunks=tuple(sorted([*there.hunks, *edits], key=lambda one: (one.line, one.end))))


def made_again(
    files: Iterable[PendingFile], accepted: Collection[str], after: Mapping[Path, str | None]
) -> list[PendingFile]:
    """Return what becomes of files whose move or deletion waits and was made again by a redo.

    What else waits in a moved file goes with it.

    Args:
        files: what waits.
        accepted: the ids of hunks that were accepted before.
        after: the texts after the redo, by path.
    """
    changed: list[PendingFile] = []
    for file in files:
        whole = file.whole
        if after.get(file.path, "") is not None or whole is None or whole.id not in accepted:
            continue
        changed.append(replace(file, hunks=()))
        if file.moved_to is not None:
            there = PendingFile(file.moved_to, file.moved_name, file.base, file.without({whole.id}).hunks)
            changed.append(there.at(after.get(file.moved_to)))
    return changed
