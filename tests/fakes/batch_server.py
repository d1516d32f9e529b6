"""The HTTP side of servers with batches, and what they have in common: batches that a test ends as it likes.

Each server checks every request against the vendor's published format and refuses a wrong one as the vendor would.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qs

from fakes.faulty_server import Refused

Self = TypeVar("Self", bound="BatchServer")
Outcome = dict[str, Any] | str | bytes
"""How an item ends: a text is its answer, an object a failure of the vendor's shape, bytes a broken line."""


@dataclass
class Request:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw) if self.raw else {}


@dataclass
class Held:
    """A batch as the server keeps it; `items` are (key, body) in the order they came."""

    id: str
    label: str
    items: list[tuple[str, dict[str, Any]]]
    made_at: int
    status: str
    lines: list[bytes] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class BatchServer:
    """Keeps batches; subclasses know a vendor's format.

    `lose` makes batches whose answer never arrives, `refuse_next` refuses requests that would make one; `hang` makes
    them and never answers, and sets `made`.
    """

    port: int = 0
    key: str = "test-key"
    clock: int = field(default_factory=lambda: int(time.time()))
    batches: dict[str, Held] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lose: int = 0
    refuse_next: list[int] = field(default_factory=list)
    hang: bool = False
    made: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def route(self, request: Request) -> tuple[str, bytes]:
        """Return content type and body; raises Refused."""
        raise NotImplementedError

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        raise NotImplementedError

    def makes_batch(self, request: Request) -> bool:
        raise NotImplementedError

    def only(self) -> Held:
        """Return the batch; there must be exactly one."""
        (batch,) = self.batches.values()
        return batch

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read(reader)
            self.asked.append(request)
            making = self.makes_batch(request)
            if making and self.refuse_next:
                code = self.refuse_next.pop(0)
                _write(writer, code, "application/json", json.dumps(self.error_body(code, "not now")).encode())
                return
            kind, body = self.route(request)
            if making and self.hang:
                self.made.set()
                await reader.read()
            elif making and self.lose:
                self.lose -= 1
            else:
                _write(writer, 200, kind, body)
        except Refused as refusal:
            self.refused.append(str(refusal))
            body = json.dumps(self.error_body(refusal.status, refusal.message)).encode()
            _write(writer, refusal.status, "application/json", body)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        raw = b""
        while size := int((await reader.readuntil(b"\r\n")).strip() or b"0", 16):
            raw += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
    else:
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
    method, target, _ = lines[0].split(" ")
    path, _, query = target.partition("?")
    return Request(method, path, {name: values[0] for name, values in parse_qs(query).items()}, headers, raw)


def _write(writer: asyncio.StreamWriter, code: int, kind: str, body: bytes) -> None:
    head = f"content-type: {kind}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
    writer.write(f"HTTP/1.1 {code} X\r\n{head}\r\n".encode() + body)


@asynccontextmanager
async def serving(server: Self) -> AsyncIterator[Self]:
    """Run a server on a free port of loopback."""
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, limit=64 * 1024 * 1024)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
