"""One list of scenarios for every wire: what is said differs in its bytes alone, never in what the agent gets.

Six wires are asked against servers that send exact bytes and check each request; the seventh column is the embedded
model, a real llama.cpp child, whose answers a grammar or a schema holds to the same words. Where a wire has no such
thing, `lacks` says why in a line.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from conduit.catalog.catalog import Catalog
from conduit.errors import ProviderError
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import Text, Thinking
from conduit.messages.message import Usage, user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.messages.stream import Accumulator
from conduit.providers.local import EmbeddedOptions, EmbeddedProvider
from conduit.providers.openai_chat import OpenAIChatProvider
from conduit.providers.prompted_tools import PromptedToolsProvider
from conduit.providers.weights import Weights
from fakes.byte_server import chat_events, gemini_events, message_events, ollama_lines, response_events, serve
from fakes.dashscope_server import sse
from fakes.dialects import DIALECTS, Dialect
from fakes.provider_faults import SO_FAR, Answer, good, refusal, stream
from fakes.response_answers import USAGE, completed, created, text_item
from fakes.wire_answers import HEAD, chunk, gemini_chunk, message_end, message_start, ollama_line, text_block
from fakes.wires import READ_FILE, collect, provider_of, request_for

EMBEDDED = "embedded"
CONTEXT_TOKENS = 1024


@dataclass(frozen=True)
class Heard:
    """What came of a scenario: the last answer, the error in place of its end, and what the answer before it used."""

    wire: str
    folded: Accumulator
    error: ProviderError | None
    before: Usage | None = None


@dataclass(frozen=True)
class Scenario:
    """Something that happens between an agent and a model.

    Attributes:
        name: what happens.
        say: what a server of a written wire answers.
        holds: checks what must come of it, on every wire.
        ask: the requests, one after the other, that make the embedded model do the same.
        lacks: the wires on which it cannot happen, and why.
    """

    name: str
    say: Callable[[str], Answer]
    holds: Callable[[Heard], None]
    ask: Sequence[ModelRequest] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)


def told(dialect: Dialect, *parts: list[bytes], reason: str = "end_turn") -> list[bytes]:
    return stream(dialect, *parts, dialect.end(reason))


def held_to(words: str, **settings: Any) -> ModelRequest:
    """Return a request to which the embedded model can answer nothing but these words."""
    extra = {"grammar": f'root ::= "{words}"'}
    return embedded_request("go", extra=extra, **settings)


def embedded_request(text: str, **settings: Any) -> ModelRequest:
    chosen = ModelSettings(**{"temperature": 0.0, "seed": 1, **settings})
    return ModelRequest(model="smollm2-135m", messages=(user_message(text),), settings=chosen)


def whole_text(heard: Heard) -> None:
    said = (heard.error, heard.folded.message().text, heard.folded.stop_reason)
    assert said == (None, "Größe 😀", "end_turn")


def say_thinking(wire: str) -> Answer:
    dialect = DIALECTS[wire]
    return told(dialect, dialect.thinking("let me ", "see"), dialect.text("It is 4."))


def thinking_apart(heard: Heard) -> None:
    assert heard.error is None
    thought, said = heard.folded.message().content
    assert (type(thought), type(said)) == (Thinking, Text)
    assert "".join(thought.text.split()) == "letmesee"  # type: ignore[union-attr]
    assert said.text == "It is 4."  # type: ignore[union-attr]


def say_two_calls(wire: str) -> Answer:
    dialect = DIALECTS[wire]
    calls = [dialect.call(place, f"c{place}", "read_file", f'{{"path": "{name}"}}') for place, name in enumerate("ab")]
    return told(dialect, *calls, reason="tool_use")


def two_calls_in_order(heard: Heard) -> None:
    assert (heard.error, heard.folded.stop_reason) == (None, "tool_use")
    calls = heard.folded.message().tool_calls
    assert [(call.name, call.arguments) for call in calls] == [
        ("read_file", {"path": "a"}),
        ("read_file", {"path": "b"}),
    ]
    assert len({call.id for call in calls}) == 2


def say_cut_off_arguments(wire: str) -> Answer:
    dialect = DIALECTS[wire]
    return told(dialect, dialect.call(0, "c0", "read_file", '{"path": ', '"a'), reason="max_tokens")


def arguments_told_as_broken(heard: Heard) -> None:
    assert heard.error is None
    (call,) = heard.folded.message().tool_calls
    assert call.malformed, "the model is told what was wrong with it"
    assert call.arguments == {}, "no tool gets half of what was meant for it"
    assert heard.folded.stop_reason in ("max_tokens", "tool_use")


def say_refusal(wire: str) -> Answer:
    dialect = DIALECTS[wire]
    return told(dialect, dialect.text("I will not."), reason="refusal")


def refused(heard: Heard) -> None:
    assert (heard.error, heard.folded.stop_reason) == (None, "refusal")
    assert heard.folded.message().text == "I will not."


def fails_as(kind: Kind, said: str = "") -> Callable[[Heard], None]:
    """Return the check of an error of a kind, before which something was said."""

    def check(heard: Heard) -> None:
        assert heard.error is not None
        assert heard.error.kind is kind, str(heard.error)
        assert heard.folded.stop_reason is None
        assert heard.folded.message(complete=False).text == said

    return check


def say_overload_inside(wire: str) -> Answer:
    dialect = DIALECTS[wire]
    return stream(dialect, dialect.text(SO_FAR), dialect.broken_off("overloaded"))


COUNTED = {"input_tokens": 100, "output_tokens": 9}
COUNTS: dict[str, list[bytes]] = {
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


def counted(heard: Heard) -> None:
    assert heard.error is None
    used = heard.folded.usage
    if heard.wire == EMBEDDED:
        assert used.output_tokens == 1, "its limit was one token"
        assert CONTEXT_TOKENS > used.input_tokens > len("go")
    else:
        assert (used.input_tokens, used.output_tokens) == (100, 9)


def cached_ones_are_among_those_sent(heard: Heard) -> None:
    assert heard.error is None
    used = heard.folded.usage
    if heard.wire == EMBEDDED:
        assert heard.before is not None
        assert used.input_tokens == heard.before.input_tokens, "the same was sent"
        assert 0 < used.cache_read_tokens < used.input_tokens
    else:
        assert (used.input_tokens, used.cache_read_tokens) == (100, 80)


WAITS = "llama.cpp turns nobody away: who comes while it is busy waits in line"
SCENARIOS = [
    Scenario("text", lambda wire: good(DIALECTS[wire], "Größe 😀"), whole_text, [held_to("Größe 😀")]),
    Scenario("thinking", say_thinking, thinking_apart, [held_to("<think>let me see</think>It is 4.")]),
    Scenario(
        "two parallel calls",
        say_two_calls,
        two_calls_in_order,
        lacks={
            EMBEDDED: "its model knows no tools: a call is one JSON object that it is held to, so calls come singly"
        },
    ),
    Scenario(
        "cut-off arguments",
        say_cut_off_arguments,
        arguments_told_as_broken,
        [
            embedded_request("Read greet.py.", tool_choice="required", max_tokens=17).model_copy(
                update={"tools": (READ_FILE,)}
            )
        ],
    ),
    Scenario(
        "refusal",
        say_refusal,
        refused,
        lacks={
            "ollama": "it has no reason for the end of an answer but stop and length",
            "dashscope": "it refuses with an error in place of an answer",
            EMBEDDED: "llama.cpp looks at no content, and ends an answer with stop or length alone",
        },
    ),
    Scenario(
        "overload before the stream",
        lambda wire: refusal(DIALECTS[wire], 503, "overloaded"),
        fails_as(Kind.OVERLOADED),
        lacks={EMBEDDED: WAITS},
    ),
    Scenario(
        "overload inside the stream",
        say_overload_inside,
        fails_as(Kind.OVERLOADED, SO_FAR),
        lacks={EMBEDDED: WAITS},
    ),
    Scenario(
        "rate limit",
        lambda wire: refusal(DIALECTS[wire], 429, "rate_limit"),
        fails_as(Kind.RATE_LIMIT),
        lacks={EMBEDDED: WAITS},
    ),
    Scenario(
        "context overflow",
        lambda wire: refusal(DIALECTS[wire], 400, "overflow"),
        fails_as(Kind.CONTEXT_OVERFLOW),
        [embedded_request("word " * 2 * CONTEXT_TOKENS)],
    ),
    Scenario("usage", COUNTS.__getitem__, counted, [held_to("ok", max_tokens=1)]),
    Scenario(
        "cache",
        COUNTS.__getitem__,
        cached_ones_are_among_those_sent,
        [held_to("ok"), held_to("ok")],
        lacks={"ollama": "it keeps what it read as well, and does not tell how much of it it used again"},
    ),
]
COLUMNS = (*DIALECTS, EMBEDDED)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def embedded_model(embedded_weights: Path) -> AsyncIterator[PromptedToolsProvider]:
    """The embedded model, made as a person gets it, with one child for all scenarios."""
    catalog = Catalog.packaged()

    def make_wire(base_url: str, key: str) -> OpenAIChatProvider:
        return OpenAIChatProvider(catalog.vendor("embedded"), catalog=catalog, base_url=base_url, api_key=key)

    options = EmbeddedOptions(context_tokens=CONTEXT_TOKENS)
    weights = Weights(embedded_weights.parent, own=embedded_weights)
    provider = PromptedToolsProvider(EmbeddedProvider(weights, make_wire=make_wire, options=options))
    try:
        yield provider
    finally:
        await provider.aclose()


def cells(*wires: str) -> list[Any]:
    """Return every scenario on every one of these wires on which it can happen."""
    return [
        pytest.param(scenario, wire, id=f"{scenario.name}-{wire}")
        for scenario in SCENARIOS
        for wire in wires
        if wire not in scenario.lacks
    ]


@pytest.mark.parametrize(("scenario", "wire"), cells(*DIALECTS))
async def test_a_scenario_is_the_same_on_every_wire(scenario: Scenario, wire: str) -> None:
    vendor = DIALECTS[wire].vendor
    async with serve(scenario.say(wire)) as server, provider_of(vendor, server.url) as provider:
        _, folded, error = await collect(provider, request_for(vendor, "go", tools=(READ_FILE,)))
        for each in server.received:
            DIALECTS[wire].check(each.body)
    scenario.holds(Heard(wire, folded, error))


@pytest.mark.embedded
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("scenario", "wire"), cells(EMBEDDED))
async def test_a_scenario_is_the_same_with_the_embedded_model(
    scenario: Scenario, wire: str, embedded_model: PromptedToolsProvider
) -> None:
    heard: Heard | None = None
    for request in scenario.ask:
        _, folded, error = await collect(embedded_model, request)
        heard = Heard(wire, folded, error, before=heard.folded.usage if heard else None)
    assert heard is not None
    scenario.holds(heard)


def test_a_scenario_that_a_wire_lacks_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    names = [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    lacking = [(scenario, wire, why) for scenario in SCENARIOS for wire, why in scenario.lacks.items()]
    for scenario, wire, why in lacking:
        assert wire in COLUMNS
        assert why.strip(), f"{scenario.name} on {wire}"
    for scenario in SCENARIOS:
        assert bool(scenario.ask) != (EMBEDDED in scenario.lacks), scenario.name
    with capsys.disabled():
        print(f"\nscenarios: {len(names)} on {len(COLUMNS)} wires, {len(names) * len(COLUMNS) - len(lacking)} cells")
        for scenario, wire, why in lacking:
            print(f"  {scenario.name} is not on {wire}: {why}")
