# ruff: noqa: RUF001 - other scripts are what this is about
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
        (b"\xff\xfe\0\0a\0\0\0", "a", Encoding("utf-32-le", bom=True)),
        (b"\0\0\xfe\xff\0\0\0a", "a", Encoding("utf-32-be", bom=True)),
        (b"caf\xe9\n", "café\n", Encoding("latin-1")),
        (b"\x93caf\xe9\x94 \x96 5 \x80\n", "“café” – 5 €\n", Encoding("cp1252")),
    ],
)
def test_text_is_decoded_with_its_encoding(data: bytes, text: str, encoding: Encoding) -> None:
    assert decode(data, "x") == (text, encoding)


SCRIPTS = {
    "cp1251": "# Это комментарий о размере файла\n",
    "koi8_r": "# Это комментарий о размере файла\n",
    "cp866": "# Это комментарий о размере файла\n",
    "cp1253": "# Αυτό είναι ένα σχόλιο για το μέγεθος\n",
    "cp932": "# これは日本語のコメントです。ファイルの大きさを計算します。\n",
    "euc_jp": "# これは日本語のコメントです。ファイルの大きさを計算します。\n",
    "gb18030": "# 这是一个中文注释，用来说明文件的大小。\n",
    "big5": "# 這是一個中文註解，用來說明檔案的大小。\n",
    "cp949": "# 이것은 한국어 주석입니다. 파일의 크기를 계산합니다.\n",
}


@pytest.mark.parametrize(("codec", "comment"), SCRIPTS.items())
def test_an_older_encoding_of_another_script_is_recognised(codec: str, comment: str) -> None:
    text = f"import os\r\n\r\n{comment}print(os.sep)\n" * 3
    assert decode(text.encode(codec), "x") == (text, Encoding(codec))


@pytest.mark.parametrize(
    "data", [b"a\0b", b"\x89PNG\r\n\x1a\n\0", b"\xff\xfea", b"\xff\xfea\0\0\0", b"\xef\xbb\xbf\xff", b"\x80\x01\x02"]
)
def test_what_cannot_be_kept_is_refused(data: bytes) -> None:
    with pytest.raises(NotText, match="x"):
        decode(data, "x")


@given(
    st.binary(max_size=200)
    | st.text(max_size=50).map(str.encode)
    | st.text(max_size=50).map(lambda one: one.encode("utf-16"))
    | st.text(alphabet="abc \n размер", max_size=50).map(lambda one: one.encode("cp1251"))
    | st.text(alphabet="ab \n日本語ファイル", max_size=50).map(lambda one: one.encode("cp932"))
    | st.lists(st.sampled_from([b"a", b" ", b"\n", *(bytes([one]) for one in range(128, 256))])).map(b"".join)
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
