"""`list_symbols`: what a document declares, or what in the project has a name like this."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from conduit.errors import InvalidArguments
from conduit.tools.base import Effect, ToolContext, ToolOutcome
from conduit.tools.function import tool
from conduit.tools.places import Shower, language_of, left_out, read_known
from conduit.workspace.language import Symbol, Symbols
from conduit.workspace.names import shown

_SHOWN = 300


@tool(effect=Effect.READ, kind="search", title="Symbols {path} {query}")
async def list_symbols(
    context: ToolContext,
    path: Annotated[str, Field(description="The file whose symbols are listed.", max_length=4096)] = "",
    query: Annotated[str, Field(description="A name, or part of one, to find in the project.", max_length=500)] = "",
) -> ToolOutcome:
    """Return declarations with their kinds and lines."""
    if bool(path) == bool(query):
        raise InvalidArguments("Give either path, for the symbols of a file, or query, to find symbols in the project.")
    language = language_of(context)
    if path:
        known = await read_known(context, path)
        found = await language.document_symbols(known.buffer.path)
    else:
        found = await language.workspace_symbols(query)
    text, names = await _render(context, found, nested=bool(path))
    return ToolOutcome(text or "The editor's language servers know no such symbols.", paths=names)


async def _render(context: ToolContext, found: Symbols, *, nested: bool) -> tuple[str, tuple[str, ...]]:
    by_file: dict[Path, list[Symbol]] = {}
    for symbol in found.items[:_SHOWN]:
        by_file.setdefault(symbol.spot.path, []).append(symbol)
    blocks: list[str] = []
    names: list[str] = []
    for path, symbols in by_file.items():
        shower = await Shower.of(context, path)
        names.append(shower.name)
        blocks += [shown(shower.name), *(_row(shower, symbol, nested) for symbol in symbols), *shower.notes()]
    return "\n".join([*blocks, *left_out(found, max(0, len(found.items) - _SHOWN))]), tuple(names)


def _row(shower: Shower, symbol: Symbol, nested: bool) -> str:
    indent = "  " * symbol.depth if nested else ""
    holder = f" in {shown(symbol.container)}" if symbol.container and not (nested and symbol.depth) else ""
    return f"{shower.row(symbol.spot)}\t{indent}{symbol.kind} {shown(symbol.name)}{holder}"
