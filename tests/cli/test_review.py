"""`conduit review`, on what `conduit ask --mode review` proposed."""

from __future__ import annotations

import json

import pytest

BEFORE = "one\ntwo\nthree\nfour\nfive\n"
EDITS = {
    "when": {"user": "edit", "round": 0},
    "reply": [
        {"call": "edit_file", "arguments": {"path": "a.txt", "old_text": "one", "new_text": "ONE"}},
        {"call": "edit_file", "arguments": {"path": "a.txt", "old_text": "five", "new_text": "FIVE"}},
        {"call": "edit_file", "arguments": {"path": "new.txt", "old_text": "", "new_text": "new\n"}},
    ],
}


@pytest.fixture
def proposed(line) -> list[dict[str, object]]:
    """The hunks that wait."""
    (line.folder / "a.txt").write_text(BEFORE)
    line.script(EDITS, {"reply": [{"text": "Done."}]})
    done = line.run("ask", "--mode", "review", "edit it")
    assert done.returncode == 0, done.stderr
    assert (line.folder / "a.txt").read_text() == BEFORE
    listed = line.run("review", "list", "--json")
    return [json.loads(each) for each in listed.stdout.splitlines()]


def test_proposals_are_listed_shown_and_decided_one_by_one(line, proposed):
    assert [(each["file"], each["line"], each["kind"]) for each in proposed] == [
        ("a.txt", 1, "edit"),
        ("a.txt", 5, "edit"),
        ("new.txt", 1, "create"),
    ]
    assert "+ONE\n" in line.run("review", "diff", "--file", "a.txt").stdout
    accepted = line.run("review", "accept", proposed[0]["id"])
    assert (accepted.stdout, accepted.stderr) == ("Accepted 1 hunk in a.txt.\n", "")
    assert (line.folder / "a.txt").read_text() == BEFORE.replace("one", "ONE")
    assert line.run("review", "reject", "--file", "a.txt").stdout == "Rejected 1 hunk in a.txt.\n"
    assert line.run("review", "accept").stdout == "Accepted 1 hunk in new.txt.\n"
    assert (line.folder / "new.txt").read_text() == "new\n"
    nothing = line.run("review", "list")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert nothing.stderr.startswith("conduit: No proposed change waits there.")


def test_a_line_that_was_changed_since_is_only_taken_by_name_and_an_undo_takes_all_back(line, proposed):
    (line.folder / "a.txt").write_text(BEFORE.replace("five", "mine"))
    accepted = line.run("review", "accept", "--file", "a.txt")
    assert accepted.stdout == "Accepted 1 hunk in a.txt.\n"
    assert "you changed its lines yourself" in accepted.stderr
    named = line.run("review", "accept", proposed[1]["id"])
    assert named.stdout == "Accepted 1 hunk in a.txt.\n"
    assert (line.folder / "a.txt").read_text() == BEFORE.replace("one", "ONE").replace("five", "FIVE")
    assert line.run("undo").returncode == 0
    assert "one\n" in (line.folder / "a.txt").read_text()


def test_conflicts_that_are_all_that_waits_are_left_and_nothing_is_written(line, proposed):
    assert line.run("review", "reject", proposed[0]["id"], proposed[2]["id"]).returncode == 0
    (line.folder / "a.txt").write_text(BEFORE.replace("five", "mine"))
    accepted = line.run("review", "accept")
    assert (accepted.returncode, accepted.stdout) == (1, "")
    assert "was left: you changed its lines yourself" in accepted.stderr
    assert (line.folder / "a.txt").read_text() == BEFORE.replace("five", "mine")


def test_the_beginning_of_an_id_must_mean_one_hunk(line, proposed):
    several = line.run("review", "accept", "h-")
    assert (several.returncode, several.stderr) == (1, "conduit: 3 hunks begin with 'h-'. Write more of the id.\n")
    unknown = line.run("review", "accept", proposed[0]["id"], "nothing")
    assert unknown.returncode == 1
    assert "No hunk whose id begins with 'nothing' waits there." in unknown.stderr
    assert (line.folder / "a.txt").read_text() == BEFORE


def test_proposals_are_decided_although_the_configured_model_is_unknown(line, proposed):
    wrong = {"CONDUIT_MODEL": "sonet"}
    assert len(line.run("review", "list", "--json", environ=wrong).stdout.splitlines()) == len(proposed)
    accepted = line.run("review", "accept", environ=wrong)
    assert (accepted.returncode, accepted.stderr) == (0, "")
    assert (line.folder / "new.txt").read_text() == "new\n"
