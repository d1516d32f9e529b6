"""`find_references` and `go_to_definition`: where a symbol is used, and where it is defined."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from conduit.tools.base import Effect, ToolContext, ToolOutcome
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
    render_spots,
)
from conduit.workspace.language import Spots
from conduit.workspace.positions import Position

_REFERENCES_SHOWN = 200
_DEFINITIONS_SHOWN = 50


@tool(effect=Effect.READ, kind="search", title="References of {symbol} in {path}")
async def find_references(
    context: ToolContext, path: SymbolFile, line: SymbolLine, symbol: SymbolName, occurrence: Occurrence = None
) -> ToolOutcome:
    """Return every use of a symbol."""
    ask = language_of(context).references
    return await _look_up(context, path, line, symbol, occurrence, ask, "use", _REFERENCES_SHOWN)


@tool(effect=Effect.READ, kind="search", title="Definition of {symbol} in {path}")
async def go_to_definition(
    context: ToolContext, path: SymbolFile, line: SymbolLine, symbol: SymbolName, occurrence: Occurrence = None
) -> ToolOutcome:
    """Return where a symbol is defined."""
    ask = language_of(context).definition
    return await _look_up(context, path, line, symbol, occurrence, ask, "definition", _DEFINITIONS_SHOWN)


async def _look_up(
    context: ToolContext,
    path: str,
    line: int,
    symbol: str,
    occurrence: int | None,
    ask: Callable[[Path, Position], Awaitable[Spots]],
    what: str,
    limit: int,
) -> ToolOutcome:
    known = await read_known(context, path)
    found = await ask(known.buffer.path, find_symbol(known, line, symbol, occurrence))
    text, names = await render_spots(context, found, limit)
    notes = [f"[{not_seen(known.read.name)}]"] if known.staged and known.read.name not in names else []
    nothing = "" if text else f"The editor's language servers know no {what} of {symbol!r}."
    return ToolOutcome("\n".join(filter(None, [nothing, text, *notes])), paths=names)
