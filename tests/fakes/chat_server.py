"""A Chat Completions server that counts how many requests it holds at once, and answers when a test lets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class ChatServer:
    """Answers `Re: …`; a question that begins with `refuse` is a 400, one that begins with `fail` a 500.

    With `gate` set to N, nobody is answered before N requests are held at once, or `gate` is lowered. With `allowed`
    set, only so many are answered at all; `reached` is set by the next one, which is held.
    """

    port: int = 0
    gate: int = 0
    allowed: int | None = None
    answer: Callable[[str], str] = lambda text: f"Re: {text}"
    held: int = 0
    most: int = 0
    asked: list[str] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = next(
                int(line.partition(":")[2]) for line in head.split("\r\n") if line.startswith("content-length")
            )
            body = json.loads(await reader.readexactly(length))
            text = body["messages"][-1]["content"]
            self.asked.append(text)
            await self._hold(reader)
            _write(writer, text, self.answer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _hold(self, reader: asyncio.StreamReader) -> None:
        if self.allowed is not None and len(self.asked) > self.allowed:
            self.reached.set()
            await reader.read()
            raise ConnectionError
        async with self.changed:
            self.held += 1
            self.most = max(self.most, self.held)
            self.changed.notify_all()
            try:
                await self.changed.wait_for(lambda: self.most >= self.gate)
            finally:
                self.held -= 1


def _write(writer: asyncio.StreamWriter, text: str, answer: Callable[[str], str]) -> None:
    for word, code in (("refuse", 400), ("fail", 500)):
        if text.startswith(word):
            raw = json.dumps({"error": {"message": f"I {word}", "type": "x", "code": None}}).encode()
            head = f"HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n"
            writer.write(f"{head}connection: close\r\n\r\n".encode() + raw)
            return
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    chunks = [
        {"id": "c", "choices": [{"index": 0, "delta": {"content": answer(text)}, "finish_reason": None}]},
        {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage},
    ]
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    for chunk in chunks:
        writer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    writer.write(b"data: [DONE]\n\n")


@asynccontextmanager
async def chatting(server: ChatServer) -> AsyncIterator[ChatServer]:
    """Run a server on a free port of loopback."""
    listening = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
