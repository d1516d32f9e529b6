"""What every feature shares that has the agent propose edits of its own: hunks that stay together or leave no trace.

A feature asks in a session, takes the hunks of a turn that came to its end, and what it does not leave for the person
is withdrawn: a failed or cancelled one leaves nothing behind. Not a feature itself; for those beside it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from conduit.agent.setup import TurnResult
from conduit.app import App
from conduit.app.selection import PendingHunk, Selection
from conduit.errors import StoreError, UserError

log = logging.getLogger(__name__)

_GAVE_WHAT_IT_HAD = ("end_turn", "max_turn_requests")


@dataclass
class Leaving:
    """Whether what was proposed stays for the person; nothing does before somebody says so."""

    leave: bool = False


@asynccontextmanager
async def proposing(app: App, session_id: str, *, hidden: bool) -> AsyncIterator[Leaving]:
    """Hold what a session proposes from now on together; unless it is left, it is withdrawn at the end.

    `hidden`: none of it is shown before.
    """
    before = {each.hunk.id for each in await app.reviews.hunks(session_id)}
    leaving = Leaving()
    with app.reviews.deciding(session_id, hidden=hidden):
        try:
            yield leaving
        finally:
            if not leaving.leave:
                await asyncio.shield(asyncio.create_task(_withdraw(app, session_id, before)))


async def hunks_of(app: App, session_id: str, turn: TurnResult) -> tuple[PendingHunk, ...]:
    """Return what a turn proposes; of one that did not come to its end, nothing."""
    if turn.stop_reason not in _GAVE_WHAT_IT_HAD:
        return ()
    return tuple(await app.reviews.hunks(session_id, Selection(turn_id=turn.turn_id)))


def describe_waiting(hunks: tuple[PendingHunk, ...]) -> str:
    """Return how many hunks wait, and where, as a sentence for the person."""
    places: dict[Path, tuple[str, list[str]]] = {}
    for each in hunks:
        whole = {"create": "new", "delete": "deleted", "move": f"moved to {each.file.moved_name}", "edit": ""}
        at = whole[each.hunk.kind] or f"line {each.hunk.line + 1}"
        places.setdefault(each.file.path, (each.file.name, []))[1].append(at)
    count = f"{len(hunks)} {'change waits' if len(hunks) == 1 else 'changes wait'}"
    return f"{count} for you in " + "; ".join(f"{name} ({', '.join(at)})" for name, at in places.values()) + "."


async def _withdraw(app: App, session_id: str, kept: set[str]) -> None:
    """Drop what waits in a session but not among `kept`."""
    try:
        new = [each.hunk.id for each in await app.reviews.hunks(session_id) if each.hunk.id not in kept]
        if new:
            with suppress(UserError):
                await app.reviews.reject(session_id, Selection(ids=new), "withdrawn")
    except StoreError as error:  # the server ends; what waits can be rejected after the next start
        log.warning("proposals of session %s were not withdrawn: %s", session_id, error)
