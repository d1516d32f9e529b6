"""`search_text`: lines of the workspace that hold a text or fit an expression."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from pydantic import Field

from conduit.tools.base import Effect, ToolContext, ToolOutcome
from conduit.tools.function import tool
from conduit.workspace.names import shown
from conduit.workspace.workspace import Match

_MAX_LINES = 200
_MAX_LINE_CHARACTERS = 300


@tool(effect=Effect.READ, kind="search", title="Search {query}")
async def search_text(
    context: ToolContext,
    query: Annotated[
        str, Field(description="The text to find, capitals as written; one line.", min_length=1, max_length=2000)
    ],
    regex: Annotated[bool, Field(description="Whether query is a regular expression (Rust syntax).")] = False,
    glob: Annotated[
        str | None, Field(description="Only in files whose names fit, such as '*.py' or 'src/**'.", max_length=1000)
    ] = None,
    path: Annotated[str, Field(description="Only in this folder or file.", max_length=4096)] = "",
) -> ToolOutcome:
    """Return matching lines, file by file."""
    matches = await context.workspace.search(query, regex=regex, glob=glob, under=path, limit=_MAX_LINES)
    notes = [f"[{matches.note}]"] if matches.note else []
    if matches.cut:
        notes.append(f"[cut here: there are more than {_MAX_LINES} lines; narrow it with glob or path]")
    if not matches.items:
        nothing = "Nothing matches (ignored and private files are never searched; capitals matter)."
        return ToolOutcome("\n".join([nothing, *notes]))
    blocks = [_block(name, list(lines)) for name, lines in groupby(matches.items, key=lambda match: match.name)]
    return ToolOutcome("\n".join([*blocks, *notes]), paths=tuple(dict.fromkeys(match.name for match in matches.items)))


def _block(name: str, matches: list[Match]) -> str:
    unsaved = "" if matches[0].origin == "disk" else " (as it is in the editor, saved or not)"
    return "\n".join([f"{shown(name)}{unsaved}", *(f"{match.line}\t{_around(match)}" for match in matches)])


def _around(match: Match) -> str:
    """Return the line, or the part of a long one that matches."""
    if len(match.text) <= _MAX_LINE_CHARACTERS:
        return match.text
    start = max(0, match.column - 1 - _MAX_LINE_CHARACTERS // 3)
    part = match.text[start : start + _MAX_LINE_CHARACTERS]
    return f"{'[…]' if start else ''}{part}{'[…]' if start + len(part) < len(match.text) else ''}"
