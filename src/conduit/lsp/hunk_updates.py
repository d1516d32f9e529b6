"""Proposed changes on the wire: hunks as `conduit/hunk/*` lists them, and as they come in `conduit/session/update`."""

from __future__ import annotations

from pathlib import Path

from conduit.edits.hunks import Hunk
from conduit.lsp.convert import uri_from_path
from conduit.lsp.protocol.hunk import HunkLine
from conduit.lsp.protocol.update import HunkDecision, HunkUpdate
from conduit.sandbox.protected import remark_on
from conduit.sessions.events import FilePending, HunkDecided, HunkState
from conduit.workspace.document import split_lines


def hunk_line(session_id: str, uri: str, name: str, hunk: Hunk | HunkState, moved_to: Path | None) -> HunkLine:
    """Return a hunk as the wire has it."""
    return HunkLine(
        hunk_id=hunk.id,
        session_id=session_id,
        turn_id=hunk.turn_id,
        uri=uri,
        name=name,
        kind=hunk.kind,
        line=hunk.line,
        end_line=hunk.line + len(split_lines(hunk.old)),
        old_text=hunk.old,
        new_text=hunk.new,
        conflict=hunk.was is not None,
        was_text=hunk.was,
        note=remark_on(name),
        moved_to=uri_from_path(moved_to) if hunk.kind == "move" and moved_to else None,
    )


def review_update(session_id: str, event: FilePending | HunkDecided) -> HunkUpdate | HunkDecision:
    """Return what an event means to a client."""
    if isinstance(event, HunkDecided):
        return HunkDecision(**event.model_dump(include={"hunk_id", "name", "decision", "change_id"}))
    uri, moved_to = uri_from_path(Path(event.path)), Path(event.moved_to) if event.moved_to else None
    lines = [hunk_line(session_id, uri, event.name, hunk, moved_to) for hunk in event.hunks]
    return HunkUpdate(uri=uri, name=event.name, hunks=lines)
