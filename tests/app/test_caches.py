"""The vendors' prompt caches by session, with Gemini's against a server that counts what is made and deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conduit.app.caches import CacheState, SessionCaches
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import ModelInfo
from conduit.errors import SessionNotFound, UserError
from conduit.messages.message import Usage, assistant_message
from conduit.providers.google_caches import CacheOptions
from conduit.sessions.events import AssistantReplied, SessionOpened
from fakes.gemini_server import GeminiServer, serve_gemini
from fakes.memory_store import MemoryStore
from fakes.wires import collect, provider_of, request_for

SYSTEM = "You know this project well. " * 300
NOW = 1_795_262_400.0
FLASH = "google/gemini-3.8-flash"


@dataclass
class OneEndpoint:
    """The packaged models, all at one endpoint."""

    inner: Any

    def resolve(self, name: str) -> ModelInfo:
        return Catalog.packaged().resolve(name)

    def endpoint(self, model: ModelInfo) -> Any:
        return self.inner


@asynccontextmanager
async def gemini(server: GeminiServer, records: Path, **options: Any) -> AsyncIterator[Any]:
    given = CacheOptions(records, **{"min_tokens": 1024, "now": lambda: NOW, **options})
    async with provider_of("google", server.url, caches=given) as provider:
        yield provider


async def session_of(store: MemoryStore, model: str) -> str:
    return (await store.open_session(SessionOpened(title="", mode="ask", model=model, cwd="/"))).id


async def ask(provider: Any) -> None:
    _, _, error = await collect(provider, request_for("google", "hi", system=SYSTEM))
    assert error is None


async def test_an_explicit_cache_is_shown_deleted_switched_off_and_on(tmp_path: Path):
    store = MemoryStore()
    async with serve_gemini(now=lambda: NOW) as server, gemini(server, tmp_path) as provider:
        caches, session = SessionCaches(OneEndpoint(provider), store), await session_of(store, FLASH)
        assert await caches.state(session) == CacheState(FLASH, "google", "explicit", True, 0, 0)
        await ask(provider)
        await ask(provider)
        state = await caches.state(session)
        assert (state.hits, state.made_at, state.expires_at) == (2, NOW, NOW + 3600)
        assert state.tokens == server.alive()[0].tokens
        assert await caches.invalidate(session) == 1
        assert (await caches.state(session)).tokens == 0
        assert server.alive() == []
        await ask(provider)
        assert len(server.alive()) == 1
        assert not (await caches.enable(session, False)).enabled
        assert server.alive() == []
        await ask(provider)
        assert (server.created, server.deleted) == (2, 2)
        assert (await caches.enable(session, True)).enabled
        await ask(provider)
        assert server.created == 3
    assert (server.alive(), server.refused) == ([], [])


@pytest.mark.parametrize(
    ("model", "kind", "said"),
    [
        ("anthropic/claude-sonnet-5-5", "marks", "cannot be switched off"),
        ("openai/gpt-5.4", "implicit", "cached by its vendor alone"),
        ("embedded/smollm2-135m", "none", "has no cache"),
        ("scripted/demo", "unknown", "not known"),
    ],
)
async def test_other_caches_are_seen_in_the_usage_and_cannot_be_changed(model: str, kind: str, said: str):
    store = MemoryStore()
    caches, session = SessionCaches(OneEndpoint(object()), store), await session_of(store, model)
    for number, usage in enumerate((Usage(), Usage(cache_write_tokens=70), Usage(cache_read_tokens=70))):
        replied = AssistantReplied(
            turn_id="t",
            message_id=f"m{number}",
            parent_id=None,
            message=assistant_message("ok"),
            model=model,
            usage=usage,
        )
        await store.append(session, replied)
    enabled = kind in ("marks", "implicit")
    assert await caches.state(session) == CacheState(model, model.split("/")[0], kind, enabled, 70, 1)
    for change in (caches.invalidate(session), caches.enable(session, False), caches.enable(session, True)):
        with pytest.raises(UserError, match=said):
            await change


async def test_a_session_that_is_not_there_has_no_cache():
    with pytest.raises(SessionNotFound):
        await SessionCaches(OneEndpoint(object()), MemoryStore()).state("nope")


async def test_a_setting_that_allows_no_cache_stays_in_force(tmp_path: Path):
    store = MemoryStore()
    async with serve_gemini() as server, gemini(server, tmp_path, ttl_s=0.0) as provider:
        caches, session = SessionCaches(OneEndpoint(provider), store), await session_of(store, FLASH)
        assert not (await caches.enable(session, True)).enabled
        await ask(provider)
        assert server.created == 0
