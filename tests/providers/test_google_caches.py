"""Explicit caches: made once, renewed, rebuilt, done without, and never left behind, not even by a killed process."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conduit.messages.request import ModelSettings
from conduit.providers.google_caches import CacheOptions
from fakes.gemini_server import GeminiServer, RefusedError, serve_gemini
from fakes.wires import READ_FILE, collect, provider_of, request_for

SYSTEM = "You know this project well. " * 300
HOUR = 3600.0


@dataclass
class Clock:
    """The time of a test, for both sides."""

    seconds: float = 1_795_262_400.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def cached(server: GeminiServer, records: Path, clock: Clock, **options: Any) -> AsyncIterator[Any]:
    caches = CacheOptions(records, **{"ttl_s": HOUR, "min_tokens": 1024, "now": clock, **options})
    async with provider_of("google", server.url, caches=caches) as provider:
        yield provider


async def ask(provider: Any, system: str = SYSTEM, **options: Any) -> Any:
    _, folded, error = await collect(provider, request_for("google", "hi", system=system, **options))
    assert error is None, error
    return folded


async def test_the_constant_part_is_sent_once_and_used_again(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server:
        async with cached(server, tmp_path, clock) as provider:
            folded = [await ask(provider, tools=(READ_FILE,)) for _ in range(3)]
            (kept,) = provider.caches.kept()
            assert (kept.hits, kept.expires_at, server.created) == (3, clock() + HOUR, 1)
            assert kept.tokens > 1024
        assert (server.alive(), server.deleted, server.refused) == ([], 1, [])
    assert [answer.usage.cache_read_tokens for answer in folded] == [kept.tokens] * 3
    assert folded[0].usage.input_tokens == kept.tokens + 5
    assert [set(body) for body in server.asked] == [{"contents", "generationConfig", "cachedContent"}] * 3
    assert list(tmp_path.iterdir()) == []


async def test_another_content_deletes_the_cache_and_builds_a_new_one(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock) as provider:
        await ask(provider)
        await ask(provider, "Another project. " * 500)
        assert (server.created, server.deleted, len(server.alive())) == (2, 1, 1)


async def test_a_cache_is_renewed_late_in_its_life_and_rebuilt_after_its_end(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock) as provider:
        await ask(provider)
        clock.seconds += 0.89 * HOUR
        await ask(provider)
        assert server.renewed == 0
        clock.seconds += 0.02 * HOUR
        await ask(provider)
        assert (server.renewed, server.created, provider.caches.kept()[0].expires_at) == (1, 1, clock() + HOUR)
        clock.seconds += 2 * HOUR
        await ask(provider)
        assert (server.created, len(server.alive())) == (2, 1)


async def test_a_cache_that_the_vendor_lost_is_done_without_and_the_answer_comes(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock) as provider:
        await ask(provider)
        server.caches.clear()
        assert (await ask(provider)).message().text == "ok"
        assert "systemInstruction" in server.asked[-1]
        await ask(provider)
        assert server.created == 2


async def test_a_small_request_a_life_of_nothing_and_a_forced_tool_go_inline(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server:
        async with cached(server, tmp_path, clock) as provider:
            await ask(provider, "Be kind.")
            await ask(provider, tools=(READ_FILE,), settings=ModelSettings(tool_choice="required"))
            await ask(provider, settings=ModelSettings(prompt_cache=False))
        async with cached(server, tmp_path, clock, ttl_s=0) as provider:
            await ask(provider)
        async with cached(server, tmp_path, clock) as provider:
            await ask(provider, model="gemini-4-argon")  # has no such caches
    assert (server.created, server.refused) == (0, [])


async def test_a_refused_cache_is_not_asked_for_again(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock, min_tokens=10) as provider:
        for _ in range(2):
            await ask(provider, "Be kind and brief, please, always.")
        assert len(server.refused) == 1
        assert "too small" in server.refused[0]
        assert provider.caches.kept() == ()


async def test_invalidating_deletes_everything_and_says_when(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock) as provider:
        await ask(provider)
        assert await provider.caches.invalidate() == 1
        assert (server.alive(), provider.caches.kept(), provider.caches.last_invalidated) == ([], (), clock())


async def test_two_requests_at_once_make_one_cache(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock) as provider:
        await asyncio.gather(*(ask(provider) for _ in range(3)))
        assert server.created == 1


async def test_a_cache_that_was_being_made_when_its_turn_was_cancelled_is_deleted_at_the_end(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock, hold_create=asyncio.Event()) as server:
        async with cached(server, tmp_path, clock) as provider:
            turn = asyncio.create_task(ask(provider))
            await asyncio.wait_for(server.creating.wait(), 30)
            turn.cancel()
            with pytest.raises(asyncio.CancelledError):
                await turn
            server.hold_create.set()
            assert (await ask(provider)).message().text == "ok"
        assert (server.created, server.alive()) == (1, [])
    assert list(tmp_path.iterdir()) == []


async def test_a_server_that_cannot_be_reached_at_the_end_leaves_the_record_for_the_next_start(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server:
        async with cached(server, tmp_path, clock) as provider:
            await ask(provider)
            server.key = "changed"
        assert len(server.alive()) == 1
        server.key = "test-key"
        assert len(list(tmp_path.iterdir())) == 1
        async with cached(server, tmp_path, clock) as provider:
            await provider.load()
            await asyncio.wait_for(provider.caches.cleaned(), 30)
            assert server.alive() == []
    assert list(tmp_path.iterdir()) == []


async def test_a_cache_of_a_living_process_is_left_alone(tmp_path: Path):
    clock = Clock()
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock) as one:
        await ask(one)
        async with cached(server, tmp_path, clock) as two:
            await two.load()
            await asyncio.wait_for(two.caches.cleaned(), 30)
            await ask(two)
        assert len(server.alive()) == 1
        await ask(one)
        assert server.created == 2


async def test_a_record_that_was_cut_while_it_was_written_is_thrown_away(tmp_path: Path):
    clock = Clock()
    (tmp_path / "gemini-caches-1-a.json").write_text('[{"label": "x", ')
    async with serve_gemini(now=clock) as server, cached(server, tmp_path, clock) as provider:
        await provider.load()
        await asyncio.wait_for(provider.caches.cleaned(), 30)
    assert list(tmp_path.iterdir()) == []


VICTIM = """
import asyncio, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from conduit.providers.google_caches import CacheOptions
from fakes.wires import collect, provider_of, request_for
async def main():
    caches = CacheOptions(Path({records!r}), min_tokens=1024, now=lambda: {now})
    async with provider_of("google", {url!r}, caches=caches) as provider:
        await collect(provider, request_for("google", "hi", system={system!r}))
        print("answered", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["after the answer", "while the cache was being made"])
async def test_nothing_is_left_after_a_kill_and_the_next_start(tmp_path: Path, moment: str):
    clock = Clock()
    hold = asyncio.Event() if moment.startswith("while") else None
    async with serve_gemini(now=clock, hold_create=hold) as server:
        code = VICTIM.format(
            tests=str(Path(__file__).parents[1]), records=str(tmp_path), now=clock(), url=server.url, system=SYSTEM
        )
        victim = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        assert victim.stdout is not None
        if hold is None:
            assert await asyncio.wait_for(victim.stdout.readline(), 30) == b"answered\n"
        else:
            await asyncio.wait_for(server.creating.wait(), 30)
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
        if hold is not None:
            hold.set()
        assert (server.created, len(server.alive())) == (1, 1)
        async with cached(server, tmp_path, clock) as provider:
            await provider.load()
            await asyncio.wait_for(provider.caches.cleaned(), 30)
            assert (server.deleted, server.alive()) == (1, [])
    assert list(tmp_path.iterdir()) == []


async def test_a_request_that_the_vendor_refuses_for_another_reason_is_not_sent_twice(tmp_path: Path):
    clock = Clock()
    async with (
        serve_gemini(RefusedError(429, "slow down"), now=clock) as server,
        cached(server, tmp_path, clock) as provider,
    ):
        _, _, error = await collect(provider, request_for("google", "hi", system=SYSTEM))
        assert error is not None
        assert len(server.asked) == 1
