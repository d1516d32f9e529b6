"""`read_file` and `list_files`: what a model may see of the workspace, as the editor shows it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.errors import InvalidArguments
from conduit.tools.base import Effect, ToolContext, ToolOutcome
from conduit.tools.function import tool
from conduit.workspace.document import split_lines
from conduit.workspace.names import shown
from conduit.workspace.workspace import Reading

_MAX_LINES = 2000
_MAX_CHARACTERS = 100_000
_MAX_LINE_CHARACTERS = 2000
_MAX_NAMES = 1000

_ORIGINS = {
    "disk": "as saved on disk",
    "buffer": "as it is in the person's editor now, saved or not",
    "staged": "with the changes that you proposed",
}


@tool(effect=Effect.READ, kind="read", title="Read {path}")
async def read_file(
    context: ToolContext,
    path: Annotated[str, Field(description="The file, relative to the workspace.", min_length=1, max_length=4096)],
    start_line: Annotated[int, Field(description="The first line, counted from 1.", ge=1)] = 1,
    end_line: Annotated[int | None, Field(description="The last line, included; the end if left out.", ge=1)] = None,
) -> ToolOutcome:
    """Return lines of a file with their numbers."""
    if end_line is not None and end_line < start_line:
        raise InvalidArguments(f"end_line ({end_line}) is before start_line ({start_line}).")
    reading = await context.workspace.read(path)
    lines = split_lines(reading.text)
    if start_line > max(len(lines), 1):
        raise InvalidArguments(f"start_line is {start_line}, but {path!r} has {len(lines)} lines.")
    numbered, last = _number(lines, start_line, end_line or len(lines))
    text = f"{_headline(reading, len(lines), start_line, last)}\n{numbered}"
    if last < min(end_line or len(lines), len(lines)):
        text += f"\n[cut here: read on with start_line={last + 1}]"
    return ToolOutcome(text, paths=(reading.name,))


@tool(effect=Effect.READ, kind="search", title="List files {path} {pattern}")
async def list_files(
    context: ToolContext,
    path: Annotated[str, Field(description="The folder; the whole workspace if left out.", max_length=4096)] = "",
    pattern: Annotated[
        str | None,
        Field(description="Only names that fit, such as '*.py' or 'src/**/*.{ts,tsx}'.", max_length=1000),
    ] = None,
) -> ToolOutcome:
    """Return the names of files."""
    listing = await context.workspace.list_files(path, pattern, _MAX_NAMES)
    if not listing.names:
        return ToolOutcome("There are no such files (ignored and private files are never listed).")
    text = "\n".join(shown(name) for name in listing.names)
    if listing.cut:
        text += f"\n[cut here: there are more than {_MAX_NAMES} files; list a folder or give a pattern]"
    return ToolOutcome(text)


def _headline(reading: Reading, total: int, first: int, last: int) -> str:
    where = f"lines {first} to {last} of {total}" if total else "it is empty"
    ends = ", CRLF line ends" if reading.eol == "\r\n" and total else ""
    return f"{shown(reading.name)} ({where}, {_ORIGINS[reading.origin]}{ends})"


def _number(lines: list[str], first: int, last: int) -> tuple[str, int]:
    """Return numbered lines, and the number of the last one that fitted."""
    numbered: list[str] = []
    size = 0
    number = first - 1
    for line in lines[first - 1 : min(last, first - 1 + _MAX_LINES)]:
        text = line.rstrip("\r\n")
        if len(text) > _MAX_LINE_CHARACTERS:
            text = f"{text[:_MAX_LINE_CHARACTERS]} [cut here: the line has {len(text)} characters]"
        size += len(text)
        if size > _MAX_CHARACTERS and numbered:
            break
        number += 1
        numbered.append(f"{number}\t{text}")
    return "\n".join(numbered), number
