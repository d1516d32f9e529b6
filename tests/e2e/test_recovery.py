"""A server that is killed in the middle of a turn, by SIGKILL, and what the next one finds."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient, Permit
from conduit.sessions.ledger import SqliteLedger
from conduit.sessions.recovery import MAYBE_RAN, NEVER_RAN, TURN_ERROR
from e2e.harness import Bench, chat, new_session
from e2e.kill_server import (
    BEFORE_THE_END,
    BEFORE_THE_LEDGER,
    BEFORE_THE_OUTCOME,
    BEFORE_THE_REQUEST,
    IN_THE_STREAM,
    INSIDE_A_TOOL,
)
from fakes.byte_server import chat_events, serve
from fakes.transcript_rules import assert_valid_chat
from fakes.wire_answers import chunk

AT_ONCE_S = 20.0
"""A bound for a very busy machine; a session that is taken for running would never be loaded as ended."""

BEFORE = "colour = 'red'\n"
AFTER = "colour = 'blue'\n"
EDIT = {"path": "paint.py", "old_text": "red", "new_text": "blue"}
SPEAKS = {"reply": [{"think": "Hm."}, {"text": ["It ", "is ", "blue."]}, {"hold": True}]}
SPEAKS_TO_THE_END = {"reply": [{"text": "It is blue."}]}
ANSWER = chat_events(chunk({"content": "I see."}), chunk({}, "stop"))
EDITS = {
    "when": {"round": 0},
    "reply": [{"text": "I paint."}, {"call": "edit_file", "id": "edit_1", "arguments": EDIT}],
}


async def killed_at(bench: Bench, point: str, *, unsaved: str | None = None, permit: Permit | None = None) -> str:
    """Run a turn in a server that dies at `point`; return the session."""
    command = [sys.executable, str(Path(__file__).with_name("kill_server.py")), point]
    async with await bench.start(command=command, permit=permit) as editor:
        if unsaved is not None:
            await editor.open(bench.root / "paint.py", unsaved)
        session = await new_session(editor, bench.root, mode="auto")
        with pytest.raises(ConnectionError):
            await chat(editor, session, "Which colour?")
        assert await editor.wire.wait() == -signal.SIGKILL
        if point == BEFORE_THE_OUTCOME and unsaved is not None:
            assert editor.document((bench.root / "paint.py").as_uri()).text == unsaved.replace("red", "blue")
    return session


async def find_again(editor: EditorClient, session: str) -> list[dict[str, Any]]:
    """List and load the session in a new server; return what was replayed."""
    start = time.monotonic()
    listed = (await editor.request("conduit/session/list", {}))["sessions"]
    assert [(line["sessionId"], line["running"]) for line in listed] == [(session, False)]
    loaded = await editor.request("conduit/session/load", {"sessionId": session})
    assert time.monotonic() - start < AT_ONCE_S
    assert loaded["session"]["running"] is False
    # What became of files comes when the turn is closed.
    replayed = [params["update"] for params in editor.seen.updates if params["update"]["sessionUpdate"] != "change"]
    assert replayed[-1]["sessionUpdate"] == "turn_state"
    assert (replayed[-1]["state"], replayed[-1]["interrupted"]) == ("idle", True)
    assert replayed[-1]["error"] == TURN_ERROR
    return replayed


async def ask_on(bench: Bench, session: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Load in a new server, ask another model over HTTP; return the replayed updates and the messages it was sent."""
    async with serve(ANSWER) as model, await bench.start(CONDUIT_BASE_URL=f"{model.url}/v1") as editor:
        replayed = await find_again(editor, session)
        await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": "custom/any"})
        result = await chat(editor, session, "And now?")
        assert (result["stopReason"], result.get("error")) == ("end_turn", None)
        assert "I see." in editor.seen.text()
        assert editor.seen.edits == []
        body = model.received[0].body
        assert_valid_chat(body)
        assert await editor.shutdown() == 0
    return replayed, [message for message in body["messages"] if message["role"] != "system"]


async def cli(bench: Bench, *arguments: str) -> str:
    """Run `conduit` in the project and return what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "conduit", *arguments, cwd=bench.root, env=bench.env, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    return out.decode()


def interrupted_text(replayed: list[dict[str, Any]]) -> list[str]:
    """Return the answers that are marked as interrupted."""
    return [
        update["content"]["text"]
        for update in replayed
        if update["sessionUpdate"] == "agent_message_chunk" and update.get("interrupted")
    ]


def outcomes(replayed: list[dict[str, Any]]) -> list[tuple[str, bool, str]]:
    """Return (status, interrupted, text) of every tool result."""
    return [
        (update["status"], update.get("interrupted", False), update["content"][0]["content"]["text"])
        for update in replayed
        if update["sessionUpdate"] == "tool_call_update"
    ]


async def test_killed_before_the_request_the_question_is_kept(bench: Bench) -> None:
    bench.script(SPEAKS_TO_THE_END)
    session = await killed_at(bench, BEFORE_THE_REQUEST)
    replayed, sent = await ask_on(bench, session)
    assert [u["content"]["text"] for u in replayed if u["sessionUpdate"] == "user_message_chunk"] == ["Which colour?"]
    assert interrupted_text(replayed) == []
    assert "Which colour?" in json.dumps(sent)
    assert "And now?" in json.dumps(sent)


async def test_killed_in_the_stream_the_partial_answer_is_kept_and_marked(bench: Bench) -> None:
    bench.script(SPEAKS)
    session = await killed_at(bench, IN_THE_STREAM)
    replayed, sent = await ask_on(bench, session)
    assert interrupted_text(replayed) == ["It is blue."]
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert sent[1]["content"] == "It is blue."


async def test_killed_inside_a_tool_its_call_gets_a_result_and_nothing_was_changed(bench: Bench) -> None:
    path = bench.write("paint.py", BEFORE)
    bench.script(EDITS, SPEAKS_TO_THE_END)
    session = await killed_at(bench, INSIDE_A_TOOL)
    assert path.read_text() == BEFORE
    replayed, sent = await ask_on(bench, session)
    assert outcomes(replayed) == [("failed", True, MAYBE_RAN)]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "user"]
    assert sent[2]["content"].endswith(MAYBE_RAN)
    assert path.read_text() == BEFORE


async def test_killed_between_effect_and_outcome_the_effect_stays_and_does_not_come_twice(bench: Bench) -> None:
    path = bench.write("paint.py", BEFORE)
    bench.script(EDITS, SPEAKS_TO_THE_END)
    session = await killed_at(bench, BEFORE_THE_OUTCOME)
    assert path.read_text() == AFTER
    written = path.stat()
    replayed, sent = await ask_on(bench, session)
    assert outcomes(replayed) == [("failed", True, MAYBE_RAN)]
    assert sent[2]["content"].endswith(MAYBE_RAN)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert [each.name for each in bench.root.iterdir()] == ["paint.py"]


async def test_killed_after_the_editor_applied_an_edit_the_edit_is_not_sent_again(bench: Bench) -> None:
    path = bench.write("paint.py", BEFORE)
    bench.script(EDITS, SPEAKS_TO_THE_END)
    session = await killed_at(bench, BEFORE_THE_OUTCOME, unsaved=BEFORE + "# unsaved\n")
    replayed, _ = await ask_on(bench, session)
    assert outcomes(replayed) == [("failed", True, MAYBE_RAN)]
    assert path.read_text() == BEFORE


async def test_killed_before_the_last_commit_nothing_of_the_answer_is_lost(bench: Bench) -> None:
    path = bench.write("paint.py", BEFORE)
    bench.script(EDITS, SPEAKS_TO_THE_END)
    session = await killed_at(bench, BEFORE_THE_END)
    replayed, sent = await ask_on(bench, session)
    assert interrupted_text(replayed) == []
    assert [(status, interrupted) for status, interrupted, _ in outcomes(replayed)] == [("completed", False)]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert sent[3]["content"] == "It is blue."
    assert path.read_text() == AFTER


async def test_killed_while_the_person_is_asked_the_call_never_ran_and_is_asked_about_again(bench: Bench) -> None:
    path = bench.write("paint.py", BEFORE)
    bench.script(EDITS, SPEAKS_TO_THE_END)
    asked: list[dict[str, Any]] = []

    async def never(params: dict[str, Any]) -> str | None:
        asked.append(params)
        editor.wire.kill()
        return "allow_always"

    async with await bench.start(permit=never) as editor:
        session = await new_session(editor, bench.root, mode="auto")
        with pytest.raises(ConnectionError):
            await chat(editor, session, "Which colour?")
        assert await editor.wire.wait() == -signal.SIGKILL
    replayed, sent = await ask_on(bench, session)
    assert outcomes(replayed) == [("failed", True, NEVER_RAN)]
    assert sent[2]["content"].endswith(NEVER_RAN)
    assert path.read_text() == BEFORE

    async def permit(params: dict[str, Any]) -> str:
        asked.append(params)
        return "allow_once"

    async with await bench.start(permit=permit) as editor:
        await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": "scripted/demo"})
        assert (await chat(editor, session, "Go on."))["stopReason"] == "end_turn"
    assert len(asked) == 2
    assert path.read_text() == AFTER


async def test_the_command_line_alone_shows_what_a_killed_server_left(bench: Bench) -> None:
    bench.write("paint.py", BEFORE)
    bench.script(SPEAKS)
    session = await killed_at(bench, IN_THE_STREAM)
    listed = await cli(bench, "sessions", "list")
    assert session in listed
    assert "(running)" not in listed
    shown = await cli(bench, "sessions", "show", session)
    assert "## Conduit (interrupted)\n\n> Hm.\n\nIt is blue.\n" in shown
    bench.script(EDITS, SPEAKS_TO_THE_END)
    other = await killed_at(bench, INSIDE_A_TOOL)
    messages = json.loads(await cli(bench, "sessions", "show", other, "--json"))["messages"]
    assert [message["message"]["role"] for message in messages] == ["user", "assistant", "tool"]
    assert messages[2]["message"]["content"][0]["text"] == MAYBE_RAN


async def test_killed_again_and_again_in_one_session_every_turn_is_kept(bench: Bench) -> None:
    bench.script(SPEAKS)
    command = [sys.executable, str(Path(__file__).with_name("kill_server.py")), IN_THE_STREAM]
    session = await killed_at(bench, IN_THE_STREAM)
    async with await bench.start(command=command) as editor:
        with pytest.raises(ConnectionError):  # not loaded first: a prompt alone closes what was left open
            await chat(editor, session, "Once more?")
        assert await editor.wire.wait() == -signal.SIGKILL
    replayed, sent = await ask_on(bench, session)
    assert interrupted_text(replayed) == ["It is blue."] * 2
    assert [message["role"] for message in sent] == ["user", "assistant", "user", "assistant", "user"]


async def test_what_an_answer_cost_is_in_the_ledger_after_a_kill_between_the_two(bench: Bench) -> None:
    bench.script({**SPEAKS_TO_THE_END, "usage": {"input_tokens": 7, "output_tokens": 3}})
    session = await killed_at(bench, BEFORE_THE_LEDGER)
    path = bench.home / "state" / "conduit" / "ledger.db"
    for _ in range(2):  # a second opening adds nothing
        async with await bench.start() as editor:
            await editor.request("conduit/session/load", {"sessionId": session})
            assert await editor.shutdown() == 0
        ledger = SqliteLedger(path)
        (entry,) = await ledger.entries()
        await ledger.aclose()
        assert (entry.session_id, entry.model) == (session, "scripted/demo")
        assert (entry.usage.input_tokens, entry.usage.output_tokens) == (7, 3)
        assert entry.workspace == str(bench.root)
