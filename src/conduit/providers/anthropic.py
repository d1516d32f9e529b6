"""The Messages wire: Anthropic, and endpoints that speak the same format.

Written against the anthropic SDK 2.12 through its low-level stream, which lets transport errors of httpx2 through
unwrapped and sends the key as `Authorization: Bearer`. Only `compose` makes one; importing this file imports no SDK.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities, ModelInfo, Vendor
from conduit.errors import ConfigError, ProviderErrorKind
from conduit.messages.content import Block, Document, Image, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message
from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent
from conduit.providers.answer_guard import guard_answers
from conduit.providers.anthropic_stream import ANSWER_TOOL, WIRE, DamagedStreamError, EventDecoder
from conduit.providers.faults import TRANSPORT_KINDS, corrupt_stream, cut_stream, not_a_stream, provider_error
from conduit.providers.own_machine import is_on_this_machine
from conduit.providers.transcript import sendable
from conduit.providers.warmup import LATE, SharedLoad

if TYPE_CHECKING:
    import anthropic

ERROR_KINDS: Mapping[str, ProviderErrorKind] = {
    **TRANSPORT_KINDS,
    "anthropic.AnthropicError": ProviderErrorKind.CONFIG,
    "anthropic.APIError": ProviderErrorKind.INTERNAL,
    "anthropic.APIStatusError": ProviderErrorKind.UNKNOWN,
    "anthropic.APIResponseValidationError": ProviderErrorKind.NETWORK,
    "anthropic.APIWebhookValidationError": ProviderErrorKind.INTERNAL,
    "anthropic.APIConnectionError": ProviderErrorKind.NETWORK,
    "anthropic.APITimeoutError": ProviderErrorKind.NETWORK,
    "anthropic.RetryableError": ProviderErrorKind.INTERNAL,
    "anthropic.CredentialsError": ProviderErrorKind.AUTH,
    "anthropic.IdentityTokenFileError": ProviderErrorKind.AUTH,
    "anthropic.BadRequestError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.AuthenticationError": ProviderErrorKind.AUTH,
    "anthropic.PaymentRequiredError": ProviderErrorKind.BALANCE,
    "anthropic.PermissionDeniedError": ProviderErrorKind.PERMISSION,
    "anthropic.NotFoundError": ProviderErrorKind.NOT_FOUND,
    "anthropic.RequestTimeoutError": ProviderErrorKind.NETWORK,
    "anthropic.ConflictError": ProviderErrorKind.INTERNAL,
    "anthropic.PreconditionFailedError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.ContentTooLargeError": ProviderErrorKind.CONTEXT_OVERFLOW,
    "anthropic.UnprocessableEntityError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.RateLimitError": ProviderErrorKind.RATE_LIMIT,
    "anthropic.RequestHeaderFieldsTooLargeError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.ClientClosedRequestError": ProviderErrorKind.NETWORK,
    "anthropic.InternalServerError": ProviderErrorKind.UNKNOWN,  # its status says which
    "anthropic.HTTPNotImplementedError": ProviderErrorKind.INTERNAL,
    "anthropic.ServiceUnavailableError": ProviderErrorKind.OVERLOADED,
    "anthropic.GatewayTimeoutError": ProviderErrorKind.INTERNAL,
    "anthropic.OverloadedError": ProviderErrorKind.OVERLOADED,
    # Named causes below a status, where the status alone would be tried again in vain, or say too little.
    "anthropic.EnforcedSpendLimitReachedError": ProviderErrorKind.QUOTA,
    "anthropic.ContractSpendLimitReachedError": ProviderErrorKind.QUOTA,
    "anthropic.RampLimitExceededError": ProviderErrorKind.RATE_LIMIT,
    "anthropic.OrganizationOnHoldError": ProviderErrorKind.PERMISSION,
    "anthropic.CMEKKeyDisabledError": ProviderErrorKind.PERMISSION,
    "anthropic.CMEKContextUnavailableError": ProviderErrorKind.OVERLOADED,
    "anthropic.CMEKKeyUnreachableError": ProviderErrorKind.OVERLOADED,
    "anthropic.CompactionUnavailableError": ProviderErrorKind.OVERLOADED,
    "anthropic.BetaRegistrationPendingError": ProviderErrorKind.OVERLOADED,
    "anthropic.BetaPluginNameTakenError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.BetaScanPendingError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.BetaSkillNameTakenError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.BetaSlackChannelSetUpSettingsConflictError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.ConcurrentMembershipChangeError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.ExternalKeyChangedError": ProviderErrorKind.INVALID_INPUT,
    "anthropic.SkillReadBlockedUndecryptableError": ProviderErrorKind.INVALID_INPUT,
}
"""From every exception of the SDK to ours; UNKNOWN leaves it to the status. What has no row counts as its base."""

# A model that nobody described is not asked for more than the oldest ones could give.
_SAFE_MAX_TOKENS = 8192
_BUDGETS = {"low": 2048, "medium": 8192, "high": 16384, "max": 24576}
_IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


class AnthropicProvider:
    """One Messages endpoint, serving any of its models."""

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
            api_key: None sends no key at all, whatever the environment or the disk holds.
            base_url: instead of the row's.
            read_timeout_s: seconds without a byte after which the connection counts as dead.

        Raises:
            ConfigError: neither the row nor the caller names a base URL.
        """
        url = base_url or vendor.base_url
        if url is None:
            raise ConfigError(f"The vendor {vendor.name!r} needs a base URL: set vendors.{vendor.name}.base_url.")
        self._vendor = vendor
        self._catalog = catalog
        self._url = url
        self._key = api_key
        self._read_timeout_s = read_timeout_s
        self._client: anthropic.AsyncAnthropic | None = None
        self._foreign: tuple[type[Exception], ...] = ()
        self._load = SharedLoad(self._open, late=(*LATE, "opentelemetry.propagate"))

    @property
    def name(self) -> str:
        """The vendor's row name."""
        return self._vendor.name

    async def load(self) -> None:
        """Import the SDK and open the client in a thread; raises ProviderError for an impossible base URL."""
        await self._load()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`."""
        await self.load()
        info = self._catalog.describe(self._vendor.name, request.model)
        forced = request.response_schema is not None and info.capabilities.response_schema != "native"
        decoder = EventDecoder(request.model, answer_as_text=forced)
        try:
            async with aclosing(self._events(request, info)) as events:
                async for event in events:
                    for item in decoder.feed(event):
                        yield item
            if not decoder.ended:
                raise cut_stream(self._vendor, url=self._url, model=request.model)
            for item in decoder.finish():
                yield item
        except DamagedStreamError as error:
            raise corrupt_stream(self._vendor, url=self._url, model=request.model, detail=str(error)) from error

    async def _events(self, request: ModelRequest, info: ModelInfo) -> AsyncGenerator[Any]:
        """Yield the SDK's events; every foreign error leaves as ours."""
        assert self._client is not None
        body = encode_request(request, self._vendor, info)
        try:
            stream = cast("anthropic.AsyncStream[Any]", await self._client.messages.create(**body))
            async with stream:
                if fault := not_a_stream(stream.response.headers, self._vendor, url=self._url, model=request.model):
                    raise fault
                async for event in stream:
                    yield event
        except self._foreign as error:
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=request.model) from error

    def _open(self) -> None:
        import anthropic
        import httpx2

        self._foreign = (
            anthropic.AnthropicError,
            httpx2.HTTPError,
            httpx2.InvalidURL,
            httpx2.StreamError,
            ValueError,
            OSError,
        )
        bearer = bool(self._key) and self._vendor.auth == "bearer"
        headers: dict[str, Any] = {"Authorization": f"Bearer {self._key}" if bearer else anthropic.Omit()}
        if self._key and not bearer:
            headers["X-Api-Key"] = self._key
        try:
            # The SDK's own transport takes the proxies of the environment, whatever `trust_env` says.
            own = is_on_this_machine(self._url)
            direct: dict[str, Any] = {"transport": httpx2.AsyncHTTPTransport(), "trust_env": False} if own else {}
            http_client = anthropic.DefaultAsyncHttpxClient(
                follow_redirects=False,  # a redirect would carry the conversation to another host
                timeout=httpx2.Timeout(self._read_timeout_s, connect=10.0),
                **direct,
            )
            client = anthropic.AsyncAnthropic(
                # Explicit, because the SDK would else look for keys and profiles in the environment and on the disk.
                api_key=self._key or "none",
                base_url=self._url,
                max_retries=0,
                default_headers=headers,
                http_client=http_client,
            )
        except (*self._foreign, ImportError) as error:  # a SOCKS proxy needs a package of its own
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=None) from error
        guard_answers(http_client, httpx2.AsyncByteStream)
        _ = client.messages  # imports its resource module here, in the thread
        self._client = client


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
    if request.system.strip():
        body["system"] = request.system
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
        _mark_layers(body)
    thinks = body.get("thinking", {}).get("type") in ("enabled", "adaptive")
    extra: dict[str, Any] = dict(vendor.extra_body)
    if can.sampling in (None, "always") and not thinks:
        # The SDK has no such parameters any more; models before the fifth generation still take them.
        sampling = {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k}
        extra |= {name: value for name, value in sampling.items() if value is not None}
    if extra := extra | settings.extra:
        body["extra_body"] = extra
    return body


def _mark_layers(body: dict[str, Any]) -> None:
    """Mark what the vendor is to keep: the end of each layer, in the order in which it reads them, the newest last.

    Tools and system text serve every conversation of their kind. The message before the newest is marked too, because
    the vendor looks for what it has only 20 blocks before a mark, and an answer may hold more calls than that. These
    are the four marks that it takes (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, 2026-11-21).
    """
    mark = {"cache_control": {"type": "ephemeral"}}
    if body.get("tools"):
        body["tools"][-1] |= mark
    if "system" in body:
        body["system"] = [{"type": "text", "text": body["system"], **mark}]
    for message in [each for each in body["messages"] if each["role"] == "user"][-2:]:
        message["content"][-1] |= mark


def _encode_tools(body: dict[str, Any], request: ModelRequest, can: Capabilities) -> bool:
    """Add tools and the choice among them; return whether a call is forced, which excludes thinking."""
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in request.tools
    ]
    choice = {"auto": "auto", "required": "any", "none": "none"}[request.settings.tool_choice]
    if request.response_schema is not None and can.response_schema != "native":
        tools.append({"name": ANSWER_TOOL, "description": "Give the answer.", "input_schema": request.response_schema})
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
