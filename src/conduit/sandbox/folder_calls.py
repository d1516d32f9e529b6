"""The calls that change a folder, each by descriptor and one name; every one is all or nothing.

An object, so that a test can let each of them fail. Only the rest of `sandbox` may use this module.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from contextlib import suppress

_NO_REPLACE, _EXCHANGE = 1, 2  # linux/fs.h, RENAME_*
_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)


Likeness = tuple[int, int, int]
"""Permission bits, user and group of a file."""


def likeness(status: os.stat_result) -> Likeness:
    """Return what a file that takes the place of another has from it."""
    return stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid


class FolderCalls:
    """What the kernel offers; where it lacks a call (macOS, FAT, network shares), the next best in its place."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        self._renameat2 = getattr(libc, "renameat2", None)

    def write(self, folder: int, name: str, data: bytes, like: Likeness | None) -> os.stat_result:
        """Make the new file `name`, durable, with mode and owner of `like`; on failure there is none."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(name, flags, 0o666 if like is None else 0o600, dir_fd=folder)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            if like is not None:
                mode, user, group = like
                if (user, group) != (os.geteuid(), os.getegid()):
                    with suppress(PermissionError):  # only root may give a file away
                        os.fchown(fd, user, group)
                os.fchmod(fd, mode)
            os.fsync(fd)
            return os.fstat(fd)
        except BaseException:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
            raise
        finally:
            os.close(fd)

    def exchange(self, folder: int, one: str, other: str) -> None:
        """Let two files change names; `other` always names one of them."""
        if self._rename2(folder, one, folder, other, _EXCHANGE):
            return
        aside = f"{one}-x"
        try:
            os.link(other, aside, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.rename(other, aside, src_dir_fd=folder, dst_dir_fd=folder)
        os.rename(one, other, src_dir_fd=folder, dst_dir_fd=folder)
        os.rename(aside, one, src_dir_fd=folder, dst_dir_fd=folder)

    def rename_new(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Rename; raises FileExistsError when `to_name` exists, and never replaces it."""
        if self._rename2(folder, name, to_folder, to_name, _NO_REPLACE):
            return
        try:
            os.link(name, to_name, src_dir_fd=folder, dst_dir_fd=to_folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if self._exists(to_folder, to_name):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), to_name) from None
            os.rename(name, to_name, src_dir_fd=folder, dst_dir_fd=to_folder)
        else:
            os.unlink(name, dir_fd=folder)

    def link(self, folder: int, name: str, other: str) -> bool:
        """Give a file a second name; False where files cannot have two."""
        try:
            os.link(name, other, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            return False
        return True

    def unlink(self, folder: int, name: str) -> None:
        """Remove a file."""
        os.unlink(name, dir_fd=folder)

    def sync(self, folder: int) -> None:
        """Make what was done in a folder durable."""
        os.fsync(folder)

    def _rename2(self, folder: int, name: str, to_folder: int, to_name: str, flags: int) -> bool:
        """Call renameat2(2); False where there is no such call or the file system cannot do it."""
        if self._renameat2 is None:
            return False
        if self._renameat2(folder, os.fsencode(name), to_folder, os.fsencode(to_name), flags) == 0:
            return True
        number = ctypes.get_errno()
        if number in _NOT_HERE:
            return False
        raise OSError(number, os.strerror(number), name)

    def _exists(self, folder: int, name: str) -> bool:
        try:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True
