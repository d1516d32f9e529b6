"""An App on a real store with a scripted model and no editor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.opening import Opening, opening_in
from conduit.agent.permission import DenyAll
from conduit.app import App
from conduit.compose import open_app
from conduit.workspace.editor import HeadlessEditor
from fakes.editor import FakeEditor

RULES = [
    {"when": {"user": "^hold"}, "reply": [{"text": "I hold"}, {"hold": True}]},
    {"reply": [{"text": "Hello."}]},
]


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """The App of a project of one file; its state is under `tmp_path / "state"`."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text("value = 1\n")
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": RULES}))
    environ = {
        "HOME": str(tmp_path),
        "CONDUIT_STATE_DIR": str(tmp_path / "state"),
        "CONDUIT_CONFIG_DIR": str(tmp_path / "config"),
        "CONDUIT_DATA_DIR": str(tmp_path / "data"),
        "CONDUIT_SCRIPT": str(script),
        "CONDUIT_MODEL": "scripted/demo",
    }
    opened = await open_app([root], {}, HeadlessEditor(), FakeEditor(), DenyAll(), environ=environ)
    yield opened
    await opened.aclose()


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    """Opens an App whose vendors have the given addresses, and only the given keys."""
    return opening_in(tmp_path)
