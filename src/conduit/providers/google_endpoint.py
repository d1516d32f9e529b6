"""One Gemini endpoint reached through the google-genai SDK: its client, its key, and what its exceptions mean.

Written against google-genai 3.4 on httpx2. The SDK turns off every timeout, follows redirects, fills a missing key
from the environment and does not close a stream that is left early; the HTTP client made here answers for all four.
It knows no request format. Used by the wire `google`; importing this file imports no SDK.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from conduit.catalog.model import Vendor
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.providers.addresses import base_url_of, is_on_this_machine
from conduit.providers.answer_guard import guard_answers
from conduit.providers.faults import TRANSPORT_KINDS, cut_stream, not_a_stream, provider_error, say
from conduit.providers.google_lines import mend_events
from conduit.providers.http_lines import Refusal
from conduit.providers.warmup import SharedLoad

if TYPE_CHECKING:
    import httpx2
    from google import genai

ERROR_KINDS: Mapping[str, ProviderErrorKind] = {
    **TRANSPORT_KINDS,
    "conduit.Refusal": ProviderErrorKind.UNKNOWN,  # its status says which, here and in the next three
    "google.APIError": ProviderErrorKind.UNKNOWN,
    "google.ClientError": ProviderErrorKind.UNKNOWN,
    "google.ServerError": ProviderErrorKind.UNKNOWN,
    "google.UnknownApiResponseError": ProviderErrorKind.NETWORK,  # a corrupt or a cut chunk
    "google.ContinuationInterruptedError": ProviderErrorKind.NETWORK,
    "google.UnknownFunctionCallArgumentError": ProviderErrorKind.INTERNAL,
    "google.UnsupportedFunctionError": ProviderErrorKind.INTERNAL,
    "google.FunctionInvocationError": ProviderErrorKind.INTERNAL,
    "google.EphemeralTokenAPIKeyError": ProviderErrorKind.AUTH,
    "pydantic_core.ValidationError": ProviderErrorKind.NETWORK,  # a chunk of another shape
    # The SDK looks into an error inside a stream without asking what it is.
    "builtins.AttributeError": ProviderErrorKind.NETWORK,
    "builtins.TypeError": ProviderErrorKind.NETWORK,
    "builtins.RecursionError": ProviderErrorKind.NETWORK,
}
"""From every exception of the SDK to ours; UNKNOWN leaves it to the status. What has no row counts as its base."""

_API_VERSION = "v1beta"  # the SDK's own default, v1, has no caches and no thoughts in its published format
_STREAM_HEADER = "x-conduit-stream"
_KEY_HEADER = "x-goog-api-key"
_CONNECT_S = 10.0
_OVERFLOW = re.compile(r"input token count.{0,60}exceeds|exceeds the maximum number of tokens", re.IGNORECASE)


class GoogleEndpoint:
    """A base URL and a key, with the client that is opened for them on first use."""

    def __init__(self, vendor: Vendor, *, api_key: str | None, base_url: str | None, read_timeout_s: float) -> None:
        """Describe the endpoint; nothing is imported or opened before `load`.

        Args:
            vendor: the row.
            api_key: None sends no key at all, whatever the environment holds.
            base_url: instead of the row's; without the version.
            read_timeout_s: seconds without a byte after which the connection counts as dead.

        Raises:
            ConfigError: neither the row nor the caller names a base URL.
        """
        self.vendor = vendor
        self.url = base_url_of(vendor, base_url)
        self._key = api_key
        self._read_timeout_s = read_timeout_s
        self._client: genai.Client | None = None
        self._http: httpx2.AsyncClient | None = None
        self._foreign: tuple[type[Exception], ...] = ()
        self._numbers = itertools.count()
        self._streams: dict[str, httpx2.Response] = {}
        self.load = SharedLoad(self._open)

    @property
    def client(self) -> genai.Client:
        """The SDK's client; only after `load`."""
        assert self._client is not None
        return self._client

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()

    @asynccontextmanager
    async def errors(self, model: str | None) -> AsyncGenerator[None]:
        """Turn whatever the SDK or the network raises inside into ProviderError."""
        try:
            yield
        except self._foreign as error:
            raise self._error(error, model) from error

    async def chunks(self, *, model: str, contents: Any, config: dict[str, Any]) -> AsyncGenerator[Any]:
        """Yield the SDK's chunks of one answer; every foreign error leaves as ours, and the connection is closed."""
        number = str(next(self._numbers))
        options = {**config.get("http_options", {}), "headers": {_STREAM_HEADER: number}}
        asked: Any = {**config, "http_options": options}
        async with self.errors(model):
            try:
                stream = await self.client.aio.models.generate_content_stream(
                    model=model, contents=contents, config=asked
                )
                async for chunk in stream:
                    yield chunk
            except _NotAStream as page:
                fault = not_a_stream(page.headers, self.vendor, url=self.url, model=model)
                raise fault or cut_stream(self.vendor, url=self.url, model=model) from None
            finally:
                response = self._streams.pop(number, None)
                if response is not None:
                    await response.aclose()

    def _error(self, error: BaseException, model: str | None) -> ProviderError:
        found = provider_error(error, ERROR_KINDS, vendor=self.vendor, url=self.url, model=model)
        details = getattr(error, "details", None)
        inner = details.get("error") if isinstance(details, dict) else None
        message = getattr(error, "message", None)
        detail = message if isinstance(message, str) else ""
        kind = _exact_kind(found.kind, detail, inner if isinstance(inner, dict) else {})
        wait = _asked_wait(inner) if isinstance(inner, dict) else None
        if kind is found.kind and (wait is None or found.retry_after_s is not None):
            return found
        return ProviderError(
            say(kind, self.vendor, url=self.url, model=model, status=found.status, detail=detail),
            kind=kind,
            provider=found.provider,
            model=model,
            status=found.status,
            request_id=found.request_id,
            retry_after_s=wait if found.retry_after_s is None else found.retry_after_s,
        )

    def _open(self) -> None:
        import httpx2
        from google import genai
        from google.genai import errors, types

        self._foreign = (
            Refusal,
            errors.APIError,
            errors.ContinuationInterruptedError,
            httpx2.HTTPError,
            httpx2.InvalidURL,
            httpx2.StreamError,
            AttributeError,
            RecursionError,
            TypeError,
            ValueError,
            OSError,
        )
        try:
            http = httpx2.AsyncClient(
                follow_redirects=False,  # a redirect would carry the conversation to another host
                trust_env=not is_on_this_machine(self.url),
                event_hooks={"request": [self._prepare], "response": [self._take_response]},
            )
            self._client = genai.Client(
                vertexai=False,
                api_key=self._key or "none",
                http_options=types.HttpOptions(
                    base_url=self.url,
                    api_version=_API_VERSION,
                    headers=dict(self.vendor.headers),
                    httpx_async_client=http,
                    httpx_client=httpx2.Client(trust_env=False),  # never used; else the SDK makes one
                ),
            )
        except (*self._foreign, ImportError) as error:  # a SOCKS proxy needs a package of its own
            raise self._error(error, None) from error
        guard_answers(http, httpx2.AsyncByteStream)

        async def mend(response: httpx2.Response) -> None:
            if "conduit_stream" in response.request.extensions and response.status_code == 200:
                mend_events(response, httpx2.AsyncByteStream)

        http.event_hooks["response"].append(mend)
        # The SDK builds its validators on first use: here, in the thread, and not in the first answer.
        for model in (types.GenerateContentResponse, types.GenerateContentConfig, types.Content):
            model.model_validate({})
        _ = self._client.aio.models, self._client.aio.caches  # imports them here, in the thread
        self._http = http

    async def _prepare(self, request: httpx2.Request) -> None:
        """Set what the SDK takes away (timeouts) and take away what it must not send."""
        request.extensions["timeout"] = {
            "connect": _CONNECT_S,
            "read": self._read_timeout_s,
            "write": self._read_timeout_s,
            "pool": _CONNECT_S,
        }
        if self._key is None:
            del request.headers[_KEY_HEADER]
        if number := request.headers.pop(_STREAM_HEADER, None):
            request.extensions["conduit_stream"] = number

    async def _take_response(self, response: httpx2.Response) -> None:
        if response.status_code >= 300:
            await _refuse_wordless(response)
        number = response.request.extensions.get("conduit_stream")
        if isinstance(number, str):
            if _is_page(response.headers) if response.status_code == 200 else response.is_success:
                raise _NotAStream(response.headers)
            self._streams[number] = response


async def _refuse_wordless(response: httpx2.Response) -> None:
    """Raise Refusal for an error whose body is no JSON: the SDK loses its status over bytes that are no text."""
    raw = await response.aread()
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        text = raw.decode("utf-8", "replace")
        raise Refusal("It answered with a page." if "<" in text else text, response=response) from None


class _NotAStream(Exception):
    """A success that brings a page, or nothing; never leaves this file."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("not a stream")
        self.headers = headers


def _is_page(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() in ("text/html", "application/json")


def _exact_kind(kind: ProviderErrorKind, detail: str, inner: Mapping[str, Any]) -> ProviderErrorKind:
    """Return the kind where the error's details say more than its status.

    A bad key is a 400 at this vendor, and a daily allowance a 429 (https://ai.google.dev/gemini-api/docs/troubleshooting
    and google.rpc error details, 2026-11-21).
    """
    reasons = {item.get("reason") for item in _details(inner)}
    if reasons & {"API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_MISSING"} or "API key not valid" in detail:
        return ProviderErrorKind.AUTH
    if kind is ProviderErrorKind.INVALID_INPUT and _OVERFLOW.search(detail):
        return ProviderErrorKind.CONTEXT_OVERFLOW
    if kind is ProviderErrorKind.RATE_LIMIT:
        violated = [v for item in _details(inner) for v in item.get("violations", []) if isinstance(v, dict)]
        if any("PerDay" in str(violation.get("quotaId", "")) for violation in violated):
            return ProviderErrorKind.QUOTA
        if "prepayment credits are depleted" in detail.lower():
            return ProviderErrorKind.BALANCE
    if kind is ProviderErrorKind.INVALID_INPUT and inner.get("status") == "FAILED_PRECONDITION":
        return ProviderErrorKind.PERMISSION if "location" in detail.lower() else kind
    return kind


def _asked_wait(inner: Mapping[str, Any]) -> float | None:
    """Return the seconds of `google.rpc.RetryInfo`, such as `34.07s`."""
    for item in _details(inner):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(item.get("retryDelay", "")))
        if found:
            return float(found[1])
    return None


def _details(inner: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = inner.get("details")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
