"""Tokens are counted offline, and an estimate says that it is one."""

from __future__ import annotations

import subprocess
import sys

from conduit.context.tokens import TokenCount, TokenCounter
from conduit.messages.content import Image, ToolCall, ToolResult
from conduit.messages.message import assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ToolSpec


def test_a_model_with_the_same_tokenizer_gets_an_exact_count():
    assert TokenCounter().count("hello world", "gpt-4") == TokenCount(tokens=2, estimate=False)


def test_any_other_model_gets_an_estimate_that_says_so():
    assert TokenCounter().count("hello world", "claude-sonnet-5-5") == TokenCount(tokens=2, estimate=True)


def test_a_long_run_of_one_letter_is_counted_in_reasonable_time():
    counted = TokenCounter().count("a" * 1_000_000, "gpt-4")
    assert counted.estimate
    assert 50_000 < counted.tokens < 500_000


def test_special_tokens_and_halves_of_characters_are_plain_text():
    assert TokenCounter().count("<|endoftext|> \ud800").tokens > 1


async def test_a_request_counts_all_that_is_sent():
    counter = TokenCounter()
    await counter.load()
    empty = counter.count_request(ModelRequest(model="m", messages=(user_message("hi"),)))
    full = counter.count_request(
        ModelRequest(
            model="m",
            system="You are helpful. " * 10,
            messages=(
                user_message("hi", Image(media_type="image/png", data="AAAA")),
                assistant_message(ToolCall(id="1", name="read_file", arguments={"path": "a.py"})),
                tool_message([ToolResult(call_id="1", text="x = 1\n" * 50)]),
            ),
            tools=(ToolSpec(name="read_file", description="Read a file", input_schema={"type": "object"}),),
        )
    )
    assert empty.estimate
    assert full.tokens > empty.tokens + 1_600 + 40 + 150


def test_nothing_is_loaded_before_the_first_count():
    code = "import sys, conduit.context.tokens; sys.exit('tiktoken' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
