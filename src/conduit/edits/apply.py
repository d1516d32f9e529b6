"""ApplyAtOnce: changes go where the file is. Open in the editor: through the editor; closed: atomically to disk.

All of one call or none: everything is checked first, then the editor is asked (it may refuse, and then no disk was
touched), then the closed files are written; when that fails midway, what was done is put back. A change is made
against a text, and the text decides whether it is stale, never a date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conduit.edits.edit import Applier, FileChange
from conduit.errors import EditRefused, StaleDocument, ToolError
from conduit.sandbox.confine import Door, Written
from conduit.workspace.encoding import UTF8
from conduit.workspace.names import Place
from conduit.workspace.workspace import Workspace

_LABEL = "Conduit"


@dataclass(frozen=True, slots=True)
class _Write:
    """A closed file: its bytes before (None: it is created) and after, and the SHA-256 of those before."""

    change: FileChange
    place: Place
    before: bytes | None
    after: bytes
    sha256: str | None


class ApplyAtOnce:
    """The `EditSink` of a session whose edits are not collected."""

    def __init__(self, workspace: Workspace, door: Door, applier: Applier) -> None:
        self._workspace = workspace
        self._door = door
        self._applier = applier

    async def submit(self, changes: Sequence[FileChange]) -> str:
        """Apply all of `changes` or none; see `EditSink` for what it raises."""
        _refuse_twins(changes)
        if any(change.verb in ("delete", "move") for change in changes):
            raise EditRefused("Files are not deleted or moved yet; nothing was changed.")
        opened: list[FileChange] = []
        writes: list[_Write] = []
        for change in changes:
            self._workspace.check_writable(change.path)
            current = self._in_editor(change)
            if current is None:
                writes.append(await self._plan_write(change))
            else:
                opened.append(current)
        if opened:
            await self._applier.apply(opened, _LABEL)
        if writes:
            await self._write(opened, writes)
        return " ".join(
            [f"Applied to {change.name} in the editor; it is unsaved." for change in opened]
            + [f"{'Created' if write.before is None else 'Wrote'} {write.change.name}." for write in writes]
        )

    def _in_editor(self, change: FileChange) -> FileChange | None:
        document = self._workspace.document(change.path)
        if document is None:
            return None
        if document.text != (change.before or ""):
            expected = "another text" if change.version is None else f"version {change.version}"
            raise StaleDocument(change.name, expected, f"version {document.version}")
        return replace(change, version=document.version)

    async def _plan_write(self, change: FileChange) -> _Write:
        reading = await self._workspace.read_disk(change.path)
        place = self._workspace.place_of(change.path)
        if reading is None:
            if change.before is not None:
                raise StaleDocument(change.name, "the text that was read", "gone")
            return _Write(change, place, None, UTF8.encode(change.after or "", change.name), None)
        if change.before is None:
            raise StaleDocument(change.name, "no file", "a file that exists")
        if reading.text != change.before:
            raise StaleDocument(change.name, "the text that was read", "other text")
        before = reading.encoding.encode(reading.text, change.name)
        return _Write(change, place, before, reading.encoding.encode(change.after or "", change.name), reading.sha256)

    async def _write(self, opened: Sequence[FileChange], writes: Sequence[_Write]) -> None:
        # In a thread that a cancelled turn does not stop: the files are written all, or put back all.
        try:
            self._refuse_opened(writes)
            await asyncio.to_thread(self._write_all, writes)
        except ToolError as error:
            if not opened:
                raise
            raise EditRefused(f"{error} {await self._take_back(opened)}") from error

    def _refuse_opened(self, writes: Sequence[_Write]) -> None:
        """A file that was opened in the editor since it was looked at is the editor's now."""
        for write in writes:
            document = self._workspace.document(write.change.path)
            if document is not None:
                raise StaleDocument(write.change.name, "a closed file", f"open, at version {document.version}")

    def _write_all(self, writes: Sequence[_Write]) -> None:
        done: list[tuple[_Write, Written]] = []
        for write in writes:
            place = write.place
            try:
                done.append((write, self._door.write_atomic(place.root, place.relative, write.after, write.sha256)))
            except ToolError as error:
                left = [other.change.name for other, written in reversed(done) if not self._put_back(other, written)]
                if left:
                    raise EditRefused(
                        f"{error} These were written before that and could not be put back: {', '.join(left)}."
                    ) from error
                raise

    def _put_back(self, write: _Write, written: Written) -> bool:
        place = write.place
        try:
            if write.before is None:
                self._door.remove(place.root, place.relative, written.sha256, written.new_folders)
            else:
                self._door.write_atomic(place.root, place.relative, write.before, written.sha256)
        except ToolError:  # somebody changed it in this instant: theirs is kept
            return False
        return True

    async def _take_back(self, opened: Sequence[FileChange]) -> str:
        """Undo in the editor what was applied there; return what the model must know about it."""
        reverse: list[FileChange] = []
        for change in opened:
            document = self._workspace.document(change.path)
            if document is None or document.text != change.after:
                return f"But the change of {_names(opened)} was applied in the editor before that and stays there."
            reverse.append(replace(change, before=change.after, after=change.before or "", version=document.version))
        try:
            await self._applier.apply(reverse, f"{_LABEL}: take back")
        except ToolError:
            return f"But the change of {_names(opened)} was applied in the editor before that and stays there."
        return f"The change of {_names(opened)} in the editor was taken back."


def _names(changes: Sequence[FileChange]) -> str:
    return ", ".join(change.name for change in changes)


def _refuse_twins(changes: Sequence[FileChange]) -> None:
    seen: set[object] = set()
    for change in changes:
        if change.path in seen:
            raise EditRefused(f"Two changes of {change.name} came in one call; nothing was changed.")
        seen.add(change.path)
