"""Reading the vectors that an endpoint answers with: as many as texts, all of one length, numbers only.

No SDK checks that, and a vector that is missing or moved would be kept under another text. Knows no request format;
used by the files that ask for embeddings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from conduit.catalog.model import Vendor
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.message import Usage
from conduit.providers.base import Embeddings
from conduit.providers.faults import corrupt_stream, say


def embeddings_of(
    rows: Iterable[Any], usage: Usage, *, count: int, dimensions: int | None, vendor: Vendor, url: str, model: str
) -> Embeddings:
    """Return vectors that fit the texts, in the order of `rows`.

    Args:
        rows: one sequence of numbers for each text, as it arrived.
        usage: what the endpoint counted.
        count: how many texts were sent.
        dimensions: how many numbers were asked for, or None.
        vendor: whose endpoint it is.
        url: the base URL, for the message.
        model: the vendor's name of the model.

    Raises:
        ProviderError: NETWORK when a vector is missing or none; INVALID_INPUT when the length that was asked for was
            ignored.
    """
    try:
        vectors = tuple(tuple(float(number) for number in row) for row in rows)
    except (TypeError, ValueError) as error:
        raise corrupt_stream(vendor, url=url, model=model, detail="a vector is no list of numbers") from error
    lengths = {len(vector) for vector in vectors}
    if len(vectors) != count:
        raise corrupt_stream(vendor, url=url, model=model, detail=f"{len(vectors)} vectors for {count} texts")
    if len(lengths) > 1 or 0 in lengths:
        raise corrupt_stream(vendor, url=url, model=model, detail=f"vectors of {sorted(lengths)} numbers")
    if not all(math.isfinite(number) for vector in vectors for number in vector):
        raise corrupt_stream(vendor, url=url, model=model, detail="a vector holds what is no number")
    if dimensions is not None and lengths != {dimensions}:
        kind = ProviderErrorKind.INVALID_INPUT
        detail = f"{model} gave vectors of {lengths.pop()} numbers where {dimensions} were asked for."
        said = say(kind, vendor, url=url, model=model, detail=detail)
        raise ProviderError(said, kind=kind, provider=vendor.name, model=model)
    return Embeddings(vectors, usage)


def count_of(value: object) -> int:
    """Return a number of tokens as an endpoint told it, 0 where it told none."""
    return value if isinstance(value, int) and value > 0 else 0
