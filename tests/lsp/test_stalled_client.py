"""A client that stops reading costs its own view, and nothing else."""

from __future__ import annotations

import asyncio
import time

from conduit.lsp.client import EditorClient
from lsp.conftest import StartEditor


async def wait_until_idle(other: EditorClient, session_id: str, messages: int, timeout_s: float = 20) -> float:
    """Ask another server until the session holds so many messages and nothing runs; return the seconds it took."""
    started = time.perf_counter()
    async with asyncio.timeout(timeout_s):
        while True:
            line = (await other.request("conduit/session/list", {}))["sessions"][0]
            if line["sessionId"] == session_id and line["messageCount"] == messages and not line["running"]:
                return time.perf_counter() - started


async def test_a_turn_is_saved_while_nobody_reads_and_its_answer_is_whole_afterwards(start_editor: StartEditor) -> None:
    editor, other = await start_editor(), await start_editor()
    session_id = (await editor.request("conduit/session/new", {}))["sessionId"]
    await other.request("conduit/session/list", {})
    editor.wire.stop_reading()
    content = [{"type": "text", "text": "flood me"}]
    turn = asyncio.create_task(editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": content}))
    await wait_until_idle(other, session_id, 2)
    editor.wire.go_on_reading()
    assert (await turn)["stopReason"] == "end_turn"
    assert editor.seen.text() == "x" * 12_000_000
    pieces = [each["update"]["content"]["text"] for each in editor.seen.updates if "seq" not in each]
    # Beyond the bound of 8 MiB, what was still being written was dropped; the whole answer came with its end.
    assert len(pieces) < 12_000
    assert sum(map(len, pieces)) < 9_000_000


async def test_a_turn_is_cancelled_at_once_while_nobody_reads(start_editor: StartEditor) -> None:
    editor, other = await start_editor(), await start_editor()
    session_id = (await editor.request("conduit/session/new", {}))["sessionId"]
    await other.request("conduit/session/list", {})
    content = [{"type": "text", "text": "wait for me"}]
    turn = asyncio.create_task(editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": content}))
    await editor.wait_for(lambda seen: "I wait" in seen.text())
    editor.wire.stop_reading()
    # Far more answers than a pipe holds.
    for number in range(5000):
        await editor.wire.send({"id": f"fill-{number}", "method": "no/such/method/" + "x" * 100})
    await editor.wire.send({"id": "c", "method": "conduit/session/cancel", "params": {"sessionId": session_id}})
    assert await wait_until_idle(other, session_id, 2) < 5
    editor.wire.go_on_reading()
    assert (await turn)["stopReason"] == "cancelled"
