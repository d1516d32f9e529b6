r"""Find the place in a text that a model meant, or say why not; never guess between two.

Strategies, strictest first; the first that finds anything decides, and it must find exactly one place:
exact, whatever the line ends are (a model sees none and writes `\n`); whole lines but for white space at their ends;
whole lines that are all indented by the same amount more or less (the replacement is shifted too). Lines of the
replacement that are equal to the line they replace keep the text's own bytes, and the others its line ends. Pure.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from conduit.errors import EditAmbiguous, EditNotFound
from conduit.workspace.document import split_lines

_LINE_END = re.compile(r"\r\n|\n|\r")
_NEWLINE = re.compile(r"\r\n|\n")
_NUMBERED = re.compile(r"[ \t]*\d+[\t|:]")
_LISTED_LINES = 20
_NEAREST_LINES = 30
_FUZZY_LINES = 4000
_EXACT_LINES = 2000


@dataclass(frozen=True, slots=True)
class Shift:
    """What the text's lines have before the lines that were looked for (`add`), or these before the text's (`cut`)."""

    add: str = ""
    cut: str = ""

    def apply(self, line: str) -> str | None:
        """Return a line of the replacement as the text needs it; None when it is indented too little for that."""
        if not line.strip():
            return line
        if not line.startswith(self.cut):
            return None
        return self.add + line[len(self.cut) :]


@dataclass(frozen=True, slots=True)
class Place:
    """From offset `start` up to `end` in the text."""

    start: int
    end: int
    shift: Shift = Shift()


@dataclass(frozen=True, slots=True)
class Replaced:
    """The whole new text; where it changed (one-based lines of the old text, both included); and what found it."""

    text: str
    first_line: int
    last_line: int
    strategy: str


Strategy = Callable[[str, str], list[Place]]


def replace(text: str, old: str, new: str) -> Replaced:
    """Return `text` with the one place that `old` means replaced by `new`, in the line ends of that place.

    Raises:
        EditNotFound: no strategy finds `old`; the message shows the nearest lines.
        EditAmbiguous: more than one place fits; the message lists their lines.
    """
    if not old:
        raise EditNotFound("old_text is empty; quote the text that is to be replaced.")
    for name, find in STRATEGIES:
        places = find(text, old)
        if len(places) > 1:
            lines = [_line_at(text, place.start) for place in places]
            raise EditAmbiguous(_ambiguous(lines))
        if places:
            place = places[0]
            middle = _merge(text, place, old, new)
            if middle is None:
                break
            return Replaced(
                text[: place.start] + middle + text[place.end :],
                _line_at(text, place.start),
                _line_at(text, max(place.start, place.end - 1)),
                name,
            )
    raise EditNotFound(_not_found(text, old))


def _exact(text: str, old: str) -> list[Place]:
    """Find `old` whatever the line ends are: a model sees none, so one that differs in them is as good as another."""
    if "\r" not in text and "\r" not in old:
        return _occurrences(text, old)
    ends = _ends_in(text)
    # Where a CRLF became one character, all that follows moved by one.
    moved = [found.start() - index for index, found in enumerate(re.finditer("\r\n", text))]

    def original(offset: int) -> int:
        return offset + bisect_right(moved, offset - 1)

    places = _occurrences(ends.sub("\n", text), ends.sub("\n", old))
    return [Place(original(place.start), original(place.end)) for place in places]


def _occurrences(text: str, old: str) -> list[Place]:
    """Return every place of `old`, overlapping ones too."""
    places: list[Place] = []
    at = text.find(old)
    while at >= 0:
        places.append(Place(at, at + len(old)))
        at = text.find(old, at + 1)
    return places


def _trailing_space(text: str, old: str) -> list[Place]:
    ends = _ends_in(text)
    wanted = [line.rstrip() for line in _lines(old, ends)]
    if not any(wanted):
        return []
    lines = _lines(text, ends)
    bare = [line.rstrip() for line in lines]
    return [_lines_place(lines, row, len(wanted), old, Shift()) for row in _rows(bare, wanted)]


def _indentation(text: str, old: str) -> list[Place]:
    ends = _ends_in(text)
    wanted = [line.rstrip() for line in _lines(old, ends)]
    if not any(wanted):
        return []
    lines = _lines(text, ends)
    bare = [line.rstrip() for line in lines]
    places: list[Place] = []
    for row in _rows([line.lstrip() for line in bare], [line.lstrip() for line in wanted]):
        shift = _uniform_shift(bare[row : row + len(wanted)], wanted)
        if shift is not None:
            places.append(_lines_place(lines, row, len(wanted), old, shift))
    return places


STRATEGIES: tuple[tuple[str, Strategy], ...] = (
    ("exact", _exact),
    ("trailing white space", _trailing_space),
    ("indentation", _indentation),
)


def _rows(lines: list[str], wanted: list[str]) -> list[int]:
    """Return every row at which `wanted` stands in `lines`."""
    # The longest line is the rarest; comparing it first makes one pass cheap.
    anchor = max(range(len(wanted)), key=lambda index: len(wanted[index]))
    rare = wanted[anchor]
    return [
        row
        for row in (index - anchor for index, line in enumerate(lines) if line == rare)
        if row >= 0 and lines[row : row + len(wanted)] == wanted
    ]


def _uniform_shift(found: list[str], wanted: list[str]) -> Shift | None:
    shifts = {
        Shift(have[: len(have) - len(want)], "") if have.endswith(want) else Shift("", want[: len(want) - len(have)])
        for have, want in zip(found, wanted, strict=True)
        if want and (have.endswith(want) or want.endswith(have))
    }
    fits = all(have.endswith(want) or want.endswith(have) for have, want in zip(found, wanted, strict=True))
    return shifts.pop() if fits and len(shifts) == 1 else None


def _lines_place(lines: list[str], row: int, count: int, old: str, shift: Shift) -> Place:
    start = sum(map(len, lines[:row]))
    found = lines[row : row + count]
    end = start + sum(map(len, found))
    if not old.endswith(("\n", "\r")):
        end -= len(found[-1]) - len(found[-1].rstrip("\r\n"))
    return Place(start, end, shift)


def _merge(text: str, place: Place, old: str, new: str) -> str | None:
    """Return what stands at `place` afterwards; None when a line of `new` cannot be shifted."""
    span = text[place.start : place.end]
    ends = _ends_in(text)
    end = _line_end_at(text, place, ends)
    if span == old and ends.sub(end, new) == new:
        return new
    here, was, becomes = _lines(span, ends), _lines(ends.sub("\n", old), ends), _lines(ends.sub("\n", new), ends)
    if was and was[-1].endswith("\n") and not here[-1].endswith(("\n", "\r")) and becomes:
        becomes[-1] = becomes[-1].removesuffix("\n")  # the text ends without a line end, and goes on to
        was[-1] = was[-1].removesuffix("\n")
    pieces: list[str] = []
    many = len(was) + len(becomes) > _EXACT_LINES  # where many are alike, the smallest difference takes quadratic time
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, was, becomes, autojunk=many).get_opcodes():
        if tag == "equal":
            pieces.extend(here[i1:i2])
            continue
        for index, line in enumerate(becomes[j1:j2], i1):
            shifted = place.shift.apply(line)
            if shifted is None:
                return None
            own = ends.search(here[index]) if index < i2 else None
            end = own[0] if own else end
            pieces.append(shifted.replace("\n", end))
    return "".join(pieces)


def _line_end_at(text: str, place: Place, ends: re.Pattern[str]) -> str:
    """Return the line end of the place itself, else of the lines around it."""
    found = ends.search(text, place.start)
    if found is None:
        before = ends.findall(text, 0, place.start)
        return str(before[-1]) if before else "\n"
    return found[0]


def _line_at(text: str, offset: int) -> int:
    """Return the one-based line of an offset."""
    ends = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
    torn = 0 < offset < len(text) and text[offset - 1] == "\r" and text[offset] == "\n"
    return ends + 1 - torn


def _lines(text: str, ends: re.Pattern[str]) -> list[str]:
    """Split after every line end, keeping them; no line after a final one."""
    cuts = [0, *(found.end() for found in ends.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if start < end]


def _ends_in(text: str) -> re.Pattern[str]:
    """Return what ends a line in `text`: a CR alone does so only where there is no LF at all."""
    return _NEWLINE if "\n" in text else _LINE_END


def _ambiguous(lines: list[int]) -> str:
    listed = ", ".join(map(str, lines[:_LISTED_LINES])) + (", …" if len(lines) > _LISTED_LINES else "")
    return (
        f"old_text fits {len(lines)} places, at lines {listed}; nothing was changed. "
        "Quote more lines around the one that you mean, so that it fits only once."
    )


def _not_found(text: str, old: str) -> str:
    if not text:
        return "old_text was not found: the file is empty."
    said = "old_text was not found; nothing was changed."
    old_lines = [line for line in split_lines(old) if line.strip()]
    if old_lines and all(_NUMBERED.match(line) for line in old_lines):
        said += " It begins each line with a line number: leave those out, they are not in the file."
    nearest = _nearest(text, old)
    if nearest is None:
        return f"{said} Nothing in the file is like it; read the file again."
    first, lines = nearest
    shown = "\n".join(f"{number}\t{line}" for number, line in enumerate(lines[:_NEAREST_LINES], first))
    more = "\n…" if len(lines) > _NEAREST_LINES else ""
    return f"{said} The nearest text is at lines {first} to {first + len(lines) - 1}:\n{shown}{more}"


def _nearest(text: str, old: str) -> tuple[int, list[str]] | None:
    """Return the one-based first line and the lines of the window that shares the most lines with `old`."""
    lines = [line.rstrip("\r\n") for line in split_lines(text)]
    wanted = [line.strip() for line in split_lines(old)]
    known = {line for line in wanted if line}
    if not known:
        return None
    size = min(len(wanted), len(lines))
    weights = [len(line.strip()) if line.strip() in known else 0 for line in lines]
    if any(weights):
        sums = list(accumulate(weights, initial=0))
        best = max(range(len(lines) - size + 1), key=lambda row: sums[row + size] - sums[row])
        return best + 1, lines[best : best + size]
    longest = max(known, key=len)
    offset = wanted.index(longest)
    like = difflib.get_close_matches(longest, [line.strip() for line in lines[:_FUZZY_LINES]], n=1, cutoff=0.6)
    if not like:
        return None
    row = next(row for row, line in enumerate(lines) if line.strip() == like[0])
    best = min(max(row - offset, 0), len(lines) - size)
    return best + 1, lines[best : best + size]
