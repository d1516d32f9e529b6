"""Read the JSON object of a prompted tool call while it is being written.

The text of `{"answer": "..."}` is decoded as it arrives, so that a person sees it stream; `{"tool": ...}` is kept
until it is complete. Pieces may be cut anywhere, also inside an escape or between two halves of a surrogate pair.
Used by `prompted_tools` only.
"""

from __future__ import annotations

import re
from typing import Literal

_ANSWER = re.compile(r'\s*\{\s*"answer"\s*:\s*"')
_SIMPLE = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_TOOL_PREFIX = re.compile(r'\s*\{\s*"tool"')

Kind = Literal["unknown", "answer", "tool", "plain"]


class StringDecoder:
    """Decodes the inside of a JSON string piece by piece; `closed` once the closing quote was read."""

    def __init__(self) -> None:
        self._pending = ""  # an escape that is not complete yet, from its backslash on
        self._high: int | None = None
        self.closed = False

    def feed(self, text: str) -> str:
        """Return the characters that `text` completes."""
        out: list[str] = []
        for char in text:
            if self.closed:
                break
            if self._pending:
                self._pending += char
                self._escape(out)
            elif char == "\\":
                self._pending = char
            elif char == '"':
                self._flush(out)
                self.closed = True
            else:
                self._flush(out)
                out.append(char)
        return "".join(out)

    def finish(self) -> str:
        """Return what a cut leaves behind: U+FFFD for half a surrogate pair, nothing for half an escape."""
        out: list[str] = []
        self._flush(out)
        self._pending = ""
        return "".join(out)

    def _escape(self, out: list[str]) -> None:
        kind = self._pending[1]
        if kind == "u":
            if len(self._pending) == 6:
                digits, self._pending = self._pending[2:], ""
                self._code_unit(digits, out)
            return
        self._pending = ""
        self._flush(out)
        out.append(_SIMPLE.get(kind, kind))

    def _code_unit(self, digits: str, out: list[str]) -> None:
        try:
            unit = int(digits, 16)
        except ValueError:
            unit = 0xFFFD
        if 0xDC00 <= unit < 0xE000 and self._high is not None:
            out.append(chr(0x10000 + ((self._high - 0xD800) << 10) + (unit - 0xDC00)))
            self._high = None
            return
        self._flush(out)
        if 0xD800 <= unit < 0xDC00:
            self._high = unit
        else:
            out.append("\ufffd" if 0xDC00 <= unit < 0xE000 else chr(unit))

    def _flush(self, out: list[str]) -> None:
        if self._high is not None:
            out.append("\ufffd")
            self._high = None


class AnswerReader:
    """Tells what the model is writing, and gives out the answer's text as it grows.

    `kind` is 'unknown' until enough was read; 'plain' means that the model did not keep to the schema and its text is
    taken as the answer. `raw` holds everything that was fed.
    """

    def __init__(self) -> None:
        self.kind: Kind = "unknown"
        self.raw = ""
        self._decoder = StringDecoder()

    def feed(self, text: str) -> str:
        """Take a piece in; return new text of the answer ('' for a tool call)."""
        self.raw += text
        if self.kind == "answer":
            return self._decoder.feed(text)
        if self.kind == "plain":
            return text
        if self.kind == "tool":
            return ""
        found = _ANSWER.match(self.raw)
        if found:
            self.kind = "answer"
            return self._decoder.feed(self.raw[found.end() :])
        if _TOOL_PREFIX.match(self.raw):
            self.kind = "tool"
        elif self.raw.strip() and not self.raw.lstrip().startswith("{"):
            self.kind = "plain"
            return self.raw
        return ""

    def finish(self) -> str:
        """Return the last text of the answer when the stream is over."""
        if self.kind == "answer":
            return self._decoder.finish()
        if self.kind == "unknown":
            self.kind = "plain"
            return self.raw
        return ""
