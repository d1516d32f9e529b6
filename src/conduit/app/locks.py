"""Locks that hold among processes; one that dies lets go. Used by what changes a session's files or its branch."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from conduit.errors import SessionBusy, StoreError


def locked(folder: Path, name: str, timeout_s: float) -> FileLock:
    """Return a lock, held; raises SessionBusy or StoreError."""
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        lock = FileLock(folder / f"{name}.lock", mode=0o600, thread_local=False)
        lock.acquire(timeout=timeout_s)
    except Timeout:
        raise SessionBusy(
            "Another Conduit process is changing this conversation or its files; wait for its end."
        ) from None
    except OSError as error:
        raise StoreError(f"The folder {folder} cannot be written: {error.strerror or error}.") from error
    return lock
