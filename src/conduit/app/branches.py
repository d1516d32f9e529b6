"""Branches: a conversation goes back to before something the person said, and, if they want, to where it was.

Nothing is deleted by it: the log says that the conversation goes on from an earlier message. When files go along, the
intent is in the log first, then one change takes all of them back, then the conversation moves; what a kill cut off in
between is completed, or dropped, when the session is next used. Hunks of turns that are taken back are withdrawn.
One for each App.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Literal

from conduit.app.changes import Changes
from conduit.app.locks import locked
from conduit.app.parts import Parts
from conduit.app.review import Emit, Reviews
from conduit.app.selection import Selection
from conduit.app.undoing import Choose, Coverage, new_change_id, sentence_of
from conduit.edits.revert import FileRevert
from conduit.errors import SessionBusy, UserError
from conduit.messages.content import Block
from conduit.sessions.branch_events import RewindStarted, TipMoved
from conduit.sessions.change_history import ChangeHistory
from conduit.sessions.events import ChangeFinished, ChangeStarted, StoredMessage

Back = Literal["undo", "redo"]

_LOCK_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Moved:
    """What a rewind did or would do, or the taking back of one.

    Attributes:
        message_id: what the person had said there.
        content: its blocks.
        messages: how many messages went out of the conversation, or came back.
        files: what became of each file.
        rewind_id: names it; None when nothing was done yet.
        text: a sentence for the person.
    """

    session_id: str
    message_id: str
    content: tuple[Block, ...]
    messages: int
    files: tuple[FileRevert, ...]
    rewind_id: str | None
    text: str


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a rewind takes out of a conversation, the person's message first."""

    removed: tuple[StoredMessage, ...]

    @property
    def turns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(message.turn_id for message in self.removed))

    def moved(self, rewind_id: str, waiting: tuple[str, ...]) -> TipMoved:
        first = self.removed[0]
        return TipMoved(
            rewind_id=rewind_id,
            cause="rewind",
            message_id=first.id,
            tip=first.parent_id,
            was=self.removed[-1].id,
            waiting=waiting,
        )


class Branches:
    """Moves the conversations of one workspace back and forth."""

    def __init__(
        self,
        parts: Parts,
        changes: Changes,
        reviews: Reviews,
        emit: Emit,
        prepare: Callable[[str], Awaitable[None]],
    ) -> None:
        """Take the parts; `prepare` repairs a session in which nothing runs, or raises SessionBusy."""
        self._store = parts.store
        self._folder = parts.blobs.folder.parent / "changing"
        self._changes = changes
        self._reviews = reviews
        self._emit = emit
        self._prepare = prepare
        self._moving: set[str] = set()

    def check_still(self, session_id: str) -> None:
        """Do nothing for a session that is not being moved; raises SessionBusy."""
        if session_id in self._moving:
            raise SessionBusy("This conversation is being taken back to an earlier message. Wait for the end of it.")

    async def preview(self, session_id: str, message_id: str, *, files: bool) -> Moved:
        """Return what a rewind would do, and do nothing; raises as `rewind`."""
        cut = await self._cut(session_id, message_id)
        coverage = await self._coverage(session_id, _of_turns(cut.turns), "undo") if files else None
        return self._told(session_id, cut.removed, "Would take back", coverage)

    async def rewind(self, session_id: str, message_id: str, *, files: bool) -> Moved:
        """Go back to before the person's message `message_id`; with `files`, take back what came of it in files too.

        What was changed since in the files by somebody else stays, as it does in an undo.

        Raises:
            SessionNotFound: no such session.
            SessionBusy: a turn runs in it.
            UserError: that is no message of the person in the conversation.
            EditRefused, StaleDocument, CheckpointLost: files could not be taken back; nothing was done.
        """
        async with self._holding(session_id):
            cut = await self._cut(session_id, message_id)
            waiting = tuple(
                each.hunk.id for each in await self._reviews.hunks(session_id) if each.hunk.turn_id in cut.turns
            )
            moved = cut.moved(f"rew_{uuid.uuid4().hex}", waiting)
            choose = _of_turns(cut.turns)
            coverage = await self._coverage(session_id, choose, "undo") if files else None
            coverage = await self._move(session_id, moved, choose, "undo", coverage)
            return replace(self._told(session_id, cut.removed, "Took back", coverage), rewind_id=moved.rewind_id)

    async def unrewind(self, session_id: str) -> Moved:
        """Take the newest rewind back, with the files that it took along; raises as `rewind`.

        It can be done until something else is said in the conversation.
        """
        async with self._holding(session_id):
            rewind = await self._newest_rewind(session_id)
            moved = rewind.model_copy(
                update={"cause": "unrewind", "tip": rewind.was, "was": rewind.tip, "change_id": None}
            )
            choose = _of_undo(rewind.change_id)
            coverage = await self._coverage(session_id, choose, "redo") if rewind.change_id else None
            before = {message.id for message in await self._store.conversation(session_id)}
            coverage = await self._move(session_id, moved, choose, "redo", coverage)
            back = tuple(each for each in await self._store.conversation(session_id) if each.id not in before)
            return replace(self._told(session_id, back, "Brought back", coverage), rewind_id=rewind.rewind_id)

    async def recover(self, session_id: str) -> None:
        """Complete or drop what a dead process left in between; to be called once its changes are settled."""
        events = await self._store.events_of("rewind_started", "tip_moved", session_id=session_id)
        if not events or session_id in self._moving:
            return
        open_: dict[tuple[str, str], RewindStarted] = {}
        for event in (stored.event for stored in events):
            if isinstance(event, RewindStarted):
                open_[event.rewind_id, event.cause] = event
            elif isinstance(event, TipMoved):
                open_.pop((event.rewind_id, event.cause), None)
        with suppress(SessionBusy):  # a living process is at it
            async with self._lock(session_id, timeout_s=0):
                for started in open_.values():
                    await self._settle(session_id, started)
                await self._withdraw(session_id)

    # -- below --------------------------------------------------------------------------------------------------------

    async def _move(
        self,
        session_id: str,
        moved: TipMoved,
        choose: Choose,
        cause: Literal["undo", "redo"],
        coverage: Coverage | None,
    ) -> Coverage | None:
        """Move the conversation, files first where there is something to do in them; return what came of the files."""
        if coverage is None or not any(file.verb != "none" for file in coverage.files):
            await self._emit(session_id, moved)
        else:
            started = RewindStarted(
                **moved.model_dump(exclude={"type", "moved", "change_id"}), change_id=new_change_id()
            )
            await self._emit(session_id, started)
            try:
                coverage = await self._changes.revert(session_id, choose, cause, started.change_id)
            finally:
                await asyncio.shield(asyncio.ensure_future(self._settle(session_id, started)))
        if moved.cause == "unrewind" and moved.waiting:
            await self._reviews.wait_again(session_id, moved.waiting)
        await self._withdraw(session_id)
        return coverage

    async def _settle(self, session_id: str, started: RewindStarted) -> None:
        """Write down what became of a move, by what became of its files."""
        applied = [
            stored.event.applied
            for stored in await self._store.events_of("change_finished", session_id=session_id)
            if isinstance(stored.event, ChangeFinished) and stored.event.change_id == started.change_id
        ]
        fields = started.model_dump(exclude={"type"})
        await self._emit(session_id, TipMoved(**fields, moved=bool(applied) and applied[-1]))

    async def _withdraw(self, session_id: str) -> None:
        """Withdraw the hunks of turns that are not in the conversation any more."""
        branch = {message.turn_id for message in await self._store.conversation(session_id)}
        started = {
            getattr(stored.event, "turn_id", "")
            for stored in await self._store.events_of("turn_started", session_id=session_id)
        }
        ids = {each.hunk.id for each in await self._reviews.hunks(session_id) if each.hunk.turn_id in started - branch}
        if ids:
            with suppress(UserError):  # none waits any more
                await self._reviews.reject(session_id, Selection(ids=ids), "withdrawn")

    async def _cut(self, session_id: str, message_id: str) -> _Cut:
        messages = await self._store.conversation(session_id)
        for number, stored in enumerate(messages):
            if stored.id == message_id and stored.message.role == "user":
                return _Cut(tuple(messages[number:]))
        raise UserError(f"There is no message {message_id!r} of yours in this conversation.")

    async def _newest_rewind(self, session_id: str) -> TipMoved:
        turns = await self._store.events_of("turn_started", session_id=session_id)
        said = turns[-1].seq if turns else 0
        rewinds: list[TipMoved] = []
        for stored in await self._store.events_of("tip_moved", session_id=session_id):
            event = stored.event
            if not isinstance(event, TipMoved) or not event.moved or stored.seq < said:
                continue
            if event.cause == "rewind":
                rewinds.append(event)
            elif rewinds and rewinds[-1].rewind_id == event.rewind_id:
                rewinds.pop()
        if not rewinds:
            raise UserError("There is nothing to bring back: nothing was taken back since the last message.")
        return rewinds[-1]

    async def _coverage(self, session_id: str, choose: Choose, cause: Back) -> Coverage | None:
        """Return what would become of files, or None where nothing was changed."""
        if not choose(await self._changes.history(session_id))[1]:
            return None
        return (await self._changes.plan(session_id, choose, cause)).coverage

    def _told(
        self, session_id: str, messages: tuple[StoredMessage, ...], lead: str, coverage: Coverage | None
    ) -> Moved:
        count = len(messages)
        text = f"{lead} {count} message{'' if count == 1 else 's'}."
        return Moved(
            session_id=session_id,
            message_id=messages[0].id if messages else "",
            content=messages[0].message.content if messages else (),
            messages=count,
            files=coverage.files if coverage else (),
            rewind_id=None,
            text=f"{text} {sentence_of(coverage)}" if coverage else text,
        )

    @asynccontextmanager
    async def _holding(self, session_id: str) -> AsyncIterator[None]:
        self.check_still(session_id)
        await self._prepare(session_id)
        self.check_still(session_id)
        self._moving.add(session_id)
        try:
            async with self._lock(session_id, _LOCK_TIMEOUT_S):
                yield
        finally:
            self._moving.discard(session_id)

    @asynccontextmanager
    async def _lock(self, session_id: str, timeout_s: float) -> AsyncIterator[None]:
        lock = await asyncio.to_thread(locked, self._folder, f"{session_id}.branch", timeout_s)
        try:
            yield
        finally:
            lock.release(force=True)


def _of_turns(turns: tuple[str, ...]) -> Choose:
    """Return how to pick all changes of some turns that are in the files, which may be none."""

    def choose(history: ChangeHistory) -> tuple[str, list[ChangeStarted]]:
        done = {one.change_id for turn in turns if turn in history.turns for one in history.turns[turn].done}
        changes = [change for change_id, change in history.applied.items() if change_id in done]
        return changes[0].turn_id if changes else "", changes

    return choose


def _of_undo(change_id: str | None) -> Choose:
    """Return how to pick the undo that a rewind was; nothing once somebody took that back."""

    def choose(history: ChangeHistory) -> tuple[str, list[ChangeStarted]]:
        for turn in history.turns.values():
            for change in turn.undone:
                if change.change_id == change_id:
                    return turn.turn_id, [change]
        return "", []

    return choose
