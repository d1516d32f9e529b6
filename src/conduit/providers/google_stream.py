"""Reading of the Gemini stream: from the SDK's chunks to stream events.

A function call arrives whole, in one part; thoughts are parts that are marked; a signature may sit on any part, and
must go back on that part. Pure: no SDK, no connection. Used by the wire `google` alone.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import JsonValue

from conduit.errors import ProviderErrorKind
from conduit.messages.content import ProviderData, Source
from conduit.messages.message import CompletionStop, Usage
from conduit.messages.stream import (
    BlockDelta,
    BlockStart,
    BlockStop,
    SourcesFound,
    Stop,
    StreamEvent,
    UsageReport,
)
from conduit.providers.whole_text import WholeText

WIRE = "google"

_STOPS: Mapping[str, CompletionStop] = {
    "MAX_TOKENS": "max_tokens",
    "CONTINUATION": "max_tokens",
    "SAFETY": "refusal",
    "RECITATION": "refusal",
    "LANGUAGE": "refusal",
    "BLOCKLIST": "refusal",
    "PROHIBITED_CONTENT": "refusal",
    "SPII": "refusal",
    "ESCALATION": "refusal",
    "MODEL_ARMOR": "refusal",
    "IMAGE_SAFETY": "refusal",
    "IMAGE_PROHIBITED_CONTENT": "refusal",
    "IMAGE_RECITATION": "refusal",
}
"""Reasons of google-genai 3.4 `types.FinishReason`; one that is not here is an ordinary end."""

FAILURES: Mapping[str, ProviderErrorKind] = {
    "OTHER": ProviderErrorKind.INTERNAL,
    "MALFORMED_RESPONSE": ProviderErrorKind.INTERNAL,
    "MISSING_THOUGHT_SIGNATURE": ProviderErrorKind.INVALID_INPUT,
    "PUP_LIMITED_DISABLED": ProviderErrorKind.PERMISSION,
}
"""Finish reasons that are no end of an answer."""

_BAD_CALLS = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"})

SignedPart = Literal["thought", "text", "empty"]
"""Which part a signature sat on; one of a call is kept with the call."""


class ChunkDecoder:
    """Folds the SDK's chunks into stream events; reads every field with suspicion, since most may be missing."""

    def __init__(self, model: str) -> None:
        """Begin a stream; `model` is who answers, and the only one who can read its signatures."""
        self._model = model
        self._whole = WholeText()
        self._next = 0
        self._open: tuple[int, Literal["text", "thinking"]] | None = None
        self._calls = 0
        self._usage = Usage()
        self._request_id: str | None = None
        self._sources: dict[str, Source] = {}
        self.reason: str | None = None
        self.blocked: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the vendor said that the answer is over."""
        return self.reason is not None or self.blocked is not None

    def feed(self, chunk: Any) -> Iterator[StreamEvent]:
        """Take in one chunk."""
        yield from self._report(chunk)
        feedback = getattr(chunk, "prompt_feedback", None)
        if blocked := _name(getattr(feedback, "block_reason", None)):
            words = _string(getattr(feedback, "block_reason_message", None))
            self.blocked = f"{blocked} {words}".strip()
        candidates = getattr(chunk, "candidates", None)
        if not isinstance(candidates, list) or not candidates:
            return
        candidate = candidates[0]
        parts = getattr(getattr(candidate, "content", None), "parts", None)
        for part in parts if isinstance(parts, list) else []:
            yield from self._part(part)
        self._find_sources(getattr(candidate, "grounding_metadata", None))
        reason = _name(getattr(candidate, "finish_reason", None))
        if reason and reason != "FINISH_REASON_UNSPECIFIED":
            self.reason = reason

    def finish(self) -> Iterator[StreamEvent]:
        """Close what is open and say why the answer ended."""
        yield from self._close()
        reason = self.reason or ""
        if reason in _BAD_CALLS and not self._calls:
            # Shown to the model as a call that failed; the SDK drops the vendor's words about it (finishMessage).
            yield from self._call(None, "unknown", f"{reason}: the call could not be read.", None)
        if self._sources:
            yield SourcesFound(sources=tuple(self._sources.values()))
        stop = _STOPS.get(reason)
        yield Stop(reason=stop or ("tool_use" if self._calls else "end_turn"))

    def _part(self, part: Any) -> Iterator[StreamEvent]:
        text = _string(getattr(part, "text", None))
        raw = getattr(part, "thought_signature", None)
        signature = base64.b64encode(raw).decode("ascii") if isinstance(raw, bytes) and raw else None
        call = getattr(part, "function_call", None)
        if call is not None:
            given = getattr(call, "args", None)
            arguments = json.dumps(given if isinstance(given, dict) else {})
            name = _string(getattr(call, "name", None))
            yield from self._call(_string(getattr(call, "id", None)) or None, name, arguments, signature)
        elif getattr(part, "thought", None) is True:
            if text:
                yield from self._say("thinking", text)
            if signature:
                yield from self._sign_thought(signature)
        elif text and signature:
            yield from self._close()  # the signature is that of this part alone
            yield from self._say("text", text)
            yield from self._mark("text", signature)
        elif text:
            yield from self._say("text", text)
        elif signature and getattr(part, "text", None) is not None:
            yield from self._mark("empty", signature)

    def _say(self, kind: Literal["text", "thinking"], text: str) -> Iterator[StreamEvent]:
        if self._open is None or self._open[1] != kind:
            yield from self._close()
            self._open = (self._take(), kind)
            yield BlockStart(index=self._open[0], kind=kind)
        if shown := self._whole.feed(self._open[0], text):
            yield BlockDelta(index=self._open[0], text=shown)

    def _close(self, data: ProviderData | None = None) -> Iterator[StreamEvent]:
        if self._open is not None:
            index = self._open[0]
            self._open = None
            if rest := self._whole.finish(index):
                yield BlockDelta(index=index, text=rest)
            yield BlockStop(index=index, provider_data=data)

    def _sign_thought(self, signature: str) -> Iterator[StreamEvent]:
        if self._open is None or self._open[1] != "thinking":
            yield from self._mark("thought", signature)
        else:
            yield from self._close(self._own(signature=signature, on="thought"))

    def _mark(self, on: SignedPart, signature: str) -> Iterator[StreamEvent]:
        """Keep the signature of a part that is no thought: a block of thinking without words, right after it."""
        yield from self._close()
        index = self._take()
        yield BlockStart(index=index, kind="thinking")
        yield BlockStop(index=index, provider_data=self._own(signature=signature, on=on))

    def _call(self, call_id: str | None, name: str, arguments: str, signature: str | None) -> Iterator[StreamEvent]:
        yield from self._close()
        self._calls += 1
        index = self._take()
        yield BlockStart(index=index, kind="tool_call", call_id=call_id or f"call_{uuid.uuid4().hex[:16]}", name=name)
        yield BlockDelta(index=index, text=arguments)
        kept: dict[str, str] = {"id": call_id} if call_id else {}
        if signature:
            kept["signature"] = signature
        yield BlockStop(index=index, provider_data=self._own(**kept) if kept else None)

    def _own(self, **kept: str) -> ProviderData:
        data: dict[str, JsonValue] = {"model": self._model, **kept}
        return ProviderData(wire=WIRE, data=data)

    def _report(self, chunk: Any) -> Iterator[StreamEvent]:
        """Report the counts when they changed: nearly every chunk repeats them."""
        request_id = _string(getattr(chunk, "response_id", None)) or self._request_id
        found = getattr(chunk, "usage_metadata", None)
        usage = self._usage if found is None else _usage(found)
        if (usage, request_id) != (self._usage, self._request_id):
            self._usage, self._request_id = usage, request_id
            yield UsageReport(usage=usage, request_id=request_id)

    def _find_sources(self, grounding: Any) -> None:
        chunks = getattr(grounding, "grounding_chunks", None)
        for chunk in chunks if isinstance(chunks, list) else []:
            web = getattr(chunk, "web", None)
            if url := _string(getattr(web, "uri", None)):
                self._sources[url] = Source(url=url, title=_string(getattr(web, "title", None)))

    def _take(self) -> int:
        self._next += 1
        return self._next - 1


def _usage(found: Any) -> Usage:
    """Read the counts: the vendor's answer leaves out the thoughts, and its prompt includes what came of a cache."""
    thoughts = _count(found, "thoughts_token_count")
    return Usage(
        input_tokens=_count(found, "prompt_token_count") + _count(found, "tool_use_prompt_token_count"),
        output_tokens=_count(found, "candidates_token_count") + thoughts,
        cache_read_tokens=_count(found, "cached_content_token_count"),
        reasoning_tokens=thoughts,
    )


def _count(holder: Any, name: str) -> int:
    value = getattr(holder, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _name(value: Any) -> str:
    """Return the word of an enumeration of the SDK."""
    return _string(getattr(value, "value", None))


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
