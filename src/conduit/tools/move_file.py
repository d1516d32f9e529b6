"""`move_file`: give a file another name or folder."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.edits.drafting import Draft, draft
from conduit.edits.patch import FilePatch
from conduit.errors import InvalidArguments
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.drafts import previewed, submitted
from conduit.tools.function import tool

_Path = Annotated[str, Field(description="The file, relative to the workspace.", min_length=1, max_length=4096)]
_NewPath = Annotated[
    str,
    Field(
        description="Its new name with its folders, relative to the workspace; folders are made.",
        min_length=1,
        max_length=4096,
    ),
]


async def preview_move(context: ToolContext, path: _Path, new_path: _NewPath) -> Preview:
    """Return both names."""
    return previewed(await _plan(context, path, new_path))


@tool(effect=Effect.WRITE, kind="move", title="Move {path} to {new_path}", preview=preview_move)
async def move_file(context: ToolContext, path: _Path, new_path: _NewPath) -> ToolOutcome:
    """Move a file."""
    return await submitted(context, await _plan(context, path, new_path))


async def _plan(context: ToolContext, path: str, new_path: str) -> Draft:
    workspace = context.workspace
    if workspace.path_of(path) == workspace.path_of(new_path):
        raise InvalidArguments("path and new_path are the same file; nothing would change.")
    return await draft([FilePatch(path, "update", moved_to=new_path)], workspace)
