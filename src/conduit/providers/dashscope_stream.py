"""Reading of DashScope's stream: from server-sent events to stream events.

Pure: no connection. Used by the wire `dashscope` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from conduit.messages.content import ProviderData
from conduit.messages.message import CompletionStop, Usage
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent, UsageReport
from conduit.providers.whole_text import WholeText

WIRE = "dashscope"

_STOPS: Mapping[str, CompletionStop] = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"}


def own_data(vendor: str) -> ProviderData:
    """Return the mark on thinking that came over this wire."""
    return ProviderData(wire=WIRE, data={"vendor": vendor})


@dataclass
class _Call:
    index: int
    id: str
    name: str = ""
    started: bool = False
    pending: list[str] = field(default_factory=list)


class ChunkDecoder:
    """Folds the chunks of one answer into stream events; reads every field with suspicion."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._whole = WholeText()
        self._next = 0
        self._open: tuple[int, Literal["text", "thinking"]] | None = None
        self._calls: dict[int, _Call] = {}
        self._all_calls: list[_Call] = []
        self._reason = ""

    @property
    def ended(self) -> bool:
        """Whether the vendor said that the answer is over."""
        return bool(self._reason)

    def feed(self, chunk: Any) -> Iterator[StreamEvent]:
        """Take in the data of one event."""
        if not isinstance(chunk, Mapping):
            return
        if (usage := _usage(chunk.get("usage"))) is not None:
            yield UsageReport(usage=usage, request_id=_string(chunk.get("request_id")) or None)
        output = _mapping(chunk.get("output"))
        choices = output.get("choices")
        choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
        message = _mapping(choice.get("message"))
        if thinking := _string(message.get("reasoning_content")):
            yield from self._say("thinking", thinking)
        if text := _text(message.get("content")):
            yield from self._say("text", text)
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else []:
            yield from self._call(_mapping(call))
        # It says "null", in words, until the end.
        if (reason := _string(choice.get("finish_reason"))) and reason != "null":
            self._reason = reason

    def finish(self) -> Iterator[StreamEvent]:
        """Close what is open and say why the answer ended."""
        yield from self._close()
        for call in self._all_calls:
            yield from self._start(call)
            if rest := self._whole.finish(call.index):
                yield BlockDelta(index=call.index, text=rest)
            yield BlockStop(index=call.index)
        reason = _STOPS.get(self._reason, "end_turn")
        if reason in ("end_turn", "tool_use"):
            reason = "tool_use" if self._all_calls else "end_turn"
        yield Stop(reason=reason)

    def _say(self, kind: Literal["text", "thinking"], text: str) -> Iterator[StreamEvent]:
        if self._open is None or self._open[1] != kind:
            yield from self._close()
            self._open = (self._take(), kind)
            yield BlockStart(index=self._open[0], kind=kind)
        if shown := self._whole.feed(self._open[0], text):
            yield BlockDelta(index=self._open[0], text=shown)

    def _close(self) -> Iterator[StreamEvent]:
        if self._open is not None:
            index, kind = self._open
            self._open = None
            if rest := self._whole.finish(index):
                yield BlockDelta(index=index, text=rest)
            yield BlockStop(index=index, provider_data=own_data(self._vendor) if kind == "thinking" else None)

    def _call(self, delta: Mapping[str, Any]) -> Iterator[StreamEvent]:
        """A call comes in pieces; only the first one has its id and name, the others have empty ones."""
        place = delta.get("index")
        call_id = _string(delta.get("id"))
        function = _mapping(delta.get("function"))
        if not isinstance(place, int):
            place = len(self._all_calls) if call_id or not self._all_calls else len(self._all_calls) - 1
        call = self._calls.get(place)
        if call is None or (call_id and call.id and call_id != call.id):
            call = self._calls[place] = _Call(self._take(), call_id)
            self._all_calls.append(call)
        call.id = call.id or call_id
        call.name = call.name or _string(function.get("name"))
        call.pending.append(_string(function.get("arguments")))
        if call.name:
            yield from self._start(call)

    def _start(self, call: _Call) -> Iterator[StreamEvent]:
        if not call.started:
            call.started = True
            yield from self._close()
            yield BlockStart(index=call.index, kind="tool_call", call_id=call.id, name=call.name)
        if text := self._whole.feed(call.index, "".join(call.pending)):
            yield BlockDelta(index=call.index, text=text)
        call.pending.clear()

    def _take(self) -> int:
        self._next += 1
        return self._next - 1


def _usage(usage: Any) -> Usage | None:
    if not isinstance(usage, Mapping):
        return None
    read = _mapping(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    written = _mapping(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=_count(usage.get("input_tokens")),
        output_tokens=_count(usage.get("output_tokens")),
        cache_read_tokens=_count(read.get("cached_tokens")),
        reasoning_tokens=_count(written.get("reasoning_tokens")),
    )


def _text(content: object) -> str:
    """Return a message's text: a string at the text endpoint, a list of parts at the other."""
    if isinstance(content, list):
        return "".join(_string(_mapping(part).get("text")) for part in content)
    return _string(content)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
