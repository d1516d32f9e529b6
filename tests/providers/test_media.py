"""Pictures, speech and transcripts over both wires: what is sent, what comes back, and what is no answer."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import pytest

from conduit.errors import ProviderError, ProviderErrorKind, UserError
from conduit.messages.content import Image
from conduit.providers.media import (
    ImageRequest,
    MakesImages,
    Segment,
    Speaks,
    SpeechEnd,
    SpeechRequest,
    Transcribes,
    TranscriptRequest,
)
from fakes.byte_server import serve, status
from fakes.faulty_server import running
from fakes.media_server import JPEG, MP3, SAMPLES, WAV, GeminiMedia, OpenAIMedia, heard, inline, png
from fakes.wires import WIRES, provider_of

FLARE = "gpt-image-2.6-flare"
BANANA = "gemini-nano-banana-2.1"
TTS = "gemini-3.8-flash-tts"
SOURCE = Image(media_type="image/png", data=base64.b64encode(png(7)).decode())
Kind = ProviderErrorKind


async def spoken(provider: Any, request: SpeechRequest) -> tuple[bytes, SpeechEnd]:
    *pieces, end = [piece async for piece in provider.speak(request)]
    return b"".join(pieces), end


async def gather(provider: Any, request: SpeechRequest, came: list[Any]) -> None:
    async for piece in provider.speak(request):
        came.append(piece)


@pytest.mark.parametrize("wire", WIRES)
async def test_a_wire_tells_what_it_does_beside_conversations(wire: str):
    async with provider_of(wire, "http://127.0.0.1:9") as provider:
        can = {isinstance(provider, each) for each in (MakesImages, Speaks, Transcribes)}
    assert can == {wire in ("openai", "google")}


# -- OpenAI's format


async def test_a_picture_is_asked_for_in_openais_format():
    async with running(OpenAIMedia()) as server, provider_of("openai", f"{server.url}/v1") as provider:
        made = await provider.make_images(ImageRequest(FLARE, "a cat", 2, "1536X1024", "low", "webp"))
    (request,) = server.received
    assert request.body == {
        "model": FLARE, "prompt": "a cat", "n": 2, "size": "1536x1024", "quality": "low", "output_format": "webp"
    }  # fmt: skip
    assert [picture.media_type for picture in made.pictures] == ["image/webp"] * 2
    assert (made.usage.input_tokens, made.usage.image_input_tokens) == (60, 50)
    assert (made.usage.output_tokens, made.usage.image_output_tokens) == (1000, 1000)
    assert server.refused == []


@pytest.mark.parametrize("count", [1, 3])
async def test_pictures_to_work_from_go_as_a_form_without_their_names(count: int):
    async with running(OpenAIMedia()) as server, provider_of("openai", f"{server.url}/v1") as provider:
        await provider.make_images(ImageRequest(FLARE, "a cat", sources=(SOURCE,) * count))
    (request,) = server.received
    assert request.target == "/v1/images/edits"
    files = request.body["image[]"] if count > 1 else [request.body["image"]]
    assert files == [(f"image-{n + 1}.png", "image/png", png(7)) for n in range(count)]
    assert server.refused == []


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ("16:9", {"aspect_ratio": "16:9"}),
        ("1920x1080", {"aspect_ratio": "16:9"}),
        ("2K", {"resolution": "2k"}),
        ("auto", {}),
        (None, {}),
    ],
)
async def test_a_vendor_that_knows_ratios_is_told_ratios_and_asked_for_base64(size: str | None, sent: dict[str, str]):
    async with running(OpenAIMedia(vendor="xai")) as server, provider_of("xai", f"{server.url}/v1") as provider:
        made = await provider.make_images(ImageRequest("grok-imagine-image-2.0", "a cat", size=size))
    always = {"model": "grok-imagine-image-2.0", "prompt": "a cat", "n": 1, "response_format": "b64_json"}
    assert server.received[0].body == always | sent
    assert made.pictures[0].data == JPEG
    assert server.refused == []


@pytest.mark.parametrize(
    ("vendor", "request_", "said"),
    [
        ("openai", ImageRequest(FLARE, "x", size="16:9"), "takes the size of a picture as 1536x1024"),
        ("openai", ImageRequest(FLARE, "x", size="huge"), "'huge' is no size of a picture"),
        ("xai", ImageRequest("g", "x", size="0x5"), "is no size of a picture"),
        ("xai", ImageRequest("g", "x", sources=(SOURCE,)), "takes no pictures along"),
        ("xai", ImageRequest("g", "x", format="png"), "chooses the format"),
        ("google", ImageRequest(BANANA, "x", quality="low"), "chooses the quality"),
        ("google", ImageRequest(BANANA, "x", format="webp"), "chooses the format"),
        ("google", ImageRequest(BANANA, "x", size="large"), "is no size of a picture"),
    ],
)
async def test_what_an_endpoint_has_no_words_for_is_refused_before_it_is_asked(
    vendor: str, request_: ImageRequest, said: str
):
    async with provider_of(vendor, "http://127.0.0.1:9") as provider:
        with pytest.raises(UserError, match=said):
            await provider.make_images(request_)


@pytest.mark.parametrize(
    ("made", "kind", "said"),
    [
        ([], Kind.INVALID_ANSWER, "gave no picture"),
        ([{"b64_json": "!!!"}], Kind.INVALID_ANSWER, "no base64"),
        ([{"b64_json": base64.b64encode(b"<html>").decode()}], Kind.INVALID_ANSWER, "no picture"),
        ([{"b64_json": base64.b64encode(WAV).decode()}], Kind.INVALID_ANSWER, "audio/wav"),
        ([{"url": "https://elsewhere.invalid/a.png"}], Kind.INVALID_ANSWER, "address of a picture"),
        ([{}], Kind.INVALID_ANSWER, "a picture is missing"),
        (["word"], Kind.INVALID_ANSWER, "no list of pictures"),
        ([png(), {"b64_json": "A"}], Kind.INVALID_ANSWER, "no base64"),
    ],
)
async def test_what_is_no_picture_is_an_error(made: list[Any], kind: Kind, said: str):
    async with (
        running(OpenAIMedia(pictures=made)) as server,
        provider_of("openai", f"{server.url}/v1") as provider,
    ):
        with pytest.raises(ProviderError, match=said) as caught:
            await provider.make_images(ImageRequest(FLARE, "a cat"))
    assert caught.value.kind is kind


async def test_the_vendors_policy_is_told_as_a_refusal():
    async with running(OpenAIMedia()) as server, provider_of("openai", f"{server.url}/v1") as provider:
        with pytest.raises(ProviderError, match="rejected by the safety system") as caught:
            await provider.make_images(ImageRequest(FLARE, "something forbidden"))
    assert caught.value.kind is Kind.REFUSED
    assert not caught.value.retryable


async def test_an_answer_that_would_fill_the_memory_is_not_read_to_its_end():
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
    endless = [head, b'{"data": [{"b64_json": "', *[b"A" * 4_000_000] * 20]
    async with serve(endless) as server, provider_of("openai", server.url) as provider:
        with pytest.raises(ProviderError, match="longer than"):
            await provider.make_images(ImageRequest(FLARE, "a cat"))


@pytest.mark.parametrize(
    ("wanted", "kind", "data"),
    [(None, "audio/mp3", MP3 * 8), ("wav", "audio/wav", WAV), ("pcm", "audio/pcm", SAMPLES)],
)
async def test_speech_arrives_in_pieces_and_says_what_it_is(wanted: str | None, kind: str, data: bytes):
    async with running(OpenAIMedia()) as server, provider_of("openai", f"{server.url}/v1") as provider:
        sound, end = await spoken(provider, SpeechRequest("gpt-4o-mini-tts", "Good morning.", format=wanted))
    assert server.received[0].body == {
        "model": "gpt-4o-mini-tts",
        "input": "Good morning.",
        "voice": "alloy",
        "response_format": wanted or "mp3",
    }
    assert (sound, end.media_type) == (data, kind)
    assert server.refused == []


async def test_a_vendor_with_one_format_and_voices_of_its_own_is_asked_for_these():
    async with running(OpenAIMedia(vendor="groq")) as server, provider_of("groq", f"{server.url}/v1") as provider:
        sound, end = await spoken(provider, SpeechRequest("canopylabs/orpheus-v1-english", "Hello.", voice="troy"))
        with pytest.raises(UserError, match=r"gives no mp3. It gives: wav"):
            await spoken(provider, SpeechRequest("canopylabs/orpheus-v1-english", "Hello.", format="mp3"))
    assert [request.body["voice"] for request in server.received] == ["troy"]
    assert (sound, end.media_type) == (WAV, "audio/wav")


async def test_where_no_voice_is_known_one_must_be_named():
    async with running(OpenAIMedia()) as server, provider_of("vllm", f"{server.url}/v1") as provider:
        with pytest.raises(UserError, match="--voice"):
            await spoken(provider, SpeechRequest("any", "Hello."))
        await spoken(provider, SpeechRequest("any", "Hello.", voice="vivian"))
    assert [request.body for request in server.received] == [{"model": "any", "input": "Hello.", "voice": "vivian"}]


async def test_speech_that_is_cut_keeps_what_came_and_ends_in_an_error():
    async with running(OpenAIMedia()) as server, provider_of("openai", f"{server.url}/v1") as provider:
        server.disconnect(after_chunks=2)
        came: list[bytes] = []
        with pytest.raises(ProviderError) as caught:
            await gather(provider, SpeechRequest("gpt-4o-mini-tts", "Hello."), came)
    assert caught.value.kind is Kind.NETWORK
    assert b"".join(came) == (MP3 * 8)[: len(b"".join(came))] != b""


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b'{"audio_data": "UklG"}'])
async def test_a_page_or_json_in_place_of_sound_is_an_error(body: bytes):
    kind = b"text/html" if body.startswith(b"<") else b"application/json"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n" % (kind, len(body))
    async with serve([head + body]) as server, provider_of("openai", server.url) as provider:
        with pytest.raises(ProviderError):
            await spoken(provider, SpeechRequest("gpt-4o-mini-tts", "Hello."))


async def test_no_sound_at_all_is_an_error():
    async with running(OpenAIMedia(spoken=[])) as server, provider_of("openai", f"{server.url}/v1") as provider:
        with pytest.raises(ProviderError, match="no sound"):
            await spoken(provider, SpeechRequest("gpt-4o-mini-tts", "Hello."))


@pytest.mark.parametrize(
    ("model", "timed", "sent", "segments"),
    [
        ("gpt-transcribe", None, {"response_format": "json"}, ()),
        ("gpt-transcribe", False, {"response_format": "json"}, ()),
        ("whisper-1", False, {"response_format": "json"}, ()),
        (
            "whisper-1",
            None,
            {"response_format": "verbose_json", "timestamp_granularities[]": ["segment"]},
            (Segment(0.0, 1.5, "Good morning."), Segment(1.5, 3661.25, "It rains.")),
        ),
        (
            "gpt-4o-transcribe-diarize",
            None,
            {"response_format": "diarized_json", "chunking_strategy": "auto"},
            (Segment(0.0, 1.5, "Good morning.", "A"), Segment(1.5, 3661.25, "It rains.", "B")),
        ),
    ],
)
async def test_a_model_is_asked_for_the_format_that_it_has(
    model: str, timed: bool | None, sent: dict[str, Any], segments: tuple[Segment, ...]
):
    async with running(OpenAIMedia()) as server, provider_of("openai", f"{server.url}/v1") as provider:
        told = await provider.transcribe(TranscriptRequest(model, MP3, "audio/mp3", "en", timed))
    (request,) = server.received
    assert request.body == {"model": model, "file": ("recording.mp3", "audio/mp3", MP3), "language": "en", **sent}
    assert (told.text, told.segments) == ("Good morning. It rains.", segments)
    assert (told.duration_s, told.usage.audio_seconds) == (60.0, 60.0)
    assert told.language == ("english" if model == "whisper-1" and timed is None else None)
    assert server.refused == []


async def test_an_unknown_model_gives_times_only_when_they_are_needed():
    async with running(OpenAIMedia()) as server, provider_of("vllm", f"{server.url}/v1") as provider:
        plain = await provider.transcribe(TranscriptRequest("any", WAV, "audio/wav"))
        timed = await provider.transcribe(TranscriptRequest("any", WAV, "audio/wav", timed=True))
    assert (len(plain.segments), len(timed.segments)) == (0, 2)
    assert server.refused == []


async def test_times_that_cannot_be_had_and_too_much_sound_are_refused_before_the_call():
    async with provider_of("openai", "http://127.0.0.1:9") as provider:
        with pytest.raises(UserError, match=r"GPT-Transcribe .* gives no times"):
            await provider.transcribe(TranscriptRequest("gpt-transcribe", WAV, "audio/wav", timed=True))
        with pytest.raises(UserError, match="OpenAI takes 25,000,000"):
            await provider.transcribe(TranscriptRequest("gpt-transcribe", bytes(25_000_001), "audio/wav"))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"text": None},
        {"text": 5},
        {**heard("verbose_json"), "segments": "x"},
        {**heard("verbose_json"), "segments": [{"start": 0, "end": "soon", "text": "x"}]},
        {**heard("verbose_json"), "segments": [{"start": -1, "end": 1, "text": "x"}]},
        {**heard("verbose_json"), "segments": [None]},
    ],
    ids=str,
)
async def test_a_damaged_transcript_is_an_error(answer: dict[str, Any]):
    async with (
        running(OpenAIMedia(transcript=answer)) as server,
        provider_of("openai", f"{server.url}/v1") as provider,
    ):
        with pytest.raises(ProviderError) as caught:
            await provider.transcribe(TranscriptRequest("whisper-1", WAV, "audio/wav"))
    assert caught.value.kind is Kind.INVALID_ANSWER


# -- Gemini


async def test_gemini_makes_one_picture_a_request_and_its_sketches_are_left_out():
    async with running(GeminiMedia()) as server, provider_of("google", server.url) as provider:
        made = await provider.make_images(ImageRequest(BANANA, "a cat", 2, "1024x1024", sources=(SOURCE,)))
    assert [picture.data for picture in made.pictures] == [png(1), png(2)]
    assert [request.body for request in server.received] == [
        {
            "contents": [{"role": "user", "parts": [inline("image/png", png(7)), {"text": "a cat"}]}],
            "generationConfig": {"responseModalities": ["TEXT", "IMAGE"], "imageConfig": {"aspectRatio": "1:1"}},
        }
    ] * 2
    assert (made.usage.input_tokens, made.usage.image_output_tokens) == (40, 2000)
    assert server.refused == []


async def test_the_pictures_that_came_are_kept_when_a_later_one_fails(caplog: pytest.LogCaptureFixture):
    one = {"candidates": [{"content": {"parts": [inline("image/png", png(1))]}, "finishReason": "STOP"}]}
    busy = {"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}}
    async with serve(status(200, one), status(429, busy)) as server, provider_of("google", server.url) as provider:
        made = await provider.make_images(ImageRequest(BANANA, "a cat", 3))
    assert [picture.data for picture in made.pictures] == [png(1)]
    assert len(server.received) == 2
    assert "picture 2 of 3 was not made: Google Gemini asks for fewer requests. Slow down." in caplog.text


async def test_gemini_takes_a_resolution_and_what_it_does_not_count_apart_is_pictures():
    async with running(GeminiMedia(details=False)) as server, provider_of("google", server.url) as provider:
        made = await provider.make_images(ImageRequest(BANANA, "a cat", size="2k"))
    assert server.received[0].body["generationConfig"]["imageConfig"] == {"imageSize": "2K"}
    assert made.usage.image_output_tokens == 1000


@pytest.mark.parametrize(
    ("server", "kind", "said"),
    [
        (GeminiMedia(blocked="PROHIBITED_CONTENT"), Kind.REFUSED, "The prompt was blocked: PROHIBITED_CONTENT"),
        (GeminiMedia(parts=[], finish="IMAGE_SAFETY"), Kind.REFUSED, "ended with IMAGE_SAFETY"),
        (GeminiMedia(parts=[], finish="NO_IMAGE"), Kind.INVALID_ANSWER, r"gave no picture \(NO_IMAGE\)"),
        (GeminiMedia(parts=[{"text": "I cannot."}]), Kind.INVALID_ANSWER, "said: I cannot."),
        (GeminiMedia(parts=[inline("image/png", b"no picture")]), Kind.INVALID_ANSWER, "a picture is no picture"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_gemini_without_a_picture_is_an_error_that_says_why(server: GeminiMedia, kind: Kind, said: str):
    async with running(server), provider_of("google", server.url) as provider:
        with pytest.raises(ProviderError, match=said) as caught:
            await provider.make_images(ImageRequest(BANANA, "a cat"))
    assert caught.value.kind is kind


@pytest.mark.parametrize(
    ("told", "rate", "channels"),
    [
        ("audio/L16;codec=pcm;rate=24000", 24_000, 1),
        ("audio/l16; rate=16000; channels=2", 16_000, 2),
        ("audio/pcm", 24_000, 1),
    ],
)
async def test_geminis_samples_become_a_wav_file(told: str, rate: int, channels: int):
    async with running(GeminiMedia(samples_type=told)) as server, provider_of("google", server.url) as provider:
        sound, end = await spoken(provider, SpeechRequest(TTS, "Good morning.", voice="Puck"))
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate, channels, 2)
        assert file.readframes(file.getnframes()) == SAMPLES
    assert end.media_type == "audio/wav"
    assert (end.usage.output_tokens, end.usage.audio_output_tokens) == (1000, 1000)
    assert (server.voices, server.refused) == (["Puck"], [])


async def test_gemini_may_send_a_wav_file_itself():
    server = GeminiMedia(parts=[inline("audio/wav", WAV)])
    async with running(server), provider_of("google", server.url) as provider:
        sound, _ = await spoken(provider, SpeechRequest(TTS, "Good morning."))
    assert sound == WAV
    assert server.voices == ["Kore"]


@pytest.mark.parametrize(
    "parts",
    [[], [{"text": "no"}], [inline("audio/ogg", b"x")], [inline("audio/L16;rate=24000", b"odd")], [{"inlineData": {}}]],
    ids=str,
)
async def test_gemini_without_sound_is_an_error(parts: list[dict[str, Any]]):
    async with running(GeminiMedia(parts=parts)) as server, provider_of("google", server.url) as provider:
        with pytest.raises(ProviderError) as caught:
            await spoken(provider, SpeechRequest(TTS, "Good morning."))
    assert caught.value.kind is Kind.INVALID_ANSWER


async def test_gemini_writes_down_what_it_hears():
    async with running(GeminiMedia()) as server, provider_of("google", server.url) as provider:
        told = await provider.transcribe(TranscriptRequest("gemini-3.8-flash", MP3, "audio/mp3", "de"))
        with pytest.raises(UserError, match="gives no times"):
            await provider.transcribe(TranscriptRequest("gemini-3.8-flash", MP3, "audio/mp3", timed=True))
        with pytest.raises(UserError, match="takes 14,000,000"):
            await provider.transcribe(TranscriptRequest("gemini-3.8-flash", bytes(14_000_001), "audio/mp3"))
    (request,) = server.received
    sound, asked = request.body["contents"][0]["parts"]
    assert sound == inline("audio/mp3", MP3)
    assert "word for word" in asked["text"]
    assert "'de'" in asked["text"]
    assert (told.text, told.language, told.usage.audio_input_tokens) == ("Good morning.", "de", 20)
    assert server.refused == []


async def test_a_transcript_that_does_not_fit_is_not_given_out_as_whole():
    async with running(GeminiMedia(finish="MAX_TOKENS")) as server, provider_of("google", server.url) as provider:
        with pytest.raises(ProviderError, match="longer than the model can write"):
            await provider.transcribe(TranscriptRequest("gemini-3.8-flash", MP3, "audio/mp3"))


# -- both


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, Kind.AUTH), (404, Kind.NOT_FOUND), (429, Kind.RATE_LIMIT), (503, Kind.OVERLOADED), (500, Kind.INTERNAL)],
)
@pytest.mark.parametrize("wire", ["openai", "google"])
@pytest.mark.parametrize("task", ["images", "speech", "transcript"])
async def test_a_refusal_has_its_kind_in_every_task(wire: str, task: str, code: int, kind: Kind):
    body = {"error": {"code": code, "message": "no", "status": "X"}}
    async with serve(status(code, body)) as server, provider_of(wire, server.url) as provider:
        with pytest.raises(ProviderError) as caught:
            await ask(provider, wire, task)
    assert (caught.value.kind, caught.value.status) == (kind, code)


@pytest.mark.parametrize("wire", ["openai", "google"])
@pytest.mark.parametrize("task", ["images", "speech", "transcript"])
@pytest.mark.parametrize(
    "body", [{}, [], "word", None, {"candidates": None}, {"data": {"a": 1}}, {"text": []}], ids=str
)
async def test_an_answer_of_another_shape_is_an_error_of_ours(wire: str, task: str, body: object):
    async with serve(status(200, body)) as server, provider_of(wire, server.url) as provider:
        with pytest.raises(ProviderError):
            await ask(provider, wire, task)


@pytest.mark.parametrize("wire", ["openai", "google"])
@pytest.mark.parametrize("task", ["images", "speech", "transcript"])
async def test_nobody_at_the_address_is_a_failed_connection(wire: str, task: str):
    async with provider_of(wire, "http://127.0.0.1:9") as provider:
        with pytest.raises(ProviderError) as caught:
            await ask(provider, wire, task)
    assert caught.value.kind is Kind.NETWORK


async def ask(provider: Any, wire: str, task: str) -> None:
    if task == "images":
        await provider.make_images(ImageRequest(FLARE if wire == "openai" else BANANA, "a cat"))
    elif task == "speech":
        await spoken(provider, SpeechRequest("gpt-4o-mini-tts" if wire == "openai" else TTS, "Hello."))
    else:
        model = "whisper-1" if wire == "openai" else "gemini-3.8-flash"
        await provider.transcribe(TranscriptRequest(model, MP3, "audio/mp3"))
