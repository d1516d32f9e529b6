"""Payloads of `conduit/cache/*`."""

from __future__ import annotations

from typing import Literal

from conduit.lsp.protocol.payload import Payload


class CacheParams(Payload):
    """The session whose model's cache is meant."""

    session_id: str


class CacheLine(Payload):
    """One cache; `tokens` are kept at the vendor, times are Unix seconds, left out where none is known.

    `kind`: `explicit` is made by Conduit and serves all sessions of the model; `marks` go with each request;
    `implicit` is managed by the vendor.
    """

    provider: str
    model: str
    kind: Literal["explicit", "marks", "implicit", "none", "unknown"]
    enabled: bool
    tokens: int
    hits: int
    cached_at: float | None = None
    expires_at: float | None = None


class CacheList(Payload):
    """Answer of `list`, `disable` and `enable`."""

    caches: list[CacheLine]


class Invalidated(Payload):
    """Answer of `invalidate`: how many caches were deleted."""

    dropped: int
