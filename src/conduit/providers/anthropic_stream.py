"""Reading of the Messages stream: from the SDK's events to stream events.

Pure: no SDK, no connection. Used by the wire `anthropic` alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from conduit.messages.content import ProviderData
from conduit.messages.message import CompletionStop, Usage
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent, UsageReport
from conduit.providers.answer_tool import ANSWER_TOOL
from conduit.providers.whole_text import WholeText

WIRE = "anthropic"

_STOPS: Mapping[str, CompletionStop] = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "pause_turn": "end_turn",
    "refusal": "refusal",
    "model_context_window_exceeded": "max_tokens",
}


class DamagedStreamError(Exception):
    """An event is missing: the SDK passes over what it cannot read. Never leaves the wire."""


@dataclass
class _Open:
    index: int
    kind: Literal["text", "thinking", "tool_call"]
    signature: str = ""
    redacted: str = ""
    whole_input: str = ""
    deltas: int = 0


class EventDecoder:
    """Folds the SDK's events into stream events; reads every field with suspicion, since the SDK checks none."""

    def __init__(self, model: str, *, answer_as_text: bool) -> None:
        """Begin a stream.

        Args:
            model: who answers; a thinking signature is only good for the same model.
            answer_as_text: whether the call of `ANSWER_TOOL` is the answer's text.
        """
        self._model = model
        self._answer_as_text = answer_as_text
        self._whole = WholeText()
        self._next = 0
        self._blocks: dict[int, _Open | None] = {}
        self._calls = 0
        self._usage: dict[str, int] = {}
        self._reason: str | None = None
        self.ended = False

    def feed(self, event: Any) -> Iterator[StreamEvent]:
        """Take in one event; raises DamagedStreamError when something before it is missing."""
        index = getattr(event, "index", None)
        place = index if isinstance(index, int) else -1
        match getattr(event, "type", None):
            case "message_start":
                yield self._report(getattr(getattr(event, "message", None), "usage", None))
            case "content_block_start":
                yield from self._stop(place)  # a repeated index is a new block
                yield from self._start(place, getattr(event, "content_block", None))
            case "content_block_delta":
                yield from self._delta(place, getattr(event, "delta", None))
            case "content_block_stop":
                if place not in self._blocks:
                    raise DamagedStreamError("a block ends that never began")
                yield from self._stop(place)
            case "message_delta":
                self._reason = _string(getattr(getattr(event, "delta", None), "stop_reason", None)) or self._reason
                yield self._report(getattr(event, "usage", None))
            case "message_stop":
                self.ended = True

    def finish(self) -> Iterator[StreamEvent]:
        """Say why the answer ended; raises DamagedStreamError when a block was left open."""
        if any(block is not None for block in self._blocks.values()):
            raise DamagedStreamError("a block never ends")
        reason = _STOPS.get(self._reason or "", "end_turn")
        if reason in ("end_turn", "tool_use"):
            reason = "tool_use" if self._calls else "end_turn"
        yield Stop(reason=reason)

    def _start(self, place: int, block: Any) -> Iterator[StreamEvent]:
        match getattr(block, "type", None):
            case "text":
                yield from self._begin(place, "text")
                yield from self._say(place, _string(getattr(block, "text", None)))
            case "thinking":
                yield from self._begin(place, "thinking")
                yield from self._say(place, _string(getattr(block, "thinking", None)))
                self._sign(place, getattr(block, "signature", None))
            case "redacted_thinking":
                yield from self._begin(place, "thinking")
                opened = self._blocks[place]
                if opened is not None:
                    opened.redacted = _string(getattr(block, "data", None))
            case "tool_use":
                yield from self._begin_call(place, block)
            case _:
                self._blocks[place] = None  # a block of a kind that we did not ask for

    def _begin(self, place: int, kind: Literal["text", "thinking"]) -> Iterator[StreamEvent]:
        self._blocks[place] = _Open(self._take(), kind)
        yield BlockStart(index=self._next - 1, kind=kind)

    def _begin_call(self, place: int, block: Any) -> Iterator[StreamEvent]:
        name = _string(getattr(block, "name", None))
        if self._answer_as_text and name == ANSWER_TOOL:
            yield from self._begin(place, "text")
        else:
            self._calls += 1
            self._blocks[place] = _Open(self._take(), "tool_call")
            call_id = _string(getattr(block, "id", None))
            yield BlockStart(index=self._next - 1, kind="tool_call", call_id=call_id, name=name)
        given = getattr(block, "input", None)
        opened = self._blocks[place]
        if opened is not None and given and isinstance(given, dict):
            opened.whole_input = json.dumps(given)  # some gateways send the arguments whole

    def _delta(self, place: int, delta: Any) -> Iterator[StreamEvent]:
        if place not in self._blocks:
            raise DamagedStreamError("a block goes on that never began")
        match getattr(delta, "type", None):
            case "text_delta":
                yield from self._say(place, _string(getattr(delta, "text", None)))
            case "input_json_delta":
                yield from self._say(place, _string(getattr(delta, "partial_json", None)))
            case "thinking_delta":
                yield from self._say(place, _string(getattr(delta, "thinking", None)))
            case "signature_delta":
                self._sign(place, getattr(delta, "signature", None))

    def _say(self, place: int, text: str) -> Iterator[StreamEvent]:
        opened = self._blocks[place]
        if opened is not None and text:
            opened.deltas += 1
            if shown := self._whole.feed(opened.index, text):
                yield BlockDelta(index=opened.index, text=shown)

    def _sign(self, place: int, signature: object) -> None:
        opened = self._blocks[place]
        if opened is not None:
            opened.signature += _string(signature)

    def _stop(self, place: int) -> Iterator[StreamEvent]:
        opened = self._blocks.get(place)
        if opened is None:
            return
        if opened.whole_input and not opened.deltas:
            yield BlockDelta(index=opened.index, text=opened.whole_input)
        if rest := self._whole.finish(opened.index):
            yield BlockDelta(index=opened.index, text=rest)
        data: ProviderData | None = None
        if opened.redacted:
            data = ProviderData(wire=WIRE, data={"model": self._model, "redacted": opened.redacted})
        elif opened.signature:
            data = ProviderData(wire=WIRE, data={"model": self._model, "signature": opened.signature})
        self._blocks[place] = None
        yield BlockStop(index=opened.index, provider_data=data)

    def _report(self, usage: Any) -> UsageReport:
        """Take over the counts that are there: they are cumulative, and a later event repeats only some of them."""
        for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
            value = getattr(usage, name, None)
            if isinstance(value, int) and value >= 0:
                self._usage[name] = value
        thinking = getattr(getattr(usage, "output_tokens_details", None), "thinking_tokens", None)
        if isinstance(thinking, int) and thinking >= 0:
            self._usage["thinking"] = thinking
        read = self._usage.get("cache_read_input_tokens", 0)
        written = self._usage.get("cache_creation_input_tokens", 0)
        return UsageReport(
            usage=Usage(
                # The vendor's own number leaves out what the cache read and wrote.
                input_tokens=self._usage.get("input_tokens", 0) + read + written,
                output_tokens=self._usage.get("output_tokens", 0),
                cache_read_tokens=read,
                cache_write_tokens=written,
                reasoning_tokens=self._usage.get("thinking", 0),
            )
        )

    def _take(self) -> int:
        self._next += 1
        return self._next - 1


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
