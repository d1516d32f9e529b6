"""Payloads of `conduit/session/update`: the names and shapes of the Agent Client Protocol's `session/update`.

An update with a `seq` is durable and comes again when a client replays; one without only tells a live client sooner.
Upserts by id: an omitted field means as before.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import JsonValue

from conduit.errors import ProviderErrorKind
from conduit.lsp.protocol.hunk import HunkLine
from conduit.lsp.protocol.parameters import Parameters
from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.prompt import TokenUsage
from conduit.messages.message import TurnStop
from conduit.messages.request import ToolKind
from conduit.sessions.events import Mode

ToolStatus = Literal["pending", "in_progress", "completed", "failed"]


class Location(Payload):
    """A file that a call reads or changes: its name in the workspace."""

    path: str


class MessageChunk(Payload):
    """More of a message; with `replace` it takes the place of all that was shown of the message before."""

    session_update: Literal["user_message_chunk", "agent_message_chunk", "agent_thought_chunk"]
    message_id: str
    content: dict[str, JsonValue]
    replace: bool | None = None
    interrupted: bool | None = None


class ToolCallUpdate(Payload):
    """A tool call, or what is new about it; `content` holds blocks `{type: content, content: {type: text, text}}`."""

    session_update: Literal["tool_call", "tool_call_update"]
    tool_call_id: str
    title: str | None = None
    kind: ToolKind | None = None
    status: ToolStatus | None = None
    content: list[dict[str, JsonValue]] | None = None
    locations: list[Location] | None = None
    raw_input: dict[str, JsonValue] | None = None
    interrupted: bool | None = None


class CurrentModeUpdate(Payload):
    """The mode changed."""

    session_update: Literal["current_mode_update"] = "current_mode_update"
    current_mode_id: Mode


class SessionInfoUpdate(Payload):
    """Title, model, working folder, or the session's parameters, all of them."""

    session_update: Literal["session_info_update"] = "session_info_update"
    title: str | None = None
    model: str | None = None
    cwd: str | None = None
    parameters: Parameters | None = None


class Cost(Payload):
    """An amount of money."""

    amount: float
    currency: Literal["USD"] = "USD"


class UsageUpdate(Payload):
    """Tokens that the newest completion took up (`used`), its parts, and what it cost where a price is known.

    `size` is how many tokens the model's context holds, where that is known.
    """

    session_update: Literal["usage_update"] = "usage_update"
    used: int
    size: int | None = None
    usage: TokenUsage
    cost: Cost | None = None


class SourceLine(Payload):
    """A page that an answer rests on."""

    url: str
    title: str = ""
    date: str = ""


class SourcesUpdate(Payload):
    """The pages that a message rests on, in the order of the numbers in its text; all of them."""

    session_update: Literal["sources"] = "sources"
    message_id: str
    sources: list[SourceLine]


class TurnState(Payload):
    """A turn began, waits for the person, or ended."""

    session_update: Literal["turn_state"] = "turn_state"
    state: Literal["running", "requires_action", "idle"]
    stop_reason: TurnStop | None = None
    error: str | None = None
    error_kind: ProviderErrorKind | None = None
    interrupted: bool | None = None


class ChangedFile(Payload):
    """A file of a change: its name in the workspace, what happens to it, and its name afterwards if it moves."""

    path: str
    action: Literal["create", "delete", "move", "edit"]
    new_path: str | None = None


class ChangeUpdate(Payload):
    """Files are changed, all of them or none; comes again with the outcome, which leaves the files out.

    `reverts` are the changes that an undo (or a redo) takes back; a chat shows those as undone (or done again) once
    it is `applied`.
    """

    session_update: Literal["change"] = "change"
    change_id: str
    status: Literal["started", "applied", "failed"]
    cause: Literal["turn", "accept", "undo", "redo"] | None = None
    files: list[ChangedFile] | None = None
    reverts: list[str] | None = None
    detail: str | None = None


class NoticeUpdate(Payload):
    """A sentence for the person that no model sees."""

    session_update: Literal["notice"] = "notice"
    text: str


class HunkUpdate(Payload):
    """What waits for the person in one file from now on, all of it; without hunks nothing does."""

    session_update: Literal["hunk"] = "hunk"
    uri: str
    name: str
    hunks: list[HunkLine]


class HunkDecision(Payload):
    """What became of a hunk."""

    session_update: Literal["hunk_decision"] = "hunk_decision"
    hunk_id: str
    name: str
    decision: Literal["accepted", "rejected", "regenerated", "withdrawn"]
    change_id: str | None = None


class ConversationReset(Payload):
    """The conversation went back to an earlier message, or to a branch: load the session again, from the beginning.

    A load replays the current branch alone; one that begins before this update brings this alone.
    """

    session_update: Literal["conversation_reset"] = "conversation_reset"


class QueuedPrompt(Payload):
    """A prompt that waits."""

    queue_id: str
    text: str


class QueueUpdate(Payload):
    """The prompts that wait for the running turn, all of them, the next one first."""

    session_update: Literal["queue_update"] = "queue_update"
    items: list[QueuedPrompt]


Update = (
    MessageChunk
    | ToolCallUpdate
    | CurrentModeUpdate
    | SessionInfoUpdate
    | UsageUpdate
    | SourcesUpdate
    | TurnState
    | NoticeUpdate
    | HunkUpdate
    | HunkDecision
    | ChangeUpdate
    | ConversationReset
    | QueueUpdate
)


class SessionUpdateParams(Payload):
    """`conduit/session/update`. One event may give several updates with the same `seq`.

    `at` is when it happened, in Unix seconds; an update that is sent while it happens leaves it out.
    """

    session_id: str
    turn_id: str | None = None
    seq: int | None = None
    at: float | None = None
    update: Any
