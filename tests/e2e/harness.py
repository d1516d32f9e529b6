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

SHOP = "from prices import price\n\n\ndef total(items):\n    return sum(prise(item) for item in items)\n"
PROBLEM: dict[str, object] = {
    "range": {"start": {"line": 4, "character": 15}, "end": {"line": 4, "character": 20}},
    "message": "undefined name 'prise'",
    "severity": 1,
    "source": "pyflakes",
    "code": "F821",
}
CARET = {"start": {"line": 4, "character": 16}, "end": {"line": 4, "character": 16}}


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


async def actions(
    editor: EditorClient,
    uri: str,
    *,
    only: list[str] | None = None,
    range_: Mapping[str, object] = CARET,
    diagnostics: Sequence[Mapping[str, object]] = (PROBLEM,),
) -> dict[str, dict[str, object]]:
    """Return the menu of a place, by title; by default that of the misspelt name in `SHOP`."""
    context = {"diagnostics": list(diagnostics), **({"only": only} if only else {})}
    params = {"textDocument": {"uri": uri}, "range": range_, "context": context}
    return {each["title"]: each for each in await editor.request("textDocument/codeAction", params)}


async def carry_out(editor: EditorClient, action: dict[str, object]) -> dict[str, object]:
    """Pick an action of a menu, or a lens."""
    command = action["command"]
    return await editor.command(command["command"], *command["arguments"])
