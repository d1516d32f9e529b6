"""What sets one vendor apart is a flag of its row: the request follows it, and no wire knows a vendor's name."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import conduit.providers
from conduit.catalog.catalog import Catalog
from conduit.messages.content import Source, Sources, Text, Thinking
from conduit.messages.message import assistant_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.providers.base import ServedModel
from conduit.providers.openai_chat import OpenAIChatProvider, encode_request
from fakes.byte_server import chat_events, serve
from fakes.wire_answers import chunk
from fakes.wires import READ_FILE, collect, provider_of

CATALOG = Catalog.packaged()
CHAT_VENDORS = [vendor.name for vendor in CATALOG.vendors if vendor.wire == "openai_chat"]
FOUND = [
    {"title": "One", "url": "https://one.example/a", "date": "2026-11-01"},
    {"title": None, "url": "https://two.example/b"},
    {"title": "no address"},
]


def body_of(model: str, **options: Any) -> dict[str, Any]:
    """Return what a model is sent."""
    info = CATALOG.resolve(model)
    request = ModelRequest(**{"model": info.name, "messages": (user_message("hi"),), **options})
    return encode_request(request, CATALOG.vendor(info.vendor), info.capabilities)


def thinking_of(model: str, level: str) -> tuple[Any, Any]:
    """Return the two places in which a level can be sent."""
    body = body_of(model, settings=ModelSettings(thinking=level))
    return body.get("reasoning_effort"), body.get("extra_body", {}).get("thinking")


def test_no_wire_asks_for_the_name_of_a_vendor():
    names = {vendor.name for vendor in CATALOG.vendors}
    folder = Path(conduit.providers.__file__).parent
    found = [
        f"{file.name}:{node.lineno}"
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Compare | ast.MatchValue)
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and part.value in names
    ]
    assert found == []


def test_a_level_of_thinking_becomes_what_the_vendor_calls_it_or_the_next_lower_one():
    assert thinking_of("deepseek/deepseek-v4-pro", "max") == ("max", None)
    assert thinking_of("deepseek/deepseek-v4-pro", "medium") == ("low", None)
    assert thinking_of("deepseek/deepseek-v4-pro", "off") == (None, {"type": "disabled"})
    assert thinking_of("xai/grok-4.7", "max") == ("xhigh", None)
    assert thinking_of("groq/openai/gpt-oss-120b", "max") == ("high", None)
    assert thinking_of("openai/gpt-5.4", "off") == ("none", None)
    assert thinking_of("mistral/codestral-2508", "high") == (None, None)


def test_what_a_vendor_refuses_is_left_out_of_the_request():
    settings = ModelSettings(stop=("x",), seed=7, parallel_tool_calls=False, tool_choice="required", top_k=5)
    asked = {"tools": (READ_FILE,), "settings": settings}
    sonar, m3, vllm = (body_of(name, **asked) for name in ("sonar", "minimax", "vllm/any"))
    assert set(sonar) == {"model", "messages", "stream"}
    assert "tool_choice" not in m3
    assert m3["extra_body"] == {"reasoning_split": True}
    assert (vllm["seed"], vllm["tool_choice"], vllm["parallel_tool_calls"]) == (7, "required", False)
    assert vllm["extra_body"] == {"top_k": 5}


def test_a_seed_and_a_limit_are_sent_under_the_vendors_own_names():
    settings = ModelSettings(seed=7, max_tokens=50)
    assert body_of("mistral/mistral-large-4", settings=settings)["extra_body"] == {"random_seed": 7}
    assert body_of("grok", settings=settings)["max_completion_tokens"] == 50
    assert body_of("deepseek", settings=settings)["max_tokens"] == 50


def test_extra_parameters_go_into_the_body_as_they_are():
    body = body_of("minimax", settings=ModelSettings(extra={"user": "me", "reasoning_split": False}))
    assert body["extra_body"] == {"reasoning_split": False, "user": "me"}


@pytest.mark.parametrize("vendor", CHAT_VENDORS)
async def test_every_vendor_of_the_chat_wire_is_sent_its_own_key_and_headers_alone(
    vendor: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-person")
    row = CATALOG.vendor(vendor)
    async with serve(chat_events(chunk({"content": "hi"}, "stop"))) as server:
        provider = OpenAIChatProvider(row, catalog=CATALOG, api_key="own-key", base_url=server.url)
        request = ModelRequest(model="some-model", messages=(user_message("hello"),), tools=(READ_FILE,))
        _, folded, error = await collect(provider, request)
        await provider.aclose()
    assert (folded.message().text, error) == ("hi", None)
    headers = server.received[0].headers
    assert headers["authorization"] == "Bearer own-key"
    assert ("openai-organization" in headers) is row.account_headers
    assert {name: headers[name.lower()] for name in row.headers} == row.headers


async def test_the_pages_of_an_answer_become_a_block_of_the_message_once():
    pieces = [chunk({"content": "It is so [1]."}), chunk({}, "stop")]
    listed = [{**piece, "search_results": FOUND} for piece in pieces]
    async with serve(chat_events(*listed)) as server:
        provider = OpenAIChatProvider(CATALOG.vendor("perplexity"), catalog=CATALOG, base_url=server.url)
        events, folded, _ = await collect(provider, ModelRequest(model="sonar", messages=(user_message("?"),)))
        await provider.aclose()
    assert [event.type for event in events].count("sources") == 1
    assert folded.message().content == (
        Text(text="It is so [1]."),
        Sources(
            sources=(
                Source(url="https://one.example/a", title="One", date="2026-11-01"),
                Source(url="https://two.example/b"),
            )
        ),
    )


def test_the_pages_of_an_older_answer_are_never_sent_back():
    answer = assistant_message("It is so.", Sources(sources=(Source(url="https://one.example/a"),)))
    body = body_of("sonar", messages=(user_message("?"), answer, user_message("Why?")))
    assert "one.example" not in json.dumps(body)


async def test_thinking_that_comes_as_a_part_of_the_content_is_told_from_the_text():
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}]
    answer = chat_events(chunk({"content": parts}), chunk({"content": " Sure."}, "stop"))
    async with serve(answer) as server, provider_of("custom", server.url) as provider:
        _, folded, _ = await collect(provider, ModelRequest(model="m", messages=(user_message("?"),)))
    content = folded.message().content
    assert [(type(block), block.text) for block in content] == [(Thinking, "Hm."), (Text, "Yes. Sure.")]


async def test_the_id_of_a_request_is_reported_with_its_usage():
    last = {**chunk({}, "stop"), "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}
    async with (
        serve(chat_events(chunk({"content": "hi"}), last)) as server,
        provider_of("custom", server.url) as custom,
    ):
        _, folded, _ = await collect(custom, ModelRequest(model="m", messages=(user_message("?"),)))
    assert folded.request_id
    assert folded.usage.input_tokens == 3


@pytest.mark.parametrize(
    ("row", "served"),
    [
        ({"id": "a"}, ServedModel("a")),
        ({"id": "a", "max_model_len": 4096}, ServedModel("a", context_tokens=4096)),
        ({"id": "a", "meta": {"n_ctx_train": 8192}}, ServedModel("a", context_tokens=8192)),
        ({"id": "a", "context_window": "many"}, ServedModel("a")),
        (
            {
                "id": "a",
                "context_length": 9,
                "supported_parameters": ["tools"],
                "architecture": {"input_modalities": ["text", "image"]},
            },
            ServedModel("a", context_tokens=9, abilities=frozenset({"completion", "tools", "vision"})),
        ),
        (
            {"id": "a", "capabilities": {"function_calling": True, "vision": False}},
            ServedModel("a", abilities=frozenset({"completion", "tools"})),
        ),
    ],
)
async def test_the_list_of_a_server_is_read_with_its_limits(row: dict[str, Any], served: ServedModel):
    body = json.dumps({"object": "list", "data": [row, {"id": None}]}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with serve([head, body]) as server, provider_of("custom", server.url) as provider:
        assert await provider.list_models() == [served]
    assert server.received[0].target == "/models"
