"""HunkLog: what the log says of proposals, read from where it was read last; used by `Reviews` alone.

Several processes may have a session, and each of them writes what becomes of its proposals. What this process wrote is
known here already, and is no news. It decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from conduit.app.hunk_states import dropped_ids, newest_with, pending_file
from conduit.edits.review import PendingFile
from conduit.sessions.base import SessionStore
from conduit.sessions.blobs import BlobStore
from conduit.sessions.events import FilePending, StoredEvent


@dataclass(frozen=True, slots=True)
class News:
    """What other processes wrote: files as they wait now, also those in which nothing does, and hunks that are gone."""

    files: tuple[PendingFile, ...]
    dropped: frozenset[str]


class HunkLog:
    """The events about proposals of one workspace."""

    def __init__(self, store: SessionStore, texts: BlobStore) -> None:
        self._store = store
        self._texts = texts
        self._read: dict[str, int] = {}
        self._seen: int | None = None
        self._own: set[int] = set()
        self._locks: dict[str, asyncio.Lock] = {}

    def own(self, last: int, count: int) -> None:
        """Say that this process wrote `count` events, the last of which is `last`."""
        self._own.update(range(last - count + 1, last + 1))

    @asynccontextmanager
    async def reading(self, session_id: str) -> AsyncIterator[News]:
        """Give what is new in a session; the next one gets it when this one has taken it in."""
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            start = self._read.get(session_id, 0)
            events = await self._store.events_of("file_pending", "hunk_decided", session_id=session_id, after=start)
            foreign = [each for each in events if each.seq not in self._own]
            newest = {each.event.path: each.event for each in foreign if isinstance(each.event, FilePending)}
            yield News(tuple([await self._file(event) for event in newest.values()]), frozenset(dropped_ids(foreign)))
            self._read[session_id] = max([start, *(each.seq for each in events)])

    async def news(self) -> list[StoredEvent]:
        """Return what other processes wrote in any session since this was asked last; the first time, nothing."""
        events = await self._store.events_of("file_pending", "hunk_decided", after=self._seen or 0)
        first, self._seen = self._seen is None, max([self._seen or 0, *(each.seq for each in events)])
        return [] if first else [each for each in events if each.seq not in self._own]

    async def past(self, session_id: str, ids: Collection[str]) -> list[PendingFile]:
        """Return files with these hunks as they waited last, and with no others."""
        newest = newest_with(await self._store.events_of("file_pending", session_id=session_id), ids)
        files = [await self._file(event) for event in newest.values()]
        return [file.without({hunk.id for hunk in file.hunks} - set(ids)) for file in files]

    async def _file(self, event: FilePending) -> PendingFile:
        waits = event.base is not None and bool(event.hunks)
        return pending_file(event, await asyncio.to_thread(self._texts.text, event.base or "") if waits else None)
