"""PendingFiles: what a session's model proposes and the person has not decided, file by file.

It is an overlay of the workspace, so the tools of the same session read their own proposals. Nothing here touches a
disk or an editor: what the person has now is handed in. Immutable values are swapped whole, so that a thread may read.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conduit.edits.edit import FileChange
from conduit.edits.hunks import Hunk, propose, proposed, rebase_hunks, take
from conduit.errors import StaleDocument


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
