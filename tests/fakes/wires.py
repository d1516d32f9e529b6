"""Every wire, made the same way for a test."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import ModelInfo
from conduit.errors import ProviderError
from conduit.messages.content import ToolCall, ToolResult
from conduit.messages.message import Message, user_message
from conduit.messages.request import ModelRequest, ToolSpec
from conduit.messages.stream import Accumulator, StreamEvent
from conduit.providers.anthropic import AnthropicProvider
from conduit.providers.dashscope import DashScopeProvider
from conduit.providers.google import GoogleProvider
from conduit.providers.ollama import OllamaProvider
from conduit.providers.openai_chat import OpenAIChatProvider
from conduit.providers.openai_responses import OpenAIResponsesProvider

WIRES: dict[str, type[Any]] = {
    "openai": OpenAIChatProvider,
    "openai_responses": OpenAIResponsesProvider,
    "anthropic": AnthropicProvider,
    "google": GoogleProvider,
    "ollama": OllamaProvider,
    "qwen": DashScopeProvider,
}
"""Every wire, by the name that it has in the scenarios: its vendor's, or the wire's own where a vendor has two."""

VENDORS = {"openai_responses": "openai", "custom_responses": "custom"}
"""Whose row a wire is tried with, where that is not its name."""

MODELS = {
    "openai": "gpt-5.4",
    "openai_responses": "gpt-5.4",
    "anthropic": "claude-sonnet-5-5",
    "google": "gemini-3.8-flash",
    "ollama": "written",
    "qwen": "qwen-plus",
    "custom": "some-model",
    "custom_responses": "some-model",
}

WRITTEN = ModelInfo(
    vendor="ollama",
    name="written",
    display_name="Written",
    context_tokens=32_768,
    source="a model that is known, so that the wire does not ask the server what it can read",
    date=dt.date(2026, 11, 21),
)

READ_FILE = ToolSpec(
    name="read_file",
    description="Read a file",
    input_schema={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)


@asynccontextmanager
async def provider_of(vendor: str, base_url: str, **options: Any) -> AsyncIterator[Any]:
    packaged = Catalog.packaged()
    catalog = Catalog(packaged.vendors, [*packaged.models, WRITTEN], packaged.aliases)
    row = catalog.vendor(VENDORS.get(vendor, vendor))
    wire = WIRES.get(vendor) or (OpenAIResponsesProvider if vendor in VENDORS else OpenAIChatProvider)
    provider = wire(row, catalog=catalog, **{"api_key": "test-key", "base_url": base_url, **options})
    try:
        yield provider
    finally:
        await provider.aclose()


def mock_url(llmock: Any, vendor: str) -> str:
    """Return where llmock speaks a wire."""
    return llmock.base_url({"google": "gemini"}.get(vendor) or VENDORS.get(vendor, vendor))


def request_for(vendor: str, *messages: Message | str, **options: Any) -> ModelRequest:
    said = tuple(user_message(item) if isinstance(item, str) else item for item in messages)
    return ModelRequest(**{"model": MODELS[vendor], "messages": said or (user_message("hello"),), **options})


async def collect(provider: Any, request: ModelRequest) -> tuple[list[StreamEvent], Accumulator, ProviderError | None]:
    """Stream to the end; return the events, what they fold into, and the error if there was one."""
    events: list[StreamEvent] = []
    folded = Accumulator()
    try:
        async with aclosing(provider.stream(request)) as stream:
            async for event in stream:
                events.append(event)
                folded.add(event)
    except ProviderError as error:
        return events, folded, error
    return events, folded, None


def call_and_result(call_id: str = "call_1", text: str = "ok") -> tuple[Message, Message]:
    call = ToolCall(id=call_id, name="read_file", arguments={"path": "a.py"})
    return (
        Message(role="assistant", content=(call,)),
        Message(role="tool", content=(ToolResult(call_id=call_id, text=text),)),
    )
