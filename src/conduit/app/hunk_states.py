"""Hunks and their files as the log has them, and back; used by `Reviews` alone. Values only, no rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal

from conduit.edits.hunks import Hunk
from conduit.edits.review import PendingFile
from conduit.sessions.events import FilePending, HunkDecided, HunkState, StoredEvent


def state_of(hunk: Hunk) -> HunkState:
    """Return a hunk for the log."""
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
    """Return a hunk of the log."""
    return Hunk(state.id, state.turn_id, state.kind, state.line, state.old, state.new, state.was)


def file_pending(turn_id: str, file: PendingFile, base: str | None) -> FilePending:
    """Return what waits in a file for the log; `base` names its text in the blob store."""
    return FilePending(
        turn_id=turn_id,
        path=str(file.path),
        name=file.name,
        base=base,
        hunks=tuple(map(state_of, file.hunks)),
        moved_to=str(file.moved_to) if file.moved_to else None,
        moved_name=file.moved_name,
    )


def pending_file(event: FilePending, base: str | None) -> PendingFile:
    """Return what waits in a file of the log; `base` is its text."""
    return PendingFile(
        path=Path(event.path),
        name=event.name,
        base=base,
        hunks=tuple(map(hunk_of, event.hunks)),
        moved_to=Path(event.moved_to) if event.moved_to else None,
        moved_name=event.moved_name,
    )


def moves(event: FilePending, ids: Collection[str]) -> bool:
    """Say whether the move of a file is one of the hunks with these ids."""
    return any(state.kind == "move" and state.id in ids for state in event.hunks)


def newest_with(events: Iterable[StoredEvent], ids: Collection[str]) -> dict[str, FilePending]:
    """Return, by path, the last word about each file in which hunks with these ids waited."""
    return {
        stored.event.path: stored.event
        for stored in events
        if isinstance(stored.event, FilePending) and any(state.id in ids for state in stored.event.hunks)
    }


def as_they_waited(events: Iterable[StoredEvent], ids: Collection[str]) -> dict[str, FilePending]:
    """Return, by path, the last word about each of these hunks, which may have been decided one after the other.

    Their lines are counted in several texts then.
    """
    found: dict[str, FilePending] = {}
    for event in (stored.event for stored in events if isinstance(stored.event, FilePending)):
        states = {state.id: state for state in event.hunks if state.id in ids}
        if not states:
            continue
        before = found.get(event.path)
        known = {state.id: state for state in before.hunks} if before else {}
        moved = event if before is None or moves(event, ids) else before
        found[event.path] = event.model_copy(
            update={
                "hunks": tuple((known | states).values()),
                "moved_to": moved.moved_to,
                "moved_name": moved.moved_name,
            }
        )
    return found


def dropped_ids(events: Iterable[StoredEvent]) -> set[str]:
    """Return the hunks that were dropped; such an id never waits again."""
    return {
        stored.event.hunk_id
        for stored in events
        if isinstance(stored.event, HunkDecided) and stored.event.decision != "accepted"
    }


def hunk_decided(
    file: PendingFile,
    hunk: Hunk,
    decision: Literal["accepted", "rejected", "regenerated", "withdrawn"],
    change_id: str | None = None,
) -> HunkDecided:
    """Return what became of a hunk for the log."""
    return HunkDecided(turn_id=hunk.turn_id, hunk_id=hunk.id, name=file.name, decision=decision, change_id=change_id)
