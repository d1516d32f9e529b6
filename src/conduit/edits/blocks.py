"""Read search/replace blocks: a path, then `<<<<<<< SEARCH`, `=======` and `>>>>>>> REPLACE`, in a fence or not. Pure.

The form is the one that aider made known (aider.chat/docs/more/edit-formats.html, read 2026-11-21).
"""

from __future__ import annotations

import re

from conduit.edits.passages import Passage
from conduit.edits.patch import FilePatch
from conduit.errors import InvalidArguments

_SEARCH = re.compile(r"<{5,9} ?SEARCH\b[ >]*(.*?) *$")
_DIVIDER = re.compile(r"={5,9} *$")
_REPLACE = re.compile(r">{5,9} ?REPLACE\b *$")
_FENCE = re.compile(r" *(`{3,}|~{3,})")
_AROUND = " \t*`#:\"'"


def parse_search_replace(text: str, path: str | None = None) -> list[FilePatch]:
    """Return the blocks of each file, in the order in which the files are named first.

    Args:
        text: the blocks, with anything between them.
        path: the file of blocks that name none.

    Raises:
        InvalidArguments: a block is not complete, has two meanings, or names no file; the message names the line.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    passages: dict[str, list[Passage]] = {}
    current = path
    at = 0
    while at < len(lines):
        if not _SEARCH.match(lines[at]):
            if _REPLACE.match(lines[at]):
                raise InvalidArguments(f"Line {at + 1} ends a block that did not begin; nothing was changed.")
            at += 1
            continue
        current = _path_above(lines, at) or current
        if current is None:
            raise InvalidArguments(f"No line above the block at line {at + 1} names its file; nothing was changed.")
        passage, at = _block(lines, at)
        passages.setdefault(current, []).append(passage)
    if not passages:
        raise InvalidArguments("There is no block '<<<<<<< SEARCH'; nothing was changed.")
    return [_patch(name, found) for name, found in passages.items()]


def _patch(path: str, passages: list[Passage]) -> FilePatch:
    if len(passages) == 1 and not passages[0].old:
        return FilePatch(path, "create", text=passages[0].new)
    return FilePatch(path, "update", tuple(passages), ordered=False)


def _block(lines: list[str], start: int) -> tuple[Passage, int]:
    stop = next((row for row in range(start + 1, len(lines)) if _REPLACE.match(lines[row])), None)
    if stop is None:
        raise InvalidArguments(f"The block at line {start + 1} has no '>>>>>>> REPLACE'; nothing was changed.")
    if any(_SEARCH.match(line) for line in lines[start + 1 : stop]):
        raise InvalidArguments(f"The block at line {start + 1} contains the beginning of another; nothing was changed.")
    dividers = [row for row in range(start + 1, stop) if _DIVIDER.match(lines[row])]
    if len(dividers) != 1:
        raise InvalidArguments(
            f"The block at line {start + 1} has {len(dividers)} lines '=======' where there should be one; "
            "nothing was changed. If the file itself has such a line, send a V4A patch or a unified diff."
        )
    old, new = lines[start + 1 : dividers[0]], lines[dividers[0] + 1 : stop]
    return Passage(_text(old), _text(new)), stop + 1


def _path_above(lines: list[str], start: int) -> str | None:
    """Return the path in one of the three lines above a block, of which one may open a fence."""
    for row in range(start - 1, max(start - 4, -1), -1):
        line = lines[row].strip()
        if _FENCE.match(lines[row]):
            rest = line.strip("`~ ")
            if "/" in rest or "." in rest:
                return rest.split(":")[-1].strip()
            continue
        if _REPLACE.match(lines[row]):
            return None
        name = line.strip(_AROUND)
        if name and " " not in name.removeprefix("File: "):
            return name.removeprefix("File: ")
        if line:
            return None
    return None


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
