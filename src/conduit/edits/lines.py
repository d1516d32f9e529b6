"""Lines of a text as matching sees them: their ends, their indentation, and their characters that are easily mixed up.

Pure; for the matching, merging and patching beside it. Positions that leave `edits` are those of `workspace.document`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

from conduit.edits.edit import TextEdit
from conduit.workspace.positions import Position, Range

_ANY_END = re.compile(r"\r\n|\n|\r")
_NEWLINE = re.compile(r"\r\n|\n")
_MANY = 8
# What `str.splitlines` takes for the end of a line, and nobody else.
_PYTHONS_OWN = "\x0b\x0c\x1c\x1d\x1e"
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
    if "\r" not in text:
        return "\n"
    crlf = text.count("\r\n")
    newlines = text.count("\n") - crlf
    if crlf or newlines:
        return "\r\n" if crlf > newlines else "\n"
    return "\r"


def split(text: str, ends: re.Pattern[str]) -> list[str]:
    """Split after every line end, keeping them; no line after a final one."""
    plain = text.isascii() and not any(char in text for char in _PYTHONS_OWN)
    if plain and (text.count("\r") == text.count("\r\n") if ends is _NEWLINE else "\n" not in text):
        return text.splitlines(keepends=True)
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
    return deeper or following.strip() == "{" or is_section(lines[row])


def is_section(line: str) -> bool:
    """Say whether a line is the heading of a section of settings: `[name]`."""
    return _SECTION.match(line) is not None


class Source:
    """A text that is searched, split only when that is needed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ends = ends_in(text)
        self._asked = 0

    @cached_property
    def lines(self) -> list[str]:
        """The lines with their ends."""
        return split(self.text, self.ends)

    @cached_property
    def keys(self) -> list[str]:
        """The lines without the white space around them, folded."""
        stripped = list(map(str.strip, self.lines))
        return stripped if self.text.isascii() else [fold(line).strip() for line in stripped]

    def start(self, row: int) -> int:
        """Return the offset of a line; a table is made only when many are asked for."""
        self._asked += 1
        if self._asked < _MANY:
            return sum(map(len, self.lines[:row]))
        return self._starts[row]

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate(map(len, self.lines), initial=0))

    @cached_property
    def end(self) -> str:
        """The line end for new lines."""
        return dominant_end(self.text)

    def row(self, offset: int) -> int:
        """Return the zero-based line of an offset."""
        return self.ends_between(0, offset)

    def ends_between(self, start: int, end: int) -> int:
        """Return how many lines end from `start` up to `end`; between a CR and its LF none has ended yet."""
        return self.text.count("\n" if self.ends is _NEWLINE else "\r", start, end)


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
    spans: list[tuple[int, int, list[Splice]]] = []
    for each in splices:
        begin, stop = _line_start(text, each.start), each.end
        whole = each.end == each.start == begin and (not each.text or each.text.endswith(("\n", "\r")))
        if not whole and stop < len(text):
            stop = _line_start(text, stop)
            stop = each.end if stop == each.end > begin else _next_line(text, each.end)
        if spans and begin < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(stop, spans[-1][1]), [*spans[-1][2], each])
        else:
            spans.append((begin, stop, [each]))
    edits: list[TextEdit] = []
    row = counted = 0
    for begin, stop, group in spans:
        moved = [Splice(each.start - begin, each.end - begin, each.text) for each in group]
        row += _ends_between(text, counted, begin)
        start = Position(row, begin - _line_start(text, begin))
        row += _ends_between(text, begin, stop)
        counted = stop
        edits.append(
            TextEdit(Range(start, Position(row, stop - _line_start(text, stop))), spliced(text[begin:stop], moved))
        )
    return tuple(edits)


def _line_start(text: str, offset: int) -> int:
    """Return where the line of an offset starts; a line ends as it does in `workspace.document`."""
    newline, cr = text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)
    if cr == offset - 1 and cr >= 0 and text[offset : offset + 1] == "\n":
        cr = text.rfind("\r", 0, cr)  # between the two characters of one line end
    return max(newline, cr) + 1


def _next_line(text: str, offset: int) -> int:
    """Return where the line after that of an offset starts, or the end of the text."""
    found = _ANY_END.search(text, offset)
    return found.end() if found else len(text)


def _ends_between(text: str, start: int, end: int) -> int:
    """Return how many lines end from `start` up to `end`, which are starts of lines or the end of the text."""
    ends = text.count("\n", start, end)
    return ends + (text.count("\r", start, end) - text.count("\r\n", start, end) if "\r" in text else 0)
