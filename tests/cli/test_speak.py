"""`conduit speak` as people run it, against servers that speak the vendors' formats."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pty
import signal
import wave

import pytest

from fakes.byte_server import serve
from fakes.faulty_server import running
from fakes.media_server import MP3, SAMPLES, WAV, GeminiMedia, OpenAIMedia

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n"


async def test_a_text_becomes_a_file_whose_name_is_printed(line):
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        done = await asyncio.to_thread(line.run, "speak", "Good", "morning.", "--voice", "coral")
    assert (done.returncode, done.stdout) == (0, "speech-good-morning.mp3\n"), done.stderr
    assert done.stderr == f"· openai/gpt-4o-mini-tts: audio/mp3, {len(MP3) * 8:,} bytes\n"
    assert (line.folder / "speech-good-morning.mp3").read_bytes() == MP3 * 8
    assert server.received[0].body["voice"] == "coral"
    assert server.refused == []


@pytest.mark.parametrize("arguments", [("speak", "-"), ("speak",)])
async def test_what_is_piped_in_is_said_in_the_format_that_the_name_says(line, arguments: tuple[str, ...]):
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        done = await asyncio.to_thread(line.run, *arguments, "-o", "hello.wav", "--json", piped="Hello.\nYou.\n")
    result = json.loads(done.stdout)
    assert result["files"] == [{"path": "hello.wav", "media_type": "audio/wav", "bytes": len(WAV)}]
    assert (result["model"], result["cost_usd"]) == ("openai/gpt-4o-mini-tts", None)
    assert server.received[0].body["input"] == "Hello.\nYou."
    assert server.received[0].body["response_format"] == "wav"


async def test_geminis_samples_are_a_wav_file_that_plays(line):
    async with running(GeminiMedia()) as server:
        line.use("google", server.url)
        done = await asyncio.to_thread(line.run, "speak", "Good morning.", "--voice", "Leda", "-o", "morning")
        other = await asyncio.to_thread(line.run, "speak", "Good morning.", "--format", "mp3")
    assert (done.returncode, done.stdout) == (0, "morning.wav\n"), done.stderr
    assert "$0.0090" in done.stderr
    with wave.open(io.BytesIO((line.folder / "morning.wav").read_bytes())) as file:
        assert (file.getframerate(), file.readframes(file.getnframes())) == (24_000, SAMPLES)
    assert server.voices == ["Leda"]
    assert (other.returncode, other.stdout) == (1, "")
    assert "Google Gemini gives no mp3. It gives: wav." in other.stderr


async def test_a_recording_that_is_cut_is_not_kept(line):
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        server.disconnect(after_chunks=2)
        done = await asyncio.to_thread(line.run, "speak", "Good morning.")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("conduit: The connection to OpenAI at")
    assert line.made() == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_an_interruption_in_the_middle_leaves_no_half_file(line, read_until, number: signal.Signals, code: int):
    async with serve([HEAD, b"4\r\nID3\4\r\n", None]) as server:
        line.use("openai", server.url)
        ours, theirs = pty.openpty()
        process = line.start("speak", "Good morning.", stderr=theirs, environ={"TERM": "xterm"})
        os.close(theirs)
        await asyncio.to_thread(read_until, ours, "speaks: 4 bytes")
        assert [name.endswith(".part") for name in line.made()] == [True]
        process.send_signal(number)
        await asyncio.to_thread(read_until, ours, "Interrupted.")
        out, _ = await asyncio.to_thread(process.communicate, timeout=30)
    os.close(ours)
    assert (process.returncode, out) == (code, b"")
    assert line.made() == []


async def test_a_full_disk_is_told_and_leaves_nothing(line):
    import resource

    async with running(OpenAIMedia(spoken=[MP3 * 100] * 20)) as server:
        line.use("openai", f"{server.url}/v1")
        (line.folder / "out").mkdir()

        def bound() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as the interpreter itself does
            resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))

        process = await asyncio.to_thread(line.start, "speak", "Hello.", "-o", "out/a.mp3", preexec_fn=bound)
        out, err = await asyncio.to_thread(process.communicate, timeout=30)
    assert (process.returncode, out) == (1, b"")
    assert b"cannot be written: File too large." in err
    assert list((line.folder / "out").iterdir()) == []


def test_what_makes_no_sense_is_told_in_one_sentence(line):
    (line.folder / "here.mp3").write_bytes(b"mine")
    line.environ["OPENAI_API_KEY"] = "test-key"
    for arguments, said in [
        ([], "There is nothing to say"),
        (["hello", "-o", "here.mp3"], "'here.mp3' is there already"),
        (["hello", "-o", "no/a.mp3"], "There is no folder 'no'"),
        (["hello", "--force"], "--force needs --output"),
        (["hello", "--model", "haiku"], "cannot speak: it lacks the capability 'audio_output'"),
    ]:
        done = line.run("speak", *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert line.made() == ["here.mp3"]
