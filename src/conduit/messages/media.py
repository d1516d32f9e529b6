"""What bytes are, told by how they begin: the names of files and the words of servers are not asked.

Pictures, recordings, films and PDFs that vendors take or give, and those that they do not take but that people have.
Pure. Anyone above `messages` may use it.
"""

from __future__ import annotations

from collections.abc import Mapping

SUFFIXES: Mapping[str, str] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/avif": "avif",
    "image/heic": "heic",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "audio/mp4": "m4a",
    "audio/pcm": "pcm",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "application/pdf": "pdf",
}
"""How a file of a type is called."""

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"ID3", "audio/mp3"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_FORMS = {
    (b"RIFF", b"WEBP"): "image/webp",
    (b"RIFF", b"WAVE"): "audio/wav",
    (b"FORM", b"AIFF"): "audio/aiff",
    (b"FORM", b"AIFC"): "audio/aiff",
}
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"mif1": "image/heic"}
_PDF_WITHIN = 1024  # readers take a PDF whose mark stands anywhere in its first kilobyte


def media_type_of(data: bytes) -> str | None:
    """Return the media type of a picture, a recording, a film or a PDF; None for anything else."""
    for start, kind in _STARTS:
        if data.startswith(start):
            return None if kind == "image/bmp" and not _is_bitmap(data) else kind
    if found := _FORMS.get((data[:4], data[8:12])):
        return found
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        return _BRANDS.get(brand) or ("audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/mp4")
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return "application/pdf"
    return _frame_type(data)


def wav_of(samples: bytes, *, rate: int, channels: int = 1) -> bytes:
    """Return samples of 16 bits, little-endian, as a WAV file; `rate` in samples a second.

    Format: http://soundfile.sapp.org/doc/WaveFormat/, read 2026-11-22.
    """
    block = channels * 2
    fields = [
        b"RIFF",
        (36 + len(samples)).to_bytes(4, "little"),
        b"WAVEfmt ",
        (16).to_bytes(4, "little"),
        (1).to_bytes(2, "little"),
        channels.to_bytes(2, "little"),
        rate.to_bytes(4, "little"),
        (rate * block).to_bytes(4, "little"),
        block.to_bytes(2, "little"),
        (16).to_bytes(2, "little"),
        b"data",
        len(samples).to_bytes(4, "little"),
    ]
    return b"".join(fields) + samples


def _is_bitmap(data: bytes) -> bool:
    """Two letters begin many texts; a bitmap goes on with zeros and the size of its second header."""
    return data[6:10] == bytes(4) and data[14:18] in (b"\x0c\0\0\0", b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")


def _frame_type(data: bytes) -> str | None:
    """Return the type of a recording that begins with a bare frame: MP3 (layers II and III) or AAC."""
    if len(data) < 3 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    if data[1] & 0xF6 == 0xF0:
        return "audio/aac"
    layer, bitrate, sampling = data[1] >> 1 & 3, data[2] >> 4, data[2] >> 2 & 3
    return "audio/mp3" if layer in (1, 2) and bitrate not in (0, 15) and sampling != 3 else None
