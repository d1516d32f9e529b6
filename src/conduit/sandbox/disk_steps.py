"""Steps of a transaction on disk: prepared, then taken, then either kept or taken back; made by a `Door`.

What costs space is done while preparing; taking a step and taking it back is one rename each, and every step can say
from the disk alone whether it was taken, so that a failure at any moment leaves no doubt. Until a step is closed its
old file stays beside the new one under a name of ours. Never over what somebody else wrote in the same moment.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass, field

from conduit.errors import NotText, PermissionDenied, StaleDocument
from conduit.sandbox.folder_calls import FolderCalls, Likeness, likeness

MARK = ".conduit-"
"""What names of our own have in them: `.<file>.conduit-<process>-<random>`."""

_CHUNK_BYTES = 1 << 20
_LONGEST_PART = 60


@dataclass
class Spot:
    """One name in a folder that is held open. `shown` is what messages call it; `close` lets the folder go."""

    folder: int
    base: str
    shown: str
    aside: str = ""
    closed: bool = False

    def __post_init__(self) -> None:
        self.aside = f".{self.base[:_LONGEST_PART]}{MARK}{os.getpid()}-{secrets.token_hex(6)}"

    def status(self, name: str | None = None) -> os.stat_result | None:
        """Return what is at the name, links not followed, or None."""
        try:
            return os.stat(name or self.base, dir_fd=self.folder, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def content(self, name: str | None = None) -> tuple[str, os.stat_result] | None:
        """Return the SHA-256 of the regular file at the name, or None when there is nothing; raises NotText."""
        try:
            flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(name or self.base, flags, dir_fd=self.folder)
        except FileNotFoundError:
            return None
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise NotText(f"{self.shown!r} is no regular file.")
            digest = hashlib.sha256()
            while piece := os.read(fd, _CHUNK_BYTES):
                digest.update(piece)
            return digest.hexdigest(), status
        finally:
            os.close(fd)

    def expect(self, sha256: str, name: str | None = None) -> os.stat_result:
        """Return the status of the file when it has this content; raises StaleDocument."""
        found = self.content(name)
        if found is None or found[0] != sha256:
            raise StaleDocument(self.shown, f"content {sha256[:12]}", f"content {found[0][:12]}" if found else "gone")
        return found[1]

    def close(self) -> None:
        """Let the folder go."""
        if not self.closed:
            self.closed = True
            os.close(self.folder)


@dataclass
class _AtSpot:
    """What is done at one name, with a file of ours beside it until it is closed."""

    calls: FolderCalls
    spot: Spot

    @property
    def shown(self) -> str:
        """The name as it was before."""
        return self.spot.shown

    def close(self) -> None:
        """Remove the file beside it, and let the folder go."""
        with suppress(OSError):
            self.calls.unlink(self.spot.folder, self.spot.aside)
        self.spot.close()


@dataclass
class Replacing(_AtSpot):
    """A file gets other content; mode and owner stay, another hard link of it keeps the old content."""

    data: bytes
    expected: str
    _ours: int = field(default=-1, init=False)

    def prepare(self) -> None:
        """Write the new content beside the old; raises StaleDocument, PermissionDenied or OSError."""
        old = writable(self.spot, self.expected)
        self._ours = self.calls.write(self.spot.folder, self.spot.aside, self.data, likeness(old)).st_ino

    def take(self) -> None:
        """Put it in the place of the old; raises StaleDocument or OSError."""
        spot = self.spot
        self.calls.exchange(spot.folder, spot.aside, spot.base)
        try:
            spot.expect(self.expected, spot.aside)
        except (StaleDocument, NotText):
            self.calls.exchange(spot.folder, spot.aside, spot.base)
            raise
        self.calls.sync(spot.folder)

    def take_back(self) -> bool:
        """Put the old in its place again; False when somebody else wrote there since."""
        spot = self.spot
        found = spot.status()
        if found is None or found.st_ino != self._ours:
            aside = spot.status(spot.aside)
            return aside is None or aside.st_ino == self._ours  # it was never taken
        if not _has(spot, None, hashlib.sha256(self.data).hexdigest()):
            return False
        self.calls.exchange(spot.folder, spot.aside, spot.base)
        return True


@dataclass
class Creating(_AtSpot):
    """A file that is not there yet. `like` gives mode and owner."""

    data: bytes
    like: Likeness | None = None
    _ours: int = field(default=-1, init=False)

    def prepare(self) -> None:
        """Write the content under a name of ours; raises OSError."""
        self._ours = self.calls.write(self.spot.folder, self.spot.aside, self.data, self.like).st_ino

    def take(self) -> None:
        """Give it its name; raises StaleDocument when there is a file, or OSError."""
        spot = self.spot
        try:
            self.calls.rename_new(spot.folder, spot.aside, spot.folder, spot.base)
        except FileExistsError:
            raise StaleDocument(spot.shown, "no file", "a file that exists") from None
        self.calls.sync(spot.folder)

    def take_back(self) -> bool:
        """Remove it; False when somebody else wrote there since."""
        spot = self.spot
        found = spot.status()
        if found is None or found.st_ino != self._ours:
            return True
        if not _has(spot, None, hashlib.sha256(self.data).hexdigest()):
            return False
        if found.st_nlink > 1:  # a rename by two calls that stopped between them
            self.calls.unlink(spot.folder, spot.base)
        else:
            self.calls.rename_new(spot.folder, spot.base, spot.folder, spot.aside)
        return True


@dataclass
class Removing(_AtSpot):
    """A file that shall be gone, if it still has the content that was expected."""

    expected: str

    def prepare(self) -> None:
        """Look whether it may go; raises StaleDocument, PermissionDenied or OSError."""
        writable(self.spot, self.expected)

    def take(self) -> None:
        """Set it aside; raises StaleDocument or OSError."""
        spot = self.spot
        try:
            self.calls.rename_new(spot.folder, spot.base, spot.folder, spot.aside)
        except FileNotFoundError:
            raise StaleDocument(spot.shown, f"content {self.expected[:12]}", "gone") from None
        try:
            spot.expect(self.expected, spot.aside)
        except (StaleDocument, NotText):
            self.calls.rename_new(spot.folder, spot.aside, spot.folder, spot.base)
            raise
        self.calls.sync(spot.folder)

    def take_back(self) -> bool:
        """Put it back; False when another file has taken the name since."""
        spot = self.spot
        if spot.status(spot.aside) is None:
            return True
        try:
            self.calls.rename_new(spot.folder, spot.aside, spot.folder, spot.base)
        except FileExistsError:
            return spot.status() is not None and _has(spot, None, self.expected)
        return True


@dataclass
class Moving(_AtSpot):
    """A file gets another name in the same root, where there is no file; it stays the same file."""

    target: Spot
    expected: str
    _moved: int = field(default=-1, init=False)

    def prepare(self) -> None:
        """Look whether it may be moved; raises StaleDocument, PermissionDenied or OSError."""
        self._moved = writable(self.spot, self.expected).st_ino

    def take(self) -> None:
        """Move it; raises StaleDocument or OSError."""
        spot, target = self.spot, self.target
        try:
            self.calls.rename_new(spot.folder, spot.base, target.folder, target.base)
        except FileExistsError:
            raise StaleDocument(target.shown, "no file", "a file that exists") from None
        except FileNotFoundError:
            raise StaleDocument(spot.shown, f"content {self.expected[:12]}", "gone") from None
        try:
            target.expect(self.expected)
        except (StaleDocument, NotText):
            self.calls.rename_new(target.folder, target.base, spot.folder, spot.base)
            raise
        self.calls.sync(target.folder)
        self.calls.sync(spot.folder)

    def take_back(self) -> bool:
        """Give it its name again; False when that name was taken since, or the file is gone."""
        found = self.target.status()
        if found is None or found.st_ino != self._moved:
            before = self.spot.status()
            return before is not None and before.st_ino == self._moved
        if self.spot.status() is not None and found.st_nlink > 1:  # a rename by two calls that stopped between them
            self.calls.unlink(self.target.folder, self.target.base)
            return True
        try:
            self.calls.rename_new(self.target.folder, self.target.base, self.spot.folder, self.spot.base)
        except FileExistsError:
            return False
        return True

    def close(self) -> None:
        """Let the folders go."""
        self.spot.close()
        self.target.close()


@dataclass
class Kept(_AtSpot):
    """A second name of a file that somebody else is about to delete, so that it can come back as the file it was."""

    expected: str

    def keep(self) -> bool:
        """Give it the name; False where a file cannot have two. Raises StaleDocument or OSError."""
        self.spot.expect(self.expected)
        return self.calls.link(self.spot.folder, self.spot.base, self.spot.aside)

    def restore(self) -> bool:
        """Give it its old name again; False when another file has that name by now, or it was not kept."""
        spot = self.spot
        kept = spot.status(spot.aside)
        if kept is None:
            return False
        found = spot.status()
        if found is not None:
            return found.st_ino == kept.st_ino
        self.calls.rename_new(spot.folder, spot.aside, spot.folder, spot.base)
        return True


Step = Replacing | Creating | Removing | Moving


def writable(spot: Spot, expected: str) -> os.stat_result:
    """Return the status of a file that has the expected content and is not read-only.

    Raises:
        StaleDocument: it has other content.
        PermissionDenied: it is read-only.
    """
    status = spot.expect(expected)
    if not stat.S_IMODE(status.st_mode) & 0o222:
        raise PermissionDenied(f"{spot.shown!r} is read-only.")
    return status


def remove_leftovers(folder: int, base: str) -> int:
    """Remove what a process that is gone left beside the file `base`, and return how many files that were."""
    start = f".{base[:_LONGEST_PART]}{MARK}"
    count = 0
    for name in os.listdir(folder):
        if name.startswith(start) and not _runs(name.removeprefix(start).partition("-")[0]):
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
                count += 1
    return count


def _runs(process: str) -> bool:
    """Say whether a process of this number may be at work, or the name is none of ours."""
    if not process.isdecimal():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _has(spot: Spot, name: str | None, sha256: str) -> bool:
    try:
        found = spot.content(name)
    except (NotText, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.ELOOP, errno.EACCES):
            raise
        return False
    return found is not None and found[0] == sha256
