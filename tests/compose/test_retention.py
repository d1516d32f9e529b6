"""Saved texts go only after the time that the person set, and never those of hunks that wait."""

from __future__ import annotations

import os
from pathlib import Path

from conduit.compose.retention import expire_texts
from conduit.sessions.blobs import BlobStore
from conduit.sessions.events import FilePending, SessionOpened
from fakes.memory_store import MemoryStore


async def test_old_texts_go_only_when_that_was_set_and_nothing_waits_on_them(tmp_path: Path):
    store, blobs = MemoryStore(), BlobStore(tmp_path / "blobs")
    old, waiting, young = blobs.put_all(["old", "waiting", "young"])
    for name in (old, waiting):
        os.utime(blobs.folder / name[:2] / name[2:], (1, 1))
    session = await store.open_session(SessionOpened(title="", mode="review", model="m", cwd="/"))
    await store.append(session.id, FilePending(turn_id="t", path="/a", name="a", base=waiting, hunks=()))
    assert await expire_texts(store, blobs, None) == 0
    assert blobs.size().count == 3
    assert await expire_texts(store, blobs, 30) == 1
    assert [blobs.text(name) for name in (waiting, young)] == ["waiting", "young"]
    await store.aclose()
    assert await expire_texts(store, blobs, 30) == 0  # it is tried again another time
