from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from conduit.config.folders import find_folders
from conduit.providers.weights import Weights


@pytest.fixture(scope="session")
def embedded_weights() -> Path:
    """The person's own weights: one download at set-up serves the demo and every test run."""
    return asyncio.run(Weights(find_folders().data / "weights").ensure())
