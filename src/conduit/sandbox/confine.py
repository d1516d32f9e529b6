"""Door: the one way to the file system, which nothing outside the workspace roots goes through.

Names are resolved by descriptor, never by comparing strings, so that a link swapped in at the wrong moment leads
nowhere. Only regular files are read or written; a device, a pipe or a huge file is refused without blocking. Calls
block on the disk: an event loop runs them in a thread. Not an ignore list and not a permission: it says what can be
reached, not what may be done.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn, Self

from conduit.errors import NotText, OutsideWorkspace, PathNotFound, PermissionDenied, StaleDocument, ToolError
from conduit.sandbox.beneath import Beneath, best_wall
from conduit.sandbox.pinned import PinnedRoots

MAX_TEXT_BYTES = 5_000_000

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY
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


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did. `new_folders` are the parents that it made, outermost first, relative to the root."""

    sha256: str
    real: str
    new_folders: tuple[str, ...] = ()


class Door:
    """Reads and writes beneath pinned root folders.

    A root is opened once. When another folder takes its place later, calls are refused until the roots are set again.

    Attributes:
        wall: how names are resolved here: `openat2` or `walk`.
    """

    def __init__(self, roots: Sequence[Path], *, cross_mounts: bool = False, beneath: Beneath | None = None) -> None:
        """Pin `roots` (absolute folders). `cross_mounts` lets paths enter other file systems mounted inside.

        Raises:
            PathNotFound: a root is no folder, or cannot be opened.
        """
        self._beneath = beneath or best_wall(cross_mounts)
        self.wall = self._beneath.name
        self._roots = PinnedRoots()
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
        with self._errors(relative):
            fd, real = self._beneath.open(self._roots.get(root).fd, _checked(relative), _READ)
            try:
                status = _regular(fd, relative)
                return FileBytes(_read_up_to(fd, limit, relative), real, stat.S_IMODE(status.st_mode))
            finally:
                os.close(fd)

    def read_bytes(self, root: Path, relative: str, limit: int = MAX_TEXT_BYTES) -> bytes:
        """Return the bytes of a regular file; raises as `read`."""
        return self.read(root, relative, limit).data

    def kind(self, root: Path, relative: str) -> EntryKind:
        """Return what a path is, links inside the root followed (so never `link`); raises as `read`."""
        with self._errors(relative):
            fd, _ = self._beneath.open(self._roots.get(root).fd, _checked(relative), _READ)
            try:
                mode = os.fstat(fd).st_mode
            finally:
                os.close(fd)
        return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "other"

    def list_dir(self, root: Path, relative: str = "") -> list[Entry]:
        """Return what is in a folder, sorted by name; raises as `read`."""
        with self._errors(relative):
            fd, _ = self._beneath.open(self._roots.get(root).fd, _checked(relative), _FOLDER)
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
        with self._errors(relative):
            pinned = self._roots.get(root)
            parts = _checked(relative).split("/")
            new_folders: tuple[str, ...] = ()
            try:
                fd, real = self._beneath.open(pinned.fd, "/".join(parts), _READ)
                os.close(fd)
            except FileNotFoundError:
                if expected is not None:
                    raise StaleDocument(relative, f"content {expected[:12]}", "gone") from None
                folder, new_folders = self._make_folders(pinned.fd, parts[:-1])
                real = f"{folder}/{parts[-1]}".lstrip("/")
            if expected is None and not new_folders and self._exists(pinned.fd, real):
                raise StaleDocument(relative, "no file", "a file that exists")
            self._replace(pinned.fd, real, data, expected)
        return Written(hashlib.sha256(data).hexdigest(), real, new_folders)

    def remove(self, root: Path, relative: str, expected: str, folders: Sequence[str] = ()) -> None:
        """Remove a file whose content has the SHA-256 `expected`, and then those `folders` that are empty.

        Raises:
            StaleDocument: the file has other content; it stays.
            OutsideWorkspace, PathNotFound, NotText, PermissionDenied: as `read`.
        """
        with self._errors(relative):
            pinned = self._roots.get(root)
            with self._parent(pinned.fd, _checked(relative)) as (parent, base):
                _require_content(parent, base, expected, relative)
                os.unlink(base, dir_fd=parent)
            for folder in reversed(folders):
                with suppress(OSError), self._parent(pinned.fd, folder) as (parent, base):
                    os.rmdir(base, dir_fd=parent)

    def _exists(self, root_fd: int, real: str) -> bool:
        with self._parent(root_fd, real) as (parent, base):
            try:
                os.stat(base, dir_fd=parent, follow_symlinks=False)
            except FileNotFoundError:
                return False
        return True

    @contextmanager
    def _parent(self, root_fd: int, real: str) -> Iterator[tuple[int, str]]:
        folder, _, base = real.rpartition("/")
        fd, found = self._beneath.open(root_fd, folder, _FOLDER)
        try:
            if found != folder:  # a link was put into a name that had none
                raise OSError(errno.EXDEV, "the folders keep changing", real)
            yield fd, base
        finally:
            os.close(fd)

    def _make_folders(self, root_fd: int, parts: list[str]) -> tuple[str, tuple[str, ...]]:
        made: list[str] = []
        real = ""
        for part in parts:
            name = f"{real}/{part}".lstrip("/")
            try:
                fd, real = self._beneath.open(root_fd, name, _FOLDER)
            except FileNotFoundError:
                with self._parent(root_fd, name) as (parent, base):
                    os.mkdir(base, 0o777, dir_fd=parent)
                fd, real = self._beneath.open(root_fd, name, _FOLDER)
                made.append(real)
            os.close(fd)
        return real, tuple(made)

    def _replace(self, root_fd: int, real: str, data: bytes, expected: str | None) -> None:
        with self._parent(root_fd, real) as (parent, base):
            old = None if expected is None else _require_content(parent, base, expected, real)
            temporary = f".{base[:60]}.conduit-{secrets.token_hex(6)}"
            try:
                _write_temporary(parent, temporary, data, old)
                if expected is None:
                    _link_new(parent, temporary, base, real)
                else:
                    # As late as can be: the parent is still inside, the content is still the one that was read.
                    with self._parent(root_fd, real) as (again, _):
                        if os.fstat(again).st_ino != os.fstat(parent).st_ino:
                            raise OSError(errno.EXDEV, "the folders keep changing", real)
                    _require_content(parent, base, expected, real)
                    os.rename(temporary, base, src_dir_fd=parent, dst_dir_fd=parent)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=parent)
            os.fsync(parent)

    @contextmanager
    def _errors(self, relative: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            _refuse(relative, error)


def _checked(relative: str) -> str:
    if "\0" in relative:
        raise PathNotFound("A path cannot contain a NUL character.")
    try:
        os.fsencode(relative)
    except UnicodeEncodeError:
        raise PathNotFound(f"{relative!r} is not a path that can exist.") from None
    if relative.startswith("/") or ".." in relative.split("/"):
        raise OutsideWorkspace(f"{relative!r} leads out of the workspace.")
    return "/".join(part for part in relative.split("/") if part not in ("", "."))


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


def _regular(fd: int, name: str) -> os.stat_result:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        raise NotText(f"{name!r} is {what}.")
    return status


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


def _require_content(parent: int, base: str, expected: str, name: str) -> os.stat_result:
    try:
        fd = os.open(base, _READ | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:
        raise StaleDocument(name, f"content {expected[:12]}", "gone") from None
    try:
        status = _regular(fd, name)
        digest = hashlib.sha256()
        while piece := os.read(fd, _CHUNK_BYTES):
            digest.update(piece)
    finally:
        os.close(fd)
    if digest.hexdigest() != expected:
        raise StaleDocument(name, f"content {expected[:12]}", f"content {digest.hexdigest()[:12]}")
    if not stat.S_IMODE(status.st_mode) & 0o222:
        raise PermissionDenied(f"{name!r} is read-only.")
    return status


def _write_temporary(parent: int, name: str, data: bytes, old: os.stat_result | None) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(name, flags, 0o666 if old is None else 0o600, dir_fd=parent)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        if old is not None:
            if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
                with suppress(PermissionError):  # only root may give a file away
                    os.fchown(fd, old.st_uid, old.st_gid)
            os.fchmod(fd, stat.S_IMODE(old.st_mode))
        os.fsync(fd)
    finally:
        os.close(fd)


def _link_new(parent: int, temporary: str, base: str, name: str) -> None:
    try:
        os.link(temporary, base, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError:
        raise StaleDocument(name, "no file", "a file that exists") from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        # A file system without hard links (FAT, some network shares): the second best, with a window.
        os.rename(temporary, base, src_dir_fd=parent, dst_dir_fd=parent)
