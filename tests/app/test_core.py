"""What a face may rely on: a prompt can be cancelled at once, and a session is never stuck."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.opening import opening_in
from conduit.agent.setup import TurnResult
from conduit.app import App, Status
from conduit.edits.edit import FileChange
from conduit.errors import SessionBusy, StoreError
from conduit.messages.content import Text
from conduit.sessions.events import SessionUpdate, TurnEnded


@contextmanager
def full_disk(state: Path) -> Iterator[None]:
    """Have the database refuse what a turn writes after its start."""
    (path,) = state.rglob("sessions.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.type IN ('completion_started', 'turn_ended')"
            " BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
        )
        yield
        connection.execute("DROP TRIGGER full")


async def test_a_prompt_that_has_no_turn_yet_can_be_cancelled(app: App) -> None:
    session = await app.new_session()
    prompting = asyncio.create_task(app.prompt(session.id, [Text(text="hold")]))
    await asyncio.sleep(0)
    assert await app.cancel(session.id)
    async with asyncio.timeout(5):
        result = await prompting
    assert result.stop_reason == "cancelled"
    assert [stored.message.text for stored in await app.conversation(session.id)] == ["hold"]
    assert not await app.cancel(session.id)


async def test_a_turn_whose_end_could_not_be_written_does_not_block_its_session(app: App, tmp_path: Path) -> None:
    session = await app.new_session()
    with full_disk(tmp_path / "state"), pytest.raises(StoreError, match="the disk is full"):
        await app.prompt(session.id, [Text(text="one")])
    assert app.status().state == "error"
    result = await app.prompt(session.id, [Text(text="two")])
    assert result.text == "Hello."
    said = [(stored.message.role, stored.message.text) for stored in await app.conversation(session.id)]
    assert said == [("user", "one"), ("user", "two"), ("assistant", "Hello.")]


async def test_whoever_is_told_of_the_end_of_a_turn_may_ask_on_at_once(app: App) -> None:
    session = await app.new_session()
    following: list[asyncio.Task[TurnResult]] = []

    def told(update: SessionUpdate) -> None:
        if isinstance(update.event, TurnEnded) and not following:
            app.check_free(session.id)
            following.append(asyncio.create_task(app.prompt(session.id, [Text(text="hold")])))

    runs = asyncio.Event()
    app.subscribe(told)
    app.subscribe_status(lambda status: runs.set() if following and status.state == "busy" else None)
    await app.prompt(session.id, [Text(text="one")])
    async with asyncio.timeout(20):
        await runs.wait()
    with pytest.raises(SessionBusy):
        app.check_free(session.id)
    assert await app.cancel(session.id)
    async with asyncio.timeout(20):
        assert (await following[0]).stop_reason == "cancelled"
    assert app.status().state == "ready"


async def test_settings_that_are_as_before_change_nothing(app: App) -> None:
    seen: list[Status] = []
    app.subscribe_status(seen.append)
    await app.configure({})
    assert seen == []
    await app.configure({"mode": "auto"})
    await app.configure({"mode": "auto"})
    assert len(seen) == 1
    assert (await app.new_session()).mode == "auto"


async def test_apps_that_were_closed_keep_no_file_open(tmp_path: Path) -> None:
    (tmp_path / "script.json").write_text(json.dumps({"rules": [{"reply": [{"text": "Hello."}]}]}))
    opened = opening_in(tmp_path)
    (tmp_path / "project/a.py").write_text("a = 1\n")

    async def used() -> int:
        async with opened() as app:
            session = await app.new_session(mode="review")
            await app.prompt(session.id, [Text(text="one")])
            await app.workspace.read("a.py")
            change = FileChange(tmp_path / "project/a.py", "a.py", "a = 1\n", "a = 2\n")
            await app.reviews.stage(session.id, "turn", [change])
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    await used()  # what is opened once for all, such as the event loop's own
    before = await used()
    for _ in range(4):
        assert await used() == before
