"""`conduit imagegen` as people run it, against servers that speak the vendors' formats."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess

from fakes.byte_server import serve
from fakes.faulty_server import running
from fakes.media_server import JPEG, GeminiMedia, OpenAIMedia, inline, png


async def test_pictures_are_saved_under_free_names_that_are_printed(line):
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        (line.folder / "image-a-cat.png").write_bytes(b"mine")
        done = await asyncio.to_thread(line.run, "imagegen", "a", "cat", "--n", "2", "--size", "1024x1024")
    assert (done.returncode, done.stdout) == (0, "image-a-cat-2.png\nimage-a-cat-3.png\n"), done.stderr
    assert done.stderr == "· openai/gpt-image-2.6-flare: 2 pictures, 1060 tokens, $0.0305\n"
    assert (line.folder / "image-a-cat.png").read_bytes() == b"mine"
    assert (line.folder / "image-a-cat-2.png").read_bytes() == png()
    assert line.made() == ["image-a-cat-2.png", "image-a-cat-3.png", "image-a-cat.png"]
    assert server.refused == []


async def test_json_tells_the_files_and_what_they_cost(line):
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        options = ["--json", "--output", "cat.webp", "--n", "2", "-m", "openai/gpt-image-2", "--quality", "low"]
        done = await asyncio.to_thread(line.run, "imagegen", *options, piped="a cat\n")
    result = json.loads(done.stdout)
    assert (result["type"], result["model"]) == ("result", "openai/gpt-image-2")
    assert [(each["path"], each["media_type"]) for each in result["files"]] == [
        ("cat.webp", "image/webp"),
        ("cat-2.webp", "image/webp"),
    ]
    assert result["usage"]["image_output_tokens"] == 1000
    assert result["cost_usd"] > 0
    assert server.received[0].body["output_format"] == "webp"
    assert server.refused == []


async def test_a_picture_is_made_from_others(line):
    (line.folder / "a.png").write_bytes(png(3))
    (line.folder / "b").write_bytes(JPEG)
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        done = await asyncio.to_thread(
            line.run, "imagegen", "both in one", "--input", "a.png", "--input", "b", "-o", "c.png"
        )
    assert (done.returncode, done.stdout) == (0, "c.png\n"), done.stderr
    assert [data for _, _, data in server.received[0].body["image[]"]] == [png(3), JPEG]
    assert server.refused == []


async def test_a_name_that_lies_about_its_content_is_told(line):
    server = GeminiMedia(parts=[inline("image/jpeg", JPEG)])
    async with running(server):
        line.use("google", server.url)
        done = await asyncio.to_thread(line.run, "imagegen", "a cat", "-o", "cat.png")
    assert (done.returncode, done.stdout) == (0, "cat.png\n"), done.stderr
    assert "· cat.png holds image/jpeg, whatever its name says" in done.stderr


async def test_a_file_in_the_way_is_refused_before_anything_is_paid_for(line):
    (line.folder / "cat.png").write_bytes(b"mine")
    (line.folder / "dog-2.png").write_bytes(b"mine")
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        one = await asyncio.to_thread(line.run, "imagegen", "a cat", "-o", "cat.png")
        two = await asyncio.to_thread(line.run, "imagegen", "a dog", "-o", "dog.png", "--n", "2")
        assert server.received == []
        three = await asyncio.to_thread(line.run, "imagegen", "a cat", "-o", "cat.png", "--force")
    assert (one.returncode, two.returncode, three.returncode) == (1, 1, 0)
    assert "'cat.png' is there already. Choose another name, or replace it with --force." in one.stderr
    assert "'dog-2.png' is there already" in two.stderr
    assert (line.folder / "cat.png").read_bytes() == png()


async def test_a_refusal_and_a_damaged_picture_save_nothing(line):
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        refused = await asyncio.to_thread(line.run, "imagegen", "something forbidden")
        server.pictures = [png(), {"b64_json": "%%%"}]
        damaged = await asyncio.to_thread(line.run, "imagegen", "a cat", "--n", "2")
    assert (refused.returncode, damaged.returncode) == (1, 1)
    assert "OpenAI's policy refused the content. Your request was rejected by the safety system" in refused.stderr
    assert "The answer is damaged: a picture is no base64" in damaged.stderr
    assert len(server.received) == 2  # neither was asked for, and paid for, again
    assert line.made() == []


def test_what_makes_no_sense_is_told_in_one_sentence(line):
    (line.folder / "a.txt").write_text("no picture")
    line.environ["OPENAI_API_KEY"] = line.environ["DEEPSEEK_API_KEY"] = "test-key"
    for arguments, said in [
        ([], "There is no word about what the picture shall show"),
        (["a cat", "--n", "11"], "From 1 to 10 pictures"),
        (["a cat", "--input", "a.txt"], "'a.txt' is no picture"),
        (["a cat", "--input", "missing.png"], "No such file"),
        (["a cat", "--output", "no/cat.png"], "There is no folder 'no'"),
        (["a cat", "--force"], "--force needs --output"),
        (["a cat", "--size", "16:9"], "takes the size of a picture as 1536x1024"),
        (["a cat", "--model", "sonnet"], "cannot make pictures: it lacks the capability 'image_output'"),
    ]:
        done = line.run("imagegen", *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert line.run("imagegen", "a cat", "--format", "bmp").returncode == 2


async def test_ctrl_c_ends_it_at_once_and_leaves_nothing(line):
    async with serve([None]) as server:
        line.use("openai", server.url)
        process = line.start("imagegen", "a cat")
        await asyncio.wait_for(server.asked.wait(), 30)
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.to_thread(process.communicate, timeout=30)
        await asyncio.wait_for(server.closed_by_client.wait(), 30)
    assert (process.returncode, out) == (130, b"")
    assert b"Interrupted; nothing was saved." in err
    assert line.made() == []


async def on_terminal(line, *arguments: str, **environ: str) -> bytes:
    """Run a command whose stdout is a terminal, and return what was written there."""
    ours, theirs = pty.openpty()
    process = line.start(*arguments, stdout=theirs, stderr=subprocess.DEVNULL, environ=environ)
    os.close(theirs)
    seen = b""
    while True:
        try:
            chunk = await asyncio.to_thread(os.read, ours, 4096)
        except OSError:  # Linux: the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    assert await asyncio.to_thread(process.wait, 30) == 0
    return seen


async def test_a_terminal_that_can_shows_the_picture_and_others_only_its_name(line):
    async with running(OpenAIMedia()) as server:
        line.use("openai", f"{server.url}/v1")
        kitty = await on_terminal(line, "imagegen", "a", TERM="xterm-kitty")
        iterm = await on_terminal(line, "imagegen", "b", TERM="xterm", TERM_PROGRAM="iTerm.app")
        plain = await on_terminal(line, "imagegen", "c", TERM="xterm-256color")
        hidden = await on_terminal(line, "imagegen", "d", "--no-show", TERM="xterm-kitty")
        told = await on_terminal(line, "imagegen", "e", "--json", TERM="xterm-kitty")
        line.environ["TERM"] = "xterm-kitty"
        piped = await asyncio.to_thread(line.run, "imagegen", "f")
    assert kitty.startswith(b"\x1b_Ga=T,f=100,q=2,c=")
    assert kitty.endswith(b"\x1b\\\r\nimage-a.png\r\n")
    assert iterm.startswith(b"\x1b]1337;File=inline=1;")
    assert iterm.endswith(b"\a\r\nimage-b.png\r\n")
    assert (plain, hidden) == (b"image-c.png\r\n", b"image-d.png\r\n")
    assert told.startswith(b'{"type": "result"')
    assert piped.stdout == "image-f.png\n"
