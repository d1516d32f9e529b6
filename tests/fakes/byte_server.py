"""A server on loopback that answers with exactly the bytes a test gives it, and keeps what it was sent.

An answer is a list of pieces: bytes, or None (hang until the client goes), RESET (break the connection off) or KEEP (as
the last one: read the next request from the same connection).
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Act(Enum):
    """What a server may do beside sending bytes."""

    RESET = "reset"
    KEEP = "keep"


RESET, KEEP = Act.RESET, Act.KEEP
Piece = bytes | Act | None


@dataclass
class Received:
    """One request as it came in."""

    target: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class ByteServer:
    """Plays `answers` in turn, the last one for ever."""

    answers: Sequence[Sequence[Piece]]
    port: int = 0
    received: list[Received] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closed_by_client: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def play(self, *answers: Sequence[Piece]) -> None:
        """Forget what was received, and answer with these from now on."""
        self.answers = answers
        self.received.clear()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.closed_by_client.set()
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether another one may come over this connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        answer = self.answers[min(len(self.received), len(self.answers) - 1)]
        body = json.loads(raw) if raw and "json" in headers.get("content-type", "") else {}
        self.received.append(Received(lines[0].split(" ")[1], headers, body))
        self.asked.set()
        for piece in answer:
            if piece is KEEP:
                return True
            if piece is RESET:
                linger = struct.pack("ii", 1, 0)  # closing then sends RST in place of FIN
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                writer.transport.abort()
                return False
            if piece is None:
                await reader.read()  # until the client hangs up
                self.closed_by_client.set()
                return False
            assert isinstance(piece, bytes)
            writer.write(piece)
            await writer.drain()
        return False


@asynccontextmanager
async def serve(*answers: Sequence[Piece]) -> AsyncIterator[ByteServer]:
    fake = ByteServer(answers)
    server = await asyncio.start_server(fake.handle, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def status(code: int, body: object, **headers: str) -> list[bytes]:
    """Return an answer with a JSON body."""
    raw = json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(raw)), "connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return [f"HTTP/1.1 {code} X\r\n{head}\r\n".encode() + raw]


def chat_events(*chunks: object, done: bool = True) -> list[bytes]:
    """Return an answer in the Chat Completions format."""
    pieces = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return [HEAD, *pieces, *([b"data: [DONE]\n\n"] if done else [])]


def ollama_lines(*lines: dict[str, Any]) -> list[bytes]:
    """Return an answer in Ollama's format."""
    return [HEAD, *(json.dumps(line).encode() + b"\n" for line in lines)]


def message_events(*events: dict[str, Any]) -> list[bytes]:
    """Return an answer in the Messages format."""
    return [HEAD, *(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)]


def response_events(*events: dict[str, Any]) -> list[bytes]:
    """Return an answer in the Responses format, its events numbered."""
    numbered = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return [HEAD, *(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in numbered)]


def gemini_events(*chunks: object) -> list[bytes]:
    """Return an answer in Gemini's format, whose last chunk is its closing event."""
    return [HEAD, *(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)]
