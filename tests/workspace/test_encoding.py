"""Bytes become text and the same bytes again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conduit.errors import NotText
from conduit.workspace.encoding import Encoding, decode, line_end_of


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"", "", Encoding()),
        (b"a\r\nb\rc\n", "a\r\nb\rc\n", Encoding()),
        (b"\xef\xbb\xbfa", "a", Encoding("utf-8", bom=True)),
        (b"\xff\xfea\0", "a", Encoding("utf-16-le", bom=True)),
        (b"\xfe\xff\0a", "a", Encoding("utf-16-be", bom=True)),
        (b"caf\xe9\n", "café\n", Encoding("latin-1")),
    ],
)
def test_text_is_decoded_with_its_encoding(data: bytes, text: str, encoding: Encoding) -> None:
    assert decode(data, "x") == (text, encoding)


@pytest.mark.parametrize("data", [b"a\0b", b"\x89PNG\r\n\x1a\n\0", b"\xff\xfea", b"\xef\xbb\xbf\xff", b"\x80\x01\x02"])
def test_what_cannot_be_kept_is_refused(data: bytes) -> None:
    with pytest.raises(NotText, match="x"):
        decode(data, "x")


@given(
    st.binary(max_size=200)
    | st.text(max_size=50).map(str.encode)
    | st.text(max_size=50).map(lambda one: one.encode("utf-16"))
)
def test_whatever_is_accepted_comes_back_byte_for_byte(data: bytes) -> None:
    try:
        text, encoding = decode(data, "x")
    except NotText:
        return
    assert encoding.encode(text) == data


def test_a_character_that_the_encoding_lacks_is_refused() -> None:
    with pytest.raises(NotText, match="latin-1"):
        Encoding("latin-1").encode("漢")
    with pytest.raises(NotText):
        Encoding().encode("\ud83d")


@pytest.mark.parametrize(("text", "end"), [("", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb", "\r"), ("a\nb", "\n")])
def test_the_usual_line_end_is_the_most_frequent(text: str, end: str) -> None:
    assert line_end_of(text) == end
