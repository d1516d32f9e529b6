"""Forty files in review in a real Neovim, whose server is killed and started again while the hunks wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from e2e.forty import ACCEPTED, CREATED, MOVED, NUMBERS, REGENERATED, TYPED, Expected, name, rules, text, write_files
from e2e.neovim import Play


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    write_files(folder)
    return folder


def ids(step: dict[str, Any]) -> list[str]:
    return sorted(hunk["hunkId"] for hunk in step["hunks"])


@pytest.mark.timeout(120)
def test_hunks_of_forty_files_outlive_a_killed_server_and_every_byte_is_as_expected(play: Play, folder: Path):
    accept = [f"{name(number)} edit" for number in ACCEPTED] + [f"{MOVED} move", f"{CREATED} create"]
    decisions = {"accept": accept, "regenerate": name(REGENERATED)}
    seen = play("forty_files", folder, rules(), {"CONDUIT_TEST_DECISIONS": json.dumps(decisions)})
    steps = seen["steps"]
    expected = Expected()
    expected.buffers = {
        name(0): text(0) + "# mine, behind\n",
        name(1): "# mine, before\r\n" + text(1),
        name(2): text(2).replace("return 2", "return 2 + mine"),
    }

    def compare(step: str) -> None:
        assert steps[step]["files"] == expected.disk, step
        lines = {name(number): expected.buffers[name(number)].splitlines() for number in TYPED}
        assert steps[step]["lines"] == lines, step

    compare("proposed")
    assert len(steps["proposed"]["hunks"]) == len(NUMBERS) - 1 + 3
    compare("restarted")
    assert steps["restarted"]["hunks"] == steps["proposed"]["hunks"]
    expected.accept()
    compare("accepted")
    compare("regenerated")
    (anew,) = [hunk for hunk in steps["regenerated"]["hunks"] if hunk["name"] == name(REGENERATED)]
    assert anew["newText"].strip() == "return 'anew'"
    compare("rejected")
    assert steps["rejected"]["hunks"] == []
    expected.buffers[name(0)] = "# typed after the decision\n" + expected.buffers[name(0)]
    expected.take_back()
    compare("undone")
    assert not any(file["problems"] or file["kept"] for file in seen["undone"]["files"])
    assert ids(steps["undone"]) == sorted(seen["chosen"])
    expected.accept()
    compare("redone")
    assert steps["redone"]["hunks"] == []
