"""What the wires with batches share: lines of a result file, an item's failure, and the folding of a whole answer.

A vendor's batch answers each item as a request of its own would have been answered, whole and not streamed. Imports no
SDK. Used by `batch_anthropic`, `batch_google` and `batch_openai`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from conduit.catalog.model import Vendor
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.stream import Accumulator, StreamEvent
from conduit.providers.base import BatchedAnswer, BatchFault
from conduit.providers.faults import provider_error, say

EXPIRED = "expired"
CANCELLED = "cancelled"

_KINDS: Mapping[str, ProviderErrorKind] = {"conduit.FailedItem": ProviderErrorKind.UNKNOWN}
_MAX_KEY = 64


class FailedItem(Exception):
    """An item's failure in the shape of an SDK's exception, so that it is read like one; never raised."""

    def __init__(self, status: int | None, body: object) -> None:
        super().__init__("no reason was given")
        self.status_code = status
        self.body = body


def item_fault(vendor: Vendor, *, url: str, model: str, status: int | None, body: object) -> BatchFault:
    """Return why an item failed, read as the same answer to a single request is.

    Args:
        vendor: whose batch it is.
        url: the base URL, for the message.
        model: the vendor's name of the model.
        status: the HTTP status of the item's answer, or None.
        body: the vendor's error, such as `{"error": {"code", "message"}}`.
    """
    error = provider_error(FailedItem(status, body), _KINDS, vendor=vendor, url=url, model=model)
    return BatchFault(error.kind.value, str(error))


def unreadable(key: str, detail: str) -> BatchedAnswer:
    """Return the result of an item whose result cannot be read."""
    return BatchedAnswer(key, BatchFault(ProviderErrorKind.NETWORK.value, f"The result arrived damaged: {detail}."))


def folded(events: Iterable[StreamEvent]) -> Accumulator:
    """Return a whole answer."""
    answer = Accumulator()
    for event in events:
        answer.add(event)
    return answer


def refused(vendor: Vendor, model: str, *, url: str, detail: str) -> ProviderError:
    """Return the error for a batch that the vendor would not take."""
    kind = ProviderErrorKind.INVALID_INPUT
    message = say(kind, vendor, url=url, model=model, detail=detail)
    return ProviderError(message, kind=kind, provider=vendor.name, model=model)


async def rows_of(pieces: AsyncIterator[bytes], key_field: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield the key and the object of each line; what is no such object has no key and is empty.

    Lines end with a line feed and nothing else: what Unicode calls the end of a line may stand inside an answer.
    """
    left = b""
    async for piece in pieces:
        *lines, left = (left + piece).split(b"\n")
        for line in lines:
            if line.strip():
                yield _row(line, key_field)
    if left.strip():
        yield _row(left, key_field)


def _row(line: bytes, key_field: str) -> tuple[str, dict[str, Any]]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "", {}
    key = row.get(key_field) if isinstance(row, dict) else None
    return (key, row) if isinstance(key, str) and 0 < len(key) <= _MAX_KEY else ("", {})
