"""Let no half of a character out of a wire: vendors cut a surrogate pair in two chunks, or send one half alone.

Pure; used by wires, which keep one of these for each stream.
"""

from __future__ import annotations

from conduit.messages.content import sanitize_text


class WholeText:
    """Joins halves that arrive apart, block by block; a half that stays alone, and NUL, become U+FFFD."""

    def __init__(self) -> None:
        self._held: dict[int, str] = {}

    def feed(self, index: int, text: str) -> str:
        """Return what can be shown of a block so far; a first half at the end waits for its second."""
        text = self._held.pop(index, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._held[index] = text[-1]
            text = text[:-1]
        return sanitize_text(text)

    def finish(self, index: int) -> str:
        """Return what a block still holds, at its end."""
        return "\ufffd" if self._held.pop(index, "") else ""
