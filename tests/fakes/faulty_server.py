"""The HTTP side of servers that stand in for endpoints which llmock does not speak, with llmock's faults.

A server of ours checks every request against the vendor's published format and refuses a wrong one as the vendor
would; its answers are the vendor's bytes. The scripting has llmock's names, so that one list of scenarios serves all.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from fakes.byte_server import Received

How = Literal["disconnect", "truncate", "corrupt"]
Self = TypeVar("Self", bound="FaultyServer")


class Refused(Exception):
    """A request that the vendor would refuse; an `honest` one has the right format."""

    def __init__(self, status: int, message: str, code: str = "", *, honest: bool = False) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.honest = status, message, code, honest


@dataclass
class FaultyServer:
    """Answers requests one connection each; subclasses know a vendor's format."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    words: str = "It is done."
    window: int | None = None
    broken_call: bool = False
    _statuses: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    _cuts: deque[tuple[How, int]] = field(default_factory=deque)
    _not_before: float = 0.0
    _hasty: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # llmock's words

    def base_url(self, vendor: str) -> str:
        return self.url

    def fail(self, code: int) -> None:
        self._statuses.append((code, {}))

    def rate_limit(self, *, retry_after: float, times: int = 1) -> None:
        self._statuses.extend([(429, {"retry-after": str(retry_after)})] * times)

    def assert_resilient(self) -> None:
        """Every wait that was asked for was kept."""
        assert self._hasty == []

    @property
    def requests(self) -> list[Received]:
        return self.received

    def reply(self, text: str) -> None:
        self.words = text

    def limits(self, *, context_window: int) -> None:
        self.window = context_window

    def break_tool_call(self, how: str) -> None:
        assert how == "malformed_arguments"
        self.broken_call = True

    def disconnect(self, *, after_chunks: int) -> None:
        self._cuts.append(("disconnect", after_chunks))

    def truncate(self, *, after_chunks: int) -> None:
        self._cuts.append(("truncate", after_chunks))

    def corrupt(self, *, after_chunks: int) -> None:
        self._cuts.append(("corrupt", after_chunks))

    # what a vendor's server adds

    content_type = "application/json"
    corrupt_piece = b"{broken\n"

    def answer(self, method: str, request: Received) -> Iterable[bytes]:
        """Return the pieces of the answer; raises Refused."""
        raise NotImplementedError

    def error_body(self, status: int, message: str, code: str) -> dict[str, Any]:
        raise NotImplementedError

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            method, request = await _read(reader)
            self.received.append(request)
            if time.monotonic() < self._not_before:
                self._hasty.append(request.target)
            await self._reply_to(method, request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _reply_to(self, method: str, request: Received, writer: asyncio.StreamWriter) -> None:
        try:
            pieces = list(self.answer(method, request))
            if self._statuses and method == "POST":
                code, headers = self._statuses.popleft()
                self._not_before = time.monotonic() + float(headers.get("retry-after", 0))
                _whole(writer, code, self.error_body(code, f"failed with {code}", ""), headers)
                return
        except Refused as refusal:
            if not refusal.honest:
                self.refused.append(str(refusal))
            _whole(writer, refusal.status, self.error_body(refusal.status, refusal.message, refusal.code), {})
            return
        how, after = self._cuts.popleft() if self._cuts else ("", len(pieces))
        writer.write(
            f"HTTP/1.1 200 OK\r\ncontent-type: {self.content_type}\r\ntransfer-encoding: chunked\r\n"
            "connection: close\r\n\r\n".encode()
        )
        for piece in pieces[:after]:
            writer.write(_chunk(piece))
            await writer.drain()
        if how == "corrupt":
            for piece in (self.corrupt_piece, *pieces[after + 1 :]):
                writer.write(_chunk(piece))
        if how != "disconnect":
            writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> tuple[str, Received]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    raw = await reader.readexactly(int(headers.get("content-length", 0)))
    method, target, _ = lines[0].split(" ")
    kind = headers.get("content-type", "")
    return method, Received(target, headers, _form(raw, kind) if kind.startswith("multipart/") else _json(raw))


def _json(raw: bytes) -> dict[str, Any]:
    return json.loads(raw) if raw else {}


def _form(raw: bytes, kind: str) -> dict[str, Any]:
    """Return the fields of a form (RFC 7578): texts, and files as name, type and bytes; a repeated one is a list."""
    boundary = re.search(r'boundary="?([^";]+)', kind)
    assert boundary is not None
    found: dict[str, Any] = {}
    for part in raw.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        value = value.removesuffix(b"\r\n")
        named = dict(re.findall(r'(name|filename)="([^"]*)"', head.decode()))
        typed = re.search(r"content-type: (\S+)", head.decode(), re.IGNORECASE)
        item = (named["filename"], typed[1] if typed else "", value) if "filename" in named else value.decode()
        name = named["name"]
        if name.endswith("[]"):
            found.setdefault(name, []).append(item)
        else:
            assert name not in found, f"the field {name} comes twice"
            found[name] = item
    return found


def _chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


def _whole(writer: asyncio.StreamWriter, code: int, body: dict[str, Any], headers: dict[str, str]) -> None:
    raw = json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(raw)), "connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"HTTP/1.1 {code} X\r\n{head}\r\n".encode() + raw)


@asynccontextmanager
async def running(server: Self) -> AsyncIterator[Self]:
    """Run a server on a free port of loopback."""
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0, limit=64 * 1024 * 1024)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


def need(condition: object, message: str, *, status: int = 400, code: str = "") -> None:
    """Refuse the request unless the condition holds."""
    if not condition:
        raise Refused(status, message, code)


def check_keys(value: dict[str, Any], known: Iterable[str], where: str) -> None:
    """Refuse what the published format does not name."""
    unknown = set(value) - set(known)
    need(not unknown, f"{where}: unknown field {', '.join(sorted(unknown))}")


def check_order(messages: list[dict[str, Any]], calls: Any, *, ids: bool = True) -> None:
    """Refuse a result without its call, a call without its result, and a message for nobody.

    `calls` returns the ids of a message's calls; with `ids=False` the format does not ask for ids.
    """
    waiting: list[str] = []
    for message in messages:
        if message["role"] == "tool" and not ids and "tool_call_id" not in message:
            continue
        if message["role"] == "tool":
            need(message.get("tool_call_id") in waiting, "a tool message must follow the call that it answers")
            waiting.remove(message["tool_call_id"])
        else:
            need(not waiting, f"no result for the calls {waiting}")
            waiting = calls(message)
    need(not waiting, f"no result for the calls {waiting}")
    need(messages[-1]["role"] in ("user", "tool"), "the last message must be the user's or a tool's")
