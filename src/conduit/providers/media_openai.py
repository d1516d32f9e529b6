"""Pictures, speech and transcripts in OpenAI's format: OpenAI, and every endpoint that speaks it.

Formats: the openai SDK 3.54, types/image_generate_params.py, image_edit_params.py, audio/speech_create_params.py and
audio/transcription_create_params.py; https://developers.openai.com/api/reference/resources/images, read 2026-11-22.
What an endpoint does otherwise is a flag of its row. A picture that comes as an address is not fetched: it would be
another host's. Used by the wire `openai_chat`.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

from conduit.catalog.model import ModelInfo, Vendor
from conduit.errors import ProviderErrorKind, UserError
from conduit.messages.media import SUFFIXES, media_type_of
from conduit.messages.message import MediaUsage
from conduit.providers.embeddings import count_of
from conduit.providers.faults import not_a_stream
from conduit.providers.media import (
    ImageRequest,
    MadeImages,
    SpeechEnd,
    SpeechRequest,
    Transcript,
    TranscriptRequest,
)
from conduit.providers.media_answers import (
    MOST_SPEECH_BYTES,
    Place,
    check_recording,
    known_format,
    picture_of,
    pixels_of,
    ratio_of,
    segments_of,
    text_of,
)
from conduit.providers.openai_endpoint import OpenAIEndpoint

_SPOKEN = {
    "mp3": "audio/mp3",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
_ANSWERS = {"segments": "verbose_json", "speakers": "diarized_json"}


async def make_images(endpoint: OpenAIEndpoint, vendor: Vendor, request: ImageRequest) -> MadeImages:
    """Return pictures; see `MakesImages`."""
    body = _image_body(vendor, request)
    files = [
        (f"image-{number}.{SUFFIXES.get(each.media_type, 'png')}", base64.b64decode(each.data), each.media_type)
        for number, each in enumerate(request.sources, 1)
    ]
    await endpoint.load()
    resource = await asyncio.to_thread(lambda: endpoint.client.images)  # imports it on first use
    place = Place(vendor, endpoint.url, request.model)
    headers: Any = {"extra_headers": endpoint.headers}
    try:
        answer: Any
        if files:
            answer = await resource.edit(image=files if len(files) > 1 else files[0], **body, **headers)
        else:
            answer = await resource.generate(**body, **headers)
        told = answer.model_dump(warnings=False)
        rows, used = told.get("data"), told.get("usage")
        found = [row.get("b64_json") or row.get("url") for row in rows or []]
    except endpoint.foreign as error:
        raise endpoint.error(error, request.model) from error
    except (AttributeError, TypeError) as error:  # the SDK checks no field
        raise place.damaged("it is no list of pictures") from error
    if not found:
        raise place.failed(ProviderErrorKind.INVALID_ANSWER, "It gave no picture.")
    if any(isinstance(each, str) and each.startswith(("http://", "https://")) for each in found):
        raise place.failed(ProviderErrorKind.INVALID_ANSWER, "It gave the address of a picture in place of one.")
    pictures = tuple(picture_of(each, place) for each in found)
    return MadeImages(pictures, _tokens(used, image_output=True))


async def speak(endpoint: OpenAIEndpoint, vendor: Vendor, request: SpeechRequest) -> AsyncIterator[bytes | SpeechEnd]:
    """Yield a recording as it arrives; see `Speaks`."""
    chosen = known_format(request.format, vendor.speech_formats, vendor)
    voice = request.voice or vendor.speech_voice
    if voice is None:
        raise UserError(f"{vendor.display_name} has no voice of its own choice. Name one with --voice.")
    await endpoint.load()
    resource = await asyncio.to_thread(lambda: endpoint.client.audio.speech)
    body: dict[str, Any] = {"model": request.model, "input": request.text, "voice": voice}
    if chosen is not None:
        body["response_format"] = chosen
    beginning, total = b"", 0
    place = Place(vendor, endpoint.url, request.model)
    try:
        async with resource.with_streaming_response.create(**body, extra_headers=endpoint.headers) as answer:
            if fault := not_a_stream(answer.headers, vendor, url=endpoint.url, model=request.model):
                raise fault
            async for piece in answer.iter_bytes():
                beginning = beginning or piece[:64]
                total += len(piece)
                if total > MOST_SPEECH_BYTES:
                    raise place.failed(ProviderErrorKind.CONFIG, f"It sent more than {MOST_SPEECH_BYTES:,} bytes.")
                if piece:
                    yield piece
    except endpoint.foreign as error:
        raise endpoint.error(error, request.model) from error
    if not total:
        raise place.damaged("there is no sound in it")
    kind = media_type_of(beginning) or _SPOKEN.get(chosen or "mp3", "audio/mp3")
    yield SpeechEnd(kind, MediaUsage())  # the format has no place for what was used


async def transcribe(
    endpoint: OpenAIEndpoint, vendor: Vendor, info: ModelInfo, request: TranscriptRequest
) -> Transcript:
    """Return a transcript; see `Transcribes`."""
    check_recording(request, info, vendor)
    body = _transcript_body(info, request)
    file = (f"recording.{SUFFIXES.get(request.media_type, 'mp3')}", request.data, request.media_type)
    await endpoint.load()
    resource = await asyncio.to_thread(lambda: endpoint.client.audio.transcriptions)
    place = Place(vendor, endpoint.url, request.model)
    try:
        answer: Any = await resource.create(file=file, **body, extra_headers=endpoint.headers)
        told = answer.model_dump(warnings=False)
        text, used, language = told.get("text"), told.get("usage"), told.get("language")
        seconds = _seconds(told.get("duration")) or _seconds(used.get("seconds") if isinstance(used, dict) else None)
        rows = told.get("segments")
    except endpoint.foreign as error:
        raise endpoint.error(error, request.model) from error
    except (AttributeError, TypeError) as error:
        raise place.damaged("it is no transcript") from error
    usage = _tokens(used, image_output=False).model_copy(update={"audio_seconds": seconds or 0.0})
    return Transcript(
        text=text_of(text, place),
        usage=usage,
        language=language if isinstance(language, str) and language else None,
        duration_s=seconds,
        segments=segments_of(rows, place),
    )


def _image_body(vendor: Vendor, request: ImageRequest) -> dict[str, Any]:
    """Return the arguments of `images.generate` and `images.edit`; raises UserError for what cannot be said."""
    if request.sources and not vendor.image_edits:
        raise UserError(f"{vendor.display_name} takes no pictures along with such a request over this interface.")
    body: dict[str, Any] = {"model": request.model, "prompt": request.prompt, "n": request.count}
    extra: dict[str, str] = {}
    if request.size is not None and vendor.image_size == "ratio":
        said = ratio_of(request.size)
        names = {"ratio": "aspect_ratio", "resolution": "resolution"}
        extra = {names[name]: value.lower() for name, value in said.items()}
    elif request.size is not None:
        if pixels_of(request.size) is None and request.size != "auto":
            raise UserError(f"{vendor.display_name} takes the size of a picture as 1536x1024 or auto.")
        body["size"] = request.size.strip().lower().replace("×", "x").replace(" ", "")  # noqa: RUF001
    if request.quality is not None:
        body["quality"] = request.quality
    if request.format is not None and vendor.image_b64:
        raise UserError(f"{vendor.display_name} chooses the format of a picture itself.")
    if request.format is not None:
        body["output_format"] = request.format
    if vendor.image_b64:
        body["response_format"] = "b64_json"
    return {**body, "extra_body": extra or None}


def _transcript_body(info: ModelInfo, request: TranscriptRequest) -> dict[str, Any]:
    """Return the arguments of `audio.transcriptions.create` but the file; each model knows some formats only."""
    can = info.capabilities.transcription
    timed = request.timed if request.timed is not None else can in _ANSWERS
    body: dict[str, Any] = {"model": request.model, "response_format": "json"}
    if timed:
        body["response_format"] = _ANSWERS.get(can or "", "verbose_json")
        if can == "speakers":
            body["chunking_strategy"] = "auto"  # refused without it when longer than 30 seconds
        else:
            body["timestamp_granularities"] = ["segment"]
    if request.language is not None:
        body["language"] = request.language
    return body


def _tokens(used: object, *, image_output: bool) -> MediaUsage:
    """Return what an endpoint counted; all that a model of pictures puts out is pictures unless it says otherwise."""
    told: Mapping[str, Any] = used if isinstance(used, dict) else {}
    into, out = count_of(told.get("input_tokens")), count_of(told.get("output_tokens"))
    sent = told.get("input_tokens_details") or told.get("input_token_details")
    given = told.get("output_tokens_details")
    sent_by: Mapping[str, Any] = sent if isinstance(sent, dict) else {}
    given_by: Mapping[str, Any] = given if isinstance(given, dict) else {"image_tokens": out if image_output else 0}
    return MediaUsage(
        input_tokens=into,
        output_tokens=out,
        image_input_tokens=min(into, count_of(sent_by.get("image_tokens"))),
        audio_input_tokens=min(into, count_of(sent_by.get("audio_tokens"))),
        image_output_tokens=min(out, count_of(given_by.get("image_tokens"))),
    )


def _seconds(value: object) -> float | None:
    """Return a duration; some endpoints write it as a text."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return seconds if 0 < seconds < float("inf") else None
