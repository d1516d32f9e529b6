"""A client that stops reading while a model streams two megabytes: it gets it all later, and nobody else waits."""

from __future__ import annotations

import asyncio

import psutil

from e2e.harness import Bench, chat, new_session
from e2e.waiting_turns import Log

PIECES = [f"{number:06} " + "ä" * 46 for number in range(20_000)]
TEXT = "".join(PIECES)
GROWTH_BYTES = 40_000_000


async def test_a_client_that_does_not_read_costs_its_own_view_only(bench: Bench) -> None:
    bench.script({"when": {"user": "long"}, "reply": [{"text": PIECES}]}, {"reply": [{"text": "Short."}]})
    async with await bench.start() as editor:
        server = psutil.Process(editor.wire.process_id)
        first, second = await new_session(editor, bench.root), await new_session(editor, bench.root)
        for _ in range(2):  # what such a turn takes anyway is not the client's doing
            await chat(editor, second, "Be long.")
        before = server.memory_info().rss
        editor.wire.stop_reading()
        prompts = [
            asyncio.create_task(chat(editor, first, "Be long.")),
            asyncio.create_task(chat(editor, second, "Be short.")),
            asyncio.create_task(editor.request("conduit/session/setMode", {"sessionId": second, "modeId": "auto"})),
        ]
        log = Log(bench)
        await asyncio.to_thread(log.wait_for_end, first, 20.0)
        await asyncio.to_thread(log.wait_for_end, second, 20.0, 3)
        assert "session_changed" in log.types(second)
        assert not any(prompt.done() for prompt in prompts)
        assert server.memory_info().rss - before < GROWTH_BYTES
        editor.wire.go_on_reading()
        async with asyncio.timeout(20):
            assert [(await prompt)["stopReason"] for prompt in prompts[:2]] == ["end_turn"] * 2
            assert (await prompts[2])["session"]["mode"] == "auto"
        assert server.memory_info().rss - before < GROWTH_BYTES
        updates = [u["update"] for u in editor.seen.updates if u["sessionId"] == first]
        chunks = [u for u in updates if u["sessionUpdate"] == "agent_message_chunk"]
        streamed = "".join(u["content"]["text"] for u in chunks if not u.get("replace"))
        # Merged, not sent piece by piece; in order, and whole again with the answer that takes their place.
        assert len(chunks) < len(PIECES) / 10
        assert streamed == TEXT
        assert (chunks[-1]["replace"], chunks[-1]["content"]["text"]) == (True, TEXT)
        assert [u.get("state") for u in updates][-1] == "idle"
        assert (await chat(editor, first, "Still there?"))["stopReason"] == "end_turn"
