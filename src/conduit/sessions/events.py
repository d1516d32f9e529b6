"""The event vocabulary: what the agent emits, the store keeps and the faces show.

Its shape follows the `session/update` of the Agent Client Protocol: upserts keyed by id, so that replaying twice
changes nothing. Every event is durable, except the ones in `Transient`, which only live clients see.

An intent (`CompletionStarted`, `ToolStarted`) is durable before its effect, its outcome (`AssistantReplied`,
`ToolFinished`) after it; after a crash the log shows which effects may have happened.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter

from conduit.errors import ProviderErrorKind
from conduit.messages.content import ToolResult, Value
from conduit.messages.message import CompletionStop, Message, TurnStop, Usage
from conduit.messages.request import ToolKind
from conduit.sessions.branch_events import RewindStarted, TipMoved

Mode = Literal["ask", "review", "auto"]
"""What the model may do: `ask` reads only, `review` proposes changes that the person accepts hunk by hunk, `auto`
changes files at once (the first change of a session is asked)."""


class SessionOpened(Value):
    """A session came to be; a fork names where it starts. `parameters` are those of `SessionChanged`."""

    type: Literal["session_opened"] = "session_opened"
    title: str
    mode: Mode
    model: str
    cwd: str
    forked_from: str | None = None
    forked_at: str | None = None
    parameters: dict[str, JsonValue] = Field(default_factory=dict)


class SessionChanged(Value):
    """Title, mode, model or parameters changed; None means as before.

    `parameters` are the fields of `ModelSettings` that the person set for this session, all of them, by name.
    """

    type: Literal["session_changed"] = "session_changed"
    title: str | None = None
    mode: Mode | None = None
    model: str | None = None
    parameters: dict[str, JsonValue] | None = None


class TurnStarted(Value):
    """A person's message begins a turn."""

    type: Literal["turn_started"] = "turn_started"
    turn_id: str
    message_id: str
    parent_id: str | None
    message: Message


class CompletionStarted(Value):
    """Intent: a model is about to be asked; `message_id` is the id that the answer will have."""

    type: Literal["completion_started"] = "completion_started"
    turn_id: str
    message_id: str
    parent_id: str | None
    model: str


class AssistantReplied(Value):
    """Outcome of a completion; `interrupted` when the answer is only what had arrived.

    `cost_usd` is None when no price is known.
    """

    type: Literal["assistant_replied"] = "assistant_replied"
    turn_id: str
    message_id: str
    parent_id: str | None
    message: Message
    model: str
    usage: Usage = Field(default_factory=Usage)
    stop_reason: CompletionStop | None = None
    request_id: str | None = None
    cost_usd: float | None = None
    interrupted: bool = False


class ToolStarted(Value):
    """Intent: a tool call was allowed and is about to run. `key` names the effect, so that it never happens twice."""

    type: Literal["tool_started"] = "tool_started"
    turn_id: str
    call_id: str
    name: str
    arguments: dict[str, JsonValue]
    kind: ToolKind
    title: str
    key: str


class ToolFinished(Value):
    """Outcome of a tool call, also of one that was refused or never ran. `diff` is the change it made, for people."""

    type: Literal["tool_finished"] = "tool_finished"
    turn_id: str
    call_id: str
    name: str
    result: ToolResult
    kind: ToolKind = "other"
    title: str = ""
    paths: tuple[str, ...] = ()
    diff: str = ""
    interrupted: bool = False


class ToolsAnswered(Value):
    """The results of all calls of one assistant message, as the message that the model gets."""

    type: Literal["tools_answered"] = "tools_answered"
    turn_id: str
    message_id: str
    parent_id: str
    message: Message


class PermissionAnswered(Value):
    """What the person answered to one effect."""

    type: Literal["permission_answered"] = "permission_answered"
    turn_id: str
    call_id: str
    effect: str
    answer: Literal["allow_once", "allow_always", "reject_once", "reject_always"]


class Notice(Value):
    """A sentence for the person that belongs to the conversation's history but is never sent to a model."""

    type: Literal["notice"] = "notice"
    turn_id: str | None = None
    text: str


class TurnEnded(Value):
    """The turn is over; `usage` sums its completions, `error` is the sentence shown to the person.

    `error_kind` says what failed when it was a model's endpoint.
    """

    type: Literal["turn_ended"] = "turn_ended"
    turn_id: str
    stop_reason: TurnStop
    usage: Usage = Field(default_factory=Usage)
    error: str | None = None
    error_kind: ProviderErrorKind | None = None
    interrupted: bool = False


class FileState(Value):
    """One file of a change, before and after: names of blobs that hold the texts (None: there is no file).

    `path` is absolute; `moved_to` is where the file went. `encoding` (of the bytes on disk, with its byte order mark)
    and `mode` (permission bits) are what is needed to make a deleted file again. `open`: an editor had it open, so the
    change went into its buffer.
    """

    path: str
    name: str
    before: str | None
    after: str | None
    moved_to: str | None = None
    moved_name: str = ""
    codec: str = "utf-8"
    bom: bool = False
    mode: int | None = None
    open: bool = False


class ChangeStarted(Value):
    """Intent: files are about to be changed, all of them or none; their texts are in the blob store.

    `cause` says who wanted it: the model in mode `auto`, the person who accepted hunks or picked an action, or an undo
    or redo. `reverts` names the changes that an undo takes back.
    """

    type: Literal["change_started"] = "change_started"
    turn_id: str
    change_id: str
    cause: Literal["turn", "accept", "undo", "redo"]
    files: tuple[FileState, ...]
    reverts: tuple[str, ...] = ()


class ChangeFinished(Value):
    """Outcome of a change; when it was not applied, everything is as before it."""

    type: Literal["change_finished"] = "change_finished"
    turn_id: str
    change_id: str
    applied: bool
    detail: str = ""


class HunkState(Value):
    """A contiguous change that waits for the person.

    Attributes:
        id: unique in the session.
        turn_id: the turn that proposed it.
        kind: `edit` replaces lines; the others concern the file as a whole.
        line: zero-based first line, in the text that the person has now.
        old: the text that is replaced, whole lines; what the person has there now.
        new: the text that would stand there.
        was: of a conflict, the text that the model meant to replace, before the person changed it; else None.
    """

    id: str
    turn_id: str
    kind: Literal["edit", "create", "delete", "move"]
    line: int
    old: str
    new: str
    was: str | None = None


class FilePending(Value):
    """What waits in one file from now on, all of it; without hunks nothing does.

    `base` names the blob of the text that the hunks are counted in (None: the file does not exist yet).
    """

    type: Literal["file_pending"] = "file_pending"
    turn_id: str
    path: str
    name: str
    base: str | None
    hunks: tuple[HunkState, ...]
    moved_to: str | None = None
    moved_name: str = ""


class HunkDecided(Value):
    """What became of a hunk. `change_id` names the change that an acceptance made."""

    type: Literal["hunk_decided"] = "hunk_decided"
    turn_id: str
    hunk_id: str
    name: str
    decision: Literal["accepted", "rejected", "regenerated", "withdrawn"]
    change_id: str | None = None


class TextChunk(Value):
    """Transient: more of the answer that is being written."""

    type: Literal["text_chunk"] = "text_chunk"
    turn_id: str
    message_id: str
    text: str


class ThoughtChunk(Value):
    """Transient: more of the model's visible reasoning."""

    type: Literal["thought_chunk"] = "thought_chunk"
    turn_id: str
    message_id: str
    text: str


class ToolCallAnnounced(Value):
    """Transient: the model is writing a tool call."""

    type: Literal["tool_call_announced"] = "tool_call_announced"
    turn_id: str
    call_id: str
    name: str


Event = (
    SessionOpened
    | SessionChanged
    | TurnStarted
    | CompletionStarted
    | AssistantReplied
    | ToolStarted
    | ToolFinished
    | ToolsAnswered
    | PermissionAnswered
    | Notice
    | TurnEnded
    | ChangeStarted
    | ChangeFinished
    | FilePending
    | HunkDecided
    | RewindStarted
    | TipMoved
)
"""The durable events."""

EventType = Literal[
    "turn_started",
    "file_pending",
    "hunk_decided",
    "change_started",
    "change_finished",
    "rewind_started",
    "tip_moved",
]
"""The types that are looked for without reading a whole log."""

Transient = TextChunk | ThoughtChunk | ToolCallAnnounced
"""Events that are shown and not stored (the store keeps the text of a running answer beside the log)."""


class StoredEvent(Value):
    """A durable event with its place in the log; `seq` increases within a session, with gaps. `at` is Unix seconds."""

    session_id: str
    seq: int
    at: float
    event: Annotated[Event, Field(discriminator="type")]


class SessionUpdate(Value):
    """What subscribers get: one event of one session; `seq` is None for a transient one."""

    session_id: str
    seq: int | None
    event: Annotated[Event | Transient, Field(discriminator="type")]


class SessionInfo(Value):
    """One line of the list of sessions. Times are Unix seconds; `tip` is the newest message's id.

    `running` is true while a living process runs a turn in it.
    """

    id: str
    title: str
    mode: Mode
    model: str
    cwd: str
    created_at: float
    updated_at: float
    message_count: int
    tip: str | None = None
    forked_from: str | None = None
    running: bool = False
    parameters: dict[str, JsonValue] = Field(default_factory=dict)


class StoredMessage(Value):
    """A message of a conversation with its place in the tree."""

    id: str
    parent_id: str | None
    turn_id: str
    message: Message
    interrupted: bool = False


class UsageRow(Value):
    """Tokens and US dollars of one model on one day (`YYYY-MM-DD`, local time).

    `cost_usd` is the sum of what has a price; of `unpriced` completions no price is known.
    """

    day: str
    model: str
    completions: int
    usage: Usage
    cost_usd: float = 0.0
    unpriced: int = 0


_EVENT: TypeAdapter[Event] = TypeAdapter(
    Annotated[Event, Field(discriminator="type")], config=ConfigDict(defer_build=True)
)


def parse_event(json_text: str | bytes) -> Event:
    """Read a durable event back from its JSON; raises `pydantic.ValidationError` when it is none."""
    return _EVENT.validate_json(json_text)
