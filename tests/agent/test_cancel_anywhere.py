"""A turn that is cancelled at any moment: what was shown is what was stored, once each, and all of it is valid."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agent.desk import Desk, PlainTool, answered
from conduit.agent.turn import Turn
from conduit.sessions.events import AssistantReplied, Event, ToolFinished, ToolStarted, Transient, TurnEnded
from conduit.tools.base import Effect

RULES = [
    {
        "when": {"round": 0},
        "reply": [
            {"text": ["I ", "look."]},
            {"call": "look", "id": "a", "arguments": {"n": 1}},
            {"call": "look", "id": "b", "arguments": {"n": 2}},
        ],
    },
    {"when": {"round": 1}, "reply": [{"text": "I change."}, {"call": "change", "id": "c", "arguments": {}}]},
    {"reply": [{"text": ["Done", "."]}]},
]


class Announced:
    """A store that tells when an append begins, and when it is committed but its caller does not know yet."""

    def __init__(self, store: Any, tell: Callable[[], None]) -> None:
        self._store = store
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, session_id: str, *events: Event) -> int:
        self._tell()
        await asyncio.sleep(0)
        seq = await asyncio.shield(asyncio.ensure_future(self._store.append(session_id, *events)))
        self._tell()
        await asyncio.sleep(0)
        return seq


async def run_and_cancel(desk: Desk, moment: int) -> tuple[str, list[Event]]:
    """Run a turn that is cancelled at its n-th moment; return how it ended and what is stored."""
    moments = 0
    shown: list[tuple[int, Event]] = []

    def tell() -> None:
        nonlocal moments
        moments += 1
        if moments == moment:
            turn.cancel()

    async def work(arguments: object) -> str:
        tell()
        await asyncio.sleep(0)
        return "seen"

    def show(seq: int | None, event: Event | Transient) -> None:
        if seq is not None:
            shown.append((seq, event))
        tell()

    real = desk.store
    desk.person.answers[:] = ["allow_once"]
    tools = [PlainTool("look", work), PlainTool("change", work, effect=Effect.WRITE, kind="edit")]
    turn = await desk.turn(RULES, tools=tools)
    turn = Turn(replace(turn.setup, store=Announced(real, tell), show=show))
    before = (await real.events(desk.session_id))[-1].seq
    stop = (await asyncio.wait_for(turn.run(), 10)).stop_reason
    stored = await real.events(desk.session_id, after=before)
    assert [(seq, event.type) for seq, event in shown] == [(each.seq, each.event.type) for each in stored]
    return stop, [each.event for each in stored]


async def test_whenever_a_turn_is_cancelled_what_was_shown_is_what_is_stored(desk: Desk) -> None:
    moment, stop = 0, "cancelled"
    while stop == "cancelled":
        moment += 1
        stop, stored = await run_and_cancel(desk, moment)
        ends = [event for event in stored if isinstance(event, TurnEnded)]
        assert [event.stop_reason for event in ends] == [stop]
        replies = [event.message_id for event in stored if isinstance(event, AssistantReplied)]
        assert len(set(replies)) == len(replies)
        started = [event.call_id for event in stored if isinstance(event, ToolStarted)]
        finished = [event.call_id for event in stored if isinstance(event, ToolFinished)]
        assert set(started) <= set(finished)
        assert len(set(finished)) == len(finished)
        assert answered(await desk.messages())
    assert moment > 30
