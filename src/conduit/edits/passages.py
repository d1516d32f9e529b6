"""Many replacements in one text: all of them or none, and none where another one already is.

In order, as diffs have them: each quotes the text as it was, and the next one stands further down. One by one, as
search/replace blocks have them: each may also quote what the ones before it wrote. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from conduit.edits import elision
from conduit.edits.edit import TextEdit
from conduit.edits.lines import Source, Splice, fold, indent_of, is_section, opens, spliced, to_edits
from conduit.edits.match import Place, candidates, find, near, splices_at
from conduit.edits.merge import merge
from conduit.edits.refusal import ambiguous, not_found
from conduit.errors import EditAmbiguous, EditNotFound, ToolError

T = TypeVar("T")

_MOST_PLACES = 200
_LISTED = 20
_STRAY_LINES = 1


@dataclass(frozen=True, slots=True)
class Passage:
    r"""One replacement of whole lines.

    Attributes:
        old: the lines that are replaced, with what was quoted around them, each ending in `\n`.
        new: what stands there afterwards.
        scopes: lines above it, from the outermost: it is inside the function or section that the last one opens.
        line: the zero-based line at which it should be, or None. Only a hint.
        at_end: it is at the end of the file.
        final_newline: what the passage says about the end of the file if it changes that; else None.
    """

    old: str
    new: str
    scopes: tuple[str, ...] = ()
    line: int | None = None
    at_end: bool = False
    final_newline: bool | None = None


@dataclass(frozen=True, slots=True)
class Edited:
    """The new text, the smallest replacements of lines that lead to it, and what each passage was found by."""

    text: str
    edits: tuple[TextEdit, ...]
    notes: tuple[str, ...]


def edit_in_order(text: str, passages: Sequence[Passage]) -> Edited:
    """Return `text` with all passages made, each below the one before.

    Raises:
        EditNotFound: some are not there; the message tells of each.
        EditAmbiguous: some fit more than one place, and all others were found.
    """
    source = Source(text)
    if not text.strip() and len(passages) == 1 and not passages[0].old.strip():
        return Edited(passages[0].new, to_edits(text, [Splice(0, len(text), passages[0].new)]), ("an empty file",))
    found = _each(passages, lambda passage: _places(source, passage))
    places = _settle(found, passages)
    splices: list[Splice] = []
    for number, (place, passage) in enumerate(zip(places, passages, strict=True), 1):
        made = splices_at(source, place, passage.old, passage.new) if passage.old else [_appended(source, passage.new)]
        if made is None:
            raise _numbered(number, len(passages), not_found(source, passage.old, "The quoted text"))
        splices += made
    splices.sort(key=lambda each: (each.start, each.end))
    for one, other in pairwise(splices):
        if other.start < one.end or (one.start, one.end) == (other.start, other.end):
            raise _overlap(source, one)
    notes = tuple(place.strategy for place in places)
    edited = spliced(text, splices)
    for place, passage in zip(places, passages, strict=True):
        if passage.final_newline is not None and place.end == len(text):
            bare = edited.removesuffix("\n").removesuffix("\r")
            ended = bare + source.end if passage.final_newline else bare
            return Edited(*rewrite(text, ended), notes)
    return Edited(edited, to_edits(text, splices), notes)


def rewrite(before: str, after: str) -> tuple[str, tuple[TextEdit, ...]]:
    """Return the text `after` with the line ends that `before` has, and the smallest edits that lead to it."""
    source = Source(before)
    whole = [Splice(0, 0, after)] if after else []
    splices = (merge(source, 0, len(before), before, after) or []) if before else whole
    return spliced(before, splices), to_edits(before, splices)


def _appended(source: Source, new: str) -> Splice:
    """Put lines behind the last one, which may have no line end, and then they have none either."""
    end = len(source.text)
    if not source.text or source.text.endswith(("\n", "\r")):
        return Splice(end, end, new.replace("\n", source.end))
    return Splice(end, end, source.end + new.removesuffix("\n").replace("\n", source.end))


def edit_one_by_one(text: str, passages: Sequence[Passage]) -> Edited:
    """Return `text` with all passages made, one after the other.

    Raises:
        EditNotFound: some are not there; the message tells of each.
        EditAmbiguous: some fit more than one place, and all others were found.
    """
    made = _Made(text)
    notes = _each(passages, made.make)
    return Edited(made.text, to_edits(text, made.splices), tuple(notes))


def _each(passages: Sequence[Passage], work: Callable[[Passage], T]) -> list[T]:
    """Do `work` for every passage, and tell of all that failed at once."""
    done: list[T] = []
    problems: list[ToolError] = []
    for number, passage in enumerate(passages, 1):
        try:
            done.append(work(passage))
        except (EditNotFound, EditAmbiguous) as error:
            problems.append(_numbered(number, len(passages), error))
    if problems:
        kind = EditNotFound if any(isinstance(each, EditNotFound) for each in problems) else EditAmbiguous
        raise problems[0] if len(problems) == 1 else kind("\n\n".join(map(str, problems)))
    return done


def _numbered(number: int, count: int, error: EditNotFound | EditAmbiguous) -> EditNotFound | EditAmbiguous:
    if count == 1:
        return error
    said = f"change {number} of {count}: {error}"
    if isinstance(error, EditAmbiguous):
        return EditAmbiguous(said, lines=error.lines)
    return EditNotFound(said, nearest=error.nearest)


def _overlap(source: Source, splice: Splice) -> EditNotFound:
    return EditNotFound(f"Two changes meet at line {source.row(splice.start) + 1}; nothing was changed. Make it one.")


def _places(source: Source, passage: Passage) -> list[Place]:
    """Return where a passage may go; several when it alone does not tell.

    Raises:
        EditNotFound: nowhere, or it says too little or leaves out what it should say.
    """
    if elision.lines_in(passage.old, source.text) or elision.lines_in(passage.new, source.text):
        raise elision.refusal()
    if not passage.old.strip():
        if passage.at_end and not passage.old:
            end = len(source.text)
            return [Place(end, end, len(source.lines), len(source.lines))]
        raise EditNotFound(
            "It quotes no line of the file, so its place is not known; nothing was changed. "
            "Quote the lines before and after it as context."
        )
    everywhere = places = candidates(source, passage.old, whole_lines=True)
    if not places:
        raise not_found(source, passage.old, "The quoted text")
    where = "at the end of the file"
    if passage.at_end:
        places = [place for place in places if place.end >= len(source.text.rstrip())]
    if places and passage.scopes:
        places, where = _inside(source, places, passage.scopes), f"inside {passage.scopes[-1]!r}"
    if not places:
        lines = ", ".join(str(place.first + 1) for place in everywhere[:_LISTED])
        raise EditNotFound(f"The quoted text is at line {lines}, but not {where}; nothing was changed.")
    return places


def _inside(source: Source, places: list[Place], scopes: Sequence[str]) -> list[Place]:
    """Return the places inside the last of the nested scopes, else those below its line."""
    rows = _scope_rows(source, scopes)
    if not rows:
        raise EditNotFound(f"There is no line {scopes[-1]!r} in the file; nothing was changed.")
    inner = [place for place in places if any(_covers(source, row, place.first) for row in rows)]
    if inner or any(opens(source.lines, row) for row in rows):
        return inner
    return [place for place in places if any(row <= place.first for row in rows)]


def _scope_rows(source: Source, scopes: Sequence[str]) -> list[int]:
    """Return the lines that the last scope means: each inside one of the scope before."""
    outer: list[int] | None = None
    for scope in scopes:
        key = fold(scope).strip()
        rows = [row for row, line in enumerate(source.keys) if line == key]
        rows = rows or [row for row, line in enumerate(source.keys) if _begins(line, key)]
        if outer is not None:
            inner = [row for row in rows if any(_covers(source, above, row) for above in outer)]
            rows = inner or [row for row in rows if any(above <= row for above in outer)]
        outer = rows
    return outer or []


def _begins(line: str, key: str) -> bool:
    return line.startswith(key) and not (line[len(key)].isalnum() or line[len(key)] == "_")


def _covers(source: Source, row: int, inner: int) -> bool:
    """Say whether line `inner` is in the block that line `row` opens, by indentation."""
    if inner <= row:
        return inner == row
    if is_section(source.lines[row]):
        return not any(map(is_section, source.lines[row + 1 : inner]))
    indent = len(indent_of(source.lines[row]))
    return all(
        not key or len(indent_of(source.lines[index])) > indent or key[0] in "{)]" or (index == inner and key[0] == "}")
        for index in range(row + 1, inner + 1)
        for key in (source.keys[index],)
    )


def _settle(found: list[list[Place]], passages: Sequence[Passage]) -> list[Place]:
    """Return the one place of each passage: by its line, and by the order of the passages.

    Raises:
        EditAmbiguous: more than one choice remains for a passage.
    """
    narrowed = [_by_hint(index, found, passages) for index in range(len(passages))]
    if all(len(places) == 1 for places in narrowed):
        return [places[0] for places in narrowed]
    chosen = _in_order(narrowed)
    for index, places in enumerate(chosen):
        if len(places) != 1:
            error = ambiguous([place.first + 1 for place in found[index]], "The quoted text")
            raise _numbered(index + 1, len(passages), error)
    return [places[0] for places in chosen]


def _by_hint(index: int, found: list[list[Place]], passages: Sequence[Passage]) -> list[Place]:
    """Choose by the line number, which is off by as much as those of the passages whose places are sure.

    Where these are off by different amounts the numbers are made up, and tell nothing.
    """
    places, line = found[index], passages[index].line
    if len(places) == 1 or line is None:
        return places
    off = [
        found[other][0].first - at
        for other, passage in enumerate(passages)
        if len(found[other]) == 1 and (at := passage.line) is not None
    ] or [0]
    return near(places, line + off[0]) if max(off) - min(off) <= _STRAY_LINES else places


def _in_order(found: list[list[Place]]) -> list[list[Place]]:
    """Keep of each passage the places that some choice of places from top to bottom contains."""
    if any(len(places) > _MOST_PLACES for places in found):
        return found
    kept: list[list[Place]] = []
    reach = -1
    for places in found:
        fits = sorted((place for place in places if place.start >= reach), key=lambda place: place.end)
        if not fits:
            return found
        kept.append(fits)
        reach = fits[0].end
    bound = kept[-1][-1].end + 1
    for index in range(len(kept) - 1, -1, -1):
        kept[index] = [place for place in kept[index] if place.end <= bound]
        bound = max((place.start for place in kept[index]), default=0)
    return kept


class _Made:
    """A text and what was replaced in it so far, as splices of the original."""

    def __init__(self, text: str) -> None:
        self.original = Source(text)
        self.text = text
        self.splices: list[Splice] = []

    def make(self, passage: Passage) -> str:
        """Replace what a passage quotes, and say what found it; raises as `match.find`."""
        source = Source(self.text)
        parts = elision.parts(passage.old, passage.new, self.text)
        if parts:
            return self._make_parts(source, parts)
        if not passage.old.strip():
            return self._fill(passage)
        places = candidates(source, passage.old, whole_lines=True, like=False)
        if len(places) > 1:
            seen = [place for place in places if not self._is_new(place)]
            places = seen if len(seen) == 1 else places
        if not places and self.splices:
            earlier = candidates(self.original, passage.old, whole_lines=True, like=False)
            if len(earlier) == 1:
                return self._make_beside(earlier[0], passage)
        if not places:
            places = candidates(source, passage.old, whole_lines=True)
        if len(places) > 1 and passage.line is not None:
            places = near(places, passage.line)
        if len(places) > 1:
            raise ambiguous([place.first + 1 for place in places], "The quoted text")
        made = splices_at(source, places[0], passage.old, passage.new) if places else None
        if made is None:
            raise not_found(source, passage.old, "The quoted text")
        self._take(made)
        return places[0].strategy

    def _fill(self, passage: Passage) -> str:
        if self.text.strip():
            raise EditNotFound("It quotes nothing of a file that is not empty; nothing was changed.")
        self._take([Splice(0, len(self.text), passage.new)])
        return "an empty file"

    def _make_parts(self, source: Source, parts: Sequence[tuple[str, str]]) -> str:
        splices: list[Splice] = []
        end = 0
        for old, new in parts:
            place = find(source, old, whole_lines=True, like=False)
            made = splices_at(source, place, old, new)
            if made is None or place.start < end:
                raise elision.refusal()
            splices += made
            end = place.end
        self._take(splices)
        return "lines left out"

    def _make_beside(self, place: Place, passage: Passage) -> str:
        """Make a change that quotes lines which an earlier one changed, if it does not change them itself."""
        made = splices_at(self.original, place, passage.old, passage.new)
        if made is None:
            raise not_found(self.original, passage.old, "The quoted text")
        for new in made:
            for old in self.splices:
                if (old.start < new.end and new.start < old.end) or (old.start, old.end) == (new.start, new.end):
                    raise _overlap(self.original, new)
        self.splices = sorted([*self.splices, *made], key=lambda each: (each.start, each.end))
        self.text = spliced(self.original.text, self.splices)
        return place.strategy

    def _spans(self) -> list[tuple[int, int, Splice]]:
        """Return where in the text of now each splice is."""
        spans: list[tuple[int, int, Splice]] = []
        moved = 0
        for each in self.splices:
            spans.append((each.start + moved, each.start + moved + len(each.text), each))
            moved += len(each.text) - (each.end - each.start)
        return spans

    def _is_new(self, place: Place) -> bool:
        return any(start <= place.start and place.end <= end for start, end, _ in self._spans())

    def _take(self, made: Sequence[Splice]) -> None:
        """Take splices of the text of now in; those that touch earlier ones become one with them."""
        for new in reversed(made):
            spans = self._spans()
            met = [span for span in spans if span[0] <= new.end and new.start <= span[1]]
            start, end = min([new.start, *(span[0] for span in met)]), max([new.end, *(span[1] for span in met)])
            text = self.text[start : new.start] + new.text + self.text[new.end : end]
            before = sum(len(s.text) - (s.end - s.start) for _, stop, s in spans if stop < new.start)
            inside = sum(len(s.text) - (s.end - s.start) for _, _, s in met)
            whole = Splice(start - before, end - before - inside, text)
            gone = {id(s) for _, _, s in met}
            kept = [each for each in self.splices if id(each) not in gone]
            self.splices = sorted([*kept, whole], key=lambda each: (each.start, each.end))
            self.text = self.text[: new.start] + new.text + self.text[new.end :]
