"""What a model is told when a place is not found or not certain: the nearest lines, so that it can try again. Pure."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Sequence
from itertools import accumulate

from conduit.edits.lines import Source
from conduit.errors import EditAmbiguous, EditNotFound
from conduit.workspace.document import split_lines

_NUMBERED = re.compile(r"[ \t]*\d+[\t|:]")
_LISTED_LINES = 20
_NEAREST_LINES = 30
_FUZZY_LINES = 4000
_COMPARED = 100


def ambiguous(lines: Sequence[int], what: str = "old_text") -> EditAmbiguous:
    """Return the error that lists the one-based `lines` at which the quoted text stands."""
    listed = ", ".join(map(str, lines[:_LISTED_LINES])) + (", …" if len(lines) > _LISTED_LINES else "")
    return EditAmbiguous(
        f"{what} fits {len(lines)} places, at lines {listed}; nothing was changed. "
        "Quote more lines around the one that you mean, so that it fits only once.",
        lines=tuple(lines),
    )


def not_found(source: Source, old: str, what: str = "old_text") -> EditNotFound:
    """Return the error that shows the lines most like the quoted text, with their numbers."""
    if not source.text:
        return EditNotFound(f"{what} was not found: the file is empty.")
    said = f"{what} was not found; nothing was changed."
    old_lines = [line for line in split_lines(old) if line.strip()]
    if old_lines and all(_NUMBERED.match(line) for line in old_lines):
        said += " It begins each line with a line number: leave those out, they are not in the file."
    found = nearest(source, old)
    if found is None:
        return EditNotFound(f"{said} Nothing in the file is like it; read the file again.")
    first, lines = found
    shown = "\n".join(f"{number}\t{line}" for number, line in enumerate(lines[:_NEAREST_LINES], first))
    more = "\n…" if len(lines) > _NEAREST_LINES else ""
    return EditNotFound(
        f"{said} The nearest text is at lines {first} to {first + len(lines) - 1}:\n{shown}{more}",
        nearest=(first, first + len(lines) - 1),
    )


def nearest(source: Source, old: str) -> tuple[int, list[str]] | None:
    """Return the one-based first line and the lines of the window that shares the most lines with `old`."""
    lines = [line.rstrip("\r\n") for line in source.lines]
    wanted = Source(old).keys
    known = {line for line in wanted if line}
    if not known:
        return None
    size = min(len(wanted), len(lines))
    weights = [len(key) if key in known else 0 for key in source.keys]
    if any(weights):
        sums = list(accumulate(weights, initial=0))
        top = max(sums[row + size] - sums[row] for row in range(len(lines) - size + 1))
        equal = [row for row in range(len(lines) - size + 1) if sums[row + size] - sums[row] == top][:_COMPARED]
        best = max(equal, key=lambda row: sum(map(operator.eq, source.keys[row : row + size], wanted)))
        return best + 1, lines[best : best + size]
    longest = max(known, key=len)
    offset = wanted.index(longest)
    like = difflib.get_close_matches(longest, source.keys[:_FUZZY_LINES], n=1, cutoff=0.6)
    if not like:
        return None
    best = min(max(source.keys.index(like[0]) - offset, 0), len(lines) - size)
    return best + 1, lines[best : best + size]
