"""Lines of a text as matching sees them: their ends, their indentation, and their characters that are easily mixed up.

Pure; for the matching, merging and patching beside it. Positions that leave `edits` are those of `workspace.document`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from conduit.edits.edit import TextEdit
from conduit.workspace.document import split_lines
from conduit.workspace.positions import Position, Range

_ANY_END = re.compile(r"\r\n|\n|\r")
_NEWLINE = re.compile(r"\r\n|\n")
_INDENT = re.compile(r"[ \t]*")
_SECTION = re.compile(r"\s*\[.*\]\s*$")

# Characters that models write as their ASCII twins, or the other way round: quotes, dashes, spaces, the ellipsis.
_TWINS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\uff02", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\ufe58\ufe63\uff0d", "-"),
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    "\u2026": "...",
}
_FOLDS = str.maketrans(_TWINS)


def fold(line: str) -> str:
    """Return a line with one spelling for punctuation, spaces and composed characters; never for capitals."""
    return line if line.isascii() else unicodedata.normalize("NFC", line).translate(_FOLDS)


def folded_starts(line: str) -> list[int]:
    """Return for each character of `fold(line)`, and for its end, the character of `line` that it comes from.

    Composed characters are left as they are: a line with some has no such table, and gets an empty list.
    """
    if unicodedata.normalize("NFC", line) != line:
        return []
    starts = [index for index, char in enumerate(line) for _ in _TWINS.get(char, char)]
    return [*starts, len(line)]


def ends_in(text: str) -> re.Pattern[str]:
    """Return what ends a line in `text`: a CR alone does so only where there is no LF at all."""
    return _NEWLINE if "\n" in text else _ANY_END


def dominant_end(text: str) -> str:
    """Return the line end that most lines of `text` have; LF when it has none."""
    crlf = text.count("\r\n")
    newlines = text.count("\n") - crlf
    if crlf or newlines:
        return "\r\n" if crlf > newlines else "\n"
    return "\r" if "\r" in text else "\n"


def split(text: str, ends: re.Pattern[str]) -> list[str]:
    """Split after every line end, keeping them; no line after a final one."""
    if ends is _NEWLINE and "\r" not in text:
        lines = text.split("\n")
        last = lines.pop()
        lines = [line + "\n" for line in lines]
        return [*lines, last] if last else lines
    cuts = [0, *(found.end() for found in ends.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if start < end]


def indent_of(line: str) -> str:
    """Return the spaces and tabs that a line begins with."""
    found = _INDENT.match(line)
    return found[0] if found else ""


def opens(lines: Sequence[str], row: int) -> bool:
    """Say whether a line opens a block, as a function or a section does: what follows is indented more or in braces."""
    following = next((line for line in lines[row + 1 : row + 40] if line.strip()), "")
    deeper = len(indent_of(following)) > len(indent_of(lines[row]))
    return deeper or following.strip() == "{" or _SECTION.match(lines[row]) is not None


class Source:
    """A text that is searched, split only when that is needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ends = ends_in(text)

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends."""
        return split(self.text, self.ends)

    @cached_property
    def starts(self) -> list[int]:
        """The offset of each line, and of the end of the text."""
        return list(accumulate(map(len, self.lines), initial=0))

    @cached_property
    def keys(self) -> list[str]:
        """The lines without the white space around them, folded."""
        stripped = [line.strip() for line in self.lines]
        return stripped if self.text.isascii() else [fold(line).strip() for line in stripped]

    @cached_property
    def end(self) -> str:
        """The line end for new lines."""
        return dominant_end(self.text)

    def row(self, offset: int) -> int:
        """Return the zero-based line of an offset."""
        if "starts" in self.__dict__:
            return max(0, min(bisect_right(self.starts, offset), len(self.lines)) - 1)
        text = self.text
        if self.ends is not _NEWLINE:
            return text.count("\r", 0, offset)
        # Between a CR and its LF the line has not ended yet.
        return text.count("\n", 0, offset)


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace the characters from `start` up to `end` by `text`."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Sequence[Splice]) -> str:
    """Return `text` with disjoint `splices` made, which are in order."""
    pieces: list[str] = []
    at = 0
    for each in splices:
        pieces += (text[at : each.start], each.text)
        at = each.end
    return "".join([*pieces, text[at:]])


def to_edits(text: str, splices: Sequence[Splice]) -> tuple[TextEdit, ...]:
    """Return disjoint `splices`, which are in order, as replacements of whole lines of an open document."""
    starts = list(accumulate(map(len, split_lines(text)), initial=0))
    edits: list[TextEdit] = []
    spans: list[tuple[int, int, list[Splice]]] = []
    for each in splices:
        first = max(bisect_right(starts, each.start) - 1, 0)
        begin = starts[first]
        stop = each.end
        if each.end > each.start or each.start != begin or (each.text and not each.text.endswith(("\n", "\r"))):
            stop = starts[min(bisect_right(starts, max(each.end - 1, each.start)), len(starts) - 1)]
        if spans and begin < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(stop, spans[-1][1]), [*spans[-1][2], each])
        else:
            spans.append((begin, stop, [each]))
    for begin, stop, group in spans:
        moved = [Splice(each.start - begin, each.end - begin, each.text) for each in group]
        span = Range(_position(text, starts, begin), _position(text, starts, stop))
        edits.append(TextEdit(span, spliced(text[begin:stop], moved)))
    return tuple(edits)


def _position(text: str, starts: list[int], offset: int) -> Position:
    if offset == len(text) and text and not text.endswith(("\n", "\r")):
        return Position(len(starts) - 2, offset - starts[-2])
    row = bisect_right(starts, offset) - 1
    return Position(row, offset - starts[row])
