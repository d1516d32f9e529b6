"""`conduit embed` as a process, against servers that speak the vendors' formats."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fakes.faulty_server import running
from fakes.ollama_server import Model, OllamaServer


def embedder() -> OllamaServer:
    return OllamaServer(models={"embeddinggemma": Model(capabilities=("embedding",))})


async def test_each_text_is_a_line_of_numbers_in_its_order(line):
    async with running(embedder()) as server:
        line.environ["OLLAMA_HOST"] = server.url
        done = await asyncio.to_thread(
            line.run, "embed", "alpha", "beta", "--model", "ollama/embeddinggemma", "--dimensions", "2"
        )
    assert (done.returncode, done.stdout) == (0, "5.0 97.0\n4.0 98.0\n"), done.stderr
    assert done.stderr == "ollama/embeddinggemma: 2 texts, 2 numbers each, 2 tokens, $0.000000\n"
    assert server.refused == []


async def test_lines_are_read_from_a_pipe_and_told_as_json(line):
    texts = [f"line {number}\u2028of many" for number in range(70)]
    async with running(embedder()) as server:
        line.environ["OLLAMA_HOST"] = server.url
        done = await asyncio.to_thread(
            line.run, "embed", "-m", "ollama/embeddinggemma", "--json", piped="\r\n".join(texts) + "\n"
        )
    assert (done.returncode, done.stderr) == (0, "")
    *rows, result = map(json.loads, done.stdout.splitlines())
    assert [(row["index"], row["text"]) for row in rows] == list(enumerate(texts))
    assert all(row["vector"][:2] == [float(len(row["text"])), 108.0] for row in rows)
    assert result == {
        "type": "result",
        "model": "ollama/embeddinggemma",
        "texts": 70,
        "dimensions": 8,
        "input_tokens": 280,
        "cost_usd": 0.0,
    }
    assert [len(request.body["input"]) for request in server.received] == [64, 6]


def test_without_a_model_the_one_whose_key_is_there_embeds(line, llmock: Any):
    line.use("openai", llmock.base_url("openai"))
    done = line.run("embed", "alpha", "--json")
    assert done.returncode == 0, done.stderr
    row, result = map(json.loads, done.stdout.splitlines())
    assert len(row["vector"]) == result["dimensions"] == 1536
    assert result["model"] == "openai/text-embedding-3-large"
    assert result["cost_usd"] > 0


def test_a_model_that_cannot_embed_is_refused_in_one_sentence(line):
    done = line.run("embed", "alpha", "--model", "sonnet")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "conduit: Claude Sonnet 5.5 (anthropic/claude-sonnet-5-5) cannot embed texts: it lacks the capability "
        "'embeddings'. These can: "
    )
    assert "openai/text-embedding-3-small" in done.stderr


def test_nothing_to_embed_and_an_empty_line_are_told(line):
    assert "There is no text to embed" in line.run("embed").stderr
    done = line.run("embed", "--model", "ollama/embeddinggemma", piped="one\n\nthree\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Text 2 of 3 is empty" in done.stderr
    assert line.run("embed", "x", "--dimensions", "0").returncode == 2
