"""What is particular to the Responses format: reasoning that comes back, items, refusals, and how an answer ends."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from conduit.catalog.catalog import Catalog
from conduit.errors import ProviderError
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import Audio, Document, Image, ProviderData, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message, Usage, assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.providers.base import CountsTokens
from conduit.providers.openai_responses import FAILURE_KINDS, encode_request
from fakes.byte_server import HEAD, response_events, serve, status
from fakes.response_answers import USAGE, call_item, completed, created, failed, incomplete, reasoning_item, text_item
from fakes.transcript_rules import assert_valid_responses
from fakes.wires import READ_FILE, call_and_result, collect, mock_url, provider_of, request_for

CATALOG = Catalog.packaged()
VENDOR = CATALOG.vendor("openai")


async def answer_of(*events: Any) -> Any:
    async with (
        serve(response_events(created(), *events)) as server,
        provider_of("openai_responses", server.url) as provider,
    ):
        return await collect(provider, request_for("openai_responses"))


@cache
def published() -> TypeAdapter[Any]:
    """The vendor's own description of a request, as its SDK carries it."""
    from openai.types.responses.response_create_params import ResponseCreateParamsStreaming

    return TypeAdapter(ResponseCreateParamsStreaming)


def body_of(*messages: Any, model: str = "gpt-6-sol", vendor: str = "openai", **options: Any) -> dict[str, Any]:
    request = ModelRequest(model=model, messages=messages or (user_message("hi"),), **options)
    body = encode_request(request, CATALOG.vendor(vendor), CATALOG.describe(vendor, model).capabilities)
    assert_valid_responses(body)
    published().validate_python(body)
    return body


async def test_reasoning_is_shown_and_given_back_unchanged_with_the_call_that_it_led_to():
    item = {
        "id": "rs_0",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Then."}],
        "encrypted_content": "gAAA=",
    }
    first = response_events(
        created(),
        *reasoning_item(0, "First.", "Then.", encrypted="gAAA="),
        *call_item(1, "call_1", "read_file", "{}"),
        completed(),
    )
    last = response_events(created(), *text_item(0, "Done."), completed())
    async with serve(first, last) as server, provider_of("openai_responses", server.url) as provider:
        _, folded, _ = await collect(provider, request_for("openai_responses", "go", tools=(READ_FILE,)))
        thought = folded.message().content[0]
        assert isinstance(thought, Thinking)
        assert (thought.text, folded.stop_reason) == ("First.\n\nThen.", "tool_use")
        turn = ("go", folded.message(), call_and_result("call_1")[1])
        _, folded, error = await collect(provider, request_for("openai_responses", *turn, tools=(READ_FILE,)))
    assert (error, folded.message().text) == (None, "Done.")
    for received in server.received:
        assert_valid_responses(received.body)
        published().validate_python(received.body)
    assert server.received[1].body["input"][1:] == [
        item,
        {"type": "function_call", "call_id": "call_1", "name": "read_file", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "ok"},
    ]
    elsewhere = (user_message("go"), Message(role="assistant", content=(thought, Text(text="Done."))))
    assert "reasoning" in {sent["type"] for sent in body_of(*elsewhere, model="gpt-5.4")["input"]}
    assert "reasoning" not in {sent["type"] for sent in body_of(*elsewhere, model="gpt-6-sol")["input"]}
    assert "reasoning" not in {sent["type"] for sent in body_of(*elsewhere, model="gpt-5.4", vendor="custom")["input"]}


async def test_reasoning_without_a_summary_is_kept_and_without_its_encrypted_text_it_is_not():
    _, folded, _ = await answer_of(*reasoning_item(0, encrypted="gAAA="), *text_item(1, "Yes."), completed())
    thought, said = folded.message().content
    assert (thought.type, thought.provider_data is not None, said) == ("thinking", True, Text(text="Yes."))
    _, folded, _ = await answer_of(*reasoning_item(0), *text_item(1, "Yes."), completed())
    assert folded.message().content == (Text(text="Yes."),)
    _, folded, _ = await answer_of(*reasoning_item(0, "Hm."), *text_item(1, "Yes."), completed())
    assert folded.message().content == (Thinking(text="Hm."), Text(text="Yes."))


async def test_the_phase_of_a_message_goes_back_to_the_same_model():
    _, folded, _ = await answer_of(
        *text_item(0, "Looking.", phase="commentary"), *text_item(1, "Found.", phase="final_answer"), completed()
    )
    said = (user_message("go"), folded.message(), user_message("on"))
    assert [item.get("phase") for item in body_of(*said, model="gpt-5.4")["input"]] == [
        None,
        "commentary",
        "final_answer",
        None,
    ]
    assert [item.get("phase") for item in body_of(*said)["input"]] == [None] * 4


async def test_parallel_calls_keep_their_own_ids_also_when_their_pieces_interleave():
    one, two = (call_item(place, name, "read_file", f'{{"path":"{name}"}}') for place, name in ((0, "a"), (1, "b")))
    mixed = [event for pair in zip(one, two, strict=True) for event in pair]
    _, folded, _ = await answer_of(*mixed, completed())
    assert folded.message().tool_calls == (
        ToolCall(id="a", name="read_file", arguments={"path": "a"}),
        ToolCall(id="b", name="read_file", arguments={"path": "b"}),
    )


async def test_what_comes_whole_at_the_end_of_its_item_is_taken():
    thought, text, call = (
        events[-1]
        for events in (
            reasoning_item(0, "Hm.", encrypted="x"),
            text_item(1, "Yes."),
            call_item(2, "a", "read_file", "{}"),
        )
    )
    _, folded, _ = await answer_of(thought, text, call, completed())
    message = folded.message()
    assert (message.thinking, message.text, [each.id for each in message.tool_calls]) == ("Hm.", "Yes.", ["a"])


async def test_a_refusal_is_shown_as_text():
    _, folded, error = await answer_of(*text_item(0, "I will", " not.", refusal=True), completed())
    assert (folded.message().text, folded.stop_reason, error) == ("I will not.", "refusal", None)
    whole = text_item(0, "I will not.", refusal=True)[-1]
    _, folded, _ = await answer_of(whole, completed())
    assert (folded.message().text, folded.stop_reason) == ("I will not.", "refusal")


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("max_output_tokens", "max_tokens"),
        ("content_filter", "refusal"),
        ("something new", "max_tokens"),
        (None, "max_tokens"),
    ],
)
async def test_an_answer_that_was_stopped_says_why(reason: str | None, stop: str):
    _, folded, error = await answer_of(*text_item(0, "so far"), incomplete(reason))
    assert (folded.message().text, folded.stop_reason, error) == ("so far", stop, None)
    assert folded.usage.output_tokens == 9
    _, folded, _ = await answer_of(
        *text_item(0, "so far"), completed(status="incomplete", incomplete_details={"reason": reason})
    )
    assert folded.stop_reason == stop


async def test_usage_counts_what_the_cache_gave_and_took_and_what_was_thought():
    usage = {
        **USAGE,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 1},
        "output_tokens_details": {"reasoning_tokens": 4},
    }
    _, folded, _ = await answer_of(completed(usage=usage))
    assert folded.usage == Usage(
        input_tokens=5, output_tokens=9, cache_read_tokens=3, cache_write_tokens=1, reasoning_tokens=4
    )
    _, folded, error = await answer_of(completed(usage={"input_tokens": -1, "output_tokens": "many"}))
    assert (folded.usage, error) == (Usage(), None)
    _, folded, error = await answer_of(completed(usage=None))
    assert (folded.usage, folded.request_id, error) == (Usage(), "resp_1", None)


async def test_the_id_of_the_request_comes_from_the_header_and_is_in_errors_too():
    head = HEAD.replace(b"\r\n\r\n", b"\r\nx-request-id: req_7\r\n\r\n")
    whole = [head, *response_events(created(), *text_item(0, "hi"), completed())[1:]]
    gone = [head, *response_events(created(), failed("server_error", "Sorry."))[1:]]
    cut = [head, *response_events(created(), *text_item(0, "hi"))[1:]]
    broken = [head, *response_events(created(), {"type": "error", "error": {"message": "Sorry.", "type": "x"}})[1:]]
    async with (
        serve(whole, gone, cut, broken) as server,
        provider_of("openai_responses", server.url) as provider,
    ):
        _, folded, _ = await collect(provider, request_for("openai_responses"))
        assert folded.request_id == "req_7"
        for _ in range(3):
            _, _, error = await collect(provider, request_for("openai_responses"))
            assert error is not None
            assert error.request_id == "req_7"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", Kind.INTERNAL),
        ("rate_limit_exceeded", Kind.RATE_LIMIT),
        ("invalid_prompt", Kind.REFUSED),
        ("context_length_exceeded", Kind.CONTEXT_OVERFLOW),
        ("insufficient_quota", Kind.QUOTA),
        ("something new", Kind.INTERNAL),
    ],
)
async def test_an_answer_that_fails_in_its_stream_has_its_own_kind_and_keeps_what_came(code: str, kind: Kind):
    last = failed(code, "No. Please try again in 11.5s.")
    _, folded, error = await answer_of(*text_item(0, "so far"), last)
    assert error is not None
    assert (error.kind, error.retry_after_s, folded.stop_reason) == (kind, 11.5, None)
    assert (folded.message(complete=False).text, folded.usage.input_tokens) == ("so far", 5)
    _, _, error = await answer_of({"type": "error", "code": code, "message": "Try again in 20ms.", "param": None})
    assert error is not None
    assert (error.kind, error.retry_after_s) == (kind, 0.02)


async def test_the_endpoint_lists_its_models_whatever_the_wire(llmock: Any):
    url = mock_url(llmock, "openai_responses")
    async with provider_of("openai_responses", url) as provider, provider_of("openai", url) as other:
        listed = await provider.list_models()
        assert listed == await other.list_models() != []


def test_every_code_of_a_failed_answer_has_a_row():
    from openai.types.responses.response_error import ResponseError

    assert set(FAILURE_KINDS) == set(get_args(ResponseError.model_fields["code"].annotation))


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "response.output_item.added"},
        {"type": "response.output_item.added", "output_index": "x", "item": {"type": "message"}},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "message", "content": None}},
        {"type": "response.output_item.done", "output_index": 9, "item": {"type": "web_search_call", "id": "ws"}},
        {"type": "response.output_text.delta", "output_index": 5, "content_index": 2, "delta": None},
        {"type": "response.function_call_arguments.delta", "output_index": 7, "delta": "{"},
        {"type": "response.nothing.known"},
        {"no": "type"},
    ],
)
async def test_an_event_of_an_odd_shape_is_no_crash(odd: dict[str, Any]):
    events = [created(), *text_item(1, "hi"), odd, completed()]
    pieces = [piece for event in events for piece in response_events({"type": "?", **event})[1:]]
    async with serve([HEAD, *pieces]) as server, provider_of("openai_responses", server.url) as provider:
        _, folded, error = await collect(provider, request_for("openai_responses"))
    assert (folded.message().text, folded.stop_reason, error) == ("hi", "end_turn", None)


async def test_the_whole_request_arrives_as_the_vendor_documents_it():
    async with (
        serve(response_events(created(), completed())) as server,
        provider_of("openai_responses", server.url + "/v1") as provider,
    ):
        settings = ModelSettings(max_tokens=64, thinking="high", seed=1, stop=("x",), top_k=3, extra={"user": "me"})
        await collect(
            provider, request_for("openai_responses", "hi", system="Be brief.", tools=(READ_FILE,), settings=settings)
        )
    received = server.received[0]
    assert (received.target, received.headers["authorization"]) == ("/v1/responses", "Bearer test-key")
    assert received.body == {
        "model": "gpt-5.4",
        "instructions": "Be brief.",
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "high", "summary": "auto"},
        "max_output_tokens": 64,
        "user": "me",
        "tools": [
            {
                "type": "function",
                "name": "read_file",
                "description": "Read a file",
                "parameters": READ_FILE.input_schema,
                "strict": False,
            }
        ],
    }


@pytest.mark.parametrize(
    ("model", "level", "reasoning"),
    [
        ("gpt-6-sol", None, {"summary": "auto"}),
        ("gpt-6-sol", "off", {"effort": "none"}),
        ("gpt-6-sol", "low", {"effort": "low", "summary": "auto"}),
        ("gpt-6-sol", "max", {"effort": VENDOR.max_effort, "summary": "auto"}),
        ("gpt-6-astra", "off", {"effort": "low", "summary": "auto"}),
        ("gpt-unheard-of", None, None),
        ("gpt-unheard-of", "high", {"effort": "high"}),
    ],
)
def test_each_model_is_asked_to_think_in_its_own_way(model: str, level: Any, reasoning: object):
    assert body_of(model=model, settings=ModelSettings(thinking=level)).get("reasoning") == reasoning


def test_sampling_is_sent_only_where_the_model_takes_it():
    warm = {"temperature": 0.5, "top_p": 0.9}
    assert not set(warm) & set(body_of(settings=ModelSettings(**warm)))
    assert not set(warm) & set(body_of(model="gpt-6-astra", settings=ModelSettings(**warm, thinking="off")))
    assert warm.items() <= body_of(settings=ModelSettings(**warm, thinking="off")).items()
    assert warm.items() <= body_of(model="gpt-unheard-of", settings=ModelSettings(**warm)).items()


def test_the_choice_of_tools_is_sent_with_tools_only():
    settings = ModelSettings(tool_choice="required", parallel_tool_calls=False)
    with_tools = body_of(tools=(READ_FILE,), settings=settings)
    assert (with_tools["tool_choice"], with_tools["parallel_tool_calls"]) == ("required", False)
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & set(body_of(settings=settings))


def test_a_schema_is_asked_for_in_the_format_of_the_text():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    sent = body_of(response_schema=schema)["text"]["format"]
    assert sent == {"type": "json_schema", "name": "answer", "schema": schema, "strict": False}
    closed = {**schema, "additionalProperties": False}
    assert body_of(response_schema=closed)["text"]["format"]["strict"] is True


def test_pictures_and_files_are_sent_as_parts_and_what_it_cannot_take_is_named():
    text = base64.b64encode(b"words").decode()
    content = (
        Image(media_type="image/png", data="AAAA"),
        Document(media_type="application/pdf", data="BBBB", name="a.pdf"),
        Document(media_type="text/plain", data=text, name="b.txt"),
        Audio(media_type="audio/wav", data="CCCC"),
    )
    assert body_of(user_message(*content))["input"][0]["content"] == [
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"},
        {"type": "input_text", "text": "b.txt:\nwords"},
        {"type": "input_text", "text": "[audio: this model cannot take it]"},
    ]


def test_another_wires_thinking_stays_away_and_a_failed_call_is_said():
    foreign = Thinking(text="hm", provider_data=ProviderData(wire="anthropic", data={"model": "gpt-6-sol"}))
    call = ToolCall(id="c", name="read_file")
    body = body_of(
        user_message("go"),
        assistant_message(foreign, "Looking.", call),
        tool_message([ToolResult(call_id="c", text="no such file", is_error=True)]),
    )
    assert body["input"][1:] == [
        {"type": "message", "role": "assistant", "content": "Looking."},
        {"type": "function_call", "call_id": "c", "name": "read_file", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "Error: no such file"},
    ]


def test_thoughts_that_led_to_nothing_are_not_sent():
    item = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "x"}
    own = ProviderData(wire="openai_responses", data={"vendor": "openai", "model": "gpt-6-sol", "item": item})
    cut = assistant_message("Well", Thinking(text="hm", provider_data=own))
    assert [sent["type"] for sent in body_of(user_message("go"), cut, user_message("on"))["input"]] == ["message"] * 3


async def test_the_vendor_counts_a_request_as_it_would_be_sent():
    answer = status(200, {"object": "response.input_tokens", "input_tokens": 14})
    async with serve(answer) as server, provider_of("openai_responses", server.url) as provider:
        assert isinstance(provider, CountsTokens)
        assert await provider.count_tokens(request_for("openai_responses", system="Be kind.", tools=(READ_FILE,))) == 14
    assert server.received[0].target == "/responses/input_tokens"
    assert {"model", "input", "instructions", "tools"} <= set(server.received[0].body)
    assert not {"stream", "store", "include", "max_output_tokens"} & set(server.received[0].body)


@pytest.mark.parametrize("answer", [status(200, {"odd": 1}), status(503, {})])
async def test_counting_fails_with_an_error_of_ours(answer: Any):
    async with serve(answer) as server, provider_of("openai_responses", server.url) as provider:
        with pytest.raises(ProviderError):
            await provider.count_tokens(request_for("openai_responses"))
