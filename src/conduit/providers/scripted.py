"""A provider that plays a script: for tests, and to show the plumbing without a model.

The script is a JSON file of rules; the first rule whose conditions all hold answers. It is read again for every
completion, so that a test may edit it. Not a recording of a real model.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationError, model_validator

from conduit.errors import ConfigError, ProviderError, ProviderErrorKind
from conduit.messages.content import Block, Text, ToolCall, ToolResult
from conduit.messages.message import CompletionStop, Usage
from conduit.messages.request import ModelRequest
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent, UsageReport


def _compiled(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiled)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Strict):
    """Conditions; one that is left out holds. Patterns are searched for, with `.` matching line ends."""

    user: Pattern | None = None
    system: Pattern | None = None
    model: Pattern | None = None
    result: Pattern | None = None
    round: int | None = None


class Fail(_Strict):
    """An error that the vendor would have answered with."""

    kind: ProviderErrorKind
    message: str = "The script says so."
    status: int | None = None
    retry_after_s: float | None = None


class Step(_Strict):
    """One thing that the model does; exactly one of the fields, `arguments` and `id` going with `call`."""

    think: str | list[str] | None = None
    text: str | list[str] | None = None
    call: str | None = None
    arguments: dict[str, JsonValue] | None = None
    id: str | None = None
    raw_call: str | None = None
    json_text: str | None = None
    pause_s: float | None = None
    hold: bool | None = None
    fail: Fail | None = None
    cut: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _rename(cls, data: object) -> object:
        # `json` is taken by pydantic.
        return (
            {("json_text" if key == "json" else key): item for key, item in data.items()}
            if isinstance(data, dict)
            else data
        )

    @model_validator(mode="after")
    def _one_action(self) -> Step:
        actions = {"think", "text", "call", "raw_call", "pause_s", "hold", "fail", "cut"} & self.model_fields_set
        if len(actions) != 1:
            raise ValueError("a step has exactly one of think, text, call, raw_call, pause_s, hold, fail, cut")
        return self


class Rule(_Strict):
    """What is answered when."""

    when: When = When()
    reply: list[Step]
    usage: Usage | None = None
    stop: CompletionStop | None = None


class Script(_Strict):
    """The whole file."""

    rules: list[Rule]


class ScriptedProvider:
    """Answers from a script file."""

    def __init__(self, script: Path | None, *, name: str = "scripted") -> None:
        """Remember the file; it is first read when a completion is asked for.

        Args:
            script: the JSON file; None when no script is configured, which is said on use.
            name: the vendor's row name.
        """
        self._script = script
        self._name = name

    @property
    def name(self) -> str:
        """The vendor's row name."""
        return self._name

    async def load(self) -> None:
        """Nothing is heavy here."""

    async def aclose(self) -> None:
        """Nothing is open here."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Play the first rule that fits; raises ConfigError for a bad script, else see `Provider.stream`."""
        script = await asyncio.to_thread(self._read)
        rule = next((rule for rule in script.rules if _fits(rule.when, request)), None)
        if rule is None:
            rule = Rule(reply=[Step(text=f"The script {self._script} has no rule for this: {_user_text(request)!r}")])
        written = 0
        for index, step in enumerate(rule.reply):
            async for event in self._play(step, index, request):
                written += len(event.text) if isinstance(event, BlockDelta) else 0
                yield event
        yield UsageReport(usage=rule.usage or _usage(request, written))
        calls = any(step.call or step.raw_call for step in rule.reply)
        yield Stop(reason=rule.stop or ("tool_use" if calls else "end_turn"))

    def _read(self) -> Script:
        if self._script is None:
            raise ConfigError("The scripted model needs a script: set `script` or CONDUIT_SCRIPT to a JSON file.")
        try:
            return Script.model_validate_json(self._script.read_bytes())
        except OSError as error:
            raise ConfigError(f"The script {self._script} cannot be read: {error.strerror or error}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise ConfigError(
                f"The script {self._script} is wrong at {place or 'its start'}: {first['msg']}."
            ) from error

    async def _play(self, step: Step, index: int, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        if step.pause_s is not None:
            await asyncio.sleep(step.pause_s)
        elif step.hold:
            await asyncio.Event().wait()
        elif step.fail is not None:
            raise ProviderError(
                step.fail.message,
                kind=step.fail.kind,
                provider=self._name,
                model=request.model,
                status=step.fail.status,
                retry_after_s=step.fail.retry_after_s,
            )
        elif step.cut:
            raise ProviderError(
                "The stream ended before the answer did.",
                kind=ProviderErrorKind.NETWORK,
                provider=self._name,
                model=request.model,
            )
        else:
            for event in _block(step, index, request):
                yield event
                await asyncio.sleep(0)  # let others run between two pieces, as a network would


def _block(step: Step, index: int, request: ModelRequest) -> list[StreamEvent]:
    kind: Literal["text", "thinking", "tool_call"]
    call_id = name = ""
    if step.call is not None or step.raw_call is not None:
        kind, name = "tool_call", step.call or step.raw_call or ""
        call_id = step.id or f"call_{_round(request) + 1}_{index + 1}"
        pieces = [step.json_text or ""] if step.call is None else [_json(step.arguments or {})]
    elif step.think is not None:
        kind, pieces = "thinking", _pieces(step.think)
    else:
        kind, pieces = "text", _pieces(step.text or "")
    return [
        BlockStart(index=index, kind=kind, call_id=call_id, name=name),
        *(BlockDelta(index=index, text=piece) for piece in pieces),
        BlockStop(index=index),
    ]


def _json(arguments: dict[str, JsonValue]) -> str:
    return ToolCall(id="", name="", arguments=arguments).model_dump_json(include={"arguments"})[
        len('{"arguments":') : -1
    ]


def _pieces(text: str | list[str]) -> list[str]:
    """Return given chunks as they are, and other text word by word; joined, they are the text again."""
    return text if isinstance(text, list) else re.findall(r"\s*\S+\s*|\s+", text)


def _fits(when: When, request: ModelRequest) -> bool:
    facts = (
        (when.user, _user_text(request)),
        (when.system, request.system),
        (when.model, request.model),
        (when.result, _newest_results(request)),
    )
    if when.round is not None and when.round != _round(request):
        return False
    return all(pattern is None or re.search(pattern, text, re.DOTALL) for pattern, text in facts)


def _user_text(request: ModelRequest) -> str:
    return next((message.text for message in reversed(request.messages) if message.role == "user"), "")


def _newest_results(request: ModelRequest) -> str:
    last = request.messages[-1] if request.messages else None
    return "\n".join(result.text for result in last.tool_results) if last is not None else ""


def _round(request: ModelRequest) -> int:
    """Count the assistant's messages after the user's last one."""
    count = 0
    for message in reversed(request.messages):
        if message.role == "user":
            break
        count += message.role == "assistant"
    return count


def _usage(request: ModelRequest, written: int) -> Usage:
    """Four characters a token: deterministic, and near enough for a script."""
    sent = len(request.system) + sum(_size(block) for message in request.messages for block in message.content)
    return Usage(input_tokens=-(-sent // 4), output_tokens=-(-written // 4))


def _size(block: Block) -> int:
    if isinstance(block, Text | ToolResult):
        return len(block.text)
    return len(str(block.arguments)) if isinstance(block, ToolCall) else 0
