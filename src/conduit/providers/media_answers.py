"""Reading pictures, sound and transcripts out of an endpoint's answer: whole, decodable, and what they should be.

No SDK checks that, and a damaged file would be kept as if it were one. Knows no request format; used by the files that
ask for media.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from conduit.catalog.model import ModelInfo, Vendor
from conduit.errors import ProviderError, ProviderErrorKind, UserError
from conduit.messages.content import sanitize_text
from conduit.messages.media import media_type_of
from conduit.providers.faults import say
from conduit.providers.media import Picture, Segment, TranscriptRequest

MOST_SPEECH_BYTES = 256 * 1024 * 1024
"""The longest recording that is taken: more than an hour of uncompressed speech."""

_PIXELS = re.compile(r"([1-9]\d{0,4})\s*[xX×]\s*([1-9]\d{0,4})")  # noqa: RUF001 - people copy the sign
_RATIO = re.compile(r"[1-9]\d{0,2}(\.\d)?:[1-9]\d{0,2}(\.\d)?")
_RESOLUTION = re.compile(r"(\d{1,4}|\d(\.\d)?[kK])")


@dataclass(frozen=True, slots=True)
class Place:
    """Who was asked, for the sentences about it."""

    vendor: Vendor
    url: str
    model: str

    def damaged(self, detail: str) -> ProviderError:
        """Return the error for an answer in which something is missing; asking again would be paid for again."""
        return self.failed(ProviderErrorKind.INVALID_ANSWER, f"The answer is damaged: {detail}.")

    def failed(self, kind: ProviderErrorKind, detail: str) -> ProviderError:
        """Return an error that no SDK raises."""
        said = say(kind, self.vendor, url=self.url, model=self.model, detail=detail)
        return ProviderError(said, kind=kind, provider=self.vendor.name, model=self.model)


def picture_of(encoded: object, place: Place) -> Picture:
    """Return the picture in base64; raises ProviderError when it is none."""
    if not isinstance(encoded, str | bytes):
        raise place.damaged("a picture is missing")
    try:
        data = base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else encoded
    except (binascii.Error, ValueError) as error:
        raise place.damaged("a picture is no base64") from error
    kind = media_type_of(data)
    if kind is None or not kind.startswith("image/"):
        raise place.damaged(f"a picture is {kind or 'no picture'}")
    return Picture(kind, data)


def pixels_of(size: str) -> tuple[int, int] | None:
    """Return width and height of `1536x1024`, None for another way to say a size; raises UserError for none at all."""
    if found := _PIXELS.fullmatch(size.strip()):
        return int(found[1]), int(found[2])
    if size != "auto" and not is_ratio(size) and not _RESOLUTION.fullmatch(size.strip()):
        raise UserError(f"{size!r} is no size of a picture. Write 1536x1024, a ratio such as 16:9, or 2K.")
    return None


def is_ratio(size: str) -> bool:
    """Say whether a size is a ratio of width to height."""
    return _RATIO.fullmatch(size.strip()) is not None


def ratio_of(size: str) -> dict[str, str]:
    """Return the `ratio` or the `resolution` that a size says; pixels become their ratio.

    Raises:
        UserError: it is no size.
    """
    pixels = pixels_of(size)
    if pixels is not None:
        common = math.gcd(*pixels)
        return {"ratio": f"{pixels[0] // common}:{pixels[1] // common}"}
    if size == "auto":
        return {}
    return {"ratio" if is_ratio(size) else "resolution": size.strip()}


def check_recording(request: TranscriptRequest, info: ModelInfo, vendor: Vendor) -> None:
    """Make sure that a recording can be sent; raises UserError when it is too large or times cannot be had."""
    if len(request.data) > vendor.recording_bytes:
        raise UserError(
            f"The recording has {len(request.data):,} bytes, and {vendor.display_name} takes "
            f"{vendor.recording_bytes:,}. Cut it, or pack it as MP3."
        )
    if request.timed and info.capabilities.transcription in ("text", "none"):
        raise UserError(
            f"{info.display_name} ({info.id}) gives no times. "
            "'conduit models list --capability transcription' shows other models."
        )


def segments_of(rows: object, place: Place) -> tuple[Segment, ...]:
    """Return the parts of a transcript, in the order of `rows`; raises ProviderError when one is damaged."""
    if rows is None:
        return ()
    found = []
    for row in rows if isinstance(rows, list) else [None]:
        values = row if isinstance(row, dict) else {}
        start, end, text = _time(values.get("start")), _time(values.get("end")), values.get("text")
        if start is None or end is None or not isinstance(text, str):
            raise place.damaged("a part of the transcript has no times or no text")
        speaker = values.get("speaker")
        said_by = sanitize_text(speaker) if isinstance(speaker, str) else None
        found.append(Segment(start, end, sanitize_text(text).strip(), said_by))
    return tuple(found)


def text_of(value: object, place: Place) -> str:
    """Return the text of a transcript; raises ProviderError when there is none."""
    if not isinstance(value, str):
        raise place.damaged("it holds no text")
    return sanitize_text(value).strip()


def known_format(wanted: str | None, known: Iterable[str], vendor: Vendor) -> str | None:
    """Return the format to ask for: the wanted one, else the vendor's first; raises UserError for one that it lacks."""
    formats = tuple(known)
    if wanted is None:
        return formats[0] if formats else None
    if formats and wanted not in formats:
        raise UserError(f"{vendor.display_name} gives no {wanted}. It gives: {', '.join(formats)}.")
    return wanted


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else None
