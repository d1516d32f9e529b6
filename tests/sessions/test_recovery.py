"""A real process is killed while it appends; the next one finds everything that was acknowledged, and goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.errors import SessionBusy
from conduit.messages.message import Message, assistant_message, user_message
from conduit.sessions.events import AssistantReplied, StoredMessage, ToolFinished, TurnEnded, TurnStarted
from conduit.sessions.recovery import MAYBE_RAN, NEVER_RAN
from conduit.sessions.store import open_store

CHILD = """
import asyncio, os, sys
from pathlib import Path
from conduit.messages.content import Text, ToolCall, ToolResult
from conduit.messages.message import assistant_message, tool_message, user_message
from conduit.sessions.events import *
from conduit.sessions.store import open_store

async def main():
    store = await open_store(Path(sys.argv[1]))
    opened = SessionOpened(title="", mode="auto", model="scripted/demo", cwd="/")
    session = (await store.open_session(opened)).id
    async def reach(point):
        print(point, session, flush=True)
        if point == sys.argv[2]:
            await asyncio.Event().wait()
    turn = "t1"
    await store.append(session, TurnStarted(turn_id=turn, message_id="u1", parent_id=None,
        message=user_message("Fix it")))
    await reach("before-request")
    await store.append(session, CompletionStarted(turn_id=turn, message_id="a1", parent_id="u1", model="scripted/demo"))
    for word in ("I ", "will ", "look"):
        await store.keep_partial(session, "a1", "text", word)
    await reach("in-stream")
    calls = (ToolCall(id="c1", name="edit_file"), ToolCall(id="c2", name="edit_file"))
    await store.append(session, AssistantReplied(turn_id=turn, message_id="a1", parent_id="u1",
        message=assistant_message("I will look.", *calls), model="scripted/demo", stop_reason="tool_use"))
    await store.append(session, ToolStarted(turn_id=turn, call_id="c1", name="edit_file", arguments={}, kind="edit",
        title="Edit", key="t1/c1"))
    await reach("inside-tool")
    Path(sys.argv[1]).with_name("effect").write_text("done")
    await reach("before-outcome")
    results = [ToolResult(call_id=call.id, text="done") for call in calls]
    for result in results:
        await store.append(session, ToolFinished(turn_id=turn, call_id=result.call_id, name="edit_file", result=result))
    await store.append(session, ToolsAnswered(turn_id=turn, message_id="r1", parent_id="a1",
        message=tool_message(results)))
    await store.append(session, CompletionStarted(turn_id=turn, message_id="a2", parent_id="r1", model="scripted/demo"))
    await store.append(session, AssistantReplied(turn_id=turn, message_id="a2", parent_id="r1",
        message=assistant_message("Done."), model="scripted/demo", stop_reason="end_turn"))
    await reach("before-last-commit")
    await store.append(session, TurnEnded(turn_id=turn, stop_reason="end_turn"))

asyncio.run(main())
"""

POINTS = ("before-request", "in-stream", "inside-tool", "before-outcome", "before-last-commit")


@pytest.fixture
def child(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that has reached the point which the test names, and the session that it works on."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "sessions.db"), request.param], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        session_id = ""
        for line in process.stdout:
            point, session_id = line.split()
            if point == request.param:
                break
        yield process, session_id
        process.kill()


def assert_valid(conversation: list[StoredMessage]) -> None:
    """What every vendor asks of a transcript: no empty message, and each call answered once, right after it."""
    for number, stored in enumerate(conversation):
        assert stored.message.content
        calls = [call.id for call in stored.message.tool_calls]
        if calls:
            answer = conversation[number + 1].message
            assert answer.role == "tool"
            assert [result.call_id for result in answer.tool_results] == calls


@pytest.mark.parametrize("child", POINTS, indirect=True)
async def test_a_killed_turn_is_closed_and_the_next_one_works(
    tmp_path: Path, child: tuple[subprocess.Popen[str], str], request: pytest.FixtureRequest
) -> None:
    process, session_id = child
    point = request.node.callspec.params["child"]
    store = await open_store(tmp_path / "sessions.db")
    assert (await store.session(session_id)).running
    assert not await store.repair(session_id)
    with pytest.raises(SessionBusy):
        await store.append(
            session_id, TurnStarted(turn_id="t2", message_id="u2", parent_id=None, message=user_message("?"))
        )
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (listed,) = await store.sessions()
    assert (listed.id, listed.running, listed.title) == (session_id, False, "Fix it")
    before = [stored.event for stored in await store.events(session_id)]
    assert await store.repair(session_id)
    assert not await store.repair(session_id)
    log = [stored.event for stored in await store.events(session_id)]
    assert log[: len(before)] == before
    last = log[-1]
    assert isinstance(last, TurnEnded)
    assert last.interrupted
    conversation = await store.conversation(session_id)
    assert_valid(conversation)
    expected: dict[str, list[Message]] = {
        "before-request": [],
        "in-stream": [assistant_message("I will look")],
    }
    if point in expected:
        assert [stored.message for stored in conversation[1:]] == expected[point]
        assert [stored.interrupted for stored in conversation[1:]] == [True] * len(expected[point])
    else:
        texts = [event.result.text for event in log if isinstance(event, ToolFinished)]
        assert texts == (["done", "done"] if point == "before-last-commit" else [MAYBE_RAN, NEVER_RAN])
    tip = (await store.session(session_id)).tip
    await store.append(
        session_id,
        TurnStarted(turn_id="t2", message_id="u2", parent_id=tip, message=user_message("Go on")),
        AssistantReplied(
            turn_id="t2", message_id="b2", parent_id="u2", message=assistant_message("Yes."), model="scripted/demo"
        ),
        TurnEnded(turn_id="t2", stop_reason="end_turn"),
    )
    assert_valid(await store.conversation(session_id))
    await store.aclose()


@pytest.mark.parametrize("child", ["in-stream"], indirect=True)
async def test_two_processes_find_the_same_dead_turn_and_one_closes_it(
    tmp_path: Path, child: tuple[subprocess.Popen[str], str]
) -> None:
    process, session_id = child
    process.kill()
    process.wait()
    stores = await asyncio.gather(*(open_store(tmp_path / "sessions.db") for _ in range(3)))
    assert sum(await asyncio.gather(*(store.repair(session_id) for store in stores))) == 1
    for store in stores:
        await store.aclose()
    last = await open_store(tmp_path / "sessions.db")
    locks = list((tmp_path / "owners").glob("*.lock"))
    assert len(locks) == 1, "the lock files of the dead are removed"
    await last.aclose()
