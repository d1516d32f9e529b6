"""What one turn changed in files, for eyes: each file as it is now beside what it would be without that turn.

So what the person typed since is on both sides, and an undo of the turn does exactly the reverse. Nothing is done here.
"""

from __future__ import annotations

from dataclasses import dataclass

from conduit.app.changes import Cause, Changes
from conduit.app.undoing import of_turn
from conduit.edits.edit import FileChange
from conduit.errors import UserError


@dataclass(frozen=True, slots=True)
class Difference:
    """The changes of a turn, from without it to with it."""

    session_id: str
    turn_id: str
    changes: tuple[FileChange, ...]


async def difference(
    changes: Changes, session_id: str | None = None, turn_id: str | None = None, name: str | None = None
) -> Difference:
    """Return what a turn changed.

    Args:
        changes: the changes of the workspace.
        session_id: the session; by default the one in which an undo would take something back.
        turn_id: the turn; by default the newest that changed something. One that was taken back is shown as it was.
        name: only the file with this name, before or after.

    Raises:
        SessionNotFound, SessionBusy, CheckpointLost: as `Changes.undo`.
        UserError: there is no such change.
    """
    session = session_id or await changes.find_session()
    turn = (await changes.history(session)).turns.get(turn_id or "")
    undone = turn is not None and not turn.done and bool(turn.undone)
    cause: Cause = "redo" if undone else "undo"
    plan = await changes.plan(session, of_turn(turn_id, cause), cause)
    found = plan.revert.changes if undone else [_reverse(change) for change in plan.revert.changes]
    wanted = tuple(each for each in found if name in (None, each.name, each.new_name))
    if not wanted:
        where = f" in {name}" if name else ""
        raise UserError(f"Nothing of what this turn changed{where} can be told apart any more: it was changed since.")
    return Difference(session, plan.coverage.turn_id, wanted)


def _reverse(change: FileChange) -> FileChange:
    return FileChange(
        change.new_path,
        change.new_name,
        change.after,
        change.before,
        moved_to=change.path if change.moved_to else None,
        moved_name=change.name if change.moved_to else "",
    )
