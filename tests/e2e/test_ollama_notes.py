"""What an Ollama model could not do is part of the conversation's history, and said once."""

from __future__ import annotations

from typing import Any

from e2e.harness import Bench, chat, new_session
from fakes.faulty_server import running
from fakes.ollama_server import Model, OllamaServer


def notices(updates: list[dict[str, Any]]) -> list[str]:
    said = [params["update"] for params in updates if params["update"]["sessionUpdate"] == "notice"]
    return [update["text"].partition(":")[0] for update in said]


async def test_what_a_model_did_not_read_and_cannot_call_is_shown_kept_and_not_repeated(bench: Bench) -> None:
    server = OllamaServer(models={"small": Model(context=8192, capabilities=("completion",))}, old=True)
    async with running(server):
        environment = {"OLLAMA_HOST": server.url}
        async with await bench.start(**environment) as editor:
            session = await new_session(editor, bench.root, model="ollama/small")
            for text in ("Hello?", "And now?", "word " * 9_000):
                assert (await chat(editor, session, text))["stopReason"] == "end_turn"
            await editor.wait_for(lambda seen: len(notices(seen.updates)) == 2)
            first, second = notices(editor.seen.updates)
            assert first == "small takes no tools"
            assert second.startswith("small read only 4,096 tokens of about 9,")
        async with await bench.start(**environment) as editor:
            await editor.request("conduit/session/load", {"sessionId": session})
            assert notices(editor.seen.updates) == [first, second]
            assert (await chat(editor, session, "Still there?"))["stopReason"] == "end_turn"
            assert notices(editor.seen.updates).count(first) == 1
    assert server.refused == []
