"""Load what is heavy once, off the event loop, for everyone who waits for it.

`SharedLoad` is held by a wire; `warm_up` starts it in the background after `initialize` has been answered, and the
first use waits for the same load. Nothing here knows a wire.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from conduit.errors import ConduitError
from conduit.providers.base import Provider

_log = logging.getLogger(__name__)


# One SDK at a time: openai's looks whether httpx was imported, and takes one that ollama's is just importing for whole.
_IMPORTING = threading.Lock()

LATE = ("anyio._backends._asyncio",)
"""What HTTP clients import with their first request, and a person would wait for."""


class SharedLoad:
    """Runs one blocking function once in a thread; a failed run may be tried again."""

    def __init__(self, work: Callable[[], None], *, late: Sequence[str] = LATE) -> None:
        """Take the function; the modules of `late` that are installed are imported after it."""
        self._work = work
        self._late = late
        self._task: asyncio.Task[None] | None = None
        self.done = False

    async def __call__(self) -> None:
        """Wait until the work is done; being cancelled here does not stop it. Raises what the work raises."""
        if self.done:
            return
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(self._run))
            self._task.add_done_callback(self._finished)
        await asyncio.shield(self._task)

    def _run(self) -> None:
        with _IMPORTING:
            self._work()
            for name in self._late:
                with suppress(ImportError):
                    importlib.import_module(name)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._task = None
        # Asking for the exception also marks it as seen, when nobody waits any more.
        self.done = not task.cancelled() and task.exception() is None


async def warm_up(provider: Provider) -> None:
    """Load a provider in the background; a failure is logged here and raised again on its first use."""
    try:
        await provider.load()
    except ConduitError as error:
        _log.info("The model's client could not be loaded ahead of time: %s", error)
