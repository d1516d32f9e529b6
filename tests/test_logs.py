from __future__ import annotations

import io
import logging
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.logs import Logs, start_logging
from conduit.redaction import MASK

KEY = "sk-" + "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logs(stream: io.StringIO) -> Iterator[Logs]:
    started = start_logging("debug", secrets=["my-very-own"], stream=stream)
    yield started
    started.close()


def test_a_record_is_one_readable_line(logs: Logs, stream: io.StringIO) -> None:
    logging.getLogger("conduit.test").warning("hello %s", "you")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARNING conduit\.test: hello you\n", stream.getvalue())


def test_message_arguments_and_traceback_are_masked(logs: Logs, stream: io.StringIO) -> None:
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError:
        logging.getLogger("library").exception("with %s and my-very-own", {"api_key": "abcdef123"})
    text = stream.getvalue()
    assert KEY not in text
    assert "my-very-own" not in text
    assert "abcdef123" not in text
    assert text.count(MASK) == 3
    assert "Traceback" in text
    assert all(line.startswith("    ") for line in text.splitlines()[1:])


def test_keys_that_are_learned_later_are_masked_too(logs: Logs, stream: io.StringIO) -> None:
    logs.redactor.add("learned-later")
    logging.getLogger("x").error("learned-later")
    assert "learned-later" not in stream.getvalue()


def test_a_record_cannot_forge_another_or_drive_the_terminal(logs: Logs, stream: io.StringIO) -> None:
    logging.getLogger("x").error("a\n2026-01-01 00:00:00.000 ERROR y: forged \x1b[2J\r\x9b")
    lines = stream.getvalue().splitlines()
    assert lines[1].startswith("    2026")
    assert "\x1b" not in stream.getvalue()
    assert "\\u001b[2J" in lines[1]


def test_arguments_that_do_not_fit_are_logged_and_not_printed() -> None:
    code = (
        "import logging\nfrom conduit.logs import start_logging\nstart_logging()\n"
        "logging.getLogger('x').error('%d', 'no number sk-' + 'a' * 20)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.endswith("ERROR x: %d (its arguments do not fit)\n")
    assert done.stderr.count("\n") == 1


def test_a_stream_that_is_gone_is_survived_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    started = start_logging("info", stream=stream)
    stream.close()
    logging.getLogger("x").error(KEY)
    started.close()
    assert capsys.readouterr() == ("", "")


def test_the_level_can_be_changed_and_a_wrong_one_is_named(logs: Logs, stream: io.StringIO) -> None:
    logs.set_level("Error")
    logging.getLogger("x").warning("quiet")
    assert stream.getvalue() == ""
    with pytest.raises(ValueError, match="error, warning, info, debug, not 'loud'"):
        logs.set_level("loud")


def test_a_log_file_is_for_this_person_only_and_turns_over(tmp_path: Path) -> None:
    path = tmp_path / "new" / "conduit.log"
    for number in range(2):
        started = start_logging("info", path=path)
        logging.getLogger("x").info("run %d", number)
        started.close()
    assert [line[-5:] for line in path.read_text().splitlines()] == ["run 0", "run 1"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with path.open("a") as file:
        file.truncate(11 * 1024 * 1024)
    started = start_logging("info", path=path)
    started.close()
    assert path.stat().st_size == 0
    assert path.with_name("conduit.log.1").stat().st_size == 11 * 1024 * 1024


def test_a_log_file_that_cannot_be_opened_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        start_logging("info", path=tmp_path)


def test_closing_gives_the_root_logger_back() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    start_logging("debug", stream=io.StringIO()).close()
    assert (root.level, root.handlers) == before


def test_nothing_reaches_stdout(tmp_path: Path) -> None:
    code = (
        "import logging, warnings\n"
        "from conduit.logs import start_logging\n"
        "start_logging('debug')\n"
        "logging.getLogger('a').error('x'); logging.error('y'); warnings.warn('z')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert [word in done.stderr for word in ("x\n", "y\n", "z")] == [True] * 3
