"""Runs a command's work until it ends, or a signal ends it: it is cancelled, and cleans up. For the commands."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
_ENDING = ((signal.SIGINT, 130), (signal.SIGTERM, 143))


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A signal ended the work; `exit_code` is what the command ends with."""

    exit_code: int


def run_until_signal(work: Callable[[], Coroutine[Any, Any, T]]) -> T | Interrupted:
    """Run `work` in a loop of its own; raises what it raises. A second signal does not cut its cleaning up short."""
    codes: list[int] = []

    async def run() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def end(code: int) -> None:
            if not codes and task is not None:
                task.cancel()
            codes.append(code)

        for number, code in _ENDING:
            with suppress(NotImplementedError):  # Windows: KeyboardInterrupt cancels the task instead
                loop.add_signal_handler(number, end, code)
        return await work()

    try:
        return asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        return Interrupted(codes[0] if codes else 130)
