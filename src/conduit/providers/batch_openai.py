"""Batches in OpenAI's format: a file with one request in each line, a batch made of it, and files with the answers.

Format: https://developers.openai.com/api/docs/guides/batch and the openai SDK 3.54 (types/batch.py,
types/batch_create_params.py), read 2026-11-22. The label is the name of the file and the batch's metadata, by which a
list of batches tells it again. Used by the wires `openai_chat` and `openai_responses`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

from conduit.catalog.model import Vendor
from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent
from conduit.providers.base import BatchedAnswer, BatchFault, BatchItem, BatchSearch, VendorBatch
from conduit.providers.batches import CANCELLED, EXPIRED, folded, item_fault, refused, rows_of, unreadable
from conduit.providers.faults import corrupt_stream
from conduit.providers.openai_chat_stream import ChunkDecoder
from conduit.providers.openai_endpoint import OpenAIEndpoint
from conduit.providers.openai_responses_stream import EventDecoder, FailedAnswerError

MAX_ITEMS = 50_000
MAX_BYTES = 200_000_000
_MONTH_S = 2_592_000
_METADATA = "conduit"
_SKEW_S = 3600.0
_PAGE = 100
_ENDED = frozenset({"failed", "completed", "expired", "cancelled"})
_CODES: Mapping[str, str] = {"batch_expired": EXPIRED, "batch_cancelled": CANCELLED}


@dataclass(frozen=True)
class OpenAIBatches:
    """The batches of one model; see `BatchRunner`.

    Attributes:
        endpoint: where they are run.
        vendor: its row.
        model: the vendor's name of the model.
        path: where a single request would go.
        encode: the arguments of the SDK's method for a request.
        read: the events of an answer's body.
    """

    endpoint: OpenAIEndpoint
    vendor: Vendor
    model: str
    path: Literal["/v1/chat/completions", "/v1/responses"]
    encode: Callable[[ModelRequest], dict[str, Any]]
    read: Callable[[Vendor, str, Mapping[str, Any]], Iterator[StreamEvent]]

    async def submit(self, label: str, items: Sequence[BatchItem]) -> VendorBatch:
        """Upload the requests and make a batch of them."""
        raw = b"".join(self._line(item) for item in items)
        if len(items) > MAX_ITEMS or len(raw) > MAX_BYTES:
            detail = f"A batch holds at most {MAX_ITEMS:,} items and {MAX_BYTES:,} bytes. Submit it in parts."
            raise refused(self.vendor, self.model, url=self.endpoint.url, detail=detail)
        async with self._asking() as client:
            file = await client.files.create(
                file=(f"{label}.jsonl", raw),
                purpose="batch",
                # A file whose batch was never made goes away by itself.
                expires_after={"anchor": "created_at", "seconds": _MONTH_S},
                extra_headers=self.endpoint.headers,
            )
            made = await client.batches.create(
                input_file_id=file.id,
                endpoint=self.path,
                completion_window="24h",
                metadata={_METADATA: label},
                extra_headers=self.endpoint.headers,
            )
            return self._state(made)

    async def search(self, label: str, since: float, count: int, known: Collection[str] = frozenset()) -> BatchSearch:
        """Look through the list, newest first, for the label."""
        async with self._asking() as client:
            async for batch in client.batches.list(limit=_PAGE, extra_headers=self.endpoint.headers):
                metadata = getattr(batch, "metadata", None)
                if isinstance(metadata, dict) and metadata.get(_METADATA) == label:
                    return BatchSearch(self._state(batch))
                made = getattr(batch, "created_at", None)
                if isinstance(made, int) and made < since - _SKEW_S:
                    break
        return BatchSearch(None)

    async def state(self, batch_id: str) -> VendorBatch:
        """Return how far a batch is."""
        async with self._asking() as client:
            return self._state(await client.batches.retrieve(batch_id, extra_headers=self.endpoint.headers))

    async def results(self, batch_id: str) -> AsyncIterator[BatchedAnswer]:
        """Yield what both files hold: answers are in the one, failures in the other."""
        async with self._asking() as client:
            batch = await client.batches.retrieve(batch_id, extra_headers=self.endpoint.headers)
            for name in (batch.output_file_id, batch.error_file_id):
                if not name:
                    continue
                files = client.files.with_streaming_response
                async with files.content(name, extra_headers=self.endpoint.headers) as response:
                    async for key, row in rows_of(response.iter_bytes(), "custom_id"):
                        yield self._result(key, row)

    async def cancel(self, batch_id: str) -> None:
        """Have a batch stopped."""
        async with self._asking() as client:
            await client.batches.cancel(batch_id, extra_headers=self.endpoint.headers)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Any]:
        """Give the SDK's client; every foreign error inside leaves as ours."""
        endpoint = self.endpoint
        await endpoint.load()
        client = endpoint.client
        await asyncio.to_thread(lambda: (client.files, client.batches))  # imports them on first use
        try:
            yield client
        except endpoint.foreign as error:
            raise endpoint.error(error, self.model) from error
        except (AttributeError, TypeError) as error:  # the SDK checks no field
            detail = "it is not in the format of batches"
            raise corrupt_stream(self.vendor, url=endpoint.url, model=self.model, detail=detail) from error

    def _line(self, item: BatchItem) -> bytes:
        body = self.encode(item.request)
        extra = body.pop("extra_body", {})
        body = {name: value for name, value in body.items() if name not in ("stream", "stream_options")} | extra
        row = {"custom_id": item.key, "method": "POST", "url": self.path, "body": body}
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"

    def _state(self, batch: Any) -> VendorBatch:
        if not isinstance(batch.id, str) or not isinstance(batch.status, str):
            raise TypeError(batch)
        phase: Literal["running", "cancelling", "ended"] = "ended" if batch.status in _ENDED else "running"
        counts = batch.request_counts
        done, failed = (counts.completed + counts.failed, counts.failed) if counts else (None, None)
        return VendorBatch(
            id=batch.id,
            phase="cancelling" if batch.status == "cancelling" else phase,
            word=batch.status,
            done=done,
            failed=failed,
            without=self._without(batch),
        )

    def _without(self, batch: Any) -> BatchFault:
        match batch.status:
            case "expired":
                return BatchFault(EXPIRED, "The batch ran out of time before this item was answered.")
            case "cancelled":
                return BatchFault(CANCELLED, "The batch was cancelled before this item was answered.")
            case "failed":
                found = list((batch.errors.data if batch.errors else None) or [])
                words = "; ".join(
                    f"line {error.line}: {error.message}" if error.line else str(error.message) for error in found[:3]
                )
                body = {"error": {"code": found[0].code if found else None, "message": f"The batch failed. {words}"}}
                return item_fault(self.vendor, url=self.endpoint.url, model=self.model, status=400, body=body)
        return VendorBatch("", "ended", "").without

    def _result(self, key: str, row: Mapping[str, Any]) -> BatchedAnswer:
        response, error = row.get("response"), row.get("error")
        if not key:
            return unreadable(key, "a line of the results is not in their format")
        if isinstance(error, dict):
            code = error.get("code")
            if isinstance(code, str) and code in _CODES:
                return BatchedAnswer(key, BatchFault(_CODES[code], str(error.get("message") or code)))
            return self._failed(key, None, {"error": error})
        if not isinstance(response, dict) or not isinstance(response.get("body"), dict):
            return unreadable(key, "it has neither an answer nor an error")
        status, body = response.get("status_code"), response["body"]
        if isinstance(status, int) and status != 200:
            return self._failed(key, status, body)
        try:
            answer = folded(self.read(self.vendor, self.model, body))
        except FailedAnswerError as failed:
            return self._failed(key, None, {"error": {"code": failed.code, "message": failed.message}})
        if answer.stop_reason is None:
            return unreadable(key, "the answer has no end")
        return BatchedAnswer(key, answer)

    def _failed(self, key: str, status: int | None, body: object) -> BatchedAnswer:
        fault = item_fault(self.vendor, url=self.endpoint.url, model=self.model, status=status, body=body)
        return BatchedAnswer(key, fault)


def read_completion(vendor: Vendor, model: str, body: Mapping[str, Any]) -> Iterator[StreamEvent]:
    """Yield the events of a whole chat completion; without an end there is no `Stop`."""
    from openai.types.chat import ChatCompletionChunk

    choices = [
        {"index": 0, "delta": choice.get("message"), "finish_reason": choice.get("finish_reason")}
        for choice in body.get("choices") or ()
        if isinstance(choice, dict)
    ]
    decoder = ChunkDecoder(vendor, answer_as_text=True)  # an item of a batch has no tools but that one
    yield from decoder.feed(ChatCompletionChunk.construct(**{**body, "choices": choices}))
    if decoder.ended:
        yield from decoder.finish()


def read_response(vendor: Vendor, model: str, body: Mapping[str, Any]) -> Iterator[StreamEvent]:
    """Yield the events of a whole response; raises FailedAnswerError when the vendor says that it failed."""
    from openai.types.responses import Response

    response = Response.construct(**body)
    decoder = EventDecoder(vendor.name, model)
    for place, item in enumerate(getattr(response, "output", None) or ()):
        yield from decoder.feed(SimpleNamespace(type="response.output_item.done", output_index=place, item=item))
    if response.status in ("completed", "incomplete", "failed"):
        yield from decoder.feed(SimpleNamespace(type=f"response.{response.status}", response=response))
    if decoder.ended:
        yield from decoder.finish()
