"""Which older encoding a text is in that is no Unicode, as far as its bytes say.

A guess decides only how the text looks, never its bytes: an encoding counts only when it maps each character for
itself (so what is outside of a change stays as it is) and gives exactly the same bytes again. Where that fails, or
there is too little to go by, it is Latin-1. Only `workspace.encoding` uses it.
"""

from __future__ import annotations

import re

_STATELESS = ("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp1251", "koi8_r", "cp866", "cp1253", "cp1255", "cp1256")
"""Encodings of scripts that are not Latin, tried by charset-normalizer."""

_SAMPLE_BYTES = 64_000
_LEAST = 6
"""So many bytes beyond ASCII must there be; fewer fit nearly every encoding."""

_BEYOND = re.compile(rb"[\x80-\xff]")
_LETTERS = re.compile(rb"[A-Za-z]")
_RUN = re.compile(rb"[\x80-\xff]{3}")
_KOI_SMALL = re.compile(rb"[\xc0-\xdf]")
_WINDOWS = re.compile(rb"[\x80-\x9f]")


def recognise(data: bytes) -> str:
    """Return the codec of a text that is not UTF-8 and not binary; it decodes `data` and encodes it again exactly."""
    codec = _of_another_script(data)
    if codec is not None and _keeps(data, codec):
        return codec
    # Latin-1 has control characters there that no text has; Windows has quotes, dashes and the euro.
    if _WINDOWS.search(data) and _keeps(data, "cp1252"):
        return "cp1252"
    return "latin-1"


def _of_another_script(data: bytes) -> str | None:
    sample = b"\n".join(line for line in data[: 4 * _SAMPLE_BYTES].split(b"\n") if _BEYOND.search(line))
    sample = sample[:_SAMPLE_BYTES]
    beyond, letters = len(_BEYOND.findall(sample)), len(_LETTERS.findall(sample))
    # Accents stand alone or in twos among plain letters; other scripts come in words.
    if beyond < _LEAST or (beyond * 2 < letters and not _RUN.search(sample)):
        return None
    from charset_normalizer import from_bytes  # a tenth of a second, for the few who have such files

    best = from_bytes(sample, cp_isolation=list(_STATELESS), enable_fallback=False).best()
    if best is None or best.encoding not in _STATELESS:
        return None
    # What is small in KOI8-R is capital in Windows-1251, and texts are mostly small letters.
    if best.encoding == "cp1251" and len(_KOI_SMALL.findall(sample)) * 2 > beyond:
        return "koi8_r"
    return best.encoding


def _keeps(data: bytes, codec: str) -> bool:
    try:
        return data.decode(codec).encode(codec) == data
    except UnicodeError:
        return False
