"""Batches over every wire that has them: what is handed in, how it is found again, and what results become."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.messages.stream import Accumulator
from conduit.providers.base import BatchedAnswer, BatchFault, BatchItem, RunsBatches
from fakes.batch_server import BatchServer, serving
from fakes.batch_vendors import AnthropicBatchServer, GeminiBatchServer, OpenAIBatchServer
from fakes.wires import MODELS, WIRES, provider_of

SERVERS: dict[str, type[BatchServer]] = {
    "openai": OpenAIBatchServer,
    "openai_responses": OpenAIBatchServer,
    "anthropic": AnthropicBatchServer,
    "google": GeminiBatchServer,
}
LABEL = "conduit-b0123456789"
OBJECT = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}

wires = pytest.mark.parametrize("wire", SERVERS)


@asynccontextmanager
async def runner_of(wire: str, model: str = "") -> AsyncIterator[tuple[Any, Any]]:
    """Yield a server and who runs batches there."""
    async with serving(SERVERS[wire]()) as server:
        path = "/v1" if wire.startswith("openai") else ""
        async with provider_of(wire, f"{server.url}{path}") as provider:
            yield server, provider.batches(model or MODELS[wire])


def items(wire: str, *prompts: str, **options: Any) -> list[BatchItem]:
    return [
        BatchItem(f"{LABEL}-{index}", ModelRequest(model=MODELS[wire], messages=(user_message(prompt),), **options))
        for index, prompt in enumerate(prompts)
    ]


async def results(runner: Any, batch_id: str) -> dict[str, Accumulator | BatchFault]:
    found: list[BatchedAnswer] = [each async for each in runner.results(batch_id)]
    assert len({each.key for each in found}) == len(found)
    return {each.key.removeprefix(f"{LABEL}-"): each.answer for each in found}


def faults(found: dict[str, Accumulator | BatchFault]) -> dict[str, str]:
    return {key: answer.kind for key, answer in found.items() if isinstance(answer, BatchFault)}


@pytest.mark.parametrize("wire", WIRES)
async def test_a_wire_tells_whether_it_runs_batches(wire: str) -> None:
    async with provider_of(wire, "http://127.0.0.1:9") as provider:
        assert isinstance(provider, RunsBatches) is (wire in SERVERS)


@wires
async def test_a_batch_is_accepted_and_its_answers_are_those_of_its_questions(wire: str) -> None:
    async with runner_of(wire) as (server, runner):
        prompts = ["one", 'a "second"\u2028text', "three"]
        made = await runner.submit(LABEL, items(wire, *prompts, system="Be brief."))
        assert made.phase == "running"
        assert (await runner.state(made.id)).phase == "running"
        server.end()
        ended = await runner.state(made.id)
        found = await results(runner, made.id)
    assert server.refused == []
    assert [key for key, _ in server.only().items] == [f"{LABEL}-{index}" for index in range(3)]
    assert (ended.id, ended.phase) == (made.id, "ended")
    assert {key: answer.message().text for key, answer in found.items()} == {
        str(index): f"Re: {prompt}" for index, prompt in enumerate(prompts)
    }
    assert {answer.stop_reason for answer in found.values()} == {"end_turn"}
    assert {(answer.usage.input_tokens, answer.usage.output_tokens) for answer in found.values()} == {(1000, 100)}


@wires
async def test_a_batch_whose_id_was_lost_is_found_again_among_others(wire: str) -> None:
    async with runner_of(wire) as (server, runner):
        other = await runner.submit("conduit-bother", [BatchItem("conduit-bother-0", items(wire, "x")[0].request)])
        server.end()
        made = await runner.submit(LABEL, items(wire, "one"))
        newer = await runner.submit("conduit-bnewer", [BatchItem("conduit-bnewer-0", items(wire, "x")[0].request)])
        for batch in server.batches.values():
            if batch.status == "in_progress":  # only Anthropic cannot tell one that runs
                key = batch.items[0][0]
                batch.lines, batch.status = (
                    [json.dumps({"custom_id": key, "result": {"type": "expired"}}).encode()],
                    "ended",
                )
                counts = {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 1}
                url = f"{server.url}/v1/messages/batches/{batch.id}/results"
                batch.extra = {"request_counts": counts, "results_url": url}
        search = await runner.search(LABEL, server.clock, 1)
        absent = await runner.search("conduit-babsent", server.clock, 1)
        late = await runner.search(LABEL, server.clock + 10_000, 1)
    assert search.found is not None
    assert search.found.id == made.id
    assert made.id not in (other.id, newer.id)
    assert (absent.found, absent.certain) == (None, True)
    assert late.found is None or wire == "google"


async def test_anthropic_cannot_tell_a_running_batch_and_says_so() -> None:
    async with runner_of("anthropic") as (server, runner):
        made = await runner.submit(LABEL, items("anthropic", "one", "two"))
        unsure = await runner.search(LABEL, server.clock, 2)
        other_size = await runner.search(LABEL, server.clock, 3)
        known = await runner.search(LABEL, server.clock, 2, {made.id})
        server.end()
        sure = await runner.search(LABEL, server.clock, 2)
    assert (unsure.found, unsure.certain) == (None, False)
    assert (other_size.found, other_size.certain) == (None, True)
    assert (known.found, known.certain) == (None, True)
    assert sure.found is not None


async def test_openais_failures_are_read_as_those_of_single_requests() -> None:
    body = {"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}
    long = {"error": {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}}
    async with runner_of("openai") as (server, runner):
        made = await runner.submit(LABEL, items("openai", *"abcdef"))
        outcomes = {
            0: {"status": 429, "body": body},
            1: {"body": long},
            2: b"{broken",
            3: "lost",
            4: b'{"custom_id": 4}',
        }
        server.end(outcomes)
        state = await runner.state(made.id)
        found = [each async for each in runner.results(made.id)]
    kinds = {each.key: each.answer.kind for each in found if isinstance(each.answer, BatchFault) and each.key}
    assert kinds == {f"{LABEL}-0": "rate_limit", f"{LABEL}-1": "context_overflow"}
    assert [each.answer.kind for each in found if not each.key] == ["network", "network"]
    assert [each.key for each in found if isinstance(each.answer, Accumulator)] == [f"{LABEL}-5"]
    assert (state.phase, state.failed) == ("ended", 2)


@pytest.mark.parametrize(("status", "kind"), [("expired", "expired"), ("cancelled", "cancelled")])
async def test_openais_ended_early_keeps_what_was_answered(status: str, kind: str) -> None:
    async with runner_of("openai_responses") as (server, runner):
        made = await runner.submit(LABEL, items("openai_responses", "a", "b", "c"))
        server.end({1: "done before"}, status=status)
        state = await runner.state(made.id)
        found = await results(runner, made.id)
    assert (state.phase, state.word, state.without.kind) == ("ended", status, kind)
    assert faults(found) == {"0": kind, "2": kind}
    answer = found["1"]
    assert isinstance(answer, Accumulator)
    assert (answer.message().text, answer.usage.reasoning_tokens) == ("done before", 7)


async def test_a_batch_that_openai_refuses_as_a_whole_says_which_line() -> None:
    async with runner_of("openai") as (server, runner):
        made = await runner.submit(LABEL, items("openai", "a"))
        problem = {"code": "invalid_json_line", "line": 1, "message": "Missing required parameter", "param": None}
        server.only().status = "failed"
        server.only().extra["errors"] = {"object": "list", "data": [problem]}
        state = await runner.state(made.id)
        found = await results(runner, made.id)
    assert (state.phase, found) == ("ended", {})
    assert state.without.kind == "invalid_input"
    assert "line 1: Missing required parameter" in state.without.message


async def test_anthropics_outcomes_each_have_their_kind() -> None:
    async with runner_of("anthropic") as (server, runner):
        made = await runner.submit(LABEL, items("anthropic", *"abcdefg"))
        failures = {
            0: {"type": "invalid_request_error", "message": "no"},
            1: {"type": "overloaded_error", "message": "busy"},
            2: {"type": "api_error", "message": "oops"},
            3: "canceled",
            4: "expired",
            5: b"<html>",
        }
        server.end(failures)
        state = await runner.state(made.id)
        found = [each async for each in runner.results(made.id)]
    kinds = {each.key[-1]: each.answer.kind for each in found if isinstance(each.answer, BatchFault) and each.key}
    assert kinds == {"0": "invalid_input", "1": "overloaded", "2": "internal", "3": "cancelled", "4": "expired"}
    assert sum(not each.key for each in found) == 1
    assert (state.phase, state.done, state.failed) == ("ended", 6, 5)


async def test_geminis_outcomes_each_have_their_kind() -> None:
    async with runner_of("google") as (server, runner):
        made = await runner.submit(LABEL, items("google", *"abcd"))
        server.end({0: {"code": 3, "message": "bad"}, 1: {"code": 8, "message": "slow down"}, 2: b""})
        found = [each async for each in runner.results(made.id)]
    kinds = {each.key[-1:]: each.answer.kind for each in found if isinstance(each.answer, BatchFault)}
    assert kinds == {"0": "invalid_input", "1": "rate_limit", "": "network"}


@pytest.mark.parametrize(
    ("status", "kind"), [("FAILED", "internal"), ("EXPIRED", "expired"), ("CANCELLED", "cancelled")]
)
async def test_a_gemini_batch_without_results_says_why(status: str, kind: str) -> None:
    async with runner_of("google") as (server, runner):
        made = await runner.submit(LABEL, items("google", "a"))
        server.end(status=status)
        state = await runner.state(made.id)
        assert await results(runner, made.id) == {}
    assert (state.phase, state.without.kind) == ("ended", kind)


@wires
async def test_a_batch_is_cancelled_at_its_vendor(wire: str) -> None:
    async with runner_of(wire) as (server, runner):
        made = await runner.submit(LABEL, items(wire, "a"))
        await runner.cancel(made.id)
        state = await runner.state(made.id)
    assert state.phase == ("ended" if wire == "google" else "cancelling")
    assert server.refused == []


@wires
async def test_a_schema_and_parameters_are_sent_as_in_a_single_request(wire: str) -> None:
    asked = items(wire, "a", response_schema=OBJECT, settings=ModelSettings(max_tokens=77))
    async with runner_of(wire) as (server, runner):
        made = await runner.submit(LABEL, asked)
        server.end({0: '{"n": 3}'})
        (answer,) = (await results(runner, made.id)).values()
    ((_, body),) = server.only().items
    assert json.loads(answer.message().text) == {"n": 3}
    text = json.dumps(body)
    assert ": 77" in text
    assert '"integer"' in text or '"INTEGER"' in text
    assert server.refused == []


async def test_a_model_without_native_schemas_answers_through_a_forced_tool() -> None:
    model = "claude-unheard-of"
    async with runner_of("anthropic", model) as (server, runner):
        request = ModelRequest(model=model, messages=(user_message("a"),), response_schema=OBJECT)
        made = await runner.submit(LABEL, [BatchItem(f"{LABEL}-0", request)])
        server.end({0: '{"n": 4}'})
        (answer,) = (await results(runner, made.id)).values()
    assert json.loads(answer.message().text) == {"n": 4}


async def test_what_gemini_cannot_be_sent_in_a_batch_is_refused_before_it_is() -> None:
    async with runner_of("google") as (server, runner):
        with pytest.raises(ProviderError, match="labels") as caught:
            await runner.submit(LABEL, items("google", "a", settings=ModelSettings(extra={"labels": {"a": "b"}})))
    assert caught.value.kind is ProviderErrorKind.INVALID_INPUT
    assert server.asked == []


@wires
async def test_a_refusal_has_its_kind_and_what_is_no_batch_is_damaged(wire: str) -> None:
    async with runner_of(wire) as (server, runner):
        server.refuse_next = [429]
        with pytest.raises(ProviderError) as caught:
            await runner.submit(LABEL, items(wire, "a"))
        assert caught.value.kind is ProviderErrorKind.RATE_LIMIT
        server.key = "another"
        with pytest.raises(ProviderError) as refused:
            await runner.state("batches/x" if wire == "google" else "x")
        assert refused.value.kind in (ProviderErrorKind.AUTH, ProviderErrorKind.INVALID_INPUT)
        server.key = "test-key"
        server.route = lambda request: ("application/json", b'{"a": 1}')
        with pytest.raises(ProviderError) as damaged:
            await runner.state("batches/x" if wire == "google" else "x")
        assert damaged.value.kind is ProviderErrorKind.NETWORK
