"""Carries out changes of several files on disk: all of them, or none.

Everything that costs space is prepared first; then each step is one rename, and so is taking it back. Only
`sandbox.confine` may use this module.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conduit.errors import PartlyApplied, StaleDocument, ToolError
from conduit.sandbox.disk_steps import Creating, Moving, Removing, Replacing, Spot, Step
from conduit.sandbox.folder_calls import FolderCalls, Likeness, likeness
from conduit.sandbox.folders import READ, Folders, checked, regular, told


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did. `new_folders` are the parents that it made, outermost first, relative to the root."""

    sha256: str
    real: str
    new_folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DiskChange:
    """What shall happen to one file.

    Attributes:
        root: one of the roots.
        relative: the path beneath it.
        expected: the SHA-256 (hex) of the content that it must have, or None when it must not exist.
        data: the content that it shall have; None to remove it, or to move it as it is.
        target: the path that it shall have; nothing may be there.
        target_root: the root of that path, when it is another one; `data` must be given then.
        mode: permission bits of a file that is made; None for the usual ones.
    """

    root: Path
    relative: str
    expected: str | None
    data: bytes | None
    target: str | None = None
    target_root: Path | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A step whose folders are open: `real` (and `target_real`) are its names without links."""

    root: Path
    real: str
    step: Step
    new_folders: tuple[str, ...] = ()
    target_real: str = ""

    def written(self) -> Written:
        step = self.step
        sha256 = hashlib.sha256(step.data).hexdigest() if isinstance(step, Replacing | Creating) else step.expected
        return Written(sha256, self.target_real or self.real, self.new_folders)


class CarryOut:
    """One transaction; `run` it once."""

    def __init__(self, folders: Folders, calls: FolderCalls) -> None:
        self._folders = folders
        self._calls = calls
        self._steps: list[_Opened] = []

    def run(self, changes: Sequence[DiskChange]) -> list[Written]:
        """Do all of `changes`, in this order, or none; see `Door.carry_out`."""
        done = False
        try:
            for change in changes:
                with told(change.relative):
                    self._open(change)
            for opened in self._steps:
                with told(opened.step.shown):
                    opened.step.prepare()
            self._take()
            done = True
        finally:
            for opened in self._steps:
                opened.step.close()
            if not done:
                for opened in reversed(self._steps):
                    self._folders.remove_folders(opened.root, opened.new_folders)
        return [opened.written() for opened in self._steps if not isinstance(opened.step, Removing)]

    def _take(self) -> None:
        taken: list[Step] = []
        try:
            for opened in self._steps:
                with told(opened.step.shown):
                    self._require_still_inside(opened)
                    taken.append(opened.step)
                    opened.step.take()
        except ToolError as error:
            left = [step.shown for step in reversed(taken) if not _taken_back(step)]
            if left:
                sentence = f"{error} Changed before that, and not put back: {', '.join(left)}."
                raise PartlyApplied(sentence, left) from error
            raise

    def _open(self, change: DiskChange) -> None:
        root, name = change.root, checked(change.relative)
        if change.expected is None:
            assert change.data is not None
            like = None if change.mode is None else (change.mode, os.geteuid(), os.getegid())
            self._add_new(root, name, change.data, like)
            return
        try:
            fd, real = self._folders.open(root, name, READ)
        except FileNotFoundError:
            raise StaleDocument(change.relative, f"content {change.expected[:12]}", "gone") from None
        try:
            old = regular(fd, change.relative)
        finally:
            os.close(fd)
        to_root = change.target_root or root
        if change.target is None and change.data is not None:
            self._add(root, real, Replacing(self._calls, self._spot(root, real), change.data, change.expected))
        elif change.target is not None and change.data is None:
            spot = self._spot(root, real)
            try:
                target, target_real, new = self._new_spot(to_root, checked(change.target))
            except BaseException:
                spot.close()
                raise
            step = Moving(self._calls, spot, target, change.expected)
            self._steps.append(_Opened(root, real, step, new, target_real))
        else:
            if change.target is not None and change.data is not None:
                self._add_new(to_root, checked(change.target), change.data, likeness(old))
            self._add(root, real, Removing(self._calls, self._spot(root, real), change.expected))

    def _add(self, root: Path, real: str, step: Step) -> None:
        self._steps.append(_Opened(root, real, step))

    def _add_new(self, root: Path, name: str, data: bytes, like: Likeness | None) -> None:
        spot, real, new = self._new_spot(root, name)
        self._steps.append(_Opened(root, real, Creating(self._calls, spot, data, like), new))

    def _spot(self, root: Path, real: str) -> Spot:
        with self._folders.parent(root, real) as (folder, base):
            return Spot(os.dup(folder), base, real)

    def _new_spot(self, root: Path, name: str) -> tuple[Spot, str, tuple[str, ...]]:
        """Open the place of a file that is to come; an earlier step may be what makes place for it."""
        folder, new = self._folders.make_folders(root, name.split("/")[:-1])
        real = f"{folder}/{name.rpartition('/')[2]}".lstrip("/")
        spot = self._spot(root, real)
        vacated = any(
            isinstance(one.step, Removing | Moving) and (one.root, one.real) == (root, real) for one in self._steps
        )
        if spot.status() is not None and not vacated:
            spot.close()
            raise StaleDocument(name, "no file", "a file that exists")
        return spot, real, new

    def _require_still_inside(self, opened: _Opened) -> None:
        """As late as can be: the folders are still where they were opened, inside the root."""
        places = [(opened.real, opened.step.spot)]
        if isinstance(opened.step, Moving):
            places.append((opened.target_real, opened.step.target))
        for real, spot in places:
            with self._folders.parent(opened.root, real) as (again, _):
                if os.fstat(again).st_ino != os.fstat(spot.folder).st_ino:
                    raise OSError(errno.EXDEV, "the folders keep changing", real)


def _taken_back(step: Step) -> bool:
    try:
        return step.take_back()
    except (OSError, ToolError):
        return False
