"""The command line's table of errors: complete, one line, no traceback."""

from __future__ import annotations

import argparse

import pytest

from conduit import errors
from conduit.cli.errors import ROWS, run_reporting, sentence_of


def every_class(kind: type[errors.ConduitError] = errors.ConduitError) -> list[type[errors.ConduitError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in every_class(below))]


def test_every_class_of_the_error_ladder_has_a_row():
    ours = {kind for kind in every_class() if kind.__module__ == "conduit.errors"}
    assert ours - set(ROWS) == set()
    assert set(ROWS) - ours == set()


def test_no_error_ends_with_the_code_of_success_usage_or_interruption():
    assert {row.exit_code for row in ROWS.values()} == {1}


def test_an_error_is_shown_as_one_sentence_on_stderr(capfd):
    def fail(arguments: argparse.Namespace) -> int:
        raise errors.UnknownModel("No model is called 'x\x1b[31m'.\nDid you mean y?")

    assert run_reporting(fail, argparse.Namespace()) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err == (
        "conduit: No model is called 'x\\x1b[31m'. Did you mean y? 'conduit models list' shows the known ones.\n"
    )


def test_a_sentence_without_its_full_stop_gets_one():
    assert sentence_of(errors.LimitReached("rounds", "ten rounds")) == "The turn was stopped: ten rounds."
    assert sentence_of(errors.ConfigError("")) == "ConfigError."


def test_a_bug_is_told_without_a_traceback_unless_it_is_asked_for(capfd):
    def fail(arguments: argparse.Namespace) -> int:
        raise ZeroDivisionError("by\nzero")

    assert run_reporting(fail, argparse.Namespace()) == 1
    quiet = capfd.readouterr().err
    assert "ZeroDivisionError: by zero" in quiet
    assert "Traceback" not in quiet
    assert quiet.count("\n") == 1
    assert run_reporting(fail, argparse.Namespace(log_level="debug")) == 1
    assert "Traceback" in capfd.readouterr().err


@pytest.mark.parametrize("kind", [KeyboardInterrupt, BrokenPipeError])
def test_an_interruption_and_a_closed_pipe_are_no_errors(kind):
    def fail(arguments: argparse.Namespace) -> int:
        raise kind

    with pytest.raises(kind):
        run_reporting(fail, argparse.Namespace())
