"""Bound what an endpoint's answer may take up in memory, whatever the endpoint sends.

SDKs gather an event until its end, without a limit, and HTTP clients unpack compressed bytes as they come: one endless
line, or a few megabytes that unpack to gigabytes, would fill the memory. No SDK is imported; wires call `guard_answers`
on the HTTP client that they open.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

MAX_EVENT_BYTES = 64 * 1024 * 1024
"""The longest piece of an answer without a line break, unpacked."""

_PIECE = 1024 * 1024
_PACKED = ("gzip", "x-gzip", "deflate")


class OversizedAnswer(ValueError):
    """An answer that no honest endpoint sends; a wire turns it into a ProviderError."""


class DamagedAnswer(ValueError):
    """A packed answer cannot be unpacked; a wire turns it into a ProviderError."""


def guard_answers(client: Any, byte_stream: type, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
    """Make an HTTP client refuse answers that would fill the memory, and ask for answers that are not packed.

    Args:
        client: an `AsyncClient` of httpx or httpx2.
        byte_stream: `AsyncByteStream` of the same package.
        max_event_bytes: the longest piece without a line break.

    The client's reads raise OversizedAnswer and DamagedAnswer from then on.
    """

    class Guarded(byte_stream):  # type: ignore[misc]
        def __init__(self, inner: Any, packing: str | None) -> None:
            self._inner = inner
            self._packing = packing
            self.stream_observer = getattr(inner, "stream_observer", None)  # the Anthropic SDK looks for it

        async def __aiter__(self) -> AsyncIterator[bytes]:
            gauge = _Gauge(max_event_bytes)
            unpack = _Unpacker() if self._packing else None
            async for data in self._inner:
                if unpack is None:
                    gauge.take(data)
                    yield data
                else:
                    for piece in unpack.feed(data):
                        gauge.take(piece)
                        yield piece

        async def aclose(self) -> None:
            await self._inner.aclose()

    async def guard(response: Any) -> None:
        packing = response.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("", "identity", *_PACKED):
            raise OversizedAnswer(f"it is packed as {packing[:40]!r}, which was not asked for")
        if packing in _PACKED:
            del response.headers["content-encoding"]  # unpacked here, in pieces of a bounded size
        response.stream = Guarded(response.stream, packing if packing in _PACKED else None)

    client.headers["accept-encoding"] = "identity"
    client.event_hooks["response"].append(guard)


class _Gauge:
    """Counts bytes since the last line break."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._since = 0

    def take(self, data: bytes) -> None:
        last = data.rfind(b"\n")
        self._since = self._since + len(data) if last < 0 else len(data) - last - 1
        if self._since > self._limit:
            raise OversizedAnswer(f"one event of it is longer than {self._limit:,} bytes")


class _Unpacker:
    """Unpacks gzip and zlib, never more than one piece at a time."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=47)

    def feed(self, data: bytes) -> Iterator[bytes]:
        waiting = data
        while waiting:
            try:
                piece = self._inflate.decompress(waiting, _PIECE)
            except zlib.error as error:
                raise DamagedAnswer(f"its packing is damaged: {error}") from error
            if piece:
                yield piece
            waiting = self._inflate.unconsumed_tail
