"""Changes: every change of files goes through here, so that it can be taken back and survives a kill.

The texts before and after are in the blob store and the intent is in the log, both on the disk, before the first file
is touched; the outcome follows. A change that was cut off in between is completed or put back when its session is next
used. One for each App; what an undo does is worked out in `edits.revert`, this carries it out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conduit.app.checkpoints import Checkpoints
from conduit.app.locks import locked
from conduit.app.parts import Parts
from conduit.app.undoing import Choose, Coverage, FileTexts, new_change_id, of_turn, sentence_of
from conduit.edits.caution import refuse_own_settings
from conduit.edits.edit import EditSink, FileChange
from conduit.edits.outcome import find_outcome
from conduit.edits.overwritten import Overwritten
from conduit.edits.revert import Revert, revert
from conduit.errors import CheckpointLost, SessionBusy, StaleDocument, ToolError, UserError
from conduit.sessions.change_history import ChangeHistory, read_history, since
from conduit.sessions.events import ChangeFinished, ChangeStarted, Event, Notice, Transient

log = logging.getLogger(__name__)

Cause = Literal["turn", "accept", "undo", "redo"]
Show = Callable[[str, int | None, Event | Transient], None]
OnReverted = Callable[[str, Sequence[str], Sequence[FileTexts]], Awaitable[None]]
"""Called after an undo or a redo with the session, the changes that it took back, and the texts that it left.

Of an undo these are the changes of the model and of acceptances; of a redo, the undos.
"""

OnLost = Callable[[str, str, Sequence[Overwritten]], None]
"""Called with the session and the turn of a change that went over lines which were typed just before it."""

_ATTEMPTS = 4
_LOCK_TIMEOUT_S = 20.0
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was made; `text` is the sentence of who made it, for the model."""

    change_id: str
    text: str
    changes: tuple[FileChange, ...]


class Changes:
    """Makes changes, takes them back, and settles those that were cut off."""

    def __init__(self, parts: Parts, show: Show) -> None:
        self._parts = parts
        self._show = show
        self._checkpoints = Checkpoints(parts.workspace, parts.blobs)
        self._locks: dict[str, asyncio.Lock] = {}
        self._told: set[str] = set()
        self._running: set[asyncio.Task[Applied]] = set()
        self.on_reverted: list[OnReverted] = []
        self.on_overwritten: list[OnLost] = []

    def sink(self, session_id: str, turn_id: str, cause: Cause = "turn") -> EditSink:
        """Return the place where a turn's tools put their changes, which are made at once."""
        return _Recorded(self, session_id, turn_id, cause)

    async def apply(
        self,
        session_id: str,
        turn_id: str,
        cause: Cause,
        changes: Sequence[FileChange],
        reverts: Sequence[str] = (),
        change_id: str | None = None,
    ) -> Applied:
        """Make all of `changes` or none, recorded before and after. A cancelled call still records what came of it.

        Args:
            session_id: the session to whose history it belongs.
            turn_id: the turn that proposed it.
            cause: who wanted it.
            changes: what is changed, one for each file.
            reverts: the changes that this one takes back.
            change_id: what it is called, where somebody said so before it began.

        Raises:
            StaleDocument, EditRefused, PermissionDenied, OutsideWorkspace: as `EditSink.submit`; nothing was changed.
            SessionBusy: another process has the session.
            StoreError: it could not be recorded, and was not made.
        """
        for change in changes:
            for path in {change.path, change.new_path}:
                self._parts.workspace.check_writable(path)
        if not reverts:  # what is taken back may meet settings that the person wrote since
            refuse_own_settings(changes)
        making = _Making(change_id or new_change_id(), turn_id, cause, tuple(changes), tuple(reverts))
        task = asyncio.create_task(self._apply(session_id, making), name=making.change_id)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            making.cancelled = True
            if making.submitting is not None:
                making.submitting.cancel()
            await asyncio.wait({task})
            raise

    async def _apply(self, session_id: str, making: _Making) -> Applied:
        async with self._holding(session_id):
            files = await self._checkpoints.keep(making.changes)
            started = ChangeStarted(
                turn_id=making.turn_id,
                change_id=making.change_id,
                cause=making.cause,
                files=files,
                reverts=making.reverts,
            )
            await self._emit(session_id, started)
            if making.cancelled:
                await self._emit(session_id, *_outcome(started, False, "It was cancelled before it began."))
                raise asyncio.CancelledError
            if not making.changes:
                await self._emit(session_id, *_outcome(started, True))
                return Applied(making.change_id, "", ())
            making.submitting = asyncio.ensure_future(self._submit(session_id, making.turn_id, making.changes))
            try:
                text = await making.submitting
            except ToolError as error:
                await self._emit(session_id, *_outcome(started, False, str(error)))
                raise
            except asyncio.CancelledError:
                await self._settle(session_id, started)
                raise
            await self._emit(session_id, *_outcome(started, True))
            return Applied(making.change_id, text, making.changes)

    # -- undo and redo ------------------------------------------------------------------------------------------------

    async def coverage(self, session_id: str, turn_id: str | None = None, cause: Cause = "undo") -> Coverage:
        """Return what an undo (or redo) would do now, and do nothing; raises as `undo`."""
        return (await self.plan(session_id, of_turn(turn_id, cause), cause)).coverage

    async def undo(self, session_id: str, turn_id: str | None = None) -> Coverage:
        """Take back the changes of a turn, by default of the newest one that has any; what came later stays.

        Raises:
            SessionNotFound: no such session.
            SessionBusy: a turn runs in it.
            UserError: there is nothing to take back, or nothing of it can be.
            CheckpointLost: the texts of the change are gone.
            EditRefused, StaleDocument: the editor does not take it, or the files keep changing; nothing was changed.
        """
        return await self.revert(session_id, of_turn(turn_id, "undo"), "undo")

    async def redo(self, session_id: str, turn_id: str | None = None) -> Coverage:
        """Make the changes of a turn again that were taken back, by default of the last undo; raises as `undo`."""
        return await self.revert(session_id, of_turn(turn_id, "redo"), "redo")

    async def find_session(self, cause: Cause = "undo") -> str:
        """Return the session, of those used last, in which there is something to undo or redo; raises UserError."""
        for info in await self._parts.store.sessions(limit=_PAGE):
            history = await self.history(info.id)
            if history.undoable() if cause == "undo" else history.redoable():
                return info.id
        raise UserError(f"There is nothing to {cause} in the conversations of this workspace.")

    async def find_turn(self, session_id: str, wanted: str) -> str:
        """Return the turn with changes whose id begins with `wanted`; raises UserError if there is not exactly one."""
        found = [turn_id for turn_id in (await self.history(session_id)).turns if turn_id.startswith(wanted)]
        if len(found) != 1:
            raise UserError(f"{len(found) or 'No'} turns with changes begin with {wanted!r} in this session.")
        return found[0]

    async def news(self, session_id: str) -> str:
        """Return what the model must know about undo and redo since its last turn; empty when there was none."""
        store = self._parts.store
        events = await store.events_of("change_started", "change_finished", session_id=session_id)
        if not any(isinstance(each.event, ChangeStarted) and each.event.cause in ("undo", "redo") for each in events):
            return ""
        branch = {message.turn_id for message in await store.conversation(session_id)}
        turns = [
            stored.seq
            for stored in await store.events_of("turn_started", session_id=session_id)
            if getattr(stored.event, "turn_id", None) in branch
        ]
        undone, redone = since(events, turns[-1] if turns else 0, branch)
        lines = []
        if undone:
            lines.append(
                f"The person took back your changes of {', '.join(undone)}. They are not in these files any more, but "
                "for lines that were changed since."
            )
        if redone:
            lines.append(f"The person brought your changes of {', '.join(redone)} back, which had been taken back.")
        return " ".join([*lines, "Read these files again before you edit them."] if lines else [])

    async def revert(
        self, session_id: str, choose: Choose, cause: Literal["undo", "redo"], change_id: str | None = None
    ) -> Coverage:
        """Take chosen changes back, or make them again, as one change; raises as `undo`."""
        for attempt in range(_ATTEMPTS):
            plan = await self.plan(session_id, choose, cause)
            if not plan.revert.changes and not plan.revert.complete:
                raise UserError(sentence_of(plan.coverage))
            try:
                made = await self.apply(
                    session_id, plan.coverage.turn_id, cause, plan.revert.changes, plan.change_ids, change_id
                )
                break
            except StaleDocument:  # the person types on; what they typed stays, in the next plan too
                if attempt == _ATTEMPTS - 1:
                    raise
        coverage = plan.coverage.done(made.change_id)
        await self._emit(session_id, Notice(turn_id=plan.coverage.turn_id, text=sentence_of(coverage)))
        behind = plan.history.originals(plan.change_ids) if cause == "undo" else plan.change_ids
        texts = [text for change in made.changes for text in FileTexts.of(change)]
        for hook in tuple(self.on_reverted):
            await hook(session_id, behind, texts)
        return coverage

    async def plan(self, session_id: str, choose: Choose, cause: Cause) -> Plan:
        """Return what a `revert` would do now; raises as `undo`."""
        if (await self._parts.store.session(session_id)).running:
            raise SessionBusy(
                "A turn is running in this session. Cancel it, or wait for its end; then its changes can go."
            )
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            pass  # what is being made just now is done then
        await self.recover(session_id)
        history = await self.history(session_id)
        if history.open:
            raise UserError(
                "A change of this session was cut off while its files were open in an editor. "
                "Open the conversation there, so that it is completed or put back."
            )
        turn_id, changes = choose(history)
        made = [change for each in changes for change in await self._checkpoints.changes(each)]
        result = await asyncio.to_thread(revert, made, await self._checkpoints.now(made))
        ids = tuple(each.change_id for each in changes)
        return Plan(history, ids, result, Coverage(session_id, turn_id, cause, result.files))

    # -- what was cut off ---------------------------------------------------------------------------------------------

    async def recover(self, session_id: str, *, quiet: bool = False) -> None:
        """Complete or put back the changes of a session whose process died in between; raises SessionNotFound.

        What is neither as before nor as after is somebody's work: it is left alone, and the person is told; with
        `quiet` only by the log, which is about to be shown anyway.
        """
        making = session_id in self._locks and self._locks[session_id].locked()
        if making or not (await self.history(session_id)).open:
            return
        try:
            async with self._holding(session_id, timeout_s=0):
                for change in (await self.history(session_id)).open:
                    await self._settle(session_id, change, quiet)
        except SessionBusy:
            log.info("a change of session %s is being made by another process", session_id)

    async def _settle(self, session_id: str, change: ChangeStarted, quiet: bool = False) -> None:
        """Find out what became of a change, and have it done wholly or not at all."""
        if self._parts.headless and any(state.open for state in change.files):
            return  # what is in that editor's buffers can only be seen there
        try:
            changes = await self._checkpoints.changes(change)
        except CheckpointLost as error:
            await self._emit(session_id, *_outcome(change, False, str(error), f"{_CUT_OFF} {error}"), quiet=quiet)
            return
        outcome = find_outcome(changes, await self._checkpoints.now(changes))
        if outcome.applied:
            await asyncio.to_thread(self._remove_leftovers, change)
            await self._emit(session_id, *_outcome(change, True), quiet=quiet)
            return
        if outcome.back:
            try:
                await self._submit(session_id, change.turn_id, outcome.back)
            except ToolError as error:  # the next use of the session tries it again
                log.warning("change %s could not be put back: %s", change.change_id, error)
                if change.change_id not in self._told:
                    self._told.add(change.change_id)
                    await self._emit(
                        session_id, Notice(turn_id=change.turn_id, text=f"{_CUT_OFF} {error}"), quiet=quiet
                    )
                return
        await asyncio.to_thread(self._remove_leftovers, change)
        notice = ""
        if outcome.back:
            notice += f" {_names(outcome.back)} was put back to what it was."
        if outcome.others:
            notice += f" {', '.join(outcome.others)} was changed by somebody else, and was left alone."
        detail = "The process ended before all of it was done."
        await self._emit(session_id, *_outcome(change, False, detail, notice and _CUT_OFF + notice), quiet=quiet)

    def _remove_leftovers(self, change: ChangeStarted) -> None:
        """Remove what the process that died left beside the files; it held what is in the blob store too."""
        workspace = self._parts.workspace
        for path in {Path(each) for state in change.files for each in (state.path, state.moved_to) if each}:
            with suppress(ToolError):
                place = workspace.place_of(path)
                workspace.door.remove_leftovers(place.root, place.relative)

    # -- below --------------------------------------------------------------------------------------------------------

    async def _submit(self, session_id: str, turn_id: str, changes: Sequence[FileChange]) -> str:
        def lost(found: Sequence[Overwritten]) -> None:
            for hook in self.on_overwritten:
                hook(session_id, turn_id, found)

        return await self._parts.edits(self._parts.workspace, lost).submit(changes)

    async def history(self, session_id: str) -> ChangeHistory:
        """Return what became of the changes of a session."""
        store = self._parts.store
        return read_history(await store.events_of("change_started", "change_finished", session_id=session_id))

    async def _emit(self, session_id: str, *events: Event, quiet: bool = False) -> None:
        last = await self._parts.store.append(session_id, *events)
        if quiet:
            return
        for number, event in enumerate(events, last - len(events) + 1):
            self._show(session_id, number, event)

    @asynccontextmanager
    async def _holding(self, session_id: str, timeout_s: float = _LOCK_TIMEOUT_S) -> AsyncIterator[None]:
        """Be the only one, of all processes, that changes files for this session; a process that dies lets go."""
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            lock = await asyncio.to_thread(locked, self._parts.blobs.folder.parent / "changing", session_id, timeout_s)
            try:
                yield
            finally:
                lock.release(force=True)


_CUT_OFF = "A change of files was cut off."


@dataclass
class _Making:
    """A change that is being made."""

    change_id: str
    turn_id: str
    cause: Cause
    changes: tuple[FileChange, ...]
    reverts: tuple[str, ...]
    submitting: asyncio.Future[str] | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What an undo or redo is about to do."""

    history: ChangeHistory
    change_ids: tuple[str, ...]
    revert: Revert
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The `EditSink` of a turn."""

    changes: Changes
    session_id: str
    turn_id: str
    cause: Cause

    async def submit(self, changes: Sequence[FileChange]) -> str:
        """Make all of `changes` or none; see `EditSink`."""
        return (await self.changes.apply(self.session_id, self.turn_id, self.cause, changes)).text


def _outcome(change: ChangeStarted, applied: bool, detail: str = "", notice: str = "") -> list[Event]:
    """Return the outcome of a change as events; `notice` is a sentence for the person."""
    told = [Notice(turn_id=change.turn_id, text=notice)] if notice else []
    return [
        ChangeFinished(turn_id=change.turn_id, change_id=change.change_id, applied=applied, detail=detail),
        *told,
    ]


def _names(changes: Sequence[FileChange]) -> str:
    return ", ".join(dict.fromkeys(change.name for change in changes))
