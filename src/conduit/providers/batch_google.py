"""Batches of the Gemini API: `batchGenerateContent` with the requests inside, through the google-genai SDK 3.4.

Format: https://ai.google.dev/gemini-api/docs/batch-api and the SDK's batches.py, read 2026-11-22. The label is the
batch's display name, by which a list tells it again. The SDK passes on neither the vendor's counts nor why a whole
batch failed. Used by the wire `google` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from conduit.errors import ProviderErrorKind
from conduit.messages.request import ModelRequest
from conduit.providers.base import BatchedAnswer, BatchFault, BatchItem, BatchSearch, VendorBatch
from conduit.providers.batches import CANCELLED, EXPIRED, folded, item_fault, refused, unreadable
from conduit.providers.google_endpoint import GoogleEndpoint
from conduit.providers.google_stream import FAILURES, ChunkDecoder

MAX_BYTES = 20_000_000
"""Of requests that are not in a file (https://ai.google.dev/gemini-api/docs/batch-api, 2026-11-22)."""

_KEY = "key"
_SKEW_S = 3600.0
_PAGE = 100
_PHASES: Mapping[str, Literal["running", "cancelling", "ended"]] = {
    "JOB_STATE_CANCELLING": "cancelling",
    "JOB_STATE_SUCCEEDED": "ended",
    "JOB_STATE_PARTIALLY_SUCCEEDED": "ended",
    "JOB_STATE_FAILED": "ended",
    "JOB_STATE_CANCELLED": "ended",
    "JOB_STATE_EXPIRED": "ended",
}
"""Of google-genai 3.4 `types.JobState`; one that is not here is running."""

_WITHOUT: Mapping[str, BatchFault] = {
    "JOB_STATE_FAILED": BatchFault(ProviderErrorKind.INTERNAL.value, "The vendor says that the whole batch failed."),
    "JOB_STATE_CANCELLED": BatchFault(CANCELLED, "The batch was cancelled before this item was answered."),
    "JOB_STATE_EXPIRED": BatchFault(EXPIRED, "The batch ran out of time before this item was answered."),
}
_STATUSES: Mapping[int, int] = {3: 400, 4: 408, 5: 404, 7: 403, 8: 429, 9: 400, 11: 400, 13: 500, 14: 503, 16: 401}
"""From the code of an item's error, which is one of google.rpc.Code, to the status of a single request's."""


@dataclass(frozen=True)
class GoogleBatches:
    """The batches of one model; see `BatchRunner`.

    Attributes:
        endpoint: where they are run.
        model: the vendor's name of the model.
        encode: the arguments of `generate_content_stream` for a request.
    """

    endpoint: GoogleEndpoint
    model: str
    encode: Callable[[ModelRequest], dict[str, Any]]

    async def submit(self, label: str, items: Sequence[BatchItem]) -> VendorBatch:
        """Hand the requests in, each with its key as metadata."""
        size = sum(len(item.request.model_dump_json()) for item in items)
        if size > MAX_BYTES:
            detail = f"A batch holds at most {MAX_BYTES:,} bytes, and this one has {size:,}. Submit it in parts."
            raise refused(self.endpoint.vendor, self.model, url=self.endpoint.url, detail=detail)
        requests: Any = [self._inlined(item) for item in items]
        async with self._asking() as batches:
            return _state(await batches.create(model=self.model, src=requests, config={"display_name": label}))

    async def search(self, label: str, since: float, count: int, known: Collection[str] = frozenset()) -> BatchSearch:
        """Look through the list for the label."""
        async with self._asking() as batches:
            async for batch in await batches.list(config={"page_size": _PAGE}):
                if batch.display_name == label:
                    return BatchSearch(_state(batch))
                if batch.create_time is not None and batch.create_time.timestamp() < since - _SKEW_S:
                    break
        return BatchSearch(None)

    async def state(self, batch_id: str) -> VendorBatch:
        """Return how far a batch is."""
        async with self._asking() as batches:
            return _state(await batches.get(name=batch_id))

    async def results(self, batch_id: str) -> AsyncIterator[BatchedAnswer]:
        """Yield what the batch itself holds when it has ended."""
        async with self._asking() as batches:
            batch = await batches.get(name=batch_id)
            found = (batch.dest.inlined_responses if batch.dest else None) or []
        for row in found:
            yield self._result((row.metadata or {}).get(_KEY, ""), row)

    async def cancel(self, batch_id: str) -> None:
        """Have a batch stopped."""
        async with self._asking() as batches:
            await batches.cancel(name=batch_id)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Any]:
        """Give the SDK's batches; every foreign error inside leaves as ours."""
        await self.endpoint.load()
        batches = await asyncio.to_thread(lambda: self.endpoint.client.aio.batches)  # imports them on first use
        async with self.endpoint.errors(self.model):
            yield batches

    def _inlined(self, item: BatchItem) -> dict[str, Any]:
        """Return a request as the SDK takes it here, where it drops what would go past it into the body."""
        call = self.encode(item.request)
        config: dict[str, Any] = dict(call["config"])
        extra = dict(config.pop("http_options", {}).get("extra_body", {}))
        inner = dict(extra.pop("generationConfig", {}))
        if "responseJsonSchema" in inner:
            config["response_mime_type"] = inner.pop("responseMimeType")
            config["response_json_schema"] = inner.pop("responseJsonSchema")
        if extra or inner:
            detail = f"The parameter 'extra' cannot be sent in its batches: {', '.join([*extra, *inner])}."
            raise refused(self.endpoint.vendor, self.model, url=self.endpoint.url, detail=detail)
        return {"contents": call["contents"], "config": config, "metadata": {_KEY: item.key}}

    def _result(self, key: str, row: Any) -> BatchedAnswer:
        if not key:
            return unreadable("", "a result does not say whose it is")
        if row.error is not None:
            status = _STATUSES.get(row.error.code) if row.error.code is not None else None
            return self._failed(key, status, row.error.message or "")
        if row.response is None:
            return unreadable(key, "it has neither an answer nor an error")
        decoder = ChunkDecoder(self.model)
        events = list(decoder.feed(row.response))
        if decoder.blocked is not None and decoder.reason is None:
            words = f"The prompt was blocked: {decoder.blocked}."
            return BatchedAnswer(key, BatchFault(ProviderErrorKind.REFUSED.value, words))
        if kind := FAILURES.get(decoder.reason or ""):
            return BatchedAnswer(key, BatchFault(kind.value, f"The answer ended with {decoder.reason}."))
        if not decoder.ended:
            return unreadable(key, "the answer has no end")
        return BatchedAnswer(key, folded([*events, *decoder.finish()]))

    def _failed(self, key: str, status: int | None, words: str) -> BatchedAnswer:
        where = self.endpoint
        body = {"error": {"message": words}}
        return BatchedAnswer(key, item_fault(where.vendor, url=where.url, model=self.model, status=status, body=body))


def _state(batch: Any) -> VendorBatch:
    word = batch.state.value if batch.state is not None else ""
    if not batch.name:
        raise TypeError(batch)
    return VendorBatch(
        id=batch.name,
        phase=_PHASES.get(word, "running"),
        word=word.removeprefix("JOB_STATE_").lower(),
        without=_WITHOUT.get(word, VendorBatch("", "ended", "").without),
    )
