"""What is particular to Chat Completions: vendors' habits in the stream, and what each model is sent."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities
from conduit.errors import ConfigError, ProviderErrorKind
from conduit.messages.content import Audio, Document, Image, ProviderData, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Usage, assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.providers.openai_chat import OpenAIChatProvider, encode_request
from fakes.byte_server import chat_events, serve
from fakes.wire_answers import CHAT_USAGE, call_chunk, chunk
from fakes.wires import READ_FILE, collect, provider_of, request_for

CATALOG = Catalog.packaged()
OWN_THINKING = ProviderData(wire="openai_chat", data={"vendor": "custom"})


async def answer_of(*chunks: object, vendor: str = "custom", done: bool = True) -> Any:
    async with serve(chat_events(*chunks, done=done)) as server, provider_of(vendor, server.url) as provider:
        return await collect(provider, request_for(vendor))


def body_of(vendor: str, model: str, *messages: Any, **options: Any) -> dict[str, Any]:
    row = CATALOG.vendor(vendor)
    said = messages or (user_message("hi"),)
    request = ModelRequest(model=model, messages=said, **options)
    return encode_request(request, row, CATALOG.describe(vendor, model).capabilities)


async def test_parallel_calls_are_told_apart_also_when_their_pieces_interleave():
    _, folded, _ = await answer_of(
        call_chunk(0, "a", "read_file", ""),
        call_chunk(1, "b", "list_files", ""),
        call_chunk(0, None, None, '{"path":'),
        call_chunk(1, None, None, '{"under":'),
        call_chunk(0, None, None, '"x"}'),
        call_chunk(1, None, None, '"y"}'),
        chunk({}, "tool_calls"),
    )
    assert folded.message().tool_calls == (
        ToolCall(id="a", name="read_file", arguments={"path": "x"}),
        ToolCall(id="b", name="list_files", arguments={"under": "y"}),
    )


async def test_calls_that_share_an_index_are_told_apart_by_their_ids():
    _, folded, _ = await answer_of(
        call_chunk(0, "a", "read_file", '{"path":"x"}'),
        call_chunk(0, "b", "read_file", '{"path":"y"}'),
        chunk({}, "tool_calls"),
    )
    assert [(call.id, call.arguments) for call in folded.message().tool_calls] == [
        ("a", {"path": "x"}),
        ("b", {"path": "y"}),
    ]


async def test_an_id_and_a_name_that_come_with_every_piece_are_one_call():
    _, folded, _ = await answer_of(
        call_chunk(0, "a", "read_file", '{"path"'),
        call_chunk(0, "a", "read_file", ':"x"}'),
        chunk({}, "tool_calls"),
    )
    assert folded.message().tool_calls == (ToolCall(id="a", name="read_file", arguments={"path": "x"}),)


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call"])
async def test_calls_make_the_stop_reason_whatever_the_vendor_says(finish: str):
    _, folded, _ = await answer_of(call_chunk(0, "a", "read_file", "{}"), chunk({}, finish))
    assert folded.stop_reason == "tool_use"
    _, folded, _ = await answer_of(chunk({"content": "no calls"}, finish))
    assert folded.stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "max_tokens"), ("content_filter", "refusal"), ("eos", "end_turn")]
)
async def test_other_stop_reasons_are_read_too(finish: str, reason: str):
    _, folded, error = await answer_of(chunk({"content": "hm"}, finish))
    assert (folded.stop_reason, error) == (reason, None)


async def test_a_refusal_is_shown_as_text():
    _, folded, _ = await answer_of(chunk({"refusal": "I will not."}), chunk({}, "stop"))
    assert (folded.message().text, folded.stop_reason) == ("I will not.", "refusal")


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_thinking_in_a_field_of_its_own_is_thinking(field: str):
    _, folded, _ = await answer_of(
        chunk({field: "let me "}), chunk({field: "see"}), chunk({"content": "Yes."}), chunk({}, "stop")
    )
    assert folded.message().content == (
        Thinking(text="let me see", provider_data=OWN_THINKING),
        Text(text="Yes."),
    )


async def test_thinking_between_tags_is_thinking_where_the_vendor_does_that():
    pieces = ["<th", "ink>let me", " see</thi", "nk>\n\nYes", "."]
    chunks = [*(chunk({"content": piece}) for piece in pieces), chunk({}, "stop")]
    _, folded, _ = await answer_of(*chunks)
    assert (folded.message().thinking, folded.message().text) == ("let me see", "Yes.")
    _, folded, _ = await answer_of(*chunks, vendor="openai")
    assert folded.message().text == "".join(pieces)


async def test_usage_counts_what_the_cache_gave_and_missing_or_silly_numbers_are_zero():
    details = {"prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {"reasoning_tokens": 4}}
    _, folded, _ = await answer_of(chunk({}, "stop", usage={**CHAT_USAGE, **details}))
    assert folded.usage == Usage(input_tokens=5, output_tokens=9, cache_read_tokens=3, reasoning_tokens=4)
    _, folded, error = await answer_of(chunk({}, "stop", usage={"prompt_tokens": -1, "completion_tokens": "many"}))
    assert (folded.usage, error) == (Usage(), None)


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": None},
        {"choices": [None]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": 7, "tool_calls": "no", "reasoning": []}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": "0", "function": None}]}}]},
        {"unknown": True},
        [],
        3,
    ],
)
async def test_a_chunk_of_an_odd_shape_is_no_crash(odd: object):
    _, folded, error = await answer_of(odd, chunk({"content": "fine"}), chunk({}, "stop"))
    if error is not None:
        assert error.kind is ProviderErrorKind.NETWORK
    else:
        assert folded.message().text == "fine"


async def test_an_answer_without_done_but_with_a_finish_reason_is_whole():
    _, folded, error = await answer_of(chunk({"content": "all"}), chunk({}, "stop"), done=False)
    assert (error, folded.message().text, folded.stop_reason) == (None, "all", "end_turn")


async def test_done_without_a_finish_reason_is_a_cut():
    _, folded, error = await answer_of(chunk({"content": "not all"}))
    assert error is not None
    assert (error.kind, folded.message().text) == (ProviderErrorKind.NETWORK, "not all")


def test_a_vendor_without_an_address_needs_one():
    with pytest.raises(ConfigError, match=r"vendors\.custom\.base_url"):
        OpenAIChatProvider(CATALOG.vendor("custom"), catalog=CATALOG)


def test_the_output_limit_and_the_system_text_are_called_what_the_vendor_calls_them():
    settings = ModelSettings(max_tokens=50)
    ours = body_of("openai", "gpt-5.4", system="Be kind.", settings=settings)
    theirs = body_of("ollama", "qwen3", system="Be kind.", settings=settings)
    assert (ours["max_completion_tokens"], ours["messages"][0]["role"]) == (50, "developer")
    assert (theirs["max_tokens"], theirs["messages"][0]["role"]) == (50, "system")
    assert ours["stream_options"] == {"include_usage": True}


def test_a_model_that_takes_tools_only_without_thinking_gets_them_so():
    settings = ModelSettings(thinking="high", temperature=0.5, tool_choice="required", seed=7)
    with_tools = body_of("openai", "gpt-6-sol", tools=(READ_FILE,), settings=settings)
    without = body_of("openai", "gpt-6-sol", settings=settings)
    assert (with_tools["reasoning_effort"], with_tools["temperature"]) == ("none", 0.5)
    assert (with_tools["tool_choice"], with_tools["seed"]) == ("required", 7)
    assert without["reasoning_effort"] == "high"
    assert "temperature" not in without


@pytest.mark.parametrize(
    ("level", "effort"), [(None, None), ("off", "none"), ("low", "low"), ("medium", "medium"), ("max", "xhigh")]
)
def test_the_thinking_level_becomes_an_effort(level: Any, effort: str | None):
    assert body_of("openai", "gpt-5.4", settings=ModelSettings(thinking=level)).get("reasoning_effort") == effort


def test_a_model_that_does_not_think_is_not_asked_to():
    row = CATALOG.vendor("embedded")
    request = ModelRequest(model="m", messages=(user_message("hi"),), settings=ModelSettings(thinking="high"))
    assert "reasoning_effort" not in encode_request(request, row, Capabilities(thinking="none"))


def test_a_schema_is_strict_only_when_it_can_be():
    closed = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    for schema, strict in ((closed, True), ({"type": "object", "properties": {"a": closed}}, False)):
        answer = body_of("openai", "gpt-5.4", response_schema=schema)["response_format"]
        assert answer == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": strict}}


CLOSED = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


@pytest.mark.parametrize(
    ("vendor", "model", "extra"),
    [
        ("deepseek", "deepseek-flash", {"thinking": {"type": "disabled"}}),  # it is forced to nothing while it thinks
        ("deepseek", "a-model-of-tomorrow", None),
        ("groq", "openai/gpt-oss-120b", None),
        ("groq", "llama-3.3-70b-versatile", None),
    ],
)
def test_where_there_are_no_native_schemas_one_tool_is_forced(vendor: str, model: str, extra: object):
    body = body_of(vendor, model, response_schema=CLOSED, tools=(READ_FILE,), settings=ModelSettings(thinking="high"))
    (tool,) = body["tools"]
    assert (tool["function"]["name"], tool["function"]["parameters"]) == ("answer", CLOSED)
    assert body["tool_choice"] == "required"
    assert "response_format" not in body
    assert body.get("extra_body") == extra
    assert extra is None or "reasoning_effort" not in body


async def test_the_call_of_the_forced_tool_reads_as_the_answers_text():
    chunks = (
        chunk({"reasoning_content": "hm"}),
        call_chunk(0, "a", "answer", '{"title":'),
        call_chunk(0, None, None, '"T"}'),
        chunk({}, "tool_calls"),
    )
    async with serve(chat_events(*chunks)) as server, provider_of("deepseek", server.url) as provider:
        request = request_for("custom", model="deepseek-flash", response_schema=CLOSED)
        events, folded, error = await collect(provider, request)
    assert (error, folded.message().text, folded.stop_reason) == (None, '{"title":"T"}', "end_turn")
    assert folded.message().tool_calls == ()
    assert sum(event.type == "block_delta" for event in events) == 3, "it comes in pieces"


@pytest.mark.parametrize(("level", "choice"), [(None, None), ("high", None), ("off", "required")])
def test_a_call_is_demanded_of_some_models_only_while_they_do_not_think(level: Any, choice: str | None):
    settings = ModelSettings(thinking=level, tool_choice="required")
    body = body_of("deepseek", "deepseek-flash", tools=(READ_FILE,), settings=settings)
    assert body.get("tool_choice") == choice


def test_pictures_files_and_recordings_are_sent_as_parts():
    note = base64.b64encode("grüße".encode()).decode()
    message = user_message(
        "look",
        Image(media_type="image/png", data="AAAA"),
        Document(media_type="application/pdf", data="BBBB", name="a.pdf"),
        Document(media_type="text/plain", data=note, name="a.txt"),
        Audio(media_type="audio/wav", data="CCCC"),
    )
    assert body_of("custom", "some-model", message)["messages"][0]["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"}},
        {"type": "text", "text": "a.txt:\ngrüße"},
        {"type": "input_audio", "input_audio": {"data": "CCCC", "format": "wav"}},
    ]
    blind = body_of("embedded", "smollm2-135m", message)["messages"][0]["content"]
    assert blind[1] == {"type": "text", "text": "[image: this model cannot see it]"}


def test_a_turn_with_a_call_is_sent_back_as_the_format_wants_it():
    call = ToolCall(id="c", name="read_file", arguments={"path": "ä"}, malformed=None)
    failed = ToolResult(call_id="c", text="no such file", is_error=True)
    messages = body_of(
        "openai",
        "gpt-5.4",
        user_message("go"),
        assistant_message(Thinking(text="hm", provider_data=OWN_THINKING), "I read", call),
        tool_message([failed]),
    )["messages"]
    function = {"name": "read_file", "arguments": '{"path": "ä"}'}
    assert messages[1:] == [
        {
            "role": "assistant",
            "content": "I read",
            "tool_calls": [{"id": "c", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "Error: no such file"},
    ]


def test_thinking_goes_back_only_to_the_vendor_that_wants_its_own():
    row = CATALOG.vendor("custom").model_copy(update={"replay_thinking": "reasoning_content"})
    other = ProviderData(wire="anthropic", data={"model": "m", "signature": "s"})
    answer = assistant_message(
        Thinking(text="mine", provider_data=OWN_THINKING), Thinking(text="theirs", provider_data=other), "so"
    )
    request = ModelRequest(model="m", messages=(user_message("hi"), answer, user_message("on")))
    assert encode_request(request, row, Capabilities())["messages"][1] == {
        "role": "assistant",
        "content": "so",
        "reasoning_content": "mine",
    }
