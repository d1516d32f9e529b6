"""Real servers driven by the headless editor, each in a home of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conduit.lsp.client import EditorClient, EditorOptions, Permit

SERVE = [sys.executable, "-m", "conduit", "serve"]


@dataclass
class Bench:
    """A project folder with a script for the model; `start` opens it in an editor."""

    root: Path
    home: Path

    def script(self, *rules: Mapping[str, object]) -> None:
        (self.home / "script.json").write_text(json.dumps({"rules": list(rules)}))

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    @property
    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "CONDUIT_MODEL": "scripted/demo",
            "CONDUIT_SCRIPT": str(self.home / "script.json"),
        }

    async def start(
        self,
        *,
        options: EditorOptions | None = None,
        permit: Permit | None = None,
        command: Sequence[str] = SERVE,
        initialize: bool = True,
        **env: str,
    ) -> EditorClient:
        return await EditorClient.start(
            command, self.root, options=options, permit=permit, env={**self.env, **env}, initialize=initialize
        )


async def chat(editor: EditorClient, session_id: str, text: str, **more: object) -> dict[str, object]:
    """Send a prompt and return how the turn ended."""
    prompt = [{"type": "text", "text": text}]
    return await editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": prompt, **more})


async def new_session(editor: EditorClient, root: Path, **more: object) -> str:
    """Open a session and return its id."""
    return (await editor.request("conduit/session/new", {"cwd": str(root), **more}))["sessionId"]
