"""The same scenarios over every wire: what is said differs in its bytes alone, never in what the agent gets."""

from __future__ import annotations

from typing import Any

import pytest

from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import Text, Thinking, ToolCall
from conduit.messages.message import Usage
from fakes.byte_server import chat_events, gemini_events, message_events, ollama_lines, response_events, serve
from fakes.dashscope_server import sse
from fakes.dialects import DIALECTS, Dialect
from fakes.provider_faults import good, refusal, stream
from fakes.response_answers import USAGE, completed, created, text_item
from fakes.wire_answers import HEAD, chunk, gemini_chunk, message_end, message_start, ollama_line, text_block
from fakes.wires import READ_FILE, collect, provider_of, request_for

every_wire = pytest.mark.parametrize("wire", DIALECTS)


async def played(wire: str, *answers: Any) -> Any:
    """Ask once over a wire; return what the answer folds into, and the error if there was one."""
    vendor = DIALECTS[wire].vendor
    async with serve(*answers) as server, provider_of(vendor, server.url) as provider:
        _, folded, error = await collect(provider, request_for(vendor, "go", tools=(READ_FILE,)))
        for each in server.received:
            DIALECTS[wire].check(each.body)
    return folded, error


def told(dialect: Dialect, *parts: list[bytes], reason: str = "end_turn") -> list[bytes]:
    return stream(dialect, *parts, dialect.end(reason))


@every_wire
async def test_text(wire: str):
    folded, error = await played(wire, good(DIALECTS[wire], "Größe 😀"))
    assert (error, folded.message().text, folded.stop_reason) == (None, "Größe 😀", "end_turn")


@every_wire
async def test_thinking_is_a_block_of_its_own(wire: str):
    dialect = DIALECTS[wire]
    folded, error = await played(wire, told(dialect, dialect.thinking("let me ", "see"), dialect.text("It is 4.")))
    assert error is None
    thought, said = folded.message().content
    assert (type(thought), type(said)) == (Thinking, Text)
    assert "".join(thought.text.split()) == "letmesee"
    assert said.text == "It is 4."


@every_wire
async def test_two_parallel_calls_come_whole_and_in_order(wire: str):
    dialect = DIALECTS[wire]
    calls = [dialect.call(place, f"c{place}", "read_file", f'{{"path": "{name}"}}') for place, name in enumerate("ab")]
    folded, error = await played(wire, told(dialect, *calls, reason="tool_use"))
    assert (error, folded.stop_reason) == (None, "tool_use")
    assert [(call.name, call.arguments) for call in folded.message().content if isinstance(call, ToolCall)] == [
        ("read_file", {"path": "a"}),
        ("read_file", {"path": "b"}),
    ]
    assert len({call.id for call in folded.message().tool_calls}) == 2


@pytest.mark.parametrize("wire", [wire for wire in DIALECTS if "a refusal" not in DIALECTS[wire].lacks])
async def test_a_refusal_has_its_own_reason(wire: str):
    dialect = DIALECTS[wire]
    folded, error = await played(wire, told(dialect, dialect.text("I will not."), reason="refusal"))
    assert (error, folded.stop_reason) == (None, "refusal")


@every_wire
async def test_too_much_is_told_from_too_often(wire: str):
    dialect = DIALECTS[wire]
    for code, kind, expected in (
        (400, "overflow", Kind.CONTEXT_OVERFLOW),
        (429, "rate_limit", Kind.RATE_LIMIT),
        (503, "overloaded", Kind.OVERLOADED),
    ):
        _, error = await played(wire, refusal(dialect, code, kind))
        assert error.kind is expected, (code, error)


COUNTED = {"input_tokens": 100, "output_tokens": 9}
CACHED = Usage(input_tokens=100, output_tokens=9, cache_read_tokens=80)
WITH_CACHE: dict[str, list[bytes]] = {
    "openai_chat": chat_events(
        chunk({"content": "ok"}, "stop"),
        {
            **chunk({}),
            "choices": [],
            "usage": {
                "prompt_tokens": 100,
                "completion_tokens": 9,
                "total_tokens": 109,
                "prompt_tokens_details": {"cached_tokens": 80},
            },
        },
    ),
    "openai_responses": response_events(
        created(),
        *text_item(0, "ok"),
        completed(usage={**USAGE, **COUNTED, "input_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 0}}),
    ),
    "anthropic": message_events(
        message_start(input_tokens=20, cache_read_input_tokens=80), *text_block("ok"), *message_end()
    ),
    "google": gemini_events(
        gemini_chunk(
            {"text": "ok"},
            finish="STOP",
            usageMetadata={"promptTokenCount": 100, "candidatesTokenCount": 9, "cachedContentTokenCount": 80},
        )
    ),
    "ollama": ollama_lines(ollama_line(content="ok"), {**ollama_line(done=True), "prompt_eval_count": 100}),
    "dashscope": [
        HEAD,
        sse(
            1,
            {
                "output": {"choices": [{"message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}]},
                "usage": {**COUNTED, "total_tokens": 109, "prompt_tokens_details": {"cached_tokens": 80}},
                "request_id": "req-1",
            },
        ),
    ],
}


@every_wire
async def test_tokens_are_those_sent_with_the_cached_ones_among_them(wire: str):
    folded, error = await played(wire, WITH_CACHE[wire])
    assert error is None
    # Ollama keeps what it read as well, and does not tell how much of it it used again.
    assert folded.usage == (CACHED if wire != "ollama" else CACHED.model_copy(update={"cache_read_tokens": 0}))
