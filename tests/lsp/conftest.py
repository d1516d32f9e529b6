"""A person's home, a small project, and headless editors on it with a scripted model."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from conduit.lsp.client import EditorClient, EditorOptions, Permit
from lsp.raw import SERVE, home_env

RULES = [
    {"when": {"user": "^say "}, "reply": [{"text": ["one ", "two ", "three"]}]},
    {
        "when": {"user": "^stream"},
        "reply": [{"text": ["one ", "two "]}, {"pause_s": 0.2}, {"text": ["three"]}],
    },
    {"when": {"user": "^wait"}, "reply": [{"text": "I wait"}, {"hold": True}]},
    {
        "when": {"user": "^read", "round": 0},
        "reply": [{"think": "I should read it."}, {"call": "read_file", "arguments": {"path": "app.py"}}],
    },
    {"when": {"user": "^read", "round": 1, "result": "unsaved"}, "reply": [{"text": "It holds unsaved text."}]},
    {"when": {"user": "^read", "round": 1}, "reply": [{"text": "It is as on disk."}]},
    {
        "when": {"user": "^edit", "round": 0},
        "reply": [
            {"call": "edit_file", "arguments": {"path": "app.py", "old_text": "1", "new_text": "42"}},
        ],
    },
    {"when": {"user": "^edit", "round": 1}, "reply": [{"text": "Edited."}]},
    {"when": {"user": "^flood"}, "reply": [{"text": ["x" * 1000] * 12000}]},
]

StartEditor = Callable[..., Awaitable[EditorClient]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one file."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "app.py").write_text("value = 1\n")
    return root


@pytest.fixture
async def start_editor(tmp_path: Path, project: Path) -> AsyncIterator[StartEditor]:
    """Start editors on the project; they are ended with the test."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": RULES}))
    editors: list[EditorClient] = []

    async def start(
        options: EditorOptions | None = None, permit: Permit | None = None, env: Mapping[str, str] | None = None
    ) -> EditorClient:
        variables = {**os.environ, **home_env(tmp_path), "CONDUIT_SCRIPT": str(script), **(env or {})}
        editor = await EditorClient.start(SERVE, project, options=options, permit=permit, env=variables)
        editors.append(editor)
        return editor

    yield start
    for editor in editors:
        await editor.wire.aclose()
