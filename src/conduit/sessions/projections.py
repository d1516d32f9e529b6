"""What is read from the log: sessions, messages and usage, kept in the same transaction as the event.

`project` is the only writer of those tables; `rebuild` empties them and plays the log again, with the same result.
It knows no process, no lease and no file.
"""

from __future__ import annotations

import json
import sqlite3
import time
from typing import NamedTuple

from conduit.messages.content import Text
from conduit.messages.message import Message
from conduit.sessions.branch_events import TipMoved
from conduit.sessions.events import (
    AssistantReplied,
    Event,
    SessionChanged,
    SessionOpened,
    ToolsAnswered,
    TurnEnded,
    TurnStarted,
    parse_event,
)

TITLE_CHARACTERS = 60


class Place(NamedTuple):
    """Where an event stands: its session, its number, and when it was written (Unix seconds)."""

    session_id: str
    seq: int
    at: float


def project(connection: sqlite3.Connection, place: Place, event: Event) -> None:
    """Bring the tables up to date with one event that has just been logged; the same event twice changes nothing."""
    match event:
        case SessionOpened():
            _open(connection, place, event)
        case SessionChanged():
            connection.execute(
                "UPDATE session SET title = coalesce(?, title), mode = coalesce(?, mode), model = coalesce(?, model),"
                " parameters = coalesce(?, parameters) WHERE id = ?",
                (
                    event.title,
                    event.mode,
                    event.model,
                    None if event.parameters is None else json.dumps(event.parameters),
                    place.session_id,
                ),
            )
        case TurnStarted():
            _add_message(connection, place, event)
            connection.execute(
                "UPDATE session SET open_turn = ?, title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (event.turn_id, title_of(event.message), place.session_id),
            )
        case AssistantReplied():
            if _add_message(connection, place, event):
                add_usage(connection, day_of(place.at), event)
        case ToolsAnswered():
            _add_message(connection, place, event)
        case TurnEnded():
            connection.execute(
                "UPDATE session SET open_turn = NULL WHERE id = ? AND open_turn = ?",
                (place.session_id, event.turn_id),
            )
        case TipMoved(moved=True):
            count = len(chain(connection, event.tip)) if event.tip is not None else 0
            connection.execute(
                "UPDATE session SET tip = ?, message_count = ? WHERE id = ?", (event.tip, count, place.session_id)
            )
        case _:
            pass
    connection.execute(
        "UPDATE session SET updated_at = ?, last_seq = ? WHERE id = ?", (place.at, place.seq, place.session_id)
    )


def rebuild(connection: sqlite3.Connection) -> int:
    """Empty the tables and play the whole log; return the number of events. Runs inside the caller's transaction.

    Events of a session whose beginning is missing (salvaged from a damaged file) get a session named "Recovered".
    """
    for table in ("session", "message", "usage"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are ours
    connection.execute("INSERT INTO usage SELECT * FROM forgotten_usage")
    known = {row[0] for row in connection.execute("SELECT session_id FROM forgotten")}
    count = 0
    for seq, session_id, body, at in connection.execute("SELECT seq, session_id, body, at FROM event ORDER BY seq"):
        event = parse_event(body)
        place = Place(session_id, seq, at)
        if session_id not in known and not isinstance(event, SessionOpened):
            _open(connection, place, SessionOpened(title="Recovered", mode="ask", model="", cwd=""))
        known.add(session_id)
        project(connection, place, event)
        count += 1
    return count


def title_of(message: Message) -> str:
    """Return the first line of a message that says anything, at most 60 characters; blocks are not run together."""
    said = (block.visible for block in message.content if isinstance(block, Text) and block.source is None)
    lines = (line for text in said for line in text.splitlines())
    line = next((line for line in lines if line.strip()), "")
    line = " ".join(line.split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"


def day_of(at: float) -> str:
    """Return the local day of a time in Unix seconds, `YYYY-MM-DD`."""
    return time.strftime("%Y-%m-%d", time.localtime(at))


def chain(connection: sqlite3.Connection, tip: str) -> list[str]:
    """Return the ids of the messages from the root to `tip`; empty when there is no such message.

    A parent is always older than its child, so the walk ends even if a log says otherwise.
    """
    rows = connection.execute(
        """WITH RECURSIVE line (id, parent_id, seq) AS (
            SELECT id, parent_id, seq FROM message WHERE id = ?
            UNION ALL
            SELECT m.id, m.parent_id, m.seq FROM message m JOIN line ON m.id = line.parent_id WHERE m.seq < line.seq
        ) SELECT id FROM line ORDER BY seq""",
        (tip,),
    )
    return [row[0] for row in rows]


def _open(connection: sqlite3.Connection, place: Place, event: SessionOpened) -> None:
    shared = len(chain(connection, event.forked_at)) if event.forked_at is not None else 0
    connection.execute(
        """INSERT INTO session (id, title, mode, model, cwd, created_at, updated_at, last_seq, message_count, tip,
            forked_from, forked_at, parameters) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO NOTHING""",
        (
            place.session_id,
            event.title,
            event.mode,
            event.model,
            event.cwd,
            place.at,
            place.at,
            place.seq,
            shared,
            event.forked_at,
            event.forked_from,
            event.forked_at,
            json.dumps(event.parameters),
        ),
    )


def _add_message(
    connection: sqlite3.Connection, place: Place, event: TurnStarted | AssistantReplied | ToolsAnswered
) -> bool:
    """Upsert the message and make it the tip; say whether it is new."""
    interrupted = isinstance(event, AssistantReplied) and event.interrupted
    body = event.message.model_dump_json()
    known = connection.execute("SELECT session_id FROM message WHERE id = ?", (event.message_id,)).fetchone()
    if known is not None:
        connection.execute(
            "UPDATE message SET body = ?, search = ?, interrupted = ? WHERE id = ? AND session_id = ?",
            (body, event.message.text.casefold(), interrupted, event.message_id, place.session_id),
        )
        return False
    connection.execute(
        "INSERT INTO message (id, session_id, parent_id, turn_id, role, body, search, seq, interrupted)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.message_id,
            place.session_id,
            event.parent_id,
            event.turn_id,
            event.message.role,
            body,
            event.message.text.casefold(),
            place.seq,
            interrupted,
        ),
    )
    connection.execute(
        "UPDATE session SET tip = ?, message_count = message_count + 1 WHERE id = ?",
        (event.message_id, place.session_id),
    )
    return True


def add_usage(connection: sqlite3.Connection, day: str, event: AssistantReplied, table: str = "usage") -> None:
    """Count an answer in `usage`, or in the table of what deleted sessions used."""
    usage = event.usage
    connection.execute(  # the names are ours
        f"""INSERT INTO {table} VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, model) DO UPDATE SET
            completions = completions + 1,
            input_tokens = input_tokens + excluded.input_tokens,
            output_tokens = output_tokens + excluded.output_tokens,
            cache_read_tokens = cache_read_tokens + excluded.cache_read_tokens,
            cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
            reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
            cost_usd = cost_usd + excluded.cost_usd,
            unpriced = unpriced + excluded.unpriced""",  # noqa: S608
        (
            day,
            event.model,
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.reasoning_tokens,
            event.cost_usd or 0.0,
            event.cost_usd is None,
        ),
    )
