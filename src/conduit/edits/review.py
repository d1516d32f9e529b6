"""PendingFiles: what a session's model proposes and the person has not decided, file by file.

It is an overlay of the workspace, so the tools of the same session read their own proposals. Nothing here touches a
disk or an editor: what the person has now is handed in. Immutable values are swapped whole, so that a thread may read.
"""

from __future__ import annotations

import uuid
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conduit.edits.edit import FileChange
from conduit.edits.hunks import Hunk, propose, proposed, rebase_hunks, take, touches
from conduit.edits.spans import Span, joined, spans
from conduit.errors import StaleDocument
from conduit.workspace.document import split_lines


def new_hunk_id() -> str:
    """Return an id that no other hunk has."""
    return f"h-{uuid.uuid4().hex[:12]}"


@dataclass(frozen=True, slots=True)
class PendingFile:
    """One file with its hunks.

    Attributes:
        path: absolute, where the file is now.
        name: as people and models see it.
        base: the text that the person has, in which hunks are counted; None when there is no file yet.
        hunks: in order; those about the file as a whole (create, delete, move) come first.
        moved_to: where the file would go.
        moved_name: the name that it would have.
    """

    path: Path
    name: str
    base: str | None
    hunks: tuple[Hunk, ...]
    moved_to: Path | None = None
    moved_name: str = ""

    @property
    def whole(self) -> Hunk | None:
        """The hunk about the file as a whole."""
        return next((hunk for hunk in self.hunks if hunk.kind != "edit"), None)

    @property
    def text(self) -> str | None:
        """What the file would be with everything accepted; None when it would be gone."""
        whole = self.whole
        if whole is not None and whole.kind == "delete":
            return None
        if whole is not None and whole.kind == "create" and not whole.conflict:
            return whole.new
        return None if self.base is None else proposed(self.base, self.hunks)

    @property
    def new_path(self) -> Path:
        """Where the file would be."""
        return self.moved_to or self.path

    def at(self, now: str | None) -> PendingFile:
        """Return the same proposals for what the person has now; those that the person made by hand are gone."""
        if now == self.base:
            return self
        whole = self.whole
        if whole is not None and whole.kind == "create":
            return self._created_meanwhile(whole, now)
        if now is None:  # the file is away: a switched branch may bring it back
            return self
        if whole is not None and whole.kind == "delete":
            meant = whole.old if whole.was is None else whole.was
            hunk = replace(whole, old=now, was=None if now == meant else meant)
            return replace(self, base=now, hunks=(hunk,))
        hunks = rebase_hunks(self.base or "", self.hunks, now)
        return replace(self, base=now, hunks=hunks)

    def _created_meanwhile(self, whole: Hunk, now: str | None) -> PendingFile:
        if now == whole.new:
            return replace(self, base=now, hunks=())
        hunk = replace(whole, old=now or "", was=None if now is None else "")
        return replace(self, base=now, hunks=(hunk,))

    def propose(self, change: FileChange, turn_id: str) -> PendingFile:
        """Return this file with a further change, which was made of `text`."""
        if change.after is None:
            if self.base is None:
                return replace(self, hunks=())  # created and deleted again
            delete = Hunk(new_hunk_id(), turn_id, "delete", 0, self.base, "")
            return replace(self, hunks=(delete,), moved_to=None, moved_name="")
        if self.base is None:
            whole = self.whole
            hunk_id = whole.id if whole else new_hunk_id()
            create = Hunk(hunk_id, turn_id, "create", 0, "", change.after)
            return replace(self, path=change.new_path, name=change.new_name, hunks=(create,))
        edits = [hunk for hunk in self.hunks if hunk.kind == "edit"]
        hunks = propose(self.base, edits, change.after, turn_id, new_hunk_id)
        target, name = change.moved_to or self.moved_to, change.moved_name or self.moved_name
        if target is None or target == self.path:
            return replace(self, hunks=hunks, moved_to=None, moved_name="")
        move = next((hunk for hunk in self.hunks if hunk.kind == "move"), None)
        if move is None or change.moved_to:
            move = Hunk(move.id if move else new_hunk_id(), turn_id, "move", 0, "", "")
        return replace(self, hunks=(move, *hunks), moved_to=target, moved_name=name)

    def accept(self, ids: Collection[str]) -> tuple[FileChange, PendingFile]:
        """Return the change that the named hunks make, and what is pending once it is applied."""
        whole = self.whole
        if whole is not None and whole.id in ids and whole.kind in ("create", "delete"):
            after = whole.new if whole.kind == "create" else None
            return FileChange(self.path, self.name, self.base, after), replace(self, base=after, hunks=())
        text, left = take(self.base or "", self.hunks, ids)
        change = FileChange(self.path, self.name, self.base, text)
        if whole is None or whole.id not in ids:
            return change, replace(self, base=text, hunks=left)
        change = replace(change, moved_to=self.moved_to, moved_name=self.moved_name)
        there = PendingFile(self.new_path, self.moved_name or self.name, text, left)
        return change, there

    def without(self, ids: Collection[str]) -> PendingFile:
        """Return this file without the named hunks."""
        left = tuple(hunk for hunk in self.hunks if hunk.id not in ids)
        if any(hunk.kind == "move" for hunk in left):
            return replace(self, hunks=left)
        return replace(self, hunks=left, moved_to=None, moved_name="")


class PendingFiles:
    """The pending files of one session, and the overlay that its tools read through."""

    def __init__(self, open_text: Callable[[Path], str | None], files: Iterable[PendingFile] = ()) -> None:
        """`open_text` returns the text of a document that is open in the editor, else None."""
        self._open_text = open_text
        self._files = {file.path: file for file in files}

    def __iter__(self) -> Iterator[PendingFile]:
        return iter(sorted(map(self._now, tuple(self._files.values())), key=lambda file: file.name))

    def get(self, path: Path) -> PendingFile | None:
        """Return what waits in the file that is, or would be, at a path."""
        file = self._files.get(path)
        if file is None or file.moved_to not in (None, path) or file.text is None:
            file = next((one for one in self._files.values() if one.moved_to == path), file)
        return self._now(file) if file else None

    def put(self, files: Iterable[PendingFile]) -> None:
        """Keep these values; one without hunks is forgotten."""
        kept = dict(self._files)
        for file in files:
            kept.pop(file.path, None)
            if file.hunks:
                kept[file.path] = file
        self._files = kept

    def stage(self, changes: Sequence[FileChange], turn_id: str) -> list[PendingFile]:
        """Take all of `changes` or none; return the files that are different now.

        Raises:
            StaleDocument: a change was made against a text that is not the newest proposal; nothing was taken.
        """
        result: dict[Path, PendingFile] = {}
        for change in changes:
            file = result.get(change.path) or self.get(change.path)
            if file is not None and change.before is None and file.moved_to not in (None, change.path):
                target = file.new_path
                # A new file takes the name of one that moves away: that one is made anew where it goes.
                there = PendingFile(target, file.moved_name, None, ())
                made = FileChange(target, file.moved_name, None, file.text)
                waiting = result.get(target) or self._files.get(target)
                result[target] = self._over(waiting, there.propose(made, turn_id), turn_id)
                file = replace(file, hunks=(), moved_to=None, moved_name="")
                result[file.path] = file.propose(replace(change, before=file.base), turn_id)
                continue
            if file is None:
                result[change.path] = PendingFile(change.path, change.name, change.before, ()).propose(change, turn_id)
                continue
            if file.text != change.before:
                raise StaleDocument(change.name, "an earlier text", "a newer proposal")
            new = file.propose(change, turn_id)
            if new.path != file.path:
                result[file.path] = replace(file, hunks=())
                new = self._over(result.get(new.path) or self._files.get(new.path), new, turn_id)
            result[new.path] = new
        self.put(result.values())
        return list(result.values())

    def _over(self, there: PendingFile | None, new: PendingFile, turn_id: str) -> PendingFile:
        """Return a new file that takes a name, of which something may wait already."""
        if there is None or there.base is None:
            return new
        if there.text is not None:
            raise StaleDocument(new.name, "no file", "one whose move is proposed")
        return there.propose(FileChange(new.path, new.name, None, new.text), turn_id)

    def move_base(self, path: Path, now: str | None) -> PendingFile | None:
        """Say what the person has at a path now; return the file when its hunks changed."""
        file = self._files.get(path)
        if file is None:
            return None
        moved = file.at(now)
        self.put([moved])
        return moved if moved.hunks != file.hunks else None

    def rename(self, old: Path, new: Path, name: str) -> list[PendingFile]:
        """Follow a file that the person renamed; return what is different now."""
        file = self._files.get(old)
        if file is None:
            return []
        there = replace(file, path=new, name=name)
        if there.moved_to == new:  # moved by hand to where it was to go
            there = there.without({hunk.id for hunk in there.hunks if hunk.kind == "move"})
        changed = [replace(file, hunks=()), there]
        self.put(changed)
        return changed

    # -- Overlay ----------------------------------------------------------------------------------------------------

    def text(self, path: Path) -> str | None:
        """Return the proposed text of the file at a path, or None when nothing is proposed there."""
        file = self.get(path)
        return file.text if file is not None and file.new_path == path else None

    def paths(self) -> Collection[Path]:
        """Return the files that would be changed or created."""
        return [file.new_path for file in self._files.values() if file.text is not None]

    def gone(self) -> Collection[Path]:
        """Return the files that would be deleted, or moved away."""
        taken = {file.moved_to for file in self._files.values() if file.text is not None}
        away = (file.path for file in self._files.values() if file.text is None or file.moved_to)
        return [path for path in away if path not in taken]

    def _now(self, file: PendingFile) -> PendingFile:
        """What is open in the editor is newer than what was kept."""
        text = self._open_text(file.path)
        return file if text is None else file.at(text)


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
        old, new = "".join(lines[span.start : span.end]), "".join(span.lines)
        meant = _meant(known, old, new)
        if meant is not None:
            known.remove(meant)
        if made and _alone(made[0][1], made[0][0], again):
            again = [made[0][1] if one is made[0][0] else one for one in again]
            continue
        hunk_id = meant.id if meant else new_hunk_id()
        # What took the place of the person's own lines is as much a conflict as it was.
        over = meant if meant and meant.old == old else next((one for one in hunks if _goes_over(one, old, new)), None)
        was = over.was if over is not None and over.was != old else None
        hunk = Hunk(hunk_id, (meant or hunks[0]).turn_id, "edit", span.start, old, new, was)
        beside = waiting[bisect_left(ends, span.start) : bisect_right(starts, span.end)]
        in_it = any(touches(one, span) or _had(one, before.get(one.id), span, there) for one in beside)
        if not in_it and hunk_id not in waiting_ids:  # else it waits already
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
