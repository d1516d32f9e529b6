"""Pictures, speech and transcripts of the Gemini API: `generateContent` through the google-genai SDK 3.4.

Formats: https://ai.google.dev/gemini-api/docs/image-generation, .../docs/speech-generation and .../docs/audio, read
2026-11-22. One request gives one picture. Speech comes as WAV, or as bare samples, which get the header of one. The
SDK's `generate_images` (Imagen) is not used: it says of itself that it will be removed. Used by the wire `google`.
"""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

from conduit.catalog.model import ModelInfo
from conduit.errors import ProviderError, ProviderErrorKind, UserError
from conduit.messages.media import media_type_of, wav_of
from conduit.messages.message import MediaUsage
from conduit.providers.embeddings import count_of
from conduit.providers.google_endpoint import GoogleEndpoint
from conduit.providers.media import (
    ImageRequest,
    MadeImages,
    Picture,
    SpeechEnd,
    SpeechRequest,
    Transcript,
    TranscriptRequest,
)
from conduit.providers.media_answers import Place, check_recording, known_format, picture_of, ratio_of, text_of

_log = logging.getLogger(__name__)

TRANSCRIBE = "Write down word for word what is said in this recording. Answer with the words alone."

_REFUSALS = re.compile(r"SAFETY|PROHIBITED_CONTENT|BLOCKLIST|SPII|RECITATION|MODEL_ARMOR")
"""Among google-genai 3.4 `types.FinishReason`: what a policy stopped, of pictures too (`IMAGE_SAFETY`)."""

_RATE = re.compile(r"rate=(\d{4,6})\b")
_CHANNELS = re.compile(r"channels=([12])\b")
_SAMPLES = re.compile(r"audio/(l16|pcm)\b", re.IGNORECASE)
_USUAL_RATE = 24_000


async def make_images(endpoint: GoogleEndpoint, request: ImageRequest) -> MadeImages:
    """Return pictures, one request each; see `MakesImages`."""
    for name, value in (("quality", request.quality), ("format", request.format)):
        if value is not None:
            raise UserError(f"{endpoint.vendor.display_name} chooses the {name} of a picture itself.")
    config: dict[str, Any] = {"response_modalities": ["TEXT", "IMAGE"]}
    said = ratio_of(request.size) if request.size is not None else {}
    if said:
        names = {"ratio": "aspect_ratio", "resolution": "image_size"}
        config["image_config"] = {names[name]: value.upper() for name, value in said.items()}
    parts = [
        {"inline_data": {"mime_type": each.media_type, "data": base64.b64decode(each.data)}} for each in request.sources
    ]
    contents = [{"role": "user", "parts": [*parts, {"text": request.prompt}]}]
    place = _place(endpoint, request.model)
    pictures: list[Picture] = []
    usage = MediaUsage()
    for number in range(1, request.count + 1):
        try:
            answer = await _ask(endpoint, request.model, contents, config)
        except ProviderError as error:
            if not pictures:
                raise
            _log.warning("picture %d of %d was not made: %s", number, request.count, error)  # the others were paid for
            break
        found = [picture_of(each.data, place) for each in _inline(answer)]
        if not found:
            words = _words(answer)
            detail = f"It gave no picture but said: {words}" if words else f"It gave no picture ({_reason(answer)})."
            raise place.failed(ProviderErrorKind.INVALID_ANSWER, detail)
        pictures += found
        usage += _usage(answer, out="image")
    return MadeImages(tuple(pictures), usage)


async def speak(endpoint: GoogleEndpoint, request: SpeechRequest) -> AsyncIterator[bytes | SpeechEnd]:
    """Yield a recording; see `Speaks`. It comes whole: the header of a WAV file tells its length."""
    vendor = endpoint.vendor
    known_format(request.format, vendor.speech_formats, vendor)
    config: dict[str, Any] = {"response_modalities": ["AUDIO"]}
    if voice := request.voice or vendor.speech_voice:
        config["speech_config"] = {"voice_config": {"prebuilt_voice_config": {"voice_name": voice}}}
    contents = [{"role": "user", "parts": [{"text": request.text}]}]
    answer = await _ask(endpoint, request.model, contents, config)
    place = _place(endpoint, request.model)
    pieces = _inline(answer)
    sound = b"".join(each.data for each in pieces)
    if not sound:
        raise place.damaged(f"there is no sound in it ({_reason(answer)})")
    kind = media_type_of(sound)
    if kind is None or not kind.startswith("audio/"):
        told = str(pieces[0].mime_type or "")
        if not _SAMPLES.match(told) or len(sound) % 2:
            raise place.damaged(f"its sound is {told or 'of no type'}")
        rate, channels = _RATE.search(told), _CHANNELS.search(told)
        sound = wav_of(sound, rate=int(rate[1]) if rate else _USUAL_RATE, channels=int(channels[1]) if channels else 1)
        kind = "audio/wav"
    yield sound
    yield SpeechEnd(kind, _usage(answer, out="audio"))


async def transcribe(endpoint: GoogleEndpoint, info: ModelInfo, request: TranscriptRequest) -> Transcript:
    """Return a transcript, which the model is asked for in words; see `Transcribes`."""
    check_recording(request, info, endpoint.vendor)
    asked = f"{TRANSCRIBE} It is in the language {request.language!r}." if request.language else TRANSCRIBE
    sound = {"inline_data": {"mime_type": request.media_type, "data": request.data}}
    contents = [{"role": "user", "parts": [sound, {"text": asked}]}]
    answer = await _ask(endpoint, request.model, contents, {})
    place = _place(endpoint, request.model)
    if _reason(answer) == "MAX_TOKENS":
        raise place.failed(ProviderErrorKind.INVALID_ANSWER, "The transcript is longer than the model can write.")
    return Transcript(text_of(_words(answer), place), _usage(answer, out="text"), language=request.language)


async def _ask(endpoint: GoogleEndpoint, model: str, contents: list[Any], config: dict[str, Any]) -> Any:
    """Return the SDK's answer to one request, unless a policy refused it."""
    place = _place(endpoint, model)
    await endpoint.load()
    async with endpoint.errors(model):
        asked: Any = config or None
        answer = await endpoint.client.aio.models.generate_content(model=model, contents=contents, config=asked)
        blocked = answer.prompt_feedback.block_reason if answer.prompt_feedback is not None else None
    if blocked is not None:
        detail = f"The prompt was blocked: {_name(blocked)}."
        raise place.failed(ProviderErrorKind.REFUSED, detail)
    if _REFUSALS.search(_reason(answer)):
        raise place.failed(ProviderErrorKind.REFUSED, f"The answer ended with {_reason(answer)}.")
    if not answer.candidates:
        raise place.damaged("there is no answer in it")
    return answer


def _place(endpoint: GoogleEndpoint, model: str) -> Place:
    return Place(endpoint.vendor, endpoint.url, model)


def _parts(answer: Any) -> list[Any]:
    content = answer.candidates[0].content if answer.candidates else None
    return list(content.parts or []) if content is not None else []


def _inline(answer: Any) -> list[Any]:
    """Return the pictures or the sound; those of a thought are sketches that nobody asked for."""
    found = [part.inline_data for part in _parts(answer) if part.inline_data is not None and not part.thought]
    return [each for each in found if each.data]


def _words(answer: Any) -> str:
    return "".join(part.text for part in _parts(answer) if part.text and not part.thought)


def _reason(answer: Any) -> str:
    reason = answer.candidates[0].finish_reason if answer.candidates else None
    return "no reason told" if reason is None else _name(reason)


def _name(value: Any) -> str:
    return str(getattr(value, "value", value))


def _usage(answer: Any, *, out: str) -> MediaUsage:
    """Return what was counted; where the kinds of what came out are not told, all of it is of the kind `out`."""
    used = answer.usage_metadata
    if used is None:
        return MediaUsage()
    thinking = count_of(used.thoughts_token_count)
    written = count_of(used.candidates_token_count)
    into, given = _by_kind(used.prompt_tokens_details), _by_kind(used.candidates_tokens_details)
    if not given:
        given = {out.upper(): written}
    return MediaUsage(
        input_tokens=count_of(used.prompt_token_count),
        output_tokens=written + thinking,
        reasoning_tokens=thinking,
        image_input_tokens=into.get("IMAGE", 0),
        audio_input_tokens=into.get("AUDIO", 0),
        image_output_tokens=given.get("IMAGE", 0),
        audio_output_tokens=given.get("AUDIO", 0),
    )


def _by_kind(details: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in details or []:
        kind = _name(each.modality)
        found[kind] = found.get(kind, 0) + count_of(each.token_count)
    return found
