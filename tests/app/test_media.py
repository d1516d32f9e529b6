"""Pictures, speech and transcripts through the App: who does it, what is refused, tried again, priced and noted."""

from __future__ import annotations

import base64
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest

from app.opening import Opening
from conduit.app import App
from conduit.app.media import MadeSpeech
from conduit.errors import MissingKey, ProviderError, UserError
from conduit.messages.content import Image
from conduit.providers.media import ImageRequest, SpeechRequest, TranscriptRequest
from conduit.sessions.ledger import SqliteLedger
from fakes.byte_server import serve, status
from fakes.faulty_server import running
from fakes.media_server import MP3, GeminiMedia, OpenAIMedia, png

SOURCE = Image(media_type="image/png", data=base64.b64encode(png()).decode())
NOWHERE = "http://127.0.0.1:9/v1"


async def noted(tmp_path: Path) -> list[tuple[str, int, int, float, int]]:
    """Return what the ledger holds: model, tokens in and out, dollars, and how many have no price."""
    ledger = SqliteLedger(tmp_path / "state/ledger.db")
    totals = await ledger.totals()
    await ledger.aclose()
    return [(t.model, t.usage.input_tokens, t.usage.output_tokens, t.cost_usd, t.unpriced) for t in totals]


async def said(app: App, request: SpeechRequest) -> tuple[bytes, MadeSpeech]:
    *pieces, end = [piece async for piece in app.media().speech(request)]
    assert isinstance(end, MadeSpeech)
    return b"".join(cast("list[bytes]", pieces)), end


async def test_pictures_are_priced_by_their_kind_of_token_and_noted(opening: Opening, tmp_path: Path) -> None:
    async with running(OpenAIMedia()) as server, opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
        made = await app.media().pictures(ImageRequest("", "a cat", 2))
    assert made.model == "openai/gpt-image-2.6-flare"
    assert len(made.pictures) == 2
    assert made.cost_usd == pytest.approx((10 * 5 + 50 * 8 + 1000 * 30) / 1e6)
    assert await noted(tmp_path) == [("openai/gpt-image-2.6-flare", 60, 1000, pytest.approx(0.03045), 0)]
    assert server.refused == []


async def test_geminis_pictures_are_priced_from_the_table(opening: Opening) -> None:
    async with running(GeminiMedia()) as server, opening(keys=["GEMINI_API_KEY"], google=server.url) as app:
        made = await app.media().pictures(ImageRequest("", "a cat"))
    assert made.model == "google/gemini-nano-banana-2.1"
    assert made.cost_usd == pytest.approx((20 * 1.5 + 1000 * 30) / 1e6)


async def test_speech_whose_use_nobody_counted_has_no_price(opening: Opening, tmp_path: Path) -> None:
    async with running(OpenAIMedia()) as server, opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
        sound, end = await said(app, SpeechRequest("", "Good morning."))
    assert (sound, end.model, end.cost_usd) == (MP3 * 8, "openai/gpt-4o-mini-tts", None)
    assert await noted(tmp_path) == [("openai/gpt-4o-mini-tts", 0, 0, 0.0, 1)]


async def test_a_model_whose_end_is_announced_is_not_chosen_before_another(opening: Opening) -> None:
    keys = ["OPENAI_API_KEY", "GEMINI_API_KEY"]
    async with running(GeminiMedia()) as server, opening(keys=keys, google=server.url, openai=NOWHERE) as app:
        _, end = await said(app, SpeechRequest("", "Good morning."))
    assert end.model == "google/gemini-3.8-flash-tts"
    assert end.cost_usd == pytest.approx((20 * 0.5 + 1000 * 9) / 1e6)


async def test_a_recording_is_priced_by_its_length(opening: Opening, tmp_path: Path) -> None:
    async with running(OpenAIMedia()) as server, opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
        made = await app.media().transcript(TranscriptRequest("", MP3, "audio/mp3"))
    assert (made.model, made.transcript.text) == ("openai/gpt-transcribe", "Good morning. It rains.")
    assert made.cost_usd == pytest.approx(0.0045)
    assert await noted(tmp_path) == [("openai/gpt-transcribe", 0, 0, pytest.approx(0.0045), 0)]


async def test_groqs_whisper_gives_times_through_the_same_code(opening: Opening) -> None:
    async with running(OpenAIMedia()) as server, opening(keys=["GROQ_API_KEY"], groq=f"{server.url}/v1") as app:
        made = await app.media().transcript(TranscriptRequest("", MP3, "audio/mp3"))
    assert made.model == "groq/whisper-large-v3-turbo"
    assert len(made.transcript.segments) == 2
    assert server.refused == []


@pytest.mark.parametrize(
    ("task", "model", "said_of_it", "able"),
    [
        ("pictures", "sonnet", "cannot make pictures: it lacks the capability 'image_output'", "openai/gpt-image-2"),
        ("pictures", "openai/whisper-1", "cannot make pictures", "openai/gpt-image-2"),
        ("pictures", "openai/text-embedding-3-small", "cannot make pictures", "openai/gpt-image-2"),
        ("speech", "openai/gpt-image-2", "cannot speak: it lacks the capability 'audio_output'", "gpt-4o-mini-tts"),
        ("speech", "ollama/qwen3", "cannot speak", "gpt-4o-mini-tts"),
        ("transcript", "haiku", "cannot write down recordings: it lacks the capability 'transcription'", "whisper-1"),
        ("transcript", "scripted/demo", "cannot write down recordings", "openai/gpt-transcribe"),
    ],
)
async def test_a_model_that_cannot_is_refused_with_the_names_of_some_that_can(
    opening: Opening, task: str, model: str, said_of_it: str, able: str
) -> None:
    keys = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"]
    async with opening(keys=keys, openai=NOWHERE, anthropic=NOWHERE) as app:
        with pytest.raises(UserError) as caught:
            await ask(app, task, model)
    assert said_of_it in str(caught.value)
    assert able in str(caught.value)


@pytest.mark.parametrize("task", ["pictures", "speech", "transcript"])
async def test_without_a_key_nothing_is_set_up_and_a_named_model_says_which(opening: Opening, task: str) -> None:
    async with opening() as app:
        with pytest.raises(UserError, match="No model is set up that can"):
            await ask(app, task, "")
        names = {"pictures": "gpt-image-2", "speech": "gpt-4o-mini-tts", "transcript": "whisper-1"}
        with pytest.raises(MissingKey, match="OPENAI_API_KEY"):
            await ask(app, task, f"openai/{names[task]}")


@pytest.mark.parametrize(
    ("request_", "said_of_it"),
    [
        (ImageRequest("openai/gpt-image-2", "  "), "no word about what"),
        (ImageRequest("openai/gpt-image-2", "x", 0), "From 1 to 10"),
        (ImageRequest("openai/gpt-image-2", "x", 11), "From 1 to 10"),
    ],
)
async def test_a_request_without_sense_is_refused(opening: Opening, request_: ImageRequest, said_of_it: str) -> None:
    async with opening(keys=["OPENAI_API_KEY"], openai=NOWHERE) as app:
        with pytest.raises(UserError, match=said_of_it):
            await app.media().pictures(request_)


async def test_what_is_no_character_is_replaced_and_nothing_is_not_spoken(opening: Opening) -> None:
    async with running(OpenAIMedia()) as server, opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
        await said(app, SpeechRequest("", "a\ud800b\0c"))
        with pytest.raises(UserError, match="nothing to say"):
            await said(app, SpeechRequest("", " \n"))
        with pytest.raises(UserError, match="no recording"):
            await app.media().transcript(TranscriptRequest("", png(), "image/png"))
    assert [request.body["input"] for request in server.received] == ["a\ufffdb\ufffdc"]


@pytest.mark.parametrize("task", ["pictures", "speech", "transcript"])
async def test_an_overloaded_vendor_is_asked_again(opening: Opening, task: str) -> None:
    async with running(OpenAIMedia()) as server:
        server.rate_limit(retry_after=0.1)
        async with opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
            await ask(app, task, "")
    assert len(server.received) == 2
    server.assert_resilient()


async def test_speech_that_was_cut_is_not_asked_for_and_paid_for_again(opening: Opening, tmp_path: Path) -> None:
    async with running(OpenAIMedia()) as server, opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
        server.disconnect(after_chunks=2)
        with pytest.raises(ProviderError):
            await said(app, SpeechRequest("", "Good morning."))
        assert len(server.received) == 1
    assert await noted(tmp_path) == []


async def test_leaving_speech_early_hangs_up(opening: Opening) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n"
    endless = [head, b"4\r\nID3\4\r\n", None]
    async with serve(endless) as server, opening(keys=["OPENAI_API_KEY"], openai=server.url) as app:
        pieces = cast("Any", app.media().speech(SpeechRequest("", "Good morning.")))
        async with aclosing(pieces):
            assert await anext(pieces) == b"ID3\4"
        await server.closed_by_client.wait()


async def test_a_model_that_fails_again_and_again_is_left_alone(opening: Opening) -> None:
    failing = status(500, {"error": {"message": "no", "type": "server_error"}}, retry_after="0")
    async with serve(failing) as server, opening(keys=["OPENAI_API_KEY"], openai=server.url) as app:
        for _ in range(3):
            with pytest.raises(ProviderError):
                await ask(app, "pictures", "")
        asked = len(server.received)
        with pytest.raises(ProviderError, match="failed"):
            await ask(app, "pictures", "")
        assert len(server.received) == asked


async def ask(app: App, task: str, model: str) -> None:
    if task == "pictures":
        await app.media().pictures(ImageRequest(model, "a cat"))
    elif task == "speech":
        await said(app, SpeechRequest(model, "Good morning."))
    else:
        await app.media().transcript(TranscriptRequest(model, MP3, "audio/mp3"))
