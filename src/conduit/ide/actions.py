"""How a picked code action is carried out: the agent proposes in a session of its own, and its proposals stay together.

Its edits are hunks of that session. With `apply="direct"` picking the action was the consent: they are accepted all at
once as one recorded change, which an undo takes back, or none of them. With `"review"` they wait for the person. An
action that fails or is cancelled leaves no hunk behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from conduit.agent.permission import PermissionRequest
from conduit.agent.setup import TurnResult
from conduit.app import App, EditorContext, PromptOptions
from conduit.app.parts import ApplyActions
from conduit.app.selection import PendingHunk, Selection, changes_of, render_diff
from conduit.context.builder import fence
from conduit.edits.caution import cautions
from conduit.edits.drafting import find_broken
from conduit.edits.edit import FileChange
from conduit.errors import StaleDocument, ToolError, UserError
from conduit.ide.action_kinds import ACTIONS, ActionKind, Target, first_line, title_of
from conduit.ide.documentation import documentation_tool
from conduit.ide.proposals import hunks_of, proposing
from conduit.messages.content import Text
from conduit.messages.message import TurnStop, Usage
from conduit.prompts.render import render_prompt
from conduit.tools.base import Effect, ToolSet
from conduit.workspace.document import split_lines
from conduit.workspace.language import Ability
from conduit.workspace.names import shown
from conduit.workspace.positions import Range

Recheck = Literal["gone", "reported", "unknown"]


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action came to.

    Attributes:
        session_id: where it was carried out; the conversation can be gone on with there.
        stop_reason: how the turn ended.
        usage: what it used.
        answer: what the model said.
        changed: the files that were changed.
        waiting: the hunks that wait for the person.
        declined: whether the person did not want the changes.
        broken: sentences about files that parsed before the changes and do not parse with them.
        recheck: what the editor's language servers say of the problem now, after a fix.
        error: why there is nothing, or not all of it.
    """

    session_id: str
    stop_reason: TurnStop
    usage: Usage
    answer: str
    changed: tuple[str, ...] = ()
    waiting: tuple[PendingHunk, ...] = ()
    declined: bool = False
    broken: tuple[str, ...] = ()
    recheck: Recheck | None = None
    error: str | None = None


SURROUNDING_LINES = 40
"""Lines before and after an empty selection that the model gets to see at once."""


async def run_action(
    app: App,
    kind: ActionKind,
    target: Target,
    *,
    instruction: str = "",
    started: Callable[[str], None] = lambda session_id: None,
) -> ActionResult:
    """Carry an action out, with its edits applied together or left as hunks, as the settings say.

    `started` is told the session's id before the model is asked, so that progress can be followed there. Cancelling
    the caller cancels the turn.

    Raises:
        ToolError: the file cannot be read, or the changes were not applied; then nothing was changed.
        UserError: the model cannot be asked, or the text changed meanwhile; nothing was changed.
    """
    text = (await app.workspace.read(target.name)).text
    details = _details(text, target, instruction)
    app.check_model()
    apply = app.setup.apply_actions
    session = await app.new_session(mode="review" if kind.edits else "ask", title=_title(kind, target))
    started(session.id)
    async with proposing(app, session.id, hidden=apply == "direct") as proposed:
        turn = await app.prompt(
            session.id,
            [Text(text=render_prompt(f"action_{kind.value}", details=details), shown=_said(kind, target, instruction))],
            _options(app, kind, target, text, session.model),
        )
        result = await _deliver(app, kind, target, session.id, turn, apply)
        proposed.leave = bool(result.waiting)
        return result


async def _deliver(
    app: App, kind: ActionKind, target: Target, session_id: str, turn: TurnResult, apply: ApplyActions
) -> ActionResult:
    """Let the hunks of a turn wait, or accept them together."""
    result = ActionResult(session_id, turn.stop_reason, turn.usage, turn.text, error=turn.error)
    if not kind.edits or turn.stop_reason == "cancelled":
        return result
    hunks = await hunks_of(app, session_id, turn)
    if not hunks:
        nothing = f"The model proposed no change. It said: {first_line(turn.text) or '(nothing)'}"
        return replace(result, error=turn.error or nothing)
    changes = changes_of(hunks)
    result = replace(result, broken=tuple(await asyncio.to_thread(find_broken, changes)))
    if apply == "review":
        return replace(result, waiting=hunks)
    closed = {each.path: each.before for each in changes if app.workspace.document(each.path) is None}
    overlaps = any(each.hunk.conflict for each in hunks)
    if not overlaps and not await _consents(app, target, hunks, changes):
        await app.note(session_id, "The person did not want these changes; nothing was changed.")
        return replace(result, declined=True)
    await _accept(app, session_id, Selection(turn_id=turn.turn_id, together=True, bases=closed))
    recheck = await _recheck(app, target) if kind is ActionKind.FIX else None
    return replace(result, changed=tuple(each.new_name for each in changes), recheck=recheck)


async def _accept(app: App, session_id: str, selection: Selection) -> None:
    try:
        await app.reviews.accept(session_id, selection)
    except (ToolError, UserError) as error:
        await app.note(session_id, f"The changes were not applied: {error}")
        stale = error if isinstance(error, StaleDocument) else error.__cause__
        if isinstance(stale, StaleDocument):
            raise UserError(
                f"The text changed while Conduit worked ({stale.path}), so nothing was changed. Run the action again."
            ) from error
        raise


async def _consents(app: App, target: Target, hunks: tuple[PendingHunk, ...], changes: list[FileChange]) -> bool:
    """Ask before files are changed that the action was not picked for; about protected ones the acceptance asks."""
    names = tuple(change.name for change in changes)
    if all(change.path == app.workspace.path_of(target.name) for change in changes) or cautions(changes):
        return True
    answer = await app.approver.ask(
        PermissionRequest(
            session_id=hunks[0].session_id,
            turn_id=hunks[0].hunk.turn_id,
            call_id=f"apply-{hunks[0].session_id}",
            tool="edit_file",
            kind="edit",
            title=f"Change {', '.join(map(shown, names))}",
            effect=Effect.WRITE,
            preview=render_diff(hunks),
            paths=names,
            in_turn=False,
        )
    )
    return answer in ("allow_once", "allow_always")


async def _recheck(app: App, target: Target) -> Recheck | None:
    """Ask the editor whether the problem is still reported; None where it cannot be asked."""
    language, path = app.language, app.workspace.path_of(target.name)
    if Ability.DIAGNOSTICS not in language.offers or not target.problems:
        return None
    try:
        found = await language.diagnostics(path, app.setup.diagnostics_wait_s)
    except ToolError:
        return "unknown"
    document = app.workspace.document(path)
    if document is None or found.version != document.version:
        return "unknown"
    known = {(each.source, each.message) for each in target.problems}
    return "reported" if any((item.source, item.message) in known for item in found.items) else "gone"


def _options(app: App, kind: ActionKind, target: Target, text: str, model: str) -> PromptOptions:
    """Return how this action's turn differs from a chat's; `text` is what the target's range is in."""
    tools = ACTIONS[kind].tools
    if not kind.edits:
        context = EditorContext(active=target.name, language=target.language)
        return PromptOptions(context=context, tool_names=tools)
    simple = app.model(model).capabilities.tools == "prompted"
    if kind is ActionKind.DOCUMENT:
        tool = documentation_tool(target.name, target.range, text)
        # A model that has no tool calls of its own is too small to choose among many tools.
        names = frozenset[str]() if simple else tools
        return PromptOptions(tool_names=names, extra_tools=ToolSet([tool]), until_edit=simple)
    return PromptOptions(tool_names=tools, until_edit=simple)


def _details(text: str, target: Target, instruction: str) -> str:
    """Return the place and its code as text: file, lines, problem, and what the person asked for."""
    lines = [line.rstrip("\r\n") for line in split_lines(text)]
    first, last = _lines_to_show(target.range, len(lines))
    parts = [f"File: {target.name}, lines {first + 1} to {last}"]
    if instruction:
        parts.append(f"What the person asks for: {instruction}")
    start, end = target.range.start, target.range.end
    if start == end:
        parts.append(f"The cursor is at line {start.line + 1}, column {start.column + 1}.")
    elif start.line == end.line and start.line < len(lines):
        parts.append(f"Selected in line {start.line + 1}: {lines[start.line][start.column : end.column]}")
    for problem in target.problems:
        origin = f" ({problem.source} {problem.code})".replace(" )", ")") if problem.source else ""
        parts.append(f"Problem at line {problem.range.start.line + 1}{origin}: {problem.message}")
        parts += [f"Related: {each}" for each in problem.related]
    parts.append(fence("\n".join(lines[first:last]), target.language))
    return "\n".join(parts)


def _lines_to_show(range_: Range, total: int) -> tuple[int, int]:
    """Return the first line and the line after the last one; a caret gets what surrounds it."""
    if range_.start == range_.end:
        return max(0, range_.start.line - SURROUNDING_LINES), min(total, range_.end.line + SURROUNDING_LINES + 1)
    end = range_.end.line if range_.end.column == 0 and range_.end.line > range_.start.line else range_.end.line + 1
    return min(range_.start.line, max(total - 1, 0)), min(end, total)


def _said(kind: ActionKind, target: Target, instruction: str) -> str:
    """Return what a person reads in the conversation in the place of the whole prompt."""
    start, end = target.range.start, target.range.end
    last = end.line if end.column == 0 and end.line > start.line else end.line + 1
    lines = f"line {start.line + 1}" if last == start.line + 1 else f"lines {start.line + 1} to {last}"
    subject = [*(problem.message for problem in target.problems), *filter(None, [instruction])]
    return f"{title_of(kind)}: {target.name}, {lines}" + "".join(f"\n{each}" for each in subject)


def _title(kind: ActionKind, target: Target) -> str:
    subject = first_line(target.problems[0].message) if kind is ActionKind.FIX and target.problems else target.name
    return f"{title_of(kind)}: {subject}"
