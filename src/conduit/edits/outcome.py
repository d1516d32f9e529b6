"""Where the files of a change stand when nobody knows its outcome: before it, after it, or between. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conduit.edits.edit import FileChange
from conduit.edits.revert import Now, Present, revert

Standing = Literal["before", "after", "between", "other"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be done about a change that was cut off.

    Attributes:
        applied: whether all of it is in the files.
        back: the changes that make the rest as it was before; none when `applied`, or when nothing had happened.
        others: names of files that are neither as before nor as after: somebody changed them, and they are left alone.
    """

    applied: bool
    back: tuple[FileChange, ...] = ()
    others: tuple[str, ...] = ()


def find_outcome(changes: Sequence[FileChange], now: Mapping[Path, Now]) -> Outcome:
    """Return what became of `changes`; `now` is what is at each of `revert.paths_of(changes)`."""
    standings = [(change, standing(change, now)) for change in changes]
    if all(where == "after" for _, where in standings):
        return Outcome(applied=True)
    back = list(revert([change for change, where in standings if where == "after"], now).changes)
    back += [_unmoved(change, now) for change, where in standings if where == "between"]
    return Outcome(False, tuple(back), tuple(change.name for change, where in standings if where == "other"))


def standing(change: FileChange, now: Mapping[Path, Now]) -> Standing:
    """Return where the file of one change stands; only a move can be between."""
    there = now[change.path]
    if change.after is None and isinstance(there, Present) and not there.on_disk:
        there = None  # deleted, and still open in an editor that cannot delete
    start = _text(there)
    if change.moved_to is None:
        return "after" if start == change.after else "before" if start == change.before else "other"
    end = _text(now[change.moved_to])
    if start is None and end is not None:
        return "after" if end == change.after else "between" if end == change.before else "other"
    if start == change.before:
        return "before" if end is None else "between" if end == change.after else "other"
    return "other"


def _text(now: Now) -> str | None:
    if isinstance(now, Present):
        return now.text
    return None if now is None else "\0"  # nothing that a change of a text has


def _unmoved(change: FileChange, now: Mapping[Path, Now]) -> FileChange:
    """Take back half a move: the new file was made and the old one is still there, or it was moved and not edited."""
    target = change.new_path
    end = now[target]
    assert isinstance(end, Present)
    if now[change.path] is not None:
        return FileChange(target, change.new_name, end.text, None, end.version)
    return FileChange(
        target, change.new_name, end.text, end.text, end.version, moved_to=change.path, moved_name=change.name
    )
