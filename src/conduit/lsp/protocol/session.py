"""Payloads of `conduit/session/new`, `list`, `load`, `cancel`, `setMode` and `setModel`; parameters have their own."""

from __future__ import annotations

from pydantic import Field

from conduit.lsp.protocol.parameters import Parameters
from conduit.lsp.protocol.payload import Payload
from conduit.sessions.events import Mode


class NewSessionParams(Payload):
    """`conduit/session/new`: the working folder is an absolute path or a name in the workspace."""

    cwd: str | None = None
    mode: Mode | None = None
    model: str | None = None
    title: str = ""


class ModeChoice(Payload):
    """One mode."""

    id: str
    name: str
    description: str


class Modes(Payload):
    """The mode in force and those there are."""

    current_mode_id: Mode
    available_modes: list[ModeChoice]


class ModelChoiceLine(Payload):
    """One model of a session's picker."""

    model_id: str
    name: str
    description: str = ""


class Models(Payload):
    """The model in force and those that can be asked now."""

    current_model_id: str
    available_models: list[ModelChoiceLine]


class SessionLine(Payload):
    """One session. Times are Unix seconds."""

    session_id: str
    title: str
    mode: Mode
    model: str
    cwd: str
    created_at: float
    updated_at: float
    message_count: int
    running: bool = False
    forked_from: str | None = None
    parameters: Parameters = Parameters()


class OpenedSession(Payload):
    """The answer to `new`, `load` and everything that sets; `last_seq` is where a later `replayFrom` may start."""

    session_id: str
    session: SessionLine
    modes: Modes
    models: Models
    last_seq: int = 0


class ListSessionsParams(Payload):
    """`conduit/session/list`; `cursor` is the `nextCursor` of the page before."""

    cwd: str | None = None
    query: str = ""
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=500)


class SessionList(Payload):
    """Sessions, newest first."""

    sessions: list[SessionLine]
    next_cursor: str | None = None


class SessionParams(Payload):
    """A request about one session."""

    session_id: str


class Cancelled(Payload):
    """The answer to `cancel`: whether there was a turn to stop."""

    cancelled: bool


class LoadSessionParams(SessionParams):
    """`conduit/session/load`: the updates after number `replayFrom` come first, then the answer."""

    replay_from: int = Field(default=0, ge=0)


class SetModeParams(SessionParams):
    """`conduit/session/setMode`."""

    mode_id: Mode


class SetModelParams(SessionParams):
    """`conduit/session/setModel`: an id, an alias or a bare name."""

    model_id: str
