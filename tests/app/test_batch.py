"""Batches through the App: written down first, handed in once, put in order, paid for; or asked one by one."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.opening import Opening, opening_in
from conduit.app.batch_view import BatchView
from conduit.errors import MissingKey, ProviderError, UserError
from conduit.jobs.batch_store import BatchStore
from conduit.sessions.ledger import SqliteLedger
from fakes.batch_server import serving
from fakes.batch_vendors import AnthropicBatchServer, GeminiBatchServer, OpenAIBatchServer
from fakes.chat_server import ChatServer, chatting

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "CONDUIT_API_KEY")
GPT, SONNET, FLASH, OWN = "openai/gpt-5.4", "anthropic/claude-sonnet-5-5", "google/gemini-3.8-flash", "custom/some"
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    return partial(opening_in(tmp_path), keys=KEYS)


def lines(*prompts: str, **more: Any) -> str:
    return "\n".join(json.dumps({"id": f"q{n}", "prompt": prompt, **more}) for n, prompt in enumerate(prompts))


async def test_answers_come_in_the_order_of_the_questions_and_cost_half(opening: Opening, tmp_path: Path) -> None:
    async with serving(OpenAIBatchServer()) as server, opening(openai=f"{server.url}/v1") as app:
        batches = app.batches()
        view = batches.prepare(lines("one", "two", "three"), GPT)
        assert (view.phase, view.own, server.asked) == ("unsubmitted", False, [])
        view = await batches.run(view.id)
        assert (view.phase, view.note, view.vendor_id) == ("running", "validating", "batch_0")
        assert (await batches.collect(view.id)).results == ()
        server.end({1: {"body": {"error": {"message": "no", "code": "content_filter"}}}})
        found = await batches.collect(view.id)
        count = len(server.asked)
        again = await batches.collect(view.id[:5])
        assert len(server.asked) == count
    assert (found.view.phase, found.view.done, found.view.failed) == ("ended", 3, 1)
    assert again.results == found.results
    assert [(each.id, each.text, each.error and each.error.kind) for each in found.results] == [
        ("q0", "Re: one", None),
        ("q1", "", "refused"),
        ("q2", "Re: three", None),
    ]
    ledger = SqliteLedger(tmp_path / "state/ledger.db")
    entries = await ledger.entries()
    await ledger.aclose()
    whole = app.library().cost(app.model(GPT), entries[0].usage)
    assert whole is not None
    assert [entry.cost_usd for entry in entries] == [pytest.approx(whole / 2)] * 2
    assert found.results[0].cost_usd == pytest.approx(whole / 2)


@pytest.mark.parametrize("lost", [1, 2])
async def test_a_batch_whose_answer_was_lost_is_not_handed_in_again(opening: Opening, lost: int) -> None:
    async with serving(OpenAIBatchServer(lose=lost)) as server, opening(openai=f"{server.url}/v1") as app:
        view = app.batches().prepare(lines("one"), GPT)
        view = await app.batches().run(view.id)
    assert list(server.batches) == ["batch_0"]
    assert view.vendor_id == "batch_0"


async def test_a_vendor_that_is_busy_is_asked_again(opening: Opening) -> None:
    async with serving(GeminiBatchServer(refuse_next=[503])) as server, opening(google=server.url) as app:
        view = app.batches().prepare(lines("one"), FLASH)
        assert (await app.batches().run(view.id)).vendor_id == "batches/g0"
    assert len(server.batches) == 1


async def test_what_anthropic_cannot_tell_is_not_handed_in_twice(opening: Opening) -> None:
    async with serving(AnthropicBatchServer(lose=1)) as server, opening(anthropic=server.url) as app:
        batches = app.batches()
        view = batches.prepare(lines("one", "two"), SONNET)
        with pytest.raises(ProviderError, match="not known whether anthropic took the batch"):
            await batches.run(view.id)
        with pytest.raises(UserError, match="Look again when it has ended"):
            await batches.run(view.id)
        assert (await batches.status(view.id)).phase == "unknown"
        server.end()
        assert (await batches.status(view.id)).phase == "ended"
        found = await batches.collect(view.id)
    assert len(server.batches) == 1
    assert [each.text for each in found.results] == ["Re: one", "Re: two"]


async def test_the_same_file_is_submitted_once_unless_it_is_wanted_again(opening: Opening) -> None:
    async with serving(OpenAIBatchServer()) as server, opening(openai=f"{server.url}/v1") as app:
        batches = app.batches()
        first = batches.prepare(lines("one"), GPT)
        assert batches.prepare(lines("one"), GPT).id == first.id
        await batches.run(first.id)
        with pytest.raises(UserError, match=f"as {first.id}. .*--again"):
            batches.prepare(lines("one"), GPT)
        assert batches.prepare(lines("one", "two"), GPT).id != first.id
        second = batches.prepare(lines("one"), GPT, again=True)
        await batches.run(second.id)
        assert next(view.id for view in await batches.known()) == first.id
    assert len(server.batches) == 2


async def test_a_batch_that_never_got_there_is_told_resumed_or_forgotten(opening: Opening) -> None:
    async with serving(OpenAIBatchServer(refuse_next=[401])) as server, opening(openai=f"{server.url}/v1") as app:
        batches = app.batches()
        view = batches.prepare(lines("one"), GPT)
        with pytest.raises(ProviderError):
            await batches.run(view.id)
        (told,) = await batches.known()
        assert (told.phase, told.note) == ("unsubmitted", f"'conduit batch submit --resume {view.id}' hands it in")
        with pytest.raises(UserError, match="never handed in"):
            await batches.collect(view.id, wait=True)
        assert "forgotten" in (await batches.cancel(view.id)).note
        assert await batches.known() == []
        with pytest.raises(UserError, match="no batch"):
            await batches.run(view.id)
    assert server.batches == {}


async def test_damaged_results_are_brought_again_and_until_then_told_apart(opening: Opening) -> None:
    async with serving(AnthropicBatchServer()) as server, opening(anthropic=server.url) as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one", "two", "three"), SONNET).id)
        server.end({1: b"{broken", 2: "lost"})
        damaged = await batches.collect(view.id)
        server.only().lines.clear()
        server.end({2: "expired"})
        whole = await batches.collect(view.id)
    assert [each.error and each.error.kind for each in damaged.results] == [None, "network", "network"]
    assert [each.error and each.error.kind for each in whole.results] == [None, None, "expired"]


async def test_an_item_without_a_result_is_told_as_missing(opening: Opening) -> None:
    async with serving(OpenAIBatchServer()) as server, opening(openai=f"{server.url}/v1") as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one", "two"), GPT).id)
        server.end({0: "lost"})
        found = await batches.collect(view.id)
    assert [each.error and each.error.kind for each in found.results] == ["missing", None]


async def test_an_answer_that_does_not_fit_its_schema_is_a_failure_of_its_item(opening: Opening) -> None:
    async with serving(GeminiBatchServer()) as server, opening(google=server.url) as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one", "two", "three", schema=SCHEMA), FLASH).id)
        server.end({0: '```json\n{"n": 3}\n```', 1: '{"n": "three"}', 2: "no JSON"})
        found = await batches.collect(view.id)
    assert [each.value for each in found.results] == [{"n": 3}, None, None]
    assert [each.error and each.error.kind for each in found.results] == [None, "invalid_answer", "invalid_answer"]
    assert found.results[1].cost_usd
    assert "fit this JSON schema" in json.dumps(server.only().items[0][1]["systemInstruction"])


async def test_a_cancelled_batch_keeps_its_answers(opening: Opening) -> None:
    async with serving(OpenAIBatchServer()) as server, opening(openai=f"{server.url}/v1") as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one", "two"), GPT).id)
        assert (await batches.cancel(view.id)).phase == "cancelling"
        server.end({0: "done before"}, status="cancelled")
        found = await batches.collect(view.id)
        with pytest.raises(UserError, match="has ended"):
            await batches.cancel(view.id)
    assert [(each.text, each.error and each.error.kind) for each in found.results] == [
        ("done before", None),
        ("", "cancelled"),
    ]


async def test_waiting_goes_on_until_the_batch_has_ended(opening: Opening) -> None:
    async with serving(AnthropicBatchServer()) as server, opening(anthropic=server.url) as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one"), SONNET).id)
        looks: list[BatchView] = []

        def watch(seen: BatchView) -> None:
            looks.append(seen)
            if len(looks) == 3:
                server.end()

        found = await batches.collect(view.id, wait=True, every_s=0.01, watch=watch)
    assert [look.phase for look in looks] == ["running"] * 3 + ["ended"]
    assert [each.text for each in found.results] == ["Re: one"]


async def test_one_vendor_that_does_not_answer_hides_no_other_batch(opening: Opening) -> None:
    async with serving(OpenAIBatchServer()) as server, opening(openai=f"{server.url}/v1") as app:
        await app.batches().run(app.batches().prepare(lines("one"), GPT).id)
    async with opening(keys=()) as app:
        (view,) = await app.batches().known()
        with pytest.raises(MissingKey):
            await app.batches().status(view.id)
    assert view.phase == "running"
    assert "OPENAI_API_KEY" in view.note


# -- own batches ------------------------------------------------------------------------------------------------------


async def test_an_own_batch_asks_no_more_than_so_many_at_once_and_keeps_the_order(opening: Opening) -> None:
    prompts = [f"question {number}" for number in range(20)]
    async with chatting(ChatServer(gate=3)) as server, opening(custom=server.url) as app:
        batches = app.batches()
        view = batches.prepare(lines(*prompts), OWN)
        assert (view.own, view.phase) == (True, "stopped")
        ended = await batches.run(view.id, jobs=3)
        found = await batches.collect(view.id)
    assert server.most == 3
    assert sorted(server.asked) == sorted(prompts)
    assert (ended.phase, ended.done, ended.failed) == ("ended", 20, 0)
    assert [(each.id, each.text) for each in found.results] == [(f"q{n}", f"Re: {p}") for n, p in enumerate(prompts)]


async def test_an_item_that_fails_touches_no_other_one(opening: Opening, tmp_path: Path) -> None:
    looks: list[BatchView] = []
    async with chatting(ChatServer()) as server, opening(custom=server.url) as app:
        batches = app.batches()
        view = batches.prepare(lines("one", "refuse this", "three"), OWN)
        await batches.run(view.id, jobs=1, watch=looks.append)
        found = await batches.collect(view.id)
    assert [(look.done, look.failed) for look in looks] == [(0, 0), (1, 0), (2, 1), (3, 1)]
    assert [(each.text, each.error and each.error.kind) for each in found.results] == [
        ("Re: one", None),
        ("", "invalid_input"),
        ("Re: three", None),
    ]
    ledger = SqliteLedger(tmp_path / "state/ledger.db")
    (total,) = await ledger.totals()
    await ledger.aclose()
    assert (total.model, total.completions, total.usage.input_tokens) == (OWN, 2, 2000)


async def test_what_may_pass_is_asked_again_when_the_batch_goes_on(opening: Opening) -> None:
    async with chatting(ChatServer()) as server, opening(custom=server.url) as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one", "fail at first"), OWN).id, jobs=1)
        first = await batches.collect(view.id)
        server.asked.clear()
        again = await batches.run(view.id)
    assert (view.phase, view.done) == ("stopped", 1)
    assert [each.error and each.error.kind for each in first.results] == [None, "internal"]
    assert set(server.asked) == {"fail at first"}
    assert again.failed == 1


async def test_an_own_batch_repairs_an_answer_that_does_not_fit(opening: Opening) -> None:
    answers = iter(["nonsense", '{"n": 1}'])
    async with chatting(ChatServer(answer=lambda text: next(answers))) as server, opening(custom=server.url) as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one", schema=SCHEMA), OWN).id)
        (result,) = (await batches.collect(view.id)).results
    assert result.value == {"n": 1}
    assert result.usage.input_tokens == 2000


async def test_an_own_batch_is_cancelled_while_it_runs(opening: Opening) -> None:
    async with chatting(ChatServer(gate=3)) as server, opening(custom=server.url) as app:
        batches = app.batches()
        view = batches.prepare(lines(*"abcdefgh"), OWN)
        running = asyncio.create_task(batches.run(view.id, jobs=2))
        async with server.changed:
            await asyncio.wait_for(server.changed.wait_for(lambda: server.most == 2), 30)
        assert (await batches.status(view.id)).phase == "running"
        with pytest.raises(UserError, match="Another process works on"):
            await batches.run(view.id)
        await batches.cancel(view.id)
        async with server.changed:
            server.gate = 0
            server.changed.notify_all()
        ended = await running
        found = await batches.collect(view.id)
        with pytest.raises(UserError, match="was cancelled"):
            await batches.run(view.id)
    assert (ended.phase, ended.note) == ("ended", "cancelled")
    assert [each.error and each.error.kind for each in found.results] == [None, None, *["cancelled"] * 6]


async def test_a_vendor_with_batches_can_be_asked_one_by_one(opening: Opening) -> None:
    async with chatting(ChatServer()) as server, opening(openai=server.url) as app:
        batches = app.batches()
        view = await batches.run(batches.prepare(lines("one"), "openai/gpt-4.1", own=True).id)
        found = await batches.collect(view.id, wait=True)
    assert (view.own, view.phase, found.results[0].text) == (True, "ended", "Re: one")


async def test_a_killed_process_leaves_no_half_batch(opening: Opening, tmp_path: Path) -> None:
    async with opening(openai="http://127.0.0.1:9") as app:
        batches = app.batches()
        view = batches.prepare(lines("one"), OWN.replace("custom/some", "scripted/demo"))
        folder = BatchStore(tmp_path / "state/batches").find(view.id)
        (folder.path / "results.jsonl").write_bytes(b'\n{"index": 0, "id": "q0", "te')
        (tmp_path / "state/batches/.new-b1").mkdir()
        (tmp_path / "state/batches/broken").mkdir()
        assert [each.id for each in await batches.known()] == [view.id]
        assert folder.results() == {}
        assert oct((tmp_path / "state/batches").stat().st_mode)[-3:] == "700"
