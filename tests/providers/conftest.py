from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from conduit.config.folders import find_folders
from conduit.providers.weights import Weights
from fakes.dashscope_server import DashScopeServer
from fakes.faulty_server import FaultyServer, running
from fakes.ollama_server import Model, OllamaServer


@pytest.fixture(scope="session")
def embedded_weights() -> Path:
    """The person's own weights: one download at set-up serves the demo and every test run."""
    return asyncio.run(Weights(find_folders().data / "weights").ensure())


@pytest_asyncio.fixture
async def llmock(request: pytest.FixtureRequest, llmock: Any) -> AsyncIterator[Any]:
    """The server of a scenario: llmock, or one of ours where llmock does not speak the vendor's format."""
    vendor = getattr(request.node, "callspec", None) and request.node.callspec.params.get("vendor")
    ours: dict[str, FaultyServer] = {"ollama": OllamaServer(models={"written": Model()}), "qwen": DashScopeServer()}
    if vendor not in ours:
        yield llmock
        return
    async with running(ours[vendor]) as server:
        yield server
        assert server.refused == []
