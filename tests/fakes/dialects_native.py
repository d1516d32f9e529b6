"""The dialects of the two native formats: Ollama's lines of JSON and DashScope's events; see `dialects`."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from fakes.dashscope_server import check_body, sse
from fakes.ollama_server import Model, check_chat
from fakes.wires import MODELS

NOT_REPORTED = object()


class Lines:
    """Ollama: one JSON object a line; calls come whole, and what is no object comes as its text."""

    vendor = "ollama"
    content_type = "application/x-ndjson"
    comment = b"\n"
    mark = '{"model"'
    gap = "}\n"
    lacks = frozenset({"allowance used up", "rate limited inside the answer", "a refusal"})
    _said: ClassVar = {
        "overloaded": "server busy, please try again.  maximum pending requests exceeded",
        "overflow": "request (900 tokens) exceeds the available context size (512 tokens)",
    }
    _reasons: ClassVar = {"end_turn": "stop", "max_tokens": "length", "tool_use": "stop"}

    def begin(self) -> list[bytes]:
        return []

    def text(self, *pieces: str) -> list[bytes]:
        return [self._line(content=piece) for piece in pieces]

    def thinking(self, *pieces: str) -> list[bytes]:
        return [self._line(thinking=piece) for piece in pieces]

    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]:
        text = "".join(pieces) or "{}"
        try:
            arguments = json.loads(text)
        except (ValueError, RecursionError):
            arguments = text
        call: dict[str, Any] = {"function": {"index": place, "name": name, "arguments": arguments}}
        return [self._line(tool_calls=[{**({"id": call_id} if call_id else {}), **call}])]

    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]:
        counts = {} if tokens is NOT_REPORTED else {"prompt_eval_count": tokens, "eval_count": tokens}
        closing = {"message": {"role": "assistant", "content": ""}, "done": True, **counts}
        closing["done_reason"] = self._reasons.get(reason, reason)
        return [_dump({"model": "written", **closing})]

    def broken_off(self, kind: str) -> list[bytes]:
        return [_dump(self.failure(kind, "in the middle"))]

    def failure(self, kind: str, message: str) -> object:
        return {"error": self._said.get(kind, message)}

    def odd(self) -> list[bytes]:
        strange = {"message": {"content": 5, "thinking": [], "tool_calls": [None, {"function": 3}]}, "done": "no"}
        return [_dump(value) for value in (None, [], 5, {}, {"message": 7}, strange, {"status": "thinking"})]

    def check(self, body: dict[str, Any]) -> None:
        check_chat(body, MODELS["ollama"], Model())

    def _line(self, **message: Any) -> bytes:
        full = {"role": "assistant", "content": "", **message}
        return _dump({"model": "written", "message": full, "done": False})


class DashScope:
    """DashScope's own events."""

    vendor = "qwen"
    content_type = "text/event-stream;charset=UTF-8"
    comment = b": ping\n\n"
    mark = "data:"
    gap = "\n\n"
    lacks = frozenset({"a refusal"})  # it comes as an error instead
    _codes: ClassVar = {
        "overloaded": ("ModelServingError", 503, "Too many requests. Your requests are being throttled"),
        "rate_limit": ("Throttling.RateQuota", 429, "Requests rate limit exceeded"),
        "quota": ("AllocationQuota.FreeTierOnly", 403, "The free tier of the model has been exhausted"),
        "overflow": ("InvalidParameter", 400, "Range of input length should be [1, 30720]"),
    }
    _reasons: ClassVar = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}

    def begin(self) -> list[bytes]:
        return [self._event()]

    def text(self, *pieces: str) -> list[bytes]:
        return [self._event(content=piece) for piece in pieces]

    def thinking(self, *pieces: str) -> list[bytes]:
        return [self._event(reasoning_content=piece) for piece in pieces]

    def call(self, place: int, call_id: str, name: str, *pieces: str) -> list[bytes]:
        first = {"index": place, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        later = [{"index": place, "id": "", "type": "function", "function": {"arguments": piece}} for piece in pieces]
        return [self._event(tool_calls=[call]) for call in (first, *later)]

    def end(self, reason: str = "end_turn", tokens: object = 9) -> list[bytes]:
        return [self._event(self._reasons.get(reason, reason), tokens)]

    def broken_off(self, kind: str) -> list[bytes]:
        code, status, message = self._codes[kind]
        return [sse(9, {"code": code, "message": message, "request_id": "req-1"}, kind="error", status=status)]

    def failure(self, kind: str, message: str) -> object:
        code, _, said = self._codes.get(kind, ("SomeCode", 0, message))
        return {"code": code, "message": said, "request_id": "req-1"}

    def odd(self) -> list[bytes]:
        strange = {"output": {"choices": [{"message": {"content": 5, "tool_calls": "x"}, "finish_reason": 3}]}}
        values = (None, [], 5, {}, {"output": None}, {"output": {"choices": [None]}}, {"usage": "many"}, strange)
        return [b"data:" + json.dumps(value).encode() + b"\n\n" for value in values]

    def check(self, body: dict[str, Any]) -> None:
        check_body(body, mixed=isinstance(body["input"]["messages"][0]["content"], list))

    def _event(self, reason: str = "null", tokens: object = 9, **message: Any) -> bytes:
        full = {"role": "assistant", "content": "", "reasoning_content": "", **message}
        counts = {"usage": {"input_tokens": tokens, "output_tokens": tokens}} if tokens is not NOT_REPORTED else {}
        output = {"choices": [{"message": full, "finish_reason": reason}]}
        return sse(1, {"output": output, **counts, "request_id": "req-1"})


def _dump(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
