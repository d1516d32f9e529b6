"""A language of words: `def NAME` declares a name, every whole word is a use of it, a line with TODO is a problem.

Small enough to be right, and enough for references, renames, symbols, diagnostics and code actions. In code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conduit.workspace.positions import Position, Range


def word_at(text: str, position: Position) -> str:
    """Return the word at a place; empty when there is none."""
    lines = text.splitlines() or [""]
    line = lines[position.line] if position.line < len(lines) else ""
    for match in re.finditer(r"\w+", line):
        if match.start() <= position.column <= match.end():
            return match[0]
    return ""


def uses(text: str, word: str) -> Iterator[Range]:
    """Yield every place of a word."""
    for number, line in enumerate(text.splitlines()):
        for match in re.finditer(rf"\b{re.escape(word)}\b", line):
            yield Range(Position(number, match.start()), Position(number, match.end()))


def declarations(text: str) -> Iterator[tuple[str, int, Range]]:
    """Yield name, depth (four spaces each) and place of every `def NAME`."""
    for number, line in enumerate(text.splitlines()):
        if match := re.match(r"( *)def (\w+)", line):
            place = Range(Position(number, match.start(2)), Position(number, match.end(2)))
            yield match[2], len(match[1]) // 4, place


def problems(text: str) -> Iterator[Range]:
    """Yield every TODO."""
    return uses(text, "TODO")


def renamed(text: str, old: str, new: str) -> str:
    """Return a text with another name for a word."""
    return re.sub(rf"\b{re.escape(old)}\b", new, text)
