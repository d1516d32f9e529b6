"""The ledger keeps every completion once, for all workspaces, and never stands in a turn's way."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conduit.errors import StoreError
from conduit.messages.message import Usage, assistant_message
from conduit.sessions.events import AssistantReplied, SessionOpened, StoredEvent
from conduit.sessions.ledger import Entry, Ledger, SqliteLedger
from conduit.sessions.projections import day_of
from fakes.memory_ledger import MemoryLedger
from fakes.memory_store import MemoryStore

NOW = time.time()
USAGE = Usage(input_tokens=10, output_tokens=2, cache_read_tokens=4)


def entry(number: int, **changes: object) -> Entry:
    fields = {
        "message_id": f"msg_{number}",
        "request_id": f"req_{number}",
        "at": NOW + number / 1000,
        "workspace": "/ann/project",
        "session_id": "s",
        "model": "anthropic/claude-sonnet-5-5",
        "usage": USAGE,
        "cost_usd": 0.5,
    }
    return Entry.model_validate({**fields, **changes})


@pytest.fixture(params=["sqlite", "memory"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    opened = SqliteLedger(tmp_path / "new" / "ledger.db") if request.param == "sqlite" else MemoryLedger()
    yield opened
    await opened.aclose()


async def test_an_entry_is_kept_as_it_was_and_only_once(ledger: Ledger):
    for each in (entry(1), entry(2, request_id=None, cost_usd=None, workspace=""), entry(1, cost_usd=9.0)):
        ledger.note(each)
    assert await ledger.entries() == [entry(1), entry(2, request_id=None, cost_usd=None, workspace="")]


async def test_costs_are_summed_by_day_and_model_and_the_unpriced_are_counted(ledger: Ledger):
    yesterday = entry(4, at=NOW - 86_400)
    for each in (entry(1), entry(2), entry(3, cost_usd=None), yesterday, entry(5, model="openai/gpt-5.4")):
        ledger.note(each)
    totals = await ledger.totals()
    assert [(row.day, row.model, row.completions, row.cost_usd, row.unpriced) for row in totals] == [
        (day_of(NOW), "anthropic/claude-sonnet-5-5", 3, 1.0, 1),
        (day_of(NOW), "openai/gpt-5.4", 1, 0.5, 0),
        (day_of(NOW - 86_400), "anthropic/claude-sonnet-5-5", 1, 0.5, 0),
    ]
    assert totals[0].usage == USAGE + USAGE + USAGE
    assert len(await ledger.totals(since=day_of(NOW))) == 2


def reply(number: int) -> AssistantReplied:
    return AssistantReplied(
        turn_id="t",
        message_id=f"msg_{number}",
        parent_id=None,
        message=assistant_message("ok"),
        model="anthropic/claude-sonnet-5-5",
        usage=USAGE,
        request_id=f"req_{number}",
        cost_usd=0.5,
    )


async def store_with(answers: range, store: MemoryStore | None = None) -> MemoryStore:
    store = store or MemoryStore()
    session = await store.open_session(SessionOpened(title="", mode="ask", model="m", cwd="/"))
    for number in answers:
        await store.append(session.id, reply(number))
    return store


async def test_what_a_killed_process_left_out_is_written_once_from_the_log(ledger: Ledger):
    store = await store_with(range(3))
    ledger.note(entry(1))
    assert [each.message_id for each in await ledger.entries()] == ["msg_1"]
    assert await ledger.catch_up("/ann/project", store.replies) == 2
    assert await ledger.catch_up("/ann/project", store.replies) == 0
    kept = {each.message_id: each for each in await ledger.entries()}
    assert set(kept) == {"msg_0", "msg_1", "msg_2"}
    assert kept["msg_2"].cost_usd == 0.5
    assert (kept["msg_2"].workspace, kept["msg_2"].request_id, kept["msg_2"].usage) == ("/ann/project", "req_2", USAGE)
    await store_with(range(3, 4), store)
    assert await ledger.catch_up("/ann/project", store.replies) == 1


async def test_only_what_is_newer_than_the_last_comparison_is_read_and_in_pages(tmp_path: Path):
    ledger, store, asked = SqliteLedger(tmp_path / "ledger.db"), await store_with(range(7)), list[int]()

    async def replies(*, after: int, limit: int = 3) -> tuple[list[StoredEvent], int]:
        asked.append(after)
        return await store.replies(after=after, limit=limit)

    assert await ledger.catch_up("/a", replies) == 7
    assert len(asked) == 4
    end = asked[-1]
    asked.clear()
    assert await ledger.catch_up("/a", replies) == 0
    assert asked == [end]
    store = await store_with(range(10, 12))  # the log was begun anew, and is shorter than what was compared
    assert await ledger.catch_up("/a", replies) == 2
    assert await ledger.catch_up("/b", replies) == 0
    await ledger.aclose()


async def test_what_waits_is_written_before_the_file_is_closed_and_found_again(tmp_path: Path):
    path = tmp_path / "ledger.db"
    first, second = SqliteLedger(path), SqliteLedger(path)
    for number in range(50):
        (first if number % 2 else second).note(entry(number))
    await first.aclose()
    await second.aclose()
    again = SqliteLedger(path)
    assert [each.message_id for each in await again.entries()] == [f"msg_{number}" for number in range(50)]
    await again.aclose()


async def test_a_ledger_that_cannot_be_written_is_logged_and_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "ledger.db"
    path.mkdir()
    ledger = SqliteLedger(path)
    ledger.note(entry(1))
    await ledger.aclose()
    assert "not written to the ledger" in caplog.text
    with pytest.raises(StoreError, match="cannot be brought up to date"):
        await ledger.catch_up("/a", MemoryStore().replies)
    with pytest.raises(StoreError, match="cannot be opened"):
        await ledger.totals()
