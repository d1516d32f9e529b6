"""Inputs that no client should send, by name. Each is sent to a running server, which must answer the next request."""

from __future__ import annotations

import json

from lsp.raw import frame, notification, request

_INIT = {"processId": None, "capabilities": {}}
_URI = "file:///tmp/a.py"


def _change(range_: object, text: object = "x") -> bytes:
    params = {"textDocument": {"uri": _URI, "version": 2}, "contentChanges": [{"range": range_, "text": text}]}
    return frame(notification("textDocument/didChange", params))


def _position(line: object, character: object) -> dict[str, object]:
    position = {"line": line, "character": character}
    return {"start": position, "end": position}


def _body(text: str | bytes) -> bytes:
    return frame(text.encode() if isinstance(text, str) else text)


_OPEN = frame(
    notification(
        "textDocument/didOpen",
        {"textDocument": {"uri": _URI, "languageId": "python", "version": 1, "text": "a = 1\n"}},
    )
)
_PING = json.dumps(request(7, "no/such")).encode()

SURVIVED: dict[str, bytes] = {
    "broken JSON": _body("{"),
    "no JSON at all": _body("hello"),
    "an empty body": b"Content-Length: 0\r\n\r\n",
    "two JSON values in one body": _body("{}{}"),
    "a trailing comma": _body('{"jsonrpc":"2.0",}'),
    "single quotes": _body("{'jsonrpc':'2.0'}"),
    "invalid UTF-8": _body(b'{"jsonrpc":"2.0","method":"\xff\xfe"}'),
    "a cut UTF-8 sequence": _body('{"a":"é'.encode()[:-1]),
    "UTF-16": _body('{"jsonrpc":"2.0","method":"x"}'.encode("utf-16")),
    "a byte order mark": _body(b"\xef\xbb\xbf" + _PING),
    "null": _body("null"),
    "a number": _body("5"),
    "a string": _body('"x"'),
    "an empty array": _body("[]"),
    "a batch": _body(b"[" + _PING + b"]"),
    "an empty object": _body("{}"),
    "no jsonrpc member": _body('{"id":7,"method":"no/such"}'),
    "another version": _body('{"jsonrpc":"1.0","id":7,"method":"no/such"}'),
    "a method that is a number": _body('{"jsonrpc":"2.0","id":7,"method":5}'),
    "a method that is null": _body('{"jsonrpc":"2.0","id":7,"method":null}'),
    "an id that is null": _body('{"jsonrpc":"2.0","id":null,"method":"no/such"}'),
    "an id that is an object": _body('{"jsonrpc":"2.0","id":{},"method":"no/such"}'),
    "an id that is an array": _body('{"jsonrpc":"2.0","id":[1],"method":"no/such"}'),
    "an id that is true": _body('{"jsonrpc":"2.0","id":true,"method":"no/such"}'),
    "an id with a fraction": _body('{"jsonrpc":"2.0","id":1.5,"method":"no/such"}'),
    "an id that is a lone surrogate": _body('{"jsonrpc":"2.0","id":"\\ud800","method":"no/such"}'),
    "a method with a lone surrogate": _body('{"jsonrpc":"2.0","id":7,"method":"\\udfff"}'),
    "a NUL in a method": _body('{"jsonrpc":"2.0","id":7,"method":"a\\u0000b"}'),
    "params that are a string": frame(request(7, "workspace/executeCommand", "x")),
    "params that are null": frame({**request(7, "workspace/executeCommand"), "params": None}),
    "params that are an array": frame(request(7, "workspace/executeCommand", [1, 2])),
    "an unknown command": frame(request(7, "workspace/executeCommand", {"command": "rm"})),
    "an unknown request": frame(request(7, "no/such")),
    "an unknown notification": frame(notification("no/such")),
    "an unknown $-notification": frame(notification("$/such")),
    "an unknown $-request": frame(request(7, "$/such")),
    "a second initialize": frame(request(7, "initialize", _INIT)),
    "the same id twice": frame(request(7, "conduit/models/list")) * 2,
    "an answer that nobody asked for": _body('{"jsonrpc":"2.0","id":99,"result":null}'),
    "an error that nobody asked for": _body('{"jsonrpc":"2.0","id":99,"error":{"code":1,"message":"x"}}'),
    "an error for nobody": _body('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}'),
    "an error that is a string": _body('{"jsonrpc":"2.0","id":99,"error":"x"}'),
    "neither method nor result": _body('{"jsonrpc":"2.0","id":99}'),
    "a cancellation of nothing": frame(notification("$/cancelRequest", {"id": 12345})),
    "a cancellation without an id": frame(notification("$/cancelRequest", {})),
    "a cancellation without params": frame(notification("$/cancelRequest")),
    "a cancellation of an object": frame(notification("$/cancelRequest", {"id": {}})),
    "a cancelled progress that does not exist": frame(notification("window/workDoneProgress/cancel", {"token": "x"})),
    "nesting of 100,000": _body("[" * 100_000 + "]" * 100_000),
    "objects nested 50,000 deep": _body('{"a":' * 50_000 + "1" + "}" * 50_000),
    "params nested 400 deep": _body(
        '{"jsonrpc":"2.0","id":7,"method":"no/such","params":' + "[" * 400 + "]" * 400 + "}"
    ),
    "NaN": _body('{"jsonrpc":"2.0","id":NaN,"method":"no/such"}'),
    "Infinity": _body('{"jsonrpc":"2.0","id":7,"method":"no/such","params":{"a":-Infinity}}'),
    "a number of 100,000 digits": _body('{"jsonrpc":"2.0","id":' + "9" * 100_000 + ',"method":"no/such"}'),
    "an id of 30 digits": _body('{"jsonrpc":"2.0","id":' + "9" * 30 + ',"method":"no/such"}'),
    "1e999": _body('{"jsonrpc":"2.0","id":7,"method":"no/such","params":[1e999]}'),
    "a change of a document that is not open": _change(_position(0, 0)),
    "a change at a negative line": _OPEN + _change(_position(-1, 0)),
    "a change at a negative column": _OPEN + _change(_position(0, -5)),
    "a change far beyond the end": _OPEN + _change(_position(10**6, 10**6)),
    "a change at line 2^40": _OPEN + _change(_position(2**40, 0)),
    "a change at a line that is text": _OPEN + _change(_position("0", 0)),
    "a reversed range": _OPEN + _change({"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 1}}),
    "a change whose text is a number": _OPEN + _change(_position(0, 0), 5),
    "a change without a range's end": _OPEN + _change({"start": {"line": 0, "character": 0}}),
    "a document opened twice": _OPEN * 2,
    "a document closed twice": frame(notification("textDocument/didClose", {"textDocument": {"uri": _URI}})) * 2,
    "a URI that is none": frame(notification("textDocument/didClose", {"textDocument": {"uri": "%%%"}})),
    "an open without a text": frame(notification("textDocument/didOpen", {"textDocument": {"uri": _URI}})),
    "an open without params": frame(notification("textDocument/didOpen")),
    "a document with a lone surrogate": _body(
        '{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":'
        '{"uri":"file:///tmp/b","languageId":"x","version":1,"text":"\\ud83d"}}}'
    ),
    "a header with LF alone": b"Content-Length: %d\n\n" % len(_PING) + _PING,
    "a header in small letters": b"content-length: %d\r\n\r\n" % len(_PING) + _PING,
    "a header in capitals": b"CONTENT-LENGTH:%d\r\n\r\n" % len(_PING) + _PING,
    "spaces around the length": b"Content-Length:   %d  \r\n\r\n" % len(_PING) + _PING,
    "an unknown header": b"X-Test: 1\r\nContent-Length: %d\r\n\r\n" % len(_PING) + _PING,
    "a content type": b"Content-Length: %d\r\nContent-Type: application/x; charset=utf8\r\n\r\n" % len(_PING) + _PING,
    "a length twice": b"Content-Length: 3\r\nContent-Length: %d\r\n\r\n" % len(_PING) + _PING,
    "empty lines before a header": b"\r\n\r\n\r\n" + frame(_PING),
    "a header without a length": b"Content-Type: x\r\n\r\n" + _PING,
    "a length that is a word": b"Content-Length: many\r\n\r\n" + _PING,
    "a negative length": b"Content-Length: -5\r\n\r\n" + _PING,
    "a length with a fraction": b"Content-Length: 5.5\r\n\r\n" + _PING,
    "a hexadecimal length": b"Content-Length: 0x10\r\n\r\n" + _PING,
    "a length that is too short": b"Content-Length: 10\r\n\r\n" + _PING,
    "a length that is one too short": b"Content-Length: %d\r\n\r\n" % (len(_PING) - 1) + _PING,
    "a length that is one too long": b"Content-Length: %d\r\n\r\n" % (len(_PING) + 1) + _PING,
    "a length that is far too long": b"Content-Length: 60000\r\n\r\n" + _PING,
    "a body without a header": _PING + b"\n",
    "random bytes": bytes(range(256)) * 20,
    "1 MB of zeros": b"\0" * 1_000_000,
    "a header line of 10 MB": b"X" * 10_000_000 + b"\r\n",
    "a header value of 10 MB": b"X-Test: " + b"y" * 10_000_000 + b"\r\n\r\n",
    "100,000 header lines": b"X-Test: 1\r\n" * 100_000,
    "a body of 10 MB": _body('{"jsonrpc":"2.0","method":"no/such","params":"' + "x" * 10_000_000 + '"}'),
}
