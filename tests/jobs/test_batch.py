"""Own batches: bounded work, and a model that is left alone for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.jobs.batch import PATIENCE, ItemAsker, in_parallel, is_final
from conduit.jobs.batch_store import ItemFault, ItemResult, StoredItem
from conduit.messages.message import Usage, user_message
from conduit.messages.request import ModelRequest
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent, UsageReport

ITEM = StoredItem(id="a", request=ModelRequest(model="m", messages=(user_message("hi"),)))


class LeftAlone:
    """A provider whose model is left alone for the first `times` requests."""

    name = "fake"

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked = 0

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        self.asked += 1
        if self.asked <= self.times:
            raise ProviderError("away", kind=ProviderErrorKind.NETWORK, provider="fake", retry_after_s=7.0)
        yield BlockStart(index=0, kind="text")
        yield BlockDelta(index=0, text="back")
        yield BlockStop(index=0)
        yield UsageReport(usage=Usage(input_tokens=3))
        yield Stop(reason="end_turn")

    async def load(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


def asker(provider: LeftAlone, waited: list[float]) -> ItemAsker:
    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    return ItemAsker(provider, after=lambda answer: 0.0, sleep=sleep)


async def test_a_model_that_is_left_alone_is_waited_for():
    waited: list[float] = []
    result = await asker(LeftAlone(PATIENCE), waited).ask(4, ITEM)
    assert (result.index, result.text, result.error) == (4, "back", None)
    assert waited == [7.0] * PATIENCE


async def test_one_that_stays_away_stops_the_batch_and_no_item_has_failed_by_it():
    provider = LeftAlone(1000)
    with pytest.raises(ProviderError, match="away"):
        await asker(provider, []).ask(0, ITEM)
    assert provider.asked == PATIENCE + 1


@pytest.mark.parametrize(
    ("kind", "final"),
    [("network", False), ("rate_limit", False), ("overloaded", False), ("invalid_input", True), ("expired", True)],
)
def test_only_what_may_pass_is_asked_again(kind: str, final: bool):
    assert is_final(ItemResult(index=0, id="a", error=ItemFault(kind=kind, message="x"))) is final
    assert is_final(ItemResult(index=0, id="a"))


@pytest.mark.parametrize("jobs", [1, 3, 50])
async def test_no_more_than_so_many_run_at_once_and_they_begin_in_order(jobs: int):
    running, most, begun = 0, 0, []

    async def work(number: int) -> bool:
        nonlocal running, most
        begun.append(number)
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return True

    await in_parallel(range(10), work, jobs)
    assert begun == list(range(10))
    assert most == min(jobs, 10)


async def test_nothing_begins_after_a_no_and_an_exception_ends_everything():
    begun: list[int] = []

    async def stop(number: int) -> bool:
        begun.append(number)
        await asyncio.sleep(0)
        return number < 2

    await in_parallel(range(100), stop, 2)
    assert len(begun) < 6
    begun.clear()
    held = asyncio.Event()

    async def fail(number: int) -> bool:
        begun.append(number)
        if number == 1:
            raise ProviderError("away", kind=ProviderErrorKind.NETWORK, provider="fake")
        await held.wait()
        return True

    with pytest.raises(ProviderError):
        await in_parallel(range(100), fail, 2)
    assert begun == [0, 1]
