"""Tool calls for models that have none: the answer is held to a JSON schema, and read as a call or as text.

A wrapper around any provider whose endpoint constrains its output (`response_schema`). The tools are described in the
system text, calls and results of the transcript become plain text, and examples show the form. When a call brought
what it could, or the same call comes again, the model is asked for plain text: a very small model would repeat itself.
It makes no model an engineer. Made by `compose` for models without tool calls.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from conduit.messages.content import Block, Text, ToolCall, ToolResult
from conduit.messages.message import Message, assistant_message, user_message
from conduit.messages.request import ContextLayer, ModelRequest, ToolSpec
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, StreamEvent
from conduit.providers.answer_stream import AnswerReader
from conduit.providers.base import FetchesFirst, Provider
from conduit.providers.closing import closable
from conduit.providers.prompted_examples import Example, fitting_examples, load_examples
from conduit.providers.prompted_schema import answer_schema, signature

_CUT_NAME = re.compile(r'"tool"\s*:\s*"([^"\\]*)"')
_CUT_ARGUMENTS = re.compile(r'"arguments"\s*:\s*(\{.*)', re.DOTALL)
_CALL_FORM = '{"tool": name, "arguments": {...}} to use a tool'
_ANSWER_FORM = '{"answer": text} to answer'


@dataclass(frozen=True, slots=True)
class PromptedLimits:
    """What keeps a small model on its way.

    Attributes:
        calls: tool calls in one turn, after which the model can only answer.
        max_tokens: of one completion, when the request sets none.
        result_chars: characters of one tool result that are shown; the rest is cut, and the cut marked.
        examples: worked requests shown.
    """

    calls: int = 3
    max_tokens: int = 512
    result_chars: int = 6000
    examples: int = 3


class PromptedToolsProvider:
    """Gives tool calls to a provider whose model has none."""

    def __init__(
        self,
        inner: Provider,
        *,
        limits: PromptedLimits | None = None,
        examples: Sequence[Example] | None = None,
        new_id: Callable[[], str] = lambda: f"call_{secrets.token_hex(6)}",
    ) -> None:
        """Wrap `inner`; `examples` replaces those that ship with the package."""
        self._inner = inner
        self._limits = limits or PromptedLimits()
        self._examples = examples
        self._new_id = new_id

    @property
    def name(self) -> str:
        """The vendor's row name, that of the wrapped provider."""
        return self._inner.name

    def at_hand(self) -> bool:
        """Say whether the wrapped provider has all that it needs."""
        return not isinstance(self._inner, FetchesFirst) or self._inner.at_hand()

    async def load(self) -> None:
        """Load the wrapped provider."""
        await self._inner.load()

    async def aclose(self) -> None:
        """Close the wrapped provider."""
        await self._inner.aclose()

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Stream one completion; see `Provider.stream`."""
        if self._examples is None:
            self._examples = load_examples()
        prompted = prompt_request(request, self._limits, self._examples)
        decoder = _Decoder(self._new_id) if prompted.response_schema is not request.response_schema else None
        async with aclosing(closable(self._inner.stream(prompted))) as events:
            async for event in events:
                for out in [event] if decoder is None else decoder.feed(event):
                    yield out


def prompt_request(request: ModelRequest, limits: PromptedLimits, examples: Sequence[Example]) -> ModelRequest:
    """Return the request without tools: with a schema for a call or an answer, or for plain text."""
    settings = request.settings
    if settings.max_tokens is None:
        settings = settings.model_copy(update={"max_tokens": limits.max_tokens})
    plain = {"tools": (), "settings": settings.model_copy(update={"tool_choice": "auto"})}
    required = settings.tool_choice == "required"
    if not request.tools or settings.tool_choice == "none" or _has_enough(request.messages, limits.calls):
        messages = _plain_messages(request.messages, limits.result_chars)
        return request.model_copy(update={**plain, "messages": messages})
    question = _last_question(request.messages)
    shown = fitting_examples(examples, question, request.tools, with_answer=not required, count=limits.examples)
    turn = len(request.messages) - len(_newest_turn(request.messages)) - 1
    earlier, newest = (
        _plain_messages(part, limits.result_chars, as_json=True)
        for part in (request.messages[:turn], request.messages[turn:])
    )
    transcript = "\n".join(message.text for message in (*earlier, *newest))
    return request.model_copy(
        update={
            **plain,
            "layers": (*request.layers, _describe(request.tools, with_answer=not required)),
            "messages": _merged((*earlier, *_shown(shown), *newest)),
            "response_schema": answer_schema(
                request.tools, with_answer=not required, transcript=transcript, question=question
            ),
        }
    )


def _describe(tools: Sequence[ToolSpec], *, with_answer: bool) -> ContextLayer:
    template = files("conduit.prompts").joinpath("templates", "prompted_tools.md").read_text(encoding="utf-8")
    lines = (f"{signature(tool)}: {_first_sentence(tool.description)}" for tool in tools)
    forms = f"{_CALL_FORM}, or {_ANSWER_FORM}" if with_answer else _CALL_FORM
    text = Template(template).substitute(tools="\n".join(lines), forms=forms).strip()
    return ContextLayer(name="tools", text=text, stable="prompt")


def _first_sentence(text: str) -> str:
    line = " ".join(text.split())
    end = line.find(". ")
    return line if end < 0 else line[: end + 1]


def _has_enough(messages: Sequence[Message], calls: int) -> bool:
    """Whether the turn's calls brought a result, repeat themselves or are too many, so that an answer is due."""
    turn = _newest_turn(messages)
    made = [(call.name, json.dumps(call.arguments, sort_keys=True)) for message in turn for call in message.tool_calls]
    results = [result for message in turn for result in message.tool_results]
    succeeded = bool(results) and not results[-1].is_error
    return succeeded or len(made) >= calls or len(set(made)) < len(made)


def _newest_turn(messages: Sequence[Message]) -> Sequence[Message]:
    """Return what follows the newest user message."""
    start = next((index for index in reversed(range(len(messages))) if messages[index].role == "user"), -1)
    return messages[start + 1 :]


def _last_question(messages: Sequence[Message]) -> str:
    return next((message.text for message in reversed(messages) if message.role == "user"), "")


def _plain_messages(messages: Sequence[Message], result_chars: int, *, as_json: bool = False) -> tuple[Message, ...]:
    """Return the transcript without tool calls and results: both become text."""
    plain: list[Message] = []
    calls: dict[str, ToolCall] = {}
    for message in messages:
        if message.role == "user":
            plain.append(message)
        elif message.role == "assistant":
            calls |= {call.id: call for call in message.tool_calls}
            parts = [_call_text(call.name, call.arguments) for call in message.tool_calls] if as_json else []
            if message.text:
                parts.insert(0, _answer_text(message.text) if as_json else message.text)
            if parts:
                plain.append(assistant_message("\n".join(parts)))
        else:
            results = [_result_text(result, calls.get(result.call_id), result_chars) for result in message.tool_results]
            plain.append(user_message("\n\n".join(results)))
    if plain and messages[-1].role == "tool" and not as_json:
        plain.append(user_message(f"\n\nNow answer: {_last_question(messages)[:500]}"))
    return _merged(plain)


def _result_text(result: ToolResult, call: ToolCall | None, limit: int) -> str:
    given = ", ".join(str(value) for value in call.arguments.values()) if call else ""
    name = f"{call.name} {given}".strip() if call else "the tool"
    text = result.text if len(result.text) <= limit else result.text[:limit] + "\n[cut here]"
    return f"{'Error of' if result.is_error else 'Result of'} {name}:\n{text}"


def _merged(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Join neighbours of one role, since chat templates expect user and assistant to alternate."""
    merged: list[Message] = []
    for message in messages:
        if merged and merged[-1].role == message.role:
            gap: tuple[Block, ...] = (Text(text="\n\n"),)
            merged[-1] = Message(role=message.role, content=(*merged[-1].content, *gap, *message.content))
        else:
            merged.append(message)
    return tuple(merged)


def _shown(examples: Sequence[Example]) -> list[Message]:
    shown: list[Message] = []
    for row in examples:
        reply = _call_text(row.tool, row.arguments) if row.tool else _answer_text(row.answer)
        shown += [user_message(row.request), assistant_message(reply)]
    return shown


def _call_text(name: str, arguments: object) -> str:
    return json.dumps({"tool": name, "arguments": arguments}, ensure_ascii=False)


def _answer_text(text: str) -> str:
    return json.dumps({"answer": text}, ensure_ascii=False)


class _Decoder:
    """Turns the events of one constrained completion into text, or into a tool call."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._reader = AnswerReader()
        self._inner: set[int] = set()  # blocks that hold the JSON; thinking may stand between two of them
        self._text = 0  # the block that goes out
        self._opened = False

    def feed(self, event: StreamEvent) -> list[StreamEvent]:
        """Return what goes out for one event that came in."""
        match event:
            case BlockStart(kind="text"):
                if not self._inner:
                    self._text = event.index
                self._inner.add(event.index)
                return []
            case BlockDelta() if event.index in self._inner:
                return self._grow(self._reader.feed(event.text))
            case BlockStop() if event.index in self._inner:
                return []
            case Stop():
                return self._finish(event)
            case _:
                return [event]

    def _grow(self, text: str) -> list[StreamEvent]:
        if not text:
            return []
        delta = BlockDelta(index=self._text, text=text)
        if self._opened:
            return [delta]
        self._opened = True
        return [BlockStart(index=self._text, kind="text"), delta]

    def _finish(self, stop: Stop) -> list[StreamEvent]:
        out = self._grow(self._reader.finish())
        if self._reader.kind == "tool":
            return [*out, *self._call(self._text), stop.model_copy(update={"reason": "tool_use"})]
        if self._opened:
            out.append(BlockStop(index=self._text))
        return [*out, stop]

    def _call(self, index: int) -> list[StreamEvent]:
        name, arguments = parse_call(self._reader.raw)
        return [
            BlockStart(index=index, kind="tool_call", call_id=self._new_id(), name=name),
            BlockDelta(index=index, text=arguments),
            BlockStop(index=index),
        ]


def parse_call(raw: str) -> tuple[str, str]:
    """Return (name, JSON text of the arguments) of a call; of a cut one the broken text, which the agent refuses."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return str(value.get("tool", "")), json.dumps(value.get("arguments", {}), ensure_ascii=False)
    name, arguments = _CUT_NAME.search(raw), _CUT_ARGUMENTS.search(raw)
    return name.group(1) if name else "", arguments.group(1) if arguments else "{"
