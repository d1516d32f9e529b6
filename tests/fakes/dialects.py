"""The same words in the format of every wire: streams, calls, closings and failures, as bytes.

A wire joins the fault matrix with one class here and its row in `DIALECTS`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from fakes.dialects_native import NOT_REPORTED, DashScope, Lines
from fakes.gemini_server import check_request, spelt_alike
from fakes.response_answers import call_item, completed, created, incomplete, reasoning_item, text_item
from fakes.transcript_rules import assert_valid_chat, assert_valid_messages, assert_valid_responses
from fakes.wire_answers import block, call_block, call_chunk, chunk, gemini_chunk, message_start, text_block
from fakes.wires import MODELS

MISSING = NOT_REPORTED
"""Tokens that a vendor does not report."""


class Dialect(Protocol):
    """How one wire's vendor says things; each part of a stream is a list of whole events."""

    vendor: str
    content_type: str
    comment: bytes
    """What may stand between two events and means nothing."""
    mark: str
    """How the line with an event's data begins."""
    gap: str
    """What ends an event."""
    lacks: frozenset[str]
    """The faults that the format has no words for."""

    def begin(self) -> list[bytes]: ...
    def text(self, *pieces: str) -> list[bytes]: ...
    def thinking(self, *pieces: str) -> list[bytes]: ...
    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]: ...
    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]: ...
    def broken_off(self, kind: str) -> list[bytes]: ...
    def failure(self, kind: str, message: str) -> object: ...
    def odd(self) -> list[bytes]: ...
    def check(self, body: dict[str, Any]) -> None: ...


class ServerSentEvents:
    """What all formats on server-sent events share."""

    content_type = "text/event-stream"
    comment = b": ping\n\n"
    mark = "data:"
    gap = "\n\n"
    lacks = frozenset[str]()


def data(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class Chat(ServerSentEvents):
    """Chat Completions."""

    vendor = "openai"
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


class Messages(ServerSentEvents):
    """Anthropic's Messages."""

    vendor = "anthropic"
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


class Gemini(ServerSentEvents):
    """Gemini, whose calls come whole; what is no object is a call that the vendor itself could not read."""

    vendor = "google"
    _reasons: ClassVar = {"end_turn": "STOP", "max_tokens": "MAX_TOKENS", "tool_use": "STOP", "refusal": "SAFETY"}
    _codes: ClassVar = {"overloaded": (503, "UNAVAILABLE"), "rate_limit": (429, "RESOURCE_EXHAUSTED")}

    def __init__(self) -> None:
        self._unread = False

    def begin(self) -> list[bytes]:
        self._unread = False
        return [data(gemini_chunk({"text": ""}))]

    def text(self, *pieces: str) -> list[bytes]:
        return [data(gemini_chunk({"text": piece})) for piece in pieces]

    def thinking(self, *pieces: str) -> list[bytes]:
        return [data(gemini_chunk({"text": piece, "thought": True})) for piece in pieces]

    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]:
        try:
            arguments = json.loads("".join(pieces) or "{}")
        except (ValueError, RecursionError):
            arguments = None
        if not isinstance(arguments, dict):
            self._unread = True
            return []
        given = {"id": call_id} if call_id else {}
        return [data(gemini_chunk({"functionCall": {**given, "name": name, "args": arguments}}))]

    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]:
        said = "MALFORMED_FUNCTION_CALL" if self._unread else self._reasons.get(reason, reason.upper())
        usage = {} if tokens is MISSING else {"promptTokenCount": tokens, "candidatesTokenCount": tokens}
        return [data(gemini_chunk(finish=said, usageMetadata=usage))]

    def broken_off(self, kind: str) -> list[bytes]:
        return [data(self.failure(kind, "in the middle"))]

    def failure(self, kind: str, message: str) -> object:
        code, status = self._codes.get(kind, (None, "SOME_STATUS"))
        violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}
        details = {"details": [{"violations": [violation]}]} if kind == "quota" else {}
        said = "The input token count (2) exceeds the maximum number of tokens allowed (1)."
        error = {"message": said if kind == "overflow" else message, "status": status, **details}
        return {"error": error if code is None else {"code": code, **error}}

    def odd(self) -> list[bytes]:
        strange = gemini_chunk({"somethingNew": 1}, {"executableCode": {"code": "1"}}, newField=[1])
        odd = {"candidates": [{"index": 0, "finishReason": 3}, None]}
        return [data(value) for value in (None, [], 5, {}, {"usageMetadata": 7}, {"candidates": []}, strange, odd)]

    def check(self, body: dict[str, Any]) -> None:
        check_request(MODELS["google"], spelt_alike(body))


class Responses(ServerSentEvents):
    """OpenAI's Responses, in which every item has a place and comes whole again at its end."""

    vendor = "openai_responses"
    _codes: ClassVar = Chat._codes

    def __init__(self) -> None:
        self._place = 0

    def begin(self) -> list[bytes]:
        self._place = 0
        return self._events([created()])

    def text(self, *pieces: str) -> list[bytes]:
        return self._events(text_item(self._next(), *pieces))

    def thinking(self, *pieces: str) -> list[bytes]:
        return self._events(reasoning_item(self._next(), *pieces, encrypted="gAAA="))

    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]:
        self._place = max(self._place, place + 10)
        return self._events(call_item(place + 10, call_id, name, *pieces))

    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]:
        used = None if tokens is MISSING else {"input_tokens": tokens, "output_tokens": tokens}
        stopped = {"max_tokens": "max_output_tokens", "refusal": "content_filter"}.get(reason)
        if stopped:
            return self._events([incomplete(stopped)])
        status = "completed" if reason in ("end_turn", "tool_use") else reason
        return self._events([completed(status=status, usage=used)])

    def broken_off(self, kind: str) -> list[bytes]:
        error = {"code": self._codes.get(kind, kind), "message": "in the middle", "param": None}
        return self._events([{"type": "error", **error}])

    def failure(self, kind: str, message: str) -> object:
        return Chat().failure(kind, message)

    def odd(self) -> list[bytes]:
        strange = [
            {"type": "response.output_text.delta", "output_index": 90, "delta": 5},
            {"type": "response.output_item.added", "output_index": [], "item": {"type": "future_call"}},
            {"type": "response.output_item.done", "output_index": 91, "item": None},
            {"type": "response.future.event"},
        ]
        return [data(value) for value in (None, [], 5, {}, *strange)]

    def check(self, body: dict[str, Any]) -> None:
        assert_valid_responses(body)

    def _next(self) -> int:
        self._place += 1
        return self._place - 1

    def _events(self, events: Sequence[dict[str, Any]]) -> list[bytes]:
        return [f"event: {event['type']}\n".encode() + data(event) for event in events]


DIALECTS: dict[str, Dialect] = {
    "openai_chat": Chat(),
    "openai_responses": Responses(),
    "anthropic": Messages(),
    "google": Gemini(),
    "ollama": Lines(),
    "dashscope": DashScope(),
}
