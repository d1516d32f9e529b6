"""Make a conversation that every vendor accepts out of what was stored, whatever happened to it.

A crash, a cancelled turn or another vendor's model may leave calls without results, results without calls, repeated
ids, empty texts or halves of characters; each of these makes a vendor refuse every later request. Pure; wires call
`sendable` on each request, and nothing that is stored is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from conduit.catalog.model import WireName
from conduit.messages.content import (
    Block,
    Sources,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    count_unfit,
    sanitize_text,
)
from conduit.messages.message import Message, user_message

INTERRUPTED = "Interrupted: this call was not run to its end, and it is not known what it did."
CONTINUE = "Continue."

_NAME_LIMIT = 64  # OpenAI: ^[a-zA-Z0-9_-]{1,64}$
_ID_LIMIT = 40  # OpenAI refuses longer ids; Anthropic wants the same characters
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")  # Gemini's begin with a letter or an underscore
_ID = re.compile(r"[a-zA-Z0-9_-]+")

_ID_LIMITS: Mapping[WireName, int] = {"openai_chat": 40, "openai_responses": 64, "anthropic": 64}
"""The longest id of a call that a wire's vendor takes (seen in their refusals, 2026-11-21); no row means no limit."""


def sendable(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Return messages that are valid for any vendor.

    Every call has exactly one result, in the tool message right after it; ids are unique and well formed; no block is
    empty; the first message is the user's and the last is not the assistant's; neighbours have different roles.
    """
    result: list[Message] = []
    seen: set[str] = set()
    for position, message in enumerate(messages):
        if message.role == "tool":
            continue  # taken up with its calls
        content = _clean(message.content, message.role)
        if message.role == "assistant":
            content, results = _answered(content, _results_after(messages, position), seen)
            if not any(isinstance(block, Text | ToolCall) for block in content):
                continue  # thinking alone is refused
            _append(result, "assistant", content)
            if results:
                result.append(Message(role="tool", content=results))
        elif content:
            _append(result, "user", content)
    if not result or result[0].role != "user":
        result.insert(0, user_message(CONTINUE))
    if result[-1].role == "assistant":
        result.append(user_message(CONTINUE))
    return tuple(result)


def _append(result: list[Message], role: str, content: tuple[Block, ...]) -> None:
    if result and result[-1].role == role:
        content = (*result.pop().content, *content)
    result.append(Message.model_validate({"role": role, "content": content}))


def _clean(content: Sequence[Block], role: str) -> tuple[Block, ...]:
    """Drop empty texts and unsigned empty thinking, blocks in the wrong place, and halves of characters."""
    kept: list[Block] = []
    for block in content:
        match block:
            case Text():
                text = sanitize_text(block.text)
                if text.strip():
                    kept.append(block if text == block.text else block.model_copy(update={"text": text}))
            case Thinking() | ToolCall() if role != "assistant":
                pass
            case Thinking():
                text = sanitize_text(block.text)
                if text.strip() or block.provider_data is not None:
                    kept.append(block if text == block.text else block.model_copy(update={"text": text}))
            case ToolResult() | Sources():
                pass
            case _:
                kept.append(block)
    return tuple(kept)


def _results_after(messages: Sequence[Message], position: int) -> dict[str, ToolResult]:
    """Collect the results between an assistant message and the next one; the first result of a call counts."""
    found: dict[str, ToolResult] = {}
    for message in messages[position + 1 :]:
        if message.role == "assistant":
            break
        for result in message.tool_results:
            found.setdefault(result.call_id, result)
    return found


def _answered(
    content: tuple[Block, ...], results: dict[str, ToolResult], seen: set[str]
) -> tuple[tuple[Block, ...], tuple[ToolResult, ...]]:
    """Give every call a unique id, a valid name and a result; return the blocks and the results in call order."""
    blocks: list[Block] = []
    answers: list[ToolResult] = []
    taken: set[str] = set()
    for block in content:
        if not isinstance(block, ToolCall):
            blocks.append(block)
            continue
        result = None if block.id in taken else results.get(block.id)
        taken.add(block.id)
        call_id = _unique(_FOREIGN.sub("_", block.id)[:_ID_LIMIT] or "call", seen)
        name = _FOREIGN.sub("_", block.name)[:_NAME_LIMIT] or "unknown"
        if not _NAME.fullmatch(name):
            name = f"_{name}"[:_NAME_LIMIT]
        blocks.append(block.model_copy(update={"id": call_id, "name": name}))
        if result is None:
            answers.append(ToolResult(call_id=call_id, text=INTERRUPTED, is_error=True))
        else:
            text = sanitize_text(result.text) if result.text.strip() else "(no output)"
            answers.append(ToolResult(call_id=call_id, text=text, is_error=result.is_error))
    return tuple(blocks), tuple(answers)


def _unique(call_id: str, seen: set[str]) -> str:
    unique, number = call_id, 1
    while unique in seen:
        number += 1
        suffix = f"_{number}"
        unique = call_id[: _ID_LIMIT - len(suffix)] + suffix
    seen.add(unique)
    return unique


def transcript_is_valid(wire: WireName, messages: Sequence[Message]) -> bool:
    """Say whether a wire's vendor would accept these messages as they are; see `transcript_faults`."""
    return not transcript_faults(wire, messages)


def transcript_faults(wire: WireName, messages: Sequence[Message]) -> list[str]:
    """Return what a wire's vendor would refuse in messages that are about to be encoded, in words; empty when valid.

    The rules are the strictest of all vendors, save for the length of ids, which is the wire's own.
    """
    faults: list[str] = []
    if not messages or messages[0].role != "user":
        faults.append("the first message is not the user's")
    if messages and messages[-1].role == "assistant":
        faults.append("the last message is the assistant's")
    seen: set[str] = set()
    waiting: list[str] = []
    before = ""
    for place, message in enumerate(messages):
        if message.role == before:
            faults.append(f"message {place} has the role of the one before it")
        before = message.role
        answered = [result.call_id for result in message.tool_results]
        if answered != waiting:
            faults.append(f"message {place} answers {answered} where {waiting} were called")
        waiting = [call.id for call in message.tool_calls]
        for call_id in waiting:
            if call_id in seen:
                faults.append(f"message {place} repeats the id {call_id!r}")
            seen.add(call_id)
        faults += [f"message {place}: {fault}" for fault in _block_faults(wire, message)]
    if waiting:
        faults.append(f"nothing answers {waiting}")
    return faults


def _block_faults(wire: WireName, message: Message) -> Iterator[str]:
    if not any(not isinstance(block, Thinking | Sources) for block in message.content):
        yield "it says nothing"
    for block in message.content:
        if isinstance(block, ToolResult) is not (message.role == "tool"):
            yield f"a {block.type} in the message of the {message.role}"
        if isinstance(block, ToolCall | Thinking) and message.role != "assistant":
            yield f"a {block.type} in the message of the {message.role}"
        if isinstance(block, ToolCall):
            yield from _call_faults(_ID_LIMITS.get(wire), block)
        elif isinstance(block, Text | ToolResult | Thinking):
            if count_unfit(block.text):
                yield f"half a character or a NUL in a {block.type}"
            if not block.text.strip() and not isinstance(block, Thinking):
                yield f"an empty {block.type}"


def _call_faults(id_limit: int | None, call: ToolCall) -> Iterator[str]:
    if not _ID.fullmatch(call.id) or (id_limit is not None and len(call.id) > id_limit):
        yield f"the id {call.id!r}"
    if not _NAME.fullmatch(call.name):
        yield f"the name {call.name!r}"
