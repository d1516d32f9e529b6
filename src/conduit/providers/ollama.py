"""The Ollama wire: its own /api/chat, which sets the context, thinks, and says how much it read.

Written against the ollama SDK 0.6 and https://docs.ollama.com/api/chat (2026-11-21). Ollama's OpenAI-compatible
endpoint cannot set the context; that one is `openai_chat`. Only `compose` makes one; importing this file imports no
SDK.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Vendor
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.message import Usage
from conduit.messages.request import ModelRequest
from conduit.messages.stream import Note, StreamEvent
from conduit.providers.addresses import base_url_of, is_on_this_machine
from conduit.providers.answer_guard import guard_answers
from conduit.providers.base import Embeddings, PullProgress, ServedModel
from conduit.providers.embeddings import count_of, embeddings_of
from conduit.providers.faults import HTTPX_KINDS, cut_stream, not_a_stream, provider_error, say
from conduit.providers.http_lines import Refusal, RefusalInStream, drain, lines_of, refuse_failure
from conduit.providers.ollama_request import TAKES_LEVELS, encode_request, sends_tools
from conduit.providers.ollama_stream import LineDecoder
from conduit.providers.ollama_window import Window, estimate_tokens, without_media
from conduit.providers.warmup import SharedLoad

if TYPE_CHECKING:
    import ollama

ERROR_KINDS: Mapping[str, ProviderErrorKind] = {
    **HTTPX_KINDS,
    "ollama.RequestError": ProviderErrorKind.INTERNAL,
    "ollama.ResponseError": ProviderErrorKind.UNKNOWN,  # its status says which
    "conduit.Refusal": ProviderErrorKind.UNKNOWN,
    "conduit.RefusalInStream": ProviderErrorKind.INTERNAL,
    "builtins.ValueError": ProviderErrorKind.NETWORK,  # an answer of another shape
    "builtins.TypeError": ProviderErrorKind.NETWORK,
    "builtins.AttributeError": ProviderErrorKind.NETWORK,
}
"""From every exception of the SDK to ours; UNKNOWN leaves it to the status. What has no row counts as its base."""

_WORDS: Mapping[str, re.Pattern[str]] = {
    "overloaded_error": re.compile(r"server busy|maximum pending requests", re.IGNORECASE),
    "context_length_exceeded": re.compile(r"context (length|size|window)|exceeds.{0,40}context", re.IGNORECASE),
    "model_not_found": re.compile(r"model .{0,200}not found|manifest: file does not exist", re.IGNORECASE),
}
"""What Ollama's errors, which are one sentence without a code, say (github.com/ollama/ollama, server/routes.go and
server/sched.go, v0.33)."""

_AT_ONCE = 8  # questions about models while they are listed
_LEVEL_FAMILIES = frozenset({"gptoss", "gpt-oss"})  # server/routes.go: other models refuse a level


class OllamaProvider:
    """One Ollama server, serving any model that was pulled there."""

    def __init__(
        self,
        vendor: Vendor,
        *,
        catalog: Catalog,
        api_key: str | None = None,
        base_url: str | None = None,
        read_timeout_s: float = 300.0,
        count: Callable[[ModelRequest], int] = estimate_tokens,
        factor: Callable[[str], float] = lambda model: 1.0,
    ) -> None:
        """Describe the server; nothing is imported or opened before `load` or the first stream.

        Args:
            vendor: the row.
            catalog: what is known of the models.
            api_key: sent where the server is behind one.
            base_url: instead of the row's.
            read_timeout_s: seconds without a byte after which the connection counts as dead; a model that is loaded
                first sends none.
            count: tokens of a request; called in a thread.
            factor: what a count of a model is to be multiplied with, learned from earlier ones; called in a thread.

        Raises:
            ConfigError: neither the row nor the caller names a base URL.
        """
        self._vendor = vendor
        self._catalog = catalog
        self._url = (
            base_url_of(vendor, base_url).rstrip("/").removesuffix("/v1")
        )  # the address of its OpenAI-compatible endpoint is meant too
        self._key = api_key
        self._read_timeout_s = read_timeout_s
        self._count = count
        self._factor = factor
        self._client: Any = None
        self._foreign: tuple[type[Exception], ...] = ()
        self._load = SharedLoad(self._open)
        self._shown: dict[str, ServedModel] = {}
        self._windows: dict[str, Window] = {}

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
        model = await self._known(request.model)
        window = self._windows.setdefault(request.model, Window(model.context_tokens))
        can = self._catalog.describe(self._vendor.name, request.model).capabilities
        # Tools that are not sent are not read either.
        sent = request if sends_tools(request, can, model) else request.model_copy(update={"tools": ()})
        expected, factor = await asyncio.to_thread(self._expect, sent)
        size = window.fit(expected, request.settings.max_tokens, factor)
        body = encode_request(request, self._vendor, can, model, num_ctx=size)
        if request.tools and "tools" not in body and request.settings.tool_choice != "none":
            said = f"{request.model} takes no tools: it can only talk. 'ollama.com/search?c=tools' lists others."
            yield Note(text=said)
        decoder = LineDecoder(request.model, think_tags=self._vendor.think_tags)
        async with aclosing(self._lines("/api/chat", body, request.model, decoder)) as lines:
            async for line in lines:
                for event in decoder.feed(line):
                    yield event
        if not decoder.ended:
            raise cut_stream(self._vendor, url=self._url, model=request.model)
        size = body["options"]["num_ctx"]
        if window.was_cut(expected, decoder.prompt_tokens, size):
            said = (
                f"{request.model} read only {decoder.prompt_tokens:,} tokens of about {expected:,}: the front of the "
                f"conversation was dropped. Its context is {size:,}; start a new session, or raise "
                "OLLAMA_CONTEXT_LENGTH where the server runs."
            )
            yield Note(text=said)
        for event in decoder.finish():
            yield event

    def _expect(self, request: ModelRequest) -> tuple[int, float]:
        """Return the tokens of a request as we count them, and the factor of its model."""
        return self._count(without_media(request)), self._factor(request.model)

    async def list_models(self) -> list[ServedModel]:
        """Return the models that were pulled, each with what the server tells of it; see `ListsModels`."""
        listed = await self._ask(lambda client: client.list(), None)
        few = asyncio.Semaphore(_AT_ONCE)

        async def shown(row: Any) -> ServedModel:
            size = None if row.size is None else int(row.size)
            try:
                async with few:
                    return replace(await self.show_model(row.model), size_bytes=size)
            except ProviderError:  # deleted meanwhile, or too old to tell
                return ServedModel(row.model, size_bytes=size, detail=" ".join(filter(None, _details(row.details))))

        return list(await asyncio.gather(*(shown(row) for row in listed.models if row.model)))

    async def show_model(self, model: str) -> ServedModel:
        """Return what the server knows of a model; see `ShowsModels`."""
        shown = await self._ask(lambda client: client.show(model), model)
        info = shown.modelinfo or {}
        abilities = None if shown.capabilities is None else frozenset(shown.capabilities)
        if abilities and shown.details and shown.details.family in _LEVEL_FAMILIES:
            abilities |= {TAKES_LEVELS}
        size = info.get(f"{info.get('general.architecture')}.context_length")
        return ServedModel(
            name=model,
            context_tokens=size if isinstance(size, int) and size > 0 else None,
            abilities=abilities,
            detail=" ".join(filter(None, _details(shown.details))),
        )

    async def embed(self, model: str, texts: Sequence[str], *, dimensions: int | None = None) -> Embeddings:
        """Return one vector for each text; see `Embeds`. Ollama would cut a text that is too long without a word."""
        answer = await self._ask(
            lambda client: client.embed(model, list(texts), truncate=False, dimensions=dimensions), model
        )
        return embeddings_of(
            answer.embeddings,
            Usage(input_tokens=count_of(answer.prompt_eval_count)),
            count=len(texts),
            dimensions=dimensions,
            vendor=self._vendor,
            url=self._url,
            model=model,
        )

    async def pull(self, model: str) -> AsyncIterator[PullProgress]:
        """Fetch a model; see `KeepsModels`."""
        await self.load()
        self._shown.pop(model, None)
        status = ""
        async with aclosing(self._lines("/api/pull", {"model": model, "stream": True}, None)) as lines:
            async for line in lines:
                if isinstance(line, dict) and isinstance(line.get("status"), str):
                    status = line["status"]
                    yield PullProgress(status, _size(line.get("completed")), _size(line.get("total")))
        if status != "success":
            raise cut_stream(self._vendor, url=self._url, model=model)

    async def unload(self, model: str) -> None:
        """Take a model out of the server's memory; see `KeepsModels`."""
        await self._ask(lambda client: client.generate(model=model, keep_alive=0), model)

    async def _known(self, model: str) -> ServedModel:
        """Return what is known of a model, from the catalogue or from the server, which is asked once."""
        row = self._catalog.describe(self._vendor.name, model)
        if row.context_tokens is not None and row.tier != "discovered":  # a kept list may be old
            return ServedModel(model, context_tokens=row.context_tokens)
        if model not in self._shown:
            try:
                self._shown[model] = await self.show_model(model)
            except ProviderError as error:
                if isinstance(error.__cause__, ValueError | TypeError | AttributeError):
                    self._shown[model] = ServedModel(model)  # another server that speaks Ollama tells less
                elif error.kind is not ProviderErrorKind.NOT_FOUND:
                    raise
                else:
                    return ServedModel(model)  # the chat itself will say that it is not there
        return self._shown[model]

    async def _ask(self, call: Callable[[ollama.AsyncClient], Any], model: str | None) -> Any:
        await self.load()
        try:
            return await call(self._client)
        except self._foreign as error:
            raise self._error(error, model) from error

    async def _lines(
        self, path: str, body: dict[str, Any], model: str | None, decoder: LineDecoder | None = None
    ) -> AsyncGenerator[Any]:
        """Yield the JSON values of an answer's lines until its end; every foreign error leaves as ours."""
        try:
            async with aclosing(self._client.lines(path, body)) as lines:
                async for raw in lines:
                    line = json.loads(raw)
                    if isinstance(line, dict) and line.get("error"):
                        raise RefusalInStream(line)
                    yield line
                    if decoder is not None and decoder.ended:
                        await drain(lines, self._foreign)
                        return
        except self._foreign as error:
            raise self._error(error, model) from error

    def _error(self, error: Exception, model: str | None) -> ProviderError:
        """Return ours for a foreign error, with the next step where there is one."""
        if isinstance(error, Refusal):
            if error.response is not None and error.response.is_success:
                fault = not_a_stream(error.response.headers, self._vendor, url=self._url, model=model or "")
                if fault is not None:
                    return fault
            error.body = _with_code(error.body)
        ours = provider_error(error, ERROR_KINDS, vendor=self._vendor, url=self._url, model=model)
        hint = ""
        if ours.kind is ProviderErrorKind.NOT_FOUND and model:
            hint = f"'conduit models pull {model}' fetches it."
        elif any(_is_refused(cause) for cause in _causes(error)):
            hint = f"Is {self._vendor.display_name} running there? 'ollama serve' starts it."
        if hint:
            ours.args = (f"{str(ours).removesuffix('.')}. {hint}",)
        return ours

    def _open(self) -> None:
        try:
            if not self._url.startswith(("http://", "https://")):
                raise ValueError(f"{self._url!r} is no http address")
            client, self._foreign = _open_client(self._url, self._key, self._read_timeout_s)
        except (ValueError, ImportError, OSError) as error:  # a SOCKS proxy needs a package of its own
            kind = ProviderErrorKind.CONFIG
            raise ProviderError(
                say(kind, self._vendor, url=self._url, detail=str(error)), kind=kind, provider=self.name
            ) from error
        self._client = client


def _open_client(url: str, key: str | None, read_timeout_s: float) -> tuple[Any, tuple[type[Exception], ...]]:
    """Return a client of the SDK, and what it may raise."""
    import httpx
    import ollama

    async def check(response: Any) -> None:
        await refuse_failure(response)
        if "text/html" in response.headers.get("content-type", ""):
            raise Refusal("", response=response)

    class Client(ollama.AsyncClient):
        """The SDK's client, with the streams as lines.

        Its own `chat` cuts tool schemas down to their first level, drops the ids of calls, reads a picture whose text
        is the name of a file from the disk, and breaks a line at U+0085.
        """

        def guard(self) -> None:
            """Bound what is read, refuse failures, and take away the key that the SDK found in the environment."""
            guard_answers(self._client, httpx.AsyncByteStream)
            self._client.event_hooks["response"].append(check)
            if not key:
                self._client.headers.pop("authorization", None)

        async def lines(self, path: str, body: dict[str, Any]) -> AsyncGenerator[bytes]:
            async with (
                self._client.stream("POST", path, json=body) as response,
                aclosing(lines_of(response.aiter_bytes())) as lines,
            ):
                async for line in lines:
                    yield line

    client = Client(
        host=url,
        headers={"Authorization": f"Bearer {key}"} if key else None,
        # A redirect would carry the conversation to another host.
        follow_redirects=False,
        timeout=httpx.Timeout(read_timeout_s, connect=10.0),
        trust_env=not is_on_this_machine(url),
    )
    client.guard()
    foreign = (
        *(ollama.ResponseError, ollama.RequestError, Refusal),
        *(httpx.HTTPError, httpx.InvalidURL, httpx.StreamError),
        *(ValueError, OSError, TypeError, AttributeError),
    )
    return client, foreign


def _with_code(body: object) -> object:
    """Give Ollama's sentence the code that it stands for; a runner's own error comes as JSON inside of it."""
    text = body.get("error") if isinstance(body, dict) else body
    if not isinstance(text, str):
        return body
    try:
        inner = json.loads(text)
    except ValueError:
        inner = None
    if isinstance(inner, dict):
        return inner
    code = next((code for code, words in _WORDS.items() if words.search(text)), None)
    return {"error": {"code": code, "message": text}}


def _details(details: Any) -> tuple[str | None, ...]:
    return () if details is None else (details.family, details.parameter_size, details.quantization_level)


def _size(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _is_refused(error: BaseException) -> bool:
    return isinstance(error, ConnectionRefusedError) or (isinstance(error, OSError) and "refused" in str(error))
