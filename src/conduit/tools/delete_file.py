"""`delete_file`: take a file away."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.edits.drafting import Draft, draft
from conduit.edits.patch import FilePatch
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.drafts import previewed, submitted
from conduit.tools.function import tool

_Path = Annotated[str, Field(description="The file, relative to the workspace.", min_length=1, max_length=4096)]


async def preview_delete(context: ToolContext, path: _Path) -> Preview:
    """Return what goes away."""
    return previewed(await _plan(context, path))


@tool(effect=Effect.WRITE, kind="delete", title="Delete {path}", preview=preview_delete)
async def delete_file(context: ToolContext, path: _Path) -> ToolOutcome:
    """Delete a file."""
    return await submitted(context, await _plan(context, path))


async def _plan(context: ToolContext, path: str) -> Draft:
    return await draft([FilePatch(path, "delete")], context.workspace)
