"""Let no half of a character out of a wire: vendors cut a surrogate pair in two chunks, or send one half alone.

Counts what it had to replace, and says so in the log. Used by wires, which keep one of these for each stream.
"""

from __future__ import annotations

import logging

from conduit.messages.content import count_unfit, sanitize_text

_log = logging.getLogger(__name__)


class WholeText:
    """Joins halves that arrive apart, block by block; a half that stays alone, and NUL, become U+FFFD.

    Attributes:
        replaced: characters of this stream that became U+FFFD.
    """

    def __init__(self) -> None:
        self._held: dict[int, str] = {}
        self._told = 0
        self.replaced = 0

    def feed(self, index: int, text: str) -> str:
        """Return what can be shown of a block so far; a first half at the end waits for its second."""
        if text.isascii() and not self._held and "\0" not in text:
            return text
        text = self._held.pop(index, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._held[index] = text[-1]
            text = text[:-1]
        self.replaced += count_unfit(text)
        return sanitize_text(text)

    def finish(self, index: int) -> str:
        """Return what a block still holds, at its end."""
        rest = "\ufffd" if self._held.pop(index, "") else ""
        self.replaced += len(rest)
        if self.replaced > self._told:
            self._told = self.replaced
            _log.warning("an answer had %d unreadable characters so far, which were replaced", self.replaced)
        return rest
