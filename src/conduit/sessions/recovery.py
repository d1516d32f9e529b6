"""Closing a turn whose server died: which events are missing, decided from the log alone.

Pure: it reads what it is given and writes nothing, so the database and its in-memory twin close turns alike. The
closed transcript is valid for every vendor: each call has its result, and nothing is claimed that the log does not
show.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conduit.messages.content import Block, Text, Thinking, ToolCall, ToolResult, sanitize_text
from conduit.messages.message import Message, Usage, tool_message
from conduit.sessions.events import (
    AssistantReplied,
    CompletionStarted,
    Event,
    ToolFinished,
    ToolsAnswered,
    ToolStarted,
    TurnEnded,
)

MAYBE_RAN = (
    "Interrupted: the server ended while this tool was running; it is unknown whether it took effect. "
    "Look before doing it again."
)
NEVER_RAN = "Interrupted: the server ended before this tool ran; it changed nothing."
TURN_ERROR = "The server ended in the middle of this turn."


@dataclass(frozen=True, slots=True)
class Partial:
    """A piece of an answer that was being written."""

    message_id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """What is known of a turn without an end: its events in order, the partial answer, the session's model and tip."""

    turn_id: str
    events: Sequence[Event]
    partials: Sequence[Partial]
    model: str
    tip: str | None


def new_message_id() -> str:
    """Return a new, unguessable message id."""
    return f"msg_{uuid.uuid4().hex}"


def close_turn(turn: OpenTurn, new_id: Callable[[], str] = new_message_id) -> list[Event]:
    """Return the events that end the turn: the interrupted answer, a result for every open call, the end."""
    closing = _interrupted_answers(turn)
    closing += _open_calls(turn, new_id)
    usage = Usage()
    for event in turn.events:
        if isinstance(event, AssistantReplied):
            usage += event.usage
    closing.append(
        TurnEnded(turn_id=turn.turn_id, stop_reason="error", usage=usage, error=TURN_ERROR, interrupted=True)
    )
    return closing


def _interrupted_answers(turn: OpenTurn) -> list[Event]:
    replied = {event.message_id for event in turn.events if isinstance(event, AssistantReplied)}
    started = {event.message_id: event for event in turn.events if isinstance(event, CompletionStarted)}
    parent = turn.tip
    answers: list[Event] = []
    for message_id in dict.fromkeys(partial.message_id for partial in turn.partials):
        message = _partial_message([part for part in turn.partials if part.message_id == message_id])
        if message_id in replied or message is None:
            continue
        intent = started.get(message_id)
        answers.append(
            AssistantReplied(
                turn_id=turn.turn_id,
                message_id=message_id,
                parent_id=intent.parent_id if intent else parent,
                message=message,
                model=intent.model if intent else turn.model,
                interrupted=True,
            )
        )
        parent = message_id
    return answers


def _partial_message(partials: Sequence[Partial]) -> Message | None:
    """Fold the pieces into a message; None without text, since thinking alone is no message to any vendor."""
    thinking = sanitize_text("".join(part.text for part in partials if part.kind == "thinking"))
    text = sanitize_text("".join(part.text for part in partials if part.kind == "text"))
    if not text.strip():
        return None
    blocks: list[Block] = [Thinking(text=thinking)] if thinking else []
    blocks.append(Text(text=text))
    return Message(role="assistant", content=tuple(blocks))


def _open_calls(turn: OpenTurn, new_id: Callable[[], str]) -> list[Event]:
    """Answer the calls of the newest assistant message, unless the log holds their answer already."""
    asked: AssistantReplied | None = None
    since: list[Event] = []
    for event in turn.events:
        if isinstance(event, AssistantReplied):
            asked, since = event, []
        else:
            since.append(event)
    if asked is None or not asked.message.tool_calls or any(isinstance(event, ToolsAnswered) for event in since):
        return []
    # Only what follows the newest answer counts: some vendors use the same call ids in every round.
    started = {event.call_id: event for event in since if isinstance(event, ToolStarted)}
    finished = {event.call_id: event for event in since if isinstance(event, ToolFinished)}
    closing: list[Event] = []
    results: list[ToolResult] = []
    for call in asked.message.tool_calls:
        known = finished.get(call.id)
        if known is None:
            known = _interrupted_call(turn.turn_id, call, started.get(call.id))
            closing.append(known)
        results.append(known.result)
    closing.append(
        ToolsAnswered(
            turn_id=turn.turn_id,
            message_id=new_id(),
            parent_id=asked.message_id,
            message=tool_message(results),
        )
    )
    return closing


def _interrupted_call(turn_id: str, call: ToolCall, started: ToolStarted | None) -> ToolFinished:
    return ToolFinished(
        turn_id=turn_id,
        call_id=call.id,
        name=call.name,
        result=ToolResult(call_id=call.id, text=MAYBE_RAN if started else NEVER_RAN, is_error=True),
        kind=started.kind if started else "other",
        title=started.title if started else "",
        interrupted=True,
    )
