"""Embeddings of the Gemini API: `batchEmbedContents` through the google-genai SDK 3.4.

Format: https://ai.google.dev/api/embeddings, read 2026-11-21. Each text goes as a content of its own: the SDK makes
one content, and so one vector, of several plain texts where the model can read more than text. Vectors shorter than
the model's own have no unit length. Used by the wire `google`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from conduit.messages.message import Usage
from conduit.providers.base import Embeddings
from conduit.providers.embeddings import count_of, embeddings_of
from conduit.providers.google_endpoint import GoogleEndpoint


async def embed(endpoint: GoogleEndpoint, model: str, texts: Sequence[str], dimensions: int | None) -> Embeddings:
    """Return one vector for each text; see `Embeds`; raises ProviderError."""
    await endpoint.load()
    contents = [{"role": "user", "parts": [{"text": text}]} for text in texts]
    async with endpoint.errors(model):
        answer = await endpoint.client.aio.models.embed_content(
            model=model,
            contents=cast("Any", contents),
            config={} if dimensions is None else {"output_dimensionality": dimensions},
        )
        used = answer.usage_metadata
        return embeddings_of(
            [row.values for row in answer.embeddings or []],
            Usage(input_tokens=0 if used is None else count_of(used.prompt_token_count)),
            count=len(texts),
            dimensions=dimensions,
            vendor=endpoint.vendor,
            url=endpoint.url,
            model=model,
        )
