"""Neovim 0.11 lends its other language servers to the model: a second, small server runs beside Conduit."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from conduit.workspace.language import Ability
from e2e.neovim import HERE, Play

A = "def add(a, b): return '😀', add(a, b)  # TODO\n"
B = "from a import add\nadd(1, 2)\n"
TYPED = "# 😀"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two files that belong together."""
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / "a.py").write_text(A)
    (folder / "b.py").write_text(B)
    return folder


def ask(play: Play, folder: Path, speaks: str, *calls: dict[str, Any]) -> dict[str, Any]:
    """Let a model make some calls, one after the other, beside a server that speaks of problems in this way."""
    rules = [
        {"when": {"round": number}, "reply": [{"call": call["tool"], "arguments": call["arguments"]}]}
        for number, call in enumerate(calls)
    ]
    environment = {
        "CONDUIT_TEST_SERVER": f"{sys.executable} {HERE / 'nvim' / 'words_server.py'} {speaks}",
        "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE.parent.parent / "src")]),
        "CONDUIT_DIAGNOSTICS_WAIT_S": "30" if speaks in ("push", "pull") else "1",
    }
    return play("abilities", folder, [*rules, {"when": {}, "reply": [{"text": "Done."}]}], environment)


def call(tool: str, **arguments: object) -> dict[str, Any]:
    return {"tool": tool, "arguments": arguments}


def test_the_model_finds_and_renames_by_the_other_server(play: Play, folder: Path):
    seen = ask(
        play,
        folder,
        "push",
        call("find_references", path="a.py", line=2, symbol="add", occurrence=2),
        call("go_to_definition", path="b.py", line=2, symbol="add"),
        call("list_symbols", path="a.py"),
        call("list_symbols", query="ad"),
        call("rename_symbol", path="a.py", line=2, symbol="add", occurrence=2, new_name="plus"),
    )
    assert seen["encoding"] == ["utf-8", "utf-16"]
    line = A.rstrip()
    assert seen["results"][:4] == [
        f"a.py\n2\t{line}\nb.py\n1\tfrom a import add\n2\tadd(1, 2)",
        f"a.py\n2\t{line}",
        "a.py\n2\tfunction add",
        "a.py\n2\tfunction add",
    ]
    assert "Renamed 'add' to 'plus' in 2 files" in seen["results"][4]
    assert seen["lines"] == [TYPED, line.replace("add", "plus")]
    assert seen["saved"] == [line]
    # The file that nobody had opened was loaded for the question, changed as a buffer, and saved as it was before.
    assert seen["hidden"] == seen["on_disk"] == B.replace("add", "plus").splitlines()


@pytest.mark.parametrize("speaks", ["push", "pull"])
def test_diagnostics_after_an_edit_are_those_of_the_edited_text(play: Play, folder: Path, speaks: str):
    seen = ask(
        play,
        folder,
        speaks,
        call("edit_file", path="a.py", old_text="# TODO", new_text="# TODO and TODO"),
        call("diagnostics", path="a.py"),
    )
    headline, *problems = seen["results"][1].splitlines()
    assert headline.endswith("(as it is in the editor now): 2 problems")
    columns = [A.index("TODO") + 1, A.index("TODO") + 10]
    assert problems == [f"2:{column}\twarning\tthere is something to do [words W1]" for column in columns]


@pytest.mark.parametrize("speaks", ["behind", "unversioned"])
def test_diagnostics_of_an_older_or_unknown_version_are_not_given_to_the_model(play: Play, folder: Path, speaks: str):
    seen = ask(play, folder, speaks, call("diagnostics", path="a.py"))
    assert seen["results"][0].startswith("Not known yet for version")
    assert "something to do" not in seen["results"][0]


def test_a_code_action_of_the_other_server_becomes_an_edit(play: Play, folder: Path):
    seen = ask(
        play,
        folder,
        "push",
        call("code_actions", path="a.py", line=2),
        call("apply_code_action", path="a.py", line=2, title="Run the tests"),
        call("apply_code_action", path="a.py", line=2, title="Remove every TODO"),
    )
    assert seen["results"][0].splitlines()[0] == "Remove every TODO (quickfix) [the usual one]"
    assert "is a command of the editor" in seen["results"][1]
    assert seen["results"][2].startswith("Did 'Remove every TODO'. Applied to a.py in the editor")
    assert seen["lines"] == [TYPED, A.rstrip().replace("TODO", "DONE")]


def test_neovim_saves_what_was_meant_and_shows_a_difference(play: Play, folder: Path):
    seen = play("lending", folder, [])
    assert seen["early"] == {"saved": False, "version": seen["version"], "reason": "it was changed meanwhile"}
    assert seen["before"] == A.splitlines()
    assert seen["saved"] == {"saved": True, "version": seen["version"]}
    assert seen["on_disk"] == ["# typed", *A.splitlines()]
    assert seen["closed"] == {"saved": False, "reason": "it is not open"}
    assert sorted(seen["sides"]) == [[["one", "2"], True], [["one", "two"], True]]
    assert seen["nothing"] == {"text": ""}
    assert "no language server of this file offers textDocument/rename" in seen["failed"]
    assert seen["offers"] == len(Ability)


def test_the_terminals_selection_goes_along_and_a_turns_changes_are_shown_side_by_side(play: Play, folder: Path):
    (folder / "app.py").write_text("one = 1\n")
    edits = [
        {"call": "edit_file", "arguments": {"path": "app.py", "old_text": "1", "new_text": "11"}},
        {"call": "edit_file", "arguments": {"path": "b.py", "old_text": "2", "new_text": "22"}},
    ]
    rules = [
        {"when": {"user": "FAILED test_a\\n`"}, "reply": [{"text": "I see test_a."}]},
        {"when": {"user": "^change", "round": 0}, "reply": edits},
        {"when": {"user": "^change"}, "reply": [{"text": "Both are changed."}]},
    ]
    seen = play("borrowed", folder, rules)
    assert seen["kept"] == ["why @terminal?"]
    assert seen["offered"][0] == "@terminal"
    assert "## You\n\nwhy @terminal?\n\n## Conduit\n\nI see test_a." in seen["chat"]
    assert seen["asked"] == ["app.py", "b.py"]
    difference = {"title": "app.py: before and after this turn", "diff": True}
    left, right = sorted(seen["sides"], key=lambda side: side.pop("column"))
    assert left == {**difference, "lines": ["# typed", "one = 1", ""]}
    assert right == {**difference, "lines": ["# typed", "one = 11", ""]}
