"""The parameters of one call on the command line."""

from __future__ import annotations

import argparse

import pytest

from conduit.cli.parameters import add_parameters, read_parameters
from conduit.errors import UserError
from conduit.messages.request import ModelSettings


def read(*arguments: str) -> ModelSettings | None:
    parser = argparse.ArgumentParser()
    add_parameters(parser)
    return read_parameters(parser.parse_args(arguments))


def test_each_argument_sets_its_parameter_and_none_sets_nothing():
    assert read() is None
    found = read(
        *("--temperature", "0", "--top-p", "0.5", "--top-k", "3", "--max-tokens", "9", "--seed", "0"),
        *("--thinking", "high", "--extra", 'user="ann"', "--extra", "options={}"),
        *("--no-prompt-cache", "--keep-alive", "-1", "--stop", "END", "--stop", "."),
        *("--tool-choice", "none", "--no-parallel-tool-calls"),
    )
    assert found == ModelSettings(
        temperature=0,
        top_p=0.5,
        top_k=3,
        max_tokens=9,
        seed=0,
        thinking="high",
        stop=("END", "."),
        tool_choice="none",
        parallel_tool_calls=False,
        prompt_cache=False,
        keep_alive_s=-1,
        extra={"user": "ann", "options": {}},
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--temperature", "-1"), "temperature"),
        (("--top-p", "2"), "top_p"),
        (("--max-tokens", "0"), "max_tokens"),
        (("--extra", "user"), "KEY=JSON"),
        (("--extra", "user=ann"), "no JSON"),
    ],
)
def test_a_value_that_cannot_be_is_one_sentence(arguments: tuple[str, ...], said: str):
    with pytest.raises(UserError, match=said):
        read(*arguments)


def test_a_question_takes_them_and_says_what_is_wrong(line):
    line.script({"reply": [{"text": "ok"}]})
    assert line.run("ask", "hi", "--temperature", "0.2", "--extra", "a=[1]").returncode == 0
    done = line.run("ask", "hi", "--top-k", "0")
    assert (done.returncode, done.stdout, "top_k" in done.stderr) == (1, "", True)
