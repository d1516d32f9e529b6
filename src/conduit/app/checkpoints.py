"""Checkpoints: the texts of a change in the blob store, and the change made of them again.

It knows no session and decides nothing. Used by `app.changes`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from conduit.edits.edit import FileChange
from conduit.edits.revert import Now, Present, Unreadable, paths_of
from conduit.errors import PathNotFound, ToolError
from conduit.sessions.blobs import BlobStore
from conduit.sessions.events import ChangeStarted, FileState
from conduit.workspace.encoding import UTF8, Encoding, decode
from conduit.workspace.workspace import Workspace


class Checkpoints:
    """Keeps what is needed to take changes back."""

    def __init__(self, workspace: Workspace, blobs: BlobStore) -> None:
        self._workspace = workspace.with_overlay(None)
        self._blobs = blobs

    async def keep(self, changes: Sequence[FileChange]) -> tuple[FileState, ...]:
        """Put the texts before and after into the blob store; on the disk when this returns. Raises StoreError."""
        return await asyncio.to_thread(lambda: self._keep(changes))

    async def changes(self, change: ChangeStarted) -> list[FileChange]:
        """Return what a change did; raises CheckpointLost."""
        return await asyncio.to_thread(lambda: [self._change(state) for state in change.files])

    async def now(self, changes: Sequence[FileChange]) -> dict[Path, Now]:
        """Return what is at every path that `changes` are about, as the person has it: buffer over disk."""
        return {path: await self._now(path) for path in paths_of(changes)}

    async def _now(self, path: Path) -> Now:
        try:
            reading = await self._workspace.read_or_none(str(path))
        except ToolError as error:
            return Unreadable(str(error))
        if reading is None:
            return None
        on_disk = reading.version is None or await asyncio.to_thread(self._is_on_disk, path)
        return Present(reading.text, reading.version, on_disk)

    def _is_on_disk(self, path: Path) -> bool:
        place = self._workspace.place_of(path)
        try:
            self._workspace.door.kind(place.root, place.relative)
        except PathNotFound:
            return False
        except ToolError:
            return True
        return True

    def _keep(self, changes: Sequence[FileChange]) -> tuple[FileState, ...]:
        texts = [text for change in changes for text in (change.before, change.after) if text is not None]
        names = dict(zip(texts, self._blobs.put_all(texts), strict=True))
        return tuple(self._state(change, names) for change in changes)

    def _state(self, change: FileChange, names: dict[str, str]) -> FileState:
        encoding, mode = self._on_disk(change)
        return FileState(
            path=str(change.path),
            name=change.name,
            before=None if change.before is None else names[change.before],
            after=None if change.after is None else names[change.after],
            moved_to=str(change.moved_to) if change.moved_to else None,
            moved_name=change.moved_name,
            codec=encoding.codec,
            bom=encoding.bom,
            mode=mode,
            open=any(self._workspace.document(path) is not None for path in (change.path, change.new_path)),
        )

    def _on_disk(self, change: FileChange) -> tuple[Encoding, int | None]:
        """Return how the bytes of the file are to be read, and its permission bits; of a new one, how it shall be."""
        place = self._workspace.place_of(change.path)
        try:
            found = self._workspace.door.read(place.root, place.relative)
            return decode(found.data, change.name)[1], found.mode
        except ToolError:
            return change.encoding or UTF8, change.mode

    def _change(self, state: FileState) -> FileChange:
        return FileChange(
            Path(state.path),
            state.name,
            None if state.before is None else self._blobs.text(state.before),
            None if state.after is None else self._blobs.text(state.after),
            moved_to=Path(state.moved_to) if state.moved_to else None,
            moved_name=state.moved_name,
            encoding=Encoding(state.codec, state.bom),
            mode=state.mode,
        )
