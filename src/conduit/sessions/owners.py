"""Who is alive: one lock file for each open store, held for its life.

The kernel drops the lock when the process ends in whatever way, so a killed server is told from a slow one without a
clock and without a heartbeat. Lock files are only created and removed while the caller holds the opening lock, so
nobody can lock a file that another is about to remove. It knows no session and no turn.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

_ATTEMPTS = 4  # another process that asks the same question holds the lock for a moment; that is no sign of life
_PAUSE_S = 0.003


class Owner:
    """This store's own lock, and the question whether another store's owner lives."""

    def __init__(self, folder: Path, owner_id: str, lock: FileLock) -> None:
        self.id = owner_id
        self._folder = folder
        self._lock = lock

    @classmethod
    def claim(cls, folder: Path) -> Owner:
        """Create and hold a new lock file in `folder`, and remove the files of the dead."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in folder.glob("*.lock"):
            if not _is_held(path):
                path.unlink(missing_ok=True)
        owner_id = uuid.uuid4().hex
        lock = FileLock(folder / f"{owner_id}.lock", mode=0o600, thread_local=False)
        lock.acquire(timeout=10)
        return cls(folder, owner_id, lock)

    def is_alive(self, owner_id: str) -> bool:
        """Whether the store with this id is open somewhere; blocks for some milliseconds at most."""
        if owner_id == self.id:
            return self._lock.is_locked
        return _is_held(self._folder / f"{owner_id}.lock")

    def release(self) -> None:
        """Give the lock back; the next store that opens removes the file."""
        self._lock.release(force=True)


def _is_held(path: Path) -> bool:
    for attempt in range(_ATTEMPTS):
        if not path.exists():
            return False
        lock = FileLock(path, mode=0o600, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            if attempt + 1 < _ATTEMPTS:
                time.sleep(_PAUSE_S)
            continue
        lock.release()
        return False
    return True
