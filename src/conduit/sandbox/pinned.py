"""Pinned roots: folders opened once, and known again by device and inode. Only `sandbox.confine` uses them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conduit.errors import OutsideWorkspace

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class PinnedRoot:
    """A folder with its handle, which stays the same folder whatever is renamed."""

    path: Path
    fd: int
    device: int
    inode: int

    def is_there(self) -> bool:
        """Whether its path still leads to it; raises OSError when the path leads nowhere."""
        status = os.stat(self.path)
        return (status.st_dev, status.st_ino) == (self.device, self.inode)


class PinnedRoots:
    """The folders that are open now; changed by one thread at a time, read by any."""

    def __init__(self) -> None:
        self._roots: dict[Path, PinnedRoot] = {}
        self._removed: list[PinnedRoot] = []

    @property
    def paths(self) -> tuple[Path, ...]:
        """The folders, as absolute paths."""
        return tuple(self._roots)

    def set(self, roots: Sequence[Path]) -> dict[Path, str]:
        """Pin these folders and no others; return why each that cannot be opened is left out."""
        pinned: dict[Path, PinnedRoot] = {}
        lost: dict[Path, str] = {}
        for path in map(Path, map(os.path.abspath, roots)):
            try:
                known = self._roots.get(path)
                pinned[path] = known if known is not None and known.is_there() else _pin(path)
            except OSError as error:
                lost[path] = error.strerror or str(error)
        # Not closed before the end: another thread may be opening a file beneath that very handle.
        self._removed += [root for path, root in self._roots.items() if pinned.get(path) is not root]
        self._roots = pinned
        return lost

    def get(self, root: Path) -> PinnedRoot:
        """Return a root; raises OutsideWorkspace when it is none any more, or another folder is in its place."""
        pinned = self._roots.get(root)
        if pinned is None:
            raise OutsideWorkspace(f"{root} is outside the workspace; it is not accessible.")
        try:
            there = pinned.is_there()
        except OSError as error:
            raise OutsideWorkspace(f"The workspace root {root} is gone.") from error
        if not there:
            raise OutsideWorkspace(f"Another folder has taken the place of the workspace root {root}; open it again.")
        return pinned

    def close(self) -> None:
        """Let go of everything."""
        roots, self._roots, self._removed = [*self._roots.values(), *self._removed], {}, []
        for root in roots:
            os.close(root.fd)

    def __del__(self) -> None:
        """Let go with the last of those who open files here: a thread may still be at it when the App has closed."""
        self.close()


def _pin(path: Path) -> PinnedRoot:
    fd = os.open(path, _FOLDER)
    status = os.fstat(fd)
    return PinnedRoot(path, fd, status.st_dev, status.st_ino)
