"""Prompts that wait for the running turn, over a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from conduit.lsp.client import EditorClient, Seen
from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor


def send(editor: EditorClient, session: str, text: str) -> asyncio.Task[dict[str, Any]]:
    params = {"sessionId": session, "prompt": [{"type": "text", "text": text}], "queue": True}
    return asyncio.create_task(editor.request("conduit/session/prompt", params))


def queues(seen: Seen) -> list[list[str]]:
    updates = [each["update"] for each in seen.updates if each["update"]["sessionUpdate"] == "queue_update"]
    return [[item["text"] for item in each["items"]] for each in updates]


def waits(*texts: str) -> Any:
    return lambda seen: queues(seen)[-1:] == [list(texts)]


async def said(editor: EditorClient, session: str) -> list[str]:
    messages = (await editor.command("conduit.session.open", session))["messages"]
    return [each["text"] for each in messages if each["role"] == "user"]


async def test_prompts_wait_in_order_are_taken_out_and_run_when_the_turn_ended(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        first = send(editor, session, "wait")
        await editor.wait_for(lambda seen: "I wait" in seen.text())
        second = send(editor, session, "say two")
        await editor.wait_for(waits("say two"))
        third = send(editor, session, "say three")
        await editor.wait_for(waits("say two", "say three"))
        editor.seen.updates.clear()
        await editor.request("conduit/session/load", {"sessionId": session})
        update = editor.seen.updates[-1]
        assert "seq" not in update
        assert [item["text"] for item in update["update"]["items"]] == ["say two", "say three"]
        item = update["update"]["items"][0]["queueId"]
        out = await editor.request("conduit/session/unqueue", {"sessionId": session, "queueId": item})
        assert out == {"prompt": [{"type": "text", "text": "say two"}]}
        assert (await second)["stopReason"] == "cancelled"
        await editor.wait_for(waits("say three"))
        with pytest.raises(ClientError, match="does not wait any more"):
            await editor.request("conduit/session/unqueue", {"sessionId": session, "queueId": item})
        with pytest.raises(ClientError, match="queueId: field required"):
            await editor.request("conduit/session/unqueue", {"sessionId": session})
        # A cancel stops the turn and gives back what waits.
        await editor.request("conduit/session/cancel", {"sessionId": session})
        assert [(await each)["stopReason"] for each in (first, third)] == ["cancelled", "cancelled"]
        await editor.wait_for(waits())
        assert await said(editor, session) == ["wait"]
        # What waits runs, one after the other, when a turn ends by itself.
        tasks = [send(editor, session, text) for text in ("stream", "say five", "say six")]
        assert [(await each)["stopReason"] for each in tasks] == ["end_turn"] * 3
        assert (await said(editor, session))[1:] == ["stream", "say five", "say six"]
        assert queues(editor.seen)[-1] == []


async def test_without_queue_a_second_prompt_is_refused(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        first = send(editor, session, "wait")
        await editor.wait_for(lambda seen: "I wait" in seen.text())
        content = [{"type": "text", "text": "say it"}]
        with pytest.raises(ClientError, match="turn is still running"):
            await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content})
        with pytest.raises(ClientError, match="queue: input should be a valid boolean"):
            await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content, "queue": "later"})
        await editor.request("conduit/session/cancel", {"sessionId": session})
        await first


async def test_the_meter_knows_the_size_of_the_context(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        await send(editor, session, "say it")
        for _ in range(2):
            meter = [each["update"] for each in editor.seen.updates if "usage_update" in each["update"].values()]
            assert [each["size"] for each in meter] == [200_000]
            editor.seen.updates.clear()
            await editor.request("conduit/session/load", {"sessionId": session})
