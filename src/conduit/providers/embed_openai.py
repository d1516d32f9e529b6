"""Embeddings in OpenAI's format: OpenAI, and every endpoint that speaks it, such as llama.cpp's server.

Format: https://developers.openai.com/api/reference/resources/embeddings, read 2026-11-21. Vectors are asked for as
numbers: not every endpoint knows base64, which the SDK (3.54) asks for by itself. Used by the wire `openai_chat`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from conduit.catalog.model import Vendor
from conduit.messages.message import Usage
from conduit.providers.base import Embeddings
from conduit.providers.embeddings import count_of, embeddings_of
from conduit.providers.faults import corrupt_stream
from conduit.providers.openai_endpoint import OpenAIEndpoint


async def embed(
    endpoint: OpenAIEndpoint, vendor: Vendor, model: str, texts: Sequence[str], dimensions: int | None
) -> Embeddings:
    """Return one vector for each text; see `Embeds`; raises ProviderError."""
    await endpoint.load()
    resource = await asyncio.to_thread(lambda: endpoint.client.embeddings)  # imports it on first use
    extra = {} if dimensions is None else {vendor.dimensions_field: dimensions}
    try:
        answer: Any = await resource.create(
            model=model,
            input=list(texts),
            encoding_format="float",
            extra_headers=endpoint.headers,
            extra_body=extra or None,
        )
        told = answer.model_dump(warnings=False)
        rows, used = told.get("data"), told.get("usage")
    except endpoint.foreign as error:
        raise endpoint.error(error, model) from error
    except (AttributeError, TypeError) as error:  # the SDK checks no field
        raise corrupt_stream(vendor, url=endpoint.url, model=model, detail="it is no list of vectors") from error
    return embeddings_of(
        [row.get("embedding") for row in _in_order(rows)],
        Usage(input_tokens=count_of(used.get("prompt_tokens")) if isinstance(used, dict) else 0),
        count=len(texts),
        dimensions=dimensions,
        vendor=vendor,
        url=endpoint.url,
        model=model,
    )


def _in_order(rows: object) -> list[dict[str, Any]]:
    """Return the rows in the order of their texts: the format numbers them, and promises no order."""
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    numbers = [row.get("index") for row in found]
    if sorted(number for number in numbers if isinstance(number, int)) == list(range(len(found))):
        found.sort(key=lambda row: int(row["index"]))
    return found
