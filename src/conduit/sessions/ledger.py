"""The ledger: what every completion of this person cost, in all workspaces, in one database.

Kept beside the sessions' own databases and never needed by them: what it holds is in their logs too. An entry is
written once, whoever writes it twice. Not a budget: nothing is refused here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from filelock import FileLock, Timeout

from conduit.errors import StoreError
from conduit.messages.content import Value
from conduit.messages.message import Usage
from conduit.sessions.database import Database, connect
from conduit.sessions.events import AssistantReplied, StoredEvent
from conduit.sessions.projections import day_of
from conduit.sessions.schema import Migration, migrate

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST = Migration(
    why="""One row for a completion, by the id of its message, so that writing it again changes nothing. `request_id` is
    the vendor's, for asking about a bill. A price that nobody knows is NULL.""",
    statements=(
        """CREATE TABLE completion (
            message_id TEXT PRIMARY KEY,
            request_id TEXT,
            at REAL NOT NULL,
            day TEXT NOT NULL,
            workspace TEXT NOT NULL,
            session_id TEXT NOT NULL,
            model TEXT NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            reasoning_tokens INTEGER NOT NULL,
            cost_usd REAL
        ) WITHOUT ROWID""",
        "CREATE INDEX completion_by_day ON completion (day)",
    ),
)
SECOND = Migration(
    why="""A process that is killed between an answer and its entry leaves the entry out. `seq` is how far a
    workspace's log was compared with this database, so that only what is newer is read again.""",
    statements=("CREATE TABLE caught_up (workspace TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID",),
)
MIGRATIONS = (FIRST, SECOND)

_OPENING_TIMEOUT_S = 30.0

_COLUMNS = (
    "message_id, request_id, at, day, workspace, session_id, model, input_tokens, output_tokens, cache_read_tokens,"
    " cache_write_tokens, reasoning_tokens, cost_usd"
)


class Entry(Value):
    """One completion; `at` is Unix seconds, `workspace` its first root or empty, `cost_usd` None when unknown."""

    message_id: str
    request_id: str | None
    at: float
    workspace: str
    session_id: str
    model: str
    usage: Usage
    cost_usd: float | None


class Total(Value):
    """What one model cost on one day (`YYYY-MM-DD`, local time); of `unpriced` completions no price is known."""

    day: str
    model: str
    completions: int
    usage: Usage
    cost_usd: float
    unpriced: int


class Replies(Protocol):
    """Reads the answers of a workspace's log; see `SessionStore.replies`."""

    async def __call__(self, *, after: int, limit: int = 500) -> tuple[list[StoredEvent], int]:
        """Return a page of answers, and how far the log was read."""
        ...


class Ledger(Protocol):
    """Keeps what completions cost."""

    def note(self, entry: Entry) -> None:
        """Take an entry in and write it soon; never blocks or raises, since a turn must not fail for its bill."""
        ...

    async def catch_up(self, workspace: str, replies: Replies) -> int:
        """Write the entries that killed processes left out; return how many. Raises StoreError."""
        ...

    async def entries(self) -> list[Entry]:
        """Return all entries, oldest first, those that wait included."""
        ...

    async def totals(self, *, since: str = "") -> list[Total]:
        """Return the sums by day and model from the day `since` on, newest first."""
        ...

    async def aclose(self) -> None:
        """Write what waits and close."""
        ...


def entry_of(event: AssistantReplied, session_id: str, workspace: str, at: float | None = None) -> Entry:
    """Return the entry of a completion that ended at `at` (Unix seconds), or just now."""
    return Entry(
        message_id=event.message_id,
        request_id=event.request_id,
        at=time.time() if at is None else at,
        workspace=workspace,
        session_id=session_id,
        model=event.model,
        usage=event.usage,
        cost_usd=event.cost_usd,
    )


class SqliteLedger:
    """The ledger in a file, opened with the first entry or question."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: Database | None = None
        self._opening = asyncio.Lock()
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, entry: Entry) -> None:
        """Write an entry in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._keep(entry), name="ledger")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def catch_up(self, workspace: str, replies: Replies) -> int:
        """Write the entries that killed processes left out; see `Ledger.catch_up`.

        It opens the file for itself, and closes it: most processes find nothing and write nothing.
        """
        try:
            at = await asyncio.to_thread(self._once, partial(_caught_up, workspace))
            page, read = await replies(after=at)
            if read < at:  # another log than the one that was compared
                at = 0
                page, read = await replies(after=0)
            added = 0
            while read > at:
                entries = [
                    entry_of(each.event, each.session_id, workspace, each.at)
                    for each in page
                    if isinstance(each.event, AssistantReplied)
                ]
                added += await asyncio.to_thread(self._once, partial(_take_in, workspace, entries, read))
                at = read
                page, read = await replies(after=at)
        except (sqlite3.Error, OSError, Timeout) as error:
            raise StoreError(f"The ledger {self._path} cannot be brought up to date: {error}.") from error
        return added

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a transaction over a connection of its own; blocks."""
        _prepare(self._path)
        with closing(connect(self._path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            done = work(connection)
            connection.execute("COMMIT")
            return done

    async def entries(self) -> list[Entry]:
        """Return all entries, oldest first; raises StoreError."""
        return await self._read(
            lambda connection: [
                _entry(row)
                for row in connection.execute(f"SELECT {_COLUMNS} FROM completion ORDER BY at, message_id")  # noqa: S608
            ]
        )

    async def totals(self, *, since: str = "") -> list[Total]:
        """Return the sums by day and model; raises StoreError."""
        return await self._read(partial(_totals, since))

    async def aclose(self) -> None:
        """Write what waits and close."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        if self._database is not None:
            await self._database.close()

    async def _keep(self, entry: Entry) -> None:
        try:
            database = await self._open()
            await database.write(partial(_insert, entry), durable=False)
        except StoreError as error:
            log.warning("the cost of a completion was not written to the ledger: %s", error)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        await asyncio.gather(*self._writing, return_exceptions=True)
        return await (await self._open()).read(work)

    async def _open(self) -> Database:
        async with self._opening:
            if self._database is None:
                try:
                    await asyncio.to_thread(_prepare, self._path)
                    database = Database(self._path)
                    await database
                    self._database = database
                except (sqlite3.Error, OSError, Timeout) as error:
                    raise StoreError(f"The ledger {self._path} cannot be opened: {error}.") from error
            return self._database


def _prepare(path: Path) -> None:
    """Make the file, for this person alone; one process at a time, since a change of the journal waits for nobody."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(path.with_name(f"{path.name}.opening"), mode=0o600).acquire(timeout=_OPENING_TIMEOUT_S):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, path, MIGRATIONS)


def _caught_up(workspace: str, connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT seq FROM caught_up WHERE workspace = ?", (workspace,)).fetchone()
    return 0 if row is None else int(row[0])


def _take_in(workspace: str, entries: Sequence[Entry], read: int, connection: sqlite3.Connection) -> int:
    """Write entries and how far the log was read; return how many entries were missing."""
    before = connection.total_changes
    for entry in entries:
        _insert(entry, connection)
    added = connection.total_changes - before
    connection.execute(
        "INSERT INTO caught_up (workspace, seq) VALUES (?, ?) ON CONFLICT (workspace) DO UPDATE SET seq = excluded.seq",
        (workspace, read),
    )
    return added


def _insert(entry: Entry, connection: sqlite3.Connection) -> None:
    usage = entry.usage
    connection.execute(
        f"INSERT INTO completion ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
        " ON CONFLICT (message_id) DO NOTHING",
        (
            entry.message_id,
            entry.request_id,
            entry.at,
            day_of(entry.at),
            entry.workspace,
            entry.session_id,
            entry.model,
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.reasoning_tokens,
            entry.cost_usd,
        ),
    )


def _totals(since: str, connection: sqlite3.Connection) -> list[Total]:
    rows = connection.execute(
        """SELECT day, model, count(*), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),
            sum(cache_write_tokens), sum(reasoning_tokens), total(cost_usd), count(*) - count(cost_usd)
            FROM completion WHERE day >= ? GROUP BY day, model ORDER BY day DESC, model""",
        (since,),
    )
    return [
        Total(day=row[0], model=row[1], completions=row[2], usage=_usage(row, 3), cost_usd=row[8], unpriced=row[9])
        for row in rows
    ]


def _entry(row: sqlite3.Row | tuple[object, ...]) -> Entry:
    return Entry.model_validate(
        {
            "message_id": row[0],
            "request_id": row[1],
            "at": row[2],
            "workspace": row[4],
            "session_id": row[5],
            "model": row[6],
            "usage": _usage(row, 7),
            "cost_usd": row[12],
        }
    )


def _usage(row: sqlite3.Row | tuple[object, ...], first: int) -> Usage:
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
    return Usage.model_validate({name: row[first + offset] for offset, name in enumerate(names)})
