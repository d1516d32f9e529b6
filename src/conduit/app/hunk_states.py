"""Hunks as the log of a session keeps them. Used by `Reviews`."""

from __future__ import annotations

from conduit.edits.hunks import Hunk
from conduit.sessions.events import HunkState


def state_of(hunk: Hunk) -> HunkState:
    """Return what is kept of a hunk."""
    return HunkState(
        id=hunk.id,
        turn_id=hunk.turn_id,
        kind=hunk.kind,
        line=hunk.line,
        old=hunk.old,
        new=hunk.new,
        was=hunk.was,
    )


def hunk_of(state: HunkState) -> Hunk:
    """Return a hunk that was kept."""
    return Hunk(state.id, state.turn_id, state.kind, state.line, state.old, state.new, state.was)
