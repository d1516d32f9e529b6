"""`conduit ask --attach` as people run it: content decides what a file is, and what cannot be sent is said first."""

from __future__ import annotations

import asyncio
import base64
import json
import os

import pytest

from fakes.byte_server import chat_events, serve

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1"
SEEN = {"reply": [{"text": "A cat."}]}
LOOK = {"when": {"user": "what is this"}, "reply": [{"text": "A cat."}]}


def blocks(line) -> list[dict]:
    """Return the content of the person's message in the only conversation."""
    (session,) = map(json.loads, line.run("sessions", "list", "--json").stdout.splitlines())
    shown = json.loads(line.run("sessions", "show", "--json", session["id"]).stdout)
    return shown["messages"][0]["message"]["content"]


def test_a_file_is_sent_as_what_it_is_and_not_as_it_is_called(line):
    line.script(LOOK)
    (line.folder / "notes.txt").write_bytes(PNG)
    (line.folder / "song").write_bytes(b"ID3\4rest")
    (line.folder / "paper.bin").write_bytes(b"%PDF-1.7\n")
    (line.folder / "table.png").write_text("a;b\n", "utf-8-sig")
    names = [each for name in ("notes.txt", "paper.bin", "table.png") for each in ("--attach", name)]
    done = line.run("ask", "what is this", *names)
    assert (done.returncode, done.stdout) == (0, "A cat.\n"), done.stderr
    picture, paper, table, question = blocks(line)
    assert picture == {"type": "image", "media_type": "image/png", "data": base64.b64encode(PNG).decode()}
    assert (paper["type"], paper["media_type"], paper["name"]) == ("document", "application/pdf", "paper.bin")
    assert table["text"] == "File table.png:\n```\na;b\n```\n\n"
    assert question["text"] == "what is this"


def test_a_recording_reaches_a_model_that_may_hear(line):
    line.script(LOOK)
    (line.folder / "song").write_bytes(b"ID3\4rest")
    assert line.run("ask", "what is this", "--attach", "song").returncode == 0
    assert [block["type"] for block in blocks(line)] == ["audio", "text"]


async def test_a_vendor_gets_the_files_in_its_format(line):
    (line.folder / "a.png").write_bytes(PNG)
    (line.folder / "b.pdf").write_bytes(b"%PDF-1.7\n")
    (line.folder / "c.mp3").write_bytes(b"ID3\4rest")
    chunk = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "A cat."}, "finish_reason": "stop"}]}
    async with serve(chat_events(chunk)) as server:
        line.environ |= {"CONDUIT_BASE_URL": server.url, "CONDUIT_MODEL": "custom/any"}
        names = [each for name in ("a.png", "b.pdf", "c.mp3") for each in ("--attach", name)]
        done = await asyncio.to_thread(line.run, "ask", "--no-tools", "what is this", *names)
    assert (done.returncode, done.stdout) == (0, "A cat.\n"), done.stderr
    picture, paper, sound, question = server.received[0].body["messages"][-1]["content"]
    assert picture["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert paper["file"]["filename"] == "b.pdf"
    assert sound["input_audio"]["format"] == "mp3"
    assert question == {"type": "text", "text": "what is this"}


def test_a_model_that_does_not_see_is_named_and_nothing_is_begun(line):
    line.environ["DEEPSEEK_API_KEY"] = "key-of-a-test"
    (line.folder / "a.png").write_bytes(PNG)
    done = line.run("ask", "what is this", "--attach", "a.png", "--model", "deepseek")
    assert (done.returncode, done.stdout) == (1, "")
    assert "DeepSeek V4 Pro (deepseek/deepseek-v4-pro) cannot take a picture: it lacks the capability 'vision'" in (
        done.stderr
    )
    assert line.run("sessions", "list", "--json").stdout == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.png", None, "'missing.png' cannot be read: No such file or directory."),
        ("empty.png", b"", "'empty.png' is empty."),
        ("src", None, "'src' is a folder."),
        ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "is image/heic, which cannot be attached"),
        ("film.mp4", b"\0\0\0\x20ftypisom\0\0\0\0", "is video/mp4, which cannot be attached"),
        ("data.bin", b"\xff\xfe\xfd", "neither a picture, a PDF, a recording nor a text"),
        ("nul.txt", b"a\0b", "neither a picture, a PDF, a recording nor a text"),
        ("\x1b[2J.png", b"", r"'\x1b[2J.png' is empty."),
    ],
)
def test_what_cannot_be_attached_is_told_in_one_sentence(line, name: str, content: bytes | None, said: str):
    if content is not None:
        (line.folder / name).write_bytes(content)
    done = line.run("ask", "what is this", "--attach", name)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


def test_too_much_is_refused_before_anybody_is_asked(line):
    half = PNG + bytes(11_000_000)
    for name in ("a.png", "b.png"):
        (line.folder / name).write_bytes(half)
    (line.folder / "c.png").write_bytes(half * 2)
    together = line.run("ask", "look", "--attach", "a.png", "--attach", "b.png")
    assert "larger than 20,000,000 bytes together" in together.stderr
    assert "'c.png' is larger than 20,000,000 bytes" in line.run("ask", "look", "--attach", "c.png").stderr


def test_a_pipe_is_not_waited_for(line):
    os.mkfifo(line.folder / "pipe")
    assert "is no ordinary file" in line.run("ask", "look", "--attach", "pipe").stderr


def test_attachments_do_not_go_with_a_schema(line):
    (line.folder / "form.json").write_text('{"type": "object"}')
    done = line.run("ask", "look", "--attach", "a.png", "--schema", "form.json")
    assert done.returncode == 2
    assert "--schema does not go with --attach" in done.stderr
