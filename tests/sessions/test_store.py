"""What only the database has: several processes, a kill at any moment, files and their modes, damage."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conduit.errors import SchemaTooNew, StoreCorrupt, StoreError
from conduit.messages.message import Usage, assistant_message, user_message
from conduit.sessions.events import AssistantReplied, Notice, SessionOpened, TurnEnded, TurnStarted
from conduit.sessions.store import open_store

OPENED = SessionOpened(title="", mode="ask", model="scripted/demo", cwd="/")

WRITER = """
import asyncio, sys
from pathlib import Path
from conduit.messages.message import user_message
from conduit.sessions.events import *
from conduit.sessions.store import open_store

async def main():
    store = await open_store(Path(sys.argv[1]))
    session, name, count = sys.argv[2], sys.argv[3], int(sys.argv[4])
    for number in range(count):
        await store.append(session, Notice(text=f"{name} {number}"))
        print(name, number, flush=True)
    await store.aclose()

asyncio.run(main())
"""


def spawn(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def notices(path: Path, session_id: str) -> list[str]:
    store = await open_store(path)
    try:
        return [s.event.text for s in await store.events(session_id) if isinstance(s.event, Notice)]
    finally:
        await store.aclose()


async def test_four_processes_append_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    store = await open_store(path)
    session_id = (await store.open_session(OPENED)).id
    await store.aclose()
    writers = [spawn(path, session_id, name, 500) for name in "abcd"]
    errors = [writer.communicate(timeout=60)[1] for writer in writers]
    assert errors == [""] * 4
    found = await notices(path, session_id)
    assert len(found) == 2000
    for name in "abcd":
        assert [text for text in found if text.startswith(name)] == [f"{name} {n}" for n in range(500)]


@pytest.mark.parametrize("reached", [1, 7, 40, 120, 250])
async def test_a_kill_while_appending_loses_nothing_that_was_acknowledged(tmp_path: Path, reached: int) -> None:
    path = tmp_path / "sessions.db"
    store = await open_store(path)
    session_id = (await store.open_session(OPENED)).id
    await store.aclose()
    with spawn(path, session_id, "a", 100_000) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(reached)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
    whole = [line.strip() for line in acknowledged if line.endswith("\n")]
    found = await notices(path, session_id)
    assert found[: len(whole)] == whole
    assert len(found) <= len(whole) + 1


async def test_the_files_are_for_this_person_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "workspaces" / "x" / "sessions.db"
    store = await open_store(path)
    await store.open_session(OPENED)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    await store.aclose()


async def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    await (await open_store(path)).aclose()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SchemaTooNew):
        await open_store(path)


async def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened"):
        await open_store(tmp_path / "file" / "sessions.db")


async def filled(path: Path, sessions: int = 12) -> list[str]:
    store = await open_store(path)
    ids = []
    for number in range(sessions):
        info = await store.open_session(OPENED)
        turn = f"t{number}"
        message = user_message(f"Question {number} " + "x" * 3000)
        await store.append(
            info.id,
            TurnStarted(turn_id=turn, message_id=turn, parent_id=None, message=message),
            TurnEnded(turn_id=turn, stop_reason="end_turn"),
        )
        ids.append(info.id)
    await store.aclose()
    return ids


async def test_a_damaged_database_is_set_aside_and_what_can_be_read_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    ids = await filled(path)
    raw = bytearray(path.read_bytes())
    middle = raw.index(b"Question 6 ") // 4096 * 4096
    raw[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(raw)
    store = await open_store(path)
    assert store.notice is not None
    assert "set aside" in store.notice
    (aside,) = [file for file in tmp_path.iterdir() if re.fullmatch(r"sessions\.db\.damaged-[0-9T]+", file.name)]
    assert aside.read_bytes() == bytes(raw)
    saved = {info.id for info in await store.sessions()}
    assert {ids[0], ids[-1]} <= saved
    assert len(saved) >= len(ids) - 2
    assert (await store.conversation(ids[0]))[0].message.text.startswith("Question 0")
    await store.open_session(OPENED)
    await store.aclose()
    again = await open_store(path)
    assert again.notice is None
    await again.aclose()


async def test_whatever_the_damage_the_store_opens_and_keeps_the_old_file(tmp_path: Path) -> None:
    good = tmp_path / "good" / "sessions.db"
    await filled(good, sessions=3)
    original = good.read_bytes()
    chance = random.Random(7)
    for number in range(24):
        raw = bytearray(original)
        start = chance.randrange(len(raw))
        length = chance.choice([1, 16, 100, 4096, len(raw)])
        match number % 3:
            case 0:
                raw[start : start + length] = chance.randbytes(len(raw[start : start + length]))
            case 1:
                del raw[start:]
            case _:
                raw[:100] = chance.randbytes(100)
        path = tmp_path / f"damaged{number}" / "sessions.db"
        path.parent.mkdir()
        path.write_bytes(raw)
        store = await open_store(path)
        if store.notice is not None:
            assert [f.read_bytes() for f in path.parent.glob("sessions.db.damaged-*[0-9]")] == [bytes(raw)]
        info = await store.open_session(OPENED)
        assert (await store.session(info.id)) == info
        await store.aclose()


async def test_damage_met_while_running_is_said_and_mended_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    ids = await filled(path)
    store = await open_store(path)
    raw = bytearray(path.read_bytes())
    for start in range(4096 * 2, len(raw), 4096):
        raw[start : start + 8] = b"\xff" * 8
    path.write_bytes(raw)
    with pytest.raises(StoreCorrupt, match="set aside"):
        await asyncio.gather(*(store.events(session_id) for session_id in ids))
    await store.aclose()
    again = await open_store(path)
    assert again.notice is not None
    await again.aclose()


async def test_a_rotten_byte_inside_a_text_costs_that_byte(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    ids = await filled(path, sessions=2)
    path.write_bytes(path.read_bytes().replace(b"Question 1 xx", b"Question 1 \xffx"))
    store = await open_store(path)
    (message,) = await store.conversation(ids[1])
    assert message.message.text.startswith("Question 1 \ufffdx")
    await store.aclose()


async def test_a_rotten_event_is_said_and_given_up_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    ids = await filled(path, sessions=3)
    path.write_bytes(
        path.read_bytes().replace(b'{"type":"turn_ended","turn_id":"t1"', b'["type":"turn_ended","turn_id":"t1"')
    )
    store = await open_store(path)
    assert store.notice is None
    with pytest.raises(StoreCorrupt):
        await store.events(ids[1])
    await store.aclose()
    again = await open_store(path)
    assert again.notice is not None
    assert "8 events of 3 conversations" in again.notice
    assert await again.repair(ids[1])
    assert len(await again.events(ids[1])) == 3
    await again.aclose()


async def test_the_time_of_an_event_is_the_clocks(tmp_path: Path) -> None:
    at = time.time() - 1000
    store = await open_store(tmp_path / "sessions.db", now=lambda: at)
    info = await store.open_session(OPENED)
    assert (info.created_at, info.updated_at) == (at, at)
    await store.aclose()


async def test_rebuilding_changes_nothing_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    ids = await filled(path, sessions=3)
    store = await open_store(path)
    await store.fork(ids[0], "t0")
    before = (await store.sessions(), [await store.conversation(i) for i in ids], await store.usage())
    assert await store.rebuild() == 10
    assert (await store.sessions(), [await store.conversation(i) for i in ids], await store.usage()) == before
    await store.aclose()


async def test_of_a_deleted_session_nothing_is_left_in_the_file_nor_brought_back_by_a_rebuild(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sessions.db"
    store = await open_store(path)
    info = await store.open_session(OPENED)
    secret = "a sentence that nobody else wrote"
    message = user_message(secret)
    await store.append(info.id, TurnStarted(turn_id="t", message_id="m", parent_id=None, message=message))
    reply = assistant_message(f"About {secret}")
    await store.append(
        info.id,
        AssistantReplied(
            turn_id="t", message_id="n", parent_id="m", message=reply, model="a/x", usage=Usage(input_tokens=3)
        ),
        TurnEnded(turn_id="t", stop_reason="end_turn"),
    )
    used = await store.usage()
    fork = await store.fork(info.id, "m")
    await store.delete(info.id)
    await store.rebuild()
    assert [each.id for each in await store.sessions()] == [fork.id]
    assert [each.id for each in await store.conversation(fork.id)] == ["m"]
    assert await store.usage() == used
    await store.delete(fork.id)
    assert await store.rebuild() == 0
    assert (await store.sessions(), await store.usage()) == ([], used)
    await store.aclose()
    left = [file.name for file in tmp_path.glob("sessions.db*") if secret.encode() in file.read_bytes()]
    assert left == []
