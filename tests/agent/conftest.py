from __future__ import annotations

from pathlib import Path

import pytest

from agent.desk import Desk
from conduit.sessions.store import open_store


@pytest.fixture
async def desk(tmp_path: Path):
    root = tmp_path / "project"
    root.mkdir()
    store = await open_store(tmp_path / "state" / "sessions.db")
    yield Desk(store, root)
    await store.aclose()
