"""Open a path beneath a directory handle, whatever anybody renames meanwhile.

Two walls with one shape: the kernel's own (`openat2` with RESOLVE_BENEATH, Linux 5.6), and a walk in which every
component is opened without following links and links are resolved by hand, step by step. Both follow a link that
stays inside and refuse one that leaves, even one that comes back (`../root/file`), and both answer with the real name
of what was opened. Only `sandbox.confine` may use this module. A system without directory handles (Windows) has
neither wall.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import PurePosixPath
from typing import ClassVar, Protocol

_MAX_LINKS = 40  # what Linux itself follows before it answers ELOOP (path_resolution(7))
_MAX_RACES = 64


class Beneath(Protocol):
    """Opens names beneath a directory."""

    name: ClassVar[str]

    def open(self, root_fd: int, relative: str, flags: int) -> tuple[int, str]:
        """Open `relative`, following links that stay beneath `root_fd`.

        Args:
            root_fd: a handle of the directory that nothing may leave.
            relative: parts joined by `/`; empty or `.` is the root itself.
            flags: as for `os.open`; nothing is ever created.

        Returns:
            The descriptor, and the name without links, relative to the root (empty for the root itself).

        Raises:
            OSError: EXDEV when the path leaves the root (or its file system), else as `open(2)`.
        """
        ...


class _OpenHow(ctypes.Structure):
    """`struct open_how`, openat2(2)."""

    _fields_: ClassVar = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


class KernelBeneath:
    """The kernel resolves: one call, no window. Numbers are from linux/openat2.h; 437 is the call on every port."""

    name: ClassVar[str] = "openat2"
    _SYSCALL = 437
    _NO_XDEV, _NO_MAGICLINKS, _BENEATH = 0x01, 0x02, 0x08

    def __init__(self, cross_mounts: bool = False) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._resolve = self._BENEATH | self._NO_MAGICLINKS | (0 if cross_mounts else self._NO_XDEV)

    def open(self, root_fd: int, relative: str, flags: int) -> tuple[int, str]:
        """Open by `openat2`; the real name is read off the descriptor."""
        how = _OpenHow(flags | os.O_CLOEXEC, 0, self._resolve)
        path = os.fsencode(relative or ".")
        for _ in range(_MAX_RACES):  # EAGAIN: a rename went on while the kernel resolved `..`
            fd = int(self._libc.syscall(self._SYSCALL, root_fd, path, ctypes.byref(how), ctypes.sizeof(how)))
            if fd >= 0:
                break
            if ctypes.get_errno() != errno.EAGAIN:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), relative)
        else:
            raise OSError(errno.EAGAIN, "the folders keep changing", relative)
        try:
            return fd, self._real_name(root_fd, fd, relative)
        except OSError:
            os.close(fd)
            raise

    @staticmethod
    def _real_name(root_fd: int, fd: int, relative: str) -> str:
        root, found = os.readlink(f"/proc/self/fd/{root_fd}"), os.readlink(f"/proc/self/fd/{fd}")
        if found == root:
            return ""
        inside = root.rstrip("/") + "/"
        if not found.startswith(inside):  # it was moved out after the call
            raise OSError(errno.EXDEV, "outside", relative)
        return found[len(inside) :]

    @classmethod
    def works_here(cls) -> bool:
        """Whether this kernel has `openat2`, and /proc to ask for names."""
        if os.name != "posix" or not os.path.isdir("/proc/self/fd"):
            return False
        handle = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        try:
            fd, _ = cls(cross_mounts=True).open(handle, ".", os.O_RDONLY | os.O_DIRECTORY)
            os.close(fd)
        except (OSError, AttributeError):
            return False
        finally:
            os.close(handle)
        return True


class WalkBeneath:
    """Component by component with O_NOFOLLOW; `..` of a link goes back to a handle that the walk already holds."""

    name: ClassVar[str] = "walk"

    def __init__(self, cross_mounts: bool = False) -> None:
        self._cross_mounts = cross_mounts

    def open(self, root_fd: int, relative: str, flags: int) -> tuple[int, str]:
        """Open by walking; a bind mount of the same file system is not noticed by this wall."""
        device = os.fstat(root_fd).st_dev
        todo = _parts(relative)[::-1]
        handles, names, links = [os.dup(root_fd)], list[str](), 0
        try:
            while todo:
                part = todo.pop()
                target = None if part == ".." else _link_target(part, handles[-1])
                if target is not None:
                    links += 1
                    _check_link(target, links, relative)
                    todo.extend(_parts(target)[::-1])
                elif part == "..":
                    if not names:
                        raise OSError(errno.EXDEV, "outside", relative)
                    names.pop()
                    os.close(handles.pop())
                elif todo:
                    handles.append(self._open_one(part, os.O_RDONLY | os.O_DIRECTORY, handles[-1], device))
                    names.append(part)
                else:
                    return self._open_one(part, flags, handles[-1], device), "/".join([*names, part])
            return self._open_one(".", flags, handles[-1], device), "/".join(names)
        finally:
            for handle in handles:
                os.close(handle)

    def _open_one(self, part: str, flags: int, directory: int, device: int) -> int:
        fd = os.open(part, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        if not self._cross_mounts and os.fstat(fd).st_dev != device:
            os.close(fd)
            raise OSError(errno.EXDEV, "another file system", part)
        return fd


def _parts(relative: str) -> list[str]:
    return [part for part in PurePosixPath(relative).parts if part not in ("", ".", "/")]


def _link_target(part: str, directory: int) -> str | None:
    try:
        return os.readlink(part, dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise


def _check_link(target: str, links: int, relative: str) -> None:
    if links > _MAX_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), relative)
    if target.startswith("/"):
        raise OSError(errno.EXDEV, "outside", relative)


def best_wall(cross_mounts: bool = False) -> Beneath:
    """Return the strongest wall that this system has."""
    return KernelBeneath(cross_mounts) if KernelBeneath.works_here() else WalkBeneath(cross_mounts)
