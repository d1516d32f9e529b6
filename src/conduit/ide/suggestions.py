"""Refactoring suggestions: at most three for a file, each anchored to a line that the model quoted.

The model reports through a tool of its own, so that a wrong quote is told to it at once. Nothing is changed here: a
suggestion that the person applies becomes an ordinary refactoring action.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from conduit.app import App, PromptOptions
from conduit.context.builder import fence
from conduit.errors import EditNotFound, InvalidArguments
from conduit.messages.content import Text
from conduit.messages.request import ToolKind, ToolSpec
from conduit.prompts.render import render_prompt
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome, ToolSet
from conduit.workspace.document import split_lines
from conduit.workspace.positions import Position, Range

MOST = 3
"""Suggestions for a file at a time: more would be noise."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One proposal; `quote` is the line it hangs on, `range` where that line is now, in code points."""

    id: str
    title: str
    reason: str
    quote: str
    range: Range


async def suggest_refactorings(
    app: App, name: str, *, started: Callable[[str], None] = lambda session_id: None
) -> tuple[list[Suggestion], str | None]:
    """Ask the model for suggestions about the workspace file `name`; returns them and what went wrong, if anything.

    Raises:
        ToolError: the file cannot be read.
        UserError: the model cannot be asked.
    """
    reading = await app.workspace.read(name)
    board = _Board(reading.text)
    app.check_model()
    session = await app.new_session(mode="ask", title=f"Suggestions: {name}")
    started(session.id)
    result = await app.prompt(
        session.id,
        [Text(text=render_prompt("suggest", details=f"File: {name}\n{fence(reading.text)}"))],
        PromptOptions(extra_tools=ToolSet([_SuggestTool(board)])),
    )
    return board.suggestions, result.error


def follow(suggestion: Suggestion, text: str) -> Suggestion | None:
    """Return the suggestion where its line is now, or None when that line is gone or no longer unique."""
    place = _find_line(text, suggestion.quote)
    return None if place is None else replace(suggestion, range=place)


@dataclass
class _Board:
    """Takes the suggestions that the model reports."""

    text: str
    suggestions: list[Suggestion] = field(default_factory=list)


@dataclass(frozen=True)
class _SuggestTool:
    board: _Board

    @property
    def spec(self) -> ToolSpec:
        text: JsonValue = {"type": "string", "minLength": 3, "maxLength": 300}
        return ToolSpec(
            name="suggest_refactoring",
            description=f"Report one refactoring of the file, at most {MOST} in all.",
            input_schema={
                "type": "object",
                "properties": {"quote": text, "title": text, "reason": text},
                "required": ["quote", "title", "reason"],
                "additionalProperties": False,
            },
        )

    @property
    def effect(self) -> Effect:
        return Effect.READ

    @property
    def kind(self) -> ToolKind:
        return "think"

    def title(self, arguments: Mapping[str, JsonValue]) -> str:
        return f"Suggest: {arguments.get('title', '')}"

    async def preview(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> Preview | None:
        return None

    async def run(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> ToolOutcome:
        quote, title, reason = (arguments.get(key) for key in ("quote", "title", "reason"))
        if not (isinstance(quote, str) and isinstance(title, str) and isinstance(reason, str)) or not quote.strip():
            raise InvalidArguments("quote, title and reason: give a text for each; quote one whole line of the file.")
        if len(self.board.suggestions) >= MOST:
            return ToolOutcome(f"There are {MOST} suggestions already; no more are shown. Answer now.")
        place = _find_line(self.board.text, quote)
        if place is None:
            raise EditNotFound("The quoted line does not occur exactly once in the file. Quote another line exactly.")
        self.board.suggestions.append(
            Suggestion(uuid.uuid4().hex[:12], title.strip(), reason.strip(), quote.strip(), place)
        )
        return ToolOutcome("Noted.")


def _find_line(text: str, quote: str) -> Range | None:
    wanted = quote.strip()
    places = [(number, line) for number, line in enumerate(split_lines(text)) if line.strip() == wanted]
    if len(places) != 1:
        return None
    number, line = places[0]
    start = len(line) - len(line.lstrip())
    return Range(Position(number, start), Position(number, len(line.rstrip())))
