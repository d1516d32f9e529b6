"""Embeddings over every wire that has them: what is sent, what comes back, and what is no answer."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from operator import mul
from pathlib import Path
from typing import Any

import pytest

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.providers.base import Embeds
from fakes.byte_server import serve, status
from fakes.faulty_server import running
from fakes.gemini_server import serve_gemini
from fakes.ollama_server import Model, OllamaServer
from fakes.wires import WIRES, provider_of

TEXTS = ["alpha", "be", "a third text"]
USUAL = [[5.0, 97.0], [2.0, 98.0], [12.0, 97.0]]


def embedder() -> OllamaServer:
    return OllamaServer(models={"embeddinggemma": Model(capabilities=("embedding",), context=5), "qwen3": Model()})


def openai_answer(*rows: dict[str, Any], tokens: object = 7) -> list[bytes]:
    """Return the answer of the published format."""
    data = [{"object": "embedding", **row} for row in rows]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return status(200, {"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage})


def llama_server(weights: Path) -> Any:
    """Start llama.cpp's server as `llama-server --embeddings --pooling mean` does."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel, params.verbosity = 1024, 1, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = (
        1  # more would wait for each other on a busy machine
    )
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    return xllamacpp.Server(params)


def nearness(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the cosine of two vectors."""
    return sum(map(mul, one, other)) / (math.hypot(*one) * math.hypot(*other))


@pytest.mark.parametrize(
    ("wire", "embeds"),
    [("openai", True), ("google", True), ("ollama", True), ("anthropic", False), ("openai_responses", False)],
)
async def test_a_wire_tells_whether_it_embeds(wire: str, embeds: bool) -> None:
    assert wire in WIRES
    async with provider_of(wire, "http://127.0.0.1:9") as provider:
        assert isinstance(provider, Embeds) is embeds


async def test_openai_is_asked_in_its_format_and_its_numbering_decides_the_order() -> None:
    rows = [{"index": number, "embedding": USUAL[number]} for number in (2, 0, 1)]
    async with serve(openai_answer(*rows)) as server, provider_of("openai", f"{server.url}/v1") as provider:
        found = await provider.embed("text-embedding-3-small", TEXTS, dimensions=2)
    (request,) = server.received
    assert request.target == "/v1/embeddings"
    assert request.headers["authorization"] == "Bearer test-key"
    assert request.body == {
        "model": "text-embedding-3-small",
        "input": TEXTS,
        "encoding_format": "float",
        "dimensions": 2,
    }
    assert [list(vector) for vector in found.vectors] == USUAL
    assert found.usage.input_tokens == 7


async def test_a_length_is_asked_for_by_the_vendors_name_of_it() -> None:
    answer = openai_answer({"index": 0, "embedding": [1, 2, 3]})
    async with serve(answer) as server, provider_of("mistral", server.url) as provider:
        await provider.embed("codestral-embed", ["x"], dimensions=3)
        await provider.embed("codestral-embed", ["x"])
    assert [set(request.body) - {"model", "input", "encoding_format"} for request in server.received] == [
        {"output_dimension"},
        set(),
    ]


async def test_an_endpoint_that_numbers_nothing_and_counts_nothing_is_taken_as_it_answers() -> None:
    rows = [{"embedding": vector} for vector in USUAL]
    async with (
        serve(status(200, {"object": "list", "data": rows})) as server,
        provider_of("llamacpp", server.url, api_key=None) as provider,
    ):
        found = await provider.embed("nomic-embed-text", TEXTS)
    assert "authorization" not in server.received[0].headers
    assert [list(vector) for vector in found.vectors] == USUAL
    assert found.usage.input_tokens == 0


async def test_llmock_embeds(llmock: Any) -> None:
    async with provider_of("openai", llmock.base_url("openai")) as provider:
        first, second = (await provider.embed("text-embedding-3-small", ["alpha", "beta"])).vectors
        again = (await provider.embed("text-embedding-3-small", ["beta"])).vectors
    assert len(first) == len(second) == 1536
    assert first != second
    assert again == (second,)


async def test_llama_cpps_own_server_embeds_and_says_what_is_too_long(embedded_weights: Path) -> None:
    server = await asyncio.to_thread(llama_server, embedded_weights)
    async with provider_of("llamacpp", f"{server.listening_address}/v1", api_key=None) as provider:
        found = await provider.embed("any", ["a cat sleeps on the mat", "the kitten naps on a rug", "revenue fell"])
        with pytest.raises(ProviderError, match="too large to process") as caught:
            await provider.embed("any", ["word " * 600])
    cat, kitten, revenue = found.vectors
    assert nearness(cat, kitten) > nearness(cat, revenue)
    assert found.usage.input_tokens > 10
    assert caught.value.kind is ProviderErrorKind.CONTEXT_OVERFLOW


async def test_a_length_that_the_model_ignores_is_an_error(llmock: Any) -> None:
    async with provider_of("openai", llmock.base_url("openai")) as provider:
        with pytest.raises(ProviderError, match="1536 numbers where 64 were asked for") as caught:
            await provider.embed("text-embedding-3-small", ["alpha"], dimensions=64)
    assert caught.value.kind is ProviderErrorKind.INVALID_INPUT


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"data": [{"index": 0, "embedding": [1.0]}]}, "1 vectors for 3 texts"),
        ({"data": [{"index": n, "embedding": [1.0] * (n + 1)} for n in range(3)]}, r"vectors of \[1, 2, 3\] numbers"),
        ({"data": [{"index": n, "embedding": []} for n in range(3)]}, r"vectors of \[0\] numbers"),
        ({"data": [{"index": n, "embedding": ["x"]} for n in range(3)]}, "no list of numbers"),
        ({"data": [{"index": n, "embedding": [[1.0]]} for n in range(3)]}, "no list of numbers"),
        ({"data": [{"index": n} for n in range(3)]}, "no list of numbers"),
        ({"data": []}, "."),
        ({"data": None}, "."),
        ({}, "."),
        ([], "."),
        ("word", "."),
    ],
    ids=str,
)
async def test_vectors_that_do_not_fit_the_texts_are_a_damaged_answer(body: object, said: str) -> None:
    async with serve(status(200, body)) as server, provider_of("openai", server.url) as provider:
        with pytest.raises(ProviderError, match=said) as caught:
            await provider.embed("text-embedding-3-small", TEXTS)
    assert caught.value.kind is ProviderErrorKind.NETWORK


async def test_a_number_that_is_none_is_a_damaged_answer() -> None:
    raw = json.dumps({"data": [{"index": 0, "embedding": [float("nan")]}]}).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n".encode()
    async with serve([head + raw]) as server, provider_of("openai", server.url) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.embed("text-embedding-3-small", ["x"])
    assert caught.value.kind is ProviderErrorKind.NETWORK


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, ProviderErrorKind.AUTH),
        (404, ProviderErrorKind.NOT_FOUND),
        (429, ProviderErrorKind.RATE_LIMIT),
        (503, ProviderErrorKind.OVERLOADED),
    ],
)
@pytest.mark.parametrize("wire", ["openai", "google", "ollama"])
async def test_a_refusal_has_its_kind_on_every_wire(wire: str, code: int, kind: ProviderErrorKind) -> None:
    body = {"error": "no" if wire == "ollama" else {"code": code, "message": "no", "status": "X"}}
    async with serve(status(code, body)) as server, provider_of(wire, server.url) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.embed("gemini-embedding-2", ["x"])
    assert (caught.value.kind, caught.value.status) == (kind, code)


@pytest.mark.parametrize("wire", ["openai", "google", "ollama"])
async def test_a_page_in_place_of_an_answer_is_an_error_of_ours(wire: str) -> None:
    page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 14\r\n\r\n<html>hi</html>"[:-1]
    async with serve([page]) as server, provider_of(wire, server.url) as provider:
        with pytest.raises(ProviderError):
            await provider.embed("gemini-embedding-2", ["x"])


@pytest.mark.parametrize("wire", ["openai", "google", "ollama"])
async def test_an_answer_of_another_shape_is_an_error_of_ours(wire: str) -> None:
    for body in ({}, {"embeddings": [{"values": None}]}, {"embeddings": "x"}, []):
        async with serve(status(200, body)) as server, provider_of(wire, server.url) as provider:
            with pytest.raises(ProviderError):
                await provider.embed("gemini-embedding-2", ["x"])


@pytest.mark.parametrize("model", ["gemini-embedding-001", "gemini-embedding-2"])
async def test_gemini_gives_one_vector_for_each_text_whatever_the_model_reads(model: str) -> None:
    async with serve_gemini() as server, provider_of("google", server.url) as provider:
        found = await provider.embed(model, TEXTS, dimensions=2)
        longer = await provider.embed(model, ["alpha"])
    assert [list(vector) for vector in found.vectors] == USUAL
    assert len(longer.vectors[0]) == 8
    assert found.usage.input_tokens > 0
    assert server.refused == []
    assert [request["content"]["parts"] for request in server.asked[0]["requests"]] == [
        [{"text": text}] for text in TEXTS
    ]


async def test_gemini_refuses_a_model_that_does_not_embed() -> None:
    async with serve_gemini() as server, provider_of("google", server.url) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.embed("gemini-3.8-flash", ["x"])
    assert caught.value.kind is ProviderErrorKind.NOT_FOUND


async def test_ollama_embeds_and_never_cuts_a_text_without_a_word() -> None:
    async with running(embedder()) as server, provider_of("ollama", server.url) as provider:
        found = await provider.embed("embeddinggemma", TEXTS, dimensions=2)
        assert [list(vector) for vector in found.vectors] == USUAL
        assert found.usage.input_tokens == 5
        with pytest.raises(ProviderError, match="exceeds the context length") as caught:
            await provider.embed("embeddinggemma", ["one two three four five six"])
    assert caught.value.kind is ProviderErrorKind.CONTEXT_OVERFLOW
    assert server.refused == []
    assert [request.target for request in server.received] == ["/api/embed"] * 2


async def test_ollama_says_that_a_model_is_not_there_or_does_not_embed() -> None:
    async with running(embedder()) as server, provider_of("ollama", server.url) as provider:
        with pytest.raises(ProviderError, match="conduit models pull nomic") as absent:
            await provider.embed("nomic", ["x"])
        with pytest.raises(ProviderError, match="does not support embeddings"):
            await provider.embed("qwen3", ["x"])
    assert absent.value.kind is ProviderErrorKind.NOT_FOUND
