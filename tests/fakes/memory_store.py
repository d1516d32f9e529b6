"""The in-memory twin of the session store: the same promises, without a disk.

Stores made from one `MemoryWorld` stand for processes on one database; closing a store is the death of its process.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from conduit.errors import SessionBusy, SessionNotFound, StoreError, UserError
from conduit.messages.message import Usage
from conduit.sessions.branch_events import TipMoved
from conduit.sessions.events import (
    AssistantReplied,
    Event,
    Notice,
    SessionChanged,
    SessionInfo,
    SessionOpened,
    StoredEvent,
    StoredMessage,
    ToolsAnswered,
    TurnEnded,
    TurnStarted,
    UsageRow,
)
from conduit.sessions.projections import day_of, title_of
from conduit.sessions.recovery import OpenTurn, Partial, close_turn


@dataclass
class _Session:
    info: SessionInfo
    last_seq: int
    open_turn: str | None = None
    owner: str | None = None
    partials: list[Partial] = field(default_factory=list)


@dataclass
class MemoryWorld:
    """What is on the disk, and who is alive."""

    sessions: dict[str, _Session] = field(default_factory=dict)
    log: list[StoredEvent] = field(default_factory=list)
    messages: dict[str, tuple[str, int, StoredMessage]] = field(default_factory=dict)
    usage: dict[tuple[str, str], UsageRow] = field(default_factory=dict)
    alive: set[str] = field(default_factory=set)
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))


class MemoryStore:
    """One process's view of a `MemoryWorld`."""

    def __init__(self, world: MemoryWorld | None = None, now: Callable[[], float] = time.time) -> None:
        self._world = world or MemoryWorld()
        self._now = now
        self._id = uuid.uuid4().hex
        self._world.alive.add(self._id)
        self.notice: str | None = None

    async def open_session(self, opened: SessionOpened) -> SessionInfo:
        if opened.forked_from is not None and opened.forked_at is not None:
            self._check_fork_point(opened.forked_from, opened.forked_at)
        session_id = f"ses_{uuid.uuid4().hex}"
        self._log(session_id, opened)
        return await self.session(session_id)

    async def append(self, session_id: str, *events: Event) -> int:
        if not events:
            raise ValueError("nothing to append")
        session = self._session(session_id)
        running = session.open_turn
        for event in events:  # all or nothing: look first
            self._admit(session, running, event)
            if isinstance(event, TurnStarted):
                running = event.turn_id
            elif isinstance(event, TurnEnded) and event.turn_id == running:
                running = None
        return [self._log(session_id, event) for event in events][-1]

    async def keep_partial(
        self, session_id: str, message_id: str, kind: Literal["text", "thinking"], text: str
    ) -> None:
        self._session(session_id).partials.append(Partial(message_id, kind, text))

    async def repair(self, session_id: str, *, abandoned: bool = False) -> bool:
        session = self._session(session_id)
        ours = abandoned and session.owner == self._id
        if session.open_turn is None or (session.owner in self._world.alive and not ours):
            return False
        turn_id = session.open_turn
        events = [
            stored.event
            for stored in self._world.log
            if stored.session_id == session_id and getattr(stored.event, "turn_id", None) == turn_id
        ]
        turn = OpenTurn(turn_id, events, list(session.partials), session.info.model, session.info.tip)
        for event in close_turn(turn):
            self._log(session_id, event)
        return True

    async def session(self, session_id: str) -> SessionInfo:
        session = self._session(session_id)
        running = session.open_turn is not None and session.owner in self._world.alive
        return session.info.model_copy(update={"running": running})

    async def sessions(self, *, query: str = "", cursor: str | None = None, limit: int = 50) -> list[SessionInfo]:
        before = self._session(cursor).last_seq if cursor is not None else None
        words = query.strip().casefold()
        found = [
            session
            for session in self._world.sessions.values()
            if (before is None or session.last_seq < before)
            and (words in session.info.title.casefold() or self._says(session.info.id, words))
        ]
        found.sort(key=lambda session: -session.last_seq)
        return [await self.session(session.info.id) for session in found[: max(1, limit)]]

    async def events(self, session_id: str, *, after: int = 0) -> list[StoredEvent]:
        self._session(session_id)
        return [stored for stored in self._world.log if stored.session_id == session_id and stored.seq > after]

    async def branch(self, session_id: str, *, after: int = 0) -> tuple[list[StoredEvent], int]:
        session, world = self._session(session_id), self._world
        own = [each for each in world.log if each.session_id == session_id and each.seq > after]
        end = max(session.last_seq, after)
        moved = [each for each in own if isinstance(each.event, TipMoved) and each.event.moved]
        if after and moved:
            return moved[-1:], end
        shared: dict[str, tuple[set[str], int]] = {}
        for message in self._chain(session.info.tip):
            owner, seq, _ = world.messages[message.id]
            turns, _ = shared.get(owner, (set(), 0))
            shared[owner] = ({*turns, message.turn_id}, seq)
        mine = shared.pop(session_id, (set(), 0))[0]
        kinds = {"turn_started", "completion_started", "assistant_replied", "tool_started", "tool_finished"}
        kinds |= {"tools_answered", "permission_answered", "notice", "turn_ended"}
        found = [
            each
            for each in world.log
            if each.session_id in shared
            and each.seq > after
            and each.event.type in kinds
            and getattr(each.event, "turn_id", None) in shared[each.session_id][0]
            and (each.seq <= shared[each.session_id][1] or each.event.type == "turn_ended")
        ]
        started = [each for each in world.log if each.session_id == session_id and each.event.type == "turn_started"]
        left = {each.event.turn_id for each in started} - mine
        found += [
            each
            for each in own
            if each.event.type != "tip_moved"
            and (each.event.type in ("file_pending", "hunk_decided") or getattr(each.event, "turn_id", 0) not in left)
        ]
        return sorted(found, key=lambda each: each.seq), end

    async def replies(self, *, after: int, limit: int = 500) -> tuple[list[StoredEvent], int]:
        end = self._world.log[-1].seq if self._world.log else 0
        newer = [each for each in self._world.log if each.seq > after and isinstance(each.event, AssistantReplied)]
        page = newer[:limit]
        return page, page[-1].seq if len(page) == limit else end

    async def events_of(self, *types: str, session_id: str | None = None, after: int = 0) -> list[StoredEvent]:
        return [
            stored
            for stored in self._world.log
            if stored.event.type in types and session_id in (None, stored.session_id) and stored.seq > after
        ]

    async def conversation(self, session_id: str, *, tip: str | None = None) -> list[StoredMessage]:
        own_tip = self._session(session_id).info.tip
        if tip is not None and tip not in self._world.messages:
            raise UserError(f"There is no message {tip!r} in this workspace.")
        return self._chain(tip or own_tip)

    async def fork(self, session_id: str, message_id: str) -> SessionInfo:
        source = self._session(session_id).info
        return await self.open_session(
            SessionOpened(
                title=source.title,
                mode=source.mode,
                model=source.model,
                cwd=source.cwd,
                forked_from=session_id,
                forked_at=message_id,
                parameters=source.parameters,
            )
        )

    async def delete(self, session_id: str, *, abandoned: bool = True) -> None:
        session = self._session(session_id)
        ours = abandoned and session.owner == self._id
        if session.open_turn is not None and session.owner in self._world.alive and not ours:
            raise SessionBusy("A turn is running in this conversation.")
        world = self._world
        del world.sessions[session_id]
        forks = [
            each.event.forked_at
            for each in world.log
            if each.session_id in world.sessions and isinstance(each.event, SessionOpened) and each.event.forked_at
        ]
        kept = {message.id for fork in forks for message in self._chain(fork)}
        world.messages = {key: each for key, each in world.messages.items() if each[0] in world.sessions or key in kept}
        turns = {world.messages[message_id][2].turn_id for message_id in kept}
        world.log[:] = [
            each
            for each in world.log
            if each.session_id in world.sessions
            or getattr(each.event, "message_id", None) in kept
            or (
                each.event.type in ("tool_started", "tool_finished", "turn_ended")
                and getattr(each.event, "turn_id", None) in turns
            )
        ]

    async def usage(self) -> list[UsageRow]:
        rows = sorted(self._world.usage.values(), key=lambda row: row.model)
        return sorted(rows, key=lambda row: row.day, reverse=True)

    async def aclose(self) -> None:
        self._world.alive.discard(self._id)

    def _session(self, session_id: str) -> _Session:
        if self._id not in self._world.alive:
            raise StoreError("The session store is closed.")
        if session_id not in self._world.sessions:
            raise SessionNotFound(session_id)
        return self._world.sessions[session_id]

    def _says(self, session_id: str, words: str) -> bool:
        return any(
            words in stored.message.text.casefold()
            for owner, _, stored in self._world.messages.values()
            if owner == session_id
        )

    def _chain(self, tip: str | None) -> list[StoredMessage]:
        line: list[StoredMessage] = []
        limit = float("inf")
        while tip is not None and tip in self._world.messages:
            _, seq, stored = self._world.messages[tip]
            if seq >= limit:
                break
            line.append(stored)
            tip, limit = stored.parent_id, seq
        return line[::-1]

    def _check_fork_point(self, session_id: str, message_id: str) -> None:
        tip = self._session(session_id).info.tip
        owner, _, stored = self._world.messages.get(message_id, (None, 0, None))
        inherited = any(message.id == message_id for message in self._chain(tip))
        if stored is None or (owner != session_id and not inherited):
            raise UserError(f"There is no message {message_id!r} in this session.")
        if stored.message.tool_calls:
            raise UserError("A fork cannot start between a tool call and its result; choose the next message.")

    def _admit(self, session: _Session, running: str | None, event: Event) -> None:
        if isinstance(event, TipMoved) and event.moved and event.was != session.info.tip:
            raise SessionBusy("Something was said in this conversation meanwhile.")
        if running is None or isinstance(event, Notice | SessionChanged | SessionOpened):
            return
        mine = session.open_turn is None or session.owner == self._id
        if not mine or isinstance(event, TurnStarted):
            dead = session.open_turn is not None and session.owner not in self._world.alive
            raise SessionBusy("Load the session again." if dead else "A turn is running in this session.")

    def _log(self, session_id: str, event: Event) -> int:
        seq, at = next(self._world.numbers), self._now()
        self._world.log.append(StoredEvent(session_id=session_id, seq=seq, at=at, event=event))
        if isinstance(event, SessionOpened):
            shared = self._chain(event.forked_at)
            info = SessionInfo(
                id=session_id,
                title=event.title,
                mode=event.mode,
                model=event.model,
                cwd=event.cwd,
                created_at=at,
                updated_at=at,
                message_count=len(shared),
                tip=event.forked_at,
                forked_from=event.forked_from,
                parameters=event.parameters,
            )
            self._world.sessions.setdefault(session_id, _Session(info, seq))
        session = self._world.sessions[session_id]
        session.last_seq = seq
        session.info = session.info.model_copy(update={"updated_at": at})
        self._project(session, seq, at, event)
        return seq

    def _project(self, session: _Session, seq: int, at: float, event: Event) -> None:
        match event:
            case SessionChanged():
                changes = {
                    key: value
                    for key in ("title", "mode", "model", "parameters")
                    if (value := getattr(event, key)) is not None
                }
                session.info = session.info.model_copy(update=changes)
            case TurnStarted():
                self._add_message(session, seq, event)
                session.open_turn, session.owner = event.turn_id, self._id
                if not session.info.title:
                    session.info = session.info.model_copy(update={"title": title_of(event.message)})
            case AssistantReplied():
                if self._add_message(session, seq, event):
                    self._add_usage(day_of(at), event)
                session.partials = [part for part in session.partials if part.message_id != event.message_id]
            case ToolsAnswered():
                self._add_message(session, seq, event)
            case TipMoved(moved=True):
                count = len(self._chain(event.tip))
                session.info = session.info.model_copy(update={"tip": event.tip, "message_count": count})
            case TurnEnded():
                session.partials.clear()
                if session.open_turn == event.turn_id:
                    session.open_turn = session.owner = None

    def _add_message(self, session: _Session, seq: int, event: TurnStarted | AssistantReplied | ToolsAnswered) -> bool:
        stored = StoredMessage(
            id=event.message_id,
            parent_id=event.parent_id,
            turn_id=event.turn_id,
            message=event.message,
            interrupted=getattr(event, "interrupted", False),
        )
        known = self._world.messages.get(event.message_id)
        if known is not None:
            if known[0] == session.info.id:
                same_place = {"parent_id": known[2].parent_id, "turn_id": known[2].turn_id}
                self._world.messages[stored.id] = (*known[:2], stored.model_copy(update=same_place))
            return False
        self._world.messages[stored.id] = (session.info.id, seq, stored)
        count = session.info.message_count + 1
        session.info = session.info.model_copy(update={"tip": stored.id, "message_count": count})
        return True

    def _add_usage(self, day: str, event: AssistantReplied) -> None:
        model = event.model
        row = self._world.usage.get((day, model)) or UsageRow(day=day, model=model, completions=0, usage=Usage())
        self._world.usage[day, model] = UsageRow(
            day=day,
            model=model,
            completions=row.completions + 1,
            usage=row.usage + event.usage,
            cost_usd=row.cost_usd + (event.cost_usd or 0.0),
            unpriced=row.unpriced + (event.cost_usd is None),
        )
