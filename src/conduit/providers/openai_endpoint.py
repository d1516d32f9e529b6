"""One endpoint reached through the openai SDK: its client, the key it is sent, and what its exceptions mean.

Shared by the wires that use this SDK (3.54); it knows no request format. Importing this file imports no SDK.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Vendor
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.providers.addresses import base_url_of, is_on_this_machine
from conduit.providers.answer_guard import guard_answers
from conduit.providers.base import ServedModel
from conduit.providers.faults import TRANSPORT_KINDS, not_a_stream, provider_error
from conduit.providers.warmup import SharedLoad

if TYPE_CHECKING:
    import openai

ERROR_KINDS: Mapping[str, ProviderErrorKind] = {
    **TRANSPORT_KINDS,
    "openai.OpenAIError": ProviderErrorKind.CONFIG,
    "openai.APIError": ProviderErrorKind.INTERNAL,
    "openai.APIStatusError": ProviderErrorKind.UNKNOWN,
    "openai.APIResponseValidationError": ProviderErrorKind.NETWORK,
    "openai.APIConnectionError": ProviderErrorKind.NETWORK,
    "openai.APITimeoutError": ProviderErrorKind.NETWORK,
    "openai.BadRequestError": ProviderErrorKind.INVALID_INPUT,
    "openai.AuthenticationError": ProviderErrorKind.AUTH,
    "openai.OAuthError": ProviderErrorKind.AUTH,
    "openai.PermissionDeniedError": ProviderErrorKind.PERMISSION,
    "openai.NotFoundError": ProviderErrorKind.NOT_FOUND,
    "openai.ConflictError": ProviderErrorKind.INTERNAL,
    "openai.UnprocessableEntityError": ProviderErrorKind.INVALID_INPUT,
    "openai.RateLimitError": ProviderErrorKind.RATE_LIMIT,
    "openai.InternalServerError": ProviderErrorKind.UNKNOWN,  # its status says which
    "openai.LengthFinishReasonError": ProviderErrorKind.INTERNAL,
    "openai.ContentFilterFinishReasonError": ProviderErrorKind.REFUSED,
    "openai.InvalidWebhookSignatureError": ProviderErrorKind.INTERNAL,
    "openai.SubjectTokenProviderError": ProviderErrorKind.AUTH,
    "openai.WebSocketConnectionClosedError": ProviderErrorKind.NETWORK,
    "openai.WebSocketQueueFullError": ProviderErrorKind.INTERNAL,
}
"""From every exception of the SDK to ours; UNKNOWN leaves it to the status. What has no row counts as its base."""


class OpenAIEndpoint:
    """A base URL and a key, with the client that is opened for them on first use."""

    def __init__(
        self,
        vendor: Vendor,
        resource: Callable[[openai.AsyncOpenAI], object],
        *,
        api_key: str | None,
        base_url: str | None,
        read_timeout_s: float,
    ) -> None:
        """Describe the endpoint; nothing is imported or opened before `load`.

        Args:
            vendor: the row, with its quirks.
            resource: touches the part of the client that the wire uses, so that it is imported in the thread.
            api_key: None sends no key at all, whatever the environment holds.
            base_url: instead of the row's.
            read_timeout_s: seconds without a byte after which the connection counts as dead.

        Raises:
            ConfigError: neither the row nor the caller names a base URL.
        """
        self.url = base_url_of(vendor, base_url)
        self.headers: dict[str, Any] = {}
        self.foreign: tuple[type[Exception], ...] = ()
        self._vendor = vendor
        self._resource = resource
        self._key = api_key
        self._read_timeout_s = read_timeout_s
        self._client: openai.AsyncOpenAI | None = None
        self._load = SharedLoad(self._open)

    @property
    def client(self) -> openai.AsyncOpenAI:
        """The SDK's client; only after `load`."""
        assert self._client is not None
        return self._client

    async def load(self) -> None:
        """Import the SDK and open the client in a thread; raises ProviderError for an impossible base URL."""
        await self._load()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def list_models(self) -> list[ServedModel]:
        """Return what the endpoint's own list tells; raises ProviderError."""
        await self.load()
        try:
            page = await self.client.models.list(extra_headers=self.headers)
            return [served for model in page.data if (served := _served(model.model_dump())) is not None]
        except self.foreign as error:
            raise self.error(error, None) from error
        except (AttributeError, TypeError) as error:  # the SDK checks no field
            raise self.error(error, None) from error

    def check(self, headers: Mapping[str, str], model: str) -> None:
        """Raise ProviderError when an answer with status 200 is no stream of events."""
        if fault := not_a_stream(headers, self._vendor, url=self.url, model=model):
            raise fault

    def error(self, error: BaseException, model: str | None) -> ProviderError:
        """Return our error for one of `foreign`."""
        return provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self.url, model=model)

    def _open(self) -> None:
        import httpx2
        import openai

        self.foreign = (
            openai.OpenAIError,
            httpx2.HTTPError,
            httpx2.InvalidURL,
            httpx2.StreamError,
            ValueError,
            OSError,
        )
        # Explicit, because the SDK would else send the environment's OpenAI key and organization to any vendor.
        self.headers["Authorization"] = f"Bearer {self._key}" if self._key else openai.Omit()
        self.headers |= self._vendor.headers
        if not self._vendor.account_headers:
            self.headers |= {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
        try:
            http_client = openai.DefaultAsyncHttpxClient(
                follow_redirects=False,  # a redirect would carry the conversation to another host
                timeout=httpx2.Timeout(self._read_timeout_s, connect=10.0),
                trust_env=not is_on_this_machine(self.url),
            )
            client = openai.AsyncOpenAI(
                api_key=self._key or "none", base_url=self.url, max_retries=0, http_client=http_client
            )
        except (*self.foreign, ImportError) as error:  # a SOCKS proxy needs a package of its own
            raise self.error(error, None) from error
        guard_answers(http_client, httpx2.AsyncByteStream)
        self._resource(client)
        self._client = client


class OpenAIWire(ABC):
    """What the wires of this SDK share: one endpoint, what is known of its models, and its own list of them."""

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
            api_key: None sends no key at all, whatever the environment holds.
            base_url: instead of the row's.
            read_timeout_s: seconds without a byte after which the connection counts as dead.

        Raises:
            ConfigError: neither the row nor the caller names a base URL.
        """
        self._vendor = vendor
        self._catalog = catalog
        self._endpoint = OpenAIEndpoint(
            vendor,
            self._touch,
            api_key=api_key,
            base_url=base_url,
            read_timeout_s=read_timeout_s,
        )

    @property
    def name(self) -> str:
        """The vendor's row name."""
        return self._vendor.name

    async def load(self) -> None:
        """Import the SDK and open the client in a thread; raises ProviderError for an impossible base URL."""
        await self._endpoint.load()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._endpoint.aclose()

    async def list_models(self) -> list[ServedModel]:
        """Return what the endpoint's own list tells; raises ProviderError."""
        return await self._endpoint.list_models()

    @abstractmethod
    def _touch(self, client: openai.AsyncOpenAI) -> None:
        """Touch the part of the client that the wire uses, so that it is imported in the thread."""


def _served(row: Mapping[str, Any]) -> ServedModel | None:
    """Read one entry of a list; the names of the limits differ between servers, and most tell none.

    vLLM: `max_model_len`; llama.cpp: `meta.n_ctx_train`; Groq: `context_window`; Mistral: `max_context_length`;
    OpenRouter: `context_length`, `supported_parameters`, `architecture.input_modalities`.
    """
    name = row.get("id")
    if not isinstance(name, str) or not name:
        return None
    meta = row.get("meta")
    places = [row.get(field) for field in _CONTEXT_FIELDS] + [meta.get("n_ctx_train") if isinstance(meta, dict) else 0]
    context = next((value for value in places if isinstance(value, int) and value > 0), None)
    return ServedModel(name=name, context_tokens=context, abilities=_abilities(row))


def _abilities(row: Mapping[str, Any]) -> frozenset[str] | None:
    parameters, architecture = row.get("supported_parameters"), row.get("architecture")
    told = row.get("capabilities")
    if isinstance(told, dict):
        names = {"function_calling": "tools", "vision": "vision", "reasoning": "thinking", "audio": "audio"}
        return frozenset({"completion"} | {word for field, word in names.items() if told.get(field) is True})
    if not isinstance(parameters, list) or not isinstance(architecture, dict):
        return None
    inputs = architecture.get("input_modalities")
    found = {"completion"}
    found |= {word for field, word in {"tools": "tools", "reasoning": "thinking"}.items() if field in parameters}
    if isinstance(inputs, list):
        found |= {word for field, word in {"image": "vision", "audio": "audio"}.items() if field in inputs}
    return frozenset(found)


_CONTEXT_FIELDS = ("context_length", "context_window", "max_model_len", "max_context_length")
