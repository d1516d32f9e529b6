"""Transport: one thread reads, one thread writes, the event loop never waits for either.

`Inbox` hands messages to the loop with back-pressure; `Outbox` is the writer that pygls is given: bounded, and able to
merge what was not sent yet. Works on two file descriptors, so stdio and TCP share it. It knows nothing of LSP.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from conduit.lsp.framing import Fatal, Fault, FrameParser, Message

_log = logging.getLogger(__name__)

READ_BYTES = 64 * 1024
INBOX_BYTES = 16 * 1024 * 1024
SOFT_BYTES = 8 * 1024 * 1024
HARD_BYTES = 64 * 1024 * 1024
_FRAME_BYTES = 256  # what a merged frame has around its text
_CANCEL = "$/cancelRequest"


@dataclass(frozen=True, slots=True)
class Ended:
    """The client will send nothing more; `reason` is None for a plain end of the input."""

    reason: str | None


Incoming = Message | Fault | Ended


class Inbox:
    """Messages on their way from the reading thread to the loop.

    Attributes:
        cancelled: ids of requests whose cancellation waits further back in the queue.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, max_bytes: int = INBOX_BYTES) -> None:
        self._loop = loop
        self._max_bytes = max_bytes
        self._queue: deque[tuple[Incoming, int]] = deque()
        self._bytes = 0
        self._room = threading.Condition()
        self._arrived = asyncio.Event()
        self.cancelled: set[Hashable] = set()

    def start(self, descriptor: int) -> None:
        """Read `descriptor` on a daemon thread until it ends; the descriptor is the thread's from now on."""
        threading.Thread(target=self._read, args=(descriptor,), name="conduit-read", daemon=True).start()

    async def get(self) -> Incoming:
        """Return the next message; after `Ended` nothing comes."""
        while not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
        incoming, size = self._queue.popleft()
        with self._room:
            self._bytes -= size
            self._room.notify()
        return incoming

    def _read(self, descriptor: int) -> None:
        parser = FrameParser()
        while True:
            try:
                data = os.read(descriptor, READ_BYTES)
            except BlockingIOError:
                select.select([descriptor], [], [])
                continue
            except OSError as error:
                self._put(Ended(f"reading from the client failed: {error}"), 0)
                return
            if not data:
                self._put(Ended(parser.unfinished()), 0)
                return
            items = parser.feed(data)
            for item in items:
                if isinstance(item, Message):
                    self._note_cancellation(item.value)
            for item in items:
                if isinstance(item, Fatal):
                    self._put(Ended(item.reason), 0)
                    return
                self._put(item, item.size if isinstance(item, Message) else 0)

    def _put(self, incoming: Incoming, size: int) -> None:
        with self._room:
            while self._bytes > self._max_bytes:
                self._room.wait()
            self._bytes += size
        self._queue.append((incoming, size))
        if not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(self._arrived.set)
            except RuntimeError:
                _log.debug("the loop closed while a message arrived")

    def _note_cancellation(self, value: object) -> None:
        """Let the loop see a cancellation before it gets to the request that stands ahead of it."""
        if isinstance(value, dict) and value.get("method") == _CANCEL:
            params = value.get("params")
            id_ = params.get("id") if isinstance(params, dict) else None
            if isinstance(id_, (int, str)):
                self.cancelled.add(id_)


@dataclass(slots=True)
class _Outgoing:
    """A frame to be written: bytes, or parts that are still being merged."""

    data: bytes = b""
    parts: list[str] = field(default_factory=list)
    render: Callable[[str], bytes] | None = None
    size: int = 0
    key: Hashable = None

    def bytes(self) -> bytes:
        return self.data if self.render is None else self.render("".join(self.parts))


class Outbox:
    """Frames on their way to the client, written by a thread of their own.

    A client that stops reading costs its own view only: beyond `soft_bytes` transient frames are merged or dropped,
    everything else is kept up to `hard_bytes`; then the connection is given up.

    Args:
        descriptor: where to write; the outbox's own from now on.
        on_lost: called once, on the writing thread or the caller's, with the reason why nothing can be sent any more.
    """

    def __init__(
        self,
        descriptor: int,
        on_lost: Callable[[str], None],
        *,
        soft_bytes: int = SOFT_BYTES,
        hard_bytes: int = HARD_BYTES,
    ) -> None:
        self._descriptor = descriptor
        self._on_lost = on_lost
        self._soft, self._hard = soft_bytes, hard_bytes
        self._queue: deque[_Outgoing] = deque()
        self._bytes = 0
        self._appendable: dict[Hashable, _Outgoing] = {}
        self._replaceable: dict[Hashable, _Outgoing] = {}
        self._ready = threading.Condition()
        self._closing = False
        self._lost = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._write_all, name="conduit-write", daemon=True)
        self._thread.start()

    @property
    def queued_bytes(self) -> int:
        """What waits to be written."""
        return self._bytes

    def write(self, data: bytes) -> None:
        """Queue a frame that must arrive; never blocks."""
        with self._ready:
            # What follows this frame must not be merged into something before it.
            self._appendable.clear()
            too_much = self._bytes + len(data) > self._hard and bool(self._queue)
            if not too_much:
                self._push(_Outgoing(data=data, size=len(data)))
        if too_much:
            self._lose(f"the client did not read {self._bytes} bytes")

    def append(self, key: Hashable, text: str, render: Callable[[str], bytes]) -> None:
        """Queue more text of something that grows: merged into the frame of the same `key` if that still waits."""
        with self._ready:
            if self._bytes + len(text) > self._soft:
                self.dropped += 1
                return
            waiting = self._appendable.get(key)
            if waiting is not None:
                waiting.parts.append(text)
                waiting.size += len(text)
                self._bytes += len(text)
                return
            item = _Outgoing(parts=[text], render=render, size=len(text) + _FRAME_BYTES, key=key)
            self._appendable[key] = item
            self._push(item)

    def replace(self, key: Hashable, data: bytes) -> None:
        """Queue a state of which only the latest matters: takes the place of the one of the same `key`."""
        with self._ready:
            waiting = self._replaceable.get(key)
            if waiting is not None:
                self._bytes += len(data) - waiting.size
                waiting.data, waiting.size = data, len(data)
                return
            if self._bytes + len(data) > self._soft:
                self.dropped += 1
                return
            item = _Outgoing(data=data, size=len(data), key=key)
            self._replaceable[key] = item
            self._push(item)

    def close(self) -> None:
        """Take no more; what is queued is still written."""
        with self._ready:
            self._closing = True
            self._ready.notify()

    def finish(self, timeout_s: float) -> bool:
        """Close, wait until everything is written, and say whether it was."""
        self.close()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _push(self, item: _Outgoing) -> None:
        if self._closing or self._lost:
            return
        self._queue.append(item)
        self._bytes += item.size
        self._ready.notify()

    def _write_all(self) -> None:
        while True:
            with self._ready:
                while not self._queue and not self._closing:
                    self._ready.wait()
                if not self._queue:
                    return
                item = self._queue.popleft()
                if self._appendable.get(item.key) is item:
                    del self._appendable[item.key]
                if self._replaceable.get(item.key) is item:
                    del self._replaceable[item.key]
            try:
                self._write(item.bytes())
            except OSError as error:
                self._lose(f"writing to the client failed: {error}")
                return
            with self._ready:
                self._bytes = max(0, self._bytes - item.size)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._descriptor, view) :]
            except BlockingIOError:  # some clients hand their ends over as they use them, without blocking
                select.select([], [self._descriptor], [])

    def _lose(self, reason: str) -> None:
        with self._ready:
            if self._lost:
                return
            self._lost = True
            self._queue.clear()
            self._appendable.clear()
            self._replaceable.clear()
            self._bytes = 0
            self._closing = True
            self._ready.notify()
        self._on_lost(reason)
