"""`write_file`: a whole file, new or in place of what was there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.edits.drafting import Draft, draft
from conduit.edits.edit import FileChange
from conduit.edits.patch import FilePatch
from conduit.errors import InvalidArguments
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.drafts import previewed, submitted
from conduit.tools.function import tool
from conduit.workspace.document import split_lines

_Path = Annotated[
    str, Field(description="The file, relative to the workspace; its folders are made.", min_length=1, max_length=4096)
]
_Text = Annotated[str, Field(description="Everything that is in the file afterwards.")]

_MANY_LINES = 20


async def preview_write(context: ToolContext, path: _Path, text: _Text) -> Preview:
    """Return the diff."""
    return previewed(await _plan(context, path, text))


@tool(effect=Effect.WRITE, kind="edit", title="Write {path}", preview=preview_write)
async def write_file(context: ToolContext, path: _Path, text: _Text) -> ToolOutcome:
    """Write a whole file."""
    plan = await _plan(context, path, text)
    return await submitted(context, plan, _told(plan.changes[0]))


async def _plan(context: ToolContext, path: str, text: str) -> Draft:
    if not text:
        reading = await context.workspace.read_or_none(path)
        if reading is not None and reading.text.strip():
            raise InvalidArguments(
                f"{reading.name} has {len(split_lines(reading.text))} lines, and text is empty; nothing was changed. "
                "Give the whole text of the file, or delete the file."
            )
    return await draft([FilePatch(path, "write", text=text)], context.workspace)


def _told(change: FileChange) -> str:
    if change.before is None:
        return "A new file."
    old, new = len(split_lines(change.before)), len(split_lines(change.after or ""))
    said = f"Replaced all {old} lines by {new}."
    if old - new >= _MANY_LINES and new * 2 < old:
        said += f" These are {old - new} lines fewer: put back what should have stayed."
    return said
