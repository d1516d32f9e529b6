"""The session store on SQLite: one database for each workspace, shared by any number of processes.

Every append is one transaction that writes the log and what is read from it. It is not the agent: it never decides
what happens next, except that a turn whose process died is closed (`repair`). Made by `open_store`; `compose` is the
only caller.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from conduit.errors import SessionBusy, SessionNotFound, StoreError
from conduit.messages.content import sanitize_text
from conduit.sessions import queries
from conduit.sessions.branch_events import RewindStarted, TipMoved
from conduit.sessions.branches import read_branch
from conduit.sessions.database import Database, connect
from conduit.sessions.events import (
    AssistantReplied,
    ChangeFinished,
    ChangeStarted,
    Event,
    EventType,
    Notice,
    PermissionAnswered,
    SessionChanged,
    SessionInfo,
    SessionOpened,
    StoredEvent,
    StoredMessage,
    ToolFinished,
    ToolStarted,
    TurnEnded,
    TurnStarted,
    UsageRow,
    parse_event,
)
from conduit.sessions.forgetting import check_deletable, forget
from conduit.sessions.owners import Owner
from conduit.sessions.projections import Place, project, rebuild
from conduit.sessions.recovery import close_turn
from conduit.sessions.salvage import is_damaged, set_aside_and_salvage
from conduit.sessions.schema import migrate

BOUNDARIES = (
    TurnStarted,
    PermissionAnswered,
    ToolStarted,
    ToolFinished,
    ChangeStarted,
    ChangeFinished,
    TurnEnded,
    RewindStarted,
    TipMoved,
)
"""What the person sees as done, or what an effect depends on: on the disk before `append` returns."""

_OPENING_TIMEOUT_S = 60.0
_WHOEVER_RUNS = (Notice, SessionChanged, SessionOpened)  # may be appended by a process that does not run the turn


async def open_store(path: Path, *, now: Callable[[], float] = time.time) -> SqliteStore:
    """Open the database at `path`, creating it or bringing it up to date, off the event loop.

    A damaged file is set aside first; the store's `notice` then says so in a sentence for the person.

    Args:
        path: see `paths.database_path`; missing folders are created, readable by this user only.
        now: the clock, Unix seconds.

    Raises:
        SchemaTooNew: a newer Conduit wrote it.
        StoreError: it cannot be opened (permissions, disk, another process does not let go).
    """
    owner, notice = await asyncio.to_thread(_prepare, path)
    try:
        writer = await Database(path)
        reader = await Database(path, read_only=True)
    except sqlite3.Error as error:
        owner.release()
        raise StoreError(f"The database {path} cannot be opened: {error}.") from error
    assert isinstance(writer, Database)
    assert isinstance(reader, Database)
    return SqliteStore(writer, reader, owner, notice, now)


def _prepare(path: Path) -> tuple[Owner, str | None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(path.with_name("opening.lock"), mode=0o600).acquire(timeout=_OPENING_TIMEOUT_S):
            # SQLite gives its side files the mode of the database.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            notice = set_aside_and_salvage(path) if is_damaged(path) else None
            with closing(connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                migrate(connection, path)
            return Owner.claim(path.parent / "owners"), notice
    except Timeout as error:
        raise StoreError(f"Another process has been opening {path} for {_OPENING_TIMEOUT_S:.0f} s.") from error
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"The database {path} cannot be opened: {error}.") from error


class SqliteStore:
    """One workspace's sessions (see `SessionStore`).

    A cancelled call still happens, whole, in the order of the calls; only its answer is not awaited.

    Attributes:
        notice: a sentence for the person about a damaged database that was set aside, or None.
    """

    def __init__(
        self, writer: Database, reader: Database, owner: Owner, notice: str | None, now: Callable[[], float]
    ) -> None:
        self.notice = notice
        self._writer = writer
        self._reader = reader
        self._owner = owner
        self._now = now

    async def open_session(self, opened: SessionOpened) -> SessionInfo:
        """Create a session and return it."""
        session_id = f"ses_{uuid.uuid4().hex}"

        def work(connection: sqlite3.Connection) -> SessionInfo:
            if opened.forked_from is not None and opened.forked_at is not None:
                queries.check_fork_point(connection, opened.forked_from, opened.forked_at)
            self._log(connection, session_id, opened)
            return queries.read_session(connection, session_id, self._owner.is_alive)

        return await self._writer.write(work, durable=False)

    async def append(self, session_id: str, *events: Event) -> int:
        """Append events in one transaction and return the seq of the last one (see `SessionStore.append`).

        Raises:
            SessionNotFound: no such session.
            SessionBusy: a turn starts, or goes on, in a session that another turn or process has.
        """
        if not events:
            raise ValueError("nothing to append")
        durable = any(isinstance(event, BOUNDARIES) for event in events)
        return await self._writer.write(partial(self._append, session_id, events), durable=durable)

    async def keep_partial(
        self, session_id: str, message_id: str, kind: Literal["text", "thinking"], text: str
    ) -> None:
        """Add text to the running answer, so that a kill keeps it; a power cut may take the newest away."""
        raw = text.encode("utf-8", "surrogatepass")  # a chunk may end in the middle of a pair

        def work(connection: sqlite3.Connection) -> None:
            done = connection.execute(
                "INSERT INTO partial (session_id, message_id, kind, text) SELECT id, ?, ?, ? FROM session WHERE id = ?",
                (message_id, kind, raw, session_id),
            )
            if done.rowcount == 0:
                raise SessionNotFound(session_id)

        await self._writer.write(work, durable=False)

    async def repair(self, session_id: str, *, abandoned: bool = False) -> bool:
        """Close what a dead process left open, and say whether there was anything; once, whoever asks."""
        return await self._writer.write(partial(self._repair, session_id, abandoned), durable=True)

    async def session(self, session_id: str) -> SessionInfo:
        """Return one session; raises SessionNotFound."""
        return await self._reader.read(
            lambda connection: queries.read_session(connection, session_id, self._owner.is_alive)
        )

    async def sessions(self, *, query: str = "", cursor: str | None = None, limit: int = 50) -> list[SessionInfo]:
        """Return sessions, the last used first, whose title or text contains `query` (upper and lower case alike).

        Raises:
            SessionNotFound: `cursor` names no session.
        """
        clean = sanitize_text(query)
        return await self._reader.read(
            lambda connection: queries.list_sessions(connection, clean, cursor, limit, self._owner.is_alive)
        )

    async def events(self, session_id: str, *, after: int = 0) -> list[StoredEvent]:
        """Return the log of a session from the event after `after`; raises SessionNotFound."""
        return await self._reader.read(lambda connection: queries.read_events(connection, session_id, after))

    async def branch(self, session_id: str, *, after: int = 0) -> tuple[list[StoredEvent], int]:
        """Return the events of the current branch after a place, and the end (see `SessionStore.branch`)."""
        return await self._reader.read(lambda connection: read_branch(connection, session_id, after))

    async def replies(self, *, after: int, limit: int = 500) -> tuple[list[StoredEvent], int]:
        """Return the answers of all sessions after a place of the log, oldest first, and how far it was read."""
        return await self._reader.read(lambda connection: queries.read_replies(connection, after, limit))

    async def events_of(self, *types: EventType, session_id: str | None = None, after: int = 0) -> list[StoredEvent]:
        """Return the events of some types after the one `after`, of one session or of all, in order."""
        return await self._reader.read(lambda connection: queries.read_events_of(connection, types, session_id, after))

    async def conversation(self, session_id: str, *, tip: str | None = None) -> list[StoredMessage]:
        """Return the messages from the root to `tip`, forks included.

        Raises:
            SessionNotFound: no such session.
            UserError: no such message.
        """
        return await self._reader.read(lambda connection: queries.read_conversation(connection, session_id, tip))

    async def fork(self, session_id: str, message_id: str) -> SessionInfo:
        """Create a session that starts after `message_id` of another and shares its messages.

        Raises:
            SessionNotFound: no such session.
            UserError: no such message in it, or one whose tool calls have no results yet.
        """
        source = await self.session(session_id)
        return await self.open_session(
            SessionOpened(
                title=source.title,
                mode=source.mode,
                model=source.model,
                cwd=source.cwd,
                forked_from=session_id,
                forked_at=message_id,
                parameters=source.parameters,
            )
        )

    async def delete(self, session_id: str, *, abandoned: bool = True) -> None:
        """Delete a session for good (see `SessionStore.delete`)."""

        def work(connection: sqlite3.Connection) -> None:
            queries.read_session(connection, session_id, self._owner.is_alive)
            check_deletable(connection, session_id, self._owner, abandoned=abandoned)
            forget(connection, session_id)

        await self._writer.write(work, durable=True)
        await self._writer.checkpoint()

    async def usage(self) -> list[UsageRow]:
        """Return the tokens of this workspace by day and model, newest first."""
        return await self._reader.read(queries.read_usage)

    async def rebuild(self) -> int:
        """Read everything again from the log; return the number of events."""
        return await self._writer.write(rebuild, durable=True)

    async def aclose(self) -> None:
        """Flush, close, and give up what this store runs; a second call does nothing."""
        await self._reader.close()
        await self._writer.close()
        self._owner.release()

    def _append(self, session_id: str, events: tuple[Event, ...], connection: sqlite3.Connection) -> int:
        seq = 0
        for event in events:
            self._admit(connection, session_id, event)
            seq = self._log(connection, session_id, event)
            self._update_scratch(connection, session_id, event)
        return seq

    def _admit(self, connection: sqlite3.Connection, session_id: str, event: Event) -> None:
        row = connection.execute(
            "SELECT s.open_turn, l.owner, s.tip FROM session s LEFT JOIN lease l ON l.session_id = s.id WHERE s.id = ?",
            (session_id,),
        ).fetchone()
        if row is None:
            raise SessionNotFound(session_id)
        open_turn, owner, tip = row
        if isinstance(event, TipMoved) and event.moved and event.was != tip:
            raise SessionBusy("Something was said in this conversation meanwhile. Load it again.")
        if open_turn is None or isinstance(event, _WHOEVER_RUNS):
            return
        if owner == self._owner.id:
            if isinstance(event, TurnStarted):
                raise SessionBusy("A turn is running in this session already. Wait for it, or cancel it.")
            return
        if owner is not None and self._owner.is_alive(owner):
            raise SessionBusy("Another Conduit process runs a turn in this session; wait for its end.")
        raise SessionBusy("A process died in the middle of this session's last turn. Load the session again.")

    def _log(self, connection: sqlite3.Connection, session_id: str, event: Event) -> int:
        at = self._now()
        body, stored = _encode(event)
        cursor = connection.execute(
            "INSERT INTO event (session_id, turn_id, type, body, at) VALUES (?, ?, ?, ?, ?)",
            (session_id, getattr(stored, "turn_id", None), stored.type, body, at),
        )
        seq = cursor.lastrowid
        assert seq is not None
        project(connection, Place(session_id, seq, at), stored)
        return seq

    def _update_scratch(self, connection: sqlite3.Connection, session_id: str, event: Event) -> None:
        if isinstance(event, TurnStarted):
            connection.execute(
                "INSERT OR REPLACE INTO lease (session_id, turn_id, owner) VALUES (?, ?, ?)",
                (session_id, event.turn_id, self._owner.id),
            )
        elif isinstance(event, AssistantReplied):
            connection.execute(
                "DELETE FROM partial WHERE session_id = ? AND message_id = ?", (session_id, event.message_id)
            )
        elif isinstance(event, TurnEnded):
            connection.execute("DELETE FROM lease WHERE session_id = ? AND turn_id = ?", (session_id, event.turn_id))
            connection.execute("DELETE FROM partial WHERE session_id = ?", (session_id,))

    def _repair(self, session_id: str, abandoned: bool, connection: sqlite3.Connection) -> bool:
        found = queries.read_open_turn(connection, session_id)
        if found is None:
            return False
        turn, owner = found
        ours = abandoned and owner == self._owner.id
        if owner is not None and not ours and self._owner.is_alive(owner):
            return False
        for event in close_turn(turn):
            self._log(connection, session_id, event)
            self._update_scratch(connection, session_id, event)
        return True


def _encode(event: Event) -> tuple[str, Event]:
    """Return the JSON of an event, and the event that the JSON holds: without lone surrogates, which no JSON may."""
    try:
        return event.model_dump_json(), event
    except (PydanticSerializationError, UnicodeEncodeError):
        text = json.dumps(_sanitized(event.model_dump(mode="python")), ensure_ascii=False)
        try:
            return text, parse_event(text)
        except ValidationError as error:  # a bug of ours; nothing was written
            raise StoreError(f"An event of type {event.type} cannot be stored: {error}") from error


def _sanitized(value: object) -> object:
    if isinstance(value, str):
        return sanitize_text(value)
    if isinstance(value, dict):
        return {sanitize_text(str(key)): _sanitized(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_sanitized(item) for item in value]
    return value
