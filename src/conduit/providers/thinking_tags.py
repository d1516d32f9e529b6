"""Tell thinking from text when a model writes its thinking between tags, also when a tag arrives in pieces.

Only a tag at the very start of an answer counts, so that an answer *about* such tags stays whole. Pure; used by wires.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

Piece = tuple[Literal["text", "thinking"], str]

_OPENING = {"<think>": "</think>", "<thinking>": "</thinking>"}


class ThinkingTags:
    """Splits streamed text into thinking and text; feed it every piece, then call `finish`."""

    def __init__(self) -> None:
        self._state: Literal["start", "inside", "after", "text"] = "start"
        self._closing = ""
        self._held = ""

    @property
    def over(self) -> bool:
        """Whether all that comes is text, which need not be fed any more."""
        return self._state == "text"

    def feed(self, piece: str) -> Iterator[Piece]:
        """Take in a piece of the answer and yield what it makes certain."""
        self._held += piece
        progress = True
        while self._held and progress:
            before = (self._state, len(self._held))
            yield from self._step()
            progress = before != (self._state, len(self._held))

    def finish(self) -> Iterator[Piece]:
        """Yield what was held back, once the answer is over."""
        held, self._held = self._held, ""
        if held and self._state == "inside":
            yield "thinking", held
        elif held and (self._state != "after" or held.strip()):
            yield "text", held

    def _step(self) -> Iterator[Piece]:
        if self._state == "text":
            held, self._held = self._held, ""
            yield "text", held
        elif self._state == "inside":
            yield from self._inside()
        else:
            self._look_for_opening()

    def _look_for_opening(self) -> None:
        """Decide whether the answer, or what follows its thinking, begins with a tag."""
        trimmed = self._held.lstrip()
        for opening, closing in _OPENING.items():
            if trimmed.startswith(opening):
                self._state, self._closing = "inside", closing
                self._held = trimmed[len(opening) :].lstrip("\n")
                return
        if not any(opening.startswith(trimmed) for opening in _OPENING):
            if self._state == "after":
                self._held = trimmed
            self._state = "text"

    def _inside(self) -> Iterator[Piece]:
        thinking, closing, rest = self._held.partition(self._closing)
        if closing:
            self._held, self._state = rest, "after"
            if thinking:
                yield "thinking", thinking
            return
        keep = _overlap(self._held, self._closing)
        ready, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        if ready:
            yield "thinking", ready


def _overlap(text: str, tag: str) -> int:
    """Return how many last characters of `text` may be the beginning of `tag`."""
    return next((size for size in range(min(len(text), len(tag) - 1), 0, -1) if tag.startswith(text[-size:])), 0)
