from __future__ import annotations

from pathlib import Path

import pytest

from e2e.harness import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    root, home = tmp_path / "project", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    return Bench(root, home)
