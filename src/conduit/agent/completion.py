"""One completion of a turn: asks the model, shows what it says while it says it, and keeps what has arrived."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from conduit.agent.partial import PartialKeeper
from conduit.messages.message import Message
from conduit.messages.request import ModelRequest
from conduit.messages.stream import Accumulator, BlockDelta, BlockStart, StreamEvent
from conduit.providers.base import Provider
from conduit.sessions.base import SessionStore
from conduit.sessions.events import TextChunk, ThoughtChunk, ToolCallAnnounced, Transient


def new_id(prefix: str) -> str:
    """Return a new id that nobody can guess, such as `msg_3f…`."""
    return f"{prefix}_{uuid.uuid4().hex[:16]}"


class Completion:
    """The answer that is being streamed; `message()` is valid at any moment."""

    def __init__(self, turn_id: str, store: SessionStore, session_id: str, show: Callable[[Transient], None]) -> None:
        self.message_id = new_id("msg")
        self.answer = Accumulator()
        self._turn_id = turn_id
        self._keeper = PartialKeeper(store, session_id, self.message_id)
        self._show = show
        self._kinds: dict[int, str] = {}

    async def stream(self, provider: Provider, request: ModelRequest) -> None:
        """Take the whole answer in.

        Raises:
            ProviderError: the model failed; what had arrived is kept in `answer`.
        """
        stream = cast("AsyncGenerator[StreamEvent, None]", provider.stream(request))
        try:
            async with aclosing(stream) as events:
                async for event in events:
                    self.answer.add(event)
                    self._show_event(event)
        finally:
            self._keeper.stop()

    def message(self, *, complete: bool) -> Message:
        """Return what has arrived; an incomplete answer has no tool calls."""
        return self.answer.message(complete=complete)

    def _show_event(self, event: StreamEvent) -> None:
        if isinstance(event, BlockStart):
            self._kinds[event.index] = event.kind
            if event.kind == "tool_call":
                self._show(ToolCallAnnounced(turn_id=self._turn_id, call_id=event.call_id, name=event.name))
        elif isinstance(event, BlockDelta) and event.text:
            kind = self._kinds.get(event.index, "text")
            if kind == "text":
                self._keeper.add("text", event.text)
                self._show(TextChunk(turn_id=self._turn_id, message_id=self.message_id, text=event.text))
            elif kind == "thinking":
                self._keeper.add("thinking", event.text)
                self._show(ThoughtChunk(turn_id=self._turn_id, message_id=self.message_id, text=event.text))
