from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conduit.messages.content import sanitize_text
from conduit.providers.answer_stream import AnswerReader


def read(raw: str, cuts: list[int]) -> tuple[AnswerReader, list[str]]:
    reader = AnswerReader()
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    pieces = [reader.feed(raw[start:end]) for start, end in pairwise(places)]
    return reader, [*pieces, reader.finish()]


@given(st.text(), st.lists(st.integers(0, 10_000)), st.booleans())
def test_an_answer_cut_anywhere_is_the_same_text(text: str, cuts: list[int], escaped: bool) -> None:
    raw = json.dumps({"answer": text}, ensure_ascii=escaped)
    reader, pieces = read(raw, cuts)
    assert sanitize_text("".join(pieces)) == sanitize_text(text)
    assert reader.kind == "answer"


def test_every_cut_of_a_surrogate_pair_gives_the_character() -> None:
    raw = '{ "answer" : "a\\ud83d\\ude00\\n\\"b\\u00e9\\/"}'
    for cut in range(len(raw)):
        assert "".join(read(raw, [cut])[1]) == 'a\U0001f600\n"bé/'


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ('{"answer": "half a pair \\ud83d', "half a pair \ufffd"),
        ('{"answer": "half a pair \\ud83d and on"}', "half a pair \ufffd and on"),
        ('{"answer": "\\ude00"}', "\ufffd"),
        ('{"answer": "half an escape \\u00', "half an escape "),
        ('{"answer": "cut', "cut"),
        ('{"answer": "bad \\uzzzz"}', "bad \ufffd"),
        ('{"answer": "one"} and more', "one"),
    ],
)
def test_what_is_cut_or_broken_leaves_what_is_usable(raw: str, text: str) -> None:
    assert "".join(read(raw, list(range(len(raw))))[1]) == text


def test_text_outside_the_schema_is_the_answer() -> None:
    reader, pieces = read("Hello there", [3])
    assert (reader.kind, pieces) == ("plain", ["Hel", "lo there", ""])
    reader, pieces = read('{"other": 1}', [])
    assert (reader.kind, "".join(pieces)) == ("plain", '{"other": 1}')
