"""What formats that are like Chat Completions write alike, and what becomes text where a format has no field for it.

Pure; for the encoders of the wires, each of which decides what of it is sent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from conduit.messages.content import Document, ProviderData, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message
from conduit.messages.request import ToolSpec


def function_tools(tools: Iterable[ToolSpec]) -> list[dict[str, Any]]:
    """Return tools as a list of functions."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.input_schema},
        }
        for tool in tools
    ]


def function_calls(calls: Iterable[ToolCall]) -> list[dict[str, Any]]:
    """Return calls with their arguments as JSON text."""
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for call in calls
    ]


def own_thinking(message: Message, own: ProviderData) -> str:
    """Return what a message thought, as far as `own`, its mark, says that it may be given back."""
    return "".join(
        block.text for block in message.content if isinstance(block, Thinking) and block.provider_data == own
    )


def result_text(result: ToolResult) -> str:
    """Return what a tool said, for a format that has no field that says that a call failed."""
    return f"Error: {result.text}" if result.is_error and not result.text.startswith("Error") else result.text


def document_text(document: Document) -> str:
    """Return a document of text with its name above it."""
    return f"{document.name or 'Document'}:\n{base64.b64decode(document.data).decode('utf-8', 'replace')}"
