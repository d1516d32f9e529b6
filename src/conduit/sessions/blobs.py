"""The blob store: texts of files before and after a change, each kept once under the SHA-256 of its content.

A blob is written whole and is on the disk before `put` returns, so that a log may name it. What is read is checked
against its name: a damaged blob is an error, never other content. Blobs hold raw files of the person: the folders are
theirs alone, nothing here is logged or sent, and nothing is removed but by the retention that they set (`expire`).
Everything blocks, so it belongs on a thread. Beside a workspace's database; `compose` makes it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from conduit.errors import CheckpointLost, StoreError

_NAME = re.compile(r"[0-9a-f]{64}")
_LOCK_TIMEOUT_S = 60.0
_LEFT_OVER_S = 86_400.0
"""A file that is still being written after a day was left by a process that died."""


@dataclass(frozen=True, slots=True)
class BlobsSize:
    """How many blobs there are, and their bytes on the disk."""

    count: int
    size_bytes: int


class BlobStore:
    """Content by its SHA-256, in files of `folder`, which is made with the first blob."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes | str) -> str:
        """Keep one content and return its name; see `put_all`."""
        return self.put_all([content])[0]

    def put_all(self, contents: Sequence[bytes | str]) -> list[str]:
        """Keep contents and return their names, in order: SHA-256 in hex; a text is kept as UTF-8.

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        data = [raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw for raw in contents]
        names = [hashlib.sha256(each).hexdigest() for each in data]
        with self._failing("written"), self._locked():
            touched = {self._keep(name, each) for name, each in dict(zip(names, data, strict=True)).items()}
            for folder in touched - {None}:
                assert folder is not None
                _sync_folder(folder)
        return names

    def get(self, name: str) -> bytes:
        """Return the content of that name.

        Raises:
            CheckpointLost: it is gone, or damaged.
            StoreError: it cannot be read.
        """
        with self._failing("read"):
            try:
                packed = self._path(name).read_bytes()
            except FileNotFoundError:
                raise CheckpointLost(
                    f"The saved text {name[:12]} is gone from {self.folder} (see checkpoints.keep_days)."
                ) from None
        data = _unpacked(packed)
        if data is None or hashlib.sha256(data).hexdigest() != name:
            raise CheckpointLost(f"The saved text {self._path(name)} is damaged; it is not used.")
        return data

    def text(self, name: str) -> str:
        """Return the content of that name as text; raises as `get`."""
        return self.get(name).decode("utf-8", "surrogatepass")

    def size(self) -> BlobsSize:
        """Return how much is kept."""
        sizes = [size for _, size, _ in self._blobs()]
        return BlobsSize(len(sizes), sum(sizes))

    def expire(self, before: float, keep: Collection[str] = ()) -> int:
        """Remove blobs that were last put before a time (Unix seconds), but for those in `keep`; return how many."""
        gone = 0
        with self._failing("removed"):
            for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
                with self._locked():  # a blob that is put again at this moment is young, or not there yet
                    for path in folder.iterdir():
                        name = folder.name + path.name
                        modified = path.stat().st_mtime
                        if _NAME.fullmatch(name):
                            if modified >= before or name in keep:
                                continue
                            gone += 1
                        elif modified >= before - _LEFT_OVER_S:
                            continue
                        path.unlink()
        return gone

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise CheckpointLost(f"{name[:80]!r} names no saved text.")
        return self.folder / name[:2] / name[2:]

    def _blobs(self) -> Iterator[tuple[str, int, float]]:
        """Yield name, bytes on the disk and time of every blob."""
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            name = path.parent.name + path.name
            try:
                status = path.stat()
            except FileNotFoundError:  # another process removed it
                continue
            if _NAME.fullmatch(name):
                yield name, status.st_size, status.st_mtime

    def _keep(self, name: str, data: bytes) -> Path | None:
        """Write one blob unless it is there; return the folder whose entry is new."""
        path = self._path(name)
        try:
            if _unpacked(path.read_bytes()) == data:
                os.utime(path)  # it is as young as its newest use
                return None
        except FileNotFoundError:
            pass
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(self.folder)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(6)}.part")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            try:
                view = memoryview(zlib.compress(data))
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        return path.parent

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            _sync_folder(self.folder.parent)
        try:
            with FileLock(self.folder / "blobs.lock", mode=0o600).acquire(timeout=_LOCK_TIMEOUT_S):
                yield
        except Timeout as error:
            raise StoreError(f"Another process has held {self.folder} for {_LOCK_TIMEOUT_S:.0f} s.") from error

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(f"The saved texts in {self.folder} cannot be {what}: {reason}.") from error


def _unpacked(packed: bytes) -> bytes | None:
    """Return what was packed, or None when it is damaged."""
    try:
        return zlib.decompress(packed)
    except zlib.error:
        return None


def _sync_folder(folder: Path) -> None:
    """Have the entries of a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
