"""Events of the Responses format, field for field as the vendor publishes them.

Source: openai SDK 3.54, types/responses/response_*_event.py (2026-11-21).
"""

from __future__ import annotations

from typing import Any

USAGE = {
    "input_tokens": 5,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 14,
}


def response(status: str, **more: Any) -> dict[str, Any]:
    """Return the object that the first and the last event carry."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": "m",
        "output": [],
        "error": None,
        "incomplete_details": None,
        "usage": None,
        **more,
    }


def created() -> dict[str, Any]:
    """Return the first event."""
    return {"type": "response.created", "response": response("in_progress")}


def completed(**more: Any) -> dict[str, Any]:
    """Return the closing event."""
    return {"type": "response.completed", "response": response(**{"status": "completed", "usage": USAGE, **more})}


def incomplete(reason: str | None) -> dict[str, Any]:
    """Return the closing event of an answer that was stopped."""
    details = {"reason": reason} if reason else None
    return {
        "type": "response.incomplete",
        "response": response("incomplete", incomplete_details=details, usage=USAGE),
    }


def failed(code: str, message: str) -> dict[str, Any]:
    """Return the last event of an answer that failed."""
    error = {"code": code, "message": message}
    return {"type": "response.failed", "response": response("failed", error=error, usage=USAGE)}


def text_item(place: int, *pieces: str, refusal: bool = False, **more: Any) -> list[dict[str, Any]]:
    """Return the events of a message, or of a refusal."""
    kind, field = ("refusal", "refusal") if refusal else ("output_text", "text")
    item = {"id": f"msg_{place}", "type": "message", "role": "assistant", **more}
    at = {"item_id": item["id"], "output_index": place, "content_index": 0}
    part = {"type": kind, "annotations": []}
    whole = "".join(pieces)
    return [
        {
            "type": "response.output_item.added",
            "output_index": place,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at, "part": {**part, field: ""}},
        *({"type": f"response.{kind}.delta", **at, "delta": piece} for piece in pieces),
        {"type": f"response.{kind}.done", **at, field: whole},
        {"type": "response.content_part.done", **at, "part": {**part, field: whole}},
        {
            "type": "response.output_item.done",
            "output_index": place,
            "item": {**item, "status": "completed", "content": [{**part, field: whole}]},
        },
    ]


def call_item(place: int, call_id: str, name: str, *pieces: str) -> list[dict[str, Any]]:
    """Return the events of a function call; the item's id is not the call's."""
    item = {"id": f"fc_{place}", "type": "function_call", "call_id": call_id, "name": name}
    at = {"item_id": item["id"], "output_index": place}
    return [
        {
            "type": "response.output_item.added",
            "output_index": place,
            "item": {**item, "status": "in_progress", "arguments": ""},
        },
        *({"type": "response.function_call_arguments.delta", **at, "delta": piece} for piece in pieces),
        {"type": "response.function_call_arguments.done", **at, "arguments": "".join(pieces)},
        {
            "type": "response.output_item.done",
            "output_index": place,
            "item": {**item, "status": "completed", "arguments": "".join(pieces)},
        },
    ]


def reasoning_item(place: int, *summaries: str, encrypted: str | None = None) -> list[dict[str, Any]]:
    """Return the events of a reasoning item, each summary in two pieces; the encrypted text comes at its end only."""
    item = {"id": f"rs_{place}", "type": "reasoning"}
    events: list[dict[str, Any]] = [
        {"type": "response.output_item.added", "output_index": place, "item": {**item, "summary": []}}
    ]
    for number, text in enumerate(summaries):
        at = {"item_id": item["id"], "output_index": place, "summary_index": number}
        kind = "response.reasoning_summary_"
        events += [
            {"type": kind + "part.added", **at, "part": {"type": "summary_text", "text": ""}},
            {"type": kind + "text.delta", **at, "delta": text[:3]},
            {"type": kind + "text.delta", **at, "delta": text[3:]},
            {"type": kind + "text.done", **at, "text": text},
            {"type": kind + "part.done", **at, "part": {"type": "summary_text", "text": text}},
        ]
    whole = {**item, "summary": [{"type": "summary_text", "text": text} for text in summaries]}
    if encrypted is not None:
        whole["encrypted_content"] = encrypted
    return [*events, {"type": "response.output_item.done", "output_index": place, "item": whole}]
