"""The Gemini wire: `generateContent` of the Gemini API, and endpoints that speak the same format.

Written against the google-genai SDK 3.4. Formats: https://ai.google.dev/api/generate-content,
https://ai.google.dev/gemini-api/docs/thought-signatures and .../docs/thinking, read 2026-11-21. Only `compose` makes
one; importing this file imports no SDK.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities, ModelInfo, Vendor
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.content import Audio, Block, Document, Image, ProviderData, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message
from conduit.messages.request import ModelRequest, ThinkingLevel
from conduit.messages.stream import StreamEvent
from conduit.providers.base import BatchRunner, Embeddings, KeptPrompt, ServedModel
from conduit.providers.batch_google import GoogleBatches
from conduit.providers.chat_format import document_text
from conduit.providers.embed_google import embed
from conduit.providers.faults import cut_stream, say
from conduit.providers.google_caches import CacheOptions, GoogleCaches
from conduit.providers.google_endpoint import GoogleEndpoint
from conduit.providers.google_stream import FAILURES, WIRE, ChunkDecoder
from conduit.providers.media import (
    ImageRequest,
    MadeImages,
    SpeechEnd,
    SpeechRequest,
    Transcript,
    TranscriptRequest,
)
from conduit.providers.media_google import make_images, speak, transcribe
from conduit.providers.transcript import sendable

FOREIGN_SIGNATURE = b"skip_thought_signature_validator"
"""What the vendor takes in place of the signature of a call that its model did not make."""

_LEVELS: Mapping[ThinkingLevel, str] = {"low": "LOW", "medium": "MEDIUM", "high": "HIGH", "max": "HIGH"}
_BUDGETS: Mapping[ThinkingLevel, int] = {"low": 2048, "medium": 8192, "high": 16384, "max": 24576}
_CACHE_GONE = frozenset({ProviderErrorKind.NOT_FOUND, ProviderErrorKind.PERMISSION})
_MODES = {"required": "ANY", "none": "NONE"}


class GoogleProvider:
    """One Gemini endpoint, serving any of its models; it also counts tokens and lists its models."""

    def __init__(
        self,
        vendor: Vendor,
        *,
        catalog: Catalog,
        api_key: str | None = None,
        base_url: str | None = None,
        read_timeout_s: float = 300.0,
        caches: CacheOptions | None = None,
    ) -> None:
        """Describe the endpoint; nothing is imported or opened before `load` or the first stream.

        Args:
            vendor: the row, with its quirks.
            catalog: what is known of the models.
            api_key: None sends no key at all, whatever the environment holds.
            base_url: instead of the row's; without the version.
            read_timeout_s: seconds without a byte after which the connection counts as dead.
            caches: how the vendor's paid-for caches are used; None sends everything inline.

        Raises:
            ConfigError: neither the row nor the caller names a base URL.
        """
        self._vendor = vendor
        self._catalog = catalog
        self._endpoint = GoogleEndpoint(vendor, api_key=api_key, base_url=base_url, read_timeout_s=read_timeout_s)
        self.caches = GoogleCaches(self._endpoint, caches) if caches is not None else None
        self._cache_life_s = caches.ttl_s if caches is not None else 0.0

    @property
    def name(self) -> str:
        """The vendor's row name."""
        return self._vendor.name

    async def load(self) -> None:
        """Import the SDK and open the client in a thread; raises ProviderError for an impossible base URL."""
        await self._endpoint.load()
        if self.caches is not None:
            self.caches.start_cleaning()

    async def aclose(self) -> None:
        """Delete the caches that were made, and close the connections."""
        if self.caches is not None:
            await self.caches.aclose()
        await self._endpoint.aclose()

    def kept_prompts(self) -> tuple[KeptPrompt, ...]:
        """Return the caches that exist, as far as is known."""
        kept = self.caches.kept() if self.caches is not None else ()
        return tuple(KeptPrompt(each.model, each.tokens, each.hits, each.made_at, each.expires_at) for each in kept)

    def keeps_prompts(self) -> bool:
        """Say whether caches are made and used."""
        return self.caches is not None and self._cache_life_s > 0

    async def drop_prompts(self) -> int:
        """Delete every cache; return how many there were."""
        return await self.caches.invalidate() if self.caches is not None else 0

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`."""
        await self.load()
        info = self._catalog.describe(self._vendor.name, request.model)
        decoder = ChunkDecoder(request.model)
        caches = self.caches
        if info.capabilities.caching != "explicit" or request.settings.prompt_cache is False:
            caches = None
        call = encode_request(request, self._vendor, info)
        try:
            async with aclosing(self._chunks(call, info.name, caches)) as chunks:
                async for chunk in chunks:
                    for event in decoder.feed(chunk):
                        yield event
        except ProviderError as error:
            if not decoder.ended or error.kind is not ProviderErrorKind.NETWORK:
                raise  # what breaks after the closing event does not matter
        if not decoder.ended:
            raise cut_stream(self._vendor, url=self._endpoint.url, model=request.model)
        if decoder.blocked is not None and decoder.reason is None:
            raise self._failed(ProviderErrorKind.REFUSED, f"The prompt was blocked: {decoder.blocked}.", request.model)
        if kind := FAILURES.get(decoder.reason or ""):
            raise self._failed(kind, f"The answer ended with {decoder.reason}.", request.model)
        for event in decoder.finish():
            yield event

    async def _chunks(self, call: dict[str, Any], model: str, caches: GoogleCaches | None) -> AsyncGenerator[Any]:
        """Yield the chunks of an answer; a cache that the vendor does not know any more is done without."""
        cached = call if caches is None else await caches.use(call)
        started = False
        try:
            async with aclosing(self._endpoint.chunks(**cached)) as chunks:
                async for chunk in chunks:
                    started = True
                    yield chunk
                return
        except ProviderError as error:
            if caches is None or cached is call or started or error.kind not in _CACHE_GONE:
                raise
            caches.forget(model)
        async with aclosing(self._endpoint.chunks(**call)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def count_tokens(self, request: ModelRequest) -> int:
        """Return the tokens of a request's input as the vendor counts them; raises ProviderError.

        The vendor's endpoint takes neither a system text nor tools through this SDK: both are counted as text.
        """
        await self.load()
        call = encode_request(request, self._vendor, self._catalog.describe(self._vendor.name, request.model))
        config = call["config"]
        apart = [text for text in (config.get("system_instruction"), _as_text(config.get("tools"))) if text]
        contents = [{"role": "user", "parts": [{"text": text} for text in apart]}] if apart else []
        async with self._endpoint.errors(request.model):
            counted = await self._endpoint.client.aio.models.count_tokens(
                model=request.model, contents=[*contents, *call["contents"]]
            )
        return counted.total_tokens or 0

    async def embed(self, model: str, texts: Sequence[str], *, dimensions: int | None = None) -> Embeddings:
        """Return one vector for each text; see `Embeds`."""
        return await embed(self._endpoint, model, texts, dimensions)

    async def make_images(self, request: ImageRequest) -> MadeImages:
        """Return pictures; see `MakesImages`."""
        return await make_images(self._endpoint, request)

    def speak(self, request: SpeechRequest) -> AsyncIterator[bytes | SpeechEnd]:
        """Yield a recording; see `Speaks`."""
        return speak(self._endpoint, request)

    async def transcribe(self, request: TranscriptRequest) -> Transcript:
        """Return a transcript; see `Transcribes`."""
        info = self._catalog.describe(self._vendor.name, request.model)
        return await transcribe(self._endpoint, info, request)

    def batches(self, model: str) -> BatchRunner:
        """Return who runs the batches of a model; see `RunsBatches`."""
        info = self._catalog.describe(self._vendor.name, model)
        return GoogleBatches(self._endpoint, model, lambda request: encode_request(request, self._vendor, info))

    async def list_models(self) -> list[ServedModel]:
        """Return the models that answer to `generateContent`, in the endpoint's order; raises ProviderError.

        Of abilities the list tells only thinking, and naming one would deny the others.
        """
        await self.load()
        async with self._endpoint.errors(None):
            return [
                ServedModel(
                    model.name.removeprefix("models/"),
                    context_tokens=model.input_token_limit,
                    detail=model.display_name or "",
                )
                async for model in await self._endpoint.client.aio.models.list()
                if model.name and "generateContent" in (model.supported_actions or [])
            ]

    def _failed(self, kind: ProviderErrorKind, detail: str, model: str) -> ProviderError:
        message = say(kind, self._vendor, url=self._endpoint.url, model=model, detail=detail)
        return ProviderError(message, kind=kind, provider=self._vendor.name, model=model)


def encode_request(request: ModelRequest, vendor: Vendor, info: ModelInfo) -> dict[str, Any]:
    """Return the arguments of `generate_content_stream`; what the model does not take is left out."""
    can = info.capabilities
    settings = request.settings
    config: dict[str, Any] = {"automatic_function_calling": {"disable": True}}
    if request.system.strip():
        config["system_instruction"] = request.system
    if limit := settings.max_tokens or vendor.default_max_tokens:
        config["max_output_tokens"] = limit
    if settings.stop:
        config["stop_sequences"] = list(settings.stop)
    if settings.seed is not None:
        config["seed"] = settings.seed
    if can.sampling in (None, "always"):
        sampling = {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k}
        config |= {name: value for name, value in sampling.items() if value is not None}
    if thinking := _encode_thinking(settings.thinking, can):
        config["thinking_config"] = thinking
    _encode_tools(config, request, can)
    if extra := _encode_extra(request, vendor):
        config["http_options"] = {"extra_body": extra}
    return {"model": request.model, "contents": _encode_messages(request, can), "config": config}


def _encode_tools(config: dict[str, Any], request: ModelRequest, can: Capabilities) -> None:
    if not request.tools or can.tools == "none":
        return
    declared = [
        {"name": tool.name, "description": tool.description, "parameters_json_schema": tool.input_schema}
        for tool in request.tools
    ]
    config["tools"] = [{"function_declarations": declared}]
    mode = _MODES.get(request.settings.tool_choice)
    if mode is not None and not (mode == "ANY" and can.forced_tools is False):
        config["tool_config"] = {"function_calling_config": {"mode": mode}}


def _encode_extra(request: ModelRequest, vendor: Vendor) -> dict[str, Any]:
    """Return what goes into the body past the SDK.

    The schema is one of these: the SDK would else parse the text of every chunk as if it were a whole answer.
    """
    extra: dict[str, Any] = {**vendor.extra_body, **request.settings.extra}
    if request.response_schema is not None:
        given = extra.get("generationConfig")
        extra["generationConfig"] = {
            **(given if isinstance(given, dict) else {}),
            "responseMimeType": "application/json",
            "responseJsonSchema": request.response_schema,
        }
    return extra


def _encode_thinking(level: ThinkingLevel | None, can: Capabilities) -> dict[str, Any] | None:
    """Return the thinking configuration: a level for Gemini 3 and later, a budget for 2.5; summaries are shown."""
    if can.thinking not in ("effort", "budget"):
        return None
    thinking: dict[str, Any] = {"include_thoughts": True}
    if level == "off":
        if can.thinking == "effort":
            return {"thinking_level": "MINIMAL" if can.thinking_off == "effort_none" else "LOW"}
        return {"thinking_budget": 0} if can.thinking_off == "disabled" else thinking
    if level is not None and can.thinking == "effort":
        known = can.thinking_levels
        thinking["thinking_level"] = _LEVELS[level] if not known or level in known else _nearest(level, known)
    elif level is not None:
        thinking["thinking_budget"] = _BUDGETS[level]
    return thinking


def _nearest(level: ThinkingLevel, known: Sequence[ThinkingLevel]) -> str:
    order = list(_LEVELS)
    offered = [name for name in known if name in order] or order
    return _LEVELS[min(offered, key=lambda name: abs(order.index(name) - order.index(level)))]


def _encode_messages(request: ModelRequest, can: Capabilities) -> list[dict[str, Any]]:
    encoded: list[dict[str, Any]] = []
    calls: dict[str, ToolCall] = {}
    for message in sendable(request.messages):
        if message.role == "assistant":
            calls |= {call.id: call for call in message.tool_calls}
            parts = _encode_assistant(message, request.model, can)
            encoded.append({"role": "model", "parts": parts})
        else:
            parts = [_encode_part(block, calls, request.model, can) for block in message.content]
            encoded.append({"role": "user", "parts": parts})
    return encoded


def _encode_part(block: Block, calls: Mapping[str, ToolCall], model: str, can: Capabilities) -> dict[str, Any]:
    match block:
        case Text():
            return {"text": block.text}
        case ToolResult():
            call = calls[block.call_id]
            answer = {"name": call.name, "response": {"error" if block.is_error else "output": block.text}}
            return {"function_response": answer | _given_id(call, model)}
        case Image() if can.vision is not False:
            return _encode_inline(block)
        case Audio() if can.audio is not False:
            return _encode_inline(block)
        case Document() if block.media_type.startswith("text/"):
            return {"text": document_text(block)}
        case Document() if can.documents is not False:
            return _encode_inline(block)
        case _:
            return {"text": f"[{block.type}: this model cannot take it]"}


def _encode_inline(block: Image | Audio | Document) -> dict[str, Any]:
    return {"inline_data": {"mime_type": block.media_type, "data": base64.b64decode(block.data)}}


def _encode_assistant(message: Message, model: str, can: Capabilities) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for block in message.content:
        match block:
            case Text():
                parts.append({"text": block.text})
            case ToolCall():
                own = _own(block.provider_data, model)
                call = {"name": block.name, "args": block.arguments} | _given_id(block, model)
                parts.append({"function_call": call} | _signature(own))
            case Thinking():
                _add_signature(parts, block, model)
    # The first call of a step must be signed, and one of another model cannot be.
    first = next((part for part in parts if "function_call" in part), None)
    if first is not None and "thought_signature" not in first and can.thinking not in ("budget", "none"):
        first["thought_signature"] = FOREIGN_SIGNATURE
    return parts


def _add_signature(parts: list[dict[str, Any]], block: Thinking, model: str) -> None:
    """Put a signature back where it was; thoughts without one say nothing to the model that had them."""
    own = _own(block.provider_data, model)
    signature = _signature(own)
    if not signature:
        return
    if own.get("on") == "thought":
        parts.append({"text": block.text, "thought": True, **signature})
    elif own.get("on") == "text" and parts and set(parts[-1]) == {"text"}:
        parts[-1] |= signature
    else:
        parts.append({"text": "", **signature})


def _own(data: ProviderData | None, model: str) -> Mapping[str, Any]:
    """Return what this wire kept for this model; nobody else's signatures are accepted."""
    if data is None or data.wire != WIRE or not isinstance(data.data, dict) or data.data.get("model") != model:
        return {}
    return data.data


def _signature(own: Mapping[str, Any]) -> dict[str, bytes]:
    signature = own.get("signature")
    return {"thought_signature": base64.b64decode(signature)} if isinstance(signature, str) else {}


def _given_id(call: ToolCall, model: str) -> dict[str, str]:
    """Return the id that the vendor gave a call; ids of our own making stay here."""
    given = _own(call.provider_data, model).get("id")
    return {"id": given} if isinstance(given, str) else {}


def _as_text(tools: object) -> str:
    return json.dumps(tools) if tools else ""
