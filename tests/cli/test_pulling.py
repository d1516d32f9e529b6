"""`conduit models pull` and `unload`, against a server that keeps models."""

from __future__ import annotations

import asyncio
import json
import re

from fakes.faulty_server import running
from fakes.ollama_server import OllamaServer


async def test_a_model_is_pulled_with_its_steps_and_known_by_name_then(line):
    async with running(OllamaServer()) as server:
        line.environ["OLLAMA_HOST"] = server.url.removeprefix("http://")
        done = await asyncio.to_thread(line.run, "models", "pull", "llama3.2")
        listed = await asyncio.to_thread(line.run, "models", "list", "--provider", "ollama", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "pulling manifest",
        "pulling dde5aa3fc5ff",
        "verifying sha256 digest",
        "writing manifest",
        "success",
    ]
    cards = {card["id"]: card for card in map(json.loads, listed.stdout.splitlines())}
    assert cards["ollama/llama3.2"]["context_tokens"] == 131_072
    assert cards["ollama/llama3.2"]["capabilities"]["tool_calling"] is True


async def test_a_bar_moves_on_a_terminal(line):
    def pull() -> str:
        import pty

        answer, terminal = pty.openpty()
        process = line.start(
            "models", "pull", "ollama/llama3.2", stderr=terminal, environ={"TERM": "xterm", "COLUMNS": "100"}
        )
        import os

        os.close(terminal)
        shown = b""
        try:
            while piece := os.read(answer, 65536):
                shown += piece
        except OSError:  # the other end was closed
            pass
        os.close(answer)
        assert process.wait(30) == 0
        process.stdout.close()
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode())

    async with running(OllamaServer()) as server:
        line.environ["OLLAMA_HOST"] = server.url
        shown = await asyncio.to_thread(pull)
    assert "/2.0 GB" in shown
    assert "success" in shown


async def test_what_cannot_be_pulled_is_one_sentence(line):
    async with running(OllamaServer()) as server:
        line.environ["OLLAMA_HOST"] = server.url
        unknown = await asyncio.to_thread(line.run, "models", "pull", "nonsense")
        elsewhere = await asyncio.to_thread(line.run, "models", "pull", "openai/gpt-6-sol")
    gone = await asyncio.to_thread(line.run, "models", "pull", "llama3.2")
    assert [unknown.returncode, elsewhere.returncode, gone.returncode] == [1, 1, 1]
    assert "file does not exist" in unknown.stderr
    assert "OpenAI keeps no models" in elsewhere.stderr
    assert "'ollama serve' starts it" in gone.stderr


async def test_a_model_is_unloaded(line):
    async with running(OllamaServer(loaded={"qwen3": 8192})) as server:
        line.environ["OLLAMA_HOST"] = server.url
        done = await asyncio.to_thread(line.run, "models", "unload", "qwen3")
    assert (done.returncode, done.stderr, server.loaded) == (0, "", {})
