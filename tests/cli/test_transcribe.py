"""`conduit transcribe` as people run it, against servers that speak the vendors' formats."""

from __future__ import annotations

import asyncio
import json
import signal

from fakes.byte_server import serve
from fakes.faulty_server import running
from fakes.media_server import MP3, WAV, GeminiMedia, OpenAIMedia


async def test_the_words_are_on_stdout_and_the_cost_on_stderr(line):
    (line.folder / "talk.dat").write_bytes(MP3)
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        done = await asyncio.to_thread(line.run, "transcribe", "talk.dat", "--language", "en")
    assert (done.returncode, done.stdout) == (0, "Good morning. It rains.\n"), done.stderr
    assert done.stderr == "· openai/gpt-transcribe: 4 words, 60.0 s, $0.0045\n"
    assert server.received[0].body["file"] == ("recording.mp3", "audio/mp3", MP3)
    assert server.received[0].body["language"] == "en"
    assert server.refused == []


async def test_parts_are_told_with_their_times_and_speakers(line):
    (line.folder / "talk.wav").write_bytes(WAV)
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        told = await asyncio.to_thread(line.run, "transcribe", "talk.wav", "--times", "-m", "openai/whisper-1")
        spoken = await asyncio.to_thread(
            line.run, "transcribe", "talk.wav", "--times", "-m", "gpt-4o-transcribe-diarize"
        )
        shown = await asyncio.to_thread(line.run, "transcribe", "talk.wav", "--json", "-m", "whisper-1")
    assert told.stdout == (
        "[00:00:00.000 --> 00:00:01.500] Good morning.\n[00:00:01.500 --> 01:01:01.250] It rains.\n"
    ), told.stderr
    assert spoken.stdout.splitlines()[1] == "[00:00:01.500 --> 01:01:01.250] B: It rains."
    result = json.loads(shown.stdout)
    assert result["segments"][1] == {"start_s": 1.5, "end_s": 3661.25, "text": "It rains.", "speaker": None}
    assert (result["text"], result["language"], result["duration_s"]) == ("Good morning. It rains.", "english", 60.0)
    assert result["usage"]["audio_seconds"] == 60.0
    assert server.refused == []


async def test_gemini_hears_too(line):
    (line.folder / "talk.wav").write_bytes(WAV)
    async with running(GeminiMedia()) as server:
        line.use("google", server.url)
        done = await asyncio.to_thread(line.run, "transcribe", "talk.wav", "-m", "flash")
        timed = await asyncio.to_thread(line.run, "transcribe", "talk.wav", "-m", "flash", "--times")
    assert (done.returncode, done.stdout) == (0, "Good morning.\n"), done.stderr
    assert (timed.returncode, timed.stdout) == (1, "")
    assert "Gemini 3.8 Flash (google/gemini-3.8-flash) gives no times." in timed.stderr
    assert len(server.received) == 1
    assert server.refused == []


async def test_what_a_model_says_cannot_steer_the_terminal(line):
    (line.folder / "talk.wav").write_bytes(WAV)
    answer = {"text": "a\ud800b\x00c", "usage": {"type": "duration", "seconds": "12.5"}}
    async with running(OpenAIMedia(transcript=answer)) as server:
        line.use("openai", f"{server.url}/v1")
        done = await asyncio.to_thread(line.run, "transcribe", "talk.wav")
    assert (done.returncode, done.stdout) == (0, "a\ufffdb\ufffdc\n"), done.stderr
    assert "12.5 s" in done.stderr


def test_what_is_no_recording_is_told_in_one_sentence(line):
    (line.folder / "a.mp3").write_text("a text")
    (line.folder / "b.wav").write_bytes(b"%PDF-1.7")
    (line.folder / "c.wav").write_bytes(WAV)
    (line.folder / "\x1b]0;x\a.wav").write_bytes(b"x")
    line.environ["OPENAI_API_KEY"] = "test-key"
    for arguments, said in [
        (["a.mp3"], "'a.mp3' is no recording."),
        (["b.wav"], "'b.wav' is application/pdf."),
        (["missing.wav"], "No such file"),
        (["src"], "'src' is a folder"),
        (["\x1b]0;x\a.wav"], "is no recording."),
        (["c.wav", "--model", "sonnet"], "cannot write down recordings: it lacks the capability 'transcription'"),
        (["c.wav", "--model", "gpt-transcribe", "--times"], "GPT-Transcribe (openai/gpt-transcribe) gives no times"),
    ]:
        done = line.run("transcribe", *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
        assert "\x1b" not in done.stderr


async def test_ctrl_c_ends_it(line):
    (line.folder / "talk.wav").write_bytes(WAV)
    async with serve([None]) as server:
        line.use("openai", server.url)
        process = line.start("transcribe", "talk.wav")
        await asyncio.wait_for(server.asked.wait(), 30)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.to_thread(process.communicate, timeout=30)
    assert process.returncode == 130
    assert b"Interrupted." in err
