"""The vendors' prompt caches as a session sees them: what is kept, what it saved, and who decides about it.

An explicit cache is made and paid for by us and serves every session of its model. Marks are parts of each request.
An implicit cache is the vendor's own affair: it can be seen in the usage, and not be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from conduit.app.parts import Models
from conduit.catalog.model import ModelInfo
from conduit.errors import UserError
from conduit.providers.base import KeepsPrompts
from conduit.sessions.base import SessionStore
from conduit.sessions.events import AssistantReplied

CacheKind = Literal["explicit", "marks", "implicit", "none", "unknown"]

_FIXED = {
    "marks": "{name} is told in each request what to keep, and that cannot be switched off.",
    "implicit": "{name} is cached by its vendor alone, and nothing can be changed about that.",
    "none": "{name} has no cache.",
    "unknown": "It is not known whether {name} has a cache.",
}


@dataclass(frozen=True, slots=True)
class CacheState:
    """The cache of a session's model.

    Attributes:
        model: `vendor/model`.
        vendor: the vendor's row name.
        kind: who keeps it, and how.
        enabled: whether it is used.
        tokens: what is kept now; where the vendor does not tell, what the newest answer read and wrote.
        hits: requests that used it; this session's, unless the cache is explicit.
        made_at: Unix seconds, or None when there is none or the vendor does not tell.
        expires_at: the same for its end.
    """

    model: str
    vendor: str
    kind: CacheKind
    enabled: bool
    tokens: int
    hits: int
    made_at: float | None = None
    expires_at: float | None = None


class SessionCaches:
    """The caches by session; every method raises SessionNotFound, UnknownModel, MissingKey or ConfigError."""

    def __init__(self, models: Models, store: SessionStore) -> None:
        self._models = models
        self._store = store

    async def state(self, session_id: str) -> CacheState:
        """Return the state of the session's cache."""
        model = await self._model(session_id)
        keeper = self._keeper(model)
        if keeper is None:
            return await self._seen_in_usage(session_id, model)
        on = keeper.keeps_prompts()
        for kept in keeper.kept_prompts():
            if kept.model == model.name:
                return CacheState(
                    model.id, model.vendor, "explicit", on, kept.tokens, kept.hits, kept.made_at, kept.expires_at
                )
        return CacheState(model.id, model.vendor, "explicit", on, 0, 0)

    async def invalidate(self, session_id: str) -> int:
        """Delete what the vendor keeps for us; return how many caches that were. Raises UserError where it cannot."""
        return await self._changeable(await self._model(session_id)).drop_prompts()

    async def enable(self, session_id: str, on: bool) -> CacheState:
        """Use caches from now on, or none and delete them; raises UserError where that cannot be chosen."""
        keeper = self._changeable(await self._model(session_id))
        keeper.keep_prompts(on)
        if not on:
            await keeper.drop_prompts()
        return await self.state(session_id)

    async def _model(self, session_id: str) -> ModelInfo:
        return self._models.resolve((await self._store.session(session_id)).model)

    def _keeper(self, model: ModelInfo) -> KeepsPrompts | None:
        if model.capabilities.caching != "explicit":
            return None
        endpoint = self._models.endpoint(model)
        return endpoint if isinstance(endpoint, KeepsPrompts) else None

    def _changeable(self, model: ModelInfo) -> KeepsPrompts:
        keeper = self._keeper(model)
        if keeper is None:
            raise UserError(_FIXED[_kind(model)].format(name=model.id))
        return keeper

    async def _seen_in_usage(self, session_id: str, model: ModelInfo) -> CacheState:
        replies = [stored.event for stored in await self._store.events(session_id)]
        usages = [each.usage for each in replies if isinstance(each, AssistantReplied) and each.model == model.id]
        tokens = usages[-1].cache_read_tokens + usages[-1].cache_write_tokens if usages else 0
        hits = sum(usage.cache_read_tokens > 0 for usage in usages)
        kind = _kind(model)
        return CacheState(model.id, model.vendor, kind, kind in ("marks", "implicit"), tokens, hits)


def _kind(model: ModelInfo) -> Literal["marks", "implicit", "none", "unknown"]:
    """Return how a model is cached whose endpoint keeps nothing for us."""
    match model.capabilities.caching:
        case "explicit":
            return "marks"
        case "implicit":
            return "implicit"
        case "none":
            return "none"
        case _:
            return "unknown"
