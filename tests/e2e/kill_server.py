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
from typing import Annotated, Any, NoReturn

from pydantic import Field

from conduit.app import App
from conduit.app.bills import Bills
from conduit.catalog.model import EditFormat
from conduit.compose import open_app
from conduit.edits.edit import FileChange
from conduit.lsp import table
from conduit.lsp.serve import serve
from conduit.tools.base import Effect, ToolContext, ToolOutcome, ToolSet
from conduit.tools.function import tool

BEFORE_THE_REQUEST = "before the request"
IN_THE_STREAM = "in the stream"
INSIDE_A_TOOL = "inside a tool"
BEFORE_THE_OUTCOME = "between effect and outcome"
BEFORE_THE_END = "before the last commit"
BETWEEN_FILES = "between files"
BEFORE_THE_CHANGE_IS_TOLD = "between a change and its outcome"
BEFORE_THE_LEDGER = "between an answer and its entry in the ledger"
BEFORE_THE_CHANGE = "between an intent and its change"
BEFORE_THE_MOVE = "between the files of a rewind and its end"
BEFORE_THE_WITHDRAWAL = "between a rewind and what it withdraws"

BEFORE_EVENT = {
    BEFORE_THE_REQUEST: "completion_started",
    BEFORE_THE_OUTCOME: "tool_finished",
    BEFORE_THE_END: "turn_ended",
    BEFORE_THE_CHANGE_IS_TOLD: "change_finished",
    BEFORE_THE_CHANGE: "change_started",
    BEFORE_THE_MOVE: "tip_moved",
    BEFORE_THE_WITHDRAWAL: "hunk_decided",
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


class HalfSink:
    """Dies when the first so many files of a change are really changed."""

    def __init__(self, sink: Any, count: int) -> None:
        self._sink = sink
        self._count = count

    async def submit(self, changes: Sequence[FileChange]) -> str:
        if self._count:
            await self._sink.submit(changes[: self._count])
        die()


@tool(effect=Effect.WRITE, kind="edit", title="Change files")
async def change_files(
    context: ToolContext,
    texts: Annotated[dict[str, str | None], Field(description="The new text of each file; null deletes it.")],
    moves: Annotated[dict[str, str], Field(description="Where files go that move.")],
) -> ToolOutcome:
    """Change several files in one call."""
    workspace, changes = context.workspace, []
    for name, text in texts.items():
        reading = await workspace.read_or_none(name)
        target = moves.get(name)
        change = FileChange(workspace.path_of(name), name, reading.text if reading else None, text)
        if target is not None:
            change = replace(change, moved_to=workspace.path_of(target), moved_name=target)
        changes.append(replace(change, version=reading.version if reading else None))
    return ToolOutcome(await context.edits.submit(changes))


async def open_dying_app(*arguments: Any, **options: Any) -> App:
    app = await open_app(*arguments, **options)
    parts, point = app._parts, sys.argv[1]
    edits = parts.edits

    def tools(edit_format: EditFormat | None) -> ToolSet:
        return ToolSet([*parts.tools(edit_format), change_files])

    if point == INSIDE_A_TOOL:
        edits = lambda *given: DyingSink()  # noqa: E731
    elif point == BETWEEN_FILES:
        edits = lambda *given: HalfSink(parts.edits(*given), int(sys.argv[2]))  # noqa: E731
    app._parts = replace(parts, store=DyingStore(parts.store, point), edits=edits, tools=tools)
    if point == BEFORE_THE_LEDGER:
        app._bills = Bills(DyingLedger(), parts.store, "")  # type: ignore[arg-type]
        app._bills.catch_up = lambda: None  # type: ignore[method-assign]
    return app


if __name__ == "__main__":
    table.OPEN_APP = "__main__:open_dying_app"
    sys.exit(serve())
