"""`edit_file`: replace one or several places of a file, or create a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from conduit.edits.drafting import Draft, change_of
from conduit.edits.edit import FileChange
from conduit.edits.replacements import Made, Replacement, replace_all
from conduit.errors import EditAmbiguous, EditNotFound, InvalidArguments, PathNotFound
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.drafts import previewed, submitted
from conduit.tools.function import tool

_NamedPath = Annotated[
    str, Field(description="The file, relative to the workspace; its folders are made.", min_length=1, max_length=4096)
]
_OldText = Annotated[
    str,
    Field(description="The text to replace, exactly as it is in the file, without line numbers; empty for a new file."),
]
_NewText = Annotated[str, Field(description="What stands there afterwards; empty to delete old_text.")]
_Line = Annotated[
    int | None,
    Field(description="The line where old_text begins, from 1; needed only if it occurs more than once.", ge=1),
]


class Change(BaseModel):
    """One more place of the file."""

    model_config = ConfigDict(extra="forbid")

    old_text: Annotated[str, Field(description="The text to replace, as above.", min_length=1)]
    new_text: Annotated[str, Field(description="What stands there afterwards.")]
    line: Annotated[int | None, Field(description="The line where old_text begins, as above.", ge=1)] = None


_More = Annotated[
    list[Change],
    Field(
        description="More places of the same file to change in this call: all are changed or none. Each old_text "
        "quotes the file as it was before the call.",
        max_length=200,
    ),
]
_NONE: list[Change] = []


async def preview_edit(
    context: ToolContext, path: _NamedPath, old_text: _OldText, new_text: _NewText, line: _Line, more: _More
) -> Preview:
    """Return the diff of the edit."""
    draft, _ = await _plan(context, path, [_replacement(old_text, new_text, line), *map(_one, more)])
    return previewed(draft)


@tool(effect=Effect.WRITE, kind="edit", title="Edit {path}", preview=preview_edit)
async def edit_file(
    context: ToolContext,
    path: _NamedPath,
    old_text: _OldText,
    new_text: _NewText,
    line: _Line = None,
    more: _More = _NONE,
) -> ToolOutcome:
    """Change a file."""
    draft, what = await _plan(context, path, [_replacement(old_text, new_text, line), *map(_one, more)])
    return await submitted(context, draft, what)


def _replacement(old_text: str, new_text: str, line: int | None) -> Replacement:
    return Replacement(old_text, new_text, None if line is None else line - 1)


def _one(change: Change) -> Replacement:
    return _replacement(change.old_text, change.new_text, change.line)


async def _plan(context: ToolContext, path: str, wanted: Sequence[Replacement]) -> tuple[Draft, str]:
    workspace = context.workspace
    target = workspace.path_of(path)
    workspace.check_writable(target)
    if any(one.old == one.new for one in wanted):
        raise InvalidArguments("old_text and new_text are the same; nothing would change.")
    new = not wanted[0].old
    if new and len(wanted) > 1:
        raise InvalidArguments("A new file has no more places to change; give its whole content as new_text.")
    # Only a call without old_text may mean a new file; for the others a missing file is an error with a proposal.
    reading = await (workspace.read_or_none(path) if new else workspace.read(path))
    if reading is not None:
        workspace.check_writable(reading.path)
    elif path.endswith("/"):
        raise PathNotFound(f"{path!r} is the name of a folder, not of a file.")
    if new:
        if reading is not None and reading.text:
            raise EditNotFound(f"{reading.name} exists and is not empty: quote the text to replace as old_text.")
        where = reading.path if reading else target
        change = await change_of(workspace, where, reading, wanted[0].new)
        return _draft(context, path, change), "A new file." if reading is None else "The file was empty."
    assert reading is not None
    try:
        text, made = await asyncio.to_thread(replace_all, reading.text, wanted)
    except (EditNotFound, EditAmbiguous) as error:
        raise type(error)(f"{reading.name}: {error}") from None
    if text == reading.text:
        raise InvalidArguments(f"{reading.name} has this text already; nothing would change.")
    change = await change_of(workspace, reading.path, reading, text)
    return _draft(context, path, change), _told(made)


def _draft(context: ToolContext, path: str, change: FileChange) -> Draft:
    called = context.workspace.name_of(context.workspace.path_of(path))
    return Draft((change,), tuple(dict.fromkeys((change.name, called))))


def _told(made: Sequence[Made]) -> str:
    if len(made) == 1:
        where = f"Replaced lines {made[0].first_line} to {made[0].last_line}"
    else:
        where = f"Replaced {len(made)} places, at lines {', '.join(str(one.first_line) for one in made)}"
    differences = dict.fromkeys(one.strategy for one in made if one.strategy != "exact")
    return f"{where}, found in spite of other {', '.join(differences)}." if differences else f"{where}."
