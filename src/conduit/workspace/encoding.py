"""From bytes to text and back without losing a byte: what is read can be written again exactly.

A file is taken as text only when its encoding gives every byte back: Unicode (UTF-8, and UTF-16 and UTF-32 with a byte
order mark), an older encoding that was recognised and that maps each character for itself, or Latin-1, which has a
character for every byte. No line end is ever translated. Pure.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from conduit.errors import NotText
from conduit.workspace.legacy import recognise

# The mark of UTF-32 begins with that of UTF-16, so it comes first.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text is kept as bytes.

    Attributes:
        codec: the name that Python has for it.
        bom: whether a byte order mark, which is no part of the text, stands first.
    """

    codec: str = "utf-8"
    bom: bool = False

    def encode(self, text: str, name: str = "The file") -> bytes:
        """Return the bytes of `text`.

        Raises:
            NotText: the encoding has no byte for a character of `text`.
        """
        mark = next((mark for mark, codec in _MARKS if codec == self.codec), b"") if self.bom else b""
        try:
            return mark + text.encode(self.codec)
        except UnicodeEncodeError as error:
            bad = error.object[error.start]
            raise NotText(f"{name} is encoded as {self.codec}, which has no character {bad!a}.") from error


UTF8 = Encoding()


def decode(data: bytes, name: str) -> tuple[str, Encoding]:
    """Return the text of `data`, and the encoding that gives exactly `data` again.

    Raises:
        NotText: it is binary, or in an encoding that cannot be kept; the message is about the file `name`.
    """
    for mark, codec in _MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(codec)
            except UnicodeDecodeError as error:
                raise NotText(f"{name} begins as {codec} but is not valid {codec}; it is left alone.") from error
            return _refuse_nul(text, name), Encoding(codec, bom=True)
    try:
        return _refuse_nul(data.decode("utf-8"), name), UTF8
    except UnicodeDecodeError as error:
        if _BINARY.search(data.decode("latin-1")):
            raise NotText(
                f"{name} is a binary file, or text in an encoding that Conduit does not read; it is left alone."
            ) from error
    codec = recognise(data)
    return data.decode(codec), Encoding(codec)


def _refuse_nul(text: str, name: str) -> str:
    if "\0" in text:
        raise NotText(f"{name} is a binary file: it has NUL characters in it. Only text is read and edited.")
    return text


def line_end_of(text: str) -> str:
    r"""Return the most frequent line end of `text` (the first of equals); `\n` when it has none."""
    counts: dict[str, int] = {}
    for end in _LINE_END.findall(text):
        counts[end] = counts.get(end, 0) + 1
    return max(counts, key=lambda end: counts[end]) if counts else "\n"
