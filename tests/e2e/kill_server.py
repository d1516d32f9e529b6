"""`conduit serve` that kills itself, by SIGKILL, at one point of a turn: `python kill_server.py POINT`.

Everything is the real thing; the real store, tools and place of edits stand behind thin wrappers that end the process
when the turn comes by.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

from conduit.app import App
from conduit.app.bills import Bills
from conduit.compose import open_app
from conduit.edits.edit import FileChange
from conduit.lsp import table
from conduit.lsp.serve import serve

BEFORE_THE_REQUEST = "before the request"
IN_THE_STREAM = "in the stream"
INSIDE_A_TOOL = "inside a tool"
BEFORE_THE_OUTCOME = "between effect and outcome"
BEFORE_THE_END = "before the last commit"
BEFORE_THE_LEDGER = "between an answer and its entry in the ledger"

BEFORE_EVENT = {
    BEFORE_THE_REQUEST: "completion_started",
    BEFORE_THE_OUTCOME: "tool_finished",
    BEFORE_THE_END: "turn_ended",
}


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


class DyingStore:
    """The store, until a certain event is to be appended, or until a piece of what is said is kept."""

    def __init__(self, store: Any, point: str) -> None:
        self._store = store
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def append(self, session_id: str, *events: Any) -> int:
        if any(event.type == BEFORE_EVENT.get(self._point) for event in events):
            die()
        return await self._store.append(session_id, *events)

    async def keep_partial(self, session_id: str, message_id: str, kind: Any, text: str) -> None:
        await self._store.keep_partial(session_id, message_id, kind, text)
        if self._point == IN_THE_STREAM and kind == "text":
            die()


class DyingSink:
    """Dies when an edit is planned and nothing is changed yet."""

    async def submit(self, changes: Sequence[FileChange]) -> str:
        die()


class DyingLedger:
    """Dies when an answer is stored and its cost is about to be."""

    def note(self, entry: Any) -> None:
        die()

    async def aclose(self) -> None:
        pass


async def open_dying_app(*arguments: Any, **options: Any) -> App:
    app = await open_app(*arguments, **options)
    parts, point = app._parts, sys.argv[1]
    edits = (lambda workspace: DyingSink()) if point == INSIDE_A_TOOL else parts.edits
    app._parts = replace(parts, store=DyingStore(parts.store, point), edits=edits)
    if point == BEFORE_THE_LEDGER:
        app._bills = Bills(DyingLedger(), parts.store, "")  # type: ignore[arg-type]
        app._bills.catch_up = lambda: None  # type: ignore[method-assign]
    return app


if __name__ == "__main__":
    table.OPEN_APP = "__main__:open_dying_app"
    sys.exit(serve())
