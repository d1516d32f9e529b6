"""Find out what a model can do by asking it: one small request for each capability.

What a model refuses as bad input it cannot do; what it does, it can; anything else stays unknown. The catalogue is not
changed. Used by `compose`.
"""

from __future__ import annotations

import base64
import io
import json
import struct
import wave
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.content import Audio, Block, Image
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest, ModelSettings, ToolSpec
from conduit.messages.stream import Accumulator, BlockDelta, StreamEvent
from conduit.providers.base import Provider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

MAX_TOKENS = 512

_TOOL = ToolSpec(
    name="note_word",
    description="Note one word.",
    input_schema={
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
        "additionalProperties": False,
    },
)
_SCHEMA = _TOOL.input_schema


@dataclass(frozen=True, slots=True)
class Finding:
    """What one request showed; `found` is None when it showed nothing."""

    capability: str
    found: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class _Question:
    capability: str
    request: Callable[[str], ModelRequest]
    judge: Callable[[Accumulator, int], bool | None]


async def probe(provider: Provider, model: str, *, skip: frozenset[str] = frozenset()) -> AsyncIterator[Finding]:
    """Yield one finding for each capability, `skip` left out.

    Args:
        provider: who serves the model.
        model: as the vendor calls it.
        skip: capabilities that would not reach the model, since its row denies them.

    Raises:
        ProviderError: the model does not answer at all, or the endpoint failed.
    """
    for question in _QUESTIONS:
        if question.capability in skip:
            yield Finding(question.capability, None, "not tried: its row says no")
            continue
        folded, pieces = Accumulator(), 0
        stream = cast("AsyncGenerator[StreamEvent]", provider.stream(question.request(model)))
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    folded.add(event)
                    pieces += isinstance(event, BlockDelta)
        except ProviderError as error:
            if question is _QUESTIONS[0] or error.kind is not ProviderErrorKind.INVALID_INPUT:
                raise
            yield Finding(question.capability, False, f"refused: {error}")
            continue
        found = question.judge(folded, pieces)
        yield Finding(question.capability, found, "seen" if found else _said(folded))


def _ask(
    *content: Block | str, settings: Mapping[str, object] | None = None, **options: object
) -> Callable[[str], ModelRequest]:
    limited = ModelSettings.model_validate({"max_tokens": MAX_TOKENS, **(settings or {})})
    fields = {"messages": (user_message(*content),), "settings": limited, **options}
    return lambda model: ModelRequest.model_validate({"model": model, **fields})


def _is_structured(folded: Accumulator) -> bool | None:
    try:
        value = json.loads(folded.message().text)
    except ValueError:
        return None
    return True if isinstance(value, dict) and set(value) == {"word"} else None


def _said(folded: Accumulator) -> str:
    text = " ".join(folded.message().text.split())
    return f"it said: {text[:60]}" if text else "it said nothing"


def _picture() -> Image:
    """Return a red square of 64 x 64 pixels (PNG, RFC 2083)."""
    rows = b"".join(b"\0" + b"\xff\0\0" * 64 for _ in range(64))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return Image(media_type="image/png", data=base64.b64encode(png).decode())


def _silence() -> Audio:
    """Return half a second of silence (WAV, 16 kHz)."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(16_000))
    return Audio(media_type="audio/wav", data=base64.b64encode(buffer.getvalue()).decode())


def _questions() -> tuple[_Question, ...]:
    return (
        _Question("streaming", _ask("Count from one to ten, in words."), lambda _, pieces: pieces > 1 or None),
        _Question(
            "tool_calling",
            _ask("Call the tool note_word with the word 'ok'.", tools=(_TOOL,)),
            lambda folded, _: bool(folded.message().tool_calls) or None,
        ),
        _Question(
            "structured_output",
            _ask('Answer with JSON: {"word": "ok"}', response_schema=_SCHEMA),
            lambda folded, _: _is_structured(folded),
        ),
        _Question(
            "vision",
            _ask(_picture(), "Which color has this picture? One English word."),
            lambda folded, _: "red" in folded.message().text.lower() or None,
        ),
        _Question("audio", _ask(_silence(), "Is there any sound in this?"), lambda _, pieces: pieces > 0 or None),
        _Question(
            "reasoning",
            _ask("What is 17 times 23?", settings={"thinking": "low"}),
            lambda folded, _: bool(folded.message().thinking or folded.usage.reasoning_tokens) or None,
        ),
        _Question("sampling", _ask("Say hi.", settings={"temperature": 0.5}), lambda _, pieces: pieces > 0 or None),
    )


_QUESTIONS = _questions()
