"""The Messages wire: Anthropic, and endpoints that speak the same format.

Written against the anthropic SDK 2.12 through its low-level stream, which lets transport errors of httpx2 through
unwrapped and sends the key as `Authorization: Bearer`. Only `compose` makes one; importing this file imports no SDK.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import ModelInfo, Vendor
from conduit.errors import ProviderErrorKind
from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent
from conduit.providers.addresses import base_url_of, is_on_this_machine
from conduit.providers.answer_guard import guard_answers
from conduit.providers.anthropic_request import encode_request
from conduit.providers.anthropic_stream import DamagedStreamError, EventDecoder
from conduit.providers.base import BatchRunner, ServedModel
from conduit.providers.batch_anthropic import AnthropicBatches
from conduit.providers.faults import TRANSPORT_KINDS, corrupt_stream, cut_stream, not_a_stream, provider_error
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


_COUNTED = frozenset({"messages", "model", "output_config", "system", "thinking", "tool_choice", "tools"})


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
        self._vendor = vendor
        self._catalog = catalog
        self._url = base_url_of(vendor, base_url)
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

    async def count_tokens(self, request: ModelRequest) -> int:
        """Return the tokens of a request's input as the vendor counts them; see `CountsTokens`."""
        await self.load()
        assert self._client is not None
        info = self._catalog.describe(self._vendor.name, request.model)
        body = {name: value for name, value in encode_request(request, self._vendor, info).items() if name in _COUNTED}
        try:
            return int((await self._client.messages.count_tokens(**body)).input_tokens)
        except self._foreign as error:
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=request.model) from error
        except (TypeError, AttributeError) as error:  # the SDK checks no field
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=request.model) from error

    async def list_models(self) -> list[ServedModel]:
        """Return what the endpoint's own list tells; see `ListsModels`."""
        await self.load()
        assert self._client is not None
        try:
            return [_served(row) async for row in self._client.models.list(limit=100)]
        except self._foreign as error:
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=None) from error
        except (TypeError, AttributeError) as error:
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=None) from error

    def batches(self, model: str) -> BatchRunner:
        """Return who runs the batches of a model; see `RunsBatches`."""
        info = self._catalog.describe(self._vendor.name, model)
        encode = partial(encode_request, vendor=self._vendor, info=info)
        return AnthropicBatches(self._vendor, self._url, info, partial(self._asking, model), encode)

    @asynccontextmanager
    async def _asking(self, model: str) -> AsyncGenerator[anthropic.AsyncAnthropic]:
        """Give the client; every foreign error inside leaves as ours."""
        await self.load()
        assert self._client is not None
        try:
            yield self._client
        except self._foreign as error:
            raise provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=model) from error

    async def _events(self, request: ModelRequest, info: ModelInfo) -> AsyncGenerator[Any]:
        """Yield the SDK's events; every foreign error leaves as ours."""
        body = encode_request(request, self._vendor, info)
        async with self._asking(request.model) as client:
            stream = cast("anthropic.AsyncStream[Any]", await client.messages.create(**body))
            async with stream:
                if fault := not_a_stream(stream.response.headers, self._vendor, url=self._url, model=request.model):
                    raise fault
                async for event in stream:
                    yield event

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


def _served(row: Any) -> ServedModel:
    """Return one entry of the list; all models of this vendor call tools."""
    abilities = None
    if row.capabilities is not None:
        told = {"vision": row.capabilities.image_input, "thinking": row.capabilities.thinking}
        abilities = frozenset({"completion", "tools"} | {name for name, said in told.items() if said.supported})
    size = row.max_input_tokens
    return ServedModel(row.id, context_tokens=size if isinstance(size, int) and size > 0 else None, abilities=abilities)
