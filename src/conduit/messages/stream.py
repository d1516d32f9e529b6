"""Stream events, and the accumulator that folds them into a Message.

A wire emits, for every block: `BlockStart`, any number of `BlockDelta`, `BlockStop`; `UsageReport` whenever it learns
more (each one replaces the last); and `Stop` exactly once, as the last event. Blocks may interleave: `index` tells
them apart. A stream without `Stop` was cut.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal, cast

from pydantic import JsonValue

from conduit.messages.content import (
    Block,
    ProviderData,
    Source,
    Sources,
    Text,
    Thinking,
    ToolCall,
    Value,
    sanitize_text,
)
from conduit.messages.message import CompletionStop, Message, Usage


class BlockStart(Value):
    """A block begins; a tool call names its tool and id here."""

    type: Literal["block_start"] = "block_start"
    index: int
    kind: Literal["text", "thinking", "tool_call"]
    call_id: str = ""
    name: str = ""


class BlockDelta(Value):
    """More of a block: text, or a piece of the JSON text of a tool call's arguments."""

    type: Literal["block_delta"] = "block_delta"
    index: int
    text: str


class BlockStop(Value):
    """A block is complete."""

    type: Literal["block_stop"] = "block_stop"
    index: int
    provider_data: ProviderData | None = None


class UsageReport(Value):
    """Tokens so far; the last report of a stream counts. `request_id` is the vendor's own, where it gives one."""

    type: Literal["usage"] = "usage"
    usage: Usage
    request_id: str | None = None


class SourcesFound(Value):
    """Pages that the answer rests on; the last event of a stream counts."""

    type: Literal["sources"] = "sources"
    sources: tuple[Source, ...]


class Note(Value):
    """A sentence for the person about what the model could not do with the request; no model ever sees it."""

    type: Literal["note"] = "note"
    text: str


class Stop(Value):
    """The completion ended as the vendor meant it to."""

    type: Literal["stop"] = "stop"
    reason: CompletionStop


StreamEvent = BlockStart | BlockDelta | BlockStop | UsageReport | SourcesFound | Note | Stop

MAX_ARGUMENT_CHARS = 1_000_000
"""The longest JSON text of one call's arguments; a longer one becomes an error result for the model."""

MAX_ARGUMENT_DEPTH = 64
"""How deep arguments may be nested; databases, vendors and our own validation all stop somewhere beyond that."""

_KEPT_OF_MALFORMED = 2000


@dataclass
class _OpenBlock:
    kind: Literal["text", "thinking", "tool_call"]
    call_id: str
    name: str
    parts: list[str] = field(default_factory=list)
    provider_data: ProviderData | None = None


class Accumulator:
    """Folds stream events into one assistant message; `message()` is valid at any moment, also after a cut."""

    def __init__(self) -> None:
        self._blocks: dict[int, _OpenBlock] = {}
        self.usage = Usage()
        self.stop_reason: CompletionStop | None = None
        self.request_id: str | None = None
        self.notes: list[str] = []
        self._sources: tuple[Source, ...] = ()

    def add(self, event: StreamEvent) -> None:
        """Take one event in; a delta for an unknown index opens a text block."""
        match event:
            case BlockStart():
                self._blocks[event.index] = _OpenBlock(event.kind, event.call_id, event.name)
            case BlockDelta():
                block = self._blocks.setdefault(event.index, _OpenBlock("text", "", ""))
                block.parts.append(event.text)
            case BlockStop():
                if event.index in self._blocks and event.provider_data is not None:
                    self._blocks[event.index].provider_data = event.provider_data
            case UsageReport():
                self.usage = event.usage
                self.request_id = event.request_id or self.request_id
            case SourcesFound():
                self._sources = event.sources
            case Note():
                self.notes.append(event.text)
            case Stop():
                self.stop_reason = event.reason

    def message(self, *, complete: bool = True) -> Message:
        """Return what has arrived; with `complete=False` (a cut stream) unfinished tool calls are left out."""
        blocks: list[Block] = []
        taken: set[str] = set()
        for index in sorted(self._blocks):
            block = self._blocks[index]
            text = sanitize_text("".join(block.parts))
            if block.kind == "tool_call":
                if complete:
                    blocks.append(_tool_call(block, text, taken))
            elif block.kind == "thinking":
                if text or block.provider_data is not None:
                    blocks.append(Thinking(text=text, provider_data=block.provider_data))
            elif text:
                blocks.append(Text(text=text, provider_data=block.provider_data))
        if self._sources:
            blocks.append(Sources(sources=self._sources))
        return Message(role="assistant", content=tuple(blocks))


def _tool_call(block: _OpenBlock, text: str, taken: set[str]) -> ToolCall:
    """Build a call with an id that no earlier call of the message has, and arguments that are a JSON object."""
    base = block.call_id or "call"
    call_id, number = base, 1
    while call_id in taken:
        number += 1
        call_id = f"{base}_{number}"
    taken.add(call_id)
    arguments, malformed = parse_arguments(text)
    return ToolCall(
        id=call_id,
        name=sanitize_text(block.name),
        arguments=arguments,
        malformed=malformed,
        provider_data=block.provider_data,
    )


def parse_arguments(text: str) -> tuple[dict[str, JsonValue], str | None]:
    """Parse the JSON text of a call's arguments into (arguments, the malformed text's beginning or None).

    Empty text means no arguments. Malformed is what is not a JSON object; what is longer than `MAX_ARGUMENT_CHARS` or
    nested deeper than `MAX_ARGUMENT_DEPTH` is too, and then the reason comes first.
    """
    if not text.strip():
        return {}, None
    if len(text) > MAX_ARGUMENT_CHARS:
        return {}, _malformed(f"{len(text):,} characters, of at most {MAX_ARGUMENT_CHARS:,}", text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}, text[:_KEPT_OF_MALFORMED]
    if not isinstance(value, dict):
        return {}, text[:_KEPT_OF_MALFORMED]
    if _is_deeper(value, MAX_ARGUMENT_DEPTH):
        return {}, _malformed(f"nested deeper than {MAX_ARGUMENT_DEPTH} levels", text)
    return cast("dict[str, JsonValue]", _sanitized(value)), None


def _malformed(reason: str, text: str) -> str:
    return f"{reason}: {text[:_KEPT_OF_MALFORMED]}"


def _is_deeper(value: object, levels: int) -> bool:
    """Whether lists and objects are nested more than `levels` deep; walks level by level, without recursion."""
    level = [value]
    for _ in range(levels):
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return False
        level = inner
    return any(isinstance(item, dict | list) for item in level)


def _sanitized(value: JsonValue) -> JsonValue:
    r"""Replace, in every string of a JSON value, what a database or a vendor would refuse (`\ud800` escapes)."""
    if isinstance(value, str):
        return sanitize_text(value)
    if isinstance(value, list):
        return [_sanitized(item) for item in value]
    if isinstance(value, dict):
        return {sanitize_text(key): _sanitized(item) for key, item in value.items()}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
