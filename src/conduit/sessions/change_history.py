"""What became of the changes of a session, read from the log: which are in the files, which were taken back.

Pure. An undo takes back all changes of one turn that are in the files, a redo the newest undo of a turn; both are
changes themselves, so that they can be taken back in turn. Used by `app.changes`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from conduit.sessions.events import ChangeFinished, ChangeStarted, StoredEvent


@dataclass
class TurnChanges:
    """The changes of one turn, in order: `done` are in the files, `undone` are the undos that a redo takes back."""

    turn_id: str
    done: list[ChangeStarted] = field(default_factory=list)
    undone: list[ChangeStarted] = field(default_factory=list)
    done_at: int = 0
    undone_at: int = 0


@dataclass
class ChangeHistory:
    """All turns with changes, by id; `open` are changes whose outcome is not known."""

    turns: dict[str, TurnChanges] = field(default_factory=dict)
    open: list[ChangeStarted] = field(default_factory=list)
    applied: dict[str, ChangeStarted] = field(default_factory=dict)

    def undoable(self) -> TurnChanges | None:
        """Return the turn whose change is the newest one in the files."""
        # Of turns that a redo brought back together, the last one is the newest.
        done = [turn for turn in reversed(self.turns.values()) if turn.done]
        return max(done, key=lambda turn: turn.done_at, default=None)

    def redoable(self) -> TurnChanges | None:
        """Return the turn that was taken back last."""
        undone = (turn for turn in self.turns.values() if turn.undone)
        return max(undone, key=lambda turn: turn.undone_at, default=None)

    def originals(self, change_ids: Iterable[str]) -> list[str]:
        """Return the changes of the model and of acceptances behind some changes: what an undone redo brought back."""
        found: list[str] = []
        for change_id in change_ids:
            change = self.applied.get(change_id)
            behind = change.reverts if change is not None and change.cause in ("undo", "redo") else ()
            found += self.originals(behind) if behind else [change_id]
        return found


def read_history(events: Sequence[StoredEvent]) -> ChangeHistory:
    """Return what the `change_started` and `change_finished` of one session, in order, amount to."""
    history = ChangeHistory()
    waiting: dict[str, ChangeStarted] = {}
    for stored in events:
        event = stored.event
        if isinstance(event, ChangeStarted):
            waiting[event.change_id] = event
        elif isinstance(event, ChangeFinished):
            change = waiting.pop(event.change_id, None)
            if change is not None and event.applied:
                _take_in(history, change, stored.seq)
    history.open = list(waiting.values())
    return history


def _take_in(history: ChangeHistory, change: ChangeStarted, seq: int) -> None:
    history.applied[change.change_id] = change
    turn = history.turns.setdefault(change.turn_id, TurnChanges(change.turn_id))
    for each in history.turns.values():  # what a rewind takes back is of several turns
        each.done = [one for one in each.done if one.change_id not in change.reverts]
        each.undone = [one for one in each.undone if one.change_id not in change.reverts]
    behind = [history.applied[one] for undo in change.reverts for one in _reverts(history, undo)]
    if change.cause == "redo" and len({one.turn_id for one in behind}) > 1:
        for one in behind:  # so that each turn can be taken back by itself again
            history.turns[one.turn_id].done.append(one)
            history.turns[one.turn_id].done_at = seq
    elif change.cause == "undo":
        turn.undone.append(change)
        turn.undone_at = seq
    else:
        turn.done.append(change)
        turn.done_at = seq


def _reverts(history: ChangeHistory, change_id: str) -> list[str]:
    change = history.applied.get(change_id)
    return [one for one in change.reverts if one in history.applied] if change is not None else []


def since(events: Sequence[StoredEvent], seq: int, turns: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the names of files whose changes were taken back after `seq`, and of those that were brought back.

    Only changes of `turns` count, those of the conversation as it is.
    """
    then = read_history([stored for stored in events if stored.seq <= seq])
    now = read_history(events)
    undone: list[str] = []
    redone: list[str] = []
    for turn_id, turn in now.turns.items():
        if turn_id not in turns:
            continue
        old = then.turns.get(turn_id, TurnChanges(turn_id))
        known = {change.change_id for change in old.undone}
        undone += [state.name for each in turn.undone if each.change_id not in known for state in each.files]
        new = [each for each in turn.done if each.cause == "redo" and each.reverts and set(each.reverts) & known]
        redone += [state.name for each in new for state in each.files]
    return list(dict.fromkeys(undone)), list(dict.fromkeys(redone))
