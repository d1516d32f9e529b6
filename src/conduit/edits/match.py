r"""Find the place in a text that a model meant, or say why not; never guess between two.

Strategies, strictest first: exact, whatever the line ends are (a model sees none and writes `\n`); whole lines but for
white space at their ends; but for the same indentation more or less; but for punctuation and spaces that have an ASCII
twin; but for blank lines around them; and blocks of which a few lines differ (`likeness`). A place is taken when every
other one that fits has all its faults and more; of two others neither is. A line hint decides between equal ones when
it is next to one of them. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as with_fields

from conduit.edits import elision, likeness
from conduit.edits.edit import TextEdit
from conduit.edits.lines import Source, Splice, ends_in, spliced, split, to_edits
from conduit.edits.merge import SAME, Reindent, merge, uniform
from conduit.edits.refusal import ambiguous, not_found
from conduit.errors import EditNotFound

_CLOSE_LINES, _APART_LINES = 1, 3

Fault = str
"""How a place differs from the quoted text, in words: `trailing white space`, `punctuation`, `lines` and so on."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quoted text stands.

    Attributes:
        start: its first character.
        end: the character after its last one.
        first: its first line, zero-based.
        last: its last line, zero-based, included.
        faults: in what it differs from what was quoted; none when it is exactly that.
        score: 1.0 for no difference, down to 0.9.
        reindent: what the indentation of a replacement becomes there.
        pairs: which quoted lines are which lines of the place, where some differ; None when all are.
    """

    start: int
    end: int
    first: int
    last: int
    faults: frozenset[Fault] = frozenset()
    score: float = 1.0
    reindent: Reindent = SAME
    pairs: tuple[tuple[int, int], ...] | None = None

    @property
    def strategy(self) -> str:
        """What found it, in words for the model."""
        return ", ".join(sorted(self.faults)) or "exact"


@dataclass(frozen=True, slots=True)
class Replaced:
    """The whole new text; where it changed (one-based lines of the old text, both included); and what found it."""

    text: str
    first_line: int
    last_line: int
    strategy: str
    before: str = ""
    splices: tuple[Splice, ...] = ()

    def edits(self) -> tuple[TextEdit, ...]:
        """Return the smallest replacements of lines that lead to the new text."""
        return to_edits(self.before, self.splices)


def replace(text: str, old: str, new: str, *, hint_line: int | None = None) -> Replaced:
    """Return `text` with the one place that `old` means replaced by `new`, in the line ends of that place.

    Args:
        text: the text that is changed.
        old: what is to be replaced; it may be a part of a line.
        new: what stands there afterwards.
        hint_line: the zero-based line near which it is; only for choosing between equal places.

    Raises:
        EditNotFound: no strategy finds `old`, or `new` leaves out what it should say; the message shows the nearest
            lines.
        EditAmbiguous: more than one place fits; the message lists their lines.
    """
    if not old:
        raise EditNotFound("old_text is empty; quote the text that is to be replaced.")
    source = Source(text)
    parts = elision.parts(old, new, text)
    if parts:
        return _replace_parts(source, parts)
    place = find(source, old, hint_line=hint_line)
    splices = splices_at(source, place, old, new)
    if splices is None:
        raise not_found(source, old)
    return Replaced(spliced(text, splices), place.first + 1, place.last + 1, place.strategy, text, tuple(splices))


def _replace_parts(source: Source, parts: Sequence[tuple[str, str]]) -> Replaced:
    """Replace what stands around lines that were left out; each part must stand there once, and in this order."""
    splices: list[Splice] = []
    places: list[Place] = []
    for old, new in parts:
        place = find(source, old, whole_lines=True, like=False)
        made = splices_at(source, place, old, new)
        if made is None or (places and place.start < places[-1].end):
            raise elision.refusal()
        splices += made
        places.append(place)
    text = spliced(source.text, splices)
    faults = ", ".join(sorted({"lines left out"}.union(*(place.faults for place in places))))
    return Replaced(text, places[0].first + 1, places[-1].last + 1, faults, source.text, tuple(splices))


def find(
    source: Source | str, old: str, *, hint_line: int | None = None, whole_lines: bool = False, like: bool = True
) -> Place:
    """Return the one place of `old`.

    Args:
        source: the text.
        old: the text that is looked for.
        hint_line: the zero-based line near which it is; only for choosing between equal places.
        whole_lines: whether a part of a line is no place.
        like: whether a block of which a few lines differ is a place.

    Raises:
        EditNotFound: no strategy finds it; the message shows the nearest lines.
        EditAmbiguous: more than one place fits; the message lists their lines.
    """
    source = Source(source) if isinstance(source, str) else source
    places = candidates(source, old, whole_lines=whole_lines, like=like)
    if not places:
        raise not_found(source, old)
    if len(places) > 1 and hint_line is not None:
        places = near(places, hint_line)
    if len(places) > 1:
        raise ambiguous([place.first + 1 for place in places])
    if not whole_lines and _cuts_a_word(source.text, places[0]):
        raise EditNotFound(
            f"old_text is only a part of a longer word at line {places[0].first + 1}; nothing was changed. "
            "Quote whole words."
        )
    return places[0]


def candidates(source: Source, old: str, *, whole_lines: bool = False, like: bool = True) -> list[Place]:
    """Return the places that fit `old`, without those that others fit better; not one alone when there are equals."""
    exact = _exact(source, old)
    lined = [place for place in exact if _on_lines(source.text, place)]
    if whole_lines:
        exact = lined
    elif len(exact) > 1 and old[0] in " \t" and len(lined) == 1:
        return lined  # the others are the ends of longer indentation
    if exact:
        return exact
    strict = _strict(source, old) or _without_blank_edges(source, old)
    if strict or not like:
        return strict
    return [
        _place(source, old, found.first, found.last + 1, frozenset({"lines"}), found.score, found.reindent, found.pairs)
        for found in likeness.blocks(source, old)
    ]


def near(places: list[Place], hint_line: int) -> list[Place]:
    """Return the place that the hint is at, or one line off; all when there is none or another one is near too."""
    if any(place.pairs is not None for place in places):
        return places
    ranked = sorted(places, key=lambda place: abs(place.first - hint_line))
    closest, second = (abs(place.first - hint_line) for place in ranked[:2])
    return ranked[:1] if closest <= _CLOSE_LINES and second - closest >= _APART_LINES else places


def splices_at(source: Source, place: Place, old: str, new: str) -> list[Splice] | None:
    """Return what replaces `old` by `new` at its place; None when that is not certain."""
    if _forgets_line_end(source.text, place, old, new):
        new += "\n"
    if not place.faults and "\r" not in source.text and "\r" not in new and "\n" not in old:
        return [Splice(place.start, place.end, new)]
    return merge(source, place.start, place.end, old, new, place.reindent, place.pairs)


def _exact(source: Source, old: str) -> list[Place]:
    """Find `old` whatever the line ends are: a model sees none, so one that differs in them is as good as another."""
    text = source.text
    if "\r" not in text and "\r" not in old:
        return _occurrences(source, text, old)
    plain = source.ends.sub("\n", old)
    if "\r" in text and source.ends is ends_in("\n") and text.count("\r\n") == text.count("\n"):
        return _occurrences(source, text, plain.replace("\n", "\r\n"))
    # Where a CRLF became one character, all that follows moved by one.
    moved = [found.start() - index for index, found in enumerate(re.finditer("\r\n", text))]
    places = _occurrences(source, source.ends.sub("\n", text), plain)
    spans = [
        (place.start + bisect_right(moved, place.start - 1), place.end + bisect_right(moved, place.end - 1))
        for place in places
    ]
    return [Place(start, end, source.row(start), source.row(max(start, end - 1))) for start, end in spans]


def _occurrences(source: Source, text: str, old: str) -> list[Place]:
    """Return every place of `old`, overlapping ones too."""
    places: list[Place] = []
    row = counted = 0
    at = text.find(old)
    while at >= 0:
        end = at + len(old)
        row += source.ends_between(counted, at)
        counted = at
        places.append(Place(at, end, row, row + source.ends_between(at, max(at, end - 1))))
        at = text.find(old, at + 1)
    return places


def _forgets_line_end(text: str, place: Place, old: str, new: str) -> bool:
    """Say whether `new` lacks a line end, so that two lines become one which nobody wanted to join.

    Who takes the line end alone away, or ends in a space, wants to join them.
    """
    ends = ("\n", "\r")
    if (
        place.end == len(text)
        or not old.endswith(ends)
        or new.endswith((*ends, " ", "\t"))
        or old.removesuffix("\n").removesuffix("\r") == new
    ):
        return False
    if place.start == 0 or text[place.start - 1] in "\r\n":
        return bool(new)
    return old.startswith(ends) and (not new or new.startswith(ends))


def _on_lines(text: str, place: Place) -> bool:
    return (place.start == 0 or text[place.start - 1] in "\r\n") and (
        place.end == len(text) or text[place.end] in "\r\n" or text[place.end - 1] in "\r\n"
    )


def _cuts_a_word(text: str, place: Place) -> bool:
    """Say whether an edge of the place is inside a word or a number: `x = 1` in `x = 15` is something else."""
    return (
        any(
            0 < edge < len(text) and _WORD_CUT.fullmatch(text[edge - 1 : edge + 1]) is not None
            for edge in (place.start, place.end)
        )
        or _FRACTION.match(text, place.end - 1) is not None
    )


_WORD_CUT = re.compile(r"\w\w")
_FRACTION = re.compile(r"\d\.\d")


def _strict(source: Source, old: str) -> list[Place]:
    """Return the places of whole lines that differ only in white space around them and punctuation."""
    quoted = Source(source.ends.sub("\n", old))
    wanted = quoted.keys
    if not any(wanted):
        return []
    places: list[Place] = []
    for row in _rows(source.keys, wanted):
        found = source.lines[row : row + len(wanted)]
        reindent = uniform(found, quoted.lines)
        if reindent is None:
            continue
        faults = set()
        if reindent != SAME:
            faults.add("indentation")
        for have, want in zip(found, quoted.lines, strict=True):
            if have.strip() != want.strip():
                faults.add("punctuation")
            if have.rstrip("\r\n") != have.rstrip() or want.rstrip("\n") != want.rstrip():
                faults.add("trailing white space")
        score = 1.0 - 0.02 * len(faults)
        places.append(_place(source, old, row, row + len(wanted), frozenset(faults), score, reindent))
    kinds = {place.faults for place in places}
    least = {faults for faults in kinds if not any(other < faults for other in kinds)}
    return [place for place in places if place.faults in least]


def _without_blank_edges(source: Source, old: str) -> list[Place]:
    """Return the places of `old` without the blank lines around it, which a model puts there for the look of it."""
    lines = split(source.ends.sub("\n", old), source.ends)
    filled = [index for index, line in enumerate(lines) if line.strip()]
    if not filled or len(filled) == 1 or (first := filled[0], last := filled[-1]) == (0, len(lines) - 1):
        return []
    pairs = tuple((index, index - first) for index in range(first, last + 1))
    return [
        with_fields(place, faults=place.faults | {"blank lines"}, score=place.score - 0.02, pairs=pairs)
        for place in _strict(source, "".join(lines[first : last + 1]))
    ]


def _rows(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return every row at which `wanted` stands in `lines`."""
    # The longest line is the rarest; comparing it first makes one pass cheap.
    anchor = max(range(len(wanted)), key=lambda index: len(wanted[index]))
    rare = wanted[anchor]
    rows: list[int] = []
    try:
        at = lines.index(rare)
        while True:
            row = at - anchor
            if row >= 0 and lines[row : row + len(wanted)] == wanted:
                rows.append(row)
            at = lines.index(rare, at + 1)
    except ValueError:
        return rows


def _place(
    source: Source,
    old: str,
    first: int,
    stop: int,
    faults: frozenset[Fault],
    score: float,
    reindent: Reindent,
    pairs: tuple[tuple[int, int], ...] | None = None,
) -> Place:
    start = source.start(first)
    end = start + sum(map(len, source.lines[first:stop]))
    if not old.endswith(("\n", "\r")):
        last = source.lines[stop - 1]
        end -= len(last) - len(last.rstrip("\r\n"))
    return Place(start, end, first, stop - 1, faults, score, reindent, pairs)
