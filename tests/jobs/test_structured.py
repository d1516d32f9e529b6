"""Answers of a given form, over every wire, against servers that play wrong answers first."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel

from conduit.errors import InvalidAnswer, ProviderError, ProviderErrorKind, UserError
from conduit.jobs.structured import ModelForm, SchemaForm, Structured, ask_in_form, ask_structured
from conduit.jobs.vendor_schema import vendor_schema
from conduit.messages.message import CompletionStop
from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent
from fakes.byte_server import message_events, serve
from fakes.dialects import DIALECTS
from fakes.wire_answers import call_block, message_end, message_start, text_answer
from fakes.wires import WIRES, provider_of, request_for
from fakes.written_provider import WrittenProvider


class Part(BaseModel):
    name: str
    weight: int = Field(ge=1)


class Report(BaseModel):
    severity: Literal["low", "high"]
    part: Part
    spare: Part | None = None


WRONG = '{"severity": "medium", "part": {"name": "wheel", "weight": 0}}'
RIGHT = '{"severity": "high", "part": {"name": "wheel", "weight": 3}, "spare": null}'
VALUE = Report(severity="high", part=Part(name="wheel", weight=3))
SCHEMA = vendor_schema(Report.model_json_schema())
SAID = ("severity: Input should be 'low' or 'high'", "part.weight: Input should be greater than or equal to 1")
CHECKS = {
    ("qwen" if name == "dashscope" else "openai" if name == "openai_chat" else name): it
    for name, it in DIALECTS.items()
}


class Answers:
    """Gives one text after the other, the last one for ever."""

    name = "written"

    def __init__(self, *texts: str, reason: CompletionStop = "end_turn") -> None:
        self.texts = texts
        self.reason = reason
        self.requests: list[ModelRequest] = []

    async def load(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        text = self.texts[min(len(self.requests), len(self.texts) - 1)]
        self.requests.append(request)
        async for event in WrittenProvider([text], reason=self.reason).stream(request):
            yield event


def question() -> ModelRequest:
    return request_for("openai", "What is broken?", system="Be brief.")


def schemas_in(value: Any) -> list[Any]:
    """Return every object of a request that looks like our schema."""
    if isinstance(value, dict):
        own = [value] if set(value.get("properties", ())) == set(SCHEMA["properties"]) else []
        return own + [found for inner in value.values() for found in schemas_in(inner)]
    return [found for inner in value for found in schemas_in(inner)] if isinstance(value, list) else []


@pytest.mark.parametrize("vendor", WIRES)
async def test_a_wrong_answer_is_repaired_over_every_wire(vendor: str):
    answers = (text_answer(vendor, WRONG[:20], WRONG[20:]), text_answer(vendor, RIGHT))
    async with serve(*answers) as server, provider_of(vendor, server.url) as provider:
        got = await ask_structured(provider, request_for(vendor, "What is broken?"), Report)
    assert (got.value, got.tries) == (VALUE, 2)
    first, second = [received.body for received in server.received]
    for body in (first, second):
        CHECKS[vendor].check(body)
        assert schemas_in(body) == [SCHEMA]
    said = json.dumps(second)
    for line in SAID:
        assert line in said
        assert line not in json.dumps(first)
    assert "medium" in said


@pytest.mark.parametrize("vendor", WIRES)
async def test_an_answer_that_stays_wrong_is_an_error_that_says_why_over_every_wire(vendor: str):
    async with serve(text_answer(vendor, WRONG)) as server, provider_of(vendor, server.url) as provider:
        with pytest.raises(InvalidAnswer) as raised:
            await ask_structured(provider, request_for(vendor), Report)
    assert len(server.received) == 3
    assert "in 3 tries" in str(raised.value)
    assert all(line in str(raised.value) for line in SAID)
    assert raised.value.kind is ProviderErrorKind.INVALID_ANSWER
    assert not raised.value.retryable


async def test_a_model_without_native_schemas_is_repaired_through_its_forced_tool():
    def forced(text: str) -> Sequence[bytes]:
        return message_events(message_start(), *call_block(0, "a", "answer", text), *message_end("tool_use"))

    async with serve(forced(WRONG), forced(RIGHT)) as server, provider_of("anthropic", server.url) as provider:
        request = request_for("anthropic", model="claude-haiku-4-5")
        got = await ask_structured(provider, request, Report)
    assert (got.value, got.tries, got.usage.output_tokens) == (VALUE, 2, 18)
    for received in server.received:
        CHECKS["anthropic"].check(received.body)
        assert received.body["tool_choice"] == {"type": "tool", "name": "answer"}
        assert received.body["tools"][0]["input_schema"] == SCHEMA


async def test_the_model_is_told_what_was_wrong_and_sees_its_own_answer():
    provider = Answers(WRONG, RIGHT)
    got = await ask_structured(provider, question(), Report)
    first, second = provider.requests
    assert first.system.startswith("Be brief.\n\nAnswer with one JSON object")
    assert [(message.role, message.text) for message in second.messages] == [
        ("user", "What is broken?"),
        ("assistant", WRONG),
        (
            "user",
            (
                f"Your answer is not valid:\n- {SAID[0]}\n- {SAID[1]}\n"
                "Answer again with the whole corrected JSON object and nothing else."
            ),
        ),
    ]
    assert got.usage.input_tokens == 10
    assert first.response_schema == second.response_schema == SCHEMA


async def test_a_right_answer_is_asked_for_once():
    assert (await ask_structured(Answers(RIGHT), question(), Report)).tries == 1


@pytest.mark.parametrize("text", [f"```json\n{RIGHT}\n```", f"  {RIGHT}\n", f"```\n{RIGHT}```"])
async def test_json_in_a_code_block_is_read(text: str):
    assert (await ask_structured(Answers(text), question(), Report, repairs=0)).value == VALUE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the answer is empty"),
        ("The wheel.", "Invalid JSON"),
        (RIGHT[:-1], "Invalid JSON"),
        ("[]", "Input should be an object"),
        ('{"severity": "\\ud800"}', "Invalid JSON"),
        ("[" * 5000, "Invalid JSON"),
    ],
)
async def test_what_is_no_such_json_is_told_and_repaired(text: str, said: str):
    provider = Answers(text, RIGHT)
    assert (await ask_structured(provider, question(), Report)).tries == 2
    assert said in provider.requests[1].messages[-1].text


async def test_an_answer_that_was_cut_off_is_not_asked_for_again():
    provider = Answers(RIGHT[:-5], reason="max_tokens")
    with pytest.raises(InvalidAnswer, match=r"in 1 try: it was cut off at its token limit"):
        await ask_structured(provider, question(), Report)
    assert len(provider.requests) == 1


async def test_a_refusal_is_told_as_one():
    with pytest.raises(ProviderError, match="refused") as raised:
        await ask_structured(Answers("I will not.", reason="refusal"), question(), Report)
    assert raised.value.kind is ProviderErrorKind.REFUSED


async def test_more_than_two_repairs_cannot_be_asked_for():
    for repairs in (-1, 3):
        with pytest.raises(ValueError, match="repairs must be 0 to 2"):
            await ask_structured(Answers(RIGHT), question(), Report, repairs=repairs)


async def test_everything_that_is_sent_and_comes_back_is_told_to_who_keeps_the_bill():
    provider, sent, came = Answers(WRONG, RIGHT), [], []
    await ask_in_form(
        provider,
        question(),
        ModelForm(Report),
        before=sent.append,
        after=lambda answer: came.append(answer.message().text),
    )
    assert sent == provider.requests
    assert came == [WRONG, RIGHT]


async def test_a_schema_that_somebody_wrote_is_held_to_in_full():
    schema = {
        "type": "object",
        "properties": {"day": {"type": "string", "pattern": "^2026-"}, "n": {"type": "integer", "maximum": 3}},
        "required": ["day"],
    }
    provider = Answers('{"day": "2025-01-01", "n": 4}', '{"day": "2026-01-01", "n": NaN}', '{"day": "2026-01-01"}')
    got: Structured[Any] = await ask_in_form(provider, question(), SchemaForm(schema))
    assert (got.value, got.tries) == ({"day": "2026-01-01"}, 3)
    complaints = [request.messages[-1].text for request in provider.requests[1:]]
    assert "day must match the pattern ^2026-\n- n is 4, which is more than 3" in complaints[0]
    assert "expected value" in complaints[1]


async def test_values_that_json_writes_as_text_are_read_as_what_they_are():
    class Due(BaseModel):
        day: date

    assert (await ask_structured(Answers('{"day": "2026-11-21"}'), question(), Due)).value == Due(
        day=date(2026, 11, 21)
    )


def test_a_form_that_is_no_object_is_refused_before_anybody_is_asked():
    with pytest.raises(UserError, match="must ask for an object at its top"):
        SchemaForm({"type": "array", "items": {"type": "string"}})
    with pytest.raises(UserError, match="must ask for an object at its top"):
        ModelForm(RootModel[list[int]])
