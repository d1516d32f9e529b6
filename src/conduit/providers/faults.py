"""One reading of what goes wrong at an endpoint: from statuses, codes and transport errors to `ProviderErrorKind`.

Wires add their SDK's exceptions to `TRANSPORT_KINDS` and hand everything to `provider_error`. No SDK and no HTTP client
is imported: exceptions are recognised by package and class name.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Iterator, Mapping

from conduit.catalog.model import Vendor
from conduit.errors import ProviderError, ProviderErrorKind

Kind = ProviderErrorKind

TRANSPORT_KINDS: Mapping[str, Kind] = {
    "httpx2.CloseError": Kind.NETWORK,
    "httpx2.ConnectError": Kind.NETWORK,
    "httpx2.ConnectTimeout": Kind.NETWORK,
    "httpx2.CookieConflict": Kind.INTERNAL,
    "httpx2.DecodingError": Kind.NETWORK,
    "httpx2.HTTPError": Kind.NETWORK,
    "httpx2.HTTPStatusError": Kind.UNKNOWN,
    "httpx2.InvalidURL": Kind.CONFIG,
    "httpx2.LocalProtocolError": Kind.CONFIG,
    "httpx2.NetworkError": Kind.NETWORK,
    "httpx2.PoolTimeout": Kind.NETWORK,
    "httpx2.ProtocolError": Kind.NETWORK,
    "httpx2.ProxyError": Kind.CONFIG,
    "httpx2.ReadError": Kind.NETWORK,
    "httpx2.ReadTimeout": Kind.NETWORK,
    "httpx2.RemoteProtocolError": Kind.NETWORK,
    "httpx2.RequestError": Kind.NETWORK,
    "httpx2.RequestNotRead": Kind.INTERNAL,
    "httpx2.ResponseNotRead": Kind.INTERNAL,
    "httpx2.StreamClosed": Kind.NETWORK,
    "httpx2.StreamConsumed": Kind.NETWORK,
    "httpx2.StreamError": Kind.NETWORK,
    "httpx2.TimeoutException": Kind.NETWORK,
    "httpx2.TooManyRedirects": Kind.CONFIG,
    "httpx2.TransportError": Kind.NETWORK,
    "httpx2.UnsupportedProtocol": Kind.CONFIG,
    "httpx2.WriteError": Kind.NETWORK,
    "httpx2.WriteTimeout": Kind.NETWORK,
    "conduit.DamagedAnswer": Kind.NETWORK,
    "conduit.OversizedAnswer": Kind.CONFIG,  # no honest endpoint of a model sends that
    "json.JSONDecodeError": Kind.NETWORK,  # a corrupt chunk
    "builtins.UnicodeDecodeError": Kind.NETWORK,  # a corrupt chunk
    "ssl.SSLCertVerificationError": Kind.CONFIG,
    "ssl.SSLEOFError": Kind.NETWORK,
    "ssl.SSLError": Kind.CONFIG,  # a bad certificate file, or no TLS where TLS was asked for
    "ssl.SSLSyscallError": Kind.NETWORK,
    "ssl.SSLZeroReturnError": Kind.NETWORK,
    "builtins.FileNotFoundError": Kind.CONFIG,  # SSL_CERT_FILE
    "builtins.ImportError": Kind.CONFIG,  # a SOCKS proxy, which needs a package that is not there
    "builtins.PermissionError": Kind.CONFIG,
    "builtins.OSError": Kind.NETWORK,
}
"""What the HTTP client under the SDKs of openai and anthropic (httpx2) and the standard library raise."""

HTTPX_KINDS: Mapping[str, Kind] = {name.replace("httpx2.", "httpx."): kind for name, kind in TRANSPORT_KINDS.items()}
"""The same for wires on httpx, which has the same exceptions."""

STATUS_KINDS: Mapping[int, Kind] = {
    400: Kind.INVALID_INPUT,
    401: Kind.AUTH,
    402: Kind.BALANCE,
    403: Kind.PERMISSION,
    404: Kind.NOT_FOUND,
    408: Kind.NETWORK,
    409: Kind.INTERNAL,
    413: Kind.CONTEXT_OVERFLOW,
    422: Kind.INVALID_INPUT,
    425: Kind.NOT_READY,
    429: Kind.RATE_LIMIT,
    499: Kind.NETWORK,
    503: Kind.OVERLOADED,
    529: Kind.OVERLOADED,
}

CODE_KINDS: Mapping[str, Kind] = {
    "authentication_error": Kind.AUTH,
    "billing_error": Kind.BALANCE,
    "billing_hard_limit_reached": Kind.BALANCE,
    "content_filter": Kind.REFUSED,
    "content_policy_violation": Kind.REFUSED,
    "moderation_blocked": Kind.REFUSED,
    "context_length_exceeded": Kind.CONTEXT_OVERFLOW,
    "exceed_context_size_error": Kind.CONTEXT_OVERFLOW,
    "insufficient_quota": Kind.QUOTA,
    "invalid_api_key": Kind.AUTH,
    "model_not_found": Kind.NOT_FOUND,
    "not_found_error": Kind.NOT_FOUND,
    "overloaded_error": Kind.OVERLOADED,
    "permission_error": Kind.PERMISSION,
    "rate_limit_error": Kind.RATE_LIMIT,
    "rate_limit_exceeded": Kind.RATE_LIMIT,
    "request_too_large": Kind.CONTEXT_OVERFLOW,
    "timeout_error": Kind.NETWORK,
    "unavailable_error": Kind.NOT_READY,
}
"""The `code` or `type` of an error body where it is more exact than the status (seen at OpenAI,
Anthropic and llama.cpp; 2026-11-21)."""

_OVERFLOW = re.compile(
    r"context (length|window|size)|maximum context|prompt is too long|too many tokens|exceed.{0,40}context",
    re.IGNORECASE,
)
_LOADING = re.compile(r"model is loading|loading model", re.IGNORECASE)
_TOO_LARGE = re.compile(r"input \(\d+ tokens\) is too large to process", re.IGNORECASE)  # llama.cpp, as a 500
_UNTRUSTED = re.compile(r"CERTIFICATE_VERIFY_FAILED|certificate verify failed", re.IGNORECASE)

_SAYINGS: Mapping[Kind, str] = {
    Kind.AUTH: "{vendor} refused the key. {key_hint}",
    Kind.QUOTA: "The allowance of your {vendor} plan is used up.{detail}",
    Kind.RATE_LIMIT: "{vendor} asks for fewer requests.{detail}",
    Kind.BALANCE: "{vendor} says that there is no money left on the account.{detail}",
    Kind.PERMISSION: "Your {vendor} key may not use {model}.{detail}",
    Kind.NOT_FOUND: "{vendor} does not know {model} at {url}.{detail}",
    Kind.INVALID_INPUT: "{vendor} did not accept the request.{detail}",
    Kind.CONTEXT_OVERFLOW: "The conversation is longer than {model} can read.{detail}",
    Kind.OVERLOADED: "{vendor} is overloaded just now.{detail}",
    Kind.REFUSED: "{vendor}'s policy refused the content.{detail}",
    Kind.INVALID_ANSWER: "{model} of {vendor} did not give what it was asked for.{detail}",
    Kind.NOT_READY: "{vendor} is still starting.{detail}",
    Kind.CONFIG: "{vendor} cannot be asked at {url}: check the base URL, proxy and certificate settings.{detail}",
    Kind.INTERNAL: "{vendor} failed on its side.{detail}",
    Kind.NETWORK: "The connection to {vendor} at {url} failed.{detail}",
    Kind.UNKNOWN: "{vendor} failed.{detail}",
}

_DETAIL_LIMIT = 300


def provider_error(
    error: BaseException, table: Mapping[str, Kind], *, vendor: Vendor, url: str, model: str | None
) -> ProviderError:
    """Return our error for a foreign one.

    Args:
        error: what the SDK, the HTTP client or the standard library raised.
        table: from `package.ClassName` to a kind; a subclass counts as its nearest listed ancestor.
        vendor: whose endpoint it is.
        url: the base URL, for the message.
        model: the vendor's name of the model, or None while no model was asked.
    """
    # google-genai says `code` and `details` where the others say `status_code` and `body`.
    status = getattr(error, "status_code", getattr(error, "code", None))
    status = status if isinstance(status, int) else None
    words = list(_error_words(getattr(error, "body", getattr(error, "details", None))))
    detail = words[-1] if words else _root(error)
    kind = _kind(error, table, status, words, detail)
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None)
    return ProviderError(
        say(kind, vendor, url=url, model=model, status=status, detail=detail),
        kind=kind,
        provider=vendor.name,
        model=model,
        status=status,
        request_id=getattr(error, "request_id", None),
        retry_after_s=parse_retry_after(headers) if headers is not None else None,
    )


def say(
    kind: Kind, vendor: Vendor, *, url: str, model: str | None = None, status: int | None = None, detail: str = ""
) -> str:
    """Return one sentence for people about a failure; `detail` is the vendor's own words."""
    words = " ".join(detail.split())[:_DETAIL_LIMIT].strip()
    if status is not None:
        words = f"{words} (HTTP {status})".strip()
    key_hint = f"Check {vendor.key_hint}, or the key that you entered." if vendor.key_hint else "Check its key."
    return _SAYINGS[kind].format(
        vendor=vendor.display_name,
        model=model or "the model",
        url=url,
        key_hint=key_hint,
        detail=f" {words}" if words else "",
    )


def parse_retry_after(headers: Mapping[str, str], *, now_s: float | None = None) -> float | None:
    """Return the seconds that a response asks to wait (seconds, milliseconds or an HTTP date), or None."""
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * unit_s
        except ValueError:
            continue
        return max(0.0, seconds) if seconds == seconds else None
    try:
        at_s = email.utils.parsedate_to_datetime(headers.get("retry-after") or "").timestamp()
    except (ValueError, OverflowError):  # a year that no clock knows
        return None
    return max(0.0, at_s - (time.time() if now_s is None else now_s))


def exception_names(error: type[BaseException]) -> Iterator[str]:
    """Yield `package.ClassName` of an exception class and its ancestors, nearest first."""
    for cls in error.__mro__:
        yield f"{cls.__module__.partition('.')[0]}.{cls.__qualname__}"


def _kind(error: BaseException, table: Mapping[str, Kind], status: int | None, words: list[str], detail: str) -> Kind:
    # A cause that the SDK has a class for is more exact than the words in the body.
    named = isinstance(getattr(error, "error_code", None), str)
    for word in () if named else words[:-1]:
        if word in CODE_KINDS:
            return _overflow(CODE_KINDS[word], detail)
    if _UNTRUSTED.search(_root(error)):
        return Kind.CONFIG
    if status is not None and 300 <= status < 400:
        return Kind.CONFIG
    if status is not None and _LOADING.search(detail):
        return Kind.NOT_READY
    if status is not None and _TOO_LARGE.search(detail):
        return Kind.CONTEXT_OVERFLOW
    cause: BaseException | None = error
    while cause is not None and cause.__cause__ is not None and status is None:
        cause = cause.__cause__
        found = _listed(cause, table)
        if found is not None and found is not Kind.NETWORK:
            return found
    found = _listed(error, table)
    if found is None or found is Kind.UNKNOWN:
        found = _kind_of_status(status)
    return _overflow(found, detail)


def _listed(error: BaseException, table: Mapping[str, Kind]) -> Kind | None:
    return next((table[name] for name in exception_names(type(error)) if name in table), None)


def _kind_of_status(status: int | None) -> Kind:
    if status is None:
        return Kind.UNKNOWN
    if status in STATUS_KINDS:
        return STATUS_KINDS[status]
    return Kind.INVALID_INPUT if 400 <= status < 500 else Kind.INTERNAL


def _overflow(kind: Kind, detail: str) -> Kind:
    return Kind.CONTEXT_OVERFLOW if kind is Kind.INVALID_INPUT and _OVERFLOW.search(detail) else kind


def _error_words(body: object) -> Iterator[str]:
    """Yield an error body's code and type, then its message; nothing of a body of another shape."""
    if not isinstance(body, dict):
        if isinstance(body, str) and body.strip() and "<" not in body:
            yield body
        return
    inner = body.get("error", body)
    if isinstance(inner, str):
        yield inner
    if not isinstance(inner, dict):
        return
    for field in ("code", "type", "status"):
        if isinstance(inner.get(field), str):
            yield inner[field]
    message = inner.get("message")
    yield message if isinstance(message, str) and "<html" not in message.lower() else ""


def _root(error: BaseException) -> str:
    """Return the innermost cause's words: SDKs wrap `connection refused` into `Connection error.`."""
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause) or type(cause).__name__


def cut_stream(vendor: Vendor, *, url: str, model: str) -> ProviderError:
    """Return the error for a stream that ended without its closing event; no SDK raises one."""
    return _network(vendor, url, model, "The answer ended before it was complete.")


def corrupt_stream(vendor: Vendor, *, url: str, model: str, detail: str) -> ProviderError:
    """Return the error for a stream in which something is missing."""
    return _network(vendor, url, model, f"The answer arrived damaged: {detail}.")


def not_a_stream(headers: Mapping[str, str], vendor: Vendor, *, url: str, model: str) -> ProviderError | None:
    """Return an error when an answer with status 200 is a page, as a proxy's sign-in would send, else None."""
    found = headers.get("content-type", "").partition(";")[0].strip().lower()
    if found not in ("text/html", "application/json"):
        return None
    detail = f"It answered {found} where a stream of events was asked for."
    return ProviderError(
        say(Kind.CONFIG, vendor, url=url, model=model, detail=detail),
        kind=Kind.CONFIG,
        provider=vendor.name,
        model=model,
        status=200,
    )


def _network(vendor: Vendor, url: str, model: str, detail: str) -> ProviderError:
    return ProviderError(
        say(Kind.NETWORK, vendor, url=url, model=model, detail=detail),
        kind=Kind.NETWORK,
        provider=vendor.name,
        model=model,
    )
