"""Keeps the text of a running answer beside the log, a few times a second, so that a crash loses almost none of it."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

from conduit.errors import StoreError
from conduit.sessions.base import SessionStore

log = logging.getLogger(__name__)

FLUSH_S = 0.1
"""Seconds that shown text may be missing from the disk."""

Kind = Literal["text", "thinking"]


class PartialKeeper:
    """Groups deltas of one answer into few writes; never holds up the stream."""

    def __init__(self, store: SessionStore, session_id: str, message_id: str) -> None:
        self._store = store
        self._session_id = session_id
        self._message_id = message_id
        self._waiting: list[tuple[Kind, str]] = []
        self._writer: asyncio.Task[None] | None = None

    def add(self, kind: Kind, text: str) -> None:
        """Take a delta; it is on the disk within about `FLUSH_S`."""
        if self._waiting and self._waiting[-1][0] == kind:
            self._waiting[-1] = (kind, self._waiting[-1][1] + text)
        else:
            self._waiting.append((kind, text))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon())

    def stop(self) -> None:
        """The answer itself is about to be appended: what waits is not needed any more."""
        self._waiting.clear()
        if self._writer is not None:
            self._writer.cancel()

    async def _write_soon(self) -> None:
        await asyncio.sleep(FLUSH_S)
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for kind, text in waiting:
                try:
                    await self._store.keep_partial(self._session_id, self._message_id, kind, text)
                except StoreError as error:
                    log.warning("the running answer could not be kept: %s", error)
            if self._waiting:
                await asyncio.sleep(FLUSH_S)
