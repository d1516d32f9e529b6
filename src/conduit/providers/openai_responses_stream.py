"""Reading of the Responses stream: from the SDK's events to stream events.

Pure: no SDK, no connection. Used by the wire `openai_responses` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import JsonValue

from conduit.messages.content import ProviderData
from conduit.messages.message import CompletionStop, Usage
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent, UsageReport
from conduit.providers.whole_text import WholeText

WIRE = "openai_responses"

_INCOMPLETE: Mapping[str, CompletionStop] = {
    "max_output_tokens": "max_tokens",
    "max_messages": "max_tokens",
    "content_filter": "refusal",
    "steered": "end_turn",
}
"""`incomplete_details.reason` (openai SDK 3.54, types/responses/response.py; 2026-11-21)."""

_WHOLE = -1  # the place of what an item says as a whole, beside the numbers of a message's parts
_REPLAYED = ("id", "type", "summary", "content", "encrypted_content")


class FailedAnswerError(Exception):
    """The vendor says in the stream that it failed. Never leaves the wire."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class _Open:
    index: int
    kind: Literal["text", "thinking", "tool_call"]
    said: bool = False


class EventDecoder:
    """Folds the SDK's events into stream events; reads every field with suspicion, since the SDK checks none."""

    def __init__(self, vendor: str, model: str) -> None:
        """Begin a stream; what `vendor` and `model` encrypt is only good for the same two."""
        self._vendor = vendor
        self._model = model
        self._whole = WholeText()
        self._next = 0
        self._blocks: dict[tuple[int, int], _Open] = {}
        self._closed: set[tuple[int, int]] = set()
        self._calls = 0
        self._refused = False
        self._incomplete: str | None = None
        self.ended = False
        self.request_id: str | None = None

    def feed(self, event: Any) -> Iterator[StreamEvent]:
        """Take in one event; raises FailedAnswerError when the vendor says that it failed."""
        place = _number(event, "output_index")
        match getattr(event, "type", None):
            case "response.created":
                yield from self._forget(None)
            case "response.output_item.added":
                yield from self._forget(place)  # a repeated place is a new item
                yield from self._start(place, getattr(event, "item", None))
            case "response.output_item.done":
                yield from self._stop(place, getattr(event, "item", None))
            case "response.completed" | "response.incomplete":
                yield from self._end(getattr(event, "response", None))
            case "response.failed":
                response = getattr(event, "response", None)
                yield self._report(response)
                error = getattr(response, "error", None)
                raise FailedAnswerError(_string(error, "code"), _string(error, "message"))
            case "error":
                raise FailedAnswerError(_string(event, "code"), _string(event, "message"))
            case _:
                yield from self._piece(place, event)

    def _piece(self, place: int, event: Any) -> Iterator[StreamEvent]:
        """Take in more of an item."""
        part = (place, _number(event, "content_index"))
        match getattr(event, "type", None):
            case "response.output_text.delta":
                yield from self._say(part, "text", _string(event, "delta"))
            case "response.refusal.delta":
                self._refused = True
                yield from self._say(part, "text", _string(event, "delta"))
            case "response.reasoning_summary_part.added" | "response.content_part.added":
                yield from self._next_paragraph((place, _WHOLE))
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield from self._say((place, _WHOLE), "thinking", _string(event, "delta"))
            case "response.function_call_arguments.delta":
                yield from self._argue(place, _string(event, "delta"))

    def finish(self) -> Iterator[StreamEvent]:
        """Close what is open and say why the answer ended."""
        yield from self._forget(None)
        reason: CompletionStop = "tool_use" if self._calls else "end_turn"
        if self._refused:
            reason = "refusal"
        elif self._incomplete is not None:
            reason = _INCOMPLETE.get(self._incomplete, "max_tokens")
        yield Stop(reason=reason)

    def _forget(self, place: int | None) -> Iterator[StreamEvent]:
        """Close what is open at a place, or everywhere, so that something new can begin there."""
        for key in [key for key in self._blocks if place in (None, key[0])]:
            yield from self._close(key, None)
        self._closed -= {key for key in self._closed if place in (None, key[0])}

    def _start(self, place: int, item: Any) -> Iterator[StreamEvent]:
        match getattr(item, "type", None):
            case "reasoning":
                yield from self._open((place, _WHOLE), "thinking")
            case "function_call":
                key = (place, _WHOLE)
                if key not in self._blocks and key not in self._closed:
                    self._calls += 1
                    yield from self._open(key, "tool_call", _string(item, "call_id"), _string(item, "name"))

    def _stop(self, place: int, item: Any) -> Iterator[StreamEvent]:
        """Close an item; what it says as a whole is taken where no piece of it came."""
        yield from self._start(place, item)
        key = (place, _WHOLE)
        match getattr(item, "type", None):
            case "message":
                yield from self._stop_message(place, item)
            case "reasoning":
                if not self._has_said(key):
                    texts = [_string(summary, "text") for summary in _list(item, "summary")]
                    yield from self._say(key, "thinking", "\n\n".join(text for text in texts if text))
                yield from self._close(key, self._kept(item))
            case "function_call":
                if not self._has_said(key):
                    yield from self._say(key, "tool_call", _string(item, "arguments"))
                yield from self._close(key, None)

    def _stop_message(self, place: int, item: Any) -> Iterator[StreamEvent]:
        for number, part in enumerate(_list(item, "content")):
            refusal = _string(part, "refusal")
            self._refused = self._refused or bool(refusal)
            if not self._has_said((place, number)):
                yield from self._say((place, number), "text", _string(part, "text") or refusal)
        phase = _string(item, "phase")
        data = self._own({"phase": phase}) if phase else None
        for key in [key for key in self._blocks if key[0] == place]:
            yield from self._close(key, data)

    def _next_paragraph(self, key: tuple[int, int]) -> Iterator[StreamEvent]:
        """Keep the parts of a summary apart."""
        opened = self._blocks.get(key)
        if opened is not None and opened.kind == "thinking" and opened.said:
            yield BlockDelta(index=opened.index, text="\n\n")

    def _argue(self, place: int, text: str) -> Iterator[StreamEvent]:
        key = (place, _WHOLE)
        if key in self._blocks:  # else the whole call comes with the end of its item
            yield from self._say(key, "tool_call", text)

    def _open(
        self, key: tuple[int, int], kind: Literal["text", "thinking", "tool_call"], call_id: str = "", name: str = ""
    ) -> Iterator[StreamEvent]:
        if key not in self._blocks and key not in self._closed:
            self._blocks[key] = _Open(self._next, kind)
            self._next += 1
            yield BlockStart(index=self._blocks[key].index, kind=kind, call_id=call_id, name=name)

    def _say(
        self, key: tuple[int, int], kind: Literal["text", "thinking", "tool_call"], text: str
    ) -> Iterator[StreamEvent]:
        if not text or key in self._closed:
            return
        yield from self._open(key, kind)
        opened = self._blocks[key]
        opened.said = True
        if shown := self._whole.feed(opened.index, text):
            yield BlockDelta(index=opened.index, text=shown)

    def _has_said(self, key: tuple[int, int]) -> bool:
        return key in self._closed or (key in self._blocks and self._blocks[key].said)

    def _close(self, key: tuple[int, int], data: ProviderData | None) -> Iterator[StreamEvent]:
        opened = self._blocks.pop(key, None)
        if opened is None:
            return
        self._closed.add(key)
        if rest := self._whole.finish(opened.index):
            yield BlockDelta(index=opened.index, text=rest)
        yield BlockStop(index=opened.index, provider_data=data)

    def _kept(self, item: Any) -> ProviderData | None:
        """Return a reasoning item as it must come back; without its encrypted text nobody could read it again."""
        dump = getattr(item, "to_dict", None)
        if not _string(item, "encrypted_content") or dump is None:
            return None
        given: dict[str, JsonValue] = dump(mode="json")
        return self._own({"item": {name: given[name] for name in _REPLAYED if given.get(name) is not None}})

    def _own(self, data: dict[str, JsonValue]) -> ProviderData:
        return ProviderData(wire=WIRE, data={"vendor": self._vendor, "model": self._model, **data})

    def _end(self, response: Any) -> Iterator[StreamEvent]:
        self.ended = True
        details = _string(getattr(response, "incomplete_details", None), "reason")
        if details or getattr(response, "status", None) == "incomplete":
            self._incomplete = details
        yield self._report(response)

    def _report(self, response: Any) -> UsageReport:
        usage = getattr(response, "usage", None)
        taken = getattr(usage, "input_tokens_details", None)
        given = getattr(usage, "output_tokens_details", None)
        return UsageReport(
            usage=Usage(
                input_tokens=_number(usage, "input_tokens"),
                output_tokens=_number(usage, "output_tokens"),
                cache_read_tokens=_number(taken, "cached_tokens"),
                cache_write_tokens=_number(taken, "cache_write_tokens"),
                reasoning_tokens=_number(given, "reasoning_tokens"),
            ),
            request_id=self.request_id or _string(response, "id") or None,
        )


def _number(holder: Any, name: str) -> int:
    value = getattr(holder, name, None)
    return value if isinstance(value, int) and value >= 0 else 0


def _string(holder: Any, name: str) -> str:
    value = getattr(holder, name, None)
    return value if isinstance(value, str) else ""


def _list(holder: Any, name: str) -> list[Any]:
    value = getattr(holder, name, None)
    return value if isinstance(value, list) else []
