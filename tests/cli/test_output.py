"""Two streams, and nothing on a terminal that could steer it."""

from __future__ import annotations

import pytest

from conduit.cli.output import Output, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain äöü 漢字 \n\t", "plain äöü 漢字 \n\t"),
        ("\x1b]52;c;aGk=\x07", "\\x1b]52;c;aGk=\\x07"),
        ("a\rb\x7f\x9b", "a\\x0db\\x7f\\x9b"),
        ("user\u202eexe.txt", "user\\u202eexe.txt"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_could_steer_a_terminal_or_hide_text_is_shown_escaped(text, shown):
    assert printable(text) == shown


def test_data_goes_to_stdout_unchanged_and_notes_to_stderr_in_one_line(capfd):
    output = Output()
    output.data("one\x1b[0m")
    output.note("read_file\na\x1b.py")
    output.progress("only on a terminal")
    output.data(" two")
    output.end_line()
    output.end_line()
    output.close()
    out, err = capfd.readouterr()
    assert out == "one\x1b[0m two\n"
    assert err == "· read_file a\\x1b.py\n"
