"""Deleting a session because a person asked: the one exception from a log that is never shortened.

Its events and messages go, but for messages that a fork goes on from: those stay, out of sight, until the last such
fork is deleted too. What its answers used stays counted by day and model. Runs inside the caller's transaction; only
`store` uses it.
"""

from __future__ import annotations

import json
import sqlite3

from conduit.errors import SessionBusy
from conduit.sessions.events import AssistantReplied, parse_event
from conduit.sessions.owners import Owner
from conduit.sessions.projections import add_usage, chain, day_of


def check_deletable(connection: sqlite3.Connection, session_id: str, owner: Owner, *, abandoned: bool) -> None:
    """Do nothing for a session in which no living process runs a turn; raises SessionBusy.

    `abandoned` says that this process runs nothing in it.
    """
    row = connection.execute(
        "SELECT l.owner FROM session s JOIN lease l ON l.session_id = s.id WHERE s.id = ? AND s.open_turn IS NOT NULL",
        (session_id,),
    ).fetchone()
    if row is not None and not (abandoned and row[0] == owner.id) and owner.is_alive(row[0]):
        raise SessionBusy("A turn is running in this conversation. Cancel it, or wait for its end; then delete it.")


def forget(connection: sqlite3.Connection, session_id: str) -> None:
    """Delete a session, and what deleted ones had kept for it."""
    connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only unlinked
    connection.execute("INSERT OR IGNORE INTO forgotten (session_id) VALUES (?)", (session_id,))
    for table in ("partial", "lease"):
        connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))  # noqa: S608 - the names are ours
    connection.execute("DELETE FROM session WHERE id = ?", (session_id,))
    kept = json.dumps(_shared(connection))
    gone = "session_id IN (SELECT session_id FROM forgotten) AND seq NOT IN (SELECT value FROM json_each(?))"
    answers = connection.execute(
        f"SELECT body, at FROM event WHERE type = 'assistant_replied' AND {gone}",  # noqa: S608 - as above
        (kept,),
    ).fetchall()
    for body, at in answers:
        event = parse_event(body)
        assert isinstance(event, AssistantReplied)
        add_usage(connection, day_of(at), event, table="forgotten_usage")
    for table in ("message", "event"):
        connection.execute(f"DELETE FROM {table} WHERE {gone}", (kept,))  # noqa: S608 - as above


def _shared(connection: sqlite3.Connection) -> list[int]:
    """Return the places in the log of all messages that forks go on from, and of what their tools did."""
    forks = connection.execute("SELECT DISTINCT forked_at FROM session WHERE forked_at IS NOT NULL").fetchall()
    ids = {message_id for (forked_at,) in forks for message_id in chain(connection, forked_at)}
    rows = connection.execute(
        "SELECT seq, turn_id FROM message WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(sorted(ids)),)
    ).fetchall()
    turns = json.dumps(sorted({turn_id for _, turn_id in rows}))
    around = connection.execute(
        "SELECT seq FROM event WHERE turn_id IN (SELECT value FROM json_each(?))"
        " AND type IN ('tool_started', 'tool_finished', 'turn_ended')",
        (turns,),
    )
    return [seq for seq, _ in rows] + [seq for (seq,) in around]
