"""Prompts that wait for the running turn of their session, in order; in memory, since nobody has sent them yet.

A prompt that waits can be taken out again. A cancel gives all of them back, unsent. One for each App.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from conduit.agent.setup import TurnResult
from conduit.app.parts import PromptOptions
from conduit.errors import SessionBusy, UserError
from conduit.messages.content import Block, Text
from conduit.messages.message import Usage

Run = Callable[[str, Sequence[Block], PromptOptions | None], Awaitable[TurnResult]]
MOST_WAITING = 50


@dataclass(frozen=True, slots=True)
class Queued:
    """A prompt that waits; `go` becomes true when its turn may start, false when it was taken out."""

    queue_id: str
    content: tuple[Block, ...]
    go: asyncio.Future[bool]

    @property
    def text(self) -> str:
        """What people see of it."""
        return " ".join(" ".join(block.visible for block in self.content if isinstance(block, Text)).split())


class PromptQueue:
    """The prompts that wait, by session."""

    def __init__(self, run: Run, is_free: Callable[[str], bool]) -> None:
        """Take the parts.

        Args:
            run: starts a turn and returns how it ended; raises SessionBusy.
            is_free: says whether no turn runs, or is about to, in a session.
        """
        self._run = run
        self._is_free = is_free
        self._waiting: dict[str, list[Queued]] = {}
        self._listeners: list[Callable[[str, tuple[Queued, ...]], None]] = []

    def subscribe(self, listener: Callable[[str, tuple[Queued, ...]], None]) -> None:
        """Call `listener` with a session and all that waits in it, whenever that changes."""
        self._listeners.append(listener)

    def waiting(self, session_id: str) -> tuple[Queued, ...]:
        """Return what waits in a session, the next one first."""
        return tuple(self._waiting.get(session_id, ()))

    async def prompt(self, session_id: str, content: Sequence[Block], options: PromptOptions | None) -> TurnResult:
        """Run a turn when it is its turn; raises as `App.prompt`, and UserError when too many wait."""
        if self._is_free(session_id) and not self._waiting.get(session_id):
            with suppress(SessionBusy):  # another one was a moment sooner
                return await self._turn(session_id, content, options)
        queue = self._waiting.setdefault(session_id, [])
        if len(queue) >= MOST_WAITING:
            raise UserError(f"{MOST_WAITING} messages wait in this conversation already.")
        place = len(queue)
        while True:
            one = Queued(f"q_{uuid.uuid4().hex[:12]}", tuple(content), asyncio.get_running_loop().create_future())
            queue.insert(place, one)
            self._tell(session_id)
            self.advance(session_id)
            try:
                go = await one.go
            except asyncio.CancelledError:
                self._drop(session_id, one)
                raise
            if not go:
                return TurnResult(one.queue_id, "cancelled", Usage(), "")
            try:
                return await self._turn(session_id, content, options)
            except SessionBusy:
                place = 0  # it was next, and still is

    def take(self, session_id: str, queue_id: str) -> tuple[Block, ...]:
        """Take a prompt out and return it, to be edited; raises UserError when it does not wait any more."""
        for one in self._waiting.get(session_id, ()):
            if one.queue_id == queue_id:
                self._drop(session_id, one)
                one.go.set_result(False)
                return one.content
        raise UserError("This message does not wait any more.")

    def clear(self, session_id: str) -> bool:
        """Take all prompts out; say whether there were any."""
        queue = self._waiting.pop(session_id, [])
        for one in queue:
            if not one.go.done():
                one.go.set_result(False)
        if queue:
            self._tell(session_id)
        return bool(queue)

    def clear_all(self) -> None:
        """Take all prompts of all sessions out."""
        for session_id in list(self._waiting):
            self.clear(session_id)

    def advance(self, session_id: str) -> None:
        """Let the next prompt go, if no turn runs; to be called whenever one has ended."""
        queue = self._waiting.get(session_id)
        if not queue or not self._is_free(session_id):
            return
        one = queue.pop(0)
        self._tell(session_id)
        if not one.go.done():
            one.go.set_result(True)

    async def _turn(self, session_id: str, content: Sequence[Block], options: PromptOptions | None) -> TurnResult:
        try:
            return await self._run(session_id, content, options)
        finally:  # also when it could not begin
            self.advance(session_id)

    def _drop(self, session_id: str, one: Queued) -> None:
        queue = self._waiting.get(session_id, [])
        if one in queue:
            queue.remove(one)
            self._tell(session_id)

    def _tell(self, session_id: str) -> None:
        for listener in tuple(self._listeners):
            listener(session_id, self.waiting(session_id))
