"""Taking the changes of several files back, the newest first, from the files as they are now: a plan, nothing more.

Created files go if they are as they were created, deleted ones come back if nothing is in their place, moved ones go
back to where they were; what was changed since stays and is reported. Pure: the texts are handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from conduit.edits.checkpoint import Kept, take_back
from conduit.edits.edit import FileChange
from conduit.edits.spans import Span, spans

Verb = Literal["create", "delete", "move", "edit", "none"]


@dataclass(frozen=True, slots=True)
class Present:
    """A file that is there, with its text.

    `version` is that of the open document, None for a closed file; `on_disk`: not only in the editor.
    """

    text: str
    version: int | None = None
    on_disk: bool = True


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something is there whose text cannot be read; `reason` is a sentence."""

    reason: str


Now = Present | Unreadable | None
"""What is at a path now; None: nothing."""


@dataclass(frozen=True, slots=True)
class FileRevert:
    """What becomes of one file.

    Attributes:
        name: its name now.
        verb: what happens to it; `none` when it stays as it is.
        new_name: its name afterwards.
        lines: how many lines change.
        kept: lines, counted in the text afterwards, where the change stays because they were changed since.
        since: how many lines were changed since; all of them stay.
        problems: sentences about what cannot be taken back.
    """

    name: str
    verb: Verb
    new_name: str
    lines: int = 0
    kept: tuple[Kept, ...] = ()
    since: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revert:
    """The changes that take something back, and what becomes of each file."""

    changes: tuple[FileChange, ...]
    files: tuple[FileRevert, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing of it stays."""
        return not any(file.kept or file.problems for file in self.files)


@dataclass
class _File:
    """A file on its way back. `start` is its path and text now, or None when it is not there yet."""

    name: str
    text: str
    start: tuple[Path, Present] | None
    change: FileChange | None = None
    gone: bool = False
    kept: list[Kept] = field(default_factory=list)
    since: int = 0
    problems: list[str] = field(default_factory=list)
    start_name: str = ""


def paths_of(changes: Sequence[FileChange]) -> list[Path]:
    """Return all paths whose files must be looked at to take `changes` back."""
    return list(dict.fromkeys(path for change in changes for path in (change.path, change.new_path)))


def revert(changes: Sequence[FileChange], now: Mapping[Path, Now]) -> Revert:
    """Return how to take `changes` (in the order in which they were made) back from the files as they are now.

    Args:
        changes: what was done.
        now: what is at each of `paths_of(changes)`.
    """
    return _Table(now).revert(changes)


class _Table:
    """The files by path, while one change after the other is taken back."""

    def __init__(self, now: Mapping[Path, Now]) -> None:
        self._now = now
        self._files = {
            path: _File("", found.text, (path, found)) for path, found in now.items() if isinstance(found, Present)
        }
        self._all = list(self._files.values())
        self._names: dict[Path, str] = {}

    def revert(self, changes: Sequence[FileChange]) -> Revert:
        """Take them back; see `revert`."""
        for change in changes:
            for path, name in ((change.path, change.name), (change.new_path, change.new_name)):
                self._names[path] = name
                if path in self._files:
                    self._files[path].name = self._files[path].start_name = name
        steps = {"edit": self._edit, "create": self._create, "delete": self._delete, "move": self._move}
        waiting = list(reversed(changes))
        while waiting:
            change = waiting.pop(0)
            if change.verb == "delete" and self._files.get(change.path) is not None:
                # What has taken its place may go back in a moment: changes that were made at once have no order.
                mover = (n for n, one in enumerate(waiting) if one.new_path == change.path and one.path != change.path)
                if (place := next(mover, None)) is not None:
                    waiting.insert(place + 1, change)
                    continue
            steps[change.verb](change)
        told = [_told(file, self._place(file)) for file in self._all if file.name]
        return Revert(
            tuple(self._changes()),
            tuple(file for file in told if file.verb != "none" or file.kept or file.problems),
        )

    def _place(self, file: _File) -> Path | None:
        return next((path for path, each in self._files.items() if each is file), None)

    def _changes(self) -> Iterator[FileChange]:
        """Yield how the files become what they are here: moves where both ends are free, else path by path."""
        present = {file.start[0]: file for file in self._all if file.start is not None}
        done: set[Path] = set()
        for path, file in self._files.items():
            if file.start is None or file.start[0] == path or path in present or file.start[0] in self._files:
                continue
            start, now = file.start
            yield FileChange(
                start, self._names[start], now.text, file.text, now.version, moved_to=path, moved_name=self._names[path]
            )
            done |= {start, path}
        for path in dict.fromkeys([*present, *self._files]):
            old, new = present.get(path), self._files.get(path)
            before = old.start[1] if old and old.start else None
            after = new.text if new else None
            if path in done or path not in self._names or (before.text if before else None) == after:
                continue
            made = new.change if new and before is None else None
            yield FileChange(
                path,
                self._names[path],
                before.text if before else None,
                after,
                before.version if before else None,
                encoding=made.encoding if made else None,
                mode=made.mode if made else None,
            )

    def _edit(self, change: FileChange) -> None:
        file = self._find(change.path, change.name)
        if file is not None:
            self._take_text_back(file, change)

    def _create(self, change: FileChange) -> None:
        if self._now.get(change.path) is None and change.path not in self._files:
            return  # somebody removed it: there is nothing left to take back
        file = self._find(change.path, change.name)
        if file is None:
            return
        if file.text == change.after:
            del self._files[change.path]
            file.gone = True
        else:
            file.problems.append("It was changed since it was created, so it stays.")
            file.since += _changed_lines(change.after or "", file.text)

    def _delete(self, change: FileChange) -> None:
        there = self._files.get(change.path)
        if there is not None and there.start is not None and not there.start[1].on_disk:
            if there.text != change.before:
                self._tell(change.path, change.name, "It is open in the editor and not saved: save it there.")
                return
            self._all.remove(self._files.pop(change.path))  # an editor that cannot delete shows it still
        elif there is not None and there.text == change.before:
            return  # somebody brought it back
        if self._is_taken(change.path):
            self._tell(change.path, change.name, "Another file is in its place, so the deleted one does not come back.")
            return
        # The same path may have been made again by a later change, which was taken back a moment ago.
        file = next((each for each in self._all if each.gone and each.start and each.start[0] == change.path), None)
        if file is None:
            file = _File(change.name, "", None)
            self._all.append(file)
        file.text, file.gone, file.change = change.before or "", False, change
        self._files[change.path] = file

    def _move(self, change: FileChange) -> None:
        file = self._find(change.new_path, change.new_name)
        if file is None:
            return
        if self._is_taken(change.path):
            file.problems.append(f"Another file is at {change.name}, so it does not go back there.")
        else:
            self._files[change.path] = self._files.pop(change.new_path)
            file.name, file.change = change.name, change
        self._take_text_back(file, change)

    def _take_text_back(self, file: _File, change: FileChange) -> None:
        taken = take_back(change.before or "", change.after or "", file.text)
        moved = spans(file.text, taken.text)
        file.kept = [_moved(kept, moved) for kept in file.kept] + list(taken.kept)
        file.since = max(file.since, taken.since)
        file.text = taken.text

    def _find(self, path: Path, name: str) -> _File | None:
        file = self._files.get(path)
        if file is None:
            found = self._now.get(path)
            reason = found.reason if isinstance(found, Unreadable) else "It is not there any more."
            self._tell(path, name, reason)
        return file

    def _is_taken(self, path: Path) -> bool:
        return path in self._files or isinstance(self._now.get(path), Unreadable)

    def _tell(self, path: Path, name: str, problem: str) -> None:
        file = self._files.get(path)
        if file is None:
            file = _File(name, "", None, gone=True, start_name=name)
            self._all.append(file)
        if problem not in file.problems:
            file.problems.append(problem)


def _moved(kept: Kept, through: Sequence[Span]) -> Kept:
    shift = sum(span.shift for span in through if span.end <= kept.start)
    return kept.moved(shift)


def _told(file: _File, place: Path | None) -> FileRevert:
    before = file.start[1].text if file.start else ""
    verb: Verb
    if file.start is None:
        verb = "none" if place is None else "create"
    elif place is None:
        verb = "delete" if file.gone else "none"
    else:
        verb = "move" if place != file.start[0] else "edit" if file.text != before else "none"
    return FileRevert(
        name=file.start_name or file.name,
        verb=verb,
        new_name=file.name,
        lines=0 if verb == "none" else _changed_lines(before, "" if verb == "delete" else file.text),
        kept=tuple(sorted(file.kept, key=lambda kept: kept.start)),
        since=file.since,
        problems=tuple(file.problems),
    )


def _changed_lines(before: str, after: str) -> int:
    return sum(max(len(span.lines), span.end - span.start) for span in spans(before, after))
