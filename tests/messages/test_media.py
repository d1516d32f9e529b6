"""A file is what its bytes say, whatever it is called, and samples become a WAV file that others read."""

from __future__ import annotations

import io
import wave

import pytest

from conduit.messages.media import SUFFIXES, media_type_of, wav_of


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        (b"GIF89a\1\0\1\0", "image/gif"),
        (b"RIFF\x1a\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "image/bmp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"ID3\4\0\0\0\0\0\0", "audio/mp3"),
        (b"\xff\xfb\x90\x64\0\0", "audio/mp3"),
        (b"\xff\xf1\x50\x80\0\0", "audio/aac"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"OggS\0\2\0\0", "audio/ogg"),
        (b"FORM\0\0\0\0AIFFCOMM", "audio/aiff"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "video/mp4"),
        (b"\x1aE\xdf\xa3\1\0\0\0", "video/webm"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\xef\xbb\xbf\n%PDF-1.4\n", "application/pdf"),
    ],
)
def test_a_known_beginning_tells_the_type(data: bytes, kind: str):
    assert media_type_of(data) == kind
    assert kind in SUFFIXES or kind == "audio/aac"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"RIFF",
        b"BM is how this text begins, and it is long",
        b"hello",
        "\ufeffé".encode("utf-16"),
        b"<svg/>",
    ],
)
def test_a_text_or_too_little_is_none_of_them(data: bytes):
    assert media_type_of(data) is None


@pytest.mark.parametrize("channels", [1, 2])
def test_samples_become_a_wav_file(channels: int):
    samples = bytes(range(256)) * 2 * channels
    data = wav_of(samples, rate=24_000, channels=channels)
    assert media_type_of(data) == "audio/wav"
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, channels, 2)
        assert file.readframes(file.getnframes()) == samples
