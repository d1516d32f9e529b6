"""Replacements of quoted texts in one file, as tool calls have them: all of them or none.

Each quotes the file as it was before the call, in any order, and a part of a line will do. One that is not there may
quote what the ones before it wrote, word for word. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conduit.edits.edit import line_after
from conduit.edits.lines import Source, Splice, spliced
from conduit.edits.match import find, replace, splices_at
from conduit.errors import EditAmbiguous, EditNotFound, ToolError


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is replaced by what; `line` is the zero-based line near which it is, only to choose between equal places."""

    old: str
    new: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """Where a replacement was made: one-based lines, both included, of the text before it; and what found it."""

    first_line: int
    last_line: int
    strategy: str


def replace_all(text: str, wanted: Sequence[Replacement]) -> tuple[str, tuple[Made, ...]]:
    """Return the new text, and where each replacement was made.

    Raises:
        EditNotFound: some are not there, or two meet; the message tells of all that failed.
        EditAmbiguous: some fit more than one place, and all others were found.
    """
    running = _Running(text)
    made: list[Made] = []
    problems: list[ToolError] = []
    for number, one in enumerate(wanted, 1):
        try:
            made.append(running.make(one))
        except (EditNotFound, EditAmbiguous) as error:
            problems.append(_numbered(number, len(wanted), error))
    if len(problems) == 1:
        raise problems[0]
    if problems:
        kind = EditNotFound if any(isinstance(each, EditNotFound) for each in problems) else EditAmbiguous
        raise kind("\n\n".join(map(str, problems)))
    return running.text(), tuple(made)


class _Running:
    """A text and the splices that were found in it so far."""

    def __init__(self, text: str) -> None:
        self._original = text
        self._base = text
        self._splices: list[Splice] = []

    def text(self) -> str:
        """Return the text with everything made."""
        return spliced(self._base, sorted(self._splices, key=lambda each: (each.start, each.end)))

    def make(self, wanted: Replacement) -> Made:
        """Find the place and keep what is to be done there."""
        try:
            replaced = replace(self._base, wanted.old, wanted.new, hint_line=self._line(wanted.line))
        except EditNotFound:
            if not self._splices:
                raise
            made = self._make_behind(wanted)
            if made is None:
                raise
            return made
        met = next((one for new in replaced.splices for one in self._splices if _meet(one, new)), None)
        if met is None:
            self._splices += replaced.splices
            return Made(replaced.first_line, replaced.last_line, replaced.strategy)
        made = self._make_behind(wanted)
        if made is None:
            row = Source(self._base).row(met.start) + 1
            raise EditNotFound(f"Two changes meet at line {row}; nothing was changed. Make it one.")
        return made

    def _make_behind(self, wanted: Replacement) -> Made | None:
        """Replace what the earlier ones wrote; None when it is not there word for word."""
        text = self.text()
        source = Source(text)
        try:
            place = find(source, wanted.old, like=False)
        except EditNotFound:
            return None
        splices = splices_at(source, place, wanted.old, wanted.new)
        if splices is None:
            return None
        self._base, self._splices = text, list(splices)
        return Made(place.first + 1, place.last + 1, place.strategy)

    def _line(self, line: int | None) -> int | None:
        """Return where a line of the original is in the text that is searched."""
        if line is None or self._base == self._original:
            return line
        return line_after(self._original, self._base, line)


def _meet(one: Splice, other: Splice) -> bool:
    return (one.start < other.end and other.start < one.end) or (one.start, one.end) == (other.start, other.end)


def _numbered(number: int, count: int, error: EditNotFound | EditAmbiguous) -> EditNotFound | EditAmbiguous:
    if count == 1:
        return error
    said = f"change {number} of {count}: {error}"
    if isinstance(error, EditAmbiguous):
        return EditAmbiguous(said, lines=error.lines)
    return EditNotFound(said, nearest=error.nearest)
