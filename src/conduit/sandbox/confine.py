"""Door: the one way to the file system, which nothing outside the workspace roots goes through.

Names are resolved by descriptor, never by comparing strings, so that a link swapped in at the wrong moment leads
nowhere. Only regular files are read or written; a device, a pipe or a huge file is refused without blocking. Calls
block on the disk: an event loop runs them in a thread. Not an ignore list and not a permission: it says what can be
reached, not what may be done.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from conduit.errors import NotText, PathNotFound
from conduit.sandbox.beneath import Beneath, best_wall
from conduit.sandbox.carry_out import CarryOut, DiskChange, Written
from conduit.sandbox.disk_steps import Kept, Spot, remove_leftovers
from conduit.sandbox.folder_calls import FolderCalls
from conduit.sandbox.folders import FOLDER, READ, Folders, checked, regular, told
from conduit.sandbox.pinned import PinnedRoots

__all__ = ["MAX_TEXT_BYTES", "DiskChange", "Door", "Entry", "EntryKind", "FileBytes", "Kept", "Written"]

MAX_TEXT_BYTES = 5_000_000

_CHUNK_BYTES = 1 << 20

EntryKind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A regular file as it was read. `real` is its name without links, relative to the root."""

    data: bytes
    real: str
    mode: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder; a link is not followed."""

    name: str
    kind: EntryKind


class Door:
    """Reads and writes beneath pinned root folders.

    A root is opened once. When another folder takes its place later, calls are refused until the roots are set again.

    Attributes:
        wall: how names are resolved here: `openat2` or `walk`.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        *,
        cross_mounts: bool = False,
        beneath: Beneath | None = None,
        calls: FolderCalls | None = None,
    ) -> None:
        """Pin `roots` (absolute folders). `cross_mounts` lets paths enter other file systems mounted inside.

        Raises:
            PathNotFound: a root is no folder, or cannot be opened.
        """
        self._roots = PinnedRoots()
        self._folders = Folders(self._roots, beneath or best_wall(cross_mounts))
        self._calls = calls or FolderCalls()
        self.wall = self._folders.beneath.name
        for path, why in self.set_roots(roots).items():
            self.close()
            raise PathNotFound(f"The workspace root {path} cannot be opened: {why}.")

    def set_roots(self, roots: Sequence[Path]) -> dict[Path, str]:
        """Let these folders through and no others; return why each that cannot be opened is left out.

        Called by one thread at a time; what is under way beneath a root that was removed may end.
        """
        return self._roots.set(roots)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The roots, as absolute paths."""
        return self._roots.paths

    def close(self) -> None:
        """Let go of the roots; the door is of no use afterwards."""
        self._roots.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, root: Path, relative: str, limit: int = MAX_TEXT_BYTES) -> FileBytes:
        """Return a regular file whole, with its real name.

        Raises:
            OutsideWorkspace: the path leaves the root.
            PathNotFound: there is no such file.
            NotText: it is no regular file, or larger than `limit` bytes.
            PermissionDenied: the system does not let us read it.
        """
        with told(relative):
            fd, real = self._folders.open(root, checked(relative), READ)
            try:
                status = regular(fd, relative)
                return FileBytes(_read_up_to(fd, limit, relative), real, stat.S_IMODE(status.st_mode))
            finally:
                os.close(fd)

    def read_bytes(self, root: Path, relative: str, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Return the bytes of a regular file; raises as `read`."""
        return self.read(root, relative, limit).data

    def kind(self, root: Path, relative: str) -> EntryKind:
        """Return what a path is, links inside the root followed (so never `link`); raises as `read`."""
        with told(relative):
            fd, _ = self._folders.open(root, checked(relative), READ)
            try:
                mode = os.fstat(fd).st_mode
            finally:
                os.close(fd)
        return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"

    def list_dir(self, root: Path, relative: str = "") -> list[Entry]:
        """Return what is in a folder, sorted by name; raises as `read`."""
        with told(relative):
            fd, _ = self._folders.open(root, checked(relative), FOLDER)
            try:
                with os.scandir(fd) as found:
                    return sorted((Entry(one.name, _entry_kind(one)) for one in found), key=lambda one: one.name)
            finally:
                os.close(fd)

    def write_atomic(self, root: Path, relative: str, data: bytes, expected: str | None) -> Written:
        """Put `data` in the place of a file, all at once; a reader sees the old file or the new one.

        A link that stays inside is written through; a hard link is broken, so that the other name keeps its content.
        Mode and owner are kept. Missing parents are made.

        Args:
            root: one of the roots.
            relative: the path beneath it.
            data: the whole new content.
            expected: the SHA-256 (hex) of the content that is replaced, or None when the file must not exist yet.

        Raises:
            StaleDocument: the file has other content by now, exists, or is gone; nothing was changed.
            OutsideWorkspace, PathNotFound, NotText, PermissionDenied: as `read`.
        """
        return self.carry_out([DiskChange(root, relative, expected, data)])[0]

    def remove(self, root: Path, relative: str, expected: str, folders: Sequence[str] = ()) -> None:
        """Remove a file whose content has the SHA-256 `expected`, and then those `folders` that are empty.

        Raises:
            StaleDocument: the file has other content; it stays.
            OutsideWorkspace, PathNotFound, NotText, PermissionDenied: as `read`.
        """
        self.carry_out([DiskChange(root, relative, expected, None)])
        self._folders.remove_folders(root, folders)

    def carry_out(self, changes: Sequence[DiskChange]) -> list[Written]:
        """Do all of `changes`, in this order, or none; what `write_atomic` says holds for each.

        Raises:
            StaleDocument: a file has other content by now, exists, or is gone; nothing was changed.
            PartlyApplied: one failed, and what was done before it could not all be taken back.
            OutsideWorkspace, PathNotFound, NotText, PermissionDenied: as `read`; nothing was changed.
        """
        return CarryOut(self._folders, self._calls).run(changes)

    def keep(self, root: Path, relative: str, expected: str) -> Kept:
        """Keep a file that somebody else is about to delete until the answer is closed; it takes no space.

        Raises:
            StaleDocument: the file has other content.
            OutsideWorkspace, PathNotFound, NotText, PermissionDenied: as `read`.
        """
        with told(relative):
            fd, real = self._folders.open(root, checked(relative), READ)
            os.close(fd)
            with self._folders.parent(root, real) as (folder, base):
                kept = Kept(self._calls, Spot(os.dup(folder), base, relative), expected)
            try:
                kept.keep()
            except BaseException:
                kept.close()
                raise
            return kept

    def remove_leftovers(self, root: Path, relative: str) -> int:
        """Remove what a process that was killed in `carry_out` left beside a file; only when that was put right.

        Returns how many files that were. Raises as `read`.
        """
        with told(relative), self._folders.parent(root, checked(relative)) as (folder, base):
            return remove_leftovers(folder, base)

    def real_name(self, root: Path, relative: str) -> str:
        """Return a name without links, relative to the root; of what does not exist, the part that exists counts.

        Raises:
            OutsideWorkspace, PathNotFound, NotText, PermissionDenied: as `read`.
        """
        head, tail = checked(relative), ""
        with told(relative):
            while True:
                try:
                    fd, real = self._folders.open(root, head, READ)
                except FileNotFoundError:
                    head, _, base = head.rpartition("/")
                    tail = f"{base}/{tail}" if tail else base
                    continue
                os.close(fd)
                return "/".join(part for part in (real, tail) if part)


def _read_up_to(fd: int, limit: int, name: str) -> bytes:
    size = os.fstat(fd).st_size
    if size > limit:
        raise NotText(f"{name!r} is too large to read: {size:,} bytes, the limit is {limit:,}.")
    pieces: list[bytes] = []
    total = 0
    while piece := os.read(fd, min(_CHUNK_BYTES, limit + 1 - total)):
        pieces.append(piece)
        total += len(piece)
        if total > limit:
            raise NotText(f"{name!r} is too large to read: it grew over the limit of {limit:,} bytes.")
    return b"".join(pieces)


def _entry_kind(entry: os.DirEntry[str]) -> EntryKind:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"
