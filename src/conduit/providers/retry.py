"""Try again what may succeed later, as long as nothing has been shown yet, and not at all what failed too often.

A wrapper around any provider. What was streamed is never repeated: an error after the first piece of content is raised
as it is. A model whose completions fail again and again is left alone for a while, see `circuit`.
Not a queue and not a fallback to another model. Used by `compose`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, TypeVar, cast

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.request import ModelRequest
from conduit.messages.stream import BlockStart, Note, StreamEvent, UsageReport
from conduit.providers.base import Provider
from conduit.providers.circuit import Circuits

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T = TypeVar("T")

MAX_TRIES = 3
MAX_WAIT_S = 60.0
FIRST_WAIT_S = 1.0

_REASONS = {
    ProviderErrorKind.RATE_LIMIT: "rate limited",
    ProviderErrorKind.OVERLOADED: "overloaded",
    ProviderErrorKind.NOT_READY: "not ready yet",
    ProviderErrorKind.NETWORK: "connection failed",
    ProviderErrorKind.INTERNAL: "failed on the vendor's side",
}


class RetryingProvider:
    """A provider whose failures before the first event are tried again, at most `MAX_TRIES` times in all."""

    def __init__(
        self,
        inner: Provider,
        *,
        notify: Callable[[str], None] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
        circuits: Circuits | None = None,
    ) -> None:
        """Wrap a provider.

        Args:
            inner: who is asked.
            notify: is told each wait as a sentence, on the event loop; must not block.
            sleep: waits the given seconds; cancelling the stream cancels it.
            jitter: a number from 0 to 1 that spreads the waits of many clients.
            circuits: which models are left alone; None begins with none.
        """
        self._inner = inner
        self._notify = notify
        self._sleep = sleep
        self._jitter = jitter
        self._circuits = circuits or Circuits()

    @property
    def inner(self) -> Provider:
        """The wrapped provider, for what it may do beside streaming."""
        return self._inner

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def load(self) -> None:
        """Load the wrapped provider."""
        await self._inner.load()

    async def aclose(self) -> None:
        """Close the wrapped provider."""
        await self._inner.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`."""
        with self._circuit(request.model):
            async with aclosing(self._tries(request)) as events:
                async for event in events:
                    yield event

    async def again(self, model: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask for what is no stream, with the same tries and the same circuit; raises ProviderError.

        Args:
            model: the vendor's name of the model.
            ask: makes one request of the wrapped provider; called for each try.
        """
        with self._circuit(model):
            attempt = 1
            while True:
                try:
                    return await ask()
                except ProviderError as error:
                    if attempt == MAX_TRIES or not error.retryable:
                        raise
                    wait_s, note = self._wait(error, attempt)
                if self._notify is not None:
                    self._notify(note)
                await self._sleep(wait_s)
                attempt += 1

    @contextmanager
    def _circuit(self, model: str) -> Iterator[None]:
        self._circuits.enter(model)
        ended = False
        try:
            yield
            ended = True
            self._circuits.leave(model)
        except ProviderError as error:
            ended = True
            if opened := self._circuits.leave(model, error):
                raise opened from error
            raise
        finally:
            if not ended:
                self._circuits.leave(model, cancelled=True)

    async def _tries(self, request: ModelRequest) -> AsyncGenerator[StreamEvent]:
        for attempt in range(1, MAX_TRIES + 1):
            started = False
            held: list[StreamEvent] = []
            try:
                async with aclosing(cast("AsyncGenerator[StreamEvent]", self._inner.stream(request))) as events:
                    async for event in events:
                        held.append(event)
                        if started or not isinstance(event, BlockStart | UsageReport | Note):
                            started = True
                            for item in held:
                                yield item
                            held.clear()
                for item in held:
                    yield item
                return
            except ProviderError as error:
                if started or attempt == MAX_TRIES or not error.retryable:
                    raise
                wait_s, note = self._wait(error, attempt)
            if self._notify is not None:
                self._notify(note)
            await self._sleep(wait_s)

    def _wait(self, error: ProviderError, attempt: int) -> tuple[float, str]:
        """Return the seconds to wait before the next try, and the sentence that says so."""
        asked_s = error.retry_after_s
        capped = ""
        if asked_s is None:
            wait_s = FIRST_WAIT_S * 2 ** (attempt - 1) * (0.5 + self._jitter())
        elif asked_s > MAX_WAIT_S:
            wait_s = MAX_WAIT_S
            capped = f" (it asked for {asked_s:.0f} s)"
        else:
            wait_s = asked_s + 0.25 * self._jitter()
        reason = _REASONS.get(error.kind, error.kind.value)
        shown = f"{wait_s:.0f}" if wait_s >= 1 else f"{wait_s:.1f}"
        return wait_s, f"{self.name}: {reason}, trying again in {shown} s{capped}"
