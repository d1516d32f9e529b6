"""`conduit ask` as people run it: real processes, pipes, signals and a pseudo-terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import termios

import pytest

from conduit.cli.ask import ENDINGS
from conduit.messages.message import TurnStop

READ = {"when": {"user": "answer", "round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "src/a.py"}}]}
TELL = {"when": {"result": "41"}, "reply": [{"text": ["It is ", "41."]}]}
EDIT = {
    "when": {"user": "change", "round": 0},
    "reply": [
        {"call": "edit_file", "arguments": {"path": "src/a.py", "old_text": "41", "new_text": "42"}},
    ],
}
EDITED = {"when": {"user": "change", "round": 1}, "reply": [{"text": "Done or not."}]}
HOLD = {"when": {"user": "wait"}, "reply": [{"text": ["So far ", "so good. "]}, {"hold": True}]}
AGAIN = {"when": {"user": "again"}, "reply": [{"text": "Still here."}]}
ECHO = {"when": {"user": "^why\\?\n\nline one\nline two$"}, "reply": [{"text": "Both arrived."}]}


def test_the_answer_is_on_stdout_and_the_tools_on_stderr(line):
    line.script(READ, TELL)
    done = line.run("ask", "what", "is", "the", "answer")
    assert (done.returncode, done.stdout) == (0, "It is 41.\n")
    assert done.stderr == "· read_file src/a.py\n"


def test_every_end_of_a_turn_has_its_sentence():
    assert set(ENDINGS) == set(TurnStop.__args__)


def test_what_is_piped_in_is_put_behind_the_question_or_is_the_question(line):
    line.script(ECHO, AGAIN)
    done = line.run("ask", "why?", piped="line one\nline two\n")
    assert (done.returncode, done.stdout) == (0, "Both arrived.\n")
    assert line.run("ask", piped="again\n").stdout == "Still here.\n"


def test_json_is_one_object_per_line_and_the_last_is_the_result(line):
    line.script(READ, TELL)
    done = line.run("ask", "--json", "answer")
    assert done.returncode == 0
    assert done.stderr == ""
    *events, result = [json.loads(each) for each in done.stdout.splitlines()]
    kinds = [each["event"]["type"] for each in events]
    assert kinds[0] == "turn_started"
    assert kinds[-1] == "turn_ended"
    assert {"tool_started", "tool_finished", "text_chunk", "assistant_replied"} <= set(kinds)
    assert {each["session_id"] for each in events} == {result["session_id"]}
    assert (result["type"], result["stop_reason"], result["text"]) == ("result", "end_turn", "It is 41.")
    assert result["error"] is None


def test_a_failing_model_is_one_sentence_and_the_conversation_goes_on(line):
    line.script(
        {"when": {"user": "fail"}, "reply": [{"fail": {"kind": "auth", "message": "The key is wrong."}}]}, AGAIN
    )
    done = line.run("ask", "fail")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("conduit: ")
    assert "The key is wrong." in done.stderr
    assert done.stderr.count("\n") == 1
    assert line.run("ask", "--continue", "again").stdout == "Still here.\n"
    listed = line.run("sessions", "list", "--json").stdout.splitlines()
    assert len(listed) == 1


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (("--model", "nobody/knows-it", "q"), {}, "nobody"),
        (("--model", "anthropic/claude-sonnet-5-5", "q"), {}, "ANTHROPIC_API_KEY"),
        (("--session", "none", "q"), {}, "There is no session 'none'"),
        (("--continue", "q"), {}, "no conversation"),
        (("--cwd", "gone", "q"), {}, "does not exist"),
        (("q",), {"CONDUIT_MODE": "write"}, "CONDUIT_MODE must be 'ask', 'review' or 'auto'"),
        (("q",), {"CONDUIT_SCRIPT": ""}, "CONDUIT_SCRIPT"),
    ],
)
def test_what_a_person_got_wrong_is_one_sentence_and_code_1(line, arguments, environ, said):
    line.script(AGAIN)
    done = line.run("ask", *arguments, environ=environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("conduit: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_error_before_the_turn_is_a_result_in_json_too(line):
    done = line.run("ask", "--json", "--session", "none", "q")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["type"], result["stop_reason"]) == ("result", "error")
    assert "none" in result["error"]
    assert "none" in done.stderr


def test_a_bad_settings_file_is_named_with_its_line(line):
    config = line.home / ".config/conduit/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('mode = "ask"\nmax_tool_rounds = "many"\n')
    done = line.run("ask", "q")
    assert done.returncode == 1
    assert done.stderr == (
        f'conduit: {config}, line 2: max_tool_rounds must be a whole number from 1 to 1,000, not "many".\n'
    )


def test_a_change_is_refused_where_nobody_can_be_asked_and_made_with_yes(line):
    line.script(EDIT, EDITED)
    done = line.run("ask", "--mode", "auto", "change")
    assert done.returncode == 0
    assert "--yes" in done.stderr
    assert "Nobody could be asked" in line.run("log").stdout
    assert "The person refused" not in line.run("log").stdout
    assert (line.folder / "src/a.py").read_text() == "answer = 41\n"
    done = line.run("ask", "--mode", "auto", "--yes", "change")
    assert done.returncode == 0
    assert "edit_file changed src/a.py (+1 -1)" in done.stderr
    assert (line.folder / "src/a.py").read_text() == "answer = 42\n"


def test_a_model_that_goes_round_in_circles_is_told_of_once(line):
    line.script({"when": {}, "reply": [{"call": "read_file", "arguments": {"path": "src/a.py"}}]})
    done = line.run("ask", "what is the answer")
    assert done.returncode == 1
    assert done.stderr.count("times in a row with the same arguments") == 1
    assert done.stderr.splitlines()[-1].startswith("conduit: The model called read_file 3 times in a row")


def test_in_mode_ask_and_without_tools_nothing_changes(line):
    line.script(EDIT, EDITED)
    assert line.run("ask", "--yes", "change").returncode == 0
    assert line.run("ask", "--no-tools", "--mode", "auto", "--yes", "change").returncode == 0
    assert (line.folder / "src/a.py").read_text() == "answer = 41\n"


def on_terminal(line, *arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command whose controlling terminal, stdin and stderr are a pseudo-terminal, and stdout a pipe."""
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = line.start(*arguments, stdin=theirs, stderr=theirs, preexec_fn=take_terminal, environ={"NO_COLOR": "1"})
    os.close(theirs)
    return process, ours


@pytest.mark.parametrize(("key", "after"), [("y", "answer = 42\n"), ("n", "answer = 41\n")])
def test_on_a_terminal_the_diff_is_shown_and_a_key_decides(line, read_until, key, after):
    line.script(EDIT, EDITED)
    process, terminal = on_terminal(line, "ask", "--mode", "auto", "change")
    shown = read_until(terminal, "never: ")
    assert "-answer = 41" in shown
    assert "+answer = 42" in shown
    assert "\x1b" not in shown  # NO_COLOR
    assert (line.folder / "src/a.py").read_text() == "answer = 41\n"
    os.write(terminal, f"{key}\n".encode())
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, b"Done or not.\n")
    assert (line.folder / "src/a.py").read_text() == after
    os.close(terminal)


def test_ctrl_c_ends_with_130_keeps_what_arrived_and_the_conversation_goes_on(line, read_until):
    line.script(HOLD, AGAIN)
    process, terminal = on_terminal(line, "ask", "wait")
    read_until(process.stdout.fileno(), "so good.")
    os.write(terminal, b"\x03")
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted" in read_until(terminal, "conversation.")
    os.close(terminal)
    again = line.run("ask", "--continue", "again")
    assert (again.returncode, again.stdout) == (0, "Still here.\n")
    (session,) = [json.loads(each) for each in line.run("sessions", "list", "--json").stdout.splitlines()]
    shown = line.run("sessions", "show", session["id"][:12]).stdout
    assert "So far so good." in shown
    assert "Still here." in shown


def test_ctrl_c_while_the_question_is_open_changes_nothing(line, read_until):
    line.script(EDIT, EDITED)
    process, terminal = on_terminal(line, "ask", "--mode", "auto", "change")
    read_until(terminal, "never: ")
    os.write(terminal, b"\x03")
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert (line.folder / "src/a.py").read_text() == "answer = 41\n"
    os.close(terminal)


def test_a_terminated_question_ends_with_143_and_a_result_in_json(line, read_until):
    line.script(HOLD)
    process = line.start("ask", "--json", "wait")
    first = read_until(process.stdout.fileno(), "so good.")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 143
    assert json.loads((first + out.decode()).splitlines()[-1])["stop_reason"] == "cancelled"
    assert b"Traceback" not in err


def test_a_reader_that_goes_away_ends_it_quietly(line, read_until):
    line.script({"when": {"user": "long"}, "reply": [{"text": ["first\n", *["more\n"] * 2000]}, {"hold": True}]})
    process = line.start("ask", "long")
    read_until(process.stdout.fileno(), "first")
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(30) == 141
    assert err == b""


def test_a_full_disk_is_told(line):
    line.script(AGAIN)
    with open("/dev/full", "wb") as full:
        done = line.run("ask", "again", stdout=full)
    assert done.returncode == 1
    assert "could not be written" in done.stderr


def test_closed_standard_streams_do_no_harm(line):
    line.script(AGAIN)
    done = line.run("ask", "again", preexec_fn=lambda: [os.close(each) for each in (0, 1)])
    assert (done.returncode, done.stderr) == (0, "")
    assert "Still here." in line.run("ask", "--continue", "again").stdout


def test_a_reader_that_is_slow_gets_the_whole_answer(line, read_until):
    words = [f"{number} {'x' * 10_000}\n" for number in range(40)]
    line.script({"when": {"user": "long"}, "reply": [{"text": words}]})
    process = line.start("ask", "long")
    seen = read_until(process.stdout.fileno(), "0 x")
    with pytest.raises(subprocess.TimeoutExpired):  # it waits for its reader
        process.wait(4)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert seen + out.decode() == "".join(words)
