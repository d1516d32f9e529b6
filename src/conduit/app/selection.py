"""Which hunks a decision is about, and what it came to; values for `Reviews` and the faces. No rules of deciding."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conduit.agent.permission import PermissionRequest
from conduit.edits.caution import cautions, diff_with_remarks
from conduit.edits.edit import FileChange
from conduit.edits.hunks import Hunk
from conduit.edits.proposal import touched
from conduit.edits.review import PendingFile
from conduit.errors import UserError
from conduit.tools.base import Effect
from conduit.workspace.names import shown


@dataclass(frozen=True, slots=True)
class PendingHunk:
    """A hunk, and where it waits."""

    session_id: str
    file: PendingFile
    hunk: Hunk


@dataclass(frozen=True, slots=True)
class Selection:
    """Which hunks are meant: those that fit everything that is given; nothing given means all of the session.

    Attributes:
        ids: their ids.
        turn_id: the turn that proposed them.
        path: their file.
        together: accept all of them or none, not one by one: none when one is a conflict, or when a file of `bases`
            has another text by now. An undo takes such an acceptance back for good: nothing waits again.
        bases: the texts of files for which the person agreed.
    """

    ids: Collection[str] = ()
    turn_id: str | None = None
    path: Path | None = None
    together: bool = False
    bases: Mapping[Path, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Look ids up in a set: thousands may be named."""
        object.__setattr__(self, "ids", frozenset(self.ids))

    def takes(self, file: PendingFile, hunk: Hunk) -> bool:
        """Say whether a hunk is meant."""
        return (
            (not self.ids or hunk.id in self.ids)
            and self.turn_id in (None, hunk.turn_id)
            and self.path in (None, file.path, file.new_path)
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision came to: the hunks it was about, and conflicts that were left because they were not named."""

    done: tuple[PendingHunk, ...]
    left: tuple[PendingHunk, ...] = ()
    change_ids: tuple[str, ...] = ()


def render_diff(hunks: Sequence[PendingHunk]) -> str:
    """Return hunks as a unified diff of their files; a conflict takes the place of what the person wrote."""
    return diff_with_remarks(changes_of(hunks))


def changes_of(hunks: Sequence[PendingHunk]) -> list[FileChange]:
    """Return what accepting hunks would make of their files."""
    files: dict[tuple[str, Path], tuple[PendingFile, set[str]]] = {}
    for each in hunks:
        files.setdefault((each.session_id, each.file.path), (each.file, set()))[1].add(each.hunk.id)
    return [file.accept(ids)[0] for file, ids in files.values()]


def question_about(hunks: Sequence[PendingHunk]) -> PermissionRequest | None:
    """Return what to ask before hunks are accepted; None when nothing of them is protected."""
    changes = changes_of(hunks)
    reason = cautions(changes)
    if not reason:
        return None
    names = touched(changes)
    return PermissionRequest(
        session_id=hunks[0].session_id,
        turn_id=hunks[0].hunk.turn_id,
        call_id=f"accept-{hunks[0].hunk.id}",
        tool="accept",
        kind="edit",
        title=f"Write {', '.join(map(shown, names))}",
        effect=Effect.WRITE,
        preview=diff_with_remarks(changes),
        paths=names,
        reason=reason,
        in_turn=False,
    )


def nothing_waits(selection: Selection) -> UserError:
    """Return what is raised when nothing of a selection waits."""
    if selection.ids:
        names = ", ".join(sorted(selection.ids))[:100]
        return UserError(f"No hunk {names} waits any more. List the hunks again.")
    return UserError("No proposed change waits there.")


def nothing_can_be_accepted(
    selection: Selection, found: Sequence[PendingHunk], away: Sequence[PendingHunk]
) -> UserError:
    """Return what is raised when all that was found must be named by itself; `away`: those whose file is gone."""
    if not found:
        return nothing_waits(selection)
    if len(away) == len(found):
        names = ", ".join(dict.fromkeys(each.file.name for each in away))
        return UserError(f"{names} is not there any more. Reject what waits for it, or bring it back.")
    lines = "one proposed hunk" if len(found) == 1 else f"{len(found)} proposed hunks"
    return UserError(
        f"You changed the lines of {lines} yourself. Accept such a conflict by itself to take the proposal, or reject "
        "it to keep your lines."
    )
