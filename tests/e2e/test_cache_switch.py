"""Caches switched off and on for one session, as an editor does it, seen in what the vendors are sent."""

from __future__ import annotations

import json

from e2e.harness import Bench, chat, new_session
from fakes.byte_server import serve
from fakes.wire_answers import text_answer

CLAUDE, GPT = "anthropic/claude-sonnet-5-5", "openai/gpt-6-luna"


async def test_a_session_without_caches_sends_no_marks_over_any_wire_and_others_go_on(bench: Bench) -> None:
    async with (
        serve(text_answer("anthropic", "ok")) as claude,
        serve(text_answer("openai_responses", "ok")) as gpt,
    ):
        folder = bench.home / "config" / "conduit"
        folder.mkdir(parents=True)
        rows = f'[vendors.anthropic]\nbase_url = "{claude.url}"\n[vendors.openai]\nbase_url = "{gpt.url}"\n'
        (folder / "config.toml").write_text(rows)
        async with await bench.start(ANTHROPIC_API_KEY="test-key", OPENAI_API_KEY="test-key") as editor:
            session, other = [await new_session(editor, bench.root, model=CLAUDE) for _ in range(2)]

            async def ask(in_session: str, model: str = CLAUDE) -> None:
                await editor.request("conduit/session/setModel", {"sessionId": in_session, "modelId": model})
                assert (await chat(editor, in_session, "Hello?"))["stopReason"] == "end_turn"

            async def switch(how: str) -> bool:
                answer = await editor.request(f"conduit/cache/{how}", {"sessionId": session})
                return bool(answer["caches"][0]["enabled"])

            await ask(session)
            assert await switch("disable") is False
            await ask(session)
            await ask(session, GPT)
            assert await switch("list") is False
            await ask(other)
            assert await switch("enable") is True
            await ask(session)
            await ask(session, GPT)
    assert ["cache_control" in json.dumps(each.body) for each in claude.received] == [True, False, True, True]
    assert [each.body.get("prompt_cache_options") for each in gpt.received] == [{"mode": "explicit"}, None]
