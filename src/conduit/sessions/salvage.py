"""A damaged database: noticed when it is opened, set aside under another name, and read as far as it goes.

The damaged file is never written to and never removed. Only whole events that parse are taken over; the tables are
rebuilt from them.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conduit.messages.message import Message
from conduit.sessions.database import connect, is_corrupt, suspect_marker
from conduit.sessions.events import parse_event
from conduit.sessions.projections import rebuild
from conduit.sessions.schema import has_expected_shape, migrate

CHECK_ALWAYS_BYTES = 64 * 1024 * 1024
"""Up to this size every opening checks all pages (about 0.1 s); above, only after a read has failed."""

_SIGNS = ("no such", "unsupported file format")
"""What SQLite says of a broken header or schema, under the code of an ordinary error."""

Row = tuple[Any, ...]
_COLUMNS = "seq, session_id, turn_id, type, body, at"


def is_damaged(path: Path) -> bool:
    """Whether the file cannot be trusted: no database, broken pages, other tables, or (if asked for) rotten rows."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    suspect = suspect_marker(path).exists()
    try:
        with closing(connect(path)) as connection:
            damaged = _has_odd_header(path) or not has_expected_shape(connection)
            if not damaged and (suspect or path.stat().st_size <= CHECK_ALWAYS_BYTES):
                damaged = connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
            if not damaged and suspect:
                damaged = _has_rotten_rows(connection)
    except UnicodeDecodeError:  # the text of the schema itself
        return True
    except sqlite3.DatabaseError as error:
        if is_corrupt(error) or any(sign in str(error) for sign in _SIGNS):
            return True
        raise
    if not damaged:
        suspect_marker(path).unlink(missing_ok=True)
    return damaged


def _has_odd_header(path: Path) -> bool:
    """Whether the two bytes that say "written by a later SQLite, read only" hold neither of their two values.

    Source: https://www.sqlite.org/fileformat.html section 1.3.3, 2026-11.
    """
    with path.open("rb") as file:
        header = file.read(20)
    return len(header) < 20 or not {header[18], header[19]} <= {1, 2}


def _has_rotten_rows(connection: sqlite3.Connection) -> bool:
    try:
        for (body,) in connection.execute("SELECT body FROM event"):
            parse_event(body)
        for (body,) in connection.execute("SELECT body FROM message"):
            Message.model_validate_json(body)
    except ValidationError:
        return True
    return False


def set_aside_and_salvage(path: Path) -> str:
    """Rename the damaged database, make a new one from what can be read, and return a sentence for the person."""
    aside = _set_aside(path)
    with closing(connect(path)) as new:
        migrate(new, path)
        rows = _readable_events(aside)
        new.execute("BEGIN IMMEDIATE")
        new.executemany(f"INSERT OR IGNORE INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
        events = rebuild(new)
        (sessions,) = new.execute("SELECT count(*) FROM session").fetchone()
        new.execute("COMMIT")
    suspect_marker(path).unlink(missing_ok=True)
    return (
        f"The conversation database was damaged. It was set aside as {aside}; "
        f"{events} events of {sessions} conversations could be saved from it."
    )


def _set_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%S")
    number = 0
    while True:
        aside = path.with_name(f"{path.name}.damaged-{stamp}{f'-{number}' if number else ''}")
        if not aside.exists():
            break
        number += 1
    for suffix in ("-wal", "-shm", ""):  # the database last: until then the next opening finds it and tries again
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _readable_events(path: Path) -> list[Row]:
    """Read from the front until a broken page, then from the back until what is known already."""
    rows: dict[int, Row] = {}
    for order in ("ASC", "DESC"):
        for row in _events_until_error(path, order):
            if row[0] in rows:
                break
            rows[row[0]] = row
    return [rows[seq] for seq in sorted(rows) if _is_sound(rows[seq])]


def _events_until_error(path: Path, order: str) -> Iterator[Row]:
    try:
        with closing(connect(path, read_only=True)) as old:
            yield from old.execute(f"SELECT {_COLUMNS} FROM event NOT INDEXED ORDER BY seq {order}")  # noqa: S608
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return


def _is_sound(row: Row) -> bool:
    _, session_id, turn_id, kind, body, at = row
    if not (isinstance(session_id, str) and isinstance(body, str) and isinstance(at, float)):
        return False
    try:
        event = parse_event(body)
    except ValidationError:
        return False
    return (event.type, getattr(event, "turn_id", None)) == (kind, turn_id)
