"""Put a replacement in the place that was found for it, in that place's own indentation, punctuation and line ends.

Lines that the replacement leaves as they were keep the text's own bytes. Where the text differs from what was quoted,
both changes land when they are apart; otherwise nothing is guessed. Pure.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isclose

from conduit.edits.lines import Source, Splice, fold, folded_starts, indent_of, split

_SMALLEST_UP_TO_LINES = 2000
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Reindent:
    """How indentation that was quoted becomes the text's: by a prefix more (`add`) or less (`cut`), or tabs for spaces.

    Attributes:
        add: what the text's lines have before the quoted ones.
        cut: what the quoted lines have before the text's.
        seen: quoted indentation to the text's, where one is of tabs and the other of spaces.
        rate: characters of the text's indentation for one that was quoted; None where that is not known.
    """

    add: str = ""
    cut: str = ""
    seen: tuple[tuple[str, str], ...] = ()
    rate: float | None = None

    def apply(self, line: str) -> str | None:
        """Return a line of the replacement as the text needs it; None when that is not certain."""
        if not line.strip():
            return line
        if not self.seen:
            return self.add + line[len(self.cut) :] if line.startswith(self.cut) else None
        indent = indent_of(line)
        known = dict(self.seen)
        if indent in known:
            return known[indent] + line[len(indent) :]
        quoted = "".join(known)
        if self.rate is None or len(set(quoted + indent)) > 1:
            return None
        base, ours = self.seen[0]
        length = len(ours) + self.rate * (len(indent) - len(base))
        if length < 0 or not isclose(length, round(length)):
            return None
        return "".join(known.values())[0] * round(length) + line[len(indent) :]


SAME = Reindent()


def uniform(found: Sequence[str], wanted: Sequence[str]) -> Reindent | None:
    """Return what makes the indentation of all `wanted` lines that of the `found` ones; None when nothing does."""
    pairs = {(indent_of(want), indent_of(have)) for have, want in zip(found, wanted, strict=True) if want.strip()}
    if all(want == have for want, have in pairs):
        return SAME
    if all(have.endswith(want) for want, have in pairs):
        added = {have[: len(have) - len(want)] for want, have in pairs}
        return Reindent(add=added.pop()) if len(added) == 1 else None
    if all(want.endswith(have) for want, have in pairs):
        cut = {want[: len(want) - len(have)] for want, have in pairs}
        return Reindent(cut=cut.pop()) if len(cut) == 1 else None
    return _tabs_for_spaces(sorted(pairs, key=lambda pair: len(pair[0])))


def _tabs_for_spaces(pairs: list[tuple[str, str]]) -> Reindent | None:
    quoted, ours = {char for want, _ in pairs for char in want}, {char for _, have in pairs for char in have}
    if len(quoted) != 1 or len(ours) != 1 or quoted == ours or len({want for want, _ in pairs}) != len(pairs):
        return None
    rates = {(len(have) - len(pairs[0][1])) / (len(want) - len(pairs[0][0])) for want, have in pairs[1:]}
    if len(rates) > 1 or any(rate <= 0 for rate in rates):
        return None
    return Reindent(seen=tuple(pairs), rate=rates.pop() if rates else None)


def merge(
    source: Source,
    start: int,
    end: int,
    old: str,
    new: str,
    reindent: Reindent = SAME,
    pairs: Sequence[tuple[int, int]] | None = None,
) -> list[Splice] | None:
    """Return the splices that make `new` of what was quoted as `old` and stands from `start` up to `end`.

    Args:
        source: the text.
        start: where the place begins.
        end: where it ends.
        old: what was quoted.
        new: what shall stand there.
        reindent: how the lines of `new` are indented there.
        pairs: which lines of `old` are which lines of the place; None when each is its own.

    Returns:
        Splices in order; None when a line cannot be indented, or the text differs in a line that is to change.
    """
    here = split(source.text[start:end], source.ends)
    was, becomes = (split(source.ends.sub("\n", each), source.ends) for each in (old, new))
    if was and here and was[-1].endswith("\n") and not here[-1].endswith(("\n", "\r")):
        was[-1] = was[-1].removesuffix("\n")  # the text ends without a line end, and goes on to
        if becomes:
            becomes[-1] = becomes[-1].removesuffix("\n")
    aligned = {index: index for index in range(len(was))} if pairs is None else dict(pairs)
    theirs = [] if pairs is None else _gaps(pairs, len(was), len(here))
    starts = [start]
    for line in here:
        starts.append(starts[-1] + len(line))
    splices: list[Splice] = []
    for i1, i2, j1, j2 in _changes(was, becomes):
        if any(_meet((i1, i2), gap[:2]) for gap in theirs):
            return None
        filled = any(line.strip() for line in becomes[j1:j2])
        if i1 == i2 and filled and _is_adrift(source, (start, end), i1, was, aligned):
            return None
        first = _start_of(i1, aligned, theirs, len(was), len(here))
        last = first if i1 == i2 else aligned[i2 - 1] + 1
        lines = _written(source, here[first:last], was[i1:i2], becomes[j1:j2], reindent)
        if lines is None:
            return None
        splices.append(Splice(starts[first], starts[last], "".join(lines)))
    return splices


def _changes(was: list[str], becomes: list[str]) -> list[tuple[int, int, int, int]]:
    head = 0
    while head < min(len(was), len(becomes)) and was[head] == becomes[head]:
        head += 1
    tail = 0
    while tail < min(len(was), len(becomes)) - head and was[-1 - tail] == becomes[-1 - tail]:
        tail += 1
    old, new = was[head : len(was) - tail], becomes[head : len(becomes) - tail]
    # Where many lines are alike, the smallest difference takes quadratic time.
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > _SMALLEST_UP_TO_LINES)
    return [
        (head + i1, head + i2, head + j1, head + j2) for tag, i1, i2, j1, j2 in matcher.get_opcodes() if tag != "equal"
    ]


def _gaps(pairs: Sequence[tuple[int, int]], was: int, here: int) -> list[tuple[int, int, int, int]]:
    """Return where the text differs from what was quoted: lines of `old` from, to, and of the place from, to."""
    gaps: list[tuple[int, int, int, int]] = []
    i = h = 0
    for index, row in [*pairs, (was, here)]:
        if index > i or row > h:
            gaps.append((i, index, h, row))
        i, h = index + 1, row + 1
    return gaps


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one == other or (one[0] < other[1] and other[0] < one[1])


def _is_adrift(source: Source, place: tuple[int, int], at: int, was: Sequence[str], aligned: Collection[int]) -> bool:
    """Say whether lines would be put in beyond blank ones that were quoted, where the text goes on without them.

    Whoever quoted it left something out there, and nobody knows what.
    """
    if not was:
        return False
    if at == 0 and not was[0].strip() and 0 not in aligned:
        row = source.row(place[0]) - 1
    elif at == len(was) and not was[-1].strip() and at - 1 not in aligned:
        row = source.row(place[1] - 1) + 1
    else:
        return False
    return 0 <= row < len(source.lines) and bool(source.lines[row].strip())


def _start_of(index: int, aligned: dict[int, int], theirs: list[tuple[int, int, int, int]], was: int, here: int) -> int:
    """Return the line of the place before which a change at line `index` of `old` goes."""
    if index in aligned:
        return aligned[index]
    for i1, i2, h1, h2 in theirs:
        if i2 == index:
            return h2
        if i1 == index:
            return h1
    return here if index >= was else aligned[index - 1] + 1


def _written(
    source: Source, here: list[str], was: list[str], becomes: list[str], reindent: Reindent
) -> list[str] | None:
    lines: list[str] = []
    for index, line in enumerate(becomes):
        shifted = reindent.apply(line)
        if shifted is None:
            return None
        end = source.end
        if index < len(here):
            own = source.ends.search(here[index])
            end = own[0] if own else end
            if len(was) == len(becomes) and not (here[index] + was[index]).isascii():
                shifted = _respelled(here[index], reindent.apply(was[index]) or "", shifted)
        lines.append(shifted.removesuffix("\n") + end if shifted.endswith("\n") else shifted)
    return lines


def _respelled(here: str, was: str, becomes: str) -> str:
    """Return a changed line in which all that was not changed is spelled as the text spells it."""
    quoted, own = was.rstrip(), here.rstrip()
    from_was, from_here = folded_starts(quoted), folded_starts(own)
    if quoted == own or fold(quoted) != fold(own) or not from_was or not from_here:
        return becomes
    to_here = dict(zip(reversed(from_was), reversed(from_here), strict=True))  # of several, the first one
    old, new = _WORDS.findall(quoted), _WORDS.findall(becomes)
    at = [0]
    for word in old:
        at.append(at[-1] + len(word))
    pieces: list[str] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" and at[i1] in to_here and at[i2] in to_here:
            pieces.append(own[to_here[at[i1]] : to_here[at[i2]]])
        else:
            pieces += new[j1:j2]
    return "".join(pieces)
