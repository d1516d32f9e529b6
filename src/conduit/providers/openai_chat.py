"""The Chat Completions wire: OpenAI, and every endpoint that speaks the same format.

Written against the openai SDK 3.54 through its low-level stream; what differs between vendors is a flag of the
vendor's row. Not the Responses API. Only `compose` makes one; importing this file imports no SDK.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from conduit.catalog.model import Capabilities, Vendor
from conduit.messages.content import Audio, Block, Document, Image, ProviderData, Text
from conduit.messages.message import Message
from conduit.messages.request import ModelRequest, ToolSpec
from conduit.messages.stream import StreamEvent
from conduit.providers.answer_tool import ANSWER_PURPOSE, ANSWER_TOOL
from conduit.providers.base import BatchRunner, Embeddings
from conduit.providers.batch_openai import OpenAIBatches, read_completion
from conduit.providers.chat_format import document_text, function_calls, function_tools, own_thinking, result_text
from conduit.providers.embed_openai import embed
from conduit.providers.faults import cut_stream
from conduit.providers.media import (
    ImageRequest,
    MadeImages,
    SpeechEnd,
    SpeechRequest,
    Transcript,
    TranscriptRequest,
)
from conduit.providers.media_openai import make_images, speak, transcribe
from conduit.providers.openai_chat_stream import WIRE, ChunkDecoder
from conduit.providers.openai_endpoint import OpenAIWire
from conduit.providers.strict_schema import is_strict
from conduit.providers.thinking_levels import nearest_level
from conduit.providers.transcript import sendable

if TYPE_CHECKING:
    import openai

_OFF_BODIES: Mapping[str | None, Mapping[str, Any]] = {
    "disabled": {"thinking": {"type": "disabled"}},
    "enable_thinking": {"enable_thinking": False},
}


class OpenAIChatProvider(OpenAIWire):
    """One Chat Completions endpoint, serving any of its models."""

    def _touch(self, client: openai.AsyncOpenAI) -> None:
        _ = client.chat.completions

    async def embed(self, model: str, texts: Sequence[str], *, dimensions: int | None = None) -> Embeddings:
        """Return one vector for each text; see `Embeds`."""
        return await embed(self._endpoint, self._vendor, model, texts, dimensions)

    async def make_images(self, request: ImageRequest) -> MadeImages:
        """Return pictures; see `MakesImages`."""
        return await make_images(self._endpoint, self._vendor, request)

    def speak(self, request: SpeechRequest) -> AsyncIterator[bytes | SpeechEnd]:
        """Yield a recording as it arrives; see `Speaks`."""
        return speak(self._endpoint, self._vendor, request)

    async def transcribe(self, request: TranscriptRequest) -> Transcript:
        """Return a transcript; see `Transcribes`."""
        info = self._catalog.describe(self._vendor.name, request.model)
        return await transcribe(self._endpoint, self._vendor, info, request)

    def batches(self, model: str) -> BatchRunner:
        """Return who runs the batches of a model; see `RunsBatches`."""
        can = self._catalog.describe(self._vendor.name, model).capabilities
        return OpenAIBatches(
            self._endpoint,
            self._vendor,
            model,
            "/v1/chat/completions",
            encode=lambda request: encode_request(request, self._vendor, can),
            read=read_completion,
        )

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`."""
        await self.load()
        can = self._catalog.describe(self._vendor.name, request.model).capabilities
        decoder = ChunkDecoder(self._vendor, answer_as_text=_answers_by_call(request, can))
        async with aclosing(self._chunks(request, can, decoder)) as chunks:
            async for chunk in chunks:
                for event in decoder.feed(chunk):
                    yield event
        if not decoder.ended:
            raise cut_stream(self._vendor, url=self._endpoint.url, model=request.model)
        for event in decoder.finish():
            yield event

    async def _chunks(self, request: ModelRequest, can: Capabilities, decoder: ChunkDecoder) -> AsyncGenerator[Any]:
        """Yield the SDK's chunks; every foreign error leaves as ours."""
        endpoint = self._endpoint
        body = encode_request(request, self._vendor, can)
        try:
            stream = cast(
                "openai.AsyncStream[Any]",
                await endpoint.client.chat.completions.create(**body, extra_headers=endpoint.headers),
            )
            async with stream:
                endpoint.check(stream.response.headers, request.model)
                decoder.request_id = stream.response.headers.get("x-request-id")
                async for chunk in stream:
                    yield chunk
        except endpoint.foreign as error:
            raise endpoint.error(error, request.model) from error


def encode_request(request: ModelRequest, vendor: Vendor, can: Capabilities) -> dict[str, Any]:
    """Return the arguments of `chat.completions.create` for a request; what the model does not take is left out."""
    if _answers_by_call(request, can):
        request = _with_answer_tool(request, can)
    settings = request.settings
    body: dict[str, Any] = {
        "model": request.model,
        "messages": _encode_messages(request, vendor, can),
        "stream": True,
    }
    if vendor.stream_options:
        body["stream_options"] = {"include_usage": True}
    limit = settings.max_tokens or vendor.default_max_tokens
    if limit is not None:
        body[vendor.max_tokens_field] = limit
    body |= _encode_sampling(request, vendor, can)
    extra = {**_encode_extra(request, vendor, can), **settings.extra}
    if extra:
        body["extra_body"] = extra
    if settings.stop:
        body["stop"] = list(settings.stop)
    if request.tools:
        body |= _encode_tools(request, can)
    if request.response_schema is not None:
        schema = request.response_schema
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": is_strict(schema)},
        }
    return {name: value for name, value in body.items() if name not in vendor.drops}


def _answers_by_call(request: ModelRequest, can: Capabilities) -> bool:
    """Whether a forced call must stand in for an answer in a form."""
    return request.response_schema is not None and can.response_schema == "tool"


def _with_answer_tool(request: ModelRequest, can: Capabilities) -> ModelRequest:
    """Return the request whose only answer is a call; where thinking can be switched off it is, so that it is one."""
    tool = ToolSpec(name=ANSWER_TOOL, description=ANSWER_PURPOSE, input_schema=request.response_schema or {})
    changes: dict[str, Any] = {"tool_choice": "required"}
    if can.thinking_off in _OFF_BODIES:
        changes["thinking"] = "off"
    settings = request.settings.model_copy(update=changes)
    return request.model_copy(update={"tools": (tool,), "response_schema": None, "settings": settings})


def _encode_tools(request: ModelRequest, can: Capabilities) -> dict[str, Any]:
    settings = request.settings
    body: dict[str, Any] = {"tools": function_tools(request.tools)}
    thinks = settings.thinking != "off" or can.thinking_off not in _OFF_BODIES
    cannot = can.forced_tools is False or (can.forced_tools == "without_thinking" and thinks)
    if settings.tool_choice != "auto" and not (settings.tool_choice == "required" and cannot):
        body["tool_choice"] = settings.tool_choice
    if settings.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = settings.parallel_tool_calls
    return body


def _encode_sampling(request: ModelRequest, vendor: Vendor, can: Capabilities) -> dict[str, Any]:
    effort = _effort(request, vendor, can)
    body: dict[str, Any] = {} if effort is None else {"reasoning_effort": effort}
    quiet = effort == "none" or (request.settings.thinking == "off" and can.thinking_off in _OFF_BODIES)
    if can.sampling in (None, "always") or (can.sampling == "without_thinking" and quiet):
        if request.settings.temperature is not None:
            body["temperature"] = request.settings.temperature
        if request.settings.top_p is not None:
            body["top_p"] = request.settings.top_p
    if request.settings.seed is not None and vendor.seed_field == "seed":
        body["seed"] = request.settings.seed
    return body


def _encode_extra(request: ModelRequest, vendor: Vendor, can: Capabilities) -> dict[str, Any]:
    """Return what the SDK has no argument for."""
    extra: dict[str, Any] = dict(vendor.extra_body)
    if request.settings.seed is not None and vendor.seed_field == "random_seed":
        extra["random_seed"] = request.settings.seed
    if request.settings.top_k is not None and vendor.top_k:
        extra["top_k"] = request.settings.top_k
    if request.settings.thinking == "off" and can.thinking_off in _OFF_BODIES:
        extra |= _OFF_BODIES[can.thinking_off]
    return extra


def _effort(request: ModelRequest, vendor: Vendor, can: Capabilities) -> str | None:
    if can.thinking == "none":
        return None
    if request.tools and can.tools_need_thinking_off:
        return "none"
    level = request.settings.thinking
    if level is None:
        return None
    if level == "off":
        return "none" if can.thinking_off == "effort_none" else None
    level = nearest_level(level, can.thinking_levels)
    return vendor.max_effort if level == "max" else level


def _encode_messages(request: ModelRequest, vendor: Vendor, can: Capabilities) -> list[dict[str, Any]]:
    encoded: list[dict[str, Any]] = []
    if request.system.strip():
        encoded.append({"role": vendor.system_role, "content": request.system})
    for message in sendable(request.messages):
        if message.role == "user":
            encoded.append({"role": "user", "content": _encode_user(message.content, can)})
        elif message.role == "assistant":
            encoded.append(_encode_assistant(message, vendor))
        else:
            encoded.extend(
                {"role": "tool", "tool_call_id": result.call_id, "content": result_text(result)}
                for result in message.tool_results
            )
    return encoded


def _encode_user(content: Sequence[Block], can: Capabilities) -> str | list[dict[str, Any]]:
    if all(isinstance(block, Text) for block in content):
        return "\n".join(block.text for block in content if isinstance(block, Text))
    return [_encode_part(block, can) for block in content]


def _encode_part(block: Block, can: Capabilities) -> dict[str, Any]:
    match block:
        case Text():
            return {"type": "text", "text": block.text}
        case Image() if can.vision is not False:
            return {"type": "image_url", "image_url": {"url": f"data:{block.media_type};base64,{block.data}"}}
        case Audio() if can.audio is not False:
            return {
                "type": "input_audio",
                "input_audio": {"data": block.data, "format": block.media_type.rpartition("/")[2]},
            }
        case Document() if block.media_type.startswith("text/"):
            return {"type": "text", "text": document_text(block)}
        case Document() if can.documents is not False:
            data = f"data:{block.media_type};base64,{block.data}"
            return {"type": "file", "file": {"filename": block.name or "document.pdf", "file_data": data}}
        case _:
            return {"type": "text", "text": f"[{block.type}: this model cannot see it]"}


def _encode_assistant(message: Message, vendor: Vendor) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": "assistant", "content": message.text or None}
    if message.tool_calls:
        encoded["tool_calls"] = function_calls(message.tool_calls)
    own = ProviderData(wire=WIRE, data={"vendor": vendor.name})
    if vendor.replay_thinking and (thinking := own_thinking(message, own)):
        encoded[vendor.replay_thinking] = thinking
    return encoded
