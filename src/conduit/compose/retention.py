"""Removes the saved texts of changed files that are older than the person wants; only if they said so."""

from __future__ import annotations

import asyncio
import logging
import time

from conduit.errors import StoreError
from conduit.sessions.base import SessionStore
from conduit.sessions.blobs import BlobStore
from conduit.sessions.events import FilePending

log = logging.getLogger(__name__)
_DAY_S = 86_400


async def expire_texts(store: SessionStore, blobs: BlobStore, keep_days: int | None) -> int:
    """Remove the texts that no change of the last `keep_days` days has, and return how many went.

    What waits for the person is kept, however old it is. What cannot be removed is removed another time.
    """
    if keep_days is None:
        return 0
    try:
        waiting = [stored.event for stored in await store.events_of("file_pending")]
        keep = {event.base for event in waiting if isinstance(event, FilePending) and event.base is not None}
        gone = await asyncio.to_thread(blobs.expire, time.time() - keep_days * _DAY_S, keep)
    except StoreError as error:
        log.warning("%s", error)
        return 0
    log.info("%d saved texts older than %d days were removed", gone, keep_days)
    return gone
