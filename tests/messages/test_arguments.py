"""A tool call's arguments are a JSON object of a sane size, or an error that the model can read."""

from __future__ import annotations

import json
import time

import pytest

from conduit.messages.content import count_unfit
from conduit.messages.stream import MAX_ARGUMENT_CHARS, MAX_ARGUMENT_DEPTH, parse_arguments


def nested(levels: int) -> str:
    return '{"a":' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


@pytest.mark.parametrize("text", ["", "  ", "{}", " {} "])
def test_empty_arguments_are_no_arguments(text: str):
    assert parse_arguments(text) == ({}, None)


@pytest.mark.parametrize(
    "text", ["{", '{"a": 1}{"a": 1}', "[1]", "1", "null", '"a"', "{'a': 1}", "[" * 100_000, '{"n": ' + "9" * 5000 + "}"]
)
def test_what_is_no_object_is_malformed_and_its_beginning_is_kept(text: str):
    assert parse_arguments(text) == ({}, text[:2000])


def test_arguments_of_ten_megabytes_are_refused_at_once_and_not_kept():
    started = time.perf_counter()
    arguments, malformed = parse_arguments(json.dumps({"text": "x" * 10_000_000}))
    assert (arguments, len(malformed or "") < 3000) == ({}, True)
    assert (malformed or "").startswith(f"10,000,012 characters, of at most {MAX_ARGUMENT_CHARS:,}: ")
    assert time.perf_counter() - started < 1


def test_arguments_may_be_nested_only_so_deep():
    assert parse_arguments(nested(MAX_ARGUMENT_DEPTH))[1] is None
    assert (parse_arguments(nested(MAX_ARGUMENT_DEPTH + 1))[1] or "").startswith("nested deeper than 64 levels: ")


def test_of_a_key_that_comes_twice_the_last_one_counts():
    assert parse_arguments('{"a": 1, "a": 2}') == ({"a": 2}, None)


def test_what_is_no_json_value_for_others_is_replaced():
    assert parse_arguments('{"a\\u0000": ["\\ud800", NaN, -Infinity]}') == ({"a\ufffd": ["\ufffd", None, None]}, None)


def test_unfit_characters_are_counted_and_a_pair_in_two_halves_is_none():
    assert [count_unfit(text) for text in ("plain", "ß \ufffd", "\0a\0", "\ud83d\ude00", "\ud83d x \ude00\0")] == [
        0,
        0,
        2,
        0,
        3,
    ]
