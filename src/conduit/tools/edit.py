"""`edit_file`: replace one place of a file, or create a file."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from conduit.edits import match
from conduit.edits.edit import FileChange
from conduit.edits.style import in_project_style
from conduit.errors import EditAmbiguous, EditNotFound, InvalidArguments, PathNotFound
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.function import tool

_NamedPath = Annotated[
    str, Field(description="The file, relative to the workspace; its folders are made.", min_length=1, max_length=4096)
]
_OldText = Annotated[
    str,
    Field(description="The text to replace, exactly as it is in the file, without line numbers; empty for a new file."),
]
_NewText = Annotated[str, Field(description="What stands there afterwards; empty to delete old_text.")]


async def preview_edit(context: ToolContext, path: _NamedPath, old_text: _OldText, new_text: _NewText) -> Preview:
    """Return the diff of the edit."""
    change, _ = await _plan(context, path, old_text, new_text)
    return Preview(change.diff(), paths=(change.name,))


@tool(effect=Effect.WRITE, kind="edit", title="Edit {path}", preview=preview_edit)
async def edit_file(context: ToolContext, path: _NamedPath, old_text: _OldText, new_text: _NewText) -> ToolOutcome:
    """Change a file."""
    change, what = await _plan(context, path, old_text, new_text)
    where = await context.edits.submit([change])
    return ToolOutcome(f"{what} {where}", paths=(change.name,), diff=change.diff())


async def _plan(context: ToolContext, path: str, old_text: str, new_text: str) -> tuple[FileChange, str]:
    workspace = context.workspace
    workspace.check_writable(workspace.path_of(path))
    if old_text == new_text:
        raise InvalidArguments("old_text and new_text are the same; nothing would change.")
    # Only a call without old_text may mean a new file; for the others a missing file is an error with a proposal.
    reading = await (workspace.read(path) if old_text else workspace.read_or_none(path))
    if reading is None:
        target = workspace.path_of(path)
        if path.endswith("/"):
            raise PathNotFound(f"{path!r} is the name of a folder, not of a file.")
        change = FileChange(path=target, name=workspace.name_of(target), before=None, after=new_text)
        return await in_project_style(change, workspace), "A new file."
    workspace.check_writable(reading.path)
    change = FileChange(
        path=reading.path, name=reading.name, before=reading.text, after=reading.text, version=reading.version
    )
    if not old_text:
        if reading.text:
            raise EditNotFound(f"{reading.name} exists and is not empty: quote the text to replace as old_text.")
        return await in_project_style(replace(change, after=new_text), workspace), "The file was empty."
    try:
        replaced = await asyncio.to_thread(match.replace, reading.text, old_text, new_text)
    except (EditNotFound, EditAmbiguous) as error:
        raise type(error)(f"{reading.name}: {error}") from None
    if replaced.text == reading.text:
        raise InvalidArguments(f"{reading.name} has this text already; nothing would change.")
    lines = f"lines {replaced.first_line} to {replaced.last_line}"
    tolerant = "" if replaced.strategy == "exact" else f", found in spite of other {replaced.strategy}"
    change = await in_project_style(replace(change, after=replaced.text), workspace)
    return change, f"Replaced {lines}{tolerant}."
