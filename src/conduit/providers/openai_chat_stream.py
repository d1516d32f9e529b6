"""Reading of the Chat Completions stream: from the SDK's chunks to stream events.

Pure: no SDK, no connection. Used by the wire `openai_chat` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from conduit.catalog.model import Vendor
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
from conduit.providers.answer_tool import ANSWER_TOOL
from conduit.providers.thinking_tags import ThinkingTags
from conduit.providers.whole_text import WholeText

WIRE = "openai_chat"

_STOPS: Mapping[str, CompletionStop] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}


@dataclass
class _Call:
    index: int
    id: str
    name: str = ""
    started: bool = False
    pending: list[str] = field(default_factory=list)


class ChunkDecoder:
    """Folds the SDK's chunks into stream events; reads every field with suspicion, since the SDK checks none."""

    def __init__(self, vendor: Vendor, *, answer_as_text: bool = False) -> None:
        """Begin a stream.

        Args:
            vendor: whose chunks they are.
            answer_as_text: whether the call of `ANSWER_TOOL` is the answer's text.
        """
        self._vendor = vendor
        self._answer_as_text = answer_as_text
        self._tags = ThinkingTags() if vendor.think_tags else None
        self._whole = WholeText()
        self._next = 0
        self._open: tuple[int, Literal["text", "thinking"]] | None = None
        self._calls: dict[int, _Call] = {}
        self._all_calls: list[_Call] = []
        self._reason: str | None = None
        self._refused = False
        self._sources: tuple[Source, ...] = ()
        self._usage: Usage | None = None
        self.request_id: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the vendor said that the answer is over."""
        return self._reason is not None

    def feed(self, chunk: Any) -> Iterator[StreamEvent]:
        """Take in one chunk."""
        usage = _usage(getattr(chunk, "usage", None))
        self.request_id = self.request_id or _string(getattr(chunk, "id", None)) or None
        if usage is not None and usage != self._usage:
            self._usage = usage
            yield UsageReport(usage=usage, request_id=self.request_id)
        if self._vendor.sources_field is not None:
            yield from self._find_sources(getattr(chunk, self._vendor.sources_field, None))
        choices = getattr(chunk, "choices", None)
        choice = choices[0] if isinstance(choices, list) and choices else None
        delta = getattr(choice, "delta", None)
        if delta is not None:
            # The SDK knows neither name, and its objects search at length for a field that is not there.
            for name in ("reasoning_content", "reasoning") if getattr(delta, "model_extra", True) else ():
                if thinking := _string(getattr(delta, name, None)):
                    yield from self._say("thinking", thinking)
                    break
            yield from self._content(getattr(delta, "content", None))
            if refusal := _string(getattr(delta, "refusal", None)):
                self._refused = True
                yield from self._say("text", refusal)
            calls = getattr(delta, "tool_calls", None)
            for call in calls if isinstance(calls, list) else []:
                yield from self._call(call)
        if reason := _string(getattr(choice, "finish_reason", None)):
            self._reason = reason

    def finish(self) -> Iterator[StreamEvent]:
        """Close what is open and say why the answer ended."""
        if self._tags is not None:
            for kind, text in self._tags.finish():
                yield from self._say(kind, text)
        yield from self._close()
        for call in self._all_calls:
            yield from self._start(call)
            if rest := self._whole.finish(call.index):
                yield BlockDelta(index=call.index, text=rest)
            yield BlockStop(index=call.index)
        reason = _STOPS.get(self._reason or "", "end_turn")
        if self._refused:
            reason = "refusal"
        elif reason in ("end_turn", "tool_use"):
            # Vendors say `stop` with calls, and `tool_calls` without any.
            reason = "end_turn" if all(self._is_answer(call) for call in self._all_calls) else "tool_use"
        yield Stop(reason=reason)

    def _content(self, content: object) -> Iterator[StreamEvent]:
        """Take in the text, or the list of parts that some vendors send when a model thinks."""
        if text := _string(content):
            yield from self._text(text)
        for part in content if isinstance(content, list) else []:
            if not isinstance(part, dict):
                continue
            if part.get("type") == "thinking":
                inner = part.get("thinking")
                pieces = inner if isinstance(inner, list) else [{"text": inner}]
                thought = "".join(_string(piece.get("text")) for piece in pieces if isinstance(piece, dict))
                if thought:
                    yield from self._say("thinking", thought)
            elif text := _string(part.get("text")):
                yield from self._text(text)

    def _find_sources(self, listed: object) -> Iterator[StreamEvent]:
        found = tuple(
            Source(url=url, title=_string(item.get("title")), date=_string(item.get("date")))
            for item in (listed if isinstance(listed, list) else [])
            if isinstance(item, dict) and (url := _string(item.get("url")))
        )
        if found and found != self._sources:  # the list comes again with every chunk
            self._sources = found
            yield SourcesFound(sources=found)

    def _text(self, text: str) -> Iterator[StreamEvent]:
        if self._tags is None or self._tags.over:
            yield from self._say("text", text)
            return
        for kind, piece in self._tags.feed(text):
            yield from self._say(kind, piece)

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
            own = ProviderData(wire=WIRE, data={"vendor": self._vendor.name}) if kind == "thinking" else None
            yield BlockStop(index=index, provider_data=own)

    def _call(self, delta: Any) -> Iterator[StreamEvent]:
        place = getattr(delta, "index", None)
        call_id = _string(getattr(delta, "id", None))
        function = getattr(delta, "function", None)
        if not isinstance(place, int):
            place = len(self._all_calls) if call_id or not self._all_calls else len(self._all_calls) - 1
        call = self._calls.get(place)
        # Some vendors give every parallel call the same index; a new id is a new call.
        if call is None or (call_id and call.id and call_id != call.id):
            call = self._calls[place] = _Call(self._take(), call_id)
            self._all_calls.append(call)
        call.id = call.id or call_id
        call.name = call.name or _string(getattr(function, "name", None))
        call.pending.append(_string(getattr(function, "arguments", None)))
        if call.name:
            yield from self._start(call)

    def _start(self, call: _Call) -> Iterator[StreamEvent]:
        if not call.started:
            call.started = True
            yield from self._close()
            if self._is_answer(call):
                yield BlockStart(index=call.index, kind="text")
            else:
                yield BlockStart(index=call.index, kind="tool_call", call_id=call.id, name=call.name)
        if text := self._whole.feed(call.index, "".join(call.pending)):
            yield BlockDelta(index=call.index, text=text)
        call.pending.clear()

    def _is_answer(self, call: _Call) -> bool:
        return self._answer_as_text and call.name == ANSWER_TOOL

    def _take(self) -> int:
        self._next += 1
        return self._next - 1


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    prompt = getattr(usage, "prompt_tokens_details", None)
    completion = getattr(usage, "completion_tokens_details", None)
    return Usage(
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        cache_read_tokens=_count(prompt, "cached_tokens"),
        cache_write_tokens=_count(prompt, "cache_write_tokens"),
        reasoning_tokens=_count(completion, "reasoning_tokens"),
    )


def _count(holder: Any, name: str) -> int:
    value = getattr(holder, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
