"""`code_actions`: what the editor's language servers offer to do at a place: quick fixes, imports, refactorings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.tools.base import Effect, ToolContext, ToolOutcome
from conduit.tools.function import tool
from conduit.tools.places import language_of, lines_range, not_seen, read_known
from conduit.workspace.language import CodeAction
from conduit.workspace.names import shown

_SHOWN = 100


@tool(effect=Effect.READ, kind="search", title="Code actions of {path} {line}")
async def code_actions(
    context: ToolContext,
    path: Annotated[str, Field(description="The file, relative to the workspace.", min_length=1, max_length=4096)],
    line: Annotated[int | None, Field(description="The line, from 1; the whole file if left out.", ge=1)] = None,
    end_line: Annotated[int | None, Field(description="The last line of a range, included.", ge=1)] = None,
    kind: Annotated[
        str, Field(description="Only these, such as 'quickfix' or 'source.organizeImports'.", max_length=200)
    ] = "",
) -> ToolOutcome:
    """Return titles and kinds of actions."""
    language = language_of(context)
    known = await read_known(context, path)
    found = await language.code_actions(known.buffer.path, lines_range(known, line, end_line), kind)
    rows = [_row(action) for action in found.items[:_SHOWN]]
    more = len(found.items) - len(rows) + found.left_out
    notes = [f"[cut here: {more} more]"] if more else []
    if known.staged:
        notes.append(f"[{not_seen(known.read.name)}]")
    return ToolOutcome(
        "\n".join([*(rows or ["The editor's language servers offer no such actions there."]), *notes]),
        paths=(known.read.name,),
    )


def _row(action: CodeAction) -> str:
    kind = f" ({shown(action.kind)})" if action.kind else ""
    usual = " [the usual one]" if action.preferred else ""
    disabled = f" [not possible: {shown(action.disabled)}]" if action.disabled else ""
    return f"{shown(action.title)}{kind}{usual}{disabled}"
