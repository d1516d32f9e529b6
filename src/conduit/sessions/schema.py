"""The database's shape: numbered migrations, each with its reason, each in one transaction.

A migration that has been released is never changed; a new one is added at the end. `PRAGMA user_version` holds the
number of the last one that ran; it is part of the transaction, so a kill leaves either all of a migration or none.
Only this package may import it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from conduit.errors import SchemaTooNew


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: `why` it was needed, and its statements in order."""

    why: str
    statements: tuple[str, ...]


FIRST = Migration(
    why="""The event log is the truth; session, message and usage are read from it and can be rebuilt. Messages carry
    their parent, so that branches (a sibling message) and forks (another session that starts from a message and
    shares its rows) need no later change of shape. `partial` and `lease` are scratch: the text of an answer that is
    being written, and which running server works on a session. They are no part of the log. `search` is the
    case-folded text of a message. The triggers make "append only" a property of the file, not of good manners.""",
    statements=(
        """CREATE TABLE event (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            session_id TEXT NOT NULL,
            turn_id TEXT,
            type TEXT NOT NULL,
            body TEXT NOT NULL,
            at REAL NOT NULL
        )""",
        "CREATE INDEX event_by_session ON event (session_id, seq)",
        """CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
            BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END""",
        """CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
            BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END""",
        """CREATE TABLE session (
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL,
            mode TEXT NOT NULL,
            model TEXT NOT NULL,
            cwd TEXT NOT NULL,
            created_at REAL NOT NULL,
            updated_at REAL NOT NULL,
            last_seq INTEGER NOT NULL,
            message_count INTEGER NOT NULL,
            tip TEXT,
            forked_from TEXT,
            forked_at TEXT,
            open_turn TEXT
        )""",
        "CREATE INDEX session_by_age ON session (last_seq)",
        """CREATE TABLE message (
            id TEXT PRIMARY KEY,
            session_id TEXT NOT NULL,
            parent_id TEXT,
            turn_id TEXT NOT NULL,
            role TEXT NOT NULL,
            body TEXT NOT NULL,
            search TEXT NOT NULL,
            seq INTEGER NOT NULL,
            interrupted INTEGER NOT NULL
        )""",
        "CREATE INDEX message_by_session ON message (session_id)",
        """CREATE TABLE usage (
            day TEXT NOT NULL,
            model TEXT NOT NULL,
            completions INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            reasoning_tokens INTEGER NOT NULL,
            PRIMARY KEY (day, model)
        )""",
        """CREATE TABLE partial (
            ordinal INTEGER PRIMARY KEY,
            session_id TEXT NOT NULL,
            message_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            text BLOB NOT NULL
        )""",
        "CREATE INDEX partial_by_session ON partial (session_id)",
        "CREATE TABLE lease (session_id TEXT PRIMARY KEY, turn_id TEXT NOT NULL, owner TEXT NOT NULL)",
    ),
)

COSTS = Migration(
    why="""What a completion cost is part of its outcome since prices are known. Of what was counted before, no price is
    known, which is not the same as nothing.""",
    statements=(
        "ALTER TABLE usage ADD COLUMN cost_usd REAL NOT NULL DEFAULT 0",
        "ALTER TABLE usage ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0",
        "UPDATE usage SET unpriced = completions",
    ),
)

PARAMETERS = Migration(
    why="""A session may have parameters of its own (temperature and the like): JSON, by name. Older ones have none.""",
    statements=("ALTER TABLE session ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}'",),
)

EVENTS_BY_TYPE = Migration(
    why="""What waits for the person, and which changes an undo can take back, is found in all sessions at a start.""",
    statements=("CREATE INDEX event_by_type ON event (type, seq)",),
)

FORGOTTEN = Migration(
    why="""A person may delete a conversation, and then it really goes: the log gives up the events of sessions that are
    named here, and of no others. What their answers used stays counted, also after a rebuild.""",
    statements=(
        "CREATE TABLE forgotten (session_id TEXT PRIMARY KEY)",
        "CREATE TABLE forgotten_usage AS SELECT * FROM usage WHERE false",
        "CREATE UNIQUE INDEX forgotten_usage_by_day ON forgotten_usage (day, model)",
        "DROP TRIGGER event_is_never_deleted",
        """CREATE TRIGGER event_is_only_forgotten BEFORE DELETE ON event
            WHEN NOT EXISTS (SELECT 1 FROM forgotten WHERE session_id = OLD.session_id)
            BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END""",
    ),
)

MIGRATIONS: tuple[Migration, ...] = (FIRST, COSTS, PARAMETERS, EVENTS_BY_TYPE, FORGOTTEN)
"""Number n is the n-th, counted from 1."""

_ABSURD_VERSION = 1000  # no Conduit will have as many; such a number is a broken header, not a newer program


def migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Bring the database up to the newest number and return how many migrations ran.

    `connection` must be in autocommit mode (`isolation_level=None`). Safe when several processes do it at once.

    Raises:
        SchemaTooNew: a newer Conduit wrote it; nothing was touched.
    """
    ran = 0
    if _version(connection) == len(migrations):
        return ran
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            found = _version(connection)
            if found > len(migrations):
                raise SchemaTooNew(path, found, len(migrations))
            if found == len(migrations):
                return ran
            for statement in migrations[found].statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {found + 1}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        ran += 1


def has_expected_shape(connection: sqlite3.Connection) -> bool:
    """Whether the tables are letter for letter those of the database's number; a newer number is not judged."""
    version = _version(connection)
    if version > len(MIGRATIONS):
        return version < _ABSURD_VERSION
    if version < 0:
        return False
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        for migration in MIGRATIONS[:version]:
            for statement in migration.statements:
                fresh.execute(statement)
        return _shape(fresh) == _shape(connection)


def _shape(connection: sqlite3.Connection) -> list[tuple[str, str | None]]:
    return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
