"""What a vendor demands of a conversation, as assertions on the encoded request."""

from __future__ import annotations

import json
import re
from typing import Any

ID = re.compile(r"^[a-zA-Z0-9_-]{1,40}$")
NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")


def assert_valid_chat(body: dict[str, Any]) -> None:
    """Check the messages of a Chat Completions request."""
    json.dumps(body, allow_nan=False).encode("utf-8")
    messages = [message for message in body["messages"] if message["role"] not in ("system", "developer")]
    assert messages[0]["role"] == "user"
    assert messages[-1]["role"] in ("user", "tool")
    seen: set[str] = set()
    waiting: list[str] = []
    previous = ""
    for message in messages:
        role = message["role"]
        if role == "tool":
            assert waiting.pop(0) == message["tool_call_id"], "results follow their calls, in order"
            assert message["content"]
        else:
            assert waiting == [], "every call has a result before anyone speaks again"
            assert role != previous, "neighbours have different roles"
            calls = message.get("tool_calls", [])
            assert message["content"] or calls, "no empty message"
            for call in calls:
                assert ID.match(call["id"])
                assert call["id"] not in seen
                assert NAME.match(call["function"]["name"])
                assert isinstance(json.loads(call["function"]["arguments"]), dict)
                seen.add(call["id"])
                waiting.append(call["id"])
        previous = role
    assert waiting == []


def assert_valid_messages(body: dict[str, Any]) -> None:
    """Check the messages of a Messages request."""
    json.dumps(body, allow_nan=False).encode("utf-8")
    messages = body["messages"]
    assert [message["role"] for message in messages] == [
        ("user", "assistant")[place % 2] for place in range(len(messages))
    ]
    assert messages[-1]["role"] == "user"
    seen: set[str] = set()
    waiting: list[str] = []
    for message in messages:
        blocks = message["content"]
        assert blocks, "no empty message"
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert results == waiting, "exactly the results of the calls before"
        assert [block["type"] for block in blocks[: len(results)]] == ["tool_result"] * len(results), (
            "results come first"
        )
        waiting = []
        for block in blocks:
            if block["type"] == "text":
                assert block["text"].strip()
            elif block["type"] == "tool_use":
                assert ID.match(block["id"])
                assert block["id"] not in seen
                assert NAME.match(block["name"])
                seen.add(block["id"])
                waiting.append(block["id"])
        if message["role"] == "assistant":
            assert blocks[-1]["type"] not in ("thinking", "redacted_thinking")
    assert waiting == []
    if seen:
        assert body.get("tools"), "calls without declared tools are refused"
    marked = [block for message in messages for block in message["content"] if "cache_control" in block]
    assert all(block["type"] not in ("thinking", "redacted_thinking") for block in marked), "thinking takes no mark"
    places = [*marked, *body.get("tools", []), *(part for part in body.get("system", ()) if isinstance(part, dict))]
    assert sum("cache_control" in place for place in places) <= 4, "at most four cache marks"


_FIELDS = {
    "message": {"type", "role", "content", "phase"},
    "reasoning": {"type", "id", "summary", "content", "encrypted_content"},
    "function_call": {"type", "call_id", "name", "arguments"},
    "function_call_output": {"type", "call_id", "output"},
    "input_text": {"type", "text"},
    "input_image": {"type", "image_url", "detail"},
    "input_file": {"type", "filename", "file_data"},
}
"""What each item and part may hold (openai SDK 3.54, types/responses/response_input_param.py; 2026-11-21)."""


def assert_valid_responses(body: dict[str, Any]) -> None:
    """Check a request of the Responses format that is sent without the vendor's memory."""
    json.dumps(body, allow_nan=False).encode("utf-8")
    assert (body["stream"], body["store"]) == (True, False)
    assert "previous_response_id" not in body
    seen: set[str] = set()
    waiting: list[str] = []
    before = ""
    for item in body["input"]:
        kind = item["type"]
        assert set(item) <= _FIELDS[kind], kind
        if kind == "function_call_output":
            assert waiting.pop(0) == item["call_id"], "results follow their calls, in order"
            assert item["output"]
        elif kind == "function_call":
            assert ID.match(item["call_id"])
            assert item["call_id"] not in seen
            assert NAME.match(item["name"])
            assert isinstance(json.loads(item["arguments"]), dict)
            seen.add(item["call_id"])
            waiting.append(item["call_id"])
        else:
            assert item.get("role") != "user" or waiting == [], "every call has a result before the person speaks again"
            _check_said(item)
        assert not (before == "reasoning" and kind == "message" and item["role"] == "user"), "thoughts led to nothing"
        before = kind
    assert waiting == []
    assert before in ("function_call_output", "message")


def _check_said(item: dict[str, Any]) -> None:
    if item["type"] == "reasoning":
        assert item["id"]
        assert isinstance(item["summary"], list)
        assert item["encrypted_content"], "nobody could read it again"
    elif item["role"] == "assistant":
        assert item["content"].strip()
    else:
        assert item["content"], "no empty message"
        assert all(set(part) <= _FIELDS[part["type"]] for part in item["content"])
