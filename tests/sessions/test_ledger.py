"""The ledger keeps every completion once, for all workspaces, and never stands in a turn's way."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conduit.errors import StoreError
from conduit.messages.message import Usage
from conduit.sessions.ledger import Entry, Ledger, SqliteLedger
from conduit.sessions.projections import day_of
from fakes.memory_ledger import MemoryLedger

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
    with pytest.raises(StoreError, match="cannot be opened"):
        await ledger.totals()
