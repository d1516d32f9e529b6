"""The tool calls of one assistant message: validate, permit, run, and one result for each, whatever happens.

A bad name, bad arguments, a denied permission and a failing tool are results for the model, never exceptions of the
turn. Calls run side by side when all of them only read, in order otherwise.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol

from conduit.agent.budget import Budget
from conduit.agent.permission import PermissionRequest, Remembered, needs_question
from conduit.edits.caution import protected_among
from conduit.errors import InvalidArguments, ToolError
from conduit.messages.content import ToolCall, ToolResult, count_unfit, sanitize_text
from conduit.messages.message import Message, tool_message
from conduit.sessions.events import Event, Mode, ToolFinished, ToolStarted
from conduit.tools.base import Effect, Tool, ToolContext, ToolOutcome, ToolSet

log = logging.getLogger(__name__)

INTERRUPTED = "Interrupted: the person stopped the turn before this call had an answer."
MAYBE_RAN = "It was running: it is unknown whether it took effect. Look before doing it again."


class Emit(Protocol):
    """Stores events and shows them to the faces."""

    def __call__(self, *events: Event) -> Awaitable[None]:
        """Return when the events are committed."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What every call of a turn shares."""

    session_id: str
    turn_id: str
    tools: ToolSet
    context: ToolContext
    mode: Mode
    remembered: Remembered
    budget: Budget
    emit: Emit


class Dispatch:
    """Works through `calls`; `run` returns a question when the person must be asked, else None when all is done."""

    def __init__(self, desk: Desk, calls: Sequence[ToolCall]) -> None:
        self._desk = desk
        self.calls = calls
        self._results: dict[str, ToolResult] = {}
        self._permitted: set[str] = set()
        self._started: set[str] = set()

    def message(self) -> Message:
        """Return the results as the message for the model; calls without one count as interrupted."""
        return tool_message(
            [
                self._results.get(call.id) or ToolResult(call_id=call.id, text=INTERRUPTED, is_error=True)
                for call in self.calls
            ]
        )

    async def run(self) -> PermissionRequest | None:
        """Run what may run. A returned question must be answered with `permit` or `refuse` before the next `run`."""
        open_calls = [call for call in self.calls if call.id not in self._results]
        if len(open_calls) > 1 and all(self._only_reads(call) for call in open_calls):
            try:
                async with asyncio.TaskGroup() as group:
                    for call in open_calls:
                        group.create_task(self._finish(call))
            except BaseExceptionGroup as failed:
                raise failed.exceptions[0] from failed  # what went wrong says who acts next; a group says nothing
            return None
        for call in open_calls:
            question = await self._finish(call)
            if question is not None:
                return question
        return None

    def permit(self, call_id: str) -> None:
        """The person allowed this call."""
        self._permitted.add(call_id)

    async def refuse(self, call_id: str, reason: str) -> None:
        """The person refused this call: a result for the model, and the turn goes on."""
        call = next(call for call in self.calls if call.id == call_id)
        await self._settle(call, self._tool_or_none(call), ToolOutcome(reason), is_error=True)

    def interrupt(self, reason: str) -> list[ToolFinished]:
        """Give every call that has no result `reason` as its result, and return what is to be recorded of that."""
        return [self._interrupted(call, reason) for call in self.calls if call.id not in self._results]

    def _interrupted(self, call: ToolCall, reason: str) -> ToolFinished:
        tool = self._tool_or_none(call)
        if call.id in self._started and not self._only_reads(call):
            reason = f"{reason} {MAYBE_RAN}"
        return self._outcome(call, tool, ToolOutcome(reason), is_error=True, interrupted=True)

    async def _finish(self, call: ToolCall) -> PermissionRequest | None:
        """Bring one call to its result, unless the person must be asked first."""
        desk = self._desk
        tool = self._tool_or_none(call)
        try:
            tool = desk.tools.get(call.name)
            if call.malformed is not None:
                raise InvalidArguments(
                    f"The arguments of {call.name} are not a JSON object: {call.malformed[:200]!r}. Send an object."
                )
            question = await self._question(call, tool)
            if question is not None:
                return question
            await desk.emit(
                ToolStarted(
                    turn_id=desk.turn_id,
                    call_id=call.id,
                    name=call.name,
                    arguments=call.arguments,
                    kind=tool.kind,
                    title=tool.title(call.arguments),
                    key=uuid.uuid4().hex,
                )
            )
            self._started.add(call.id)
            outcome = await tool.run(call.arguments, desk.context)
        except ToolError as error:
            await self._settle(call, tool, ToolOutcome(str(error)), is_error=True)
        else:
            await self._settle(call, tool, outcome, is_error=False)
        return None

    async def _question(self, call: ToolCall, tool: Tool) -> PermissionRequest | None:
        """Return what to ask before this call; an effect that would fail is not asked about."""
        desk = self._desk
        if call.id in self._permitted:
            return None
        asked = needs_question(tool.effect, tool.spec.name, desk.mode, desk.remembered)
        if tool.effect is Effect.READ or (not asked and desk.mode == "review"):
            return None  # of what is only proposed, the person is asked before it is written
        preview = await tool.preview(call.arguments, desk.context)
        reason = " ".join(filter(None, (protected_among(preview.paths), preview.reason))) if preview else ""
        if not asked and not reason:
            return None
        return PermissionRequest(
            session_id=desk.session_id,
            turn_id=desk.turn_id,
            call_id=call.id,
            tool=call.name,
            kind=tool.kind,
            title=tool.title(call.arguments),
            effect=tool.effect,
            preview=preview.text if preview else "",
            paths=preview.paths if preview else (),
            reason=reason,
        )

    async def _settle(self, call: ToolCall, tool: Tool | None, outcome: ToolOutcome, *, is_error: bool) -> None:
        await self._desk.emit(self._outcome(call, tool, outcome, is_error=is_error))

    def _outcome(
        self, call: ToolCall, tool: Tool | None, outcome: ToolOutcome, *, is_error: bool, interrupted: bool = False
    ) -> ToolFinished:
        """Make the result of a call; it has one from here on, whatever happens."""
        desk = self._desk
        if unfit := count_unfit(outcome.text):
            log.warning("a result of %s had %d unreadable characters, which were replaced", call.name, unfit)
        text = desk.budget.take(sanitize_text(outcome.text) or "(no output)")
        result = ToolResult(call_id=call.id, text=text, is_error=is_error)
        self._results[call.id] = result
        return ToolFinished(
            turn_id=desk.turn_id,
            call_id=call.id,
            name=call.name,
            result=result,
            kind=tool.kind if tool else "other",
            title=tool.title(call.arguments) if tool else call.name,
            paths=outcome.paths,
            diff=outcome.diff,
            interrupted=interrupted,
        )

    def _tool_or_none(self, call: ToolCall) -> Tool | None:
        return next((tool for tool in self._desk.tools if tool.spec.name == call.name), None)

    def _only_reads(self, call: ToolCall) -> bool:
        tool = self._tool_or_none(call)
        return tool is None or tool.effect is Effect.READ


def refusal_text(name: str, *, lasting: bool) -> str:
    """Return what the model is told when the person says no."""
    if lasting:
        return f"The person does not allow {name} in this conversation. Do not try again; answer without it."
    return f"The person refused this call of {name}. Nothing was changed. Ask what they want, or go another way."
