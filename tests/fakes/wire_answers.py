"""The same short answers as each wire sends them: text, a call, and the tokens used."""

from __future__ import annotations

from typing import Any

from fakes.byte_server import HEAD, chat_events, gemini_events, message_events, ollama_lines, response_events
from fakes.dashscope_server import sse
from fakes.response_answers import call_item, completed, created, text_item


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a chunk of the Chat Completions format."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}


def call_chunk(index: int, call_id: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    """Return a chunk with a piece of a tool call."""
    function = {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})


def dashscope_event(content: str = "", reason: str = "null", **message: Any) -> bytes:
    """Return an event of DashScope's format."""
    full = {"role": "assistant", "content": content, **message}
    usage = {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14}
    output = {"choices": [{"message": full, "finish_reason": reason}]}
    return sse(1, {"output": output, "usage": usage, "request_id": "req-1"})


def dashscope_call(call_id: str, arguments: str, place: int = 0, **function: str) -> bytes:
    """Return an event with a piece of a tool call."""
    call = {"index": place, "id": call_id, "type": "function", "function": {"arguments": arguments, **function}}
    return dashscope_event(tool_calls=[call])


def ollama_line(done: bool = False, **message: Any) -> dict[str, Any]:
    """Return a line of Ollama's format."""
    line = {"model": "m", "created_at": "2026-11-21T10:00:00Z", "message": {"role": "assistant", "content": ""}}
    line["message"] |= message  # type: ignore[operator]
    end = {"done_reason": "stop", "prompt_eval_count": 5, "eval_count": 9} if done else {}
    return {**line, "done": done, **end}


def message_start(**usage: int) -> dict[str, Any]:
    """Return the first event of the Messages format."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "m",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 1, **usage},
    }
    return {"type": "message_start", "message": message}


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of one block of the Messages format."""
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def message_end(reason: str = "end_turn", **usage: int) -> list[dict[str, Any]]:
    """Return the last two events of the Messages format."""
    return [
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": 9, **usage},
        },
        {"type": "message_stop"},
    ]


def text_block(*pieces: str, index: int = 0) -> list[dict[str, Any]]:
    """Return the events of a text block."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


def call_block(index: int, call_id: str, name: str, *pieces: str) -> list[dict[str, Any]]:
    """Return the events of a tool call."""
    start = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
    return block(index, start, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces))


def gemini_chunk(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a chunk of Gemini's format."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "m", "responseId": "r-1", **more}


CHAT_USAGE = {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}

TEXT_AND_CALL = {
    "openai": chat_events(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Größe "}),
        chunk({"content": "😀 ok"}),
        call_chunk(0, "call_1", "read_file", ""),
        call_chunk(0, None, None, '{"path": '),
        call_chunk(0, None, None, '"a.py"}'),
        chunk({}, "tool_calls"),
        {**chunk({}), "choices": [], "usage": CHAT_USAGE},
    ),
    "anthropic": message_events(
        message_start(),
        *text_block("Größe ", "😀 ok"),
        *call_block(1, "call_1", "read_file", '{"path": ', '"a.py"}'),
        *message_end("tool_use"),
    ),
    "google": gemini_events(
        gemini_chunk({"text": ""}),
        gemini_chunk({"text": "Größe "}),
        gemini_chunk({"text": "😀 ok"}),
        gemini_chunk({"functionCall": {"id": "call_1", "name": "read_file", "args": {"path": "a.py"}}}),
        gemini_chunk({"text": ""}, usageMetadata={"promptTokenCount": 5, "totalTokenCount": 5}),
        gemini_chunk(
            {"text": ""},
            finish="STOP",
            usageMetadata={"promptTokenCount": 5, "candidatesTokenCount": 9, "totalTokenCount": 14},
        ),
    ),
    "qwen": [
        HEAD,
        dashscope_event(),
        dashscope_event("Größe "),
        dashscope_event("😀 ok"),
        dashscope_call("call_1", "", name="read_file"),
        dashscope_call("", '{"path": '),
        dashscope_call("", '"a.py"}'),
        dashscope_event(reason="tool_calls"),
    ],
    "ollama": ollama_lines(
        ollama_line(),
        ollama_line(content="Größe "),
        ollama_line(content="😀 ok"),
        ollama_line(
            tool_calls=[{"id": "call_1", "function": {"index": 0, "name": "read_file", "arguments": {"path": "a.py"}}}]
        ),
        ollama_line(),
        ollama_line(done=True),
    ),
    "openai_responses": response_events(
        created(),
        *text_item(0, "Größe ", "😀 ok"),
        *call_item(1, "call_1", "read_file", '{"path": ', '"a.py"}'),
        completed(),
    ),
}

CLOSING = {
    "openai": b'"finish_reason": "tool_calls"',
    "anthropic": b'"message_stop"',
    "google": b'"finishReason"',
    "ollama": b'"done": true',
    "qwen": b'"finish_reason": "tool_calls"',
    "openai_responses": b'"response.completed"',
}
"""Where in `TEXT_AND_CALL` the event begins without which an answer is not complete."""


def text_answer(vendor: str, *pieces: str) -> list[bytes]:
    """Return an answer that says `pieces`, one event each."""
    match vendor:
        case "anthropic":
            return message_events(message_start(), *text_block(*pieces), *message_end())
        case "google":
            return gemini_events(*(gemini_chunk({"text": piece}) for piece in pieces), gemini_chunk(finish="STOP"))
        case "qwen":
            return [HEAD, *(dashscope_event(piece) for piece in pieces), dashscope_event(reason="stop")]
        case "ollama":
            return ollama_lines(*(ollama_line(content=piece) for piece in pieces), ollama_line(done=True))
        case "openai_responses":
            return response_events(created(), *text_item(0, *pieces), completed())
        case _:
            return chat_events(*(chunk({"content": piece}) for piece in pieces), chunk({}, "stop"))


def body_bytes(vendor: str) -> bytes:
    """Return the recorded answer without its head, with characters of several bytes as such."""
    raw = b"".join(TEXT_AND_CALL[vendor][1:])
    return raw.replace(rb"\ud83d\ude00", "😀".encode()).replace(rb"Gr\u00f6\u00dfe", "Größe".encode())


__all__ = [
    "CHAT_USAGE",
    "CLOSING",
    "HEAD",
    "TEXT_AND_CALL",
    "block",
    "body_bytes",
    "call_block",
    "call_chunk",
    "chunk",
    "dashscope_call",
    "dashscope_event",
    "gemini_chunk",
    "message_end",
    "message_start",
    "ollama_line",
    "text_answer",
    "text_block",
]
