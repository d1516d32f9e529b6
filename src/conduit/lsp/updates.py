"""From events to `conduit/session/update`: live ones and replayed ones by the same function."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from conduit.app import TurnResult
from conduit.lsp.hunk_updates import review_update
from conduit.lsp.protocol.parameters import Parameters
from conduit.lsp.protocol.prompt import PromptResult, TokenUsage
from conduit.lsp.protocol.update import (
    ChangedFile,
    ChangeUpdate,
    ConversationReset,
    Cost,
    CurrentModeUpdate,
    Location,
    MessageChunk,
    NoticeUpdate,
    SessionInfoUpdate,
    SessionUpdateParams,
    SourceLine,
    SourcesUpdate,
    ToolCallUpdate,
    TurnState,
    Update,
    UsageUpdate,
)
from conduit.lsp.shown import to_shown
from conduit.messages.content import Sources
from conduit.messages.message import Usage
from conduit.sessions.branch_events import TipMoved
from conduit.sessions.events import (
    AssistantReplied,
    ChangeFinished,
    ChangeStarted,
    Event,
    FilePending,
    FileState,
    HunkDecided,
    Notice,
    SessionChanged,
    SessionOpened,
    SessionUpdate,
    StoredEvent,
    TextChunk,
    ThoughtChunk,
    ToolCallAnnounced,
    ToolFinished,
    ToolStarted,
    Transient,
    TurnEnded,
    TurnStarted,
)

UPDATE_METHOD = "conduit/session/update"


def to_update_params(update: SessionUpdate | StoredEvent) -> list[SessionUpdateParams]:
    """Return the notifications that one event makes, in order; none for an event that clients need not know."""
    turn_id: str | None = getattr(update.event, "turn_id", None)
    event = update.event
    at = update.at if isinstance(update, StoredEvent) else None
    if isinstance(event, (FilePending, HunkDecided)):
        parts: list[Update] = [review_update(update.session_id, event)]
    else:
        parts = to_updates(event)
    return [
        SessionUpdateParams(session_id=update.session_id, turn_id=turn_id, seq=update.seq, at=at, update=part)
        for part in parts
    ]


def to_updates(event: Event | Transient) -> list[Update]:
    """Return what one event means to a client."""
    match event:
        case TextChunk() | ThoughtChunk():
            kind = "agent_message_chunk" if isinstance(event, TextChunk) else "agent_thought_chunk"
            return [_chunk(kind, event.message_id, event.text)]
        case SessionOpened():
            opened = SessionInfoUpdate(title=event.title, model=event.model, cwd=event.cwd)
            return [opened, CurrentModeUpdate(current_mode_id=event.mode)]
        case SessionChanged():
            return _changed(event)
        case TurnStarted():
            return [TurnState(state="running"), *_message(event)]
        case AssistantReplied():
            return _replied(event)
        case ToolCallAnnounced() | ToolStarted() | ToolFinished():
            return [_tool_call(event)]
        case ChangeStarted() | ChangeFinished():
            return [_change(event)]
        case Notice() | TipMoved(moved=True):
            return [ConversationReset() if isinstance(event, TipMoved) else NoticeUpdate(text=event.text)]
        case TurnEnded():
            return [_ended(event)]
        case _:
            return []


def to_token_usage(usage: Usage) -> TokenUsage:
    """Return usage as the wire has it."""
    return TokenUsage(**usage.model_dump())


def to_prompt_result(result: TurnResult) -> PromptResult:
    """Return how a turn ended as the wire has it."""
    return PromptResult(
        turn_id=result.turn_id,
        stop_reason=result.stop_reason,
        usage=to_token_usage(result.usage),
        error=result.error,
        error_kind=result.error_kind,
    )


def _ended(event: TurnEnded) -> TurnState:
    return TurnState(
        state="idle",
        stop_reason=event.stop_reason,
        error=event.error,
        error_kind=event.error_kind,
        interrupted=event.interrupted or None,
    )


def _chunk(kind: str, message_id: str, text: str) -> MessageChunk:
    return MessageChunk.model_validate(
        {"session_update": kind, "message_id": message_id, "content": {"type": "text", "text": text}}
    )


def _changed(event: SessionChanged) -> list[Update]:
    updates: list[Update] = []
    if event.mode is not None:
        updates.append(CurrentModeUpdate(current_mode_id=event.mode))
    if event.title is not None or event.model is not None or event.parameters is not None:
        parameters = None if event.parameters is None else Parameters.model_validate(event.parameters)
        updates.append(SessionInfoUpdate(title=event.title, model=event.model, parameters=parameters))
    return updates


def _message(event: TurnStarted) -> list[Update]:
    return [
        MessageChunk(
            session_update="user_message_chunk",
            message_id=event.message_id,
            content=content.model_dump(mode="json", by_alias=True),
            replace=True if number == 0 else None,
        )
        for number, content in enumerate(to_shown(event.message.content))
    ]


def _replied(event: AssistantReplied) -> list[Update]:
    """Return the whole answer, which takes the place of the chunks that came before it."""
    updates: list[Update] = []
    interrupted = event.interrupted or None
    if event.message.thinking:
        thought = _chunk("agent_thought_chunk", event.message_id, event.message.thinking)
        updates.append(thought.model_copy(update={"replace": True}))
    if event.message.text or event.interrupted:
        text = _chunk("agent_message_chunk", event.message_id, event.message.text)
        updates.append(text.model_copy(update={"replace": True, "interrupted": interrupted}))
    updates.extend(
        SourcesUpdate(message_id=event.message_id, sources=[SourceLine(**page.model_dump()) for page in block.sources])
        for block in event.message.content
        if isinstance(block, Sources)
    )
    updates.extend(
        ToolCallUpdate(
            session_update="tool_call",
            tool_call_id=call.id,
            title=call.name,
            status="pending",
            raw_input=call.arguments,
        )
        for call in event.message.tool_calls
    )
    if event.usage != Usage():
        used = event.usage.input_tokens + event.usage.output_tokens
        cost = None if event.cost_usd is None else Cost(amount=event.cost_usd)
        updates.append(UsageUpdate(used=used, usage=to_token_usage(event.usage), cost=cost))
    return updates


def _tool_call(event: ToolCallAnnounced | ToolStarted | ToolFinished) -> ToolCallUpdate:
    if isinstance(event, ToolCallAnnounced):
        return ToolCallUpdate(
            session_update="tool_call", tool_call_id=event.call_id, title=event.name, status="pending"
        )
    if isinstance(event, ToolStarted):
        return ToolCallUpdate(
            session_update="tool_call",
            tool_call_id=event.call_id,
            title=event.title,
            kind=event.kind,
            status="in_progress",
            raw_input=event.arguments,
        )
    content = [_text_content(event.result.text)]
    if event.diff:
        content.append(_text_content(f"```diff\n{event.diff}```"))
    return ToolCallUpdate(
        session_update="tool_call_update",
        tool_call_id=event.call_id,
        title=event.title or event.name,
        kind=event.kind,
        status="failed" if event.result.is_error or event.interrupted else "completed",
        content=content,
        locations=[Location(path=path) for path in event.paths],
        interrupted=event.interrupted or None,
    )


def _change(event: ChangeStarted | ChangeFinished) -> ChangeUpdate:
    if isinstance(event, ChangeFinished):
        status: Literal["applied", "failed"] = "applied" if event.applied else "failed"
        return ChangeUpdate(change_id=event.change_id, status=status, detail=event.detail or None)
    files = [
        ChangedFile(path=file.name, action=_action(file), new_path=file.moved_name or None) for file in event.files
    ]
    return ChangeUpdate(
        change_id=event.change_id,
        status="started",
        cause=event.cause,
        files=files,
        reverts=list(event.reverts) or None,
    )


def _action(file: FileState) -> Literal["create", "delete", "move", "edit"]:
    if file.moved_to is not None:
        return "move"
    return "create" if file.before is None else "delete" if file.after is None else "edit"


def _text_content(text: str) -> dict[str, JsonValue]:
    return {"type": "content", "content": {"type": "text", "text": text}}
