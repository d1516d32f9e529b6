from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conduit.sessions.store import open_store

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
async def desk(tmp_path: Path):
    from desk import Desk

    root = tmp_path / "project"
    root.mkdir()
    store = await open_store(tmp_path / "state" / "sessions.db")
    yield Desk(store, root)
    await store.aclose()
