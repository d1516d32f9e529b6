"""The current branch of a session: which events of its log still belong to the conversation.

A rewind takes whole turns out of the conversation; their events stay in the log. A fork begins with messages of another
session. Runs inside the caller's transaction and writes nothing; only `store` uses it.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field

from pydantic import ValidationError

from conduit.errors import SessionNotFound, StoreCorrupt
from conduit.sessions.events import StoredEvent, parse_event
from conduit.sessions.projections import chain

_OF_A_CONVERSATION = (
    *("turn_started", "completion_started", "assistant_replied", "tool_started", "tool_finished", "tools_answered"),
    *("permission_answered", "notice", "turn_ended"),
)
"""What a fork shows of the session that it is from; what became of files there is that session's own."""

_OF_NO_TURN = ("file_pending", "hunk_decided")
"""What is told whichever turn it names: what waits in a file, all of it."""


@dataclass
class _Share:
    """What a conversation has of one session: turns, and the place of its last message."""

    turns: set[str] = field(default_factory=set)
    last: int = 0


def read_branch(connection: sqlite3.Connection, session_id: str, after: int) -> tuple[list[StoredEvent], int]:
    """Return the events of the current branch after a place, oldest first, and the place of the log's end.

    After a place that a reader knows, when the branch was changed since, only that is told (`tip_moved`): what the
    reader knows is no beginning of the branch any more. Raises SessionNotFound.
    """
    row = connection.execute("SELECT tip, last_seq FROM session WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        raise SessionNotFound(session_id)
    tip, end = row
    if after:
        moved = _events(connection, "session_id = ? AND type = 'tip_moved' AND seq > ?", (session_id, after))
        moved = [each for each in moved if each.event.type == "tip_moved" and each.event.moved]
        if moved:
            return moved[-1:], max(end, after)
    shares = _shares(connection, tip)
    own = shares.pop(session_id, _Share())
    found: list[StoredEvent] = []
    for other, share in shares.items():
        told = _events(
            connection,
            "session_id = ? AND seq > ? AND turn_id IN (SELECT value FROM json_each(?))",
            (other, after, json.dumps(sorted(share.turns))),
        )
        found += [
            each
            for each in told
            if each.event.type in _OF_A_CONVERSATION and (each.seq <= share.last or each.event.type == "turn_ended")
        ]
    left = {turn for (turn,) in connection.execute(_TURNS, (session_id,))} - own.turns
    found += [
        stored
        for stored in _events(connection, "session_id = ? AND seq > ? AND type <> 'tip_moved'", (session_id, after))
        if stored.event.type in _OF_NO_TURN or getattr(stored.event, "turn_id", None) not in left
    ]
    found.sort(key=lambda stored: stored.seq)
    return found, max(end, after)


_TURNS = "SELECT turn_id FROM event WHERE session_id = ? AND type = 'turn_started'"


def _shares(connection: sqlite3.Connection, tip: str | None) -> dict[str, _Share]:
    ids = chain(connection, tip) if tip is not None else []
    shares: dict[str, _Share] = {}
    rows = connection.execute(
        "SELECT session_id, turn_id, seq FROM message WHERE id IN (SELECT value FROM json_each(?)) ORDER BY seq",
        (json.dumps(ids),),
    )
    for session_id, turn_id, seq in rows:
        share = shares.setdefault(session_id, _Share())
        share.turns.add(turn_id)
        share.last = seq
    return shares


def _events(connection: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[StoredEvent]:
    rows = connection.execute(
        f"SELECT session_id, seq, at, body FROM event WHERE {where} ORDER BY seq",  # noqa: S608 - the words are ours
        values,
    )
    try:
        return [
            StoredEvent(session_id=session, seq=seq, at=at, event=parse_event(body)) for session, seq, at, body in rows
        ]
    except ValidationError as error:
        raise StoreCorrupt(f"an event of the log cannot be read: {error}") from error
