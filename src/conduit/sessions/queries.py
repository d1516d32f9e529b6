"""Reading the tables back into values. Each function runs inside the caller's transaction and writes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from pydantic import ValidationError

from conduit.errors import SessionNotFound, StoreCorrupt, UserError
from conduit.messages.message import Message, Usage
from conduit.sessions.events import Event, SessionInfo, StoredEvent, StoredMessage, UsageRow, parse_event
from conduit.sessions.projections import chain
from conduit.sessions.recovery import OpenTurn, Partial

MAX_PAGE = 1000

_SESSION_COLUMNS = (
    "s.id, s.title, s.mode, s.model, s.cwd, s.created_at, s.updated_at, s.message_count, s.tip, s.forked_from,"
    " s.open_turn, l.owner, s.parameters"
)
_SESSIONS = f"SELECT {_SESSION_COLUMNS} FROM session s LEFT JOIN lease l ON l.session_id = s.id"  # noqa: S608 - constants

IsAlive = Callable[[str], bool]


def read_session(connection: sqlite3.Connection, session_id: str, is_alive: IsAlive) -> SessionInfo:
    """Return one session; raises SessionNotFound."""
    row = connection.execute(f"{_SESSIONS} WHERE s.id = ?", (session_id,)).fetchone()
    if row is None:
        raise SessionNotFound(session_id)
    return _session_info(row, is_alive)


def list_sessions(
    connection: sqlite3.Connection, query: str, cursor: str | None, limit: int, is_alive: IsAlive
) -> list[SessionInfo]:
    """Return a page of sessions, the last used first; raises SessionNotFound for an unknown cursor."""
    conditions: list[str] = []
    values: list[object] = []
    if cursor is not None:
        row = connection.execute("SELECT last_seq FROM session WHERE id = ?", (cursor,)).fetchone()
        if row is None:
            raise SessionNotFound(cursor)
        conditions.append("s.last_seq < ?")
        values.append(row[0])
    if query.strip():
        conditions.append(
            "(instr(casefold(s.title), ?) OR EXISTS"
            " (SELECT 1 FROM message m WHERE m.session_id = s.id AND instr(m.search, ?)))"
        )
        values += [query.strip().casefold()] * 2
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = connection.execute(
        f"{_SESSIONS}{where} ORDER BY s.last_seq DESC LIMIT ?", (*values, max(1, min(limit, MAX_PAGE)))
    ).fetchall()
    return [_session_info(row, is_alive) for row in rows]


def read_events(connection: sqlite3.Connection, session_id: str, after: int) -> list[StoredEvent]:
    """Return the log of a session after a seq."""
    _require_session(connection, session_id)
    rows = connection.execute(
        "SELECT seq, at, body FROM event WHERE session_id = ? AND seq > ? ORDER BY seq", (session_id, after)
    )
    return [
        StoredEvent(session_id=session_id, seq=seq, at=at, event=_parse(body, f"event {seq}")) for seq, at, body in rows
    ]


def read_replies(connection: sqlite3.Connection, after: int, limit: int) -> tuple[list[StoredEvent], int]:
    """Return the answers after a seq, and how far the log was read; one that cannot be read is left out."""
    end: int = connection.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
    rows = connection.execute(
        "SELECT seq, session_id, at, body FROM event WHERE seq > ? AND seq <= ? AND type = 'assistant_replied'"
        " ORDER BY seq LIMIT ?",
        (after, end, limit),
    ).fetchall()
    found = []
    for seq, session_id, at, body in rows:
        with suppress(StoreCorrupt):
            event = _parse(body, f"event {seq}")
            found.append(StoredEvent(session_id=session_id, seq=seq, at=at, event=event))
    return found, rows[-1][0] if len(rows) == limit else end


def read_events_of(
    connection: sqlite3.Connection, types: Collection[str], session_id: str | None, after: int
) -> list[StoredEvent]:
    """Return the events of some types after one, of one session or of all, in order."""
    marks = ", ".join("?" * len(types))
    one = " AND session_id = ?" if session_id is not None else ""
    rows = connection.execute(
        f"SELECT session_id, seq, at, body FROM event WHERE type IN ({marks}) AND seq > ?{one} ORDER BY seq",  # noqa: S608 - marks
        (*types, after, *([session_id] if session_id is not None else [])),
    )
    return [
        StoredEvent(session_id=session, seq=seq, at=at, event=_parse(body, f"event {seq}"))
        for session, seq, at, body in rows
    ]


def read_conversation(connection: sqlite3.Connection, session_id: str, tip: str | None) -> list[StoredMessage]:
    """Return the messages from the root to `tip`; raises UserError for a tip that does not exist."""
    own_tip = _require_session(connection, session_id)
    if tip is None and own_tip is None:
        return []
    wanted = tip if tip is not None else own_tip
    assert wanted is not None
    ids = chain(connection, wanted)
    if not ids and tip is not None:
        raise UserError(f"There is no message {tip!r} in this workspace.")
    messages: list[StoredMessage] = []
    for message_id in ids:
        row = connection.execute(
            "SELECT parent_id, turn_id, body, interrupted FROM message WHERE id = ?", (message_id,)
        ).fetchone()
        try:
            message = Message.model_validate_json(row[2])
        except ValidationError as error:
            raise StoreCorrupt(f"Message {message_id} cannot be read: {error}") from error
        messages.append(
            StoredMessage(id=message_id, parent_id=row[0], turn_id=row[1], message=message, interrupted=bool(row[3]))
        )
    return messages


def read_usage(connection: sqlite3.Connection) -> list[UsageRow]:
    """Return the tokens by day and model, newest first."""
    rows = connection.execute(
        "SELECT day, model, completions, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,"
        " reasoning_tokens, cost_usd, unpriced FROM usage ORDER BY day DESC, model"
    )
    return [
        UsageRow(
            day=row[0],
            model=row[1],
            completions=row[2],
            usage=Usage(
                input_tokens=row[3],
                output_tokens=row[4],
                cache_read_tokens=row[5],
                cache_write_tokens=row[6],
                reasoning_tokens=row[7],
            ),
            cost_usd=row[8],
            unpriced=row[9],
        )
        for row in rows
    ]


def read_open_turn(connection: sqlite3.Connection, session_id: str) -> tuple[OpenTurn, str | None] | None:
    """Return the turn without an end, and who runs it (None when nobody ever took it); None when there is no turn."""
    row = connection.execute(
        "SELECT s.open_turn, s.model, s.tip, l.owner FROM session s LEFT JOIN lease l ON l.session_id = s.id"
        " WHERE s.id = ?",
        (session_id,),
    ).fetchone()
    if row is None:
        raise SessionNotFound(session_id)
    turn_id, model, tip, owner = row
    if turn_id is None:
        return None
    events = [
        _parse(body, "an event")
        for (body,) in connection.execute(
            "SELECT body FROM event WHERE session_id = ? AND turn_id = ? ORDER BY seq", (session_id, turn_id)
        )
    ]
    partials = [
        Partial(message_id, kind, bytes(text).decode("utf-8", "surrogatepass"))
        for message_id, kind, text in connection.execute(
            "SELECT message_id, kind, text FROM partial WHERE session_id = ? ORDER BY ordinal", (session_id,)
        )
    ]
    return OpenTurn(turn_id, events, partials, model, tip), owner


def check_fork_point(connection: sqlite3.Connection, session_id: str, message_id: str) -> None:
    """Make sure that a session can start after this message.

    Raises:
        UserError: no such message in the session, or its tool calls would stay without results.
    """
    own_tip = _require_session(connection, session_id)
    row = connection.execute("SELECT session_id, body FROM message WHERE id = ?", (message_id,)).fetchone()
    inherited = own_tip is not None and message_id in chain(connection, own_tip)
    if row is None or (row[0] != session_id and not inherited):
        raise UserError(f"There is no message {message_id!r} in this session.")
    if Message.model_validate_json(row[1]).tool_calls:
        raise UserError("A fork cannot start between a tool call and its result; choose the next message.")


def _require_session(connection: sqlite3.Connection, session_id: str) -> str | None:
    """Return the session's tip."""
    row = connection.execute("SELECT tip FROM session WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        raise SessionNotFound(session_id)
    tip: str | None = row[0]
    return tip


def _parse(body: str, what: str) -> Event:
    try:
        return parse_event(body)
    except ValidationError as error:
        raise StoreCorrupt(f"{what} of the log cannot be read: {error}") from error


def _session_info(row: Any, is_alive: IsAlive) -> SessionInfo:
    open_turn, owner = row[10], row[11]
    return SessionInfo(
        id=row[0],
        title=row[1],
        mode=row[2],
        model=row[3],
        cwd=row[4],
        created_at=row[5],
        updated_at=row[6],
        message_count=row[7],
        tip=row[8],
        forked_from=row[9],
        running=open_turn is not None and owner is not None and is_alive(owner),
        parameters=json.loads(row[12]),
    )
