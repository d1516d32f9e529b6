"""Opens and makes folders beneath the roots by descriptor, and says in words what the system refuses.

Only the rest of `sandbox` may use this module.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from conduit.errors import NotText, OutsideWorkspace, PathNotFound, PermissionDenied, ToolError
from conduit.sandbox.beneath import Beneath
from conduit.sandbox.pinned import PinnedRoots

READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
FOLDER = os.O_RDONLY | os.O_DIRECTORY


class Folders:
    """Names beneath pinned roots; `beneath` resolves them."""

    def __init__(self, pinned: PinnedRoots, beneath: Beneath) -> None:
        self.beneath = beneath
        self._pinned = pinned

    def open(self, root: Path, name: str, flags: int) -> tuple[int, str]:
        """Open what is at a checked name; returns the descriptor and the name without links. Raises OSError."""
        return self.beneath.open(self._pinned.get(root).fd, name, flags)

    @contextmanager
    def parent(self, root: Path, real: str) -> Iterator[tuple[int, str]]:
        """Open the folder of a name that has no links in it; gives its descriptor and the last part. Raises OSError."""
        folder, _, base = real.rpartition("/")
        fd, found = self.open(root, folder, FOLDER)
        try:
            if found != folder:  # a link was put into a name that had none
                raise OSError(errno.EXDEV, "the folders keep changing", real)
            yield fd, base
        finally:
            os.close(fd)

    def make_folders(self, root: Path, parts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """Make the folders that are missing.

        Returns the name of the last without links, and those that were made. Raises OSError; then none was made.
        """
        made: list[str] = []
        real = ""
        try:
            for part in parts:
                name = f"{real}/{part}".lstrip("/")
                try:
                    fd, real = self.open(root, name, FOLDER)
                except FileNotFoundError:
                    with self.parent(root, name) as (folder, base):
                        os.mkdir(base, 0o777, dir_fd=folder)
                    made.append(name)
                    fd, real = self.open(root, name, FOLDER)
                os.close(fd)
        except OSError:
            self.remove_folders(root, made)
            raise
        return real, tuple(made)

    def remove_folders(self, root: Path, folders: Sequence[str]) -> None:
        """Remove those of `folders`, outermost first, that are empty."""
        for folder in reversed(folders):
            with suppress(OSError), self.parent(root, folder) as (parent, base):
                os.rmdir(base, dir_fd=parent)


@contextmanager
def told(relative: str) -> Iterator[None]:
    """Turn what the system says about `relative` into a `ToolError`."""
    try:
        yield
    except OSError as error:
        _refuse(relative, error)


def checked(relative: str) -> str:
    """Return a relative name without empty parts; raises PathNotFound or OutsideWorkspace for one that is none."""
    if "\0" in relative:
        raise PathNotFound("A path cannot contain a NUL character.")
    try:
        os.fsencode(relative)
    except UnicodeEncodeError:
        raise PathNotFound(f"{relative!r} is not a path that can exist.") from None
    if relative.startswith("/") or ".." in relative.split("/"):
        raise OutsideWorkspace(f"{relative!r} leads out of the workspace.")
    return "/".join(part for part in relative.split("/") if part not in ("", "."))


def regular(fd: int, name: str) -> os.stat_result:
    """Return the status of an open regular file; raises NotText for anything else."""
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise NotText(f"{name!r} is {what}.")
    return status


def _refuse(relative: str, error: OSError) -> NoReturn:
    name = relative if len(relative) <= 200 else relative[:200] + "…"
    refusal: ToolError
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
        refusal = PathNotFound(f"There is no {name!r} in the workspace.")
    elif error.errno in (errno.EXDEV, errno.ELOOP, errno.EAGAIN):
        refusal = OutsideWorkspace(f"{name!r} leads out of the workspace through a link or a mount; it was not opened.")
    elif error.errno in (errno.EISDIR, errno.ENXIO, errno.ENODEV, errno.EEXIST):
        refusal = NotText(f"{name!r} is no regular file.")
    else:
        refusal = PermissionDenied(f"The system refused {name!r}: {error.strerror or error}.")
    raise refusal from error
