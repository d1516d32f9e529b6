"""Document: one open text with its version, changed in place by what the person types.

The text is a list of lines with their line ends (LF, CRLF and lone CR, LSP 3.17 *Text Documents*), so that one
keystroke touches one line. Not a file: a document lives in an editor, saved or not.
"""

from __future__ import annotations

import re
from pathlib import Path

from conduit.workspace.positions import Position, PositionEncoding, Range, column_from_units, units_from_column

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


def split_lines(text: str) -> list[str]:
    """Split at LF, CRLF and lone CR only, keeping line ends; no line after a final line end."""
    if "\n" not in text and "\r" not in text:  # a minified file is one line of a megabyte, touched by every key
        return [text] if text else []
    return _LINE.findall(text)


class Document:
    """One open text. `lines` has a last line without a line end, which may be empty.

    Attributes:
        uri: as the client named it.
        path: the absolute path of a `file:` document, else None.
        language_id: as the client named it.
        version: the client's number for this state of the text.
    """

    def __init__(self, uri: str, path: Path | None, language_id: str, version: int, text: str) -> None:
        self.uri = uri
        self.path = path
        self.language_id = language_id
        self.version = version
        self._lines = _with_last_line(split_lines(text))
        self._changes = 0
        self._joined = (0, text)

    @property
    def text(self) -> str:
        """The whole text; may be read on any thread."""
        changes, text = self._joined
        if changes != self._changes:
            # What was joined before a change of another thread must not pass for the text after it.
            changes = self._changes
            text = "".join(self._lines)
            self._joined = (changes, text)
        return text

    @property
    def line_count(self) -> int:
        """The number of lines, at least one."""
        return len(self._lines)

    def line(self, number: int) -> str:
        """Return a line without its line end; empty beyond the last line."""
        return self._lines[number].rstrip("\r\n") if 0 <= number < len(self._lines) else ""

    def replace(self, version: int, new_text: str, range_: Range | None = None) -> None:
        """Take one change in; without a range the whole text is replaced.

        `range_` counts code points. What lies beyond the text means its end; a reversed range is put in order.
        """
        self.version = version
        if range_ is None:
            self._lines = _with_last_line(split_lines(new_text))
            self._changes += 1
            self._joined = (self._changes, new_text)
            return
        start, end = sorted((self._clamp(range_.start), self._clamp(range_.end)))
        head = self._lines[start.line][: start.column]
        tail = self._lines[end.line][end.column :]
        first, last = start.line, end.line + 1
        # A CR and a LF that meet through this change become one line end, so the neighbour joins in.
        if not head and first > 0 and self._lines[first - 1].endswith("\r"):
            first -= 1
            head = self._lines[first] + head
        changed = split_lines(head + new_text + tail)
        self._lines[first:last] = _with_last_line(changed) if last == len(self._lines) else changed
        self._changes += 1

    def position_from_units(self, line: int, units: int, encoding: PositionEncoding) -> Position:
        """Convert a wire position to code points, clamped to the text."""
        if line >= len(self._lines):
            return self._clamp(Position(line, 0))
        return Position(max(line, 0), column_from_units(self.line(line), units, encoding))

    def units_from_position(self, position: Position, encoding: PositionEncoding) -> tuple[int, int]:
        """Convert code points to a wire position (line, column in units)."""
        return position.line, units_from_column(self.line(position.line), position.column, encoding)

    def offset(self, position: Position) -> int:
        """Return how many code points stand before a position, clamped to the text."""
        place = self._clamp(position)
        return sum(map(len, self._lines[: place.line])) + place.column

    def position_at(self, offset: int) -> Position:
        """Return the position behind so many code points, clamped to the text."""
        left = max(offset, 0)
        for number, line in enumerate(self._lines):
            if left < len(line):
                return Position(number, left)
            left -= len(line)
        return Position(len(self._lines) - 1, len(self._lines[-1]))

    def text_in(self, range_: Range) -> str:
        """Return the text of a range in code points, clamped to the text."""
        start, end = sorted((self._clamp(range_.start), self._clamp(range_.end)))
        if start.line == end.line:
            return self._lines[start.line][start.column : end.column]
        middle = self._lines[start.line + 1 : end.line]
        return "".join([self._lines[start.line][start.column :], *middle, self._lines[end.line][: end.column]])

    def _clamp(self, position: Position) -> Position:
        if position.line >= len(self._lines):
            return Position(len(self._lines) - 1, len(self._lines[-1]))
        line = max(position.line, 0)
        return Position(line, min(max(position.column, 0), len(self.line(line))))


def _with_last_line(lines: list[str]) -> list[str]:
    if not lines or lines[-1].endswith(("\n", "\r")):
        return [*lines, ""]
    return lines
