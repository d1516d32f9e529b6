"""`apply_code_action`: one action of the editor's language servers, as an edit like any other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.edits.edit import FileChange
from conduit.edits.proposal import to_changes, touched
from conduit.errors import EditRefused, InvalidArguments
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.drafts import broken, preview_of
from conduit.tools.function import tool
from conduit.tools.places import language_of, lines_range, not_seen, read_known

_Path = Annotated[str, Field(description="The file, relative to the workspace.", min_length=1, max_length=4096)]
_Title = Annotated[
    str, Field(description="The action's title, exactly as code_actions shows it.", min_length=1, max_length=500)
]
_Line = Annotated[int | None, Field(description="The line, from 1; the whole file if left out.", ge=1)]
_EndLine = Annotated[int | None, Field(description="The last line of a range, included.", ge=1)]
_Kind = Annotated[str, Field(description="The kind that code_actions was asked for, if any.", max_length=200)]


async def preview_action(
    context: ToolContext, path: _Path, title: _Title, line: _Line = None, end_line: _EndLine = None, kind: _Kind = ""
) -> Preview:
    """Return the diff of the action."""
    changes, _ = await _plan(context, path, title, line, end_line, kind)
    return preview_of(changes, touched(changes))


@tool(effect=Effect.WRITE, kind="edit", title="{title} in {path}", preview=preview_action)
async def apply_code_action(
    context: ToolContext, path: _Path, title: _Title, line: _Line = None, end_line: _EndLine = None, kind: _Kind = ""
) -> ToolOutcome:
    """Do what a code action would do."""
    changes, staged = await _plan(context, path, title, line, end_line, kind)
    where = await context.edits.submit(changes)
    notes = [not_seen(*staged)] if staged else []
    return ToolOutcome(
        " ".join([f"Did {title!r}.", where, *notes, *await broken(changes)]),
        paths=touched(changes),
        diff="".join(change.diff() for change in changes),
    )


async def _plan(
    context: ToolContext, path: str, title: str, line: int | None, end_line: int | None, kind: str
) -> tuple[list[FileChange], list[str]]:
    language = language_of(context)
    known = await read_known(context, path)
    range_ = lines_range(known, line, end_line)
    offered = await language.code_actions(known.buffer.path, range_, kind)
    named = [action for action in offered.items if action.title == title]
    if not named:
        titles = ", ".join(repr(action.title) for action in offered.items[:20]) or "none"
        raise InvalidArguments(f"There is no code action {title!r} there. Offered: {titles}.")
    possible = [action for action in named if not action.disabled]
    if not possible:
        raise EditRefused(f"{title!r} is not possible there: {named[0].disabled}")
    if len(possible) > 1:
        raise InvalidArguments(f"There are {len(possible)} code actions {title!r} there; narrow it with line or kind.")
    proposal = await language.code_action_edit(known.buffer.path, range_, possible[0])
    changes, staged = await to_changes(proposal, context.workspace)
    if not changes:
        raise InvalidArguments(f"{title!r} would change nothing.")
    return changes, staged
