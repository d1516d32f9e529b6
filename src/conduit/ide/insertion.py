"""What of a model's answer belongs at the cursor: without fences, and without what stands there already.

Models repeat the line that they go on with, and the lines that follow. Pure.
"""

from __future__ import annotations

import re

from conduit.edits.lines import dominant_end
from conduit.workspace.document import split_lines

CURSOR = "<|cursor|>"

MOST_LINES = 16

_FENCED = re.compile(r"```[^\n`]*\n(.*?)(?:\n?```|\Z)", re.DOTALL)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def insertion(answer: str, before: str, after: str) -> str:
    """Return the text to put in between `before` and `after`, with the line ends that they have; empty for none."""
    found = _FENCED.search(answer)
    text = (found[1] if found else answer).replace(CURSOR, "").replace("\r\n", "\n").replace("\r", "\n")
    text = _without_before(text, before)
    rest = after.partition("\n")[0].strip()
    if rest:  # in the middle of a line, what is put in stays in the line
        text = text.partition("\n")[0]
        text = _without_rest(text, rest)
    text = _without_after(text, after.partition("\n")[2])
    lines = text.split("\n")[:MOST_LINES]
    text = "\n".join(line.rstrip() for line in lines[:-1]) + ("\n" if lines[:-1] else "") + lines[-1].rstrip()
    text = text.rstrip("\n")
    end = dominant_end(before + after)
    return text.replace("\n", end) if text.strip() else ""


def _without_before(text: str, before: str) -> str:
    """Take off the line that the cursor is in, or the one above an empty line, with all that comes before it."""
    lines = split_lines(before)
    line = lines[-1] if lines and not lines[-1].endswith(("\n", "\r")) else ""
    if line.strip():
        for head in (line, line.lstrip(), line.strip()):
            if text.startswith(head):
                return text[len(head) :]
        place = _line_with(text, line.strip())
        return text if place is None else text[place + len(line.strip()) :].lstrip(" ")
    above = next((one.strip() for one in reversed(lines) if one.strip()), "")
    place = _line_with(text, above, whole=True) if above else None
    if place is not None:
        text = text[place + len(above) :].partition("\n")[2]
    return text.lstrip("\n").removeprefix(line)


def _line_with(text: str, wanted: str, *, whole: bool = False) -> int | None:
    """Return where a line of `text` begins with `wanted`, or is it; None for very short words, which are anywhere."""
    if len(wanted) < 4:
        return None
    end = r"[ \t]*$" if whole else ""
    found = re.search(rf"^[ \t]*({re.escape(wanted)}){end}", text, re.MULTILINE)
    return found.start(1) if found else None


def _without_rest(text: str, rest: str) -> str:
    """Take off what follows in the line; a closing bracket only when it would be one too many."""
    for size in range(min(len(rest), len(text)), 0, -1):
        head = rest[:size]
        if text.endswith(head) and (re.search(r"\w", head) or _closes_too_much(text)):
            return text[: -len(head)]
    return text


def _without_after(text: str, after: str) -> str:
    """End the text where the following lines would stand a second time."""
    following = [line.strip() for line in split_lines(after) if line.strip()][:3]
    lines = text.split("\n")
    if not following:
        return text
    for number, line in enumerate(lines[1:], 1):
        if line.strip() == following[0] and re.search(r"\w{2}", line):
            return "\n".join(lines[:number])
    while len(lines) > 1 and _is_closing(lines[-1]) and lines[-1].strip() == following[0] and _closes_too_much(text):
        lines.pop()
        text = "\n".join(lines)
    return "\n".join(lines)


def _is_closing(line: str) -> bool:
    return bool(re.fullmatch(r"[)\]};,]+|end", line.strip()))


def _closes_too_much(text: str) -> bool:
    """Say whether a bracket is closed that was not opened in the text."""
    return any(text.count(close) > text.count(open_) for close, open_ in _PAIRS.items())
