"""The embedded model: works with no key and, once its weights are there, with no network.

On first use it sees to the weights, starts a llama.cpp child on loopback and lets a Chat Completions wire, which it is
handed, speak to it. The child ends when nobody used it for a while, and with this process. One completion runs at a
time; others wait in the child's queue. It is a small model for first steps, not an engineer. Made by `compose` only.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent
from conduit.providers.base import Provider
from conduit.providers.closing import closable
from conduit.providers.llama_child import LlamaChild, start_child
from conduit.providers.weights import Weights

_LOG = logging.getLogger(__name__)
_ATTEMPTS = 4
_DEATH_WAIT_S = 0.3

Phase = Literal["absent", "downloading", "starting", "ready", "idle", "failed"]


@dataclass(frozen=True, slots=True)
class EmbeddedStatus:
    """What the embedded model is doing; bytes are given while weights are downloaded."""

    phase: Phase
    downloaded_bytes: int | None = None
    total_bytes: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class EmbeddedOptions:
    """Settings of the child.

    Attributes:
        context_tokens: the child's context.
        threads: native threads; None for all physical cores but one.
        idle_s: seconds without use after which the child ends.
    """

    context_tokens: int = 8192
    threads: int | None = None
    idle_s: float = 300.0


class EmbeddedProvider:
    """The embedded model's endpoint, as a provider."""

    def __init__(
        self,
        weights: Weights,
        *,
        make_wire: Callable[[str, str], Provider],
        options: EmbeddedOptions | None = None,
        on_status: Callable[[EmbeddedStatus], None] | None = None,
    ) -> None:
        """Describe the provider; nothing is started before the first stream.

        Args:
            weights: where the weights are, or come from.
            make_wire: (base URL, API key) to a Chat Completions provider.
            options: settings of the child.
            on_status: told what is going on, on the event loop; must not block.
        """
        self._weights = weights
        self._make_wire = make_wire
        self._options = options or EmbeddedOptions()
        self._on_status = on_status
        self._starting = asyncio.Lock()
        self._child: LlamaChild | None = None
        self._wire: Provider | None = None
        self._users = 0
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def name(self) -> str:
        """The vendor's row name."""
        return "embedded"

    @property
    def child_pid(self) -> int | None:
        """The process id of the running child, or None."""
        return self._child.pid if self._child is not None and self._child.alive else None

    def at_hand(self) -> bool:
        """Say whether the weights are there."""
        return self._weights.state().present

    async def load(self) -> None:
        """Import the wire's SDK; no weights are downloaded and no child is started by a warm-up."""
        # The address does not matter for the import, and nothing is connected.
        wire = self._make_wire("http://127.0.0.1:9/v1", "none")
        await wire.load()
        await wire.aclose()

    async def aclose(self) -> None:
        """End the child and close the connections."""
        self._closed = True
        self._stop_timer()
        async with self._starting:
            await self._stop()
        if self._ending:
            await asyncio.gather(*self._ending, return_exceptions=True)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`. The first one also downloads and starts what is missing.

        Raises:
            UserError: the person's own weights are not there, or the data folder cannot be written.
            ProviderError: NOT_READY, when the weights could not be downloaded; INTERNAL, when the child ended;
                CONTEXT_OVERFLOW; and what the wire raises.
        """
        self._users += 1
        self._stop_timer()
        try:
            for attempt in range(1, _ATTEMPTS + 1):
                child, wire = await self._ready()
                begun = False
                try:
                    async with aclosing(closable(wire.stream(request))) as events:
                        async for event in events:
                            begun = True
                            yield event
                    return
                except ProviderError as error:
                    fault = await self._explain(error, child, request)
                    # llama.cpp closes a connection after a streamed answer without having said so, and the next
                    # request on it fails before it was read.
                    stale = error.kind is ProviderErrorKind.NETWORK and not begun
                    if not stale or attempt == _ATTEMPTS:
                        raise fault from error
                    _LOG.debug("the embedded model's connection was closed; trying again")
        finally:
            self._users -= 1
            if self._users == 0 and not self._closed:
                self._start_timer()

    async def _ready(self) -> tuple[LlamaChild, Provider]:
        """Return the running child and its wire; the first caller starts them, others wait."""
        async with self._starting:
            if self._closed:
                raise ProviderError(
                    "The embedded model was shut down.", kind=ProviderErrorKind.NOT_READY, provider=self.name
                )
            if self._child is not None and self._wire is not None and self._child.alive:
                return self._child, self._wire
            await self._stop()
            try:
                path = await self._weights.ensure(self._report_download)
                self._report(EmbeddedStatus("starting"))
                child = await start_child(
                    path,
                    context_tokens=self._options.context_tokens,
                    # llama.cpp's threads spin while they wait for each other: without a core to spare it takes
                    # several times as long.
                    threads=self._options.threads or max(1, physical_cores() - 1),
                )
            except BaseException as error:
                self._report(EmbeddedStatus("failed" if isinstance(error, Exception) else "idle", message=str(error)))
                raise
            self._child = child
            self._wire = self._make_wire(child.endpoint.base_url, child.endpoint.api_key)
            self._report(EmbeddedStatus("ready"))
            return child, self._wire

    async def _explain(self, error: ProviderError, child: LlamaChild, request: ModelRequest) -> ProviderError:
        """Return the error that says what happened: the child's end, or a conversation that is too long."""
        if error.kind is ProviderErrorKind.NETWORK and not await child.settled(_DEATH_WAIT_S):
            return ProviderError(
                f"The embedded model's process ended (status {child.exit_status}); the next prompt starts it again.",
                kind=ProviderErrorKind.INTERNAL,
                provider=self.name,
                model=request.model,
            )
        if error.kind is ProviderErrorKind.CONTEXT_OVERFLOW or "exceed_context_size" in str(error):
            return ProviderError(
                f"The conversation is longer than the embedded model can read ({self._options.context_tokens} tokens). "
                "Start a new session, or choose a larger model.",
                kind=ProviderErrorKind.CONTEXT_OVERFLOW,
                provider=self.name,
                model=request.model,
                status=error.status,
            )
        return error

    async def _stop(self) -> None:
        child, wire, self._child, self._wire = self._child, self._wire, None, None
        if wire is not None:
            await wire.aclose()
        if child is not None:
            await child.end()

    def _start_timer(self) -> None:
        self._stop_timer()
        self._idle = asyncio.get_running_loop().call_later(self._options.idle_s, self._idle_over)

    def _stop_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _idle_over(self) -> None:
        task = asyncio.ensure_future(self._stop_if_idle())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _stop_if_idle(self) -> None:
        async with self._starting:
            if self._users == 0 and self._child is not None:
                await self._stop()
                self._report(EmbeddedStatus("idle"))

    def _report(self, status: EmbeddedStatus) -> None:
        if self._on_status is not None:
            self._on_status(status)

    def _report_download(self, done: int, total: int) -> None:
        self._report(EmbeddedStatus("downloading", done, total))


def physical_cores() -> int:
    """Return how many physical cores this process may use, at least 1; hyper-threads slow llama.cpp down."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pairs = set()
    for folder in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology"):
        try:
            pairs.add(((folder / "physical_package_id").read_text().strip(), (folder / "core_id").read_text().strip()))
        except OSError:
            continue
    return max(1, min(usable, len(pairs) or usable))
