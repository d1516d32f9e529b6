r"""What the wires on plain httpx need of HTTP: lines of bytes, and refusals that `provider_error` can read.

Lines end with `\n` alone: httpx also splits at U+0085 and its like, which are letters inside a JSON string. No SDK and
no HTTP client is imported. Used by wires only.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Any

_PATIENCE_S = 0.2


class Refusal(Exception):
    """An answer that is no success, or an error in the middle of a stream.

    Attributes:
        status_code: the HTTP status, or None inside a stream.
        body: the error as the vendor sent it: JSON, or text.
        response: the HTTP answer, for its headers; None inside a stream.
        request_id: the vendor's id of the request.
    """

    def __init__(self, body: object, *, response: Any = None, request_id: str | None = None) -> None:
        super().__init__(str(body))
        self.status_code: int | None = None if response is None else response.status_code
        self.body = body
        self.response = response
        self.request_id = request_id


class RefusalInStream(Refusal):
    """The same, after the answer had begun: the vendor failed, unless its words say otherwise."""


async def refuse_failure(response: Any) -> None:
    """Raise Refusal for an httpx response that is no success; reads its body."""
    if response.is_success:
        return
    raw = (await response.aread()).decode("utf-8", "replace")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = raw
    raise Refusal(body, response=response)


async def lines_of(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield lines that are not blank, without their ends; the last one also when its end is missing."""
    held: list[bytes] = []
    async for chunk in chunks:
        first, *rest = chunk.split(b"\n")
        held.append(first)
        for piece in rest:
            if line := b"".join(held).strip():
                yield line
            held = [piece]
    if line := b"".join(held).strip():
        yield line


async def drain(lines: AsyncIterator[bytes], foreign: tuple[type[Exception], ...]) -> None:
    """Read what comes after the end of an answer, so that the connection can be used again; nothing in it counts.

    Args:
        lines: what is left.
        foreign: what the HTTP client may raise.
    """
    with suppress(TimeoutError, *foreign):
        async with asyncio.timeout(_PATIENCE_S):
            async for _ in lines:
                pass
