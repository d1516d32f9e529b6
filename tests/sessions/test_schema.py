from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from conduit.errors import SchemaTooNew
from conduit.sessions.schema import MIGRATIONS, Migration, migrate


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def test_every_migration_says_why_and_runs_once(tmp_path: Path) -> None:
    assert all(migration.why.strip() for migration in MIGRATIONS)
    with closing(connect(tmp_path / "a.db")) as connection:
        assert migrate(connection, tmp_path) == len(MIGRATIONS)
        assert migrate(connection, tmp_path) == 0
        assert version(connection) == len(MIGRATIONS)


def test_the_log_refuses_to_be_changed(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "a.db")) as connection:
        migrate(connection, tmp_path)
        connection.execute("PRAGMA recursive_triggers = 1")  # else REPLACE would not ask the trigger
        connection.execute("INSERT INTO event (session_id, type, body, at) VALUES ('s', 'notice', '{}', 1.0)")
        for statement in (
            "UPDATE event SET body = ''",
            "DELETE FROM event",
            "REPLACE INTO event VALUES (1,'','','','',0)",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with closing(connect(path)) as connection, pytest.raises(SchemaTooNew, match="99"):
        migrate(connection, path)
    assert path.read_bytes() == before


def test_what_was_used_before_prices_were_known_counts_as_unpriced(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "a.db")) as connection:
        migrate(connection, tmp_path, MIGRATIONS[:1])
        connection.execute("INSERT INTO usage VALUES ('2026-11-20', 'm', 3, 1, 1, 0, 0, 0)")
        migrate(connection, tmp_path, MIGRATIONS[:2])
        assert connection.execute("SELECT completions, cost_usd, unpriced FROM usage").fetchall() == [(3, 0.0, 3)]


def test_a_session_from_before_has_no_parameters(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "a.db")) as connection:
        migrate(connection, tmp_path, MIGRATIONS[:2])
        connection.execute(
            "INSERT INTO session (id, title, mode, model, cwd, created_at, updated_at, last_seq, message_count)"
            " VALUES ('s', '', 'ask', 'm', '/', 1.0, 1.0, 1, 0)"
        )
        migrate(connection, tmp_path, MIGRATIONS[:3])
        assert connection.execute("SELECT parameters FROM session").fetchall() == [("{}",)]


@pytest.mark.parametrize("broken", range(4))
def test_a_migration_that_fails_at_any_statement_leaves_the_step_before(tmp_path: Path, broken: int) -> None:
    statements = ["CREATE TABLE b (x)", "INSERT INTO b SELECT x FROM a", "DROP TABLE a", "CREATE INDEX c ON b (x)"]
    statements[broken] = "SELECT nonsense FROM nowhere"
    steps = [
        Migration("first", ("CREATE TABLE a (x)", "INSERT INTO a VALUES (7)")),
        Migration("second", tuple(statements)),
    ]
    with closing(connect(tmp_path / "a.db")) as connection:
        migrate(connection, tmp_path, steps[:1])
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, tmp_path, steps)
        assert version(connection) == 1
        assert connection.execute("SELECT x FROM a").fetchall() == [(7,)]
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        assert tables == [("a",)]
