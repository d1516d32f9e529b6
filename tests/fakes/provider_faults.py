"""What can go wrong at a model's endpoint: one list for every wire, each row with what must come of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.message import TurnStop
from fakes.byte_server import KEEP, RESET, Piece
from fakes.dialects import MISSING, Dialect

Answer = Sequence[Piece]
Place = Literal["server", "refused", "unknown host", "no TLS", "impatient"]

SO_FAR = "so far "
"""What was said before a fault in the middle of an answer."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: what goes wrong.
        play: the answers to the requests of one turn, in order; the last one is repeated for ever.
        kinds: how the turn may fail; empty when the fault must be survived within the turn.
        said: what the person must have been shown, and find again in the conversation.
        stop: how the turn ends when it does not fail.
        place: where the wire is pointed to; an impatient one gives up after a short silence.
    """

    name: str
    play: Callable[[Dialect], Sequence[Answer]]
    kinds: frozenset[Kind] = frozenset()
    said: str = ""
    stop: TurnStop = "end_turn"
    place: Place = "server"


def head(dialect: Dialect, *fields: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {dialect.content_type}", "connection: close", *fields]
    return "\r\n".join([*lines, "\r\n"]).encode()


def stream(dialect: Dialect, *parts: Sequence[bytes]) -> list[bytes]:
    """Return an answer that streams whole events."""
    return [head(dialect), *dialect.begin(), *(event for part in parts for event in part)]


def good(dialect: Dialect, text: str = "All is well.") -> list[bytes]:
    """Return an answer without a fault."""
    return stream(dialect, dialect.text(text), dialect.end())


def refusal(dialect: Dialect, code: int, kind: str, *fields: str, message: str = "no") -> list[bytes]:
    body = json.dumps(dialect.failure(kind, message)).encode()
    return plain(f"{code} X", "application/json", body, *fields)


def plain(status: str, content_type: str, body: bytes, *fields: str, length: int | None = None) -> list[bytes]:
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", "connection: close", *fields]
    size = len(body) if length is None else length
    return ["\r\n".join([*lines, f"content-length: {size}", "\r\n"]).encode() + body]


def kept_open(dialect: Dialect, *parts: Sequence[bytes]) -> Answer:
    """Return a whole answer after which the connection stays open."""
    body = b"".join([*dialect.begin(), *(event for part in parts for event in part)])
    fields = f"content-type: {dialect.content_type}\r\ncontent-length: {len(body)}\r\n\r\n"
    return [b"HTTP/1.1 200 OK\r\n" + fields.encode() + body, KEEP]


def fails(name: str, kind: Kind | tuple[Kind, ...], play: Callable[[Dialect], Answer], said: str = "", **more: str):
    kinds = frozenset(kind if isinstance(kind, tuple) else (kind,))
    return Fault(name, lambda dialect: [play(dialect)], kinds, said, **more)  # type: ignore[arg-type]


def survived(name: str, *plays: Callable[[Dialect], Answer], said: str = "", stop: TurnStop = "end_turn") -> Fault:
    return Fault(name, lambda dialect: [play(dialect) for play in plays], said=said, stop=stop)


def called(name: str, *calls: tuple[str, str, tuple[str, ...]], reason: str = "tool_use") -> Fault:
    """Return the fault of an answer with odd calls (id, name, pieces of arguments), answered with results."""

    def play(dialect: Dialect) -> Answer:
        parts = [dialect.call(place, *call[:2], *call[2]) for place, call in enumerate(calls)]
        return stream(dialect, dialect.text("Look: "), *parts, dialect.end(reason))

    return survived(name, play, good, said="Look: All is well.")


STATUSES: dict[int, Kind] = {
    400: Kind.INVALID_INPUT,
    401: Kind.AUTH,
    402: Kind.BALANCE,
    403: Kind.PERMISSION,
    404: Kind.NOT_FOUND,
    408: Kind.NETWORK,
    413: Kind.CONTEXT_OVERFLOW,
    422: Kind.INVALID_INPUT,
    429: Kind.RATE_LIMIT,
    500: Kind.INTERNAL,
    502: Kind.INTERNAL,
    503: Kind.OVERLOADED,
    504: Kind.INTERNAL,
    529: Kind.OVERLOADED,
}

REFUSALS = [
    *(
        fails(f"status {code}", kind, lambda d, code=code: refusal(d, code, "some_error"))
        for code, kind in STATUSES.items()
    ),
    *(
        fails(
            f"429 with Retry-After {value}",
            Kind.RATE_LIMIT,
            lambda d, value=value: refusal(d, 429, "rate_limit", f"retry-after: {value}"),
        )
        for value in (
            "3",
            "0",
            "1e9",
            "-1",
            "soon",
            "nan",
            "Sat, 21 Nov 2026 12:00:30 GMT",
            "Mon, 01 Jan 9999 00:00 GMT",
        )
    ),
    fails("allowance used up", Kind.QUOTA, lambda d: refusal(d, 429, "quota")),
    fails("context overflow", Kind.CONTEXT_OVERFLOW, lambda d: refusal(d, 400, "overflow")),
    survived("rate limited twice", *[lambda d: refusal(d, 429, "rate_limit")] * 2, good, said="All is well."),
    survived("overloaded once", lambda d: refusal(d, 529, "overloaded"), good, said="All is well."),
    fails(
        "an error page of a proxy", Kind.INTERNAL, lambda d: plain("502 X", "text/html", b"<html>Bad Gateway</html>")
    ),
    fails("an error without a body", Kind.INTERNAL, lambda d: plain("500 X", "application/json", b"")),
    fails("an error whose body is a list", Kind.INTERNAL, lambda d: plain("500 X", "application/json", b"[1, null]")),
    fails("an error whose body is no text", Kind.INTERNAL, lambda d: plain("500 X", "application/json", b"\xff\xfe{")),
    fails("an error of a megabyte", Kind.INTERNAL, lambda d: refusal(d, 500, "some_error", message="long " * 200_000)),
    fails(
        "an error that breaks off",
        (Kind.INTERNAL, Kind.NETWORK),
        lambda d: plain("500 X", "application/json", b'{"error"', length=500),
    ),
]


@cache
def bomb() -> bytes:
    """Return some kilobytes that unpack to one endless event."""
    return gzip.compress(b"x" * 70_000_000, 1)


CONNECTIONS = [
    fails("connection refused", Kind.NETWORK, good, place="refused"),
    # The tests' own guard answers the lookup; what it raises is not a retryable error.
    fails("unknown host", (Kind.NETWORK, Kind.CONFIG), good, place="unknown host"),
    fails("a TLS handshake that is dropped", Kind.NETWORK, good, place="no TLS"),
    fails("reset before a byte", Kind.NETWORK, lambda d: [RESET]),
    fails("closed before a byte", Kind.NETWORK, lambda d: []),
    fails("closed in the head", Kind.NETWORK, lambda d: [b"HTTP/1.1 200 OK\r\ncontent-ty"]),
    fails("another protocol", Kind.NETWORK, lambda d: [b"SSH-2.0-OpenSSH_9.9\r\n"]),
    fails("silence", Kind.NETWORK, lambda d: [None], place="impatient"),
    fails("silence after the head", Kind.NETWORK, lambda d: [head(d), None], place="impatient"),
    fails(
        "silence in the middle",
        Kind.NETWORK,
        lambda d: [*stream(d, d.text(SO_FAR)), None],
        SO_FAR,
        place="impatient",
    ),
    fails("reset in the middle", Kind.NETWORK, lambda d: [*stream(d, d.text(SO_FAR)), RESET], SO_FAR),
    survived(
        "a kept connection that was reset meanwhile",
        lambda d: kept_open(d, d.call(0, "call_1", "read_file", "{}"), d.end("tool_use")),
        lambda d: [RESET],
        good,
        said="All is well.",
    ),
    survived("one byte at a time", lambda d: [bytes([byte]) for byte in b"".join(good(d))], said="All is well."),
    fails("a redirect to another host", Kind.CONFIG, lambda d: plain("307 X", "text/plain", b"", "location: {other}")),
    fails("a redirect to itself", Kind.CONFIG, lambda d: plain("308 X", "text/plain", b"", "location: /")),
    fails("a page in place of a stream", Kind.CONFIG, lambda d: plain("200 OK", "text/html", b"<html>Sign in</html>")),
    fails("an empty stream", Kind.NETWORK, lambda d: [head(d)]),
    fails("no content", (Kind.NETWORK, Kind.CONFIG), lambda d: [head(d, "content-length: 0", status="204 X")]),
    fails(
        "megabytes that unpack to gigabytes",
        Kind.CONFIG,
        lambda d: [head(d, "content-encoding: gzip"), bomb()],
    ),
    fails(
        "a packing that nobody asked for", Kind.CONFIG, lambda d: [head(d, "content-encoding: br"), b"whatever it is"]
    ),
    fails("a packing that is damaged", Kind.NETWORK, lambda d: [head(d, "content-encoding: gzip"), b"not packed"]),
    survived(
        "a packed stream",
        lambda d: [head(d, "content-encoding: gzip"), gzip.compress(b"".join(good(d)[1:]))],
        said="All is well.",
    ),
]


def cut(dialect: Dialect, text: str, at: str, *, after: int) -> list[bytes]:
    """Return a stream that ends `after` bytes behind the beginning of `at`, which is written unescaped."""
    raw = b"".join(dialect.begin() + dialect.text(SO_FAR) + dialect.text(text))
    raw = raw.replace(json.dumps(text)[1:-1].encode(), text.encode())
    return [head(dialect), raw[: raw.rindex(at.encode()) + after]]


STREAMS = [
    fails("the end without a closing event", Kind.NETWORK, lambda d: stream(d, d.text(SO_FAR)), SO_FAR),
    fails("nothing but a beginning", Kind.NETWORK, lambda d: stream(d)),
    fails("a cut inside a character", Kind.NETWORK, lambda d: cut(d, "Größe", "ö", after=1), SO_FAR),
    fails("a cut inside a string", Kind.NETWORK, lambda d: cut(d, "plain", "plain", after=3), SO_FAR),
    fails("a cut inside a line's name", Kind.NETWORK, lambda d: cut(d, "plain", d.mark, after=2), SO_FAR),
    fails("a cut before the blank line", Kind.NETWORK, lambda d: cut(d, "plain", d.gap, after=len(d.gap) - 1), SO_FAR),
    fails(
        "a cut inside a call's arguments",
        Kind.NETWORK,
        lambda d: stream(d, d.text(SO_FAR), d.call(0, "c", "read_file", '{"path": ', '"a"}')[:2]),
        SO_FAR,
    ),
    fails("a cut after a whole call", Kind.NETWORK, lambda d: stream(d, d.call(0, "c", "read_file", "{}"))),
    fails("a cut inside thinking", Kind.NETWORK, lambda d: stream(d, d.thinking("hm ", "well")[:2])),
    fails(
        "an event that is no JSON",
        Kind.NETWORK,
        lambda d: stream(d, d.text(SO_FAR), [d.text("x")[-1].replace(b"}\n", b"\n")], d.text("on"), d.end()),
        SO_FAR,
    ),
    fails(
        "an event that is no UTF-8",
        Kind.NETWORK,
        lambda d: stream(d, d.text(SO_FAR), [e.replace(b"qq", b"\xc3\x28") for e in d.text("qq")], d.end()),
        SO_FAR,
    ),
    fails("overloaded as the first event", Kind.OVERLOADED, lambda d: [head(d), *d.broken_off("overloaded")]),
    survived(
        "overloaded once as the first event",
        lambda d: [head(d), *d.broken_off("overloaded")],
        good,
        said="All is well.",
    ),
    fails(
        "overloaded inside the answer",
        Kind.OVERLOADED,
        lambda d: stream(d, d.text(SO_FAR), d.broken_off("overloaded")),
        SO_FAR,
    ),
    fails(
        "rate limited inside the answer",
        Kind.RATE_LIMIT,
        lambda d: stream(d, d.text(SO_FAR), d.broken_off("rate_limit"), d.text("more"), d.end()),
        SO_FAR,
    ),
    fails(
        "an error after a call",
        Kind.OVERLOADED,
        lambda d: stream(d, d.text(SO_FAR), d.call(0, "c", "read_file", "{}"), d.broken_off("overloaded")),
        SO_FAR,
    ),
    survived("events of a future kind", lambda d: stream(d, d.odd(), d.text("Still fine."), d.odd(), d.end())),
    survived("comments between events", lambda d: stream(d, [d.comment], d.text("Fine."), [d.comment], d.end())),
    survived(
        "lines that end in CRLF",
        lambda d: [part.replace(b"\n", b"\r\n") if i else part for i, part in enumerate(good(d))],
    ),
    survived("two beginnings", lambda d: stream(d, d.begin(), d.text("Fine."), d.end()), said="Fine."),
    survived("a second beginning inside", lambda d: stream(d, d.text("One "), d.begin(), d.text("two"), d.end())),
    survived("two endings", lambda d: stream(d, d.text("Fine."), d.end(), d.end()), said="Fine."),
    survived("more after the end", lambda d: [*good(d), b"data: {\n\n"], said="All is well."),
    survived("an answer that says nothing", lambda d: stream(d, d.end())),
    survived("an answer of blanks", lambda d: stream(d, d.text(" ", "\n"), d.end())),
    survived("empty pieces", lambda d: stream(d, d.text("", "Fine", "", "."), d.end()), said="Fine."),
    survived("thinking and no answer", lambda d: stream(d, d.thinking("hm"), d.end())),
    survived("calls announced and none there", lambda d: stream(d, d.text("Fine."), d.end("tool_use")), said="Fine."),
    survived("no text, calls announced and none there", lambda d: stream(d, d.end("tool_use"))),
    survived("a reason of a future kind", lambda d: stream(d, d.text("Fine."), d.end("tired")), said="Fine."),
    survived("the token limit", lambda d: stream(d, d.text("Fi"), d.end("max_tokens")), said="Fi", stop="max_tokens"),
    survived("a refusal", lambda d: stream(d, d.text("No."), d.end("refusal")), said="No.", stop="refusal"),
    survived("no usage", lambda d: stream(d, d.text("Fine."), d.end(tokens=MISSING)), said="Fine."),
    *(
        survived(
            f"usage of {value!r}", lambda d, value=value: stream(d, d.text("Fine."), d.end(tokens=value)), said="Fine."
        )
        for value in (-5, None, "many", 1.5, 10**30, [], True)
    ),
    survived("half a character", lambda d: stream(d, d.text("a\ud83d", "b"), d.end()), said="a\ufffdb"),
    survived("a character in two halves", lambda d: stream(d, d.text("\ud83d", "\ude00"), d.end()), said="😀"),
    survived("a NUL", lambda d: stream(d, d.text("a\0b"), d.end()), said="a\ufffdb"),
    survived("a piece of a megabyte", lambda d: stream(d, d.text("x" * 1_000_000), d.end()), said="x" * 1_000_000),
    survived("thousands of tiny pieces", lambda d: stream(d, d.text(*["x"] * 1500), d.end()), said="x" * 1500),
]

OBJECT = ('{"path": ', '"a.py"}')

CALLS = [
    called("arguments that are no JSON", ("c", "read_file", ("{path: a}",))),
    called("arguments that break off", ("c", "read_file", ('{"path": "a',))),
    called("no arguments", ("c", "read_file", ())),
    called("empty arguments", ("c", "read_file", ("{}",))),
    called("arguments that are a list", ("c", "read_file", ("[1]",))),
    called("arguments that are null", ("c", "read_file", ("null",))),
    called("arguments sent twice", ("c", "read_file", (*OBJECT, *OBJECT))),
    called("arguments of ten megabytes", ("c", "read_file", ('{"path": "' + "x" * 10_000_000 + '"}',))),
    called("arguments nested without end", ("c", "read_file", ('{"a":' + "[" * 20_000 + "]" * 20_000 + "}",))),
    called("arguments nested too deep", ("c", "read_file", ('{"a":' + "[" * 300 + "]" * 300 + "}",))),
    called("arguments with half a character", ("c", "read_file", ('{"path": "\\ud83d', '\\u0000"}'))),
    called("arguments with numbers that are none", ("c", "read_file", ('{"a": NaN, "b": -Infinity, "c": 1e999}',))),
    called("arguments with a number of 5000 digits", ("c", "read_file", ('{"a": ' + "9" * 5000 + "}",))),
    called("an unknown tool", ("c", "frobnicate", OBJECT)),
    called("a tool without a name", ("c", "", OBJECT)),
    called("a tool with an impossible name", ("c", "read file: " + "x" * 200, OBJECT)),
    called("a tool named with half a character", ("c", "read\ud83d", OBJECT)),
    called("two calls with one id", ("c", "read_file", OBJECT), ("c", "read_file", ("{}",))),
    called("an id that was used before", ("call_0", "read_file", OBJECT)),
    called("no ids", ("", "read_file", OBJECT), ("", "read_file", ("{}",))),
    called("ids with foreign characters", ("functions.read:0", "read_file", OBJECT)),
    called("an id of 300 characters", ("i" * 300, "read_file", OBJECT)),
    called("an id with half a character", ("c\ud83d\0", "read_file", OBJECT)),
    called("forty calls at once", *((f"c{number}", "read_file", (f'{{"n": {number}}}',)) for number in range(40))),
    called("a call where the end was announced", ("c", "read_file", OBJECT), reason="end_turn"),
    called("a call that fails", ("c", "fail", OBJECT)),
    survived(
        "two calls at one place",
        lambda d: stream(
            d, d.call(0, "a", "read_file", "{}"), d.call(0, "b", "read_file", '{"n": 2}'), d.end("tool_use")
        ),
        good,
        said="All is well.",
    ),
    survived(
        "the same call for ever",
        lambda d: stream(d, d.call(0, "c", "read_file", *OBJECT), d.end("tool_use")),
        stop="loop",
    ),
    Fault(
        "two calls by turns for ever",
        lambda d: [
            stream(d, d.call(0, "c", ("read_file", "fail")[number % 2], *OBJECT), d.end("tool_use"))
            for number in range(40)
        ],
        stop="max_turn_requests",
    ),
    Fault(
        "another call for ever",
        lambda d: [
            stream(d, d.call(0, "c", "read_file", f'{{"n": {number}}}'), d.end("tool_use")) for number in range(40)
        ],
        stop="max_turn_requests",
    ),
]

FAULTS: list[Fault] = [*REFUSALS, *CONNECTIONS, *STREAMS, *CALLS]
