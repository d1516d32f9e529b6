"""`rename_symbol`: another name for a symbol, everywhere, by the editor's language servers; an edit like any other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.edits.edit import FileChange
from conduit.edits.proposal import to_changes, touched
from conduit.errors import InvalidArguments
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome
from conduit.tools.drafts import broken, preview_of
from conduit.tools.function import tool
from conduit.tools.places import (
    Occurrence,
    SymbolFile,
    SymbolLine,
    SymbolName,
    find_symbol,
    language_of,
    not_seen,
    read_known,
)

_NewName = Annotated[str, Field(description="The new name.", min_length=1, max_length=500)]


async def preview_rename(
    context: ToolContext,
    path: SymbolFile,
    line: SymbolLine,
    symbol: SymbolName,
    new_name: _NewName,
    occurrence: Occurrence = None,
) -> Preview:
    """Return the diff of the rename."""
    changes, _ = await _plan(context, path, line, symbol, new_name, occurrence)
    return preview_of(changes, touched(changes))


@tool(effect=Effect.WRITE, kind="edit", title="Rename {symbol} to {new_name}", preview=preview_rename)
async def rename_symbol(
    context: ToolContext,
    path: SymbolFile,
    line: SymbolLine,
    symbol: SymbolName,
    new_name: _NewName,
    occurrence: Occurrence = None,
) -> ToolOutcome:
    """Rename a symbol in all files."""
    changes, staged = await _plan(context, path, line, symbol, new_name, occurrence)
    where = await context.edits.submit(changes)
    files = f"{len(changes)} {'file' if len(changes) == 1 else 'files'}"
    places = sum(len(change.edits()) for change in changes)
    notes = [f"{not_seen(*staged)} Look there for what still has the old name."] if staged else []
    text = " ".join(
        [f"Renamed {symbol!r} to {new_name!r} in {files} ({places} places).", where, *notes, *await broken(changes)]
    )
    return ToolOutcome(text, touched(changes), "".join(change.diff() for change in changes))


async def _plan(
    context: ToolContext, path: str, line: int, symbol: str, new_name: str, occurrence: int | None
) -> tuple[list[FileChange], list[str]]:
    if new_name == symbol:
        raise InvalidArguments("new_name is the name that the symbol has; nothing would change.")
    language = language_of(context)
    known = await read_known(context, path)
    position = find_symbol(known, line, symbol, occurrence)
    proposal = await language.rename(known.buffer.path, position, new_name)
    changes, staged = await to_changes(proposal, context.workspace)
    if not changes:
        raise InvalidArguments(f"The editor's language servers would change nothing to rename {symbol!r}.")
    return changes, staged
