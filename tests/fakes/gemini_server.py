"""A Gemini endpoint on loopback, written from the vendor's published format; it refuses what the vendor would refuse.

Formats: https://ai.google.dev/api/generate-content, .../api/caching, .../api/tokens, .../api/models and
https://ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-21. It plays the answers that a test gives it,
signs what it is told to sign, and keeps caches that expire by a clock of the test's.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fakes.wire_answers import gemini_chunk

DUMMY = "skip_thought_signature_validator"
MIN_CACHE_TOKENS = 1024
MAX_EMBEDDED = 100

_BODY = {
    "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "cachedContent", "safetySettings"
}  # fmt: skip
_CONFIG = {
    "temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "seed", "thinkingConfig", "responseMimeType",
    "responseJsonSchema",
}  # fmt: skip
_PAYLOADS = {"text", "inlineData", "functionCall", "functionResponse"}
_SCHEMALESS = {"args", "response", "parametersJsonSchema", "responseJsonSchema"}
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$")
_STATUSES = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


class RefusedError(Exception):
    """What the vendor answers to a request that is wrong."""

    def __init__(self, code: int, message: str, *details: dict[str, Any]) -> None:
        super().__init__(message)
        error = {"code": code, "message": message, "status": _STATUSES[code], "details": list(details)}
        self.code = code
        self.body = {"error": {name: value for name, value in error.items() if value != []}}


@dataclass
class Cache:
    """A cache as the vendor keeps it; times in seconds since 1970."""

    name: str
    model: str
    label: str
    tokens: int
    made_at: float
    expires_at: float
    parts: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "model": self.model,
            "displayName": self.label,
            "createTime": _stamp(self.made_at),
            "updateTime": _stamp(self.made_at),
            "expireTime": _stamp(self.expires_at),
            "usageMetadata": {"totalTokenCount": self.tokens},
        }


@dataclass
class GeminiServer:
    """Plays `answers` in turn, the last one for ever; each is a list of chunks, or an error to refuse with."""

    answers: list[Sequence[dict[str, Any]] | RefusedError] = field(default_factory=list)
    now: Callable[[], float] = lambda: 1_795_262_400.0
    key: str = "test-key"
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    counted: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    caches: dict[str, Cache] = field(default_factory=dict)
    created: int = 0
    deleted: int = 0
    renewed: int = 0
    hold_create: asyncio.Event | None = None
    creating: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Any = field(default_factory=itertools.count)
    _played: int = 0
    _signed: dict[str, str] = field(default_factory=dict)

    def sign(self, model: str, mark: str) -> str:
        """Return a signature that only `model` may send back."""
        signature = base64.b64encode(f"{model}/{mark}".encode()).decode()
        self._signed[signature] = model
        return signature

    def alive(self) -> list[Cache]:
        """Return the caches that have not expired."""
        self.caches = {name: cache for name, cache in self.caches.items() if cache.expires_at > self.now()}
        return list(self.caches.values())

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            raw = await reader.readexactly(int(headers.get("content-length", 0)))
            method, target, _ = lines[0].split(" ")
            try:
                if headers.get("x-goog-api-key") != self.key:
                    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
                    raise RefusedError(400, "API key not valid. Please pass a valid API key.", reason)
                await self._route(method, target, spelt_alike(json.loads(raw)) if raw else {}, writer)
            except RefusedError as refusal:
                self.refused.append(str(refusal))
                _reply(writer, refusal.code, refusal.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _route(self, method: str, target: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        path, _, query = target.partition("?")
        if not path.startswith("/v1beta/"):
            raise RefusedError(404, f"no such version: {path}")
        path = path.removeprefix("/v1beta/")
        if found := re.fullmatch(r"models/([^:/]+):(streamGenerateContent|countTokens)", path):
            model, action = found.groups()
            if action == "countTokens":
                _only(body, {"contents"}, "countTokens")
                self.counted.append(body)
                _reply(writer, 200, {"totalTokens": _tokens(body)})
            elif query != "alt=sse":
                raise RefusedError(400, "this server streams events only")
            else:
                self._generate(model, body, writer)
        elif found := re.fullmatch(r"models/([^:/]+):batchEmbedContents", path):
            self._embed(found[1], body, writer)
        elif (method, path) == ("GET", "models"):
            _reply(writer, 200, {"models": MODELS})
        elif path.startswith("cachedContents"):
            await self._caching(method, path, body, writer)
        else:
            raise RefusedError(404, f"no such path: {path}")

    def _generate(self, model: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        cache = self._cache_of(model, body)
        check_request(model, body, self._signed)
        self.asked.append(body)
        answer = self.answers[min(self._played, len(self.answers) - 1)] if self.answers else [TEXT]
        self._played += 1
        if isinstance(answer, RefusedError):
            raise answer
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        for chunk in answer:
            counts = chunk.get("usageMetadata")
            if cache is not None and isinstance(counts, dict):
                total = counts["promptTokenCount"] + cache.tokens
                cached = {**counts, "promptTokenCount": total, "cachedContentTokenCount": cache.tokens}
                chunk = {**chunk, "usageMetadata": cached}
            writer.write(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n")

    def _embed(self, model: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        """Answer with a vector for each text: its length and its first letter, over and over."""
        self.asked.append(body)
        _only(body, {"requests"}, "batchEmbedContents")
        requests = body["requests"]
        if not 1 <= len(requests) <= MAX_EMBEDDED:
            raise RefusedError(400, f"at most {MAX_EMBEDDED} requests can be in one batch")
        if "embedding" not in model:
            raise RefusedError(404, f"models/{model} is not found for API version v1beta, or not supported")
        rows = []
        for request in requests:
            _only(request, {"model", "content", "taskType", "title", "outputDimensionality"}, "EmbedContentRequest")
            if request["model"] != f"models/{model}":
                raise RefusedError(400, "the model of a request must be that of the batch")
            text = "".join(part["text"] for part in request["content"]["parts"])
            if not text:
                raise RefusedError(400, "empty Part provided")
            numbers = [float(len(text)), float(ord(text[0]))] * 4
            rows.append({"values": numbers[: request.get("outputDimensionality", 8)]})
        _reply(writer, 200, {"embeddings": rows, "usageMetadata": {"promptTokenCount": _tokens(body)}})

    def _cache_of(self, model: str, body: dict[str, Any]) -> Cache | None:
        name = body.get("cachedContent")
        if name is None:
            return None
        self.alive()
        cache = self.caches.get(name)
        if cache is None or cache.model != f"models/{model}":
            raise RefusedError(403, "CachedContent not found (or permission denied)")
        if {"systemInstruction", "tools", "toolConfig"} & set(body):
            raise RefusedError(400, "CachedContent can not be used with system_instruction, tools or tool_config")
        return cache

    async def _caching(self, method: str, path: str, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        self.alive()
        if (method, path) == ("POST", "cachedContents"):
            _only(body, {"model", "systemInstruction", "tools", "ttl", "displayName", "contents"}, "cachedContents")
            tokens = _tokens({name: body.get(name) for name in ("systemInstruction", "tools")})
            if tokens < MIN_CACHE_TOKENS:
                said = (
                    f"Cached content is too small. total_token_count={tokens}, min_total_token_count={MIN_CACHE_TOKENS}"
                )
                raise RefusedError(400, said)
            name = f"cachedContents/c{next(self._numbers)}"
            end = self.now() + _seconds(body["ttl"])
            made = Cache(name, body["model"], body["displayName"], tokens, self.now(), end, body)
            self.caches[name] = made
            self.created += 1
            self.creating.set()
            if self.hold_create is not None:
                await self.hold_create.wait()
            _reply(writer, 200, made.shown())
            return
        if (method, path) == ("GET", "cachedContents"):
            _reply(writer, 200, {"cachedContents": [cache.shown() for cache in self.caches.values()]})
            return
        cache = self.caches.get(path)
        if cache is None:
            raise RefusedError(404, "Requested entity was not found.")
        if method == "PATCH":
            cache.expires_at = self.now() + _seconds(body["ttl"])
            self.renewed += 1
            _reply(writer, 200, cache.shown())
        elif method == "DELETE":
            del self.caches[path]
            self.deleted += 1
            _reply(writer, 200, {})


TEXT = gemini_chunk(
    {"text": "ok"},
    finish="STOP",
    usageMetadata={"promptTokenCount": 5, "candidatesTokenCount": 1, "totalTokenCount": 6},
)

MODELS = [
    {
        "name": "models/gemini-3.8-flash",
        "displayName": "Gemini 3.8 Flash",
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": ["generateContent", "countTokens", "createCachedContent"],
        "thinking": True,
    },
    {"name": "models/gemini-embedding-2", "displayName": "Embedding", "supportedGenerationMethods": ["embedContent"]},
]


def check_request(model: str, body: dict[str, Any], signed: dict[str, str] | None = None) -> None:
    """Refuse a body of `generateContent` that breaks the format; `body` has camel case names.

    `signed` maps each signature that was given out to its model; None takes any.
    """
    _only(body, _BODY, "GenerateContentRequest")
    if "systemInstruction" in body:
        _only(body["systemInstruction"], {"parts", "role"}, "systemInstruction")
    config = body.get("generationConfig", {})
    _only(config, _CONFIG, "generationConfig")
    if len(config.get("stopSequences", [])) > 5:
        raise RefusedError(400, "at most 5 stop sequences")
    _check_thinking(model, config.get("thinkingConfig", {}))
    for tool in body.get("tools", []):
        _only(tool, {"functionDeclarations"}, "tool")
        for declared in tool["functionDeclarations"]:
            _only(declared, {"name", "description", "parametersJsonSchema"}, "functionDeclaration")
            if not _NAME.match(declared["name"]):
                raise RefusedError(400, f"Invalid function name: {declared['name']}")
    mode = body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode", "AUTO")
    if mode not in ("AUTO", "ANY", "NONE") or (mode == "ANY" and not body.get("tools")):
        raise RefusedError(400, f"Function calling mode {mode} is not possible here")
    _check_contents(model, body.get("contents", []), signed)


def _check_thinking(model: str, thinking: dict[str, Any]) -> None:
    _only(thinking, {"includeThoughts", "thinkingLevel", "thinkingBudget"}, "thinkingConfig")
    if "thinkingBudget" in thinking and not model.startswith("gemini-2.5"):
        raise RefusedError(400, "Thinking budget is not supported for this model. Use thinking level instead.")
    levels = {"LOW", "MEDIUM", "HIGH"} | ({"MINIMAL"} if "lite" in model else set())
    if "thinkingLevel" in thinking and (model.startswith("gemini-2.5") or thinking["thinkingLevel"] not in levels):
        raise RefusedError(400, f"Thinking level {thinking['thinkingLevel']} is not supported for this model.")


def _check_contents(model: str, contents: list[dict[str, Any]], signed: dict[str, str] | None) -> None:
    if not contents or contents[0].get("role") != "user" or contents[-1].get("role") != "user":
        raise RefusedError(400, "Please ensure that the conversation begins and ends with a user turn")
    waiting: list[dict[str, Any]] = []
    for content in contents:
        _only(content, {"role", "parts"}, "content")
        if content["role"] not in ("user", "model") or not content["parts"]:
            raise RefusedError(400, "Please use a valid role: user, model, and at least one part")
        answers = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        asked = [(call["name"], call.get("id")) for call in waiting]
        if waiting and [(answer["name"], answer.get("id")) for answer in answers] != asked:
            raise RefusedError(400, "function response parts must equal the function call parts of the turn before")
        if answers and not waiting:
            raise RefusedError(400, "function response turn comes immediately after a function call turn")
        waiting = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        for part in content["parts"]:
            _check_part(model, content["role"], part, signed)
        first = next((part for part in content["parts"] if "functionCall" in part), None)
        if first is not None and "thoughtSignature" not in first and not model.startswith("gemini-2.5"):
            raise RefusedError(400, "Function call is missing a thought_signature in functionCall parts.")
    if waiting:
        raise RefusedError(400, "a function call turn has no response")


def _check_part(model: str, role: str, part: dict[str, Any], signed: dict[str, str] | None) -> None:
    _only(part, {*_PAYLOADS, "thought", "thoughtSignature"}, "part")
    payloads = _PAYLOADS & set(part)
    if len(payloads) != 1:
        raise RefusedError(400, f"a part must have exactly one payload, not {sorted(payloads)}")
    if role == "user" and {"functionCall", "thought", "thoughtSignature"} & set(part):
        raise RefusedError(400, "only the model calls, thinks and signs")
    if role == "model" and {"functionResponse"} & set(part):
        raise RefusedError(400, "only the user answers calls")
    if "text" in part and not part["text"] and "thoughtSignature" not in part:
        raise RefusedError(400, "empty text parameter")
    if "inlineData" in part:
        _only(part["inlineData"], {"mimeType", "data"}, "inlineData")
        base64.urlsafe_b64decode(part["inlineData"]["data"])
    if "functionCall" in part:
        _only(part["functionCall"], {"id", "name", "args"}, "functionCall")
    if "functionResponse" in part and not isinstance(part["functionResponse"]["response"], dict):
        raise RefusedError(400, "functionResponse.response must be an object")
    if (signature := part.get("thoughtSignature")) is not None and signed is not None:
        raw = base64.urlsafe_b64decode(signature)
        given = base64.b64encode(raw).decode()
        if raw != DUMMY.encode() and signed.get(given) != model:
            raise RefusedError(400, "Thought signature is not valid.")


def _only(value: Any, known: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise RefusedError(400, f"{where} is no object")
    if unknown := set(value) - known:
        raise RefusedError(400, f'Invalid JSON payload received. Unknown name "{min(unknown)}" at {where!r}')


def spelt_alike(value: Any, *, inside: bool = True) -> Any:
    """Read both spellings of a field, as the vendor does, except in what is the caller's own."""
    if isinstance(value, list):
        return [spelt_alike(item, inside=inside) for item in value]
    if not isinstance(value, dict) or not inside:
        return value
    named = {re.sub(r"_(\w)", lambda found: found[1].upper(), name): item for name, item in value.items()}
    return {name: spelt_alike(item, inside=name not in _SCHEMALESS) for name, item in named.items()}


def _tokens(value: Any) -> int:
    return len(json.dumps(value)) // 4


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)s", text)
    if found is None:
        raise RefusedError(400, f"Illegal duration {text!r}")
    return float(found[1])


def _stamp(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")


def _reply(writer: asyncio.StreamWriter, code: int, body: object) -> None:
    raw = json.dumps(body).encode()
    head = f"HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\nconnection: close"
    writer.write(f"{head}\r\n\r\n".encode() + raw)


@asynccontextmanager
async def serve_gemini(
    *answers: Sequence[dict[str, Any]] | RefusedError, **options: Any
) -> AsyncIterator[GeminiServer]:
    fake = GeminiServer(list(answers), **options)
    server = await asyncio.start_server(fake.handle, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
