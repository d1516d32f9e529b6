"""The Responses wire: OpenAI's newer format, which alone lets its reasoning models think and call tools at once.

Written against the openai SDK 3.54 through its low-level stream. Stateless: the vendor stores nothing, and reasoning
comes encrypted and is given back with the next request. Only `compose` makes one; importing this file imports no SDK.
Format: https://developers.openai.com/api/reference/resources/responses (2026-11-21).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from conduit.catalog.model import Capabilities, Vendor
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.content import Block, Document, Image, ProviderData, Text, Thinking, ToolCall
from conduit.messages.message import Message
from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent
from conduit.providers.base import BatchRunner
from conduit.providers.batch_openai import OpenAIBatches, read_response
from conduit.providers.chat_format import document_text, result_text
from conduit.providers.faults import CODE_KINDS, cut_stream, say
from conduit.providers.openai_endpoint import OpenAIWire
from conduit.providers.openai_rehearsal import rehearse
from conduit.providers.openai_responses_stream import WIRE, EventDecoder, FailedAnswerError
from conduit.providers.strict_schema import is_strict
from conduit.providers.thinking_levels import nearest_level
from conduit.providers.transcript import sendable

if TYPE_CHECKING:
    import openai

Kind = ProviderErrorKind

FAILURE_KINDS: Mapping[str, Kind] = {
    "server_error": Kind.INTERNAL,
    "rate_limit_exceeded": Kind.RATE_LIMIT,
    "invalid_prompt": Kind.REFUSED,  # said of a prompt that was flagged
    "data_residency_mismatch": Kind.PERMISSION,
    "bio_policy": Kind.REFUSED,
    "misalignment_policy_violation": Kind.REFUSED,
    "vector_store_timeout": Kind.INTERNAL,
    "invalid_image": Kind.INVALID_INPUT,
    "invalid_image_format": Kind.INVALID_INPUT,
    "invalid_base64_image": Kind.INVALID_INPUT,
    "invalid_image_url": Kind.INVALID_INPUT,
    "image_too_large": Kind.INVALID_INPUT,
    "image_too_small": Kind.INVALID_INPUT,
    "image_parse_error": Kind.INVALID_INPUT,
    "image_content_policy_violation": Kind.REFUSED,
    "invalid_image_mode": Kind.INVALID_INPUT,
    "image_file_too_large": Kind.INVALID_INPUT,
    "unsupported_image_media_type": Kind.INVALID_INPUT,
    "empty_image_file": Kind.INVALID_INPUT,
    "failed_to_download_image": Kind.INVALID_INPUT,
    "image_file_not_found": Kind.INVALID_INPUT,
}
"""From the `code` of an answer that failed in its stream to ours (openai SDK 3.54, types/responses/response_error.py;
2026-11-21)."""

_DRAIN_S = 0.2
_WAIT = re.compile(r"try again in ([\d.]+)\s*(ms|s)\b", re.IGNORECASE)

_COUNTED = frozenset(
    {"input", "instructions", "model", "parallel_tool_calls", "reasoning", "text", "tool_choice", "tools"}
)


class OpenAIResponsesProvider(OpenAIWire):
    """One Responses endpoint, serving any of its models."""

    def _touch(self, client: openai.AsyncOpenAI) -> None:
        _ = client.responses
        rehearse()

    async def count_tokens(self, request: ModelRequest) -> int:
        """Return the tokens of a request's input as the vendor counts them; see `CountsTokens`."""
        await self.load()
        endpoint = self._endpoint
        can = self._catalog.describe(self._vendor.name, request.model).capabilities
        body = {name: value for name, value in encode_request(request, self._vendor, can).items() if name in _COUNTED}
        try:
            counted = await endpoint.client.responses.input_tokens.count(**body, extra_headers=endpoint.headers)
            return int(counted.input_tokens)
        except endpoint.foreign as error:
            raise endpoint.error(error, request.model) from error
        except (AttributeError, TypeError) as error:  # the SDK checks no field
            raise endpoint.error(error, request.model) from error

    def batches(self, model: str) -> BatchRunner:
        """Return who runs the batches of a model; see `RunsBatches`."""
        can = self._catalog.describe(self._vendor.name, model).capabilities
        return OpenAIBatches(
            self._endpoint,
            self._vendor,
            model,
            "/v1/responses",
            encode=lambda request: encode_request(request, self._vendor, can),
            read=read_response,
        )

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`."""
        await self.load()
        decoder = EventDecoder(self._vendor.name, request.model)
        try:
            async with aclosing(self._events(request, decoder)) as events:
                async for event in events:
                    for item in decoder.feed(event):
                        yield item
            if not decoder.ended:
                raise cut_stream(self._vendor, url=self._endpoint.url, model=request.model)
        except FailedAnswerError as failed:
            raise self._failure(failed, request.model, decoder.request_id) from failed
        except ProviderError as error:
            error.request_id = error.request_id or decoder.request_id
            raise
        for item in decoder.finish():
            yield item

    async def _events(self, request: ModelRequest, decoder: EventDecoder) -> AsyncGenerator[Any]:
        """Yield the SDK's events; every foreign error leaves as ours."""
        endpoint = self._endpoint
        body = encode_request(
            request, self._vendor, self._catalog.describe(self._vendor.name, request.model).capabilities
        )
        try:
            stream = cast(
                "openai.AsyncStream[Any]",
                await endpoint.client.responses.create(**body, extra_headers=endpoint.headers),
            )
            async with stream:
                decoder.request_id = stream.response.headers.get("x-request-id")
                endpoint.check(stream.response.headers, request.model)
                async for event in stream:
                    yield event
                    if decoder.ended:
                        await _drain(stream)
                        return
        except endpoint.foreign as error:
            if decoder.ended:
                return
            raise endpoint.error(error, request.model) from error

    def _failure(self, failed: FailedAnswerError, model: str, request_id: str | None) -> ProviderError:
        """Return the error for an answer that the vendor gave up in its stream."""
        kind = FAILURE_KINDS.get(failed.code) or CODE_KINDS.get(failed.code, Kind.INTERNAL)
        wait = _WAIT.search(failed.message)
        return ProviderError(
            say(kind, self._vendor, url=self._endpoint.url, model=model, detail=failed.message or failed.code),
            kind=kind,
            provider=self._vendor.name,
            model=model,
            request_id=request_id,
            retry_after_s=float(wait[1]) * (0.001 if wait[2].lower() == "ms" else 1.0) if wait else None,
        )


async def _drain(stream: openai.AsyncStream[Any]) -> None:
    """Read what follows the closing event, so that the connection can be used again; it cannot spoil the answer."""
    async with asyncio.timeout(_DRAIN_S):
        async for _ in stream:
            pass


def encode_request(request: ModelRequest, vendor: Vendor, can: Capabilities) -> dict[str, Any]:
    """Return the arguments of `responses.create` for a request.

    What the model does not take is left out; the format itself knows no `stop`, `seed` and `top_k`.
    """
    settings = request.settings
    body: dict[str, Any] = {
        "model": request.model,
        "input": _encode_messages(request, vendor, can),
        "stream": True,
        "store": False,
    }
    if request.system.strip():
        body["instructions"] = request.system
    limit = settings.max_tokens or vendor.default_max_tokens
    if limit is not None:
        body["max_output_tokens"] = limit
    body |= _encode_thinking(request, vendor, can)
    if settings.prompt_cache is False and can.caching_off == "explicit_mode":
        body["prompt_cache_options"] = {"mode": "explicit"}  # without marks of ours that means no cache
    if extra := {**vendor.extra_body, **settings.extra}:
        body["extra_body"] = extra
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.input_schema,
                "strict": False,  # else the vendor changes the schema into a strict one
            }
            for tool in request.tools
        ]
        if settings.tool_choice != "auto" and not (settings.tool_choice == "required" and can.forced_tools is False):
            body["tool_choice"] = settings.tool_choice
        if settings.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = settings.parallel_tool_calls
    if request.response_schema is not None:
        schema = request.response_schema
        body["text"] = {
            "format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": is_strict(schema)}
        }
    return {name: value for name, value in body.items() if name not in vendor.drops}


def _encode_thinking(request: ModelRequest, vendor: Vendor, can: Capabilities) -> dict[str, Any]:
    """Return what concerns thinking, and sampling, which most models take only without it."""
    settings = request.settings
    effort = _effort(request, vendor, can)
    body: dict[str, Any] = {}
    if can.thinking not in (None, "none"):
        # A model that does not think refuses to be asked for what it would have encrypted.
        body["include"] = ["reasoning.encrypted_content"]
    reasoning: dict[str, str] = {} if effort is None else {"effort": effort}
    if can.thinking not in (None, "none") and effort != "none":
        reasoning["summary"] = "auto"
    if reasoning:
        body["reasoning"] = reasoning
    if can.sampling in (None, "always") or (can.sampling == "without_thinking" and effort == "none"):
        sampling = {"temperature": settings.temperature, "top_p": settings.top_p}
        body |= {name: value for name, value in sampling.items() if value is not None}
    return body


def _effort(request: ModelRequest, vendor: Vendor, can: Capabilities) -> str | None:
    level = request.settings.thinking
    if level is None or can.thinking == "none":
        return None
    if level != "off":
        level = nearest_level(level, can.thinking_levels)
        return vendor.max_effort if level == "max" else level
    return {"effort_none": "none", "always_on": "low"}.get(can.thinking_off or "")


def _encode_messages(request: ModelRequest, vendor: Vendor, can: Capabilities) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for message in sendable(request.messages):
        if message.role == "user":
            parts = [_encode_part(block, can) for block in message.content]
            items.append({"type": "message", "role": "user", "content": parts})
        elif message.role == "assistant":
            items.extend(_encode_assistant(message, {"vendor": vendor.name, "model": request.model}))
        else:
            items.extend(
                {"type": "function_call_output", "call_id": result.call_id, "output": result_text(result)}
                for result in message.tool_results
            )
    return items


def _encode_part(block: Block, can: Capabilities) -> dict[str, Any]:
    match block:
        case Text():
            return {"type": "input_text", "text": block.text}
        case Image() if can.vision is not False:
            url = f"data:{block.media_type};base64,{block.data}"
            return {"type": "input_image", "image_url": url, "detail": "auto"}
        case Document() if block.media_type.startswith("text/"):
            return {"type": "input_text", "text": document_text(block)}
        case Document() if can.documents is not False:
            data = f"data:{block.media_type};base64,{block.data}"
            return {"type": "input_file", "filename": block.name or "document.pdf", "file_data": data}
        case _:  # recordings too: a message of this format has no part for them
            return {"type": "input_text", "text": f"[{block.type}: this model cannot take it]"}


def _encode_assistant(message: Message, own: Mapping[str, str]) -> Sequence[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for block in message.content:
        match block:
            case Text():
                said: dict[str, Any] = {"type": "message", "role": "assistant", "content": block.text}
                if phase := _own_data(block.provider_data, own).get("phase"):
                    said["phase"] = phase
                items.append(said)
            case ToolCall():
                arguments = json.dumps(block.arguments, ensure_ascii=False)
                items.append({"type": "function_call", "call_id": block.id, "name": block.name, "arguments": arguments})
            case Thinking():
                if item := _own_data(block.provider_data, own).get("item"):
                    items.append(item)
    while items and items[-1]["type"] == "reasoning":
        items.pop()  # an answer that was cut in its thinking; what it led to is missing, and that is refused
    return items


def _own_data(data: ProviderData | None, own: Mapping[str, str]) -> Mapping[str, Any]:
    """Return what this wire kept of the same vendor's same model, else nothing: anyone else would refuse it."""
    if data is None or data.wire != WIRE or not isinstance(data.data, dict):
        return {}
    return data.data if all(data.data.get(name) == value for name, value in own.items()) else {}
