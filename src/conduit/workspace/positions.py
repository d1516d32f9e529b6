"""Positions and ranges, and the units that protocols count columns in.

Inside Conduit a column counts code points. A protocol counts UTF-8 bytes, UTF-16 code units or UTF-32 code points
(LSP 3.17, *PositionEncodingKind*); conversion needs the text of the line, and only of that line.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PositionEncoding(StrEnum):
    """The unit of a column on a protocol."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A zero-based line and a zero-based column in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """From `start` up to, not including, `end`."""

    start: Position
    end: Position


def column_from_units(line: str, units: int, encoding: PositionEncoding) -> int:
    """Convert a column in wire units to code points; beyond the end it is the end, inside a character its start."""
    if units <= 0:
        return 0
    if encoding is PositionEncoding.UTF32 or line.isascii():
        return min(units, len(line))
    if encoding is PositionEncoding.UTF8:
        data = line.encode("utf-8", "surrogatepass")
        while units < len(data) and data[units] & 0xC0 == 0x80:  # inside a character
            units -= 1
        return len(data[:units].decode("utf-8", "surrogatepass"))
    pairs = line.encode("utf-16-le", "surrogatepass")
    head = pairs[: 2 * units]
    high = pairs[2 * units - 1 : 2 * units]
    low = pairs[2 * units + 1 : 2 * units + 2]
    if high and low and high[0] & 0xFC == 0xD8 and low[0] & 0xFC == 0xDC:  # inside a surrogate pair
        head = head[:-2]
    return len(head.decode("utf-16-le", "surrogatepass"))


def units_from_column(line: str, column: int, encoding: PositionEncoding) -> int:
    """Convert a column in code points to wire units; beyond the end it is the end."""
    head = line[: max(column, 0)]
    if encoding is PositionEncoding.UTF32 or head.isascii():
        return len(head)
    if encoding is PositionEncoding.UTF8:
        return len(head.encode("utf-8", "surrogatepass"))
    return len(head.encode("utf-16-le", "surrogatepass")) // 2
