"""Own batches: many questions asked one by one, a bounded number at a time, each by itself and in the order given.

What a vendor's batch does for less money this does for every model: an item that fails does not touch another one, and
what has been answered is not asked again. Trying again is the provider's own affair; a model that is left alone for a
while is waited for here, and one that stays away stops the batch, which can be gone on with. Keeps nothing itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar, cast

from pydantic import JsonValue

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.jobs.batch_store import ItemFault, ItemResult, StoredItem
from conduit.jobs.structured import SchemaForm, ask_in_form, json_of
from conduit.messages.message import Usage
from conduit.messages.request import ModelRequest
from conduit.messages.stream import Accumulator, StreamEvent
from conduit.providers.base import Provider

PATIENCE = 3
"""How often one item waits for a model that is left alone before the batch is stopped."""

_PASSING = frozenset(kind.value for kind in ProviderErrorKind if ProviderError("", kind=kind, provider="").retryable)

T = TypeVar("T")


def is_final(result: ItemResult) -> bool:
    """Whether an item need not be asked again: it has an answer, or a failure that will not pass."""
    return result.error is None or result.error.kind not in _PASSING


async def in_parallel(items: Iterable[T], work: Callable[[T], Awaitable[bool]], jobs: int) -> None:
    """Do `work` for each item, beginning in their order, at most `jobs` at once; False begins no further one.

    The first exception cancels the rest and is raised.
    """
    waiting = iter(items)
    stopped = False

    async def worker() -> None:
        nonlocal stopped
        for item in waiting:
            if stopped or not await work(item):
                stopped = True
                return

    tasks = [asyncio.create_task(worker()) for _ in range(jobs)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class ItemAsker:
    """Asks the items of an own batch.

    Attributes:
        provider: who is asked; it tries again by itself.
        after: is given every answer, also what arrived of one that failed, and returns what it cost.
        sleep: waits the given seconds.
    """

    provider: Provider
    after: Callable[[Accumulator], float | None]
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    async def ask(self, index: int, item: StoredItem) -> ItemResult:
        """Return what became of an item.

        Raises:
            ProviderError: the model is left alone, for longer than it is waited for; the item was not answered.
        """
        waits = 0
        while True:
            spent = _Spent()
            try:
                return await self._once(index, item, spent)
            except ProviderError as error:
                if not error.retryable or error.retry_after_s is None:
                    fault = ItemFault(kind=error.kind.value, message=str(error))
                    return ItemResult(index=index, id=item.id, usage=spent.usage, cost_usd=spent.cost, error=fault)
                if waits == PATIENCE:
                    raise
                waits += 1
                await self.sleep(error.retry_after_s)

    async def _once(self, index: int, item: StoredItem, spent: _Spent) -> ItemResult:
        def after(answer: Accumulator) -> None:
            spent.add(answer.usage, self.after(answer))

        if item.schema_wanted is not None:
            form = SchemaForm(item.schema_wanted)
            found = await ask_in_form(self.provider, item.request, form, after=after)
            return ItemResult(
                index=index,
                id=item.id,
                value=found.value,
                stop_reason="end_turn",
                usage=spent.usage,
                cost_usd=spent.cost,
            )
        answer = await self._stream(item.request, after)
        return text_result(index, item.id, answer, spent.cost)

    async def _stream(self, request: ModelRequest, after: Callable[[Accumulator], None]) -> Accumulator:
        answer = Accumulator()
        stream = cast("AsyncGenerator[StreamEvent, None]", self.provider.stream(request))
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    answer.add(event)
        finally:
            after(answer)
        return answer


@dataclass
class _Spent:
    """What the tries of one item took together; the cost is None when that of one of them is not known."""

    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0

    def add(self, usage: Usage, cost: float | None) -> None:
        self.usage += usage
        self.cost = None if self.cost is None or cost is None else self.cost + cost


def text_result(index: int, item_id: str, answer: Accumulator, cost: float | None) -> ItemResult:
    """Return the result of an item that was answered with a text."""
    return ItemResult(
        index=index,
        id=item_id,
        text=answer.message().text,
        stop_reason=answer.stop_reason,
        usage=answer.usage,
        cost_usd=cost,
    )


def form_result(index: int, item: StoredItem, answer: Accumulator, cost: float | None) -> ItemResult:
    """Return the result of an item with a schema that cannot be asked again: the value, or what is wrong with it."""
    result = text_result(index, item.id, answer, cost)
    kind, problem = ProviderErrorKind.INVALID_ANSWER, ""
    value: JsonValue = None
    if answer.stop_reason == "refusal":
        kind, problem = ProviderErrorKind.REFUSED, "the model refused to answer"
    elif answer.stop_reason == "max_tokens":
        problem = "the answer was cut off at its token limit; a higher max_tokens may help"
    else:
        try:
            value = SchemaForm(item.schema_wanted).read(json_of(result.text))
        except ValueError as error:
            problem = f"the answer does not fit the schema: {'; '.join(str(error).splitlines())}"
    fault = ItemFault(kind=kind.value, message=f"{item.request.model}: {problem}.") if problem else None
    return result.model_copy(update={"value": value, "error": fault, "text": "" if fault is None else result.text})
