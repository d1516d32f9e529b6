"""Message Batches: many Messages requests handed in at once, whose answers are one file of lines.

Format: https://platform.claude.com/docs/en/build-with-claude/batch-processing and the anthropic SDK 2.12
(types/messages/message_batch.py, resources/messages/batches.py), read 2026-11-22. A batch has no name of ours: only the
keys of its results tell which it is, and those exist when it has ended. Used by the wire `anthropic` alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

from conduit.catalog.model import ModelInfo, Vendor
from conduit.messages.request import ModelRequest
from conduit.providers.anthropic_stream import DamagedStreamError, EventDecoder
from conduit.providers.base import BatchedAnswer, BatchFault, BatchItem, BatchSearch, VendorBatch
from conduit.providers.batches import CANCELLED, EXPIRED, folded, item_fault, refused, rows_of, unreadable
from conduit.providers.faults import corrupt_stream

MAX_ITEMS = 100_000
MAX_BYTES = 256_000_000
_SKEW_S = 3600.0
_PAGE = 100
_PHASES: Mapping[str, Literal["running", "cancelling", "ended"]] = {
    "in_progress": "running",
    "canceling": "cancelling",
    "ended": "ended",
}
_STATUSES: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}
"""The status that an error has when a single request is answered with it
(https://platform.claude.com/docs/en/api/errors, 2026-11-22)."""


@dataclass(frozen=True)
class AnthropicBatches:
    """The batches of one model; see `BatchRunner`.

    Attributes:
        vendor: the row.
        url: the base URL, for messages.
        info: the model.
        asking: gives the SDK's client; every foreign error inside leaves as ours.
        encode: the arguments of `messages.create` for a request.
    """

    vendor: Vendor
    url: str
    info: ModelInfo
    asking: Callable[[], AbstractAsyncContextManager[Any]]
    encode: Callable[[ModelRequest], dict[str, Any]]

    @property
    def model(self) -> str:
        """The vendor's name of the model."""
        return self.info.name

    async def submit(self, label: str, items: Sequence[BatchItem]) -> VendorBatch:
        """Hand the requests in."""
        requests = [{"custom_id": item.key, "params": self._params(item.request)} for item in items]
        size = sum(len(json.dumps(request)) for request in requests)
        if len(items) > MAX_ITEMS or size > MAX_BYTES:
            detail = f"A batch holds at most {MAX_ITEMS:,} items and {MAX_BYTES:,} bytes. Submit it in parts."
            raise refused(self.vendor, self.model, url=self.url, detail=detail)
        async with self._asking() as batches:
            return _state(await batches.create(requests=requests))

    async def search(self, label: str, since: float, count: int, known: Collection[str] = frozenset()) -> BatchSearch:
        """Look at the batches of that time and size; one that runs may be it, and cannot be told from another."""
        certain = True
        async with self._asking() as batches:
            async for batch in batches.list(limit=_PAGE):
                if batch.created_at.timestamp() < since - _SKEW_S:
                    break
                counts = batch.request_counts
                size = counts.canceled + counts.errored + counts.expired + counts.processing + counts.succeeded
                if batch.id in known or size != count or batch.archived_at is not None:
                    continue
                if batch.processing_status != "ended":
                    certain = False
                elif await self._is_labelled(batches, batch.id, label):
                    return BatchSearch(_state(batch))
        return BatchSearch(None, certain=certain)

    async def state(self, batch_id: str) -> VendorBatch:
        """Return how far a batch is."""
        async with self._asking() as batches:
            return _state(await batches.retrieve(batch_id))

    async def results(self, batch_id: str) -> AsyncIterator[BatchedAnswer]:
        """Yield what the file of results holds."""
        async with self._asking() as batches:
            async for key, row in _rows(batches, batch_id):
                yield self._result(key, row)

    async def cancel(self, batch_id: str) -> None:
        """Have a batch stopped."""
        async with self._asking() as batches:
            await batches.cancel(batch_id)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Any]:
        """Give the SDK's batches."""
        async with self.asking() as client:
            batches = await asyncio.to_thread(lambda: client.messages.batches)  # imports them on first use
            try:
                yield batches
            except (AttributeError, TypeError) as error:  # the SDK checks no field
                detail = "it is not in the format of batches"
                raise corrupt_stream(self.vendor, url=self.url, model=self.model, detail=detail) from error

    async def _is_labelled(self, batches: Any, batch_id: str, label: str) -> bool:
        async for key, _ in _rows(batches, batch_id):
            return key.startswith(f"{label}-")
        return False

    def _params(self, request: ModelRequest) -> dict[str, Any]:
        body = self.encode(request)
        body |= body.pop("extra_body", {})
        del body["stream"]
        return body

    def _result(self, key: str, row: Mapping[str, Any]) -> BatchedAnswer:
        if not key or not isinstance(result := row.get("result"), dict):
            return unreadable(key, "a line of the results is not in their format")
        match result.get("type"):
            case "succeeded" if isinstance(result.get("message"), dict):
                return self._answer(key, result["message"])
            case "errored":
                body = result.get("error")
                inner = body.get("error") if isinstance(body, dict) else None
                status = _STATUSES.get(str(inner.get("type"))) if isinstance(inner, dict) else None
                fault = item_fault(self.vendor, url=self.url, model=self.model, status=status, body=body)
                return BatchedAnswer(key, fault)
            case "expired":
                return BatchedAnswer(key, BatchFault(EXPIRED, "The batch ran out of time before this item's turn."))
            case "canceled":
                return BatchedAnswer(key, BatchFault(CANCELLED, "The batch was cancelled before this item's turn."))
        return unreadable(key, "it has neither an answer nor an error")

    def _answer(self, key: str, body: Mapping[str, Any]) -> BatchedAnswer:
        from anthropic.types import Message

        message = Message.construct(**body)
        forced = self.info.capabilities.response_schema != "native"
        decoder = EventDecoder(self.model, answer_as_text=forced)
        said: list[Any] = [SimpleNamespace(type="message_start", message=message)]
        for index, block in enumerate(getattr(message, "content", None) or ()):
            said.append(SimpleNamespace(type="content_block_start", index=index, content_block=block))
            said.append(SimpleNamespace(type="content_block_stop", index=index))
        if not isinstance(getattr(message, "stop_reason", None), str):
            return unreadable(key, "the answer has no end")
        said.append(SimpleNamespace(type="message_delta", delta=message, usage=getattr(message, "usage", None)))
        try:
            events = [event for each in said for event in decoder.feed(each)]
            return BatchedAnswer(key, folded([*events, *decoder.finish()]))
        except DamagedStreamError as error:
            return unreadable(key, str(error))


async def _rows(batches: Any, batch_id: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Yield the lines of the results; not by the SDK's own decoder, which ends at the first line that is no JSON."""
    decoder = await batches.results(batch_id)
    try:
        async for row in rows_of(decoder.http_response.aiter_bytes(), "custom_id"):
            yield row
    finally:
        await decoder.close()


def _state(batch: Any) -> VendorBatch:
    counts = batch.request_counts
    failed = counts.canceled + counts.errored + counts.expired
    if not isinstance(batch.id, str):
        raise TypeError(batch)
    ended = batch.processing_status == "ended"
    return VendorBatch(
        id=batch.id,
        phase=_PHASES.get(batch.processing_status, "running"),
        word=batch.processing_status,
        # The vendor counts nothing before the whole batch has ended.
        done=failed + counts.succeeded if ended else None,
        failed=failed if ended else None,
    )
