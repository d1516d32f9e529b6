"""The vendors' prompt caches by session, with Gemini's against a server that counts what is made and deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from conduit.app.caches import CacheState, SessionCaches
from conduit.app.parameters import changed, parameters
from conduit.catalog.catalog import Catalog
from conduit.catalog.model import ModelInfo
from conduit.errors import SessionNotFound, UserError
from conduit.messages.message import Usage, assistant_message
from conduit.providers.google_caches import CacheOptions
from conduit.sessions.events import AssistantReplied, SessionChanged, SessionOpened
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


class Sessions(SessionCaches):
    """The caches of sessions whose parameters are kept as the App keeps them."""

    def __init__(self, inner: object, store: MemoryStore) -> None:
        async def set_parameters(session_id: str, changes: Mapping[str, JsonValue]) -> None:
            now = await store.session(session_id)
            await store.append(session_id, SessionChanged(parameters=changed(now.parameters, changes)))

        super().__init__(OneEndpoint(inner), store, set_parameters)


async def session_of(store: MemoryStore, model: str) -> str:
    return (await store.open_session(SessionOpened(title="", mode="ask", model=model, cwd="/"))).id


async def ask(provider: Any, **options: Any) -> None:
    _, _, error = await collect(provider, request_for("google", "hi", system=SYSTEM, **options))
    assert error is None


async def test_an_explicit_cache_is_shown_deleted_switched_off_and_on(tmp_path: Path):
    store = MemoryStore()
    async with serve_gemini(now=lambda: NOW) as server, gemini(server, tmp_path) as provider:
        caches, session = Sessions(provider, store), await session_of(store, FLASH)
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
        off = parameters((await store.session(session)).parameters)
        await ask(provider, settings=off)
        assert (server.created, server.deleted) == (2, 2)
        assert (await caches.enable(session, True)).enabled
        await ask(provider)
        assert server.created == 3
    assert (server.alive(), server.refused) == ([], [])


@pytest.mark.parametrize(
    ("model", "kind", "said"),
    [
        ("anthropic/claude-sonnet-5-5", "marks", "told in each request"),
        ("openai/gpt-6-luna", "implicit", "cached by its vendor alone"),
        ("openai/gpt-5.4", "implicit", "cached by its vendor alone"),
        ("embedded/smollm2-135m", "none", "has no cache"),
        ("scripted/demo", "unknown", "not known"),
    ],
)
async def test_other_caches_are_seen_in_the_usage_and_switched_off_where_the_vendor_can_be_told(
    model: str, kind: str, said: str
):
    store = MemoryStore()
    caches, session = Sessions(object(), store), await session_of(store, model)
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
    with pytest.raises(UserError, match=said):
        await caches.invalidate(session)
    assert (await caches.enable(session, False)).enabled == (model == "openai/gpt-5.4")
    assert (await store.session(session)).parameters == {"prompt_cache": False}
    assert (await caches.enable(session, True)).enabled == enabled
    assert (await store.session(session)).parameters == {}


async def test_a_session_that_is_not_there_has_no_cache():
    with pytest.raises(SessionNotFound):
        await Sessions(object(), MemoryStore()).state("nope")


async def test_a_setting_that_allows_no_cache_stays_in_force(tmp_path: Path):
    store = MemoryStore()
    async with serve_gemini() as server, gemini(server, tmp_path, ttl_s=0.0) as provider:
        caches, session = Sessions(provider, store), await session_of(store, FLASH)
        assert not (await caches.enable(session, True)).enabled
        await ask(provider)
        assert server.created == 0
