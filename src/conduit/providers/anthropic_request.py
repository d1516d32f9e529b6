"""The body of a Messages request.

Source: anthropic SDK 2.12, types/message_create_params.py (2026-11-21). Pure; used by the wire `anthropic` alone.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from conduit.catalog.model import Capabilities, ModelInfo, Vendor
from conduit.messages.content import Block, Document, Image, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message
from conduit.messages.request import LAYER_GAP, STABLE_LONGEST_FIRST, ContextLayer, ModelRequest
from conduit.providers.answer_tool import ANSWER_PURPOSE, ANSWER_TOOL
from conduit.providers.anthropic_stream import WIRE
from conduit.providers.transcript import sendable

# A model that nobody described is not asked for more than the oldest ones could give.
_SAFE_MAX_TOKENS = 8192
_MARKS, _MARKS_OF_MESSAGES = 4, 2
_BUDGETS = {"low": 2048, "medium": 8192, "high": 16384, "max": 24576}
_IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def encode_request(request: ModelRequest, vendor: Vendor, info: ModelInfo) -> dict[str, Any]:
    """Return the arguments of `messages.create` for a request; what the model does not take is left out."""
    can = info.capabilities
    settings = request.settings
    default = min(info.max_output_tokens or _SAFE_MAX_TOKENS, vendor.default_max_tokens or _SAFE_MAX_TOKENS)
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": settings.max_tokens or default,
        "messages": _encode_messages(request, can),
        "stream": True,
    }
    if layers := [layer for layer in request.layers if layer.text.strip()]:
        body["system"] = _encode_layers(layers)
    if settings.stop:
        body["stop_sequences"] = list(settings.stop)
    output: dict[str, Any] = {}
    forced = _encode_tools(body, request, can)
    if not forced:
        _encode_thinking(body, output, request, can)
    if request.response_schema is not None and can.response_schema == "native":
        output["format"] = {"type": "json_schema", "schema": request.response_schema}
    if output:
        body["output_config"] = output
    if vendor.prompt_cache and settings.prompt_cache is not False:
        _mark_layers(body, layers)
    thinks = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
    extra: dict[str, Any] = dict(vendor.extra_body)
    if can.sampling in (None, "always") and not thinks:
        # The SDK has no such parameters any more; models before the fifth generation still take them.
        sampling = {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k}
        extra |= {name: value for name, value in sampling.items() if value is not None}
    if extra := extra | settings.extra:
        body["extra_body"] = extra
    return body


def _encode_layers(layers: Sequence[ContextLayer]) -> list[dict[str, Any]]:
    """One block a layer; joined without anything between them they are the request's one text."""
    return [
        {"type": "text", "text": layer.text if number == 0 else LAYER_GAP + layer.text}
        for number, layer in enumerate(layers)
    ]


def _mark_layers(body: dict[str, Any], layers: Sequence[ContextLayer]) -> None:
    """Mark what the vendor is to keep, in the order in which it reads it: tools, layers, the newest messages.

    It takes four marks (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, 2026-11-21). Two are for
    the conversation: the message before the newest is marked too, because the vendor looks for what it has only 20
    blocks before a mark, and an answer may hold more calls than that. The others are for what several conversations
    share: the end of the tools, and the ends of equally stable layers, the longest beginning first.
    """
    mark = {"cache_control": {"type": "ephemeral"}}
    free = _MARKS - _MARKS_OF_MESSAGES
    if body.get("tools"):
        body["tools"][-1] |= mark
        free -= 1
    for end in _stable_ends(layers)[-free:]:
        body["system"][end] |= mark
    for message in [each for each in body["messages"] if each["role"] == "user"][-_MARKS_OF_MESSAGES:]:
        message["content"][-1] |= mark


def _stable_ends(layers: Sequence[ContextLayer]) -> list[int]:
    """Return where what is before gets less stable, and the end; what is for one prompt is shared with nobody."""
    ranks = [STABLE_LONGEST_FIRST.index(layer.stable) for layer in layers]
    through = list(accumulate(ranks, max))
    shared = sum(rank < STABLE_LONGEST_FIRST.index("prompt") for rank in through)
    return [number for number in range(shared) if number + 1 == shared or through[number] < through[number + 1]]


def _encode_tools(body: dict[str, Any], request: ModelRequest, can: Capabilities) -> bool:
    """Add tools and the choice among them; return whether a call is forced, which excludes thinking."""
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in request.tools
    ]
    choice = {"auto": "auto", "required": "any", "none": "none"}[request.settings.tool_choice]
    if request.response_schema is not None and can.response_schema != "native":
        tools.append({"name": ANSWER_TOOL, "description": ANSWER_PURPOSE, "input_schema": request.response_schema})
        body["tools"] = tools
        body["tool_choice"] = {"type": "tool", "name": ANSWER_TOOL}
        return True
    if not tools:
        # A conversation with calls in it is refused when no tools are declared.
        names = dict.fromkeys(block["name"] for block in _blocks(body) if block["type"] == "tool_use")
        schema = {"type": "object", "properties": {}}
        tools = [{"name": name, "description": "Not available now.", "input_schema": schema} for name in names]
        choice = "none"
    if not tools:
        return False
    body["tools"] = tools
    if choice == "any" and can.forced_tools is False:
        choice = "auto"
    one_by_one = request.settings.parallel_tool_calls is False and choice != "none"
    if choice != "auto" or one_by_one:
        body["tool_choice"] = {"type": choice, **({"disable_parallel_tool_use": True} if one_by_one else {})}
    return choice == "any"


def _encode_thinking(body: dict[str, Any], output: dict[str, Any], request: ModelRequest, can: Capabilities) -> None:
    level = request.settings.thinking
    if level is None or can.thinking in (None, "none", "effort"):
        return
    if level == "off":
        if can.thinking_off in ("disabled", "between_tools"):
            body["thinking"] = {"type": can.thinking_off}
        elif can.thinking == "adaptive":
            output["effort"] = "low"
    elif can.thinking == "adaptive":
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
        output["effort"] = level
    else:
        budget = min(_BUDGETS[level], body["max_tokens"] - 1024)
        if budget >= 1024 and not _answers_unthought_call(body):
            body["thinking"] = {"type": "enabled", "budget_tokens": budget}


def _answers_unthought_call(body: Mapping[str, Any]) -> bool:
    """Whether the conversation ends in results of a call made without thinking; a budget is refused then."""
    messages = body["messages"]
    if messages[-1]["content"][0]["type"] != "tool_result" or len(messages) < 2:
        return False
    return messages[-2]["content"][0]["type"] not in ("thinking", "redacted_thinking")


def _blocks(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [block for message in body["messages"] for block in message["content"]]


def _encode_messages(request: ModelRequest, can: Capabilities) -> list[dict[str, Any]]:
    """Encode the conversation; results and what the person said next are one message of the user's."""
    encoded: list[dict[str, Any]] = []
    for message in sendable(request.messages):
        role = "assistant" if message.role == "assistant" else "user"
        blocks = (
            _encode_assistant(message, request.model) if role == "assistant" else _encode_user(message.content, can)
        )
        if encoded and encoded[-1]["role"] == role:
            encoded[-1]["content"].extend(blocks)
        else:
            encoded.append({"role": role, "content": blocks})
    return encoded


def _encode_user(content: Sequence[Block], can: Capabilities) -> list[dict[str, Any]]:
    return [_encode_part(block, can) for block in content]


def _encode_part(block: Block, can: Capabilities) -> dict[str, Any]:
    match block:
        case Text():
            return {"type": "text", "text": block.text}
        case ToolResult():
            result = {"type": "tool_result", "tool_use_id": block.call_id, "content": block.text}
            return {**result, "is_error": True} if block.is_error else result
        case Image() if can.vision is not False and block.media_type in _IMAGE_TYPES:
            return {"type": "image", "source": _base64_source(block)}
        case Document() if block.media_type.startswith("text/"):
            text = base64.b64decode(block.data).decode("utf-8", "replace")
            source = {"type": "text", "media_type": "text/plain", "data": text}
            return {"type": "document", "source": source, "title": block.name or "Document"}
        case Document() if can.documents is not False and block.media_type == "application/pdf":
            return {"type": "document", "source": _base64_source(block), "title": block.name or "Document"}
        case _:
            return {"type": "text", "text": f"[{block.type}: this model cannot take it]"}


def _base64_source(block: Image | Document) -> dict[str, str]:
    return {"type": "base64", "media_type": block.media_type, "data": block.data}


def _encode_assistant(message: Message, model: str) -> list[dict[str, Any]]:
    encoded: list[dict[str, Any]] = []
    for block in message.content:
        match block:
            case Text():
                encoded.append({"type": "text", "text": block.text})
            case ToolCall():
                encoded.append({"type": "tool_use", "id": block.id, "name": block.name, "input": block.arguments})
            case Thinking():
                encoded.extend(_encode_thinking_block(block, model))
    while encoded and encoded[-1]["type"] in ("thinking", "redacted_thinking"):
        encoded.pop()  # an answer that was cut in its thinking; such an end is refused
    return encoded


def _encode_thinking_block(block: Thinking, model: str) -> list[dict[str, Any]]:
    """Give thinking back as it came, to the model that it came from; anyone else would refuse its signature."""
    own = block.provider_data
    if own is None or own.wire != WIRE or not isinstance(own.data, dict) or own.data.get("model") != model:
        return []
    if "redacted" in own.data:
        return [{"type": "redacted_thinking", "data": own.data["redacted"]}]
    return [{"type": "thinking", "thinking": block.text, "signature": own.data.get("signature", "")}]
