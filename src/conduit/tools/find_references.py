"""`find_references`: where a symbol is used, as the editor's language servers know it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.tools.base import Effect, ToolContext, ToolOutcome
from conduit.tools.function import tool
from conduit.tools.places import find_symbol, language_of, not_seen, read_known, render_spots

_SHOWN = 200


@tool(effect=Effect.READ, kind="search", title="References of {symbol} in {path}")
async def find_references(
    context: ToolContext,
    path: Annotated[str, Field(description="A file in which the symbol is written.", min_length=1, max_length=4096)],
    line: Annotated[int, Field(description="A line of that file with the symbol, counted from 1.", ge=1)],
    symbol: Annotated[str, Field(description="The name as it is written there.", min_length=1, max_length=500)],
    occurrence: Annotated[
        int | None, Field(description="Which one, counted from 1, when the line has it several times.", ge=1)
    ] = None,
) -> ToolOutcome:
    """Return every use of a symbol."""
    language = language_of(context)
    known = await read_known(context, path)
    position = find_symbol(known, line, symbol, occurrence)
    found = await language.references(known.buffer.path, position)
    text, names = await render_spots(context, found, _SHOWN)
    notes = [f"[{not_seen(known.read.name)}]"] if known.staged and known.read.name not in names else []
    nothing = "" if text else f"The editor's language servers know no use of {symbol!r}."
    return ToolOutcome("\n".join(filter(None, [nothing, text, *notes])), paths=names)
