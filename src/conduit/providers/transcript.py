"""Make a conversation that every vendor accepts out of what was stored, whatever happened to it.

A crash, a cancelled turn or another vendor's model may leave calls without results, results without calls, repeated
ids, empty texts or halves of characters; each of these makes a vendor refuse every later request. Pure; wires call
`sendable` on each request, and nothing that is stored is changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from conduit.messages.content import Block, Sources, Text, Thinking, ToolCall, ToolResult, sanitize_text
from conduit.messages.message import Message, user_message

INTERRUPTED = "Interrupted: this call was not run to its end, and it is not known what it did."
CONTINUE = "Continue."

_NAME_LIMIT = 64  # OpenAI: ^[a-zA-Z0-9_-]{1,64}$
_ID_LIMIT = 40  # OpenAI refuses longer ids; Anthropic wants the same characters
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")


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
        content = _clean(message.content)
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


def _clean(content: Sequence[Block]) -> tuple[Block, ...]:
    """Drop empty texts and unsigned empty thinking, results in the wrong place, and halves of characters."""
    kept: list[Block] = []
    for block in content:
        match block:
            case Text():
                text = sanitize_text(block.text)
                if text.strip():
                    kept.append(block if text == block.text else Text(text=text))
            case Thinking():
                if block.text.strip() or block.provider_data is not None:
                    kept.append(block)
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
