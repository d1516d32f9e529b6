"""`conduit undo` and `conduit redo`, on what `conduit ask` changed."""

from __future__ import annotations

import json

import pytest

BEFORE = "one\ntwo\nthree\n"
AFTER = "one\nTWO\nthree\n"
EDITS = {
    "when": {"user": "edit", "round": 0},
    "reply": [
        {"call": "edit_file", "arguments": {"path": "a.txt", "old_text": "two", "new_text": "TWO"}},
        {"call": "edit_file", "arguments": {"path": "new.txt", "old_text": "", "new_text": "new\n"}},
    ],
}


@pytest.fixture
def turn(line) -> str:
    """The id of a turn that changed a file and created one."""
    (line.folder / "a.txt").write_text(BEFORE)
    line.script(EDITS, {"reply": [{"text": "Done."}]})
    done = line.run("ask", "--mode", "auto", "--yes", "--json", "edit it")
    assert done.returncode == 0, done.stderr
    assert (line.folder / "a.txt").read_text() == AFTER
    assert (line.folder / "new.txt").read_text() == "new\n"
    return json.loads(done.stdout.splitlines()[-1])["turn_id"]


def test_a_turn_is_taken_back_around_what_was_written_later_and_made_again(line, turn):
    (line.folder / "a.txt").write_text(AFTER + "four\n")
    dry = line.run("undo", "--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert dry.stdout == (
        "Undo would take back the changes of 2 files: a.txt (1 line), new.txt (removed). "
        "What was changed later in a.txt (1 line) stayed.\n"
    )
    assert (line.folder / "new.txt").exists()
    undone = line.run("undo")
    assert undone.stdout.startswith("Took back the changes of 2 files")
    assert (line.folder / "a.txt").read_text() == BEFORE + "four\n"
    assert not (line.folder / "new.txt").exists()
    redone = json.loads(line.run("redo", "--json").stdout)
    assert (redone["turn_id"], redone["cause"]) == (turn, "redo")
    assert [(file["name"], file["verb"]) for file in redone["files"]] == [("a.txt", "edit"), ("new.txt", "create")]
    assert redone["change_id"]
    assert (line.folder / "a.txt").read_text() == AFTER + "four\n"
    assert (line.folder / "new.txt").read_text() == "new\n"


def test_a_turn_and_a_session_are_found_by_the_beginning_of_their_ids(line, turn):
    session = line.run("sessions", "list").stdout.split()[0]
    preview = json.loads(line.run("undo", session[:12], "--turn", turn[:12], "--dry-run", "--json").stdout)
    assert (preview["session_id"], preview["turn_id"], preview["change_id"]) == (session, turn, None)
    wrong = line.run("undo", "--turn", "nope")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "conduit: No turns with changes begin with 'nope' in this session.\n"
    nobody = line.run("undo", "nope")
    assert (nobody.returncode, "no session 'nope'" in nobody.stderr) == (1, True)


def test_nothing_to_undo_is_said_with_code_1(line, turn):
    (line.folder / "new.txt").write_text("mine\n")
    (line.folder / "a.txt").write_text("mine\n")
    kept = line.run("undo")
    assert kept.returncode == 1
    assert "Nothing of this turn can be taken back." in kept.stderr
    assert (line.folder / "new.txt").read_text() == "mine\n"
    nothing = line.run("redo")
    assert nothing.returncode == 1
    assert nothing.stderr == "conduit: There is nothing to redo in the conversations of this workspace.\n"
    assert line.run("undo", "--cwd", str(line.home)).returncode == 1


def test_the_doctor_says_how_much_is_kept(line, turn):
    checks = json.loads(line.run("doctor", "--json").stdout)["checks"]
    (found,) = [each["detail"] for each in checks if each["name"] == "checkpoints"]
    assert "(3 texts of changed files" in found


def test_changes_are_taken_back_although_the_configured_model_is_unknown(line, turn):
    undone = line.run("undo", environ={"CONDUIT_MODEL": "sonet"})
    assert (undone.returncode, undone.stderr) == (0, "")
    assert (line.folder / "a.txt").read_text() == BEFORE
    assert line.run("redo", environ={"CONDUIT_MODEL": "sonet"}).returncode == 0
    assert (line.folder / "a.txt").read_text() == AFTER
