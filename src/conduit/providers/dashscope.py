"""The DashScope wire: Qwen's own interface, which takes recordings and the stronger vision models.

Written from https://www.alibabacloud.com/help/en/model-studio/qwen-api-reference and the dashscope SDK 2.0.2, whose
bodies it sends (2026-11-21); the SDK itself is not used. The compatible mode is `openai_chat`. Only `compose` makes
one; importing this file imports no HTTP client.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities, Vendor
from conduit.errors import ProviderError
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import Audio, Block, Document, Image, Text
from conduit.messages.message import Message
from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent
from conduit.providers.addresses import base_url_of, is_on_this_machine
from conduit.providers.answer_guard import guard_answers
from conduit.providers.chat_format import document_text, function_calls, function_tools, own_thinking, result_text
from conduit.providers.dashscope_stream import ChunkDecoder, own_data
from conduit.providers.faults import HTTPX_KINDS, cut_stream, not_a_stream, provider_error, say
from conduit.providers.http_lines import Refusal, RefusalInStream, drain, lines_of, refuse_failure
from conduit.providers.transcript import sendable
from conduit.providers.warmup import SharedLoad

ERROR_KINDS: Mapping[str, Kind] = {
    **HTTPX_KINDS,
    "conduit.Refusal": Kind.UNKNOWN,  # its code and status say which
    "conduit.RefusalInStream": Kind.UNKNOWN,
    "builtins.ValueError": Kind.NETWORK,
}
"""From every exception of the HTTP client to ours; UNKNOWN leaves it to the status."""

CODES: Mapping[str, Kind] = {
    "APIConnectionError": Kind.NETWORK,
    "AccessDenied": Kind.PERMISSION,
    "AccessDenied.Unpurchased": Kind.PERMISSION,
    "AllocationQuota.FreeTierOnly": Kind.QUOTA,
    "Arrearage": Kind.BALANCE,
    "BadRequest.TooLarge": Kind.CONTEXT_OVERFLOW,
    "CommodityNotPurchased": Kind.BALANCE,
    "DataInspectionFailed": Kind.REFUSED,
    "InternalError": Kind.INTERNAL,
    "InternalError.Algo": Kind.INTERNAL,
    "InternalError.Timeout": Kind.INTERNAL,
    "InvalidApiKey": Kind.AUTH,
    "InvalidParameter": Kind.INVALID_INPUT,
    "InvalidParameter.DataInspection": Kind.INVALID_INPUT,
    "InvalidURL": Kind.INVALID_INPUT,
    "LimitRequests": Kind.RATE_LIMIT,
    "Model.AccessDenied": Kind.PERMISSION,
    "ModelNotFound": Kind.NOT_FOUND,
    "ModelServingError": Kind.OVERLOADED,
    "ModelUnavailable": Kind.OVERLOADED,
    "PostpaidBillOverdue": Kind.BALANCE,
    "PrepaidBillOverdue": Kind.BALANCE,
    "RequestTimeOut": Kind.NETWORK,
    "ResponseTimeout": Kind.NETWORK,
    "ServiceUnavailable": Kind.OVERLOADED,
    "SystemError": Kind.INTERNAL,
    "Throttling": Kind.RATE_LIMIT,
    "Throttling.AllocationQuota": Kind.RATE_LIMIT,  # of a minute; the free one's message says so
    "Throttling.BurstRate": Kind.RATE_LIMIT,
    "Throttling.RateQuota": Kind.RATE_LIMIT,
    "UnsupportedOperation": Kind.INVALID_INPUT,
    "WorkSpaceNotFound": Kind.CONFIG,
}
"""The vendor's codes (https://www.alibabacloud.com/help/en/model-studio/error-code, 2026-11-21); a code that is not
here counts as its part before the dot, and one that is unknown altogether as its status."""

_BY_WORDS: Mapping[str, Kind] = {
    r"range of input length|context length|too long": Kind.CONTEXT_OVERFLOW,
    r"free (allocated )?quota|free tier": Kind.QUOTA,
    r"model.{0,80}(not exist|not found)": Kind.NOT_FOUND,
}
"""What the message says where one code has several meanings."""

TEXT_PATH = "/services/aigc/text-generation/generation"
MULTIMODAL_PATH = "/services/aigc/multimodal-generation/generation"

_MULTIMODAL = re.compile(r"(^|[-.])(vl|qvq|omni|audio|ocr|asr)($|[-.\d])")
"""Models of the other endpoint, where the catalogue does not know them."""

_BUDGETS = {"low": 1024, "medium": 4096, "high": 16384, "max": None}
"""Tokens of thinking; None leaves it to the model's own maximum."""


class DashScopeProvider:
    """One DashScope endpoint, serving any of its models."""

    def __init__(
        self,
        vendor: Vendor,
        *,
        catalog: Catalog,
        api_key: str | None = None,
        base_url: str | None = None,
        read_timeout_s: float = 300.0,
    ) -> None:
        """Describe the endpoint; nothing is imported or opened before `load` or the first stream.

        Args:
            vendor: the row, with its quirks.
            catalog: what is known of the models.
            api_key: None sends no key.
            base_url: instead of the row's.
            read_timeout_s: seconds without a byte after which the connection counts as dead.

        Raises:
            ConfigError: neither the row nor the caller names a base URL.
        """
        self._vendor = vendor
        self._catalog = catalog
        self._url = base_url_of(vendor, base_url).rstrip("/")
        self._key = api_key
        self._read_timeout_s = read_timeout_s
        self._client: Any = None
        self._foreign: tuple[type[Exception], ...] = ()
        self._load = SharedLoad(self._open)

    @property
    def name(self) -> str:
        """The vendor's row name."""
        return self._vendor.name

    async def load(self) -> None:
        """Import the HTTP client and open it in a thread; raises ProviderError for an impossible base URL."""
        await self._load()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`."""
        await self.load()
        decoder = ChunkDecoder(self._vendor.name)
        async with aclosing(self._chunks(request, decoder)) as chunks:
            async for chunk in chunks:
                for event in decoder.feed(chunk):
                    yield event
        if not decoder.ended:
            raise cut_stream(self._vendor, url=self._url, model=request.model)
        for event in decoder.finish():
            yield event

    async def _chunks(self, request: ModelRequest, decoder: ChunkDecoder) -> AsyncGenerator[Any]:
        """Yield the data of the events until the end of the answer; every foreign error leaves as ours."""
        can = self._catalog.describe(self._vendor.name, request.model).capabilities
        path, body = encode_request(request, self._vendor, can)
        try:
            async with self._client.stream("POST", f"{self._url}{path}", json=body) as response:
                await refuse_failure(response)
                if fault := not_a_stream(response.headers, self._vendor, url=self._url, model=request.model):
                    raise fault
                async with aclosing(lines_of(response.aiter_bytes())) as lines:
                    async for data in _events(lines):
                        yield data
                        if decoder.ended:
                            await drain(lines, self._foreign)
                            return
        except self._foreign as error:
            raise self._error(error, request.model) from error

    def _error(self, error: Exception, model: str) -> ProviderError:
        ours = provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=model)
        if isinstance(error, Refusal):
            code, message = _refusal_words(error.body)
            ours.kind = _kind(code, message, ours.kind)
            detail = f"{code}: {message}" if code else message
            status = error.status_code
            ours.args = (say(ours.kind, self._vendor, url=self._url, model=model, status=status, detail=detail),)
            if isinstance(error.body, dict) and isinstance(error.body.get("request_id"), str):
                ours.request_id = error.body["request_id"]
        return ours

    def _open(self) -> None:
        import httpx

        self._foreign = (Refusal, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError)
        headers = {"Accept": "text/event-stream", "X-DashScope-SSE": "enable", **self._vendor.headers}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            client = httpx.AsyncClient(
                headers=headers,
                # A redirect would carry the conversation to another host.
                follow_redirects=False,
                timeout=httpx.Timeout(self._read_timeout_s, connect=10.0),
                trust_env=not is_on_this_machine(self._url),
            )
        except (*self._foreign, ImportError) as error:  # a SOCKS proxy needs a package of its own
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=None) from error
        guard_answers(client, httpx.AsyncByteStream)
        self._client = client


async def _events(lines: AsyncIterator[bytes]) -> AsyncGenerator[Any]:
    """Yield the JSON of each event; raises RefusalInStream for an error event."""
    failed = False
    status: int | None = None
    async for line in lines:
        if line.startswith(b"event:"):
            failed = line[6:].strip() == b"error"
        elif line.startswith(b":HTTP_STATUS/"):
            status = int(line[13:]) if line[13:].isdigit() else None
        elif line.startswith(b"data:"):
            data = json.loads(line[5:])
            if failed or (isinstance(data, dict) and "output" not in data and data.get("code")):
                refusal = RefusalInStream(data)
                refusal.status_code = status if status != 200 else None
                raise refusal
            yield data


def _refusal_words(body: object) -> tuple[str, str]:
    """Return the code and the message of an error body."""
    if not isinstance(body, dict):
        return "", str(body) if isinstance(body, str) and "<" not in body else ""
    inner = body.get("error") if isinstance(body.get("error"), dict) else body
    assert isinstance(inner, dict)
    code, message = inner.get("code"), inner.get("message")
    return code if isinstance(code, str) else "", message if isinstance(message, str) else ""


def _kind(code: str, message: str, otherwise: Kind) -> Kind:
    found = CODES.get(code) or CODES.get(code.partition(".")[0])
    kind = found or (Kind.INTERNAL if otherwise is Kind.UNKNOWN else otherwise)
    if kind in (Kind.INVALID_INPUT, Kind.RATE_LIMIT, Kind.PERMISSION):
        for words, meant in _BY_WORDS.items():
            if re.search(words, message, re.IGNORECASE):
                return meant
    return kind


def encode_request(request: ModelRequest, vendor: Vendor, can: Capabilities) -> tuple[str, dict[str, Any]]:
    """Return the path and the body for a request; what the model does not take is left out."""
    settings = request.settings
    media = any(isinstance(block, Image | Audio) for message in request.messages for block in message.content)
    known = can.vision or can.audio
    mixed = bool(known or (known is None and (media or _MULTIMODAL.search(request.model))))
    parameters: dict[str, Any] = {"result_format": "message", "incremental_output": True}
    if can.sampling != "never":
        parameters |= {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k}
    parameters |= {
        "max_tokens": settings.max_tokens or vendor.default_max_tokens,
        "seed": settings.seed,
        "stop": list(settings.stop) or None,
        **_encode_thinking(request, can),
        **_encode_tools(request, can),
    }
    if request.response_schema is not None:
        parameters["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.response_schema, "strict": True},
        }
    kept = {name: value for name, value in parameters.items() if value is not None and name not in vendor.drops}
    return MULTIMODAL_PATH if mixed else TEXT_PATH, {
        "model": request.model,
        "input": {"messages": _encode_messages(request, vendor, can, mixed=mixed)},
        "parameters": {**kept, **vendor.extra_body, **settings.extra},
    }


def _encode_thinking(request: ModelRequest, can: Capabilities) -> dict[str, Any]:
    level = request.settings.thinking
    if level is None or can.thinking == "none" or (level == "off" and can.thinking_off == "always_on"):
        return {}
    if level == "off":
        return {"enable_thinking": False}
    return {"enable_thinking": True, "thinking_budget": _BUDGETS[level]}


def _encode_tools(request: ModelRequest, can: Capabilities) -> dict[str, Any]:
    if not request.tools or can.tools not in (None, "native"):
        return {}
    tools = function_tools(request.tools)
    choice: Any = "none" if request.settings.tool_choice == "none" else None
    if request.settings.tool_choice == "required" and len(tools) == 1:  # it can be told which tool, but not that one
        choice = {"type": "function", "function": {"name": request.tools[0].name}}
    return {"tools": tools, "tool_choice": choice, "parallel_tool_calls": request.settings.parallel_tool_calls}


def _encode_messages(request: ModelRequest, vendor: Vendor, can: Capabilities, *, mixed: bool) -> list[dict[str, Any]]:
    def wrapped(text: str) -> str | list[dict[str, str]]:
        return [{"text": text}] if mixed else text

    encoded: list[dict[str, Any]] = []
    if request.system.strip():
        encoded.append({"role": "system", "content": wrapped(request.system)})
    for message in sendable(request.messages):
        if message.role == "user":
            parts = [_encode_part(block, can, mixed=mixed) for block in message.content]
            content = parts if mixed else "\n".join(part["text"] for part in parts)
            encoded.append({"role": "user", "content": content})
        elif message.role == "assistant":
            encoded.append({"role": "assistant", "content": wrapped(message.text), **_encode_own(message, vendor)})
        else:
            for result in message.tool_results:
                text = wrapped(result_text(result))
                encoded.append({"role": "tool", "tool_call_id": result.call_id, "content": text})
    return encoded


def _encode_part(block: Block, can: Capabilities, *, mixed: bool) -> dict[str, str]:
    match block:
        case Text():
            return {"text": block.text}
        case Image() if mixed and can.vision is not False:
            return {"image": f"data:{block.media_type};base64,{block.data}"}
        case Audio() if mixed and can.audio is not False:
            return {"audio": f"data:{block.media_type};base64,{block.data}"}
        case Document() if block.media_type.startswith("text/"):
            return {"text": document_text(block)}
        case _:
            return {"text": f"[{block.type}: this model cannot see it]"}


def _encode_own(message: Message, vendor: Vendor) -> dict[str, Any]:
    """Return what an assistant message has beside its text."""
    encoded: dict[str, Any] = {}
    if vendor.replay_thinking and (thinking := own_thinking(message, own_data(vendor.name))):
        encoded[vendor.replay_thinking] = thinking
    if message.tool_calls:
        encoded["tool_calls"] = function_calls(message.tool_calls)
    return encoded
