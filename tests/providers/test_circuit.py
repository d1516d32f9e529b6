"""A model that failed again and again is left alone for a while, then tried once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from conduit.errors import ProviderError
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest
from conduit.providers.circuit import FAILURES, FIRST_COOL_DOWN_S, MAX_COOL_DOWN_S, Circuits
from conduit.providers.retry import RetryingProvider
from conduit.providers.scripted import ScriptedProvider
from fakes.wires import collect

REQUEST = ModelRequest(model="demo", messages=(user_message("hi"),))


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Endpoint:
    """A scripted endpoint behind retries that take no time."""

    def __init__(self, script: Path) -> None:
        self.clock = Clock()
        self.tries = 0
        self._script = script
        self.provider = RetryingProvider(ScriptedProvider(script), sleep=self._sleep, circuits=Circuits(now=self.clock))

    async def _sleep(self, seconds: float) -> None:
        self.tries += 1

    def answer(self, *steps: dict[str, object]) -> None:
        self._script.write_text(json.dumps({"rules": [{"reply": list(steps)}]}))

    def fail(self, kind: str, retry_after_s: float | None = None) -> None:
        self.answer({"fail": {"kind": kind, "message": "It is down.", "retry_after_s": retry_after_s}})

    async def ask(self, model: str = "demo") -> tuple[str, ProviderError | None]:
        _, folded, error = await collect(self.provider, REQUEST.model_copy(update={"model": model}))
        return folded.message().text, error

    async def open(self) -> ProviderError:
        for _ in range(FAILURES):
            _, error = await self.ask()
        assert error is not None
        return error


@pytest.fixture
def endpoint(tmp_path: Path) -> Endpoint:
    made = Endpoint(tmp_path / "script.json")
    made.fail("overloaded")
    return made


async def test_after_repeated_failures_the_model_is_not_asked_and_the_person_is_told_for_how_long(endpoint: Endpoint):
    error = await endpoint.open()
    assert str(error) == "It is down. That was failure 3 in a row: it is not asked again for 10 s."
    endpoint.answer({"text": "well again"})
    tried = endpoint.tries
    endpoint.clock.now += 4
    _, error = await endpoint.ask()
    assert error is not None
    assert str(error) == "It is down. That was failure 3 in a row: it is not asked again for 6 s."
    assert (error.kind, error.retry_after_s, endpoint.tries) == (Kind.OVERLOADED, 6.0, tried)


async def test_after_the_cool_down_one_answer_closes_the_circuit(endpoint: Endpoint):
    await endpoint.open()
    endpoint.clock.now += FIRST_COOL_DOWN_S
    endpoint.answer({"text": "well again"})
    assert await endpoint.ask() == ("well again", None)
    endpoint.fail("overloaded")
    _, error = await endpoint.ask()
    assert str(error) == "It is down."


async def test_a_failed_trial_opens_it_for_longer_up_to_a_bound(endpoint: Endpoint):
    await endpoint.open()
    waits = []
    for _ in range(6):
        endpoint.clock.now += MAX_COOL_DOWN_S
        _, error = await endpoint.ask()
        assert error is not None
        waits.append(error.retry_after_s)
    assert waits == [20.0, 40.0, 80.0, 120.0, 120.0, 120.0]


async def test_only_one_request_finds_out_whether_it_is_well_again(endpoint: Endpoint):
    await endpoint.open()
    endpoint.clock.now += FIRST_COOL_DOWN_S
    endpoint.answer({"text": "so far"}, {"hold": True})
    begun = asyncio.Event()

    async def trial() -> None:
        async for _ in endpoint.provider.stream(REQUEST):
            begun.set()

    task = asyncio.create_task(trial())
    await asyncio.wait_for(begun.wait(), 30)
    _, error = await endpoint.ask()
    assert "not asked again for 1 s" in str(error)
    task.cancel()
    await asyncio.wait({task})
    endpoint.answer({"text": "well again"})
    assert await endpoint.ask() == ("well again", None)


async def test_models_have_circuits_of_their_own(endpoint: Endpoint):
    await endpoint.open()
    endpoint.answer({"text": "here"})
    assert await endpoint.ask("other") == ("here", None)


async def test_an_answer_between_failures_starts_the_count_anew(endpoint: Endpoint):
    for _ in range(FAILURES - 1):
        await endpoint.ask()
    endpoint.answer({"text": "here"})
    await endpoint.ask()
    endpoint.fail("network")
    _, error = await endpoint.ask()
    assert str(error) == "It is down."


@pytest.mark.parametrize("kind", ["auth", "invalid_input", "context_overflow", "quota"])
async def test_an_error_that_shows_that_the_endpoint_lives_opens_nothing(endpoint: Endpoint, kind: str):
    endpoint.fail(kind)
    error = await endpoint.open()
    assert str(error) == "It is down."


async def test_a_stream_that_breaks_in_the_middle_counts_too(endpoint: Endpoint):
    endpoint.answer({"text": "so far"}, {"cut": True})
    error = await endpoint.open()
    assert "That was failure 3 in a row" in str(error)


async def test_a_wait_that_the_vendor_asks_for_is_kept_up_to_the_bound(endpoint: Endpoint):
    endpoint.fail("rate_limit", 45)
    assert (await endpoint.open()).retry_after_s == 45
    other = Circuits(now=Clock())
    for _ in range(FAILURES):
        error = ProviderError("x", kind=Kind.RATE_LIMIT, provider="p", retry_after_s=1e9)
        opened = other.leave("m", error)
    assert opened is not None
    assert opened.retry_after_s == MAX_COOL_DOWN_S
