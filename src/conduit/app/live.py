"""What the App knows of the sessions that are in use: their turns, and the prompts on their way to one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from conduit.agent.permission import Remembered
from conduit.agent.setup import TurnResult
from conduit.agent.turn import Turn
from conduit.errors import SessionBusy


@dataclass
class Live:
    """What is known of a session that was used since the start."""

    remembered: Remembered
    told: set[str] = field(default_factory=set)
    turn: Turn | None = None
    task: asyncio.Task[TurnResult] | None = None

    def is_free(self) -> bool:
        """Say whether no turn runs."""
        return self.task is None or self.task.done()

    def check_free(self) -> None:
        """Do nothing when no turn runs; raises SessionBusy."""
        if not self.is_free():
            raise SessionBusy("A turn is still running in this session. Cancel it, or wait for its end.")


@dataclass
class Coming:
    """A prompt on its way to its turn: it can be cancelled already."""

    session_id: str
    cancelled: bool = False
