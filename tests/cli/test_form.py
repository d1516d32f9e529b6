"""`conduit ask --schema` as people run it."""

from __future__ import annotations

import json
import os
import signal

import pytest

SCHEMA = {
    "type": "object",
    "properties": {"severity": {"enum": ["low", "high"]}, "where": {"type": "string", "pattern": "^src/"}},
    "required": ["severity", "where"],
    "additionalProperties": False,
}
WRONG = {"when": {"user": "sort"}, "reply": [{"text": '{"severity": "medium"}'}]}
REPAIRED = {
    "when": {"user": "^Your answer is not valid:\n- the answer lacks 'where'\n- severity must be one of 'low', 'high'"},
    "reply": [{"text": '{"severity": "high", "where": "src/größe.py"}'}],
}
STUBBORN = {"reply": [{"text": "It is high."}]}


@pytest.fixture
def schema(line) -> str:
    """The name of a file with a schema."""
    (line.folder / "form.json").write_text(json.dumps(SCHEMA))
    return "form.json"


def test_the_json_alone_is_on_stdout_after_a_repair(line, schema):
    line.script(WRONG, REPAIRED)
    done = line.run("ask", "--schema", schema, "sort this", piped="a report")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"severity": "high", "where": "src/größe.py"}
    assert "größe" in done.stdout
    assert done.stderr == "· 2 tries\n"


def test_json_puts_the_value_into_a_result(line, schema):
    line.script(WRONG, REPAIRED)
    (result,) = map(json.loads, line.run("ask", "--json", "--schema", schema, "sort").stdout.splitlines())
    assert result["type"] == "result"
    assert result["value"] == {"severity": "high", "where": "src/größe.py"}
    assert result["tries"] == 2
    assert result["usage"]["output_tokens"] > 0


def test_an_answer_that_stays_wrong_is_one_sentence_and_exit_code_1(line, schema):
    line.script(STUBBORN)
    done = line.run("ask", "--schema", schema, "sort")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("conduit: demo gave no valid answer in 3 tries: expected value")


def test_nothing_is_added_to_the_conversations_and_the_journal_has_every_try(line, schema):
    line.script(WRONG, REPAIRED)
    line.run("ask", "--schema", schema, "sort")
    assert line.run("sessions", "list", "--json").stdout == ""
    kinds = [json.loads(each)["kind"] for each in line.run("log", "--json").stdout.splitlines()]
    assert kinds == ["request", "answer"] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "form.json cannot be read: No such file or directory."),
        ("{", "form.json is no JSON: "),
        ('{"type": "object", "not": {}}', "does not check the keyword 'not'"),
        ('{"type": "string"}', "must ask for an object at its top"),
    ],
)
def test_a_schema_that_cannot_be_used_is_told_before_anybody_is_asked(line, text, said):
    if text is not None:
        (line.folder / "form.json").write_text(text)
    done = line.run("ask", "--schema", "form.json", "sort")
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("other", [["--continue"], ["--session", "ses_1"], ["--mode", "auto"], ["--yes"]])
def test_what_belongs_to_a_conversation_does_not_go_with_it(line, schema, other):
    done = line.run("ask", "--schema", schema, *other, "sort")
    assert done.returncode == 2
    assert done.stderr == f"conduit: --schema does not go with {other[0]}: it asks outside of any conversation.\n"


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_its_exit_code(line, schema, how, code):
    script = line.home / "script.json"
    os.mkfifo(script)
    process = line.start("ask", "--schema", schema, "sort")
    with script.open("w") as asked:  # opens when the model is asked
        json.dump({"rules": [{"reply": [{"hold": True}]}]}, asked)
    process.send_signal(how)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (code, b"conduit: Interrupted.\n")
