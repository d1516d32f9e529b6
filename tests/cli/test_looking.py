"""The commands that only look: sessions, models, doctor, log."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from conduit.cli.table import columns

ANSWER = {"when": {"user": "apples|pears"}, "reply": [{"text": "Fruit, and sk-abcdefghijklmnopqrstuv0123."}]}


def ask(line, question: str, *more: str) -> str:
    """Ask, and return the id of the conversation."""
    done = line.run("ask", "--json", question, *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["session_id"]


def test_conversations_are_listed_newest_first_searched_and_shown(line):
    line.script(ANSWER)
    first, second = ask(line, "apples"), ask(line, "pears")
    ask(line, "more apples", "--session", first)

    listed = line.run("sessions", "list")
    assert [each.split()[0] for each in listed.stdout.splitlines()] == [first, second]
    assert "scripted/demo" in listed.stdout
    found = line.run("sessions", "list", "--query", "pears", "--json").stdout.splitlines()
    assert [json.loads(each)["id"] for each in found] == [second]
    assert len(line.run("sessions", "list", "--limit", "1").stdout.splitlines()) == 1

    shown = line.run("sessions", "show", first)
    assert shown.returncode == 0
    assert shown.stdout.count("## You\n") == 2
    assert "Fruit" in shown.stdout
    whole = json.loads(line.run("sessions", "show", second, "--json").stdout)
    assert whole["session"]["id"] == second
    assert [each["message"]["role"] for each in whole["messages"]] == ["user", "assistant"]


def test_an_id_may_be_shortened_as_long_as_it_is_one(line):
    line.script(ANSWER)
    first, second = ask(line, "apples"), ask(line, "pears")
    short = next(first[: i + 1] for i in range(len(first)) if first[i] != second[i])
    assert "apples" in line.run("sessions", "show", short).stdout
    several = line.run("sessions", "show", "s")
    assert several.returncode == 1
    assert "2 conversations begin with 's'" in several.stderr
    none = line.run("sessions", "show", "zzz")
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == (
        "conduit: There is no session 'zzz' in this workspace. 'conduit sessions list' shows them.\n"
    )


def test_a_subfolder_belongs_to_its_project_and_another_folder_does_not(line, tmp_path):
    line.script(ANSWER)
    session = ask(line, "apples", "--cwd", "src")
    assert session in line.run("sessions", "list").stdout
    elsewhere = line.run("sessions", "list", "--cwd", str(tmp_path))
    assert (elsewhere.returncode, elsewhere.stdout) == (0, "")
    assert "no conversations" in elsewhere.stderr


def test_models_are_listed_with_what_is_missing_and_the_chosen_one_marked(line):
    listed = line.run("models", "list")
    assert listed.returncode == 0
    (chosen,) = [each for each in listed.stdout.splitlines() if each.startswith("*")]
    assert "scripted/demo" in chosen
    choices = [json.loads(each) for each in line.run("models", "list", "--json").stdout.splitlines()]
    assert [each["id"] for each in choices if each["default"]] == ["scripted/demo"]
    assert all(each["note"] for each in choices if not each["ready"])


def test_the_doctor_says_what_is_missing_and_never_prints_a_key(line):
    key = "sk-ant-secret-0123456789"
    done = line.run("doctor", environ={"ANTHROPIC_API_KEY": key, "CONDUIT_MODE": "auto"})
    assert (done.returncode, done.stderr) == (0, "")
    assert key not in done.stdout
    for name in ("python", "database", "search tool", "settings file", "vendor anthropic", "log"):
        assert f"  {name}  " in done.stdout
    assert "ANTHROPIC_API_KEY" in done.stdout
    assert "missing" in done.stdout
    assert any(each.split() == ["mode", "auto", "from", "CONDUIT_MODE"] for each in done.stdout.splitlines())


def test_the_doctor_in_json(line):
    done = line.run("doctor", "--json", "--log-level", "error")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["ok"] is True
    assert {each["state"] for each in report["checks"]} <= {"ok", "warning", "missing"}
    assert {"key": "log_level", "value": "error", "source": "--log-level"} in report["settings"]


def test_the_doctor_never_says_that_weights_of_the_persons_own_are_fetched(line):
    weights = line.home / "own.gguf"
    for made in (None, weights.mkdir, lambda: (weights.rmdir(), weights.touch())):
        if made:
            made()
        done = line.run("doctor", environ={"CONDUIT_EMBEDDED_WEIGHTS": str(weights)})
        (said,) = [each for each in done.stdout.splitlines() if "  embedded model  " in each]
        assert said.split()[0] == "missing"
        assert said.endswith(f"there is no such file: {weights} (set by embedded.weights)")
    weights.write_bytes(b"GGUF")
    done = line.run("doctor", environ={"CONDUIT_EMBEDDED_WEIGHTS": str(weights)})
    assert f"{weights} (4 bytes)" in done.stdout


def test_the_doctor_works_when_the_settings_do_not_and_ends_with_1(line):
    done = line.run("doctor", environ={"CONDUIT_SEED": "many"})
    assert done.returncode == 1
    assert "BROKEN" in done.stdout
    assert "CONDUIT_SEED" in done.stdout
    assert json.loads(line.run("doctor", "--json", environ={"CONDUIT_SEED": "x"}).stdout)["ok"] is False


def test_an_unknown_configured_model_is_one_line_of_the_doctor(line):
    done = line.run("doctor", environ={"CONDUIT_MODEL": "sonet"})
    assert (done.returncode, done.stderr) == (1, "")
    broken = [each for each in done.stdout.splitlines() if each.startswith("BROKEN")]
    assert len(broken) == 1
    assert "default model" in broken[0]
    assert "CONDUIT_MODEL: There is no model 'sonet'. Did you mean sonnet" in broken[0]
    for name in ("vendor anthropic", "vendor embedded", "database", "search tool"):
        assert f"  {name}  " in done.stdout
    checks = json.loads(line.run("doctor", "--json", environ={"CONDUIT_MODEL": "sonet"}).stdout)["checks"]
    assert [each["name"] for each in checks if each["state"] == "broken"] == ["default model"]


def test_conversations_are_shown_although_the_configured_model_is_unknown(line):
    line.script({"reply": [{"text": "Fine."}]})
    assert line.run("ask", "How is it?").returncode == 0
    wrong = {"CONDUIT_MODEL": "sonet"}
    listed = line.run("sessions", "list", environ=wrong)
    assert (listed.returncode, listed.stderr) == (0, "")
    shown = line.run("sessions", "show", listed.stdout.split()[0], environ=wrong)
    assert (shown.returncode, shown.stderr, "Fine." in shown.stdout) == (0, "", True)
    asked = line.run("ask", "And now?", environ=wrong)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert asked.stderr.count("There is no model 'sonet'. Did you mean sonnet") == 1
    assert "CONDUIT_MODEL: " in asked.stderr
    assert line.run("sessions", "list").stdout == listed.stdout
    going_on = line.run("ask", "--continue", "And now?", environ=wrong)
    assert (going_on.returncode, going_on.stdout.strip()) == (0, "Fine.")


@pytest.mark.parametrize("command", [("doctor",), ("doctor", "--json"), ("ask", "q")])
def test_in_a_folder_that_was_deleted_one_sentence_says_so(line, command):
    folder = line.home / "gone"
    folder.mkdir()
    python = [sys.executable, "-m", "conduit", *command]
    done = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", *python],
        cwd=folder,
        env=line.environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = done.stdout if command[0] == "doctor" else done.stderr
    assert said.count("The current folder was deleted. Change to another one") == 1
    assert done.returncode == 1
    assert "unexpected" not in done.stderr + done.stdout
    if command[0] == "doctor":
        assert "CONDUIT_MODEL" in done.stdout  # the settings are shown all the same


def test_the_log_shows_requests_and_answers_without_secrets_and_is_cleared(line):
    line.script(ANSWER)
    assert "Nothing is recorded" in line.run("log").stderr
    first, second = ask(line, "apples"), ask(line, "pears")
    done = line.run("log")
    assert done.returncode == 0
    assert "request to scripted/demo" in done.stdout
    assert "Fruit" in done.stdout
    assert "sk-abcdefghij" not in done.stdout
    only = [json.loads(each) for each in line.run("log", "--json", "--session", first).stdout.splitlines()]
    assert {each["session_id"] for each in only} == {first}
    assert second in done.stdout
    assert line.run("log", "--clear").returncode == 0
    assert line.run("log").stdout == ""


def test_the_log_is_followed_until_ctrl_c(line, read_until):
    line.script(ANSWER)
    ask(line, "apples")
    process = line.start("log", "--follow")
    read_until(process.stdout.fileno(), "apples")
    ask(line, "pears")
    read_until(process.stdout.fileno(), "pears")
    process.send_signal(2)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"")


def test_folders_and_log_files_are_for_this_person_alone(line):
    line.script(ANSWER)
    log = line.home / "logs/conduit.log"
    ask(line, "apples", "--log-level", "debug", "--log-file", str(log))
    assert "INFO" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE((line.home / ".local/state/conduit").stat().st_mode) == 0o700


def test_columns_are_aligned_cut_and_escaped():
    assert columns([("a", "long\nname", "x"), ("bb", "b", "\x1b")]) == "a   long name  x\nbb  b          \\x1b\n"
    assert columns([("a", "abcdef")], width=5) == "a  a…\n"
    assert columns([]) == ""


def test_a_bad_key_of_one_vendor_hides_no_other_model(line):
    line.script(ANSWER)
    line.environ["OPENAI_API_KEY"] = "two words"
    listed = line.run("models", "list")
    assert listed.returncode == 0, listed.stderr
    assert "scripted/demo" in listed.stdout
    assert "OPENAI_API_KEY holds a space" in listed.stdout


def test_a_damaged_database_is_mentioned_and_the_command_goes_on(line):
    line.script(ANSWER)
    ask(line, "apples")
    database = next((line.home / ".local/state/conduit/workspaces").glob("*/sessions.db"))
    database.write_bytes(b"no database" * 1000)
    done = line.run("ask", "pears")
    assert (done.returncode, done.stdout.strip()) == (0, "Fruit, and sk-abcdefghijklmnopqrstuv0123.")
    assert "damaged" in done.stderr


def test_a_conversation_is_renamed_exported_and_deleted_for_good(line, tmp_path):
    line.script(ANSWER)
    first, second = ask(line, "apples"), ask(line, "pears")
    assert line.run("sessions", "rename", first, "All about apples").stdout == "All about apples\n"
    assert line.run("sessions", "rename", first, "  ").returncode == 1
    out = tmp_path / "apples.md"
    assert line.run("sessions", "export", first, "--out", str(out)).returncode == 0
    assert out.read_text() == line.run("sessions", "export", first).stdout
    assert out.read_text().startswith("# All about apples\n")
    refused = line.run("sessions", "delete", first)
    assert refused.returncode == 1
    assert "--yes" in refused.stderr
    assert "All about apples (2 messages)" in line.run("sessions", "delete", first, "--yes").stdout
    assert line.run("sessions", "show", first).returncode == 1
    assert [each.split()[0] for each in line.run("sessions", "list").stdout.splitlines()] == [second]
