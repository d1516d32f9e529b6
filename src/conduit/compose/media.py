"""Pictures, speech and transcripts with the tries and the circuit of every request.

A recording that has begun to arrive is not asked for again: what was heard was paid for, and a second one would be too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import cast

from conduit.providers.base import Provider
from conduit.providers.media import (
    ImageRequest,
    MadeImages,
    MakesImages,
    MediaAbilities,
    Speaks,
    SpeechEnd,
    SpeechRequest,
    Transcribes,
    Transcript,
    TranscriptRequest,
)
from conduit.providers.retry import RetryingProvider


def abilities(inner: Provider, retrying: RetryingProvider) -> MediaAbilities:
    """Return what an endpoint does beside conversations, tried again where that helps."""
    return MediaAbilities(
        images=_Painter(inner, retrying) if isinstance(inner, MakesImages) else None,
        speech=_Speaker(inner, retrying) if isinstance(inner, Speaks) else None,
        transcripts=_Writer(inner, retrying) if isinstance(inner, Transcribes) else None,
    )


class _Painter:
    def __init__(self, inner: MakesImages, retrying: RetryingProvider) -> None:
        self._inner = inner
        self._retrying = retrying

    async def make_images(self, request: ImageRequest) -> MadeImages:
        return await self._retrying.again(request.model, partial(self._inner.make_images, request))


class _Writer:
    def __init__(self, inner: Transcribes, retrying: RetryingProvider) -> None:
        self._inner = inner
        self._retrying = retrying

    async def transcribe(self, request: TranscriptRequest) -> Transcript:
        return await self._retrying.again(request.model, partial(self._inner.transcribe, request))


class _Speaker:
    def __init__(self, inner: Speaks, retrying: RetryingProvider) -> None:
        self._inner = inner
        self._retrying = retrying

    async def speak(self, request: SpeechRequest) -> AsyncIterator[bytes | SpeechEnd]:
        first, rest = await self._retrying.again(request.model, partial(self._begin, request))
        async with aclosing(rest):
            yield first
            async for piece in rest:
                yield piece

    async def _begin(self, request: SpeechRequest) -> tuple[bytes | SpeechEnd, AsyncGenerator[bytes | SpeechEnd]]:
        pieces = cast("AsyncGenerator[bytes | SpeechEnd]", self._inner.speak(request))
        try:
            return await anext(pieces), pieces
        except BaseException:
            await pieces.aclose()
            raise
