"""The vendors' prompt caches as a session sees them: what is kept, what it saved, and who decides about it.

An explicit cache is made and paid for by us and serves every session of its model. Marks are parts of each request.
An implicit cache is the vendor's own affair, seen in the usage; some vendors can be told to keep nothing. Whether a
session wants caches is a parameter of it, so that a change of the model leaves it in force.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from conduit.app.parts import Models
from conduit.catalog.model import ModelInfo
from conduit.errors import UserError
from conduit.providers.base import KeepsPrompts
from conduit.sessions.base import SessionStore
from conduit.sessions.events import AssistantReplied

CacheKind = Literal["explicit", "marks", "implicit", "none", "unknown"]
SetParameters = Callable[[str, Mapping[str, JsonValue]], Awaitable[object]]

PARAMETER = "prompt_cache"

_FIXED = {
    "marks": "{name} is told in each request what to keep; nothing of it can be deleted.",
    "implicit": "{name} is cached by its vendor alone, and nothing of it can be deleted.",
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
        enabled: whether it is used; also true where the session wants none and the vendor cannot be told.
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

    def __init__(self, models: Models, store: SessionStore, set_parameters: SetParameters) -> None:
        """Take the parts; `set_parameters` changes parameters of a session by name."""
        self._models = models
        self._store = store
        self._set_parameters = set_parameters

    async def state(self, session_id: str) -> CacheState:
        """Return the state of the session's cache."""
        session = await self._store.session(session_id)
        model, wanted = self._models.resolve(session.model), session.parameters.get(PARAMETER) is not False
        keeper = self._keeper(model)
        if keeper is None:
            return await self._seen_in_usage(session_id, model, wanted=wanted)
        on = wanted and keeper.keeps_prompts()
        for kept in keeper.kept_prompts():
            if kept.model == model.name:
                return CacheState(
                    model.id, model.vendor, "explicit", on, kept.tokens, kept.hits, kept.made_at, kept.expires_at
                )
        return CacheState(model.id, model.vendor, "explicit", on, 0, 0)

    async def invalidate(self, session_id: str) -> int:
        """Delete what the vendor keeps for us; return how many caches that were. Raises UserError where it cannot."""
        model = self._models.resolve((await self._store.session(session_id)).model)
        keeper = self._keeper(model)
        if keeper is None:
            raise UserError(_FIXED[_kind(model)].format(name=model.id))
        return await keeper.drop_prompts()

    async def enable(self, session_id: str, on: bool) -> CacheState:
        """Let the session use caches from its next turn on, or none; those made at the vendor are deleted then.

        Other sessions of the model make theirs anew when they need one.
        """
        model = self._models.resolve((await self._store.session(session_id)).model)
        await self._set_parameters(session_id, {PARAMETER: None if on else False})
        keeper = self._keeper(model)
        if keeper is not None and not on:
            await keeper.drop_prompts()
        return await self.state(session_id)

    def _keeper(self, model: ModelInfo) -> KeepsPrompts | None:
        if model.capabilities.caching != "explicit":
            return None
        endpoint = self._models.endpoint(model)
        return endpoint if isinstance(endpoint, KeepsPrompts) else None

    async def _seen_in_usage(self, session_id: str, model: ModelInfo, *, wanted: bool) -> CacheState:
        replies = [stored.event for stored in await self._store.events(session_id)]
        usages = [each.usage for each in replies if isinstance(each, AssistantReplied) and each.model == model.id]
        tokens = usages[-1].cache_read_tokens + usages[-1].cache_write_tokens if usages else 0
        hits = sum(usage.cache_read_tokens > 0 for usage in usages)
        kind = _kind(model)
        forced = kind == "implicit" and model.capabilities.caching_off is None
        enabled = kind in ("marks", "implicit") and (wanted or forced)
        return CacheState(model.id, model.vendor, kind, enabled, tokens, hits)


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
