"""What a turn changed, beside what was changed since, for eyes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conduit.agent.permission import AllowAll
from conduit.app import App
from conduit.app.difference import difference
from conduit.compose import open_app
from conduit.edits.edit import FileChange
from conduit.errors import UserError
from fakes.editor import FakeEditor

A = "one\ntwo\nthree\n"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    (tmp_path / "script.json").write_text(json.dumps({"rules": []}))
    environ = {
        "HOME": str(tmp_path),
        "CONDUIT_STATE_DIR": str(tmp_path / "state"),
        "CONDUIT_SCRIPT": str(tmp_path / "script.json"),
        "CONDUIT_MODEL": "scripted/demo",
    }
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text(A)
    (root / "b.py").write_text("b\n")
    app = await open_app([root], {}, FakeEditor(), FakeEditor(), AllowAll(), environ=environ)
    yield app
    await app.aclose()


def root(app: App) -> Path:
    return app.workspace.roots[0]


async def changed(app: App, turn: str, *changes: tuple[str, str | None, str | None]) -> str:
    session = (await app.new_session(mode="auto")).id
    files = [FileChange(root(app) / name, name, before, after) for name, before, after in changes]
    await app.changes.apply(session, turn, "turn", files)
    return session


async def test_both_sides_have_what_the_person_typed_since(app: App) -> None:
    session = await changed(app, "t1", ("a.py", A, A.replace("two", "TWO")), ("new.py", None, "made\n"))
    (root(app) / "a.py").write_text("typed\n" + A.replace("two", "TWO"))
    found = await difference(app.changes)
    assert (found.session_id, found.turn_id) == (session, "t1")
    assert [(each.name, each.before, each.after) for each in found.changes] == [
        ("a.py", f"typed\n{A}", "typed\none\nTWO\nthree\n"),
        ("new.py", None, "made\n"),
    ]
    (one,) = (await difference(app.changes, session, "t1", "new.py")).changes
    assert one.diff() == "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+made\n"


async def test_a_moved_file_goes_from_its_old_name_to_its_new_one(app: App) -> None:
    session = (await app.new_session(mode="auto")).id
    there = root(app) / "c.py"
    move = FileChange(root(app) / "b.py", "b.py", "b\n", "c\n", moved_to=there, moved_name="c.py")
    await app.changes.apply(session, "t1", "turn", [move])
    for name in ("b.py", "c.py"):
        (one,) = (await difference(app.changes, session, "t1", name)).changes
        assert (one.name, one.new_name, one.before, one.after, one.new_path) == ("b.py", "c.py", "b\n", "c\n", there)


async def test_a_turn_that_was_taken_back_is_shown_as_it_was(app: App) -> None:
    session = await changed(app, "t1", ("a.py", A, None))
    assert not (root(app) / "a.py").exists()
    await app.changes.undo(session)
    (one,) = (await difference(app.changes, session, "t1")).changes
    assert (one.before, one.after, (root(app) / "a.py").read_text()) == (A, None, A)


async def test_what_cannot_be_told_apart_any_more_is_said_to_be_so(app: App) -> None:
    session = await changed(app, "t1", ("a.py", A, A.replace("two", "TWO")))
    with pytest.raises(UserError, match=r"what this turn changed in b\.py can be told apart"):
        await difference(app.changes, session, "t1", "b.py")
    (root(app) / "a.py").write_text(A.replace("two", "mine"))
    with pytest.raises(UserError, match="what this turn changed can be told apart"):
        await difference(app.changes, session, "t1")
    with pytest.raises(UserError, match="nothing to undo: turn t9"):
        await difference(app.changes, session, "t9")
