"""A real server: every request sees the document with all changes that were sent before it, and with none after."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsp.raw import RawServer, notification, request

ROUNDS = 300


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RawServer]:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "app.py").write_text("on disk\n")
    rules = [
        {"when": {"user": "^read", "round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "app.py"}}]},
        # The numbers are the order in which they were typed, each before the one that was there.
        {
            "when": {"user": "^read", "round": 1, "result": " ".join(map(str, range(ROUNDS, 0, -1)))},
            "reply": [{"text": ["All of it, in order."]}],
        },
    ]
    (tmp_path / "script.json").write_text(json.dumps({"rules": rules}))
    running = RawServer(home=tmp_path, env={"CONDUIT_SCRIPT": str(tmp_path / "script.json")})
    yield running
    running.close()


def actions(id_: int, uri: str) -> dict[str, object]:
    start = {"line": 0, "character": 0}
    params = {"textDocument": {"uri": uri}, "range": {"start": start, "end": start}, "context": {"diagnostics": []}}
    return request(id_, "textDocument/codeAction", params)


def version_in(answer: dict[str, object]) -> int:
    versions = [action["command"]["arguments"][0].get("version") for action in answer["result"]]
    return next(version for version in versions if version is not None)


def test_a_request_between_changes_sees_exactly_those_before_it(server: RawServer, tmp_path: Path) -> None:
    root = tmp_path / "project"
    uri = (root / "app.py").as_uri()
    server.initialize(
        rootUri=root.as_uri(),
        capabilities={"workspace": {"applyEdit": True}},
        initializationOptions={"conduit": {"updates": True}},
    )
    item = {"uri": uri, "languageId": "python", "version": 0, "text": ""}
    server.send(
        notification("initialized", {}),
        notification("textDocument/didOpen", {"textDocument": item}),
        actions(10_000, uri),
    )
    assert version_in(server.answer(10_000, 30)) == 0
    chosen = random.Random(5)
    start = {"line": 0, "character": 0}
    asked: list[int] = []
    messages: list[dict[str, object]] = []
    for version in range(1, ROUNDS + 1):
        change = {"range": {"start": start, "end": start}, "text": f"{version} "}
        name = {"uri": uri, "version": version}
        messages.append(notification("textDocument/didChange", {"textDocument": name, "contentChanges": [change]}))
        if chosen.random() < 0.7:
            asked.append(version)
            messages.append(actions(version, uri))
    server.send(*messages)
    assert [version_in(server.answer(version, 30)) for version in asked] == asked
    server.send(request("new", "conduit/session/new", {"cwd": str(root)}))
    session = server.answer("new", 30)["result"]["sessionId"]
    prompt = [{"type": "text", "text": "read it"}]
    server.send(request("prompt", "conduit/session/prompt", {"sessionId": session, "prompt": prompt}))
    said = []
    while (message := server.messages.get(timeout=30)) is not None and message.get("id") != "prompt":
        said.append(json.dumps(message))
    assert message is not None
    assert message["result"]["stopReason"] == "end_turn"
    assert any("All of it, in order." in each for each in said)
