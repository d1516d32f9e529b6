"""Embedding through the App: who does it, in how many requests, what is refused and what the ledger keeps."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from app.opening import Opening
from conduit.compose.embedding import BATCH_CHARACTERS, batches
from conduit.errors import MissingKey, ProviderError, UserError
from conduit.sessions.ledger import SqliteLedger
from fakes.byte_server import Received, serve, status
from fakes.faulty_server import FaultyServer, check_keys, need, running
from fakes.gemini_server import serve_gemini


class Embedder(FaultyServer):
    """OpenAI's `/embeddings`: a vector of a text's length, numbered backwards."""

    def answer(self, method: str, request: Received) -> Iterable[bytes]:

        body = request.body
        check_keys(body, ("model", "input", "encoding_format", "dimensions", "user"), "embeddings")
        need((method, request.target) == ("POST", "/v1/embeddings"), "no such path", status=404)
        need(all(isinstance(text, str) and text for text in body["input"]), "input cannot be an empty string")
        rows = [{"index": n, "embedding": [float(len(text)), 1.0]} for n, text in enumerate(body["input"])]
        usage = {"prompt_tokens": 10, "total_tokens": 10}
        yield json.dumps({"object": "list", "data": rows[::-1], "model": body["model"], "usage": usage}).encode()

    def error_body(self, status: int, message: str, code: str) -> dict[str, Any]:
        return {"error": {"message": message, "type": "invalid_request_error", "code": code or None}}


async def test_many_texts_go_in_bounded_requests_and_come_back_in_their_order(opening: Opening, tmp_path: Path) -> None:
    texts = ["x" * (number + 1) for number in range(150)]
    async with running(Embedder()) as server, opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
        found = await app.embed(texts, "openai/text-embedding-3-small")
    assert [vector[0] for vector in found.vectors] == [float(number + 1) for number in range(150)]
    assert [len(request.body["input"]) for request in server.received] == [64, 64, 22]
    assert found.usage.input_tokens == 30
    assert found.cost_usd == pytest.approx(30 * 0.02 / 1e6)
    assert server.refused == []
    ledger = SqliteLedger(tmp_path / "state/ledger.db")
    (total,) = await ledger.totals()
    await ledger.aclose()
    assert (total.model, total.usage.input_tokens) == ("openai/text-embedding-3-small", 30)


async def test_a_vendor_that_takes_few_texts_at_once_is_sent_few(opening: Opening) -> None:
    answer = [status(200, {"data": [{"index": n, "embedding": [1.0]} for n in range(size)]}) for size in (10, 1)]
    async with (
        serve(*answer) as server,
        opening(keys=["DASHSCOPE_API_KEY"], **{"qwen-compatible": server.url}) as app,
    ):
        found = await app.embed(["x"] * 11, "qwen-compatible/text-embedding-v4")
    assert len(found.vectors) == 11
    assert [len(request.body["input"]) for request in server.received] == [10, 1]


def test_long_texts_are_sent_apart_and_none_is_lost() -> None:
    long = "x" * (BATCH_CHARACTERS - 1)
    assert [[len(text) for text in batch] for batch in batches([long, "a", "b", long + "xx", "c"], 64)] == [
        [BATCH_CHARACTERS - 1, 1],
        [1],
        [BATCH_CHARACTERS + 1],
        [1],
    ]
    assert list(batches([], 64)) == []


async def test_an_overloaded_vendor_is_asked_again(opening: Opening) -> None:
    async with running(Embedder()) as server:
        server.rate_limit(retry_after=0.1)
        async with opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
            found = await app.embed(["word"], "openai/text-embedding-3-small")
    assert found.vectors == ((4.0, 1.0),)
    assert len(server.received) == 2
    server.assert_resilient()


async def test_a_refusal_is_not_asked_again(opening: Opening) -> None:
    async with running(Embedder()) as server:
        server.fail(401)
        async with opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
            with pytest.raises(ProviderError, match="refused the key"):
                await app.embed(["word"], "openai/text-embedding-3-small")
    assert len(server.received) == 1


async def test_without_a_name_the_first_model_whose_key_is_there_embeds(opening: Opening) -> None:
    async with serve_gemini() as server, opening(keys=["GEMINI_API_KEY"], google=server.url) as app:
        found = await app.embed(["alpha"], dimensions=2)
    assert (found.model, found.vectors) == ("google/gemini-embedding-2", ((5.0, 97.0),))


@pytest.mark.parametrize("model", ["sonnet", "embedded", "scripted/demo", "openai/gpt-5.4"])
async def test_a_model_that_cannot_embed_is_refused_with_the_names_of_some_that_can(
    opening: Opening, model: str
) -> None:
    async with opening(keys=["OPENAI_API_KEY"]) as app:
        with pytest.raises(UserError) as caught:
            await app.embed(["word"], model)
        able = [card.id for card in app.library().cards(capability="embeddings")]
    said = str(caught.value)
    assert "cannot embed texts: it lacks the capability 'embeddings'" in said
    assert set(able) >= {"openai/text-embedding-3-large", "google/gemini-embedding-2", "ollama/embeddinggemma"}
    assert all(name in said for name in able[:4])
    assert said.index("openai/text-embedding-3-large") < said.index("google/gemini-embedding-2")  # its key is missing


async def test_a_missing_key_is_told(opening: Opening) -> None:
    async with opening() as app:
        with pytest.raises(MissingKey, match="OPENAI_API_KEY"):
            await app.embed(["word"], "openai/text-embedding-3-small")


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
async def test_an_empty_text_is_refused_before_anybody_is_asked(opening: Opening, empty: str) -> None:
    async with opening(keys=["OPENAI_API_KEY"], openai="http://127.0.0.1:9/v1") as app:
        with pytest.raises(UserError, match="Text 2 of 2 is empty"):
            await app.embed(["word", empty], "openai/text-embedding-3-small")


async def test_no_text_has_no_vectors(opening: Opening) -> None:
    async with opening(keys=["OPENAI_API_KEY"], openai="http://127.0.0.1:9/v1") as app:
        assert (await app.embed([], "openai/text-embedding-3-small")).vectors == ()


async def test_what_is_no_character_is_replaced(opening: Opening) -> None:
    async with running(Embedder()) as server, opening(keys=["OPENAI_API_KEY"], openai=f"{server.url}/v1") as app:
        await app.embed(["a\ud800b\0c"], "openai/text-embedding-3-small")
    assert server.received[0].body["input"] == ["a\ufffdb\ufffdc"]
