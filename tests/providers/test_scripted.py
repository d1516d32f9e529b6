"""The scripted provider plays its file, and says what is wrong with it."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from conduit.errors import ConfigError, ProviderErrorKind
from conduit.messages.content import Thinking, ToolCall
from conduit.messages.message import Usage, user_message
from conduit.messages.request import ModelRequest
from conduit.messages.stream import BlockDelta
from conduit.providers.scripted import ScriptedProvider
from fakes.wires import call_and_result, collect


class Stage:
    """A script in a file, and a provider that plays it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.provider = ScriptedProvider(file)

    def write(self, *rules: dict[str, Any]) -> None:
        self.file.write_text(json.dumps({"rules": rules}))

    async def ask(self, *messages: Any, **options: Any) -> Any:
        said = tuple(user_message(item) if isinstance(item, str) else item for item in messages)
        return await collect(self.provider, ModelRequest(model="demo", messages=said, **options))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "script.json")


async def test_thinking_text_and_calls_are_streamed_in_order(stage: Stage):
    stage.write(
        {
            "reply": [
                {"think": "let me see"},
                {"text": ["Two", " pieces"]},
                {"call": "read_file", "arguments": {"path": "ä.py"}, "id": "c1"},
                {"raw_call": "edit_file", "json": "{broken"},
            ],
            "usage": {"input_tokens": 7, "output_tokens": 3},
        }
    )
    events, folded, error = await stage.ask("hi")
    assert error is None
    message = folded.message()
    assert message.content[0] == Thinking(text="let me see")
    assert message.text == "Two pieces"
    assert message.tool_calls == (
        ToolCall(id="c1", name="read_file", arguments={"path": "ä.py"}),
        ToolCall(id="call_1_4", name="edit_file", malformed="{broken"),
    )
    assert [event.text for event in events if isinstance(event, BlockDelta)][:4] == ["let ", "me ", "see", "Two"]
    assert (folded.stop_reason, folded.usage) == ("tool_use", Usage(input_tokens=7, output_tokens=3))


async def test_the_first_rule_whose_conditions_all_hold_answers(stage: Stage):
    stage.write(
        {"when": {"user": "^fix", "round": 1, "result": "done"}, "reply": [{"text": "finished"}]},
        {"when": {"user": "^fix", "round": 1}, "reply": [{"text": "not yet"}]},
        {"when": {"system": "pirate"}, "reply": [{"text": "arr"}]},
        {"when": {"user": "^fix", "round": 0}, "reply": [{"text": "starting"}]},
    )
    turn = call_and_result(text="done")
    asked = [
        await stage.ask("fix it", *turn),
        await stage.ask("fix it", *call_and_result(text="no")),
        await stage.ask("fix it", system="You are a pirate"),
        await stage.ask("hello", *turn, "fix it"),
    ]
    assert [folded.message().text for _, folded, _ in asked] == ["finished", "not yet", "arr", "starting"]


async def test_without_a_rule_the_answer_says_so(stage: Stage):
    stage.write()
    _, folded, _ = await stage.ask("anyone?")
    assert "no rule for this: 'anyone?'" in folded.message().text
    assert folded.stop_reason == "end_turn"


async def test_the_file_is_read_again_for_every_completion(stage: Stage):
    stage.write({"reply": [{"text": "one"}]})
    first = await stage.ask("hi")
    stage.write({"reply": [{"text": "two"}]})
    second = await stage.ask("hi")
    assert [folded.message().text for _, folded, _ in (first, second)] == ["one", "two"]


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ({"fail": {"kind": "rate_limit", "message": "slow down", "retry_after_s": 2}}, ProviderErrorKind.RATE_LIMIT),
        ({"cut": True}, ProviderErrorKind.NETWORK),
    ],
)
async def test_failures_come_after_what_was_streamed_before(stage: Stage, step: dict[str, Any], kind: str):
    stage.write({"reply": [{"text": "so far "}, step]})
    _, folded, error = await stage.ask("hi")
    assert error is not None
    assert (error.kind, folded.message().text, folded.stop_reason) == (kind, "so far ", None)


async def test_an_answer_that_holds_can_be_cancelled(stage: Stage):
    stage.write({"reply": [{"text": "wait"}, {"hold": True}]})
    request = ModelRequest(model="demo", messages=(user_message("hi"),))
    async with aclosing(stage.provider.stream(request)) as stream:
        async for event in stream:
            if event.type == "block_stop":
                break
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, 30)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "its start"),
        ('{"rules": [{"reply": [{"say": "hi"}]}]}', "rules.0.reply.0"),
        ('{"rules": [{"reply": [{"text": "a", "call": "b"}]}]}', "exactly one of"),
        ('{"rules": [{"when": {"user": "("}, "reply": []}]}', "rules.0.when.user"),
    ],
)
async def test_a_bad_script_is_told_with_the_file_and_the_place(stage: Stage, text: str, place: str):
    stage.file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        await stage.ask("hi")
    assert str(stage.file) in str(caught.value)
    assert place in str(caught.value)


async def test_a_missing_script_is_told_too(stage: Stage):
    with pytest.raises(ConfigError, match="cannot be read"):
        await stage.ask("hi")
    stage.provider = ScriptedProvider(None)
    with pytest.raises(ConfigError, match="CONDUIT_SCRIPT"):
        await stage.ask("hi")
