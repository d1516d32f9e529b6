"""Halves of characters are joined, wherever they were cut apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conduit.messages.content import sanitize_text
from conduit.providers.whole_text import WholeText

halves = st.text(st.sampled_from("a\0ß\ud83d\ude00\udbff"), max_size=12)


@given(st.lists(halves, max_size=6))
def test_pieces_are_the_same_as_the_whole(pieces: list[str]):
    whole = WholeText()
    shown = [whole.feed(0, piece) for piece in pieces]
    shown.append(whole.finish(0))
    assert "".join(shown) == sanitize_text("".join(pieces))
    assert all(text.encode() is not None for text in shown)


def test_blocks_do_not_mix():
    whole = WholeText()
    assert (whole.feed(0, "\ud83d"), whole.feed(1, "\ude00"), whole.feed(0, "\ude00")) == ("", "\ufffd", "😀")
