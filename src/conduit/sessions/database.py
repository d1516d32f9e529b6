"""One connection on its own thread: a transaction is a plain function that runs there in one piece.

So a transaction costs one hop, no other task can get between its statements, and a cancelled caller leaves it whole:
it still commits or rolls back. It knows no table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import aiosqlite

from conduit.errors import StoreCorrupt, StoreError

BUSY_TIMEOUT_S = 60.0
"""How long a writer waits for other processes; many servers on one database queue up here."""

_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open `path` in autocommit mode with the house's settings; blocks, so it belongs on a thread."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        # Beyond this the log file is cut after a checkpoint; a single huge transaction must not keep its space.
        connection.execute(f"PRAGMA journal_size_limit = {16 * 1024 * 1024}")
        if read_only:
            connection.execute("PRAGMA query_only = 1")
        # A rotten byte must not make a whole row unreadable.
        connection.text_factory = _decode
        connection.create_function("casefold", 1, _casefold, deterministic=True)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _casefold(text: str) -> str:
    return text.casefold()


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file itself is damaged."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF) in _CORRUPT


def suspect_marker(path: Path) -> Path:
    """Return the file whose presence makes the next opening check the whole database."""
    return path.with_name(path.name + ".suspect")


class Database(aiosqlite.Connection):
    """An aiosqlite connection that runs whole transactions."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(partial(connect, path, read_only=read_only), iter_chunk_size=64)
        self.path = path
        # A face that forgets to close must not keep the process alive; SQLite survives being cut off.
        self._thread.daemon = True

    async def write(self, work: Work[T], *, durable: bool) -> T:
        """Run `work` inside one write transaction and return what it returns, committed.

        With `durable` the commit is on the disk when this returns; without, a power cut may take the newest commits
        back, a kill never.

        Raises:
            StoreError: the disk is full, another process did not let go, or the store is closed.
            StoreCorrupt: the file is damaged.
        """
        return await self._run(partial(_write, work, durable))

    async def read(self, work: Work[T]) -> T:
        """Run `work` on one consistent state of the database; errors as in `write`."""
        return await self._run(partial(_read, work))

    async def checkpoint(self) -> None:
        """Bring the write-ahead log into the database and empty it, as far as nobody reads; errors as `write`."""
        await self._run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    async def _run(self, work: Work[T]) -> T:
        try:
            connection = self._conn
        except ValueError:
            raise StoreError("The session store is closed.") from None
        try:
            result: T = await self._execute(work, connection)  # type: ignore[no-untyped-call]
        except sqlite3.Error as error:
            raise _store_error(self.path, error) from error
        except UnicodeDecodeError as error:  # the text of the schema itself
            raise _corrupt(self.path, error) from error
        except StoreCorrupt:
            suspect_marker(self.path).touch()
            raise
        return result


def _write(work: Work[T], durable: bool, connection: sqlite3.Connection) -> T:
    connection.execute("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return result


def _read(work: Work[T], connection: sqlite3.Connection) -> T:
    connection.execute("BEGIN")
    try:
        return work(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _store_error(path: Path, error: sqlite3.Error) -> StoreError:
    if is_corrupt(error):
        return _corrupt(path, error)
    return StoreError(f"The session database {path} failed: {error}.")


def _corrupt(path: Path, error: Exception) -> StoreCorrupt:
    suspect_marker(path).touch()
    return StoreCorrupt(
        f"{path} is damaged ({error}). It will be set aside, and what can be read saved, when Conduit next starts."
    )
