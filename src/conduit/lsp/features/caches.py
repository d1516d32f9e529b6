"""`conduit/cache/*`: the vendors' prompt caches of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.lsp.protocol.caches import CacheLine, CacheList, CacheParams, Invalidated

if TYPE_CHECKING:
    from conduit.app.caches import CacheState
    from conduit.lsp.server import ConduitServer


async def list_caches(server: ConduitServer, params: CacheParams) -> CacheList:
    """`conduit/cache/list`."""
    return _shown(await (await server.app()).caches().state(params.session_id))


async def invalidate_caches(server: ConduitServer, params: CacheParams) -> Invalidated:
    """`conduit/cache/invalidate`."""
    return Invalidated(dropped=await (await server.app()).caches().invalidate(params.session_id))


async def disable_caches(server: ConduitServer, params: CacheParams) -> CacheList:
    """`conduit/cache/disable`: those that are kept are deleted."""
    return _shown(await (await server.app()).caches().enable(params.session_id, False))


async def enable_caches(server: ConduitServer, params: CacheParams) -> CacheList:
    """`conduit/cache/enable`."""
    return _shown(await (await server.app()).caches().enable(params.session_id, True))


def _shown(state: CacheState) -> CacheList:
    line = CacheLine(
        provider=state.vendor,
        model=state.model,
        kind=state.kind,
        enabled=state.enabled,
        tokens=state.tokens,
        hits=state.hits,
        cached_at=state.made_at,
        expires_at=state.expires_at,
    )
    return CacheList(caches=[line])
