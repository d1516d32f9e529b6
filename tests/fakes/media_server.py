"""Servers for pictures, speech and transcripts, from the vendors' published formats; a wrong request is refused.

OpenAI: https://developers.openai.com/api/reference/resources/images and .../audio; Gemini:
https://ai.google.dev/api/generate-content, .../gemini-api/docs/image-generation and .../docs/speech-generation, all
read 2026-11-22. What they make is tiny, but it is what it says: a PNG, a WAV, an MP3.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conduit.messages.media import media_type_of, wav_of
from fakes.byte_server import Received
from fakes.faulty_server import FaultyServer, Refused, check_keys, need
from fakes.gemini_server import spelt_alike


def png(red: int = 200, side: int = 2) -> bytes:
    """Return a picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + bytes([red, 0, 0]) * side) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9"
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
MP3 = b"\xff\xfb\x90\x64" + bytes(413)
SAMPLES = bytes(range(256)) * 4
WAV = wav_of(SAMPLES, rate=24_000)

_MADE = {"png": png(), "jpeg": JPEG, "webp": WEBP}
_SPOKEN = {"mp3": MP3 * 8, "wav": WAV, "pcm": SAMPLES, "flac": b"fLaC" + SAMPLES, "opus": b"OggS" + SAMPLES}
_SPOKEN["aac"] = b"\xff\xf1\x50\x80" + SAMPLES
_SIZE = re.compile(r"(\d+)x(\d+)")
_IMAGE_FIELDS = (
    "model", "prompt", "background", "complexity", "moderation", "n", "output_compression", "output_format",
    "partial_images", "quality", "safety_identifier", "size", "stream", "user",
)  # fmt: skip


@dataclass
class OpenAIMedia(FaultyServer):
    """OpenAI's images and audio.

    Attributes:
        pictures: what is made, in place of what was asked for: each in base64, or anything else as it is.
        spoken: what is said, in pieces.
        transcript: what is heard.
    """

    pictures: list[Any] | None = None
    spoken: list[bytes] | None = None
    transcript: dict[str, Any] | None = None
    vendor: str = "openai"

    def answer(self, method: str, request: Received) -> Iterable[bytes]:
        need(method == "POST", "no such path", status=404)
        need(request.headers.get("authorization") == "Bearer test-key", "Incorrect API key provided.", status=401)
        self.content_type = "application/json"
        body = request.body
        match request.target:
            case "/v1/images/generations" if self.vendor == "xai":
                return self._xai_pictures(body)
            case "/v1/images/generations":
                check_keys(body, _IMAGE_FIELDS, "images.generate")
                return self._pictures(body)
            case "/v1/images/edits":
                return self._edited(request)
            case "/v1/audio/speech":
                return self._speech(body)
            case "/v1/audio/transcriptions":
                return self._written(request)
        raise Refused(404, f"Invalid URL (POST {request.target})")

    def error_body(self, status: int, message: str, code: str) -> dict[str, Any]:
        kinds = {401: "authentication_error", 429: "requests"}
        kind = "image_generation_user_error" if code == "moderation_blocked" else kinds.get(status)
        kind = kind or ("server_error" if status >= 500 else "invalid_request_error")
        return {"error": {"message": message, "type": kind, "param": None, "code": code or None}}

    def _pictures(self, body: dict[str, Any]) -> list[bytes]:
        need(isinstance(body.get("prompt"), str) and body["prompt"], "Missing required parameter: 'prompt'.")
        need(body["model"].startswith("gpt-image-"), f"The model '{body['model']}' does not exist", status=404)
        need(1 <= body.get("n", 1) <= 10, "Invalid 'n': must be between 1 and 10.")
        need(body.get("quality", "auto") in ("low", "medium", "high", "xhigh", "max", "auto"), "Invalid value: quality")
        made_as = body.get("output_format", "png")
        need(made_as in _MADE, f"Invalid value: '{made_as}'. Supported values are: 'png', 'jpeg', and 'webp'.")
        _check_size(body.get("size", "auto"))
        if "forbidden" in body["prompt"]:
            said = "Your request was rejected by the safety system. safety_violations=[violence]."
            raise Refused(400, said, "moderation_blocked", honest=True)
        made = [_MADE[made_as]] * body.get("n", 1) if self.pictures is None else self.pictures
        usage = {
            "input_tokens": 60,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 50},
            "output_tokens": 1000,
            "output_tokens_details": {"text_tokens": 0, "image_tokens": 1000},
            "total_tokens": 1060,
        }
        answer = {"created": 1795262400, "data": _rows(made), "output_format": made_as, "usage": usage}
        return _cut(json.dumps(answer).encode())

    def _edited(self, request: Received) -> list[bytes]:
        need(request.headers["content-type"].startswith("multipart/form-data"), "expected multipart/form-data")
        body = dict(request.body)
        files = body.pop("image[]", None) or [body.pop("image", None)]
        need(all(isinstance(each, tuple) for each in files), "Missing required parameter: 'image'.")
        need(len(files) <= 16, "at most 16 images")
        for name, kind, data in files:
            need(kind in ("image/png", "image/jpeg", "image/webp"), f"Unsupported mimetype ('{kind}').")
            need(media_type_of(data) == kind and re.fullmatch(r"[\w-]+\.(png|jpg|webp)", name), "Invalid image file")
        check_keys(body, (*_IMAGE_FIELDS, "input_fidelity"), "images.edit")
        need(re.fullmatch(r"\d+", body.get("n", "1")), "Invalid type for 'n'")
        return self._pictures(body | {"n": int(body.get("n", "1"))})

    def _xai_pictures(self, body: dict[str, Any]) -> list[bytes]:
        known = ("model", "prompt", "n", "aspect_ratio", "resolution", "quality", "response_format", "user")
        check_keys(body, known, "Argument not supported")
        need(re.fullmatch(r"\d+(\.\d)?:\d+(\.\d)?|auto", body.get("aspect_ratio", "auto")), "invalid aspect_ratio")
        need(body.get("resolution", "1k") in ("1k", "1.5k", "2k"), "invalid resolution")
        if body.get("response_format", "url") == "url":
            rows = [{"url": "https://imgen.invalid/a.jpg"}]
        else:
            rows = _rows([JPEG] * body.get("n", 1))
        return [json.dumps({"data": rows}).encode()]

    def _speech(self, body: dict[str, Any]) -> list[bytes]:
        known = ("input", "model", "voice", "instructions", "response_format", "speed", "stream_format")
        check_keys(body, known, "audio.speech")
        need(body.get("voice"), "Missing required parameter: 'voice'.")
        need(0 < len(body["input"]) <= 4096, "string_above_max_length: input")
        made_as = body.get("response_format", "mp3")
        formats = ("wav",) if self.vendor == "groq" else tuple(_SPOKEN)
        need(made_as in formats, f"response_format must be one of [{' '.join(formats)}]")
        types = {"mp3": "audio/mpeg", "opus": "audio/ogg", "pcm": "application/octet-stream"}
        self.content_type = types.get(made_as, f"audio/{made_as}")
        return _cut(_SPOKEN[made_as]) if self.spoken is None else self.spoken

    def _written(self, request: Received) -> list[bytes]:
        need(request.headers["content-type"].startswith("multipart/form-data"), "expected multipart/form-data")
        body = dict(request.body)
        name, _, data = body.pop("file")
        need(re.fullmatch(r"recording\.(flac|mp3|mp4|m4a|ogg|wav|webm)", name), f"Invalid file format: {name}")
        need(len(data) <= 26_214_400, "Maximum content size limit (26214400) exceeded", status=413)
        known = ("model", "language", "prompt", "response_format", "temperature", "timestamp_granularities[]")
        check_keys(body, (*known, "chunking_strategy"), "audio.transcriptions")
        model, wanted = body["model"], body.get("response_format", "json")
        able = {"gpt-transcribe": ("json",), "gpt-4o-transcribe-diarize": ("json", "text", "diarized_json")}
        able |= dict.fromkeys(("whisper-1", "whisper-large-v3-turbo", "any"), ("json", "verbose_json"))
        need(model in able, f"The model '{model}' does not exist", status=404)
        said = f"response_format '{wanted}' is not compatible with model '{model}'."
        need(wanted in able[model], said, code="unsupported_value")
        need("timestamp_granularities[]" not in body or wanted == "verbose_json", "timestamps need verbose_json")
        need(re.fullmatch(r"[a-z]{2,3}", body.get("language", "en")), "Invalid language")
        if self.transcript is not None:
            return [json.dumps(self.transcript).encode()]
        return [json.dumps(heard(wanted)).encode()]


def heard(wanted: str) -> dict[str, Any]:
    """Return the answer of the published format."""
    usage = {"type": "duration", "seconds": 60}
    if wanted == "json":
        return {"text": "Good morning. It rains.", "usage": usage}
    parts = [(0.0, 1.5, " Good morning."), (1.5, 3661.25, " It rains.")]
    if wanted == "diarized_json":
        rows = [
            {
                "type": "transcript.text.segment",
                "id": f"seg_{n}",
                "start": start,
                "end": end,
                "text": text,
                "speaker": who,
            }
            for n, (who, (start, end, text)) in enumerate(zip("AB", parts, strict=True))
        ]
        return {
            "task": "transcribe",
            "duration": 60.0,
            "text": "Good morning. It rains.",
            "segments": rows,
            "usage": usage,
        }
    rows = [
        {
            "id": n, "seek": 0, "start": start, "end": end, "text": text, "tokens": [1], "temperature": 0.0,
            "avg_logprob": -0.2, "compression_ratio": 1.1, "no_speech_prob": 0.01,
        }
        for n, (start, end, text) in enumerate(parts)
    ]  # fmt: skip
    whole = {"task": "transcribe", "language": "english", "duration": 60.0, "text": "Good morning. It rains."}
    return {**whole, "segments": rows, "usage": usage}


@dataclass
class GeminiMedia(FaultyServer):
    """Gemini's `generateContent` for pictures, speech and recordings; `parts` replaces what the model puts out."""

    parts: list[dict[str, Any]] | None = None
    finish: str = "STOP"
    blocked: str | None = None
    samples_type: str = "audio/L16;codec=pcm;rate=24000"
    details: bool = True
    voices: list[str] = field(default_factory=list)

    def answer(self, method: str, request: Received) -> Iterable[bytes]:
        found = re.fullmatch(r"/v1beta/models/([\w.-]+):generateContent", request.target)
        need(method == "POST" and found, f"no such path: {request.target}", status=404)
        need(request.headers.get("x-goog-api-key") == "test-key", "API key not valid.")
        model, body = found[1] if found else "", spelt_alike(request.body)
        request.body = body
        check_keys(body, ("contents", "generationConfig"), "GenerateContentRequest")
        (content,) = body["contents"]
        need(content["role"] == "user" and content["parts"], "Please use a valid role")
        for part in content["parts"]:
            check_keys(part, ("text", "inlineData"), "part")
            if "inlineData" in part:
                check_keys(part["inlineData"], ("mimeType", "data"), "inlineData")
                data = base64.urlsafe_b64decode(part["inlineData"]["data"])
                need(media_type_of(data) == part["inlineData"]["mimeType"], "the data is not what it says")
        config = body.get("generationConfig", {})
        check_keys(config, ("responseModalities", "imageConfig", "speechConfig"), "generationConfig")
        if self.blocked:
            return [json.dumps({"promptFeedback": {"blockReason": self.blocked}}).encode()]
        if "tts" in model:
            return [self._answer("AUDIO", [self._spoken(config, content)])]
        if "image" in model or "banana" in model:
            return [self._answer("IMAGE", self._made(config))]
        need(config == {}, "Audio output is not enabled for this model")
        return [self._answer("TEXT", [{"text": "Good morning.\n"}], into="AUDIO")]

    def error_body(self, status: int, message: str, code: str) -> dict[str, Any]:
        names = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        return {"error": {"code": status, "message": message, "status": names.get(status, "INTERNAL")}}

    def _made(self, config: dict[str, Any]) -> list[dict[str, Any]]:
        need(config.get("responseModalities") == ["TEXT", "IMAGE"], "response modalities (TEXT, IMAGE) are needed")
        wanted = config.get("imageConfig", {})
        check_keys(wanted, ("aspectRatio", "imageSize"), "imageConfig")
        ratios = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
        need(wanted.get("aspectRatio", "1:1") in ratios, "aspect_ratio must be one of the allowed values")
        need(wanted.get("imageSize", "1K") in ("1K", "2K", "4K"), "imageSize must be 1K, 2K or 4K")
        sketch = {"thought": True, **inline("image/png", png(1))}
        return [sketch, {"text": "Here it is."}, inline("image/png", png(len(self.received)))]

    def _spoken(self, config: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
        need(config.get("responseModalities") == ["AUDIO"], "response modalities (AUDIO) are needed")
        check_keys(config.get("speechConfig", {}), ("voiceConfig", "languageCode"), "speechConfig")
        voice = config["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"]
        need(voice in ("Kore", "Puck", "Leda"), f"Voice name {voice} is not supported.")
        self.voices.append(voice)
        return inline(self.samples_type, SAMPLES)

    def _answer(self, out: str, parts: list[dict[str, Any]], into: str = "TEXT") -> bytes:
        usage: dict[str, Any] = {"promptTokenCount": 20, "candidatesTokenCount": 1000, "totalTokenCount": 1020}
        if self.details:
            usage["promptTokensDetails"] = [{"modality": into, "tokenCount": 20}]
            usage["candidatesTokensDetails"] = [{"modality": out, "tokenCount": 1000}]
        content = {"role": "model", "parts": parts if self.parts is None else self.parts}
        candidate = {"content": content, "finishReason": self.finish, "index": 0}
        return json.dumps({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "x"}).encode()


def inline(kind: str, data: bytes) -> dict[str, Any]:
    """Return a part that holds a file; the SDK writes base64 for addresses, and reads both."""
    return {"inlineData": {"mimeType": kind, "data": base64.urlsafe_b64encode(data).decode()}}


def _rows(made: list[Any]) -> list[Any]:
    return [{"b64_json": base64.b64encode(each).decode()} if isinstance(each, bytes) else each for each in made]


def _cut(data: bytes) -> list[bytes]:
    """Return the pieces in which an answer is sent."""
    size = max(1, len(data) // 4)
    return [data[at : at + size] for at in range(0, len(data), size)]


def _check_size(size: str) -> None:
    if size == "auto":
        return
    found = _SIZE.fullmatch(size)
    need(found, f"Invalid value: '{size}'")
    width, height = (int(side) for side in found.groups()) if found else (0, 0)
    need(width % 16 == 0 and height % 16 == 0, "width and height must both be divisible by 16")
    need(1 / 3 <= width / height <= 3, "the aspect ratio must be between 1:3 and 3:1")
