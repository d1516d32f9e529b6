"""The person edits their own models while the server runs."""

from __future__ import annotations

from e2e.harness import Bench, chat, new_session
from fakes.byte_server import serve
from fakes.wire_answers import text_answer

ROW = """
[aliases]
mine = "custom/lab"

[[models]]
vendor = "custom"
name = "lab"
max_output_tokens = 100
capabilities = {{ tools = "{tools}", vision = false }}
price = {{ input = {price}, output = 1.0, source = "contract", date = 2026-01-01 }}
"""


async def test_an_edit_of_the_own_models_is_in_force_with_the_next_turn(bench: Bench) -> None:
    folder = bench.home / "config" / "conduit"
    folder.mkdir(parents=True)
    async with (
        serve(text_answer("openai", "ok")) as server,
        await bench.start(CONDUIT_BASE_URL=f"{server.url}/v1") as editor,
    ):
        session = await new_session(editor, bench.root)
        for tools, price in (("native", 1.0), ("none", 20.0)):
            (folder / "models.toml").write_text(ROW.format(tools=tools, price=price))
            await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": "mine"})
            assert (await chat(editor, session, "Hello?"))["stopReason"] == "end_turn"
        assert ["tools" in each.body for each in server.received] == [True, False]
        listed = await editor.request("conduit/session/load", {"sessionId": session})
        assert "custom/lab" in {model["modelId"] for model in listed["models"]["availableModels"]}
