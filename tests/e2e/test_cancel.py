"""Stopping a turn in every situation in which it waits, in both ways that a client has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from conduit.lsp.client import EditorClient
from conduit.lsp.wire_client import ClientError
from e2e.harness import Bench, chat, new_session
from e2e.waiting_turns import (
    EDITOR,
    MODEL,
    PERMISSION,
    SITUATIONS,
    STALLED,
    TOOL,
    Log,
    begin,
    never,
    prepare,
)

BOUND_S = 10.0
"""Far below the minute that an editor is waited for. What a cancel really takes is measured by `poe bench cancel`."""

CLOSED = {
    MODEL: ["assistant_replied", "turn_ended"],
    TOOL: ["tool_started", "tool_finished", "tools_answered", "turn_ended"],
    PERMISSION: ["assistant_replied", "tool_finished", "tools_answered", "turn_ended"],
    EDITOR: ["tool_started", "tool_finished", "tools_answered", "turn_ended"],
}


@asynccontextmanager
async def waiting(bench: Bench, situation: str) -> AsyncIterator[tuple[EditorClient, str, asyncio.Task]]:
    prepare(bench)
    async with await bench.start(permit=None if situation == EDITOR else never) as editor:
        if situation == EDITOR:
            editor.edit_policy = "stall"
            await editor.open(bench.root / "open.py")
        session, prompt = await begin(editor, bench.root, situation)
        yield editor, session, prompt


async def check_the_end(bench: Bench, editor: EditorClient, situation: str, session: str) -> None:
    """The turn is in the log as cancelled, every call has a result, and the session goes on at once."""
    log = Log(bench)
    types = [each for each in log.types(session) if not each.startswith("change_")]  # told when the files are settled
    assert types[-len(CLOSED[situation]) :] == CLOSED[situation]
    assert (await chat(editor, session, "Still there?"))["stopReason"] == "end_turn"
    messages = (await editor.command("conduit.session.open", session))["messages"]
    assert "Still here." in str(messages[-1])
    assert log.types(session).count("turn_ended") == 2


@pytest.mark.parametrize("situation", [*SITUATIONS, EDITOR])
async def test_a_cancelled_session_ends_its_turn_and_goes_on(bench: Bench, situation: str) -> None:
    async with waiting(bench, situation) as (editor, session, prompt):
        start = time.perf_counter()
        assert await editor.request("conduit/session/cancel", {"sessionId": session}) == {"cancelled": True}
        assert (await prompt)["stopReason"] == "cancelled"
        assert time.perf_counter() - start < BOUND_S
        await check_the_end(bench, editor, situation, session)
        assert await editor.request("conduit/session/cancel", {"sessionId": session}) == {"cancelled": False}


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_a_cancelled_prompt_request_ends_its_turn_before_it_is_answered(bench: Bench, situation: str) -> None:
    async with waiting(bench, situation) as (editor, session, prompt):
        start = time.perf_counter()
        await editor.notify("$/cancelRequest", {"id": editor.wire._number})
        with pytest.raises(ClientError) as caught:
            await prompt
        assert caught.value.code == -32800
        assert time.perf_counter() - start < BOUND_S
        await check_the_end(bench, editor, situation, session)


async def test_a_cancelled_search_leaves_no_process_behind(bench: Bench) -> None:
    async with waiting(bench, TOOL) as (editor, session, prompt):
        server = psutil.Process(editor.wire.process_id)
        async with asyncio.timeout(BOUND_S * 5):
            while not (searches := server.children()):
                await editor.request("conduit/models/list", {})
        await editor.notify("conduit/session/cancel", {"sessionId": session})
        assert (await prompt)["stopReason"] == "cancelled"
        _, alive = await asyncio.to_thread(psutil.wait_procs, searches, timeout=BOUND_S * 5)
        assert alive == []
        assert server.children() == []


async def test_an_open_question_is_taken_back_when_its_turn_is_cancelled(bench: Bench) -> None:
    async with waiting(bench, PERMISSION) as (editor, session, prompt):
        taken_back: list[str] = []
        editor.listen(lambda method, params: taken_back.append(params["id"]) if method == "$/cancelRequest" else None)
        await editor.notify("conduit/session/cancel", {"sessionId": session})
        assert (await prompt)["stopReason"] == "cancelled"
        assert len(taken_back) == 1


async def test_a_turn_is_cancelled_while_its_client_does_not_read(bench: Bench) -> None:
    prepare(bench, long_answer=True)
    async with await bench.start() as editor:
        session, prompt = await begin(editor, bench.root, STALLED)
        editor.wire.stop_reading()
        start = time.perf_counter()
        await editor.notify("conduit/session/cancel", {"sessionId": session})
        ended = await asyncio.to_thread(Log(bench).wait_for_end, session)
        assert ended - start < BOUND_S
        assert not prompt.done()
        editor.wire.go_on_reading()
        assert (await prompt)["stopReason"] == "cancelled"
        assert (await chat(editor, session, "Still there?"))["stopReason"] == "end_turn"


async def test_the_model_is_told_that_an_edit_may_have_taken_effect(bench: Bench) -> None:
    async with waiting(bench, EDITOR) as (editor, session, prompt):
        await editor.notify("conduit/session/cancel", {"sessionId": session})
        assert (await prompt)["stopReason"] == "cancelled"
        results = [u["update"] for u in editor.seen.updates if u["update"]["sessionUpdate"] == "tool_call_update"]
        assert [(result["status"], result["interrupted"]) for result in results] == [("failed", True)]
        assert "it is unknown whether it took effect" in results[0]["content"][0]["content"]["text"]


async def test_of_two_prompts_at_once_one_is_refused_and_the_other_can_be_cancelled(bench: Bench) -> None:
    prepare(bench)
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        prompts = [asyncio.create_task(chat(editor, session, f"Wait {MODEL}.")) for _ in range(2)]
        await editor.wait_for(lambda seen: "So" in seen.text())
        done, (other,) = await asyncio.wait(prompts, return_when=asyncio.FIRST_COMPLETED, timeout=BOUND_S)
        assert "still running" in str(done.pop().exception())
        assert await editor.request("conduit/session/cancel", {"sessionId": session}) == {"cancelled": True}
        assert (await other)["stopReason"] == "cancelled"
