"""Places in code, between what a model says and what language servers know: lines, symbols, what they have not seen.

A model names lines as it reads them, with changes that were collected; language servers know the buffer. This is no
tool; the tools that ask the editor share it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from conduit.edits.edit import line_after
from conduit.errors import EditorFailed, InvalidArguments, PathNotFound
from conduit.tools.base import ToolContext
from conduit.workspace.document import split_lines
from conduit.workspace.language import LanguageAbilities, Spot, Spots, Symbols
from conduit.workspace.names import shown
from conduit.workspace.positions import Position, Range
from conduit.workspace.workspace import Reading

SymbolFile = Annotated[str, Field(description="A file in which the symbol is written.", min_length=1, max_length=4096)]
SymbolLine = Annotated[int, Field(description="A line of that file with the symbol, counted from 1.", ge=1)]
SymbolName = Annotated[str, Field(description="The name as it is written there.", min_length=1, max_length=500)]
Occurrence = Annotated[
    int | None, Field(description="Which one, counted from 1, when the line has it several times.", ge=1)
]
"""How a model says which symbol it means; `find_symbol` finds it."""

_LINE_CHARACTERS = 300
_NOT_SEEN = "The editor's language servers have not seen the proposed change of {} that is not accepted yet."


@dataclass(frozen=True, slots=True)
class Known:
    """A file as the model reads it (`read`), and as language servers know it (`buffer`)."""

    read: Reading
    buffer: Reading

    @property
    def staged(self) -> bool:
        """Whether the model reads something that language servers have not seen."""
        return self.read.text != self.buffer.text

    def line_in_buffer(self, line: int) -> int:
        """Return the zero-based line of the buffer for a line that the model counts from 1; raises InvalidArguments."""
        total = max(len(split_lines(self.read.text)), 1)
        if line > total:
            raise InvalidArguments(f"line is {line}, but {shown(self.read.name)} has {total} lines.")
        moved = line_after(self.read.text, self.buffer.text, line - 1) if self.staged else line - 1
        if moved is None:
            raise InvalidArguments(
                f"Line {line} of {shown(self.read.name)} is part of a proposed change that is not accepted yet, so the "
                "editor's language servers do not know it. Use read_file and search_text there."
            )
        return moved

    def line_as_read(self, line: int) -> int | None:
        """Return the line, counted from 1, that the model reads for a zero-based line of the buffer; None: changed."""
        moved = line_after(self.buffer.text, self.read.text, line) if self.staged else line
        return None if moved is None else moved + 1


def language_of(context: ToolContext) -> LanguageAbilities:
    """Return what the editor can be asked; raises EditorFailed where there is no editor."""
    if context.language is None:
        raise EditorFailed("No editor is there whose language servers could be asked; use search_text and read_file.")
    return context.language


async def read_known(context: ToolContext, path: str) -> Known:
    """Return a file in both states; raises as `Workspace.read`, and PathNotFound for one that is only proposed."""
    read = await context.workspace.read(path)
    buffer = await context.workspace.with_overlay(None).read_or_none(str(read.path))
    if buffer is None:
        raise PathNotFound(
            f"{shown(read.name)} is only proposed and does not exist yet, so language servers do not know it."
        )
    return Known(read, buffer)


def find_symbol(known: Known, line: int, symbol: str, occurrence: int | None) -> Position:
    """Return where a symbol begins in a line of the buffer.

    Args:
        known: the file.
        line: counted from 1, as the model reads the file.
        symbol: a name, as it is written there.
        occurrence: which one of several in the line, counted from 1; None when there is only one.

    Raises:
        InvalidArguments: it is not there, or there more than once.
    """
    row = known.line_in_buffer(line)
    lines = split_lines(known.buffer.text)
    text = lines[row] if row < len(lines) else ""
    columns = _columns(text, symbol)
    if not columns:
        near = [number for number, other in enumerate(lines) if _columns(other, symbol)]
        rows = [number for number in (known.line_as_read(each) for each in near) if number is not None]
        where = f"it is in the lines {', '.join(map(str, rows[:10]))}" if rows else "it is nowhere in this file"
        raise InvalidArguments(f"{symbol!r} is not in line {line} of {shown(known.read.name)}; {where}.")
    if occurrence is None and len(columns) > 1:
        raise InvalidArguments(
            f"{symbol!r} is in line {line} of {shown(known.read.name)} {len(columns)} times; say which with occurrence."
        )
    if occurrence is not None and occurrence > len(columns):
        raise InvalidArguments(f"occurrence is {occurrence}, but {symbol!r} is in line {line} {len(columns)} times.")
    return Position(row, columns[(occurrence or 1) - 1])


def lines_range(known: Known, line: int | None, end_line: int | None) -> Range:
    """Return whole lines of the buffer, without the last one's end; everything without `line`.

    Raises:
        InvalidArguments: there are no such lines.
    """
    lines = split_lines(known.buffer.text)
    if line is None:
        if end_line is not None:
            raise InvalidArguments("end_line needs line.")
        last = max(len(lines) - 1, 0)
        return Range(Position(0, 0), Position(last, _length(lines, last)))
    if end_line is not None and end_line < line:
        raise InvalidArguments(f"end_line ({end_line}) is before line ({line}).")
    first, last = known.line_in_buffer(line), known.line_in_buffer(end_line or line)
    return Range(Position(first, 0), Position(last, _length(lines, last)))


async def render_spots(context: ToolContext, found: Spots, limit: int) -> tuple[str, tuple[str, ...]]:
    """Return places for a model, as `search_text` writes them, and the names of their files."""
    by_file: dict[Path, list[Spot]] = {}
    for spot in found.items[:limit]:
        by_file.setdefault(spot.path, []).append(spot)
    blocks: list[str] = []
    names: list[str] = []
    for path, spots in by_file.items():
        shower = await Shower.of(context, path)
        names.append(shower.name)
        rows = [f"{shower.row(spot)}\t{cut(spot.line)}" for spot in sorted(spots, key=lambda each: each.range)]
        blocks.append("\n".join([shown(shower.name), *dict.fromkeys(rows), *shower.notes()]))
    blocks += left_out(found, max(0, len(found.items) - limit))
    return "\n".join(blocks), tuple(names)


@dataclass(frozen=True, slots=True)
class Shower:
    """Numbers the lines of one file for the model."""

    name: str
    known: Known | None

    @classmethod
    async def of(cls, context: ToolContext, path: Path) -> Shower:
        """Look at a file that a language server named."""
        name = context.workspace.name_of(path)
        read = await context.workspace.read_or_none(str(path))
        buffer = await context.workspace.with_overlay(None).read_or_none(str(path))
        return cls(name, Known(read, buffer) if read is not None and buffer is not None else None)

    def row(self, spot: Spot) -> str:
        """Return the line's number as the model reads the file."""
        line = spot.range.start.line
        number = self.known.line_as_read(line) if self.known else line + 1
        return str(number) if number is not None else "changed by you"

    def notes(self) -> list[str]:
        """Return what the model must know about the file."""
        if self.known is None:
            return [f"[A proposed change deletes or moves {shown(self.name)}; it is not accepted yet.]"]
        return [f"[{not_seen(self.name)}]"] if self.known.staged else []


def not_seen(*names: str) -> str:
    """Return the sentence about changes that language servers do not know."""
    return _NOT_SEEN.format(", ".join(map(shown, names)))


def left_out(found: Spots | Symbols, more: int = 0) -> list[str]:
    """Return a mark for each kind of thing that is not shown."""
    notes: list[str] = []
    if found.left_out + more:
        notes.append(f"[cut here: {found.left_out + more} more]")
    if found.elsewhere:
        notes.append(f"[{found.elsewhere} more outside the workspace, or in private files; they are not shown]")
    if found.misplaced:
        notes.append(f"[{found.misplaced} more were left out: the editor named places that are not in the text]")
    return notes


def cut(line: str) -> str:
    """Return a line, or the beginning of a long one with a mark."""
    return line if len(line) <= _LINE_CHARACTERS else f"{line[:_LINE_CHARACTERS]} [cut here]"


def _columns(line: str, symbol: str) -> list[int]:
    before = r"(?<!\w)" if re.match(r"\w", symbol) else ""
    after = r"(?!\w)" if re.search(r"\w$", symbol) else ""
    return [match.start() for match in re.finditer(before + re.escape(symbol) + after, line)]


def _length(lines: list[str], number: int) -> int:
    return len(lines[number].rstrip("\r\n")) if number < len(lines) else 0
