"""Framing: bytes of a connection in, JSON values and named faults out.

Lenient where the meaning is plain (header names in any case, LF alone, a byte order mark) and able to go on after
garbage: it skips to the next `Content-Length:`. It knows no JSON-RPC; pure, so that it can be fuzzed. Used by the
server alone: the headless client has a strict framing of its own. (LSP 3.18, *Base protocol*.)
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_HEADER_BYTES = 16 * 1024

_NEXT = re.compile(rb"(?i)content-length[ \t]*:")
_HEADER = re.compile(rb"(?i)content-length[ \t]*:[ \t]*\d{1,19}[ \t]*\r?\n")
_BEGINNING = b"content-length: "
_CUT_HEADER = re.compile(rb"content-length:[ \t]*\d*\r?")
_HEADER_BYTES = 48  # a header line with a length is not longer
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9-]*[ \t]*")
_HTTP = re.compile(rb"[A-Z]+ \S+ HTTP/\d")
_TAIL = 256  # bytes kept while skipping, so that a header that arrives in two pieces is seen


@dataclass(frozen=True, slots=True)
class Message:
    """One JSON value that arrived in a frame; `size` is its length in bytes."""

    value: object
    size: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something unreadable; it is answered with a parse error, and reading goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fatal:
    """The connection cannot be read any more."""

    reason: str


Frame = Message | Fault | Fatal


class BodyError(ValueError):
    """A body is no JSON text."""


def encode_frame(value: object) -> bytes:
    """Return a JSON value with its header. Lone surrogates, which UTF-8 cannot hold, become U+FFFD.

    Raises:
        TypeError: the value is no JSON.
        ValueError: it holds NaN or an infinity, or itself.
    """
    return frame(json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def frame(text: str) -> bytes:
    """Return JSON text with its header."""
    try:
        body = text.encode("utf-8")
    except UnicodeEncodeError:
        body = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def decode_body(body: bytes) -> object:
    """Parse one body.

    Raises:
        BodyError: not UTF-8, not JSON, nested too deeply, or with a number that JSON does not have.
    """
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise BodyError(f"the body is not UTF-8 (byte {error.start})") from error
    except RecursionError as error:
        raise BodyError("the body is nested too deeply") from error
    except ValueError as error:
        raise BodyError(f"the body is not JSON: {error}") from error


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


class FrameParser:
    """Takes bytes in pieces of any size and returns the frames that they complete."""

    def __init__(self, max_body_bytes: int = MAX_BODY_BYTES, max_header_bytes: int = MAX_HEADER_BYTES) -> None:
        self._max_body = max_body_bytes
        self._max_header = max_header_bytes
        self._buffer = bytearray()
        self._scanned = 0  # how much of the buffer was searched already
        self._length: int | None = None  # from a header
        self._header_bytes = 0
        self._need: int | None = None  # set once all headers are read
        self._skipping = False
        self._skipped = 0
        self._dead = False

    def feed(self, data: bytes) -> list[Frame]:
        """Take `data` in; after a `Fatal` nothing more comes."""
        frames: list[Frame] = []
        if self._dead:
            return frames
        self._buffer += data
        while self._step(frames):
            pass
        return frames

    def unfinished(self) -> str | None:
        """Return what the end of the input cut off, or None at a clean boundary."""
        if self._need is not None:
            return f"the input ended after {len(self._buffer)} of {self._need} announced bytes"
        if not self._skipping and (self._buffer or self._header_bytes):
            return "the input ended within a header"
        return None

    def _step(self, frames: list[Frame]) -> bool:
        if self._skipping:
            return self._skip(frames)
        if self._need is None:
            return self._read_header_line(frames)
        return self._read_body(frames, self._need)

    def _read_header_line(self, frames: list[Frame]) -> bool:
        end = self._buffer.find(b"\n", self._scanned)
        if self._header_bytes + (len(self._buffer) if end < 0 else end) > self._max_header:
            return self._lose_track(frames, f"a header is longer than {self._max_header} bytes", drop=1)
        if end < 0:
            self._scanned = len(self._buffer)
            return False
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        if line:
            return self._take_header(frames, line, end + 1)
        self._drop(end + 1)
        if self._length is not None:
            self._need = self._length
        elif self._header_bytes:
            frames.append(Fault("a message has no Content-Length"))
        self._length, self._header_bytes = None, 0
        return True

    def _take_header(self, frames: list[Frame], line: bytes, size: int) -> bool:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            if _HTTP.match(line):
                # A web page can post JSON to a local port; its request must never be read as ours.
                return self._die(frames, "the client speaks HTTP, not LSP")
            return self._lose_track(frames, f"no header: {_shown(line)}", drop=1)
        if name.strip().lower() == b"content-length":
            digits = value.strip()
            if not digits.isdigit():
                return self._lose_track(frames, f"Content-Length is no number: {_shown(digits)}", drop=size)
            if len(digits) > 19 or int(digits) > self._max_body:
                return self._die(
                    frames, f"Content-Length {_shown(digits)} is more than the {self._max_body} bytes that are taken"
                )
            self._length = int(digits)
        self._header_bytes += size
        self._drop(size)
        return True

    def _read_body(self, frames: list[Frame], need: int) -> bool:
        if len(self._buffer) < need:
            # A length that is too long would swallow what follows: the next header gives it away.
            if self._cuts_into_next():
                found = _HEADER.search(self._buffer)
                if found:
                    self._finish_body(frames, found.start(), "its Content-Length was too long")
                    return True
            self._scanned = len(self._buffer)
            return False
        body = bytes(self._buffer[:need])
        try:
            frames.append(Message(decode_body(body), need))
        except BodyError as error:
            next_header = _find_header(body)
            if next_header is not None:
                self._finish_body(frames, next_header, "its Content-Length was too long")
            else:
                self._drop(need)
                self._need, self._skipping = None, True
                frames.append(Fault(str(error)))
            return True
        self._drop(need)
        self._need = None
        return True

    def _cuts_into_next(self) -> bool:
        start = max(0, self._scanned - 3)
        return self._buffer.find(b"\r\n\r\n", start) >= 0 or self._buffer.find(b"\n\n", start) >= 0

    def _finish_body(self, frames: list[Frame], size: int, why: str) -> None:
        body = bytes(self._buffer[:size])
        self._drop(size)
        self._need = None
        try:
            frames.append(Message(decode_body(body), size))
        except BodyError as error:
            frames.append(Fault(f"{error}; {why}"))

    def _skip(self, frames: list[Frame]) -> bool:
        found = _NEXT.search(self._buffer, self._scanned)
        if found:
            self._drop(found.start())
            self._skipping, self._skipped = False, 0
            return True
        surplus = len(self._buffer) - _TAIL
        if surplus > 0:
            self._skipped += surplus
            self._drop(surplus)
        if self._skipped > self._max_body:
            return self._die(frames, f"no message within {self._max_body} bytes")
        return False

    def _lose_track(self, frames: list[Frame], reason: str, *, drop: int) -> bool:
        frames.append(Fault(reason))
        self._drop(drop)
        self._skipping, self._length, self._header_bytes = True, None, 0
        return True

    def _die(self, frames: list[Frame], reason: str) -> bool:
        frames.append(Fatal(reason))
        self._dead = True
        self._buffer.clear()
        return False

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._scanned = 0


def _find_header(body: bytes) -> int | None:
    """Return where the next message's header begins in a body whose length was too long; its end may be missing."""
    found = _HEADER.search(body)
    if found:
        return found.start()
    for start in range(max(0, len(body) - _HEADER_BYTES), len(body)):
        tail = body[start:].lower()
        if _BEGINNING.startswith(tail) or _CUT_HEADER.fullmatch(tail):
            try:
                decode_body(body[:start])
            except BodyError:
                continue
            return start
    return None


def _shown(data: bytes) -> str:
    """Return the start of unreadable bytes for a log."""
    return repr(data[:40])[1:] + ("…" if len(data) > 40 else "")
