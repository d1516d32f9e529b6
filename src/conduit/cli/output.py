"""The two output streams of a command: data on stdout, everything else on stderr.

One thread writes, so that a pager that does not read, or a closed pipe, never holds up the agent. Knows no events.
For the commands.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import unicodedata
from collections.abc import Callable

_OUT, _ERR = 1, 2
_CLEAR_LINE = "\r\x1b[K"


def printable(text: str) -> str:
    """Return `text` with every character escaped that could steer a terminal or hide text on it.

    New lines and tabs stay. Escaped are control characters (so no colours, titles or clipboard writes from a file
    or a model) and the ones that reorder or hide text (bidirectional marks, zero-width and tag characters).
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(character) for character in text)


def colored() -> bool:
    """Whether stderr is a terminal whose person wants styles (https://no-color.org, 2026-11-21)."""
    return os.isatty(_ERR) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Output:
    """Writes in the order of the calls; `on_broken` is called (from another thread) when nobody reads stdout.

    Attributes:
        on_broken: may be replaced before anything is written.
        error: why stdout could not be written, or None.
    """

    def __init__(self, on_broken: Callable[[], None] = lambda: None) -> None:
        self.error: OSError | None = None
        self.on_broken = on_broken
        self._waiting: queue.SimpleQueue[tuple[int, bytes] | threading.Event | None] = queue.SimpleQueue()
        self._styled = colored()
        self._data_on_terminal = os.isatty(_OUT)
        self._shares_line = self._data_on_terminal and os.isatty(_ERR)
        self._at_line_start = True
        self._progress_shown = False
        self._thread = threading.Thread(target=self._write_all, name="output", daemon=True)
        self._thread.start()

    def data(self, text: str) -> None:
        """Write `text` to stdout: escaped on a terminal, unchanged into a pipe or a file."""
        if text:
            self._hide_progress()
            self._at_line_start = text.endswith("\n")
            self._put(_OUT, printable(text) if self._data_on_terminal else text)

    def end_line(self) -> None:
        """End a line of stdout that has begun."""
        if not self._at_line_start:
            self.data("\n")

    def note(self, text: str) -> None:
        """Write one dim line `· text` to stderr."""
        self._hide_progress()
        line = "· " + printable(" ".join(text.split()))
        begun = self._shares_line and not self._at_line_start
        self._at_line_start = self._at_line_start or begun
        styled = f"\x1b[2m{line}\x1b[0m" if self._styled else line
        self._put(_ERR, ("\n" if begun else "") + styled + "\n")

    def progress(self, text: str) -> None:
        """Show a line on a terminal's stderr that the next one replaces; nothing elsewhere."""
        if self._styled:
            self._put(_ERR, _CLEAR_LINE + printable(text))
            self._progress_shown = True

    def flush(self, timeout_s: float | None = None) -> None:
        """Wait until what was written so far is out, or `timeout_s` at most; without it, as long as a pager needs."""
        done = threading.Event()
        self._hide_progress()
        self._waiting.put(done)
        done.wait(timeout_s)

    def close(self, timeout_s: float | None = None) -> None:
        """Wait until everything is written, or `timeout_s` at most; nothing may be written afterwards."""
        self._hide_progress()
        self._waiting.put(None)
        self._thread.join(timeout_s)

    def _hide_progress(self) -> None:
        if self._progress_shown:
            self._progress_shown = False
            self._put(_ERR, _CLEAR_LINE)

    def _put(self, descriptor: int, text: str) -> None:
        stream = sys.stdout if descriptor == _OUT else sys.stderr
        self._waiting.put((descriptor, text.encode(stream.encoding or "utf-8", "replace")))

    def _write_all(self) -> None:
        while (item := self._waiting.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
                continue
            descriptor, left = item
            if descriptor == _OUT and self.error:
                continue
            try:
                while left:
                    left = left[os.write(descriptor, left) :]
            except OSError as error:
                if descriptor == _OUT:
                    self.error = error
                    self.on_broken()


def _escape(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}:
        return character
    if character in "\u200d\u200c":  # joiners belong to emoji and to several scripts
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
