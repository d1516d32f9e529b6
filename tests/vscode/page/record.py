"""Records what a real server tells a chat, for the tests of the chat page: `python tests/vscode/page/record.py`.

The model is scripted; the server, its tools and its questions are real. Paths, ids and times are made the same each
time, so that a new recording differs only where the server does.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from conduit.lsp.client import EditorClient, EditorOptions

HERE = Path(__file__).parent
SOURCE = '''"""Opening hours of a small shop."""

OPENS = 9
CLOSES = 18


def is_open(hour: int) -> bool:
    """Tell whether the shop is open at a full hour."""
    return OPENS <= hour <= CLOSES
'''
ANSWER = """The bug is in `is_open`: the shop closes **at** 18, so the comparison has to exclude that hour.

```python
def is_open(hour: int) -> bool:
    \"\"\"Tell whether the shop is open at a full hour.\"\"\"
    return OPENS <= hour < CLOSES
```

What changes:

1. `18` is no longer open.
2. Everything else stays the same:
   - `9` is open,
   - `17` is open.

| hour | before | after |
|-----:|:------:|:-----:|
| 9 | open | open |
| 18 | **open** | closed |

> The tests did not cover the closing hour.

See [shop.py](shop.py#L9) and the [style guide](https://peps.python.org/pep-0008/).
"""
RULES: list[dict[str, Any]] = [
    {
        "when": {"user": "closing hour", "round": 0},
        "reply": [
            {"think": ["I should look at the file first.", "\n\nThen I can say where the comparison is wrong."]},
            {"text": "I will read the file and look for other uses."},
            {"call": "read_file", "arguments": {"path": "shop.py"}},
            {"call": "search_text", "arguments": {"query": "is_open"}},
        ],
        "usage": {"input_tokens": 5200, "output_tokens": 180},
    },
    {
        "when": {"user": "closing hour", "round": 1},
        "reply": [{"text": ANSWER}],
        "usage": {"input_tokens": 6100, "output_tokens": 420},
    },
    {
        "when": {"user": "Fix it", "round": 0},
        "reply": [
            {"text": "I change the comparison."},
            {
                "call": "edit_file",
                "arguments": {
                    "path": "shop.py",
                    "old_text": "OPENS <= hour <= CLOSES",
                    "new_text": "OPENS <= hour < CLOSES",
                },
            },
        ],
    },
    {"when": {"user": "Fix it", "round": 1}, "reply": [{"text": "Done: the shop is closed at 18 now."}]},
    {"when": {"user": "missing", "round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "opening.py"}}]},
    {"when": {"user": "missing"}, "reply": [{"text": "There is no such file."}]},
    {"when": {"user": "with a bad key"}, "reply": [{"fail": {"kind": "auth", "message": "The key was refused."}}]},
]


async def record(name: str, mode: str, prompts: list[str]) -> None:
    """Write the recording of one conversation."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        project = home / "project"
        project.mkdir()
        (project / "shop.py").write_text(SOURCE)
        script = home / "script.json"
        script.write_text(json.dumps({"rules": RULES}))
        env = {**os.environ, "CONDUIT_SCRIPT": str(script), "CONDUIT_MODEL": "scripted/demo"}
        env |= {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA", "CACHE")}
        events: list[dict[str, Any]] = []

        async def permit(params: dict[str, Any]) -> str:
            events.append({"question": params})
            return "allow_once"

        options = EditorOptions(conduit={"permission": True, "updates": True, "status": True})
        command = [sys.executable, "-m", "conduit", "serve"]
        async with await EditorClient.start(command, project, options=options, permit=permit, env=env) as editor:
            editor.listen(lambda method, params: events.append({"update": params}) if "update" in params else None)
            opened = await editor.request("conduit/session/new", {"mode": mode})
            for prompt in prompts:
                content = [{"type": "text", "text": prompt}]
                if "closing" in prompt:
                    uri = (project / "shop.py").as_uri()
                    content.append({"type": "resource_link", "uri": uri, "name": "shop.py"})
                await editor.request("conduit/session/prompt", {"sessionId": opened["sessionId"], "prompt": content})
            models = await editor.request("conduit/models/list", {})
            listed = await editor.request("conduit/session/list", {})
            await editor.shutdown()
    said = {"opened": opened, "models": models, "sessions": listed}
    parts = [f'"{key}": {_line(said[key])}' for key in ("opened", "models", "sessions")]
    parts.append('"events": [\n' + ",\n".join(map(_line, events)) + "\n]")
    text = _steady("{\n" + ",\n".join(parts) + "\n}\n", str(project))
    await asyncio.to_thread((HERE / "recordings" / f"{name}.json").write_text, text)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _steady(text: str, project: str) -> str:
    text = text.replace(project, "/project")
    ids: dict[str, str] = {}
    for found in re.findall(r"\b(?:ses|turn|msg|chg|hunk|call)?_?[0-9a-f]{12,32}\b|\b[0-9A-HJKMNP-TV-Z]{26}\b", text):
        ids.setdefault(found, f"id-{len(ids) + 1}")
    for old, new in sorted(ids.items(), key=lambda each: -len(each[0])):
        text = text.replace(old, new)
    return re.sub(r'("(?:at|createdAt|updatedAt)": )\d+\.?\d*', r"\g<1>1800000000.0", text)


async def main() -> None:
    """Record everything."""
    await record("talk", "ask", ["Why is the shop open at the closing hour?", "And what about a missing file?"])
    await record("auto", "auto", ["Fix it, please."])
    await record("review", "review", ["Fix it, please."])
    await record("refused", "ask", ["Ask with a bad key."])


if __name__ == "__main__":
    asyncio.run(main())
