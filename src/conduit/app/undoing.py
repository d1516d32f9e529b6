"""What an undo or a redo covers, as values for faces and as a sentence for the person."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from conduit.edits.checkpoint import Kept
from conduit.edits.edit import FileChange
from conduit.edits.revert import FileRevert
from conduit.errors import UserError
from conduit.sessions.change_history import ChangeHistory
from conduit.sessions.events import ChangeStarted

_SHOWN_FILES = 12


@dataclass(frozen=True, slots=True)
class FileTexts:
    """The text of one file before and after an undo or redo; None: there was, or is, no file."""

    path: Path
    before: str | None
    after: str | None

    @classmethod
    def of(cls, change: FileChange) -> Iterator[FileTexts]:
        """Yield what a change did at each path; a move is two."""
        if change.moved_to is None:
            yield cls(change.path, change.before, change.after)
        else:
            yield cls(change.path, change.before, None)
            yield cls(change.moved_to, None, change.after)


Choose = Callable[[ChangeHistory], tuple[str, list[ChangeStarted]]]
"""Picks what is taken back: the turn that it is told of, and changes, oldest first; or raises UserError."""


def new_change_id() -> str:
    """Return a new, unguessable id of a change."""
    return f"chg_{uuid.uuid4().hex}"


def of_turn(turn_id: str | None, cause: str) -> Choose:
    """Return how to pick the changes of one turn; by default of the newest with something to undo, or to redo."""

    def choose(history: ChangeHistory) -> tuple[str, list[ChangeStarted]]:
        turn = history.turns.get(turn_id) if turn_id else history.undoable() if cause == "undo" else history.redoable()
        changes = [] if turn is None else turn.done if cause == "undo" else turn.undone
        if turn is None or not changes:
            which = f"turn {turn_id}" if turn_id else "this session"
            what = "has no change that is in the files" if cause == "undo" else "has no change that was taken back"
            raise UserError(f"There is nothing to {cause}: {which} {what}.")
        return turn.turn_id, changes

    return choose


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an undo or redo of a turn does to each file, or did when there is a `change_id`."""

    session_id: str
    turn_id: str
    cause: Literal["turn", "accept", "undo", "redo"]
    files: tuple[FileRevert, ...]
    change_id: str | None = None

    def done(self, change_id: str) -> Coverage:
        """Return it as something that was done."""
        return replace(self, change_id=change_id)


def sentence_of(coverage: Coverage) -> str:
    """Return what the person is told, also about what stays."""
    changed = [file for file in coverage.files if file.verb != "none"]
    if coverage.change_id is None:
        lead = "Undo would take back" if coverage.cause == "undo" else "Redo would make again"
    else:
        lead = "Took back" if coverage.cause == "undo" else "Made again"
    if changed:
        said = [f"{lead} the changes of {_count(len(changed), 'file')}: {_listed([_done(file) for file in changed])}."]
    elif any(file.problems or file.kept for file in coverage.files):
        what = "taken back" if coverage.cause == "undo" else "made again"
        said = [f"Nothing of this turn can be {what}."]
    else:
        said = ["The files were so already; nothing was changed."]
    for file in coverage.files[:_SHOWN_FILES]:
        if file.kept:
            said.append(f"{_lines(file.kept)} of {file.new_name} stayed, since they were changed later.")
        elif file.since and file.verb not in ("none", "delete"):
            said.append(f"What was changed later in {file.new_name} ({_count(file.since, 'line')}) stayed.")
        said += [f"{file.new_name}: {problem}" for problem in file.problems]
    return " ".join(said)


def _done(file: FileRevert) -> str:
    match file.verb:
        case "delete":
            return f"{file.name} (removed)"
        case "create":
            return f"{file.new_name} (there again)"
        case "move":
            return f"{file.name} (is {file.new_name} again)"
        case _:
            return f"{file.name} ({_count(file.lines, 'line')})"


def _lines(kept: Sequence[Kept]) -> str:
    """Return lines as people count them; where lines were deleted, what stood behind the one before is meant."""
    parts = [
        f"what followed line {each.start}"
        if each.start == each.end
        else f"line {each.end}"
        if each.end == each.start + 1
        else f"lines {each.start + 1} to {each.end}"
        for each in kept
    ]
    text = _listed(parts)
    return text[:1].upper() + text[1:]


def _listed(parts: Sequence[str]) -> str:
    more = len(parts) - _SHOWN_FILES
    return ", ".join(parts[:_SHOWN_FILES]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
