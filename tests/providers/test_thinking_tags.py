"""Thinking between tags is told from text, wherever the stream is cut."""

from __future__ import annotations

import pytest

from conduit.providers.thinking_tags import ThinkingTags

CASES = {
    "<think>hm</think>\n\nAnswer": ("hm", "Answer"),
    "\n<thinking>hm </think> no</thinking>Answer": ("hm </think> no", "Answer"),
    "<think></think>Answer": ("", "Answer"),
    "<think>one</think>\n<think>two</think> Answer": ("onetwo", "Answer"),
    "<think>never closed": ("never closed", ""),
    "<think>cut in the tag</thi": ("cut in the tag</thi", ""),
    "Use <think>tags</think> so": ("", "Use <think>tags</think> so"),
    "<thin": ("", "<thin"),
    "<html>": ("", "<html>"),
    "  indented": ("", "  indented"),
    "a < b": ("", "a < b"),
    "": ("", ""),
}


def split(pieces: list[str]) -> tuple[str, str]:
    tags = ThinkingTags()
    found = [item for piece in pieces for item in tags.feed(piece)] + list(tags.finish())
    assert all(text for _, text in found)
    return tuple("".join(text for kind, text in found if kind == wanted) for wanted in ("thinking", "text"))


@pytest.mark.parametrize("text", CASES)
def test_thinking_and_text_are_the_same_wherever_the_stream_is_cut(text: str):
    expected = CASES[text]
    assert split([text]) == expected
    assert split(list(text)) == expected
    for first in range(len(text)):
        for second in range(first, len(text)):
            assert split([text[:first], text[first:second], text[second:]]) == expected


def test_text_is_given_on_as_soon_as_it_cannot_be_a_tag():
    tags = ThinkingTags()
    assert list(tags.feed("<th")) == []
    assert list(tags.feed("e")) == [("text", "<the")]
    assert list(tags.feed(" end")) == [("text", " end")]
