"""A twin of Ollama's server, written from https://docs.ollama.com/api and api/types.go v0.33 (2026-11-21).

It keeps models, loads them with a context, counts words as tokens, and forgets or refuses what does not fit, as the
real one does. Strict where the real one is lenient: a field that the format does not have is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fakes.byte_server import Received
from fakes.faulty_server import FaultyServer, Refused, check_keys, check_order, need

NOW = "2026-11-21T10:00:00.123456789Z"

OPTIONS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("num_ctx", "num_predict", "num_keep", "num_batch", "num_gpu", "seed", "top_k"), int),
    **dict.fromkeys(("temperature", "top_p", "min_p", "repeat_penalty", "presence_penalty"), (int, float)),
    "stop": list,
}
CHAT = ("model", "messages", "tools", "format", "options", "stream", "keep_alive", "think", "truncate", "shift")
MESSAGE = ("role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id")


@dataclass
class Model:
    """A model as `ollama show` describes it."""

    context: int = 131_072
    capabilities: tuple[str, ...] = ("completion", "tools", "thinking", "vision")
    family: str = "qwen3"
    size: int = 5_225_388_164


@dataclass
class OllamaServer(FaultyServer):
    """The server; `old` ignores `truncate` as those before 0.12.6 did."""

    models: dict[str, Model] = field(default_factory=lambda: {"qwen3": Model(), "gpt-oss": Model(family="gptoss")})
    library: dict[str, int] = field(default_factory=lambda: {"llama3.2": 2_019_377_376})
    loaded: dict[str, int] = field(default_factory=dict)
    loads: int = 0
    old: bool = False
    thinks: str = ""
    stream_error: str = ""

    content_type = "application/x-ndjson"

    def error_body(self, status: int, message: str, code: str) -> dict[str, Any]:
        return {"error": message}

    def answer(self, method: str, request: Received) -> Iterable[bytes]:
        body = request.body
        match method, request.target:
            case "POST", "/api/chat":
                return self._chat(body)
            case "POST", "/api/generate":
                check_keys(body, ("model", "keep_alive", "stream", "prompt"), "generate")
                need(body.get("keep_alive") == 0, "only unloading is played here")
                self.loaded.pop(self._name(body), None)
                return [_line(model=body["model"], created_at=NOW, response="", done=True, done_reason="unload")]
            case "POST", "/api/embed":
                return [self._embed(body)]
            case "GET", "/api/tags":
                return [_line(models=[self._tag(name, model) for name, model in self.models.items()])]
            case "POST", "/api/show":
                check_keys(body, ("model", "verbose"), "show")
                return [self._show(self.models[self._name(body)])]
            case "POST", "/api/pull":
                check_keys(body, ("model", "stream", "insecure"), "pull")
                return self._pull(body["model"])
        raise Refused(404, "404 page not found")

    def _name(self, body: dict[str, Any]) -> str:
        name = body.get("model")
        need(isinstance(name, str) and name, "model is required")
        need(name in self.models, f"model '{name}' not found", status=404)
        return str(name)

    def _chat(self, body: dict[str, Any]) -> Iterator[bytes]:
        name = self._name(body)
        model = self.models[name]
        check_chat(body, name, model)
        size = min(int(body.get("options", {}).get("num_ctx", 4096)), model.context)
        if self.window is not None:
            size = self.window
        if self.loaded.get(name) != size:
            self.loaded[name] = size
            self.loads += 1
        read = sum(len(message["content"].split()) + 4 for message in body["messages"])
        if read > size:
            if body.get("truncate") is False and not self.old:
                inner = {
                    "code": 400,
                    "message": f"request ({read} tokens) exceeds the available context size ({size} tokens), try "
                    "increasing it",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": read,
                    "n_ctx": size,
                }
                raise Refused(400, json.dumps({"error": inner}), honest=True)
            read = size // 2
        return self._speak(body, read)

    def _embed(self, body: dict[str, Any]) -> bytes:
        """Answer with a vector for each text: its length and its first letter, over and over."""
        check_keys(body, ("model", "input", "truncate", "dimensions", "keep_alive", "options"), "embed")
        name = self._name(body)
        need("embedding" in self.models[name].capabilities, "this model does not support embeddings")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        need(texts and all(isinstance(text, str) for text in texts), "invalid input type")
        read = [len(text.split()) for text in texts]
        if max(read) > self.models[name].context and body.get("truncate") is False:
            raise Refused(400, "the input length exceeds the context length", honest=True)
        length = body.get("dimensions") or 8
        vectors = [([float(len(text)), float(ord(text[0]))] * 4)[:length] for text in texts]
        return _line(model=name, embeddings=vectors, total_duration=14143917, prompt_eval_count=sum(read))

    def _speak(self, body: dict[str, Any], read: int) -> Iterator[bytes]:
        def say(**message: Any) -> bytes:
            full = {"role": "assistant", "content": "", **message}
            return _line(model=body["model"], created_at=NOW, message=full, done=False)

        if self.thinks and body.get("think") is not False:
            for word in _words(self.thinks):
                yield say(thinking=word)
        count = 0
        if body.get("tools") and body["messages"][-1]["role"] == "user":
            function = body["tools"][0]["function"]
            arguments: Any = dict.fromkeys(function["parameters"].get("required", []), "a.py")
            call = {"index": 0, "name": function["name"], "arguments": '{"path": ' if self.broken_call else arguments}
            yield say(tool_calls=[{"id": "call_0a1b2c3d", "function": call}])
        else:
            for word in _words(self.words):
                count += 1
                yield say(content=word)
            if self.stream_error:
                yield _line(error=self.stream_error)
                return
        done = {"done": True, "done_reason": "stop", "total_duration": 4883583458, "load_duration": 1334875}
        counts = {"prompt_eval_count": read, "prompt_eval_duration": 342546000, "eval_count": max(count, 1)}
        yield _line(model=body["model"], created_at=NOW, message={"role": "assistant", "content": ""}, **done, **counts)

    def _tag(self, name: str, model: Model) -> dict[str, Any]:
        return {
            "name": name,
            "model": name,
            "modified_at": NOW,
            "size": model.size,
            "digest": "9f438cb9cd581fc025612d27f7c1a6669ff83a8bb0ed86c94fcf4c5440555697",
            "details": _details(model),
        }

    def _show(self, model: Model) -> bytes:
        info = {"general.architecture": model.family, f"{model.family}.context_length": model.context}
        return _line(
            license="",
            modelfile="FROM x",
            parameters="",
            template="{{ .Prompt }}",
            details=_details(model),
            model_info=info,
            capabilities=list(model.capabilities),
            modified_at=NOW,
        )

    def _pull(self, name: str) -> Iterator[bytes]:
        yield _line(status="pulling manifest")
        if name not in self.library:
            yield _line(error="pull model manifest: file does not exist")
            return
        total = self.library[name]
        digest = "sha256:dde5aa3fc5ffc17176b5e8bdc82f587b24b2678c6c66101bf7da77af9f7ccdff"
        layer = {"status": "pulling dde5aa3fc5ff", "digest": digest, "total": total}
        yield _line(**layer)
        for part in (1, 2, 3):
            yield _line(**layer, completed=total * part // 3)
        yield _line(status="verifying sha256 digest")
        yield _line(status="writing manifest")
        self.models[name] = Model(size=total)
        yield _line(status="success")


def check_chat(body: dict[str, Any], name: str, model: Model) -> None:
    """Refuse a chat request that the published format or the model does not take."""
    check_keys(body, CHAT, "chat")
    messages = body.get("messages")
    need(isinstance(messages, list) and messages, "messages is required")
    assert isinstance(messages, list)
    for message in messages:
        _check_message(message)
    check_order(messages, _call_ids, ids=False)
    options = body.get("options", {})
    check_keys(options, OPTIONS, "options")
    for key, value in options.items():
        kind = OPTIONS[key]
        fits = isinstance(value, kind) and not isinstance(value, bool)
        need(fits, f'option "{key}" must be of type {kind}')
    for key in ("stream", "truncate", "shift"):
        need(isinstance(body.get(key, False), bool), f"{key} must be a boolean")
    schema = body.get("format", "")
    need(schema in ("", "json") or isinstance(schema, dict), "invalid format: expected a JSON schema")
    think = body.get("think")
    need(think in (None, True, False, "low", "medium", "high"), f'invalid think value: "{think}"')
    if isinstance(think, str):
        need(model.family == "gptoss", f'think value "{think}" is not supported for this model')
    if think:
        need("thinking" in model.capabilities, f'"{name}" does not support thinking')
    tools = body.get("tools", [])
    if tools:
        need("tools" in model.capabilities, f"registry.ollama.ai/library/{name} does not support tools")
    for tool in tools:
        check_keys(tool, ("type", "function"), "tool")
        check_keys(tool["function"], ("name", "description", "parameters"), "function")
        need(tool["function"]["parameters"].get("type") == "object", "a tool's parameters are an object")


def _call_ids(message: dict[str, Any]) -> list[str]:
    return [call["id"] for call in message.get("tool_calls", []) if "id" in call]


def _check_message(message: dict[str, Any]) -> None:
    check_keys(message, MESSAGE, "message")
    role = message.get("role")
    need(role in ("system", "user", "assistant", "tool"), f"invalid role: {role}")
    need(isinstance(message.get("content"), str), "content must be a string")
    need(isinstance(message.get("thinking", ""), str), "thinking must be a string")
    for image in message.get("images", []):
        try:
            base64.b64decode(image, validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise Refused(400, "illegal base64 data at input byte 0") from error
    for call in message.get("tool_calls", []):
        check_keys(call, ("id", "function"), "tool call")
        check_keys(call["function"], ("index", "name", "arguments"), "function")
        need(isinstance(call["function"]["arguments"], dict), "json: cannot unmarshal string into arguments")
    if role == "tool":
        need(message.get("tool_name"), "tool_name is required")


def _details(model: Model) -> dict[str, Any]:
    return {
        "parent_model": "",
        "format": "gguf",
        "family": model.family,
        "families": [model.family],
        "parameter_size": "8.2B",
        "quantization_level": "Q4_K_M",
    }


def _words(text: str) -> list[str]:
    words = text.split(" ")
    return [word if place == 0 else f" {word}" for place, word in enumerate(words)]


def _line(**value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
