"""The same words in the format of every wire: streams, calls, closings and failures, as bytes.

A wire joins the fault matrix with one class here and its row in `DIALECTS`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from fakes.transcript_rules import assert_valid_chat, assert_valid_messages
from fakes.wire_answers import block, call_block, call_chunk, chunk, message_start, text_block

MISSING = object()
"""Tokens that a vendor does not report."""


class Dialect(Protocol):
    """How one wire's vendor says things; each part of a stream is a list of whole events."""

    vendor: str
    content_type: str

    def begin(self) -> list[bytes]: ...
    def text(self, *pieces: str) -> list[bytes]: ...
    def thinking(self, *pieces: str) -> list[bytes]: ...
    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]: ...
    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]: ...
    def broken_off(self, kind: str) -> list[bytes]: ...
    def failure(self, kind: str, message: str) -> object: ...
    def odd(self) -> list[bytes]: ...
    def check(self, body: dict[str, Any]) -> None: ...


def data(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class Chat:
    """Chat Completions."""

    vendor = "openai"
    content_type = "text/event-stream"
    _reasons: ClassVar = {
        "end_turn": "stop",
        "max_tokens": "length",
        "tool_use": "tool_calls",
        "refusal": "content_filter",
    }
    _codes: ClassVar = {
        "overloaded": "overloaded_error",
        "rate_limit": "rate_limit_exceeded",
        "quota": "insufficient_quota",
        "overflow": "context_length_exceeded",
    }

    def begin(self) -> list[bytes]:
        return [data(chunk({"role": "assistant", "content": ""}))]

    def text(self, *pieces: str) -> list[bytes]:
        return [data(chunk({"content": piece})) for piece in pieces]

    def thinking(self, *pieces: str) -> list[bytes]:
        return [data(chunk({"reasoning_content": piece})) for piece in pieces]

    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]:
        first = call_chunk(place, call_id, name, "")
        return [data(first), *(data(call_chunk(place, None, None, piece)) for piece in pieces)]

    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]:
        closing = [data(chunk({}, self._reasons.get(reason, reason)))]
        if tokens is not MISSING:
            usage = {"prompt_tokens": tokens, "completion_tokens": tokens, "total_tokens": tokens}
            closing.append(data({**chunk({}), "choices": [], "usage": usage}))
        return [*closing, b"data: [DONE]\n\n"]

    def broken_off(self, kind: str) -> list[bytes]:
        return [data(self.failure(kind, "in the middle"))]

    def failure(self, kind: str, message: str) -> object:
        code = self._codes.get(kind, kind)
        return {"error": {"type": code, "code": code, "message": message, "param": None}}

    def odd(self) -> list[bytes]:
        strange = {"choices": [{"index": 0, "delta": {"content": 5, "tool_calls": "x"}, "finish_reason": 3}]}
        return [data(value) for value in (None, [], 5, {}, {"object": "future"}, {"choices": [None]}, strange)]

    def check(self, body: dict[str, Any]) -> None:
        assert_valid_chat(body)


class Messages:
    """Anthropic's Messages."""

    vendor = "anthropic"
    content_type = "text/event-stream"
    _types: ClassVar = {
        "overloaded": "overloaded_error",
        "rate_limit": "rate_limit_error",
        "quota": "rate_limit_error",
        "overflow": "invalid_request_error",
    }

    def __init__(self) -> None:
        self._place = 0

    def begin(self) -> list[bytes]:
        self._place = 0
        return self._events([message_start()])

    def text(self, *pieces: str) -> list[bytes]:
        return self._events(text_block(*pieces, index=self._next()))

    def thinking(self, *pieces: str) -> list[bytes]:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
        start = {"type": "thinking", "thinking": "", "signature": ""}
        return self._events(block(self._next(), start, *deltas, {"type": "signature_delta", "signature": "sig"}))

    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]:
        return self._events(call_block(place + 10, call_id, name, *pieces))

    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]:
        usage = {} if tokens is MISSING else {"usage": {"output_tokens": tokens, "input_tokens": tokens}}
        delta = {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, **usage}
        return self._events([delta, {"type": "message_stop"}])

    def broken_off(self, kind: str) -> list[bytes]:
        failure = self.failure(kind, "in the middle")
        return [b"event: error\n" + data(failure)]

    def failure(self, kind: str, message: str) -> object:
        details = {"details": {"error_code": "enforced_spend_limit_reached"}} if kind == "quota" else {}
        said = "prompt is too long: 300000 tokens > 200000 maximum" if kind == "overflow" else message
        return {"type": "error", "error": {"type": self._types.get(kind, kind), "message": said, **details}}

    def odd(self) -> list[bytes]:
        strange = [{"type": "ping"}, {"type": "future"}, {"type": "message_delta", "delta": None, "usage": "many"}]
        return [*self._events(strange), b"event: future\ndata: null\n\n", b"event: message_delta\ndata: []\n\n"]

    def check(self, body: dict[str, Any]) -> None:
        assert_valid_messages(body)

    def _next(self) -> int:
        self._place += 1
        return self._place - 1

    def _events(self, events: Sequence[dict[str, Any]]) -> list[bytes]:
        return [f"event: {event['type']}\n".encode() + data(event) for event in events]


DIALECTS: dict[str, Dialect] = {"openai_chat": Chat(), "anthropic": Messages()}
