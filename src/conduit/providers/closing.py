"""Closing a stream early: the Provider protocol promises an iterator, and generators also close.

Used by providers that wrap another provider.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from conduit.messages.stream import StreamEvent


async def closable(events: AsyncIterator[StreamEvent]) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events; closing this generator closes `events`, where that has a way to be closed."""
    try:
        async for event in events:
            yield event
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()
