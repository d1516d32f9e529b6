"""What is particular to Messages: thinking with signatures, the cache, and what each model is sent."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from conduit.catalog.catalog import Catalog
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.content import Audio, Document, Image, ProviderData, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Usage, assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.providers.anthropic_request import encode_request
from conduit.providers.base import CountsTokens, ListsModels, ServedModel
from fakes.byte_server import message_events, serve, status
from fakes.transcript_rules import assert_valid_messages
from fakes.wire_answers import TEXT_AND_CALL, block, call_block, message_end, message_start, text_block
from fakes.wires import READ_FILE, call_and_result, collect, provider_of, request_for

CATALOG = Catalog.packaged()
VENDOR = CATALOG.vendor("anthropic")
MARK = {"cache_control": {"type": "ephemeral"}}
SONNET, OPUS, HAIKU_4 = "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5"
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}}


async def answer_of(*events: dict[str, Any], **options: Any) -> Any:
    async with serve(message_events(*events)) as server, provider_of("anthropic", server.url) as provider:
        return await collect(provider, request_for("anthropic", **options))


def body_of(model: str, *messages: Any, **options: Any) -> dict[str, Any]:
    said = messages or (user_message("hi"),)
    request = ModelRequest(model=model, messages=said, **{"settings": ModelSettings(prompt_cache=False), **options})
    return encode_request(request, VENDOR, CATALOG.describe("anthropic", model))


def signed(model: str = SONNET, **data: str) -> ProviderData:
    return ProviderData(wire="anthropic", data={"model": model, **data})


THOUGHT = (
    message_start(),
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "let me "},
        {"type": "thinking_delta", "thinking": "see"},
        {"type": "signature_delta", "signature": "sig-1"},
    ),
    *block(1, {"type": "redacted_thinking", "data": "secret"}),
    *text_block("Yes.", index=2),
    *message_end(),
)


async def test_thinking_comes_with_its_signature_and_is_given_back_unchanged_to_the_same_model():
    _, folded, error = await answer_of(*THOUGHT)
    assert error is None
    answer = folded.message()
    assert answer.content == (
        Thinking(text="let me see", provider_data=signed(signature="sig-1")),
        Thinking(text="", provider_data=signed(redacted="secret")),
        Text(text="Yes."),
    )
    turn = (user_message("hi"), answer, user_message("on"))
    assert body_of(SONNET, *turn)["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "let me see", "signature": "sig-1"},
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "text", "text": "Yes."},
    ]
    assert body_of(OPUS, *turn)["messages"][1]["content"] == [{"type": "text", "text": "Yes."}]


async def test_usage_counts_cache_reads_and_writes_as_input():
    _, folded, _ = await answer_of(
        message_start(cache_read_input_tokens=100, cache_creation_input_tokens=20),
        *text_block("ok"),
        *message_end(output_tokens=9),
    )
    assert folded.usage == Usage(input_tokens=125, output_tokens=9, cache_read_tokens=100, cache_write_tokens=20)


async def test_usage_that_is_missing_or_negative_is_no_crash():
    end = message_end()
    end[0]["usage"] = None
    _, folded, error = await answer_of(message_start(input_tokens=-5, output_tokens=0), *text_block("ok"), *end)
    assert (folded.usage, error) == (Usage(), None)


async def test_several_calls_in_one_answer_are_all_there():
    _, folded, _ = await answer_of(
        message_start(),
        *call_block(0, "a", "read_file", '{"path"', ': "x"}'),
        *call_block(1, "b", "list_files"),
        *message_end("tool_use"),
    )
    assert folded.message().tool_calls == (
        ToolCall(id="a", name="read_file", arguments={"path": "x"}),
        ToolCall(id="b", name="list_files"),
    )


async def test_arguments_that_come_whole_with_the_start_of_the_block_are_taken():
    start = {"type": "tool_use", "id": "a", "name": "read_file", "input": {"path": "x"}}
    _, folded, _ = await answer_of(message_start(), *block(0, start), *message_end("tool_use"))
    assert folded.message().tool_calls == (ToolCall(id="a", name="read_file", arguments={"path": "x"}),)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("end_turn", "end_turn"),
        ("max_tokens", "max_tokens"),
        ("stop_sequence", "stop_sequence"),
        ("refusal", "refusal"),
        ("pause_turn", "end_turn"),
        ("model_context_window_exceeded", "max_tokens"),
        ("tool_use", "end_turn"),  # without a call
        ("something_new", "end_turn"),
    ],
)
async def test_every_stop_reason_is_read(said: str, reason: str):
    _, folded, error = await answer_of(message_start(), *text_block("hm"), *message_end(said))
    assert (folded.stop_reason, error) == (reason, None)


LOST = {
    "the start of a block": lambda events: [event for event in events if event["type"] != "content_block_start"],
    "the end of a block": lambda events: [event for event in events if event["type"] != "content_block_stop"],
    "the end of the message": lambda events: events[:-1],
}


@pytest.mark.parametrize("what", LOST)
async def test_an_event_that_is_missing_is_noticed(what: str):
    events = [message_start(), *text_block("ok"), *message_end()]
    _, folded, error = await answer_of(*LOST[what](events))
    assert error is not None
    assert (error.kind, folded.stop_reason) == (ProviderErrorKind.NETWORK, None)


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "message_start", "message": None},
        {"type": "content_block_start", "index": None, "content_block": None},
        {"type": "content_block_start", "index": 7, "content_block": {"type": "server_tool_use", "input": {}}},
        {"type": "message_delta", "delta": None},
        {"type": "something_new", "data": [1]},
        {"type": "ping"},
    ],
)
async def test_an_event_of_an_odd_shape_is_no_crash(odd: dict[str, Any]):
    _, folded, error = await answer_of(message_start(), odd, *text_block("fine"), *message_end())
    assert (error, folded.message().text) == (None, "fine")


async def test_a_second_start_and_a_repeated_index_do_not_lose_what_came_before():
    _, folded, error = await answer_of(
        message_start(), *text_block("one "), message_start(), *text_block("two"), *message_end()
    )
    assert (error, folded.message().text) == (None, "one two")


async def test_a_model_without_native_schemas_answers_through_a_forced_tool_and_it_reads_as_text():
    events = (message_start(), *call_block(0, "a", "answer", '{"title":', '"T"}'), *message_end("tool_use"))
    async with serve(message_events(*events)) as server, provider_of("anthropic", server.url) as provider:
        request = request_for("anthropic", model=HAIKU_4, response_schema=SCHEMA)
        _, folded, error = await collect(provider, request)
    assert (error, folded.message().text, folded.stop_reason) == (None, '{"title":"T"}', "end_turn")
    sent = server.received[0].body
    assert sent["tool_choice"] == {"type": "tool", "name": "answer"}
    assert sent["tools"][0]["input_schema"] == SCHEMA


def test_a_model_with_native_schemas_gets_the_schema():
    body = body_of(SONNET, response_schema=SCHEMA)
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    assert "tools" not in body


async def test_the_whole_request_arrives_as_the_vendor_documents_it():
    async with serve(TEXT_AND_CALL["anthropic"]) as server, provider_of("anthropic", server.url) as provider:
        settings = ModelSettings(thinking="high", stop=("END",), temperature=0.2, seed=1, max_tokens=4000)
        request = request_for("anthropic", system="Be kind.", tools=(READ_FILE,), settings=settings)
        await collect(provider, request)
    received = server.received[0]
    assert received.target == "/v1/messages"
    assert received.headers["authorization"] == "Bearer test-key"
    assert "x-api-key" not in received.headers
    assert received.body == {
        "model": SONNET,
        "max_tokens": 4000,
        "stream": True,
        "system": [{"type": "text", "text": "Be kind.", **MARK}],
        "stop_sequences": ["END"],
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": "high"},
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello", **MARK}]}],
        "tools": [
            {"name": "read_file", "description": "Read a file", "input_schema": READ_FILE.input_schema, **MARK},
        ],
    }


async def test_no_cache_marks_are_sent_where_none_are_wanted():
    async with serve(TEXT_AND_CALL["anthropic"]) as server, provider_of("anthropic", server.url) as provider:
        await collect(provider, request_for("anthropic", settings=ModelSettings(prompt_cache=False)))
        await collect(provider, request_for("anthropic", settings=ModelSettings(prompt_cache=True)))
    assert ["cache_control" in json.dumps(each.body) for each in server.received] == [False, True]


def test_four_marks_end_the_layers_and_move_on_with_the_conversation():
    said: list[Any] = [user_message("first")]
    ends = [1]
    for number in range(3):
        said += [*call_and_result(f"call_{number}"), assistant_message("so"), user_message(f"question {number}")]
        ends += [len(said) - 2, len(said)]
    for end in ends:
        request = request_for("anthropic", *said[:end], system="Be kind.", tools=(READ_FILE, READ_FILE))
        body = encode_request(request, VENDOR, CATALOG.describe("anthropic", SONNET))
        assert_valid_messages(body)
        users = [each for each in body["messages"] if each["role"] == "user"]
        marked = [each for each in users if any("cache_control" in part for part in each["content"])]
        assert marked == users[-2:]
        assert all("cache_control" in each["content"][-1] for each in marked)
        assert ["cache_control" in tool for tool in body["tools"]] == [False, True]
        assert body["system"] == [{"type": "text", "text": "Be kind.", **MARK}]


async def test_a_gateway_that_wants_the_other_header_gets_it_alone():
    row = VENDOR.model_copy(update={"auth": "x-api-key"})
    async with serve(TEXT_AND_CALL["anthropic"]) as server, provider_of("anthropic", server.url) as provider:
        other = type(provider)(row, catalog=CATALOG, api_key="test-key", base_url=server.url)
        await collect(other, request_for("anthropic"))
        await other.aclose()
    assert server.received[0].headers["x-api-key"] == "test-key"
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize(
    ("model", "level", "thinking", "effort"),
    [
        (SONNET, None, None, None),
        (SONNET, "off", {"type": "between_tools"}, None),
        (SONNET, "max", {"type": "adaptive", "display": "summarized"}, "max"),
        (OPUS, "off", None, "low"),
        (HAIKU_4, "off", {"type": "disabled"}, None),
        (HAIKU_4, "medium", {"type": "enabled", "budget_tokens": 8192}, None),
        ("claude-new", "high", None, None),
    ],
)
def test_each_model_is_asked_to_think_in_its_own_way(model: str, level: Any, thinking: Any, effort: str | None):
    body = body_of(model, settings=ModelSettings(thinking=level))
    assert (body.get("thinking"), body.get("output_config", {}).get("effort")) == (thinking, effort)


def test_a_budget_is_left_out_when_it_does_not_fit_or_the_running_call_was_made_without_one():
    settings = ModelSettings(thinking="low", max_tokens=1500)
    assert "thinking" not in body_of(HAIKU_4, settings=settings)
    running = (user_message("go"), *call_and_result())
    assert "thinking" not in body_of(HAIKU_4, *running, tools=(READ_FILE,), settings=ModelSettings(thinking="low"))


def test_sampling_is_sent_only_to_models_that_take_it():
    settings = ModelSettings(temperature=0.0, top_p=0.9)
    assert "extra_body" not in body_of(SONNET, settings=settings)
    assert body_of(HAIKU_4, settings=settings)["extra_body"] == {"temperature": 0.0, "top_p": 0.9}
    thinking = ModelSettings(temperature=0.0, thinking="low")
    assert "extra_body" not in body_of(HAIKU_4, settings=thinking)


def test_calls_one_by_one_and_what_only_this_vendor_knows_are_asked_for():
    settings = ModelSettings(parallel_tool_calls=False, extra={"service_tier": "auto"}, top_k=5)
    body = body_of(HAIKU_4, tools=(READ_FILE,), settings=settings)
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert body["extra_body"] == {"top_k": 5, "service_tier": "auto"}


def test_a_model_that_cannot_be_forced_to_call_is_asked_without_force():
    required = ModelSettings(tool_choice="required", thinking="low")
    assert "tool_choice" not in body_of(OPUS, tools=(READ_FILE,), settings=required)
    forced = body_of(HAIKU_4, tools=(READ_FILE,), settings=required)
    assert forced["tool_choice"] == {"type": "any"}
    assert "thinking" not in forced


def test_tools_that_were_switched_off_are_still_declared_for_the_calls_that_were_made():
    body = body_of(SONNET, user_message("go"), *call_and_result(), user_message("just talk"))
    assert [tool["name"] for tool in body["tools"]] == ["read_file"]
    assert body["tool_choice"] == {"type": "none"}


def test_results_and_the_next_words_are_one_message_of_the_user():
    failed = ToolResult(call_id="c", text="no such file", is_error=True)
    call = ToolCall(id="c", name="read_file", arguments={"path": "a"})
    messages = body_of(
        SONNET, user_message("go"), assistant_message("well", call), tool_message([failed]), user_message("stop")
    )["messages"]
    assert messages[1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "well"},
                {"type": "tool_use", "id": "c", "name": "read_file", "input": {"path": "a"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c", "content": "no such file", "is_error": True},
                {"type": "text", "text": "stop"},
            ],
        },
    ]


def test_pictures_and_documents_are_sent_and_what_it_cannot_take_is_named():
    note = base64.b64encode("grüße".encode()).decode()
    message = user_message(
        Image(media_type="image/png", data="AAAA"),
        Image(media_type="image/tiff", data="AAAA"),
        Document(media_type="application/pdf", data="BBBB", name="a.pdf"),
        Document(media_type="text/plain", data=note, name="a.txt"),
        Audio(media_type="audio/wav", data="CCCC"),
    )
    plain = {"type": "text", "media_type": "text/plain", "data": "grüße"}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "BBBB"}
    assert body_of(SONNET, message)["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "text", "text": "[image: this model cannot take it]"},
        {"type": "document", "source": pdf, "title": "a.pdf"},
        {"type": "document", "source": plain, "title": "a.txt"},
        {"type": "text", "text": "[audio: this model cannot take it]"},
    ]


def test_an_output_limit_is_always_sent_and_never_above_what_is_known():
    assert body_of(SONNET)["max_tokens"] == 32_000
    assert body_of("claude-new")["max_tokens"] == 8192


async def test_the_vendor_counts_a_request_as_it_would_be_sent():
    async with serve(status(200, {"input_tokens": 14})) as server, provider_of("anthropic", server.url) as provider:
        assert isinstance(provider, CountsTokens)
        request = request_for(
            "anthropic", system="Be kind.", tools=(READ_FILE,), settings=ModelSettings(thinking="low")
        )
        assert await provider.count_tokens(request) == 14
    assert server.received[0].target == "/v1/messages/count_tokens"
    body = server.received[0].body
    assert set(body) == {"model", "messages", "system", "tools", "thinking", "output_config"}
    assert_valid_messages(body)


async def test_the_list_of_models_tells_limits_and_abilities_where_the_vendor_does():
    able, unable = {"supported": True}, {"supported": False}
    told = {"image_input": able, "thinking": {**unable, "types": {}}}
    rows = [
        {"id": "claude-a", "display_name": "A", "max_input_tokens": 1000, "capabilities": told, "type": "model"},
        {"id": "claude-b", "display_name": "B", "type": "model"},
    ]
    page = {"data": rows, "has_more": False, "first_id": "claude-a", "last_id": "claude-b"}
    async with serve(status(200, page)) as server, provider_of("anthropic", server.url) as provider:
        assert isinstance(provider, ListsModels)
        listed = await provider.list_models()
    assert server.received[0].target.startswith("/v1/models?")
    assert listed == [
        ServedModel("claude-a", context_tokens=1000, abilities=frozenset({"completion", "tools", "vision"})),
        ServedModel("claude-b"),
    ]


@pytest.mark.parametrize("answer", [status(200, {"odd": 1}), status(200, {"data": [5]}), status(529, {})])
async def test_counting_and_listing_fail_with_an_error_of_ours(answer: Any):
    async with serve(answer) as server, provider_of("anthropic", server.url) as provider:
        with pytest.raises(ProviderError):
            await provider.count_tokens(request_for("anthropic"))
    async with serve(status(529, {})) as server, provider_of("anthropic", server.url) as provider:
        with pytest.raises(ProviderError) as listing:
            await provider.list_models()
    assert listing.value.kind is ProviderErrorKind.OVERLOADED
