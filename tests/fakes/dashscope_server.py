"""A twin of DashScope's two generation endpoints, written from its published reference (2026-11-21).

https://www.alibabacloud.com/help/en/model-studio/qwen-api-reference and .../error-code. It counts words as tokens, and
refuses what the reference does not name.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fakes.byte_server import Received
from fakes.faulty_server import FaultyServer, Refused, check_keys, check_order, need

PREFIX = "/services/aigc/"
TEXT, MIXED = f"{PREFIX}text-generation/generation", f"{PREFIX}multimodal-generation/generation"
PARAMETERS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("temperature", "top_p", "repetition_penalty", "presence_penalty"), (int, float)),
    **dict.fromkeys(("max_tokens", "top_k", "seed", "n", "thinking_budget"), int),
    **dict.fromkeys(("incremental_output", "enable_thinking", "parallel_tool_calls", "enable_search"), bool),
    "result_format": str,
    "stop": (str, list),
    "tools": list,
    "tool_choice": (str, dict),
    "response_format": dict,
}
CODES = {
    400: "InvalidParameter",
    401: "InvalidApiKey",
    402: "Arrearage",
    403: "AccessDenied",
    404: "ModelNotFound",
    408: "RequestTimeOut",
    413: "BadRequest.TooLarge",
    429: "Throttling.RateQuota",
    503: "ModelUnavailable",
}


@dataclass
class DashScopeServer(FaultyServer):
    """The server."""

    key: str = "test-key"
    thinks: str = ""
    stream_error: tuple[int, str, str] | None = None

    content_type = "text/event-stream;charset=UTF-8"
    corrupt_piece = b"id:9\nevent:result\n:HTTP_STATUS/200\ndata:{broken\n\n"

    def error_body(self, status: int, message: str, code: str) -> dict[str, Any]:
        return {"code": code or CODES.get(status, ""), "message": message, "request_id": "req-1"}

    def answer(self, method: str, request: Received) -> Iterable[bytes]:
        need(method == "POST" and request.target.endswith((TEXT, MIXED)), "url error, please check url!")
        need(request.headers.get("authorization") == f"Bearer {self.key}", "Invalid API-key provided.", status=401)
        need(request.headers.get("x-dashscope-sse") == "enable", "only streaming is played here")
        need("application/json" in request.headers.get("content-type", ""), "not JSON")
        mixed = request.target.endswith(MIXED)
        check_body(request.body, mixed=mixed)
        messages = request.body["input"]["messages"]
        read = sum(len(_plain(message["content"]).split()) + 4 for message in messages)
        if self.window is not None and read > self.window:
            raise Refused(400, f"Range of input length should be [1, {self.window}]", honest=True)
        return self._speak(request.body, read, mixed=mixed)

    def _speak(self, body: dict[str, Any], read: int, *, mixed: bool) -> Iterator[bytes]:
        count, number = 0, 0

        def event(reason: str = "null", **message: Any) -> bytes:
            nonlocal number
            number += 1
            text = message.pop("content", "")
            content: Any = ([{"text": text}] if text else []) if mixed else text
            full = {"role": "assistant", "content": content, "reasoning_content": "", **message}
            usage = {"input_tokens": read, "output_tokens": max(count, 1), "total_tokens": read + max(count, 1)}
            return sse(
                number,
                {
                    "output": {"choices": [{"message": full, "finish_reason": reason}]},
                    "usage": usage,
                    "request_id": "req-1",
                },
            )

        yield event()
        if self.thinks and body["parameters"].get("enable_thinking") is not False:
            for word in _words(self.thinks):
                yield event(reasoning_content=word)
        tools = body["parameters"].get("tools")
        if tools and body["input"]["messages"][-1]["role"] == "user":
            name = tools[0]["function"]["name"]
            pieces = ['{"path": ', *([] if self.broken_call else ['"a.py"}'])]
            for place, piece in enumerate(("", *pieces)):
                function = {"arguments": piece, **({"name": name} if place == 0 else {})}
                call = {"index": 0, "id": "" if place else "call_1", "type": "function", "function": function}
                yield event(tool_calls=[call])
            yield event("tool_calls")
            return
        for word in _words(self.words):
            count += 1
            yield event(content=word)
        if self.stream_error:
            status, code, message = self.stream_error
            yield sse(99, {"code": code, "message": message, "request_id": "req-1"}, kind="error", status=status)
            return
        yield event("stop")


def sse(number: int, value: dict[str, Any], *, kind: str = "result", status: int = 200) -> bytes:
    """Return one event as DashScope writes it."""
    data = json.dumps(value)
    return f"id:{number}\nevent:{kind}\n:HTTP_STATUS/{status}\ndata:{data}\n\n".encode()


def check_body(body: dict[str, Any], *, mixed: bool) -> None:
    """Refuse a body that the published format does not have."""
    check_keys(body, ("model", "input", "parameters"), "body")
    need(isinstance(body.get("model"), str) and body["model"], 'Required parameter "model" missing from request.')
    check_keys(body["input"], ("messages",), "input")
    parameters = body["parameters"]
    check_keys(parameters, PARAMETERS, "parameters")
    for name, value in parameters.items():
        kind = PARAMETERS[name]
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        need(fits, f"{name} has the wrong type")
    need(parameters.get("result_format") == "message", "result_format must be message")
    need(parameters.get("incremental_output") is True, 'incremental_output must be "true" when enable_thinking is true')
    for tool in parameters.get("tools", []):
        check_keys(tool, ("type", "function"), "tool")
        check_keys(tool["function"], ("name", "description", "parameters"), "function")
    choice = parameters.get("tool_choice", "auto")
    need(choice in ("auto", "none") or isinstance(choice, dict), "tool_choice is one of auto, none, or a function")
    messages = body["input"]["messages"]
    need(messages, "messages is required")
    for message in messages:
        _check_message(message, mixed=mixed)
    check_order(messages, lambda message: [call["id"] for call in message.get("tool_calls", [])])


def _check_message(message: dict[str, Any], *, mixed: bool) -> None:
    role = message.get("role")
    need(role in ("system", "user", "assistant", "tool"), f"{role} is no role")
    known = ("role", "content", "tool_calls", "reasoning_content", "tool_call_id")
    check_keys(message, known, "message")
    content = message.get("content")
    if not mixed:
        need(isinstance(content, str), "content must be a string at the text endpoint")
    else:
        need(isinstance(content, list), "content must be a list at the multimodal endpoint")
        for part in content or []:
            _check_part(part)
    need(role != "user" or content, "no empty message")
    for call in message.get("tool_calls", []):
        check_keys(call, ("id", "type", "function", "index"), "tool call")
        arguments = json.loads(call["function"]["arguments"])
        need(isinstance(arguments, dict), "function.arguments must be a JSON object")


def _check_part(part: dict[str, Any]) -> None:
    need(len(part) == 1 and set(part) <= {"text", "image", "audio"}, "a part is one of text, image, audio")
    for kind in ("image", "audio"):
        if kind in part:
            head, _, data = part[kind].partition(";base64,")
            need(head.startswith(f"data:{kind}/"), f"the {kind} is no data URL")
            try:
                base64.b64decode(data, validate=True)
            except (binascii.Error, ValueError) as error:
                raise Refused(400, "The media format is not supported", "InvalidParameter.DataInspection") from error


def _plain(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(part.get("text", "x") for part in content)


def _words(text: str) -> list[str]:
    return [word if place == 0 else f" {word}" for place, word in enumerate(text.split(" "))]
