"""Code actions: what is offered for a place in a file, and how a picked one is carried out by the agent.

An offer comes from facts alone and never asks a model. A picked action runs the agent with its tools in a session of
its own; its edits are collected and handed back as one plan, so that they reach the editor together or not at all.
Picking the action is the consent to collect edits; applying them is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from conduit.agent.permission import AllowAll
from conduit.app import App, EditorContext, PromptOptions
from conduit.context.builder import fence
from conduit.edits.edit import FileChange
from conduit.edits.stage import Stage
from conduit.ide.documentation import documentation_tool
from conduit.messages.content import Text
from conduit.messages.message import TurnStop, Usage
from conduit.prompts.render import render_prompt
from conduit.tools.base import ToolSet
from conduit.workspace.document import split_lines
from conduit.workspace.positions import Range


class ActionKind(StrEnum):
    """What a code action does."""

    EXPLAIN = "explain"
    FIX = "fix"
    REFACTOR = "refactor"
    DOCUMENT = "document"
    TESTS = "tests"

    @property
    def edits(self) -> bool:
        """Whether the action is there to change files."""
        return self is not ActionKind.EXPLAIN


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnostic at the place of the action; `range` counts code points."""

    message: str
    range: Range
    source: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an action was asked for: a workspace name, a range in code points, and the problems there."""

    name: str
    range: Range
    language: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the menu; `group` is the LSP kind, a dotted name that every editor knows."""

    kind: ActionKind
    title: str
    group: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action came to: an answer to show, or changes to apply (empty when the model made none)."""

    session_id: str
    stop_reason: TurnStop
    usage: Usage
    answer: str
    changes: tuple[FileChange, ...] = ()
    error: str | None = None
    turn_id: str = ""


SURROUNDING_LINES = 40
"""Lines before and after an empty selection that the model gets to see at once."""

TITLES = {
    ActionKind.EXPLAIN: "Explain",
    ActionKind.FIX: "Fix this problem",
    ActionKind.REFACTOR: "Refactor…",
    ActionKind.DOCUMENT: "Write documentation",
    ActionKind.TESTS: "Write tests",
}

GROUPS = {
    # No `source` kind: editors leave those out of the menu at the cursor.
    ActionKind.EXPLAIN: "conduit.explain",
    ActionKind.FIX: "quickfix",
    ActionKind.REFACTOR: "refactor.rewrite.conduit",
    ActionKind.DOCUMENT: "refactor.rewrite.conduit.document",
    ActionKind.TESTS: "refactor.rewrite.conduit.tests",
}


def offer_actions(target: Target) -> list[Offer]:
    """Return the menu for a place: one fix for each problem, then what can be done with any code."""
    offers = [
        Offer(ActionKind.FIX, f"Fix this problem: {_first_line(problem.message)}", GROUPS[ActionKind.FIX], problem)
        for problem in target.problems
    ]
    return offers + [Offer(kind, TITLES[kind], GROUPS[kind]) for kind in ActionKind if kind is not ActionKind.FIX]


async def run_action(
    app: App,
    kind: ActionKind,
    target: Target,
    *,
    instruction: str = "",
    started: Callable[[str], None] = lambda session_id: None,
) -> ActionResult:
    """Carry an action out and return its answer and its collected changes; nothing has been applied.

    `started` is told the session's id before the model is asked, so that progress can be followed there. Cancelling
    the caller cancels the turn.

    Raises:
        ToolError: the file cannot be read.
        UserError: the model cannot be asked.
    """
    text = (await app.workspace.read(target.name)).text
    details = _details(text, target, instruction)
    app.check_model()
    session = await app.new_session(mode="auto" if kind.edits else "ask", title=_title(kind, target))
    started(session.id)
    stage = Stage()
    result = await app.prompt(
        session.id,
        [Text(text=render_prompt(f"action_{kind.value}", details=details))],
        _options(app, kind, target, text, stage, session.model),
    )
    changes = stage.changes() if result.stop_reason == "end_turn" or result.stop_reason == "max_turn_requests" else ()
    error = result.error
    if kind.edits and not changes and error is None and result.stop_reason != "cancelled":
        error = f"The model proposed no change. It said: {_first_line(result.text) or '(nothing)'}"
    return ActionResult(session.id, result.stop_reason, result.usage, result.text, changes, error, result.turn_id)


def _options(app: App, kind: ActionKind, target: Target, text: str, stage: Stage, model: str) -> PromptOptions:
    """Return how this action's turn differs from a chat's; `text` is what the target's range is in."""
    if not kind.edits:
        return PromptOptions(context=EditorContext(active=target.name, language=target.language))
    approver = AllowAll(protected=app.approver)
    simple = app.model(model).capabilities.tools == "prompted"
    if kind is ActionKind.DOCUMENT:
        tool = documentation_tool(target.name, target.range, text)
        # A model that has no tool calls of its own is too small to choose among many tools.
        names = frozenset[str]() if simple else None
        return PromptOptions(
            stage=stage, approver=approver, tool_names=names, extra_tools=ToolSet([tool]), until_edit=simple
        )
    return PromptOptions(stage=stage, approver=approver, until_edit=simple)


def _details(text: str, target: Target, instruction: str) -> str:
    """Return the place and its code as text: file, lines, problem, and what the person asked for."""
    lines = [line.rstrip("\r\n") for line in split_lines(text)]
    first, last = _lines_to_show(target.range, len(lines))
    parts = [f"File: {target.name}, lines {first + 1} to {last}"]
    if instruction:
        parts.append(f"What the person asks for: {instruction}")
    for problem in target.problems:
        origin = f" ({problem.source} {problem.code})".replace(" )", ")") if problem.source else ""
        parts.append(f"Problem at line {problem.range.start.line + 1}{origin}: {problem.message}")
    parts.append(fence("\n".join(lines[first:last]), target.language))
    return "\n".join(parts)


def _lines_to_show(range_: Range, total: int) -> tuple[int, int]:
    """Return the first line and the line after the last one; a caret gets what surrounds it."""
    if range_.start == range_.end:
        return max(0, range_.start.line - SURROUNDING_LINES), min(total, range_.end.line + SURROUNDING_LINES + 1)
    end = range_.end.line if range_.end.column == 0 and range_.end.line > range_.start.line else range_.end.line + 1
    return min(range_.start.line, max(total - 1, 0)), min(end, total)


def _title(kind: ActionKind, target: Target) -> str:
    subject = _first_line(target.problems[0].message) if kind is ActionKind.FIX and target.problems else target.name
    return f"{TITLES[kind].rstrip('…')}: {subject}"


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= 80 else f"{line[:79]}…"
