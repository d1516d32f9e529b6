"""A session as clients know it: its line in a list, and what a face needs to go on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.lsp.protocol.session import ModeChoice, ModelChoiceLine, Models, Modes, OpenedSession, SessionLine
from conduit.sessions.events import SessionInfo

if TYPE_CHECKING:
    from conduit.app import App

_MODES = [
    ModeChoice(id="ask", name="Ask", description="Reads and answers; changes nothing."),
    ModeChoice(id="review", name="Review", description="Proposes changes that you accept or reject hunk by hunk."),
    ModeChoice(id="auto", name="Auto", description="Changes files at once; the first change of a session is asked."),
]


def to_opened(app: App, info: SessionInfo, last_seq: int = 0) -> OpenedSession:
    """Return what a client needs to go on; `last_seq` is the newest event that it was sent."""
    available = [
        ModelChoiceLine(model_id=choice.id, name=choice.name, description=choice.note)
        for choice in app.models()
        if choice.ready
    ]
    return OpenedSession(
        session_id=info.id,
        session=to_line(info),
        modes=Modes(current_mode_id=info.mode, available_modes=_MODES),
        models=Models(current_model_id=info.model, available_models=available),
        last_seq=last_seq,
    )


def to_line(info: SessionInfo) -> SessionLine:
    """Return one line of a list."""
    return SessionLine(session_id=info.id, **info.model_dump(exclude={"id", "tip"}))
