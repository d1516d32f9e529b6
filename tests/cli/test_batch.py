"""`conduit batch` as a process, against servers that speak the vendors' formats; killed where it hurts."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from cli.warm import run_forked
from fakes.batch_server import BatchServer, serving
from fakes.batch_vendors import AnthropicBatchServer, GeminiBatchServer, OpenAIBatchServer
from fakes.chat_server import ChatServer, chatting

VENDORS: dict[str, tuple[str, type[BatchServer], str]] = {
    "openai": ("openai/gpt-5.4", OpenAIBatchServer, "/v1"),
    "anthropic": ("anthropic/claude-sonnet-5-5", AnthropicBatchServer, ""),
    "google": ("google/gemini-3.8-flash", GeminiBatchServer, ""),
}
BOUND_S = 30


def set_up(line: Any, vendor: str, url: str, *prompts: str) -> Path:
    """Point a vendor at a server, and write a file of questions."""
    line.use(vendor, url)
    file: Path = line.home / "questions.jsonl"
    file.write_text("".join(json.dumps({"id": f"q{n}", "prompt": p}) + "\n" for n, p in enumerate(prompts)))
    return file


def batch(line: Any, *arguments: str, **given: Any) -> Any:
    """Run a command to its end; it must never show a traceback."""
    done = run_forked(("batch", *arguments), folder=line.folder, environ=line.environ, **given)
    assert "Traceback" not in done.stderr, done.stderr
    return done


async def run(line: Any, *arguments: str) -> Any:
    return await asyncio.to_thread(batch, line, *arguments)


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in text.splitlines()]


async def kill(process: Any) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    process.stdout.close()
    process.stderr.close()


@pytest.mark.parametrize("vendor", ["google"])
async def test_a_batch_from_the_file_to_the_answers(line, vendor: str, tmp_path: Path):
    model, server_type, path = VENDORS[vendor]
    async with serving(server_type()) as server:
        file = set_up(line, vendor, server.url + path, "one", "two")
        submitted = await run(line, "submit", str(file), "--model", model, "--max-tokens", "99", "--json")
        assert submitted.returncode == 0, submitted.stderr
        (view,) = rows(submitted.stdout)
        assert (view["model"], view["items"], view["phase"]) == (model, 2, "running")
        assert f"'conduit batch collect {view['id']}' brings the answers" in submitted.stderr
        early = await run(line, "collect", view["id"])
        assert (early.returncode, early.stdout) == (1, "")
        assert "0 answers, 0 failures of 2 items; it is running" in early.stderr
        listed = await run(line, "status")
        assert view["id"] in listed.stdout
        assert "running" in listed.stdout
        server.end({1: "zwei"})
        target = tmp_path / "answers.jsonl"
        done = await run(line, "collect", view["id"], "--wait", "--every", "0.1", "--output", str(target), "--json")
    assert done.returncode == 0, done.stderr
    assert "2 answers, 0 failures of 2 items, $0.0" in done.stderr
    assert [(row["id"], row["text"]) for row in rows(target.read_text())] == [("q0", "Re: one"), ("q1", "zwei")]
    assert rows(done.stdout)[0]["phase"] == "ended"
    assert server.refused == []
    assert "99" in json.dumps(server.only().items[0][1])


@pytest.mark.parametrize(
    ("vendor", "by"), [("openai", "resume"), ("anthropic", "resume"), ("google", "resume"), ("google", "file")]
)
async def test_a_kill_between_the_vendors_yes_and_our_record_loses_and_doubles_nothing(line, vendor: str, by: str):
    model, server_type, path = VENDORS[vendor]
    async with serving(server_type(hang=True)) as server:
        file = set_up(line, vendor, server.url + path, "one", "two")
        process = await asyncio.to_thread(line.start, "batch", "submit", str(file), "-m", model)
        await asyncio.wait_for(server.made.wait(), BOUND_S)
        await kill(process)
        server.hang = False
        arguments = (str(file), "-m", model)
        if by == "resume":
            (known,) = rows((await run(line, "status", "--json")).stdout)
            assert known["phase"] == ("unknown" if vendor == "anthropic" else "running")
            arguments = ("--resume", known["id"])
        if vendor == "anthropic":
            server.end()
        again = await run(line, "submit", *arguments)
        assert again.returncode == 0, again.stderr
        assert len(server.batches) == 1
        if vendor != "anthropic":
            server.end()
        done = await run(line, "collect", again.stdout.split()[0])
    assert [row["text"] for row in rows(done.stdout)] == ["Re: one", "Re: two"]
    assert server.refused == []


async def test_a_kill_before_the_vendor_was_reached_is_made_good(line):
    async with serving(OpenAIBatchServer()) as server:
        hung = asyncio.Event()
        held = asyncio.Event()
        usual = server.handle

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if not held.is_set():
                hung.set()
                await held.wait()
                writer.close()
            else:
                await usual(reader, writer)

        listening = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        file = set_up(line, "openai", f"http://127.0.0.1:{port}/v1", "one")
        process = await asyncio.to_thread(line.start, "batch", "submit", str(file), "-m", "openai/gpt-5.4")
        await asyncio.wait_for(hung.wait(), BOUND_S)
        await kill(process)
        held.set()
        (view,) = rows((await run(line, "status", "--json")).stdout)
        assert view["phase"] == "unsubmitted"
        assert (await run(line, "submit", "--resume", view["id"])).returncode == 0
        assert len(server.batches) == 1
        listening.close()


async def test_an_own_batch_that_was_killed_asks_nothing_twice(line):
    prompts = [f"question {number}" for number in range(8)]
    async with chatting(ChatServer(allowed=3)) as server:
        file = set_up(line, "custom", server.url, *prompts)
        process = await asyncio.to_thread(line.start, "batch", "submit", str(file), "-m", "custom/some", "--jobs", "1")
        await asyncio.wait_for(server.reached.wait(), BOUND_S)
        (view,) = rows((await run(line, "status", "--json")).stdout)
        assert (view["phase"], view["done"]) == ("running", 3)
        await kill(process)
        part = await run(line, "collect", view["id"])
        assert (part.returncode, [row["id"] for row in rows(part.stdout)]) == (1, ["q0", "q1", "q2"])
        assert f"'conduit batch submit --resume {view['id']}' goes on" in part.stderr
        server.asked.clear()
        server.allowed = None
        done = await run(line, "collect", view["id"], "--wait")
    assert done.returncode == 0, done.stderr
    assert sorted(server.asked) == prompts[3:]
    assert [row["text"] for row in rows(done.stdout)] == [f"Re: {prompt}" for prompt in prompts]


async def test_an_item_that_failed_makes_the_exit_code_1_and_is_a_line_like_the_others(line):
    async with chatting(ChatServer()) as server:
        file = set_up(line, "custom", server.url, "one", "refuse this", "three")
        submitted = await run(line, "submit", str(file), "-m", "custom/some", "--jobs", "2")
        assert submitted.returncode == 0, submitted.stderr
        assert "3 items for custom/some, at most 2 at once" in submitted.stderr
        view = submitted.stdout.split()[0]
        done = await run(line, "collect", view)
    assert done.returncode == 1
    assert [row.get("error", {}).get("kind") for row in rows(done.stdout)] == [None, "invalid_input", None]
    assert "2 answers, 1 failures of 3 items" in done.stderr


async def test_ctrl_c_says_how_to_go_on(line, read_until):
    async with chatting(ChatServer(allowed=0)) as server:
        file = set_up(line, "custom", server.url, "one")
        process = await asyncio.to_thread(line.start, "batch", "submit", str(file), "-m", "custom/some")
        await asyncio.wait_for(server.reached.wait(), BOUND_S)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.to_thread(process.communicate, timeout=BOUND_S)
    assert process.returncode == 130
    assert b"--resume b" in err


def test_nothing_there_and_bad_lines_are_told_in_one_sentence(line):
    file = set_up(line, "custom", "http://127.0.0.1:9/v1", "one")
    empty = batch(line, "status")
    assert (empty.returncode, empty.stdout) == (0, "")
    assert "There are no batches yet. 'conduit batch submit FILE' makes one." in empty.stderr
    assert "no batch 'b1'" in batch(line, "collect", "b1").stderr
    assert "Name either a file" in batch(line, "submit").stderr
    assert "cannot be read" in batch(line, "submit", "absent.jsonl").stderr
    file.write_text(file.read_text() + "{broken\n")
    done = batch(line, "submit", str(file), "-m", "custom/some")
    assert done.returncode == 1
    assert done.stderr.startswith("conduit: Line 2: it is no JSON")
    assert batch(line, "status").stdout == ""
    assert "nothing to ask" in batch(line, "submit", "-", piped="\n").stderr
    assert batch(line, "submit", str(file), "--jobs", "0").returncode == 2


def test_a_vendor_that_cannot_be_reached_leaves_a_batch_to_go_on_with(line):
    file = set_up(line, "openai", "http://127.0.0.1:9/v1", "one")
    done = batch(line, "submit", str(file), "-m", "openai/gpt-5.4")
    assert done.returncode == 1
    assert "is kept: 'conduit batch submit --resume b" in done.stderr
    listed = batch(line, "status", "--json")
    assert rows(listed.stdout)[0]["phase"] == "unknown"
