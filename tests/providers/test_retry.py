"""What may succeed later is tried again, as long as nothing was shown."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from conduit.errors import ProviderErrorKind
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest
from conduit.providers.retry import RetryingProvider
from conduit.providers.scripted import ScriptedProvider
from fakes.wires import WIRES, collect, mock_url, provider_of, request_for

REQUEST = ModelRequest(model="demo", messages=(user_message("hi"),))


class Clock:
    """A sleep that takes no time, keeps how long it was, and puts the next answer into the script."""

    def __init__(self, file: Path, *answers: list[dict[str, Any]]) -> None:
        self.waits: list[float] = []
        self.notes: list[str] = []
        self._file = file
        self._answers = list(answers)
        self._next()
        self.provider = RetryingProvider(
            ScriptedProvider(file), notify=self.notes.append, sleep=self.sleep, jitter=lambda: 0.5
        )

    def _next(self) -> None:
        if self._answers:
            self._file.write_text(json.dumps({"rules": [{"reply": self._answers.pop(0)}]}))

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._next()


def failing(kind: str, retry_after_s: float | None = None) -> list[dict[str, Any]]:
    return [{"fail": {"kind": kind, "retry_after_s": retry_after_s}}]


async def test_the_third_try_succeeds_after_waits_that_grow(tmp_path: Path):
    clock = Clock(tmp_path / "s", failing("overloaded"), failing("network"), [{"text": "at last"}])
    _, folded, error = await collect(clock.provider, REQUEST)
    assert (folded.message().text, error, clock.waits) == ("at last", None, [1.0, 2.0])
    assert clock.notes == [
        "scripted: overloaded, trying again in 1 s",
        "scripted: connection failed, trying again in 2 s",
    ]


async def test_after_three_tries_the_error_is_raised_as_it_is(tmp_path: Path):
    clock = Clock(tmp_path / "s", failing("internal"))
    _, _, error = await collect(clock.provider, REQUEST)
    assert error is not None
    assert (error.kind, len(clock.waits)) == (ProviderErrorKind.INTERNAL, 2)


async def test_the_vendors_own_wait_is_kept(tmp_path: Path):
    clock = Clock(tmp_path / "s", failing("rate_limit", 4), [{"text": "ok"}])
    await collect(clock.provider, REQUEST)
    assert clock.notes == ["scripted: rate limited, trying again in 4 s"]
    assert 4 <= clock.waits[0] <= 4.25


async def test_an_absurd_wait_is_capped_and_said(tmp_path: Path):
    clock = Clock(tmp_path / "s", failing("rate_limit", 1e9), [{"text": "ok"}])
    await collect(clock.provider, REQUEST)
    assert clock.waits == [60.0]
    assert clock.notes == ["scripted: rate limited, trying again in 60 s (it asked for 1000000000 s)"]


async def test_what_was_streamed_is_never_repeated(tmp_path: Path):
    clock = Clock(tmp_path / "s", [{"text": "half "}, *failing("network")], [{"text": "again"}])
    _, folded, error = await collect(clock.provider, REQUEST)
    assert error is not None
    assert (folded.message().text, clock.waits) == ("half ", [])


@pytest.mark.parametrize("kind", ["auth", "invalid_input", "context_overflow", "balance", "refused", "config"])
async def test_what_cannot_succeed_later_is_not_tried_again(tmp_path: Path, kind: str):
    clock = Clock(tmp_path / "s", failing(kind))
    _, _, error = await collect(clock.provider, REQUEST)
    assert error is not None
    assert (error.kind, clock.waits) == (kind, [])


async def test_a_cancel_ends_the_wait_at_once(tmp_path: Path):
    waiting = asyncio.Event()
    Clock(tmp_path / "s", failing("rate_limit", 50))
    provider = RetryingProvider(ScriptedProvider(tmp_path / "s"), notify=lambda _: waiting.set())
    task = asyncio.create_task(collect(provider, REQUEST))
    await asyncio.wait_for(waiting.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 20)


@pytest.mark.parametrize("vendor", WIRES)
async def test_a_rate_limited_server_is_content_with_how_it_is_asked_again(vendor: str, llmock: Any):
    llmock.rate_limit(times=2, retry_after=0.1)
    async with provider_of(vendor, mock_url(llmock, vendor)) as inner:
        _, folded, error = await collect(RetryingProvider(inner), request_for(vendor))
    assert error is None
    assert folded.message().text
    llmock.assert_resilient()


@pytest.mark.parametrize("vendor", WIRES)
async def test_a_connection_that_drops_before_any_text_is_made_anew(vendor: str, llmock: Any):
    llmock.disconnect(after_chunks=0 if vendor in ("google", "ollama") else 1)  # the others' first event holds no text
    async with provider_of(vendor, mock_url(llmock, vendor)) as inner:
        _, folded, error = await collect(RetryingProvider(inner, jitter=lambda: -0.4), request_for(vendor))
    assert (error, folded.stop_reason, len(llmock.requests)) == (None, "end_turn", 2)
