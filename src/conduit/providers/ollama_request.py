"""The body of Ollama's /api/chat for a request.

Source: https://docs.ollama.com/api/chat and github.com/ollama/ollama, api/types.go v0.33 (2026-11-21). Pure; used by
the wire `ollama` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conduit.catalog.model import Capabilities, Vendor
from conduit.messages.content import Block, Document, Image, Text
from conduit.messages.message import Message
from conduit.messages.request import ModelRequest
from conduit.providers.base import ServedModel
from conduit.providers.chat_format import document_text, function_tools, own_thinking, result_text
from conduit.providers.ollama_stream import own_data
from conduit.providers.transcript import sendable

TAKES_LEVELS = "thinking_levels"
"""Our word among a model's abilities: it is told how much to think, not only whether."""

_LEVELS = {"low": "low", "medium": "medium", "high": "high", "max": "high"}


def sends_tools(request: ModelRequest, can: Capabilities, model: ServedModel) -> bool:
    """Say whether the tools of a request go to this model."""
    if not request.tools or request.settings.tool_choice == "none":
        return False
    return can.tools in (None, "native") and _may(model, "tools")


def encode_request(
    request: ModelRequest, vendor: Vendor, can: Capabilities, model: ServedModel, *, num_ctx: int
) -> dict[str, Any]:
    """Return the body of /api/chat; what the model does not take is left out.

    Args:
        request: what is asked.
        vendor: the row.
        can: what the catalogue knows.
        model: what the server told.
        num_ctx: the context to ask for, in tokens; the person's own in `settings.extra` counts more.
    """
    settings = request.settings
    extra = {**vendor.extra_body, **settings.extra}
    options: dict[str, Any] = {"num_ctx": num_ctx}
    if can.sampling != "never":
        options |= {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k}
    options |= {"seed": settings.seed, "num_predict": settings.max_tokens or vendor.default_max_tokens}
    options |= {"stop": list(settings.stop) or None}
    own = extra.pop("options", None)
    options |= own if isinstance(own, dict) else {}
    sees = can.vision is not False and _may(model, "vision")
    body: dict[str, Any] = {
        "model": request.model,
        "messages": _encode_messages(request, sees=sees),
        "stream": True,
        # Servers since 0.12.6 refuse what does not fit, and stop where the context is full, instead of forgetting.
        "truncate": False,
        "shift": False,
        "options": {name: value for name, value in options.items() if value is not None},
    }
    level = None if settings.thinking == "off" and can.thinking_off == "always_on" else settings.thinking
    if level is not None and can.thinking != "none" and _may(model, "thinking"):
        levels = can.thinking_levels is not None if model.abilities is None else TAKES_LEVELS in model.abilities
        body["think"] = level != "off" if level == "off" or not levels else _LEVELS[level]
    if sends_tools(request, can, model):
        body["tools"] = function_tools(request.tools)
    if request.response_schema is not None:
        body["format"] = request.response_schema
    if settings.keep_alive_s is not None:
        body["keep_alive"] = settings.keep_alive_s  # a number counts seconds, and a negative one means for ever
    return {**body, **extra}


def _may(model: ServedModel, ability: str) -> bool:
    return model.abilities is None or ability in model.abilities


def _encode_messages(request: ModelRequest, *, sees: bool) -> list[dict[str, Any]]:
    encoded: list[dict[str, Any]] = []
    if request.system.strip():
        encoded.append({"role": "system", "content": request.system})
    names: dict[str, str] = {}
    for message in sendable(request.messages):
        if message.role == "user":
            encoded.append(_encode_user(message.content, sees=sees))
        elif message.role == "assistant":
            names |= {call.id: call.name for call in message.tool_calls}
            encoded.append(_encode_assistant(message, request.model))
        else:
            for result in message.tool_results:
                row = {"role": "tool", "content": result_text(result), "tool_call_id": result.call_id}
                encoded.append({**row, "tool_name": names[result.call_id]})
    return encoded


def _encode_user(content: Sequence[Block], *, sees: bool) -> dict[str, Any]:
    texts: list[str] = []
    images: list[str] = []
    for block in content:
        match block:
            case Text():
                texts.append(block.text)
            case Image() if sees:
                images.append(block.data)
            case Document() if block.media_type.startswith("text/"):
                texts.append(document_text(block))
            case _:
                texts.append(f"[{block.type}: this model cannot see it]")
    encoded: dict[str, Any] = {"role": "user", "content": "\n".join(texts)}
    return {**encoded, "images": images} if images else encoded


def _encode_assistant(message: Message, model: str) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": "assistant", "content": message.text}
    if thinking := own_thinking(message, own_data(model)):
        encoded["thinking"] = thinking
    if message.tool_calls:
        encoded["tool_calls"] = [
            {"id": call.id, "function": {"name": call.name, "arguments": call.arguments}} for call in message.tool_calls
        ]
    return encoded
