"""Any number of texts, sent in requests of a bounded size, one after the other, each tried again where that helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from conduit.messages.message import Usage
from conduit.providers.base import Embeddings, Embeds
from conduit.providers.retry import RetryingProvider

BATCH_CHARACTERS = 100_000
"""Characters of one request; OpenAI takes 300,000 tokens
(https://developers.openai.com/api/reference/resources/embeddings, 2026-11-21)."""


class BatchingEmbedder:
    """Embeds with one endpoint; see `Embeds`, but takes more texts than the vendor takes at once."""

    def __init__(self, inner: Embeds, retrying: RetryingProvider, *, batch: int) -> None:
        """Take the endpoint, who tries again, and how many texts one request may hold."""
        self._inner = inner
        self._retrying = retrying
        self._batch = batch

    async def embed(self, model: str, texts: Sequence[str], *, dimensions: int | None = None) -> Embeddings:
        """Return one vector for each text, in their order; raises ProviderError when any request fails for good."""
        vectors: list[tuple[float, ...]] = []
        usage = Usage()
        for batch in batches(texts, self._batch):
            ask = partial(self._inner.embed, model, batch, dimensions=dimensions)
            found = await self._retrying.again(model, ask)
            vectors += found.vectors
            usage += found.usage
        return Embeddings(tuple(vectors), usage)


def batches(texts: Sequence[str], most: int) -> Iterator[list[str]]:
    """Yield the texts in their order, at most `most` together and, unless one alone is longer, a bounded length."""
    held: list[str] = []
    length = 0
    for text in texts:
        if held and (len(held) == most or length + len(text) > BATCH_CHARACTERS):
            yield held
            held, length = [], 0
        held.append(text)
        length += len(text)
    if held:
        yield held
