"""What the App knows of the sessions that are in use: their turns, and the prompts on their way to one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from conduit.agent.permission import Remembered
from conduit.agent.setup import TurnResult
from conduit.agent.turn import Turn
from conduit.errors import SessionBusy
from conduit.sessions.events import Notice, PermissionAnswered, StoredEvent
from conduit.tools.base import Effect


@dataclass
class Live:
    """What is known of a session that was used since the start."""

    remembered: Remembered
    told: set[str] = field(default_factory=set)
    turn: Turn | None = None
    task: asyncio.Task[TurnResult] | None = None

    @classmethod
    def restored(cls, events: Iterable[StoredEvent]) -> Live:
        """Return what the log of a session says: the lasting answers, and what the person was told."""
        live = cls(Remembered())
        for stored in events:
            if isinstance(stored.event, PermissionAnswered):
                live.remembered.record(Effect(stored.event.effect), stored.event.answer)
            elif isinstance(stored.event, Notice):
                live.told.add(stored.event.text)
        return live

    def begin(self, turn: Turn, running: Coroutine[Any, Any, TurnResult]) -> asyncio.Task[TurnResult]:
        """Let a turn run, which is the one that a cancel reaches from now on."""
        self.turn = turn
        self.task = asyncio.create_task(running, name=turn.turn_id)
        return self.task

    def is_free(self) -> bool:
        """Say whether no turn runs. Whoever was told of the end of one may ask on at once."""
        return self.task is None or self.task.done() or (self.turn is not None and self.turn.has_ended)

    def check_free(self) -> None:
        """Do nothing when no turn runs; raises SessionBusy."""
        if not self.is_free():
            raise SessionBusy("A turn is still running in this session. Cancel it, or wait for its end.")


@dataclass
class Coming:
    """A prompt on its way to its turn: it can be cancelled already."""

    session_id: str
    cancelled: bool = False
