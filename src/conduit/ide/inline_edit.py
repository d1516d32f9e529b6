"""Inline edit: the agent changes the selected lines as the person says, and the change waits for them as hunks.

The model gets a tool for just these lines, so that it need not quote them; what it proposes elsewhere (an import, say)
is a hunk like any other. Nothing is ever applied here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from conduit.agent.setup import TurnResult
from conduit.app import App, PromptOptions
from conduit.app.selection import PendingHunk
from conduit.context.builder import fence
from conduit.edits.drafting import Draft, change_of
from conduit.edits.edit import FileChange
from conduit.edits.elision import lines_in, refusal
from conduit.edits.lines import dominant_end
from conduit.edits.rebase import rebase
from conduit.errors import InvalidArguments, StaleDocument
from conduit.ide.action_kinds import EDIT, Target, first_line
from conduit.ide.proposals import describe_waiting, hunks_of, proposing
from conduit.messages.content import Text
from conduit.prompts.render import render_prompt
from conduit.tools.base import Effect, Preview, Tool, ToolContext, ToolOutcome, ToolSet
from conduit.tools.drafts import previewed, submitted
from conduit.tools.function import tool
from conduit.workspace.document import split_lines
from conduit.workspace.positions import Range

SURROUNDING_LINES = 60
"""Lines before and after the selection that the model gets to see at once."""

_Code = Annotated[str, Field(description="The new lines; empty deletes.", max_length=200_000)]

_FENCED = re.compile(r"\s*```[^\n`]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL)
_BLOCK = re.compile(r"^```[^\n`]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class InlineEdit:
    """What an inline edit came to; `message` is a sentence for the person, `error` why nothing waits."""

    session_id: str
    turn: TurnResult
    hunks: tuple[PendingHunk, ...]
    message: str
    error: str | None = None


def putting_in(code: str) -> str:
    """Return the instruction that code be put in where it belongs."""
    return render_prompt("put_code", code=fence(code))


async def edit_inline(
    app: App,
    target: Target,
    text: str,
    instruction: str,
    *,
    session_id: str | None = None,
    started: Callable[[str], None] = lambda session_id: None,
) -> InlineEdit:
    """Have the agent change the lines of `target` in a session of their own, or in one that goes on.

    Cancelling the caller cancels the turn; then, and when it fails, no hunk of it is left.

    Args:
        app: the agent.
        target: where; of an empty range, the line that it is in.
        text: what the file held when the range was picked; the place is followed through what is typed meanwhile.
        instruction: what the person asks for.
        session_id: the session to go on with.
        started: is told the session's id before the model is asked.

    Raises:
        SessionNotFound, SessionBusy: of the session that was named.
        ToolError: the file must not be changed.
        UserError: the model cannot be asked.
    """
    app.workspace.check_writable(app.workspace.path_of(target.name))
    session = await app.load_session(session_id) if session_id else None
    app.check_model(session.model if session else None)
    if session is None:
        session = await app.new_session(mode="review", title=f"Edit: {first_line(instruction)}")
    app.check_free(session.id)
    lines = Lines.of(text, target.range)
    selected = SelectedLines(target.name, lines)
    kind = app.model(session.model).capabilities.tools
    options = PromptOptions(
        mode="review",
        # A model that has no tool calls of its own is too small to choose among many tools.
        tool_names=frozenset() if kind == "prompted" else EDIT,
        extra_tools=ToolSet([selected.as_tool()]),
        until_edit=kind == "prompted",
    )
    started(session.id)
    async with proposing(app, session.id, hidden=False) as proposed:
        prompt = render_prompt(
            "inline_edit_no_tools" if kind == "none" else "inline_edit",
            lines=lines.numbers,
            file=target.name,
            instruction=instruction,
            code=lines.shown(target, small=kind == "prompted"),
        )
        turn = await app.prompt(session.id, [Text(text=prompt, shown=lines.said(target, instruction))], options)
        hunks = await hunks_of(app, session.id, turn)
        if not hunks and kind == "none" and turn.stop_reason == "end_turn":
            hunks = await _from_answer(app, selected, session.id, turn)
        proposed.leave = bool(hunks)
    if hunks:
        return InlineEdit(session.id, turn, hunks, describe_waiting(hunks))
    problem = turn.error or f"The model proposed no change. It said: {first_line(turn.text) or '(nothing)'}"
    return InlineEdit(session.id, turn, (), problem, problem)


async def _from_answer(app: App, selected: SelectedLines, session_id: str, turn: TurnResult) -> tuple[PendingHunk, ...]:
    """Take the one code block in the answer of a model that knows no tools."""
    blocks = _BLOCK.findall(turn.text)
    if len(blocks) != 1:
        return ()
    workspace = app.workspace.with_overlay(await app.reviews.of(session_id))
    change = await selected.change(blocks[0], ToolContext(workspace, app.changes.sink(session_id, turn.turn_id)))
    await app.reviews.stage(session_id, turn.turn_id, [change])
    return await hunks_of(app, session_id, turn)


@dataclass(frozen=True, slots=True)
class Lines:
    """The whole lines `first` up to `last` of a text, of which `picked` was selected."""

    text: str
    first: int
    last: int
    picked: str

    @classmethod
    def of(cls, text: str, range_: Range) -> Lines:
        """Return the lines that a range in code points touches; of an empty one, the line that it is in."""
        lines = [*split_lines(text), ""]
        start, end = sorted((range_.start, range_.end))
        first = min(start.line, len(lines) - 1)
        last = end.line if end.column == 0 and end.line > start.line else end.line + 1
        last = min(max(last, first + 1), len(lines))
        inside = lines[first:last]
        picked = inside[0].rstrip("\r\n")[start.column : end.column] if start.line == end.line else ""
        return cls(text, first, last, "" if picked == inside[0].strip() else picked)

    @property
    def is_one(self) -> bool:
        """Whether it is a single line."""
        return self.last - self.first == 1

    @property
    def numbers(self) -> str:
        """The line, or the first and the last one, as a person counts them."""
        return str(self.first + 1) if self.is_one else f"{self.first + 1} to {self.last}"

    def said(self, target: Target, instruction: str) -> str:
        """Return what a person reads in the conversation in the place of the whole prompt."""
        return f"Edit {target.name}, {'line' if self.is_one else 'lines'} {self.numbers}: {instruction}"

    @property
    def old(self) -> str:
        """The lines as they stand there."""
        return "".join(split_lines(self.text)[self.first : self.last])

    def replaced(self, new: str) -> str:
        """Return the text with `new` in the place of the lines."""
        lines = split_lines(self.text)
        return "".join([*lines[: self.first], new, *lines[self.last :]])

    def shown(self, target: Target, *, small: bool) -> str:
        """Return the lines as the model sees them, with what stands around them unless it is a `small` model."""
        lines = split_lines(self.text)
        before = "".join(lines[max(0, self.first - SURROUNDING_LINES) : self.first])
        after = "".join(lines[self.last : self.last + SURROUNDING_LINES])
        if self.old.strip():
            parts = ["The lines:", _fenced(self.old, target)]
        else:
            parts = ["There is nothing in the line yet: what you give is put in there."]
        if self.picked:
            parts.append(f"In them, the person selected: {self.picked}")
        if not small:
            parts = ["Before them:", _fenced(before, target), *parts] if before.strip() else parts
            parts += ["After them:", _fenced(after, target)] if after.strip() else []
        return "\n".join(parts)


class SelectedLines:
    """What is put in the place of the selected lines of a file."""

    def __init__(self, name: str, lines: Lines) -> None:
        self._name = name
        self._lines = lines
        self._put = lines.text

    def as_tool(self) -> Tool:
        """Return the tool; called again, it replaces what it put there before."""

        async def preview(context: ToolContext, code: _Code) -> Preview:
            return previewed(_draft(await self.change(code, context)))

        @tool(effect=Effect.WRITE, kind="edit", title=lambda _: f"Edit {self._name}", preview=preview)
        async def replace_selection(context: ToolContext, code: _Code) -> ToolOutcome:
            outcome = await submitted(context, _draft(await self.change(code, context)), "Replaced the selected lines.")
            self._put = self._wanted(code)
            return outcome

        return replace_selection

    async def change(self, code: str, context: ToolContext) -> FileChange:
        """Return the change that puts `code` there, beside what was typed or proposed elsewhere meanwhile.

        Raises:
            InvalidArguments: it changes nothing.
            EditNotFound: it leaves something out.
            StaleDocument: the lines changed since they were selected.
        """
        reading = await context.workspace.read(self._name)
        context.workspace.check_writable(reading.path)
        after = rebase(self._put, self._wanted(code), reading.text)
        if after is None:
            raise StaleDocument(self._name, "the selected lines as they were", "other lines")
        if after == reading.text:
            raise InvalidArguments("The lines have this text already; nothing would change.")
        return await change_of(context.workspace, reading.path, reading, after)

    def _wanted(self, code: str) -> str:
        if lines_in(code, self._lines.text):
            raise refusal()
        return self._lines.replaced(as_lines(code, self._lines))


def as_lines(code: str, lines: Lines) -> str:
    """Return what a model gave as whole lines that fit: without a fence around them, indented, with the file's ends."""
    found = _FENCED.fullmatch(code)
    rows = [row.rstrip("\r\n") for row in split_lines(found[1] if found else code)]
    while rows and not rows[0].strip() and lines.old.strip():
        del rows[0]
    while rows and not rows[-1].strip() and lines.old.strip():
        del rows[-1]
    old = [row for row in split_lines(lines.old) if row.strip()]
    indent = old[0][: len(old[0]) - len(old[0].lstrip())] if old else ""
    if rows and indent and not rows[0][:1].isspace():  # small models leave out what all lines share
        rows = [indent + row if row.strip() else row for row in rows]
    eol = dominant_end(lines.text)
    text = "".join(row + eol for row in rows)
    return text.removesuffix(eol) if lines.old and not lines.old.endswith(("\n", "\r")) else text


def _draft(change: FileChange) -> Draft:
    return Draft((change,), (change.name,))


def _fenced(code: str, target: Target) -> str:
    return fence(code.rstrip("\r\n"), target.language)
