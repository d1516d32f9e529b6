"""What is particular to DashScope: its two endpoints, the bodies of its SDK, thinking, and its error codes."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities
from conduit.errors import ConfigError
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import Audio, Document, Image, ProviderData, Text, Thinking, ToolCall
from conduit.messages.message import Message, Usage, assistant_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings, ToolSpec
from conduit.providers.dashscope import CODES, ERROR_KINDS, DashScopeProvider, encode_request
from conduit.providers.faults import exception_names
from fakes.byte_server import HEAD, serve, status
from fakes.dashscope_server import MIXED, TEXT, DashScopeServer, sse
from fakes.faulty_server import running
from fakes.wire_answers import dashscope_event
from fakes.wires import READ_FILE, call_and_result, collect, provider_of

CATALOG = Catalog.packaged()
ROW = CATALOG.vendor("qwen")
BODIES = json.loads((Path(__file__).parent / "dashscope_bodies.json").read_text("utf-8"))
PNG = Image(media_type="image/png", data="iVBORw0KGgo=")
WAV = Audio(media_type="audio/wav", data="UklGRg==")


def ask(*messages: Message | str, model: str = "qwen-plus", **options: Any) -> ModelRequest:
    said = tuple(user_message(item) if isinstance(item, str) else item for item in messages)
    return ModelRequest(model=model, messages=said or (user_message("hello"),), **options)


def sent_for(request: ModelRequest, can: Capabilities = ROW.model_defaults) -> tuple[str, dict[str, Any]]:
    return encode_request(request, ROW, can)


SAME_REQUESTS = {
    "text": ask(
        "hello",
        system="Be kind.",
        settings=ModelSettings(
            temperature=0.5, top_p=0.9, top_k=40, max_tokens=50, seed=7, stop=("END",), thinking="low"
        ),
    ),
    "tools": ask("read a.py", *call_and_result(), tools=(READ_FILE,), settings=ModelSettings(parallel_tool_calls=True)),
    "image": ask(user_message(PNG, "what is it?"), model="qwen3-vl-plus", system="Be kind."),
    "audio": ask(user_message(WAV, "what is said?"), model="qwen2-audio-instruct"),
}


@pytest.mark.parametrize("name", SAME_REQUESTS)
def test_the_body_is_the_one_that_the_vendors_sdk_sends(name: str):
    path, body = sent_for(SAME_REQUESTS[name])
    assert ("/api/v1" + path, body) == (BODIES[name]["path"], BODIES[name]["body"])


@pytest.mark.parametrize("name", SAME_REQUESTS)
async def test_the_server_takes_it_and_answers(name: str):
    async with running(DashScopeServer(words="It is done.")) as server, provider_of("qwen", server.url) as provider:
        _, folded, error = await collect(provider, SAME_REQUESTS[name])
    assert (error, folded.message().text, folded.stop_reason) == (None, "It is done.", "end_turn")
    assert (folded.request_id, server.refused) == ("req-1", [])


async def test_a_whole_turn_with_thinking_a_tool_and_a_picture_is_accepted():
    server = DashScopeServer(thinks="let me see")
    first = user_message("read it", PNG)
    async with running(server), provider_of("qwen", server.url) as provider:
        settings = ModelSettings(thinking="high", tool_choice="required")
        _, folded, error = await collect(
            provider, ask(first, model="qwen3-vl-plus", tools=(READ_FILE,), settings=settings)
        )
        assert error is None
        own = ProviderData(wire="dashscope", data={"vendor": "qwen"})
        call = ToolCall(id="call_1", name="read_file", arguments={"path": "a.py"})
        assert folded.message().content == (Thinking(text="let me see", provider_data=own), call)
        assert folded.stop_reason == "tool_use"
        _, result = call_and_result()
        history = (first, folded.message(), result)
        _, folded, error = await collect(provider, ask(*history, model="qwen3-vl-plus", tools=(READ_FILE,)))
    assert (error, folded.message().text, server.refused) == (None, "It is done.", [])
    parameters = server.received[0].body["parameters"]
    assert (parameters["enable_thinking"], parameters["thinking_budget"]) == (True, 16384)
    assert parameters["tool_choice"] == {"type": "function", "function": {"name": "read_file"}}
    assert server.received[1].body["input"]["messages"][1:] == [
        {
            "role": "assistant",
            "content": [{"text": ""}],
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "read_file", "arguments": '{"path": "a.py"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": [{"text": "ok"}]},
    ]


@pytest.mark.parametrize(
    ("model", "can", "message", "path"),
    [
        ("qwen-plus", Capabilities(), "hi", TEXT),
        ("qwen-plus", Capabilities(), PNG, MIXED),
        ("qwen-max", Capabilities(vision=False, audio=False), PNG, TEXT),
        ("qwen9", Capabilities(vision=True), "hi", MIXED),
        ("qwen9", Capabilities(audio=True), "hi", MIXED),
        ("qwen3-vl-plus", Capabilities(), "hi", MIXED),
        ("qvq-max", Capabilities(), "hi", MIXED),
        ("qwen-coder-plus", Capabilities(), "hi", TEXT),
        ("qwen-evolution", Capabilities(), "hi", TEXT),
    ],
)
def test_the_endpoint_is_chosen_by_the_model_and_by_what_is_sent(
    model: str, can: Capabilities, message: Any, path: str
):
    sent, body = sent_for(ask(user_message(message), model=model), can)
    assert sent == path
    assert isinstance(body["input"]["messages"][0]["content"], list if path == MIXED else str)


def test_what_a_model_cannot_take_is_named():
    message = user_message("look", PNG, WAV, Document(media_type="text/plain", data="aGk=", name="a.txt"))
    deaf = sent_for(ask(message), Capabilities(vision=True, audio=False))[1]["input"]["messages"][0]["content"]
    assert deaf == [
        {"text": "look"},
        {"image": "data:image/png;base64,iVBORw0KGgo="},
        {"text": "[audio: this model cannot see it]"},
        {"text": "a.txt:\nhi"},
    ]


@pytest.mark.parametrize(
    ("level", "can", "sent"),
    [
        (None, Capabilities(), {}),
        ("off", Capabilities(), {"enable_thinking": False}),
        ("off", Capabilities(thinking_off="always_on"), {}),
        ("medium", Capabilities(), {"enable_thinking": True, "thinking_budget": 4096}),
        ("max", Capabilities(), {"enable_thinking": True}),
        ("high", Capabilities(thinking="none"), {}),
    ],
)
def test_the_thinking_level_becomes_a_budget(level: Any, can: Capabilities, sent: dict[str, Any]):
    parameters = sent_for(ask(settings=ModelSettings(thinking=level)), can)[1]["parameters"]
    assert parameters == {"result_format": "message", "incremental_output": True, **sent}


def test_a_schema_two_tools_and_the_persons_own_parameters():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    other = ToolSpec(name="other", description="Other", input_schema=schema)
    settings = ModelSettings(tool_choice="required", extra={"enable_search": True})
    parameters = sent_for(ask(tools=(READ_FILE, other), settings=settings, response_schema=schema))[1]["parameters"]
    assert "tool_choice" not in parameters  # there is no word for `any of them`
    assert parameters["enable_search"] is True
    assert parameters["response_format"]["json_schema"]["schema"] == schema
    none = sent_for(ask(tools=(READ_FILE,), settings=ModelSettings(tool_choice="none")))[1]["parameters"]
    assert none["tool_choice"] == "none"


def test_thinking_goes_back_only_where_the_row_asks_for_it():
    own = ProviderData(wire="dashscope", data={"vendor": "qwen"})
    foreign = ProviderData(wire="ollama", data={"model": "m"})
    said = assistant_message(Thinking(text="mine", provider_data=own), Thinking(text="b", provider_data=foreign), "so")
    request = ask("hi", said, "on")
    assert sent_for(request)[1]["input"]["messages"][1] == {"role": "assistant", "content": "so"}
    row = ROW.model_copy(update={"replay_thinking": "reasoning_content"})
    back = encode_request(request, row, Capabilities())[1]["input"]["messages"][1]
    assert back == {"role": "assistant", "content": "so", "reasoning_content": "mine"}


async def test_two_parallel_calls_are_told_apart_also_when_their_pieces_interleave():
    def piece(place: int, call_id: str, arguments: str, **function: str) -> bytes:
        call = {"index": place, "id": call_id, "type": "function", "function": {"arguments": arguments, **function}}
        return dashscope_event(tool_calls=[call])

    answer = [
        HEAD,
        piece(0, "a", "", name="read_file"),
        piece(1, "b", "", name="list_files"),
        piece(0, "", '{"path":'),
        piece(1, "", '{"under":"y"}'),
        piece(0, "", '"x"}'),
        dashscope_event(reason="tool_calls"),
    ]
    async with serve(answer) as server, provider_of("qwen", server.url) as provider:
        _, folded, _ = await collect(provider, ask())
    assert folded.message().tool_calls == (
        ToolCall(id="a", name="read_file", arguments={"path": "x"}),
        ToolCall(id="b", name="list_files", arguments={"under": "y"}),
    )


@pytest.mark.parametrize(
    ("reason", "stop"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("tool_calls", "end_turn"), ("eos", "end_turn")],
)
async def test_stop_reasons_are_read(reason: str, stop: str):
    answer = [HEAD, dashscope_event("hm", reason=reason)]
    async with serve(answer) as server, provider_of("qwen", server.url) as provider:
        _, folded, error = await collect(provider, ask())
    assert (error, folded.stop_reason) == (None, stop)


async def test_usage_counts_what_the_cache_gave_and_what_was_thought():
    usage = {
        "input_tokens": 100,
        "output_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 80},
        "output_tokens_details": {"reasoning_tokens": 30},
    }
    output = {"choices": [{"message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}]}
    answer = [HEAD, sse(1, {"output": output, "usage": usage, "request_id": "r"})]
    async with serve(answer) as server, provider_of("qwen", server.url) as provider:
        _, folded, _ = await collect(provider, ask())
    assert folded.usage == Usage(input_tokens=100, output_tokens=50, cache_read_tokens=80, reasoning_tokens=30)


@pytest.mark.parametrize(
    "odd",
    [
        b"data:[]\n\n",
        b"data:3\n\n",
        b'data:{"output":null}\n\n',
        b'data:{"output":{"choices":[null]}}\n\n',
        b'data:{"output":{"choices":[{"message":{"content":7,"tool_calls":"no"}}]}}\n\n',
        b'data:{"output":{"choices":[{"message":{"tool_calls":[null,{"index":"0"}]}}]},"usage":{"input_tokens":-1}}\n\n',
        b":heartbeat\n\nretry:3\n\n",
    ],
)
async def test_an_event_of_an_odd_shape_is_no_crash(odd: bytes):
    answer = [HEAD, odd, dashscope_event("fine", reason="stop")]
    async with serve(answer) as server, provider_of("qwen", server.url) as provider:
        _, folded, error = await collect(provider, ask())
    assert (error, folded.message().text) == (None, "fine")


@pytest.mark.parametrize(
    ("code", "message", "http", "kind"),
    [
        ("InvalidApiKey", "Invalid API-key provided.", 401, Kind.AUTH),
        ("Arrearage", "Access denied, please make sure your account is in good standing.", 400, Kind.BALANCE),
        ("AccessDenied.Unpurchased", "Access to model denied.", 403, Kind.PERMISSION),
        ("AccessDenied.Something", "new", 403, Kind.PERMISSION),
        ("AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted.", 403, Kind.QUOTA),
        ("Throttling.AllocationQuota", "Free allocated quota exceeded.", 429, Kind.QUOTA),
        (
            "Throttling.AllocationQuota",
            "Allocated quota exceeded, please increase your quota limit.",
            429,
            Kind.RATE_LIMIT,
        ),
        ("DataInspectionFailed", "Input data may contain inappropriate content.", 400, Kind.REFUSED),
        ("InvalidParameter", "Range of input length should be [1, 30720]", 400, Kind.CONTEXT_OVERFLOW),
        ("InvalidParameter", "Model not exist.", 400, Kind.NOT_FOUND),
        ("InvalidParameter", "top_p must be in (0, 1]", 400, Kind.INVALID_INPUT),
        ("ModelNotFound", "Model can not be found.", 404, Kind.NOT_FOUND),
        ("InternalError.Algo", "An internal error has occurred during algorithm execution.", 500, Kind.INTERNAL),
        ("NeverSeen", "?", 503, Kind.OVERLOADED),
    ],
)
async def test_each_code_has_its_kind_before_and_inside_the_stream(code: str, message: str, http: int, kind: Kind):
    body = {"code": code, "message": message, "request_id": "req-9"}
    inside = [HEAD, dashscope_event("so far"), sse(2, body, kind="error", status=http)]
    async with serve(status(http, body), inside) as server, provider_of("qwen", server.url) as provider:
        for shown in ("", "so far"):
            _, folded, error = await collect(provider, ask())
            assert error is not None
            assert (error.kind, error.status, error.request_id) == (kind, http, "req-9")
            assert folded.message(complete=False).text == shown
            assert str(error).count("\n") == 0


async def test_an_error_event_that_nobody_named_is_the_vendors_own_failure():
    answer = [HEAD, b'event:error\ndata:{"message":"oops"}\n\n']
    async with serve(answer) as server, provider_of("qwen", server.url) as provider:
        _, _, error = await collect(provider, ask())
    assert error is not None
    assert (error.kind, "oops" in str(error)) == (Kind.INTERNAL, True)


def test_every_exception_of_the_http_client_has_a_row_and_no_code_is_unknown():
    import httpx

    names = {
        next(exception_names(cls))
        for _, cls in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(cls, Exception)
    }
    assert names - set(ERROR_KINDS) == set()
    assert {name for name in ERROR_KINDS if name.startswith("httpx.")} - names == set(), "rows for what is no more"
    assert Kind.UNKNOWN not in CODES.values()


def test_a_vendor_without_an_address_needs_one():
    with pytest.raises(ConfigError, match=r"vendors\.custom\.base_url"):
        DashScopeProvider(CATALOG.vendor("custom"), catalog=CATALOG)


async def test_the_headers_are_those_that_the_service_asks_for():
    async with running(DashScopeServer()) as server, provider_of("qwen", server.url) as provider:
        _, _, error = await collect(provider, ask(user_message(Text(text="hi"))))
    assert error is None
    sent = server.received[0].headers
    assert (sent["x-dashscope-sse"], sent["accept"]) == ("enable", "text/event-stream")
    assert (sent["authorization"], sent["content-type"]) == ("Bearer test-key", "application/json")
