from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from conduit.messages.content import Text, ToolCall, ToolResult
from conduit.messages.message import Message, Usage, assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings, ToolSpec
from conduit.messages.stream import BlockDelta, BlockStart, BlockStop, Stop, UsageReport
from conduit.providers.prompted_examples import load_examples
from conduit.providers.prompted_schema import arguments_schema
from conduit.providers.prompted_tools import PromptedLimits, PromptedToolsProvider, prompt_request
from fakes.wires import collect
from fakes.written_provider import WrittenProvider


def tool(name: str, properties: dict[str, Any] | None = None, required: Sequence[str] = ()) -> ToolSpec:
    schema = {"type": "object", "properties": properties or {}, "required": list(required)}
    return ToolSpec(name=name, description=f"Does {name}. And a second sentence.", input_schema=schema)


READ = tool("read_file", {"path": {"type": "string"}, "start": {"type": "integer", "default": 1}}, ["path"])
SEARCH = tool("search_text", {"query": {"type": "string"}}, ["query"])
TOOLS = (READ, SEARCH)
ASKED = user_message("What does greet.py do? Read it.")
CALL = ToolCall(id="c1", name="read_file", arguments={"path": "greet.py"})


def request(*messages: Message, tools: Sequence[ToolSpec] = TOOLS, **settings: Any) -> ModelRequest:
    return ModelRequest(
        model="small",
        system="Be brief.",
        messages=messages or (ASKED,),
        tools=tuple(tools),
        settings=ModelSettings(**settings),
    )


def prompted(asked: ModelRequest, **limits: int) -> ModelRequest:
    return prompt_request(asked, PromptedLimits(**limits), load_examples())


def branches(asked: ModelRequest) -> list[dict[str, Any]]:
    schema: Any = prompted(asked).response_schema
    return schema.get("oneOf", [schema])


def provider(*pieces: str, **options: Any) -> tuple[PromptedToolsProvider, WrittenProvider]:
    inner = WrittenProvider(pieces, **options)
    numbers = iter(range(1, 100))
    return PromptedToolsProvider(inner, new_id=lambda: f"id{next(numbers)}"), inner


async def test_a_tool_object_becomes_a_tool_call() -> None:
    wrapper, _ = provider('{"tool": "read_', 'file", "arguments": {"path"', ': "greet.py"}}')
    events, folded, error = await collect(wrapper, request())
    assert error is None
    assert events == [
        UsageReport(usage=Usage(input_tokens=5, output_tokens=3)),
        BlockStart(index=0, kind="tool_call", call_id="id1", name="read_file"),
        BlockDelta(index=0, text='{"path": "greet.py"}'),
        BlockStop(index=0),
        Stop(reason="tool_use"),
    ]
    assert folded.message().tool_calls == (ToolCall(id="id1", name="read_file", arguments={"path": "greet.py"}),)


async def test_every_call_has_an_id_of_its_own() -> None:
    inner = WrittenProvider(['{"tool": "search_text", "arguments": {"query": "x"}}'])
    wrapper = PromptedToolsProvider(inner)
    ids = {(await collect(wrapper, request()))[1].message().tool_calls[0].id for _ in range(20)}
    assert len(ids) == 20


async def test_an_answer_is_streamed_as_text_while_it_is_written() -> None:
    wrapper, _ = provider('{"answer": "It', " greets \\ud8", "3d\\ude00", ' people."', "}")
    events, folded, _ = await collect(wrapper, request())
    deltas = [event.text for event in events if isinstance(event, BlockDelta)]
    assert deltas == ["It", " greets ", "\U0001f600", " people."]
    assert folded.message() == assistant_message("It greets \U0001f600 people.")
    assert events[-1] == Stop(reason="end_turn")


async def test_thinking_passes_through_beside_a_call() -> None:
    wrapper, _ = provider('{"tool": "search_text", "arguments": {"query": "x"}}', thinking="hm")
    _, folded, _ = await collect(wrapper, request())
    assert folded.message().thinking == "hm"
    assert folded.message().tool_calls[0].name == "search_text"


async def test_a_call_cut_by_the_token_limit_is_malformed_and_named() -> None:
    wrapper, _ = provider('{"tool": "read_file", "arguments": {"path": "gre', reason="max_tokens")
    call = (await collect(wrapper, request()))[1].message().tool_calls[0]
    assert call == ToolCall(id="id1", name="read_file", malformed='{"path": "gre')


async def test_an_answer_cut_by_the_token_limit_keeps_its_text() -> None:
    wrapper, _ = provider('{"answer": "It gre', reason="max_tokens")
    events, folded, _ = await collect(wrapper, request())
    assert folded.message() == assistant_message("It gre")
    assert events[-1] == Stop(reason="max_tokens")


async def test_a_model_that_ignores_the_schema_is_taken_at_its_word() -> None:
    wrapper, _ = provider("Just ", "text.")
    assert (await collect(wrapper, request()))[1].message() == assistant_message("Just text.")


@pytest.mark.parametrize("asked", [request(tools=()), request(tool_choice="none")])
async def test_without_tools_to_offer_the_text_passes_through(asked: ModelRequest) -> None:
    wrapper, inner = provider('{"answer": "kept as it is"}')
    assert (await collect(wrapper, asked))[1].message() == assistant_message('{"answer": "kept as it is"}')
    assert inner.requests[0].response_schema is None
    assert inner.requests[0].tools == ()
    assert inner.requests[0].system == "Be brief."


async def test_closing_reaches_the_wrapped_provider() -> None:
    wrapper, inner = provider("x")
    assert wrapper.name == "written"
    await wrapper.aclose()
    assert inner.closed


def test_the_schema_has_a_branch_for_each_tool_and_one_for_an_answer() -> None:
    found = branches(request())
    assert [item["properties"].get("tool", {}).get("const") for item in found] == ["read_file", "search_text", None]
    assert found[2]["required"] == ["answer"]


def test_a_required_choice_leaves_the_answer_out() -> None:
    assert [item["required"] for item in branches(request(tool_choice="required"))] == [["tool", "arguments"]] * 2
    assert '"answer"' not in prompted(request(tool_choice="required")).model_dump_json()


def test_a_path_can_only_be_one_that_the_conversation_names() -> None:
    path = branches(request())[0]["properties"]["arguments"]["properties"]["path"]
    assert path == {"enum": ["greet.py"]}
    path = branches(request(user_message("Read something")))[0]["properties"]["arguments"]["properties"]["path"]
    assert path == {"type": "string", "maxLength": 800}


def test_the_tools_are_described_briefly() -> None:
    system = prompted(request()).system
    assert system.startswith("Be brief.\n\n")
    assert "read_file(path): Does read_file." in system
    assert "second sentence" not in system


def test_the_example_most_like_the_request_stands_right_before_it() -> None:
    messages = prompted(request()).messages
    assert messages[-1] == ASKED
    assert json.loads(messages[-2].text)["tool"] == "read_file"
    assert [message.role for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"]


def test_an_example_about_code_is_worded_like_the_request() -> None:
    asked = user_message("Document this, please.\n\n```python\ndef f(): ...\n```\nThanks.")
    document = tool("write_documentation", {"text": {"type": "string", "minLength": 10}}, ["text"])
    shown = prompted(request(asked, tools=[document], tool_choice="required")).messages
    assert len(shown) == 5
    assert all(message.text.startswith("Document this, please.\n\n```python\n") for message in shown[::2])
    assert all(message.text.endswith("```\nThanks.") for message in shown[::2])
    assert shown[-1] == asked


def test_calls_and_results_become_plain_text_and_an_answer_is_due() -> None:
    result = tool_message([ToolResult(call_id="c1", text="print('hi')")])
    asked = prompted(request(ASKED, assistant_message(CALL), result))
    assert asked.response_schema is None
    assert all(isinstance(block, Text) for message in asked.messages for block in message.content)
    assert asked.messages[-1].text.startswith("What does greet.py do? Read it.\n\nResult of read_file greet.py:")
    assert asked.messages[-1].text.endswith("Now answer: What does greet.py do? Read it.")


def test_after_a_failed_call_another_one_may_be_made() -> None:
    failed = tool_message([ToolResult(call_id="c1", text="no such file", is_error=True)])
    asked = prompted(request(ASKED, assistant_message(CALL), failed))
    assert asked.response_schema is not None
    assert [message.text for message in asked.messages[-3:]] == [
        ASKED.text,
        '{"tool": "read_file", "arguments": {"path": "greet.py"}}',
        "Error of read_file greet.py:\nno such file",
    ]


def test_the_same_call_again_makes_an_answer_due() -> None:
    failed = tool_message([ToolResult(call_id="c1", text="no such file", is_error=True)])
    again = prompted(request(ASKED, assistant_message(CALL), failed, assistant_message(CALL), failed))
    assert again.response_schema is None
    other = assistant_message(CALL.model_copy(update={"arguments": {"path": "b.py"}}))
    assert prompted(request(ASKED, assistant_message(CALL), failed, other, failed)).response_schema is not None
    assert prompted(request(ASKED, assistant_message(CALL), failed, other, failed), calls=2).response_schema is None


def test_an_earlier_turn_does_not_count() -> None:
    result = tool_message([ToolResult(call_id="c1", text="x")])
    turn = (ASKED, assistant_message(CALL), result, assistant_message("It greets."))
    asked = prompted(request(*turn, user_message("Where is greet used?")))
    assert asked.response_schema is not None
    assert '{"answer": "It greets."}' in [message.text for message in asked.messages]


def test_a_long_result_is_cut_and_the_cut_is_marked() -> None:
    result = tool_message([ToolResult(call_id="c1", text="x" * 50_000)])
    text = prompted(request(ASKED, assistant_message(CALL), result)).messages[-1].text
    assert len(text) < 7_000
    assert "[cut here]" in text


def test_tokens_are_limited_where_the_request_sets_no_limit() -> None:
    assert prompted(request()).settings.max_tokens == 512
    assert prompted(request(max_tokens=40)).settings.max_tokens == 40


def test_a_schema_is_reduced_to_what_a_grammar_knows() -> None:
    schema = {
        "type": "object",
        "title": "Edit",
        "$defs": {
            "Hunk": {
                "type": "object",
                "properties": {"old": {"type": "string", "pattern": "^a"}, "next": {"$ref": "#/$defs/Hunk"}},
                "required": ["old"],
            }
        },
        "properties": {
            "hunks": {"type": "array", "items": {"$ref": "#/$defs/Hunk"}},
            "mode": {"enum": ["a", "b"], "default": "a"},
            "line": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
            "note": {"type": "string"},
        },
        "required": ["hunks", "mode", "line"],
    }
    hunk = {
        "type": "object",
        "properties": {"old": {"type": "string", "maxLength": 800}},
        "required": ["old"],
        "additionalProperties": False,
    }
    assert arguments_schema(schema) == {
        "type": "object",
        "properties": {
            "hunks": {"type": "array", "items": hunk, "maxItems": 12},
            "mode": {"enum": ["a", "b"]},
            "line": {"type": "integer", "minimum": 0},
        },
        "required": ["hunks", "mode", "line"],
        "additionalProperties": False,
    }


def test_a_schema_that_contains_itself_ends() -> None:
    schema = {
        "type": "object",
        "$defs": {"Node": {"type": "object", "properties": {"n": {"$ref": "#/$defs/Node"}}, "required": ["n"]}},
        "properties": {"n": {"$ref": "#/$defs/Node"}},
        "required": ["n"],
    }
    assert len(json.dumps(arguments_schema(schema))) < 2_000
