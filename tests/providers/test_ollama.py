"""What is particular to Ollama: its context, what it read of a prompt, thinking, and the models it keeps."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities
from conduit.errors import ProviderError, ProviderErrorKind
from conduit.messages.content import Audio, Document, Image, ProviderData, Thinking, ToolCall
from conduit.messages.message import Usage, assistant_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings, ToolSpec
from conduit.providers.base import KeepsModels, ListsModels, PullProgress, ServedModel, ShowsModels
from conduit.providers.faults import exception_names
from conduit.providers.ollama import ERROR_KINDS, OllamaProvider
from conduit.providers.ollama_request import encode_request
from conduit.providers.ollama_window import Window, estimate_tokens
from fakes.byte_server import serve
from fakes.faulty_server import running
from fakes.ollama_server import Model, OllamaServer
from fakes.wires import READ_FILE, call_and_result, collect

CATALOG = Catalog.packaged()
ROW = CATALOG.vendor("ollama")


@asynccontextmanager
async def talking(server: OllamaServer, **options: Any) -> AsyncIterator[OllamaProvider]:
    async with running(server):
        provider = OllamaProvider(ROW, catalog=CATALOG, base_url=server.url, **options)
        try:
            yield provider
        finally:
            await provider.aclose()


def ask(*messages: Any, model: str = "qwen3", **options: Any) -> ModelRequest:
    said = tuple(user_message(item) if isinstance(item, str) else item for item in messages)
    return ModelRequest(model=model, messages=said or (user_message("hello"),), **options)


def body_of(request: ModelRequest, can: Capabilities = ROW.model_defaults, **model: Any) -> dict[str, Any]:
    return encode_request(request, ROW, can, ServedModel(request.model, **model), num_ctx=8192)


async def test_a_whole_turn_with_thinking_a_tool_and_a_picture_is_accepted_and_thinking_goes_back():
    server = OllamaServer(thinks="let me see")
    async with talking(server) as provider:
        first = user_message("read it", Image(media_type="image/png", data="iVBORw0KGgo="))
        settings = ModelSettings(thinking="high")
        _, folded, error = await collect(provider, ask(first, tools=(READ_FILE,), settings=settings))
        assert error is None
        own = ProviderData(wire="ollama", data={"model": "qwen3"})
        call = ToolCall(id="call_0a1b2c3d", name="read_file", arguments={"path": "a.py"})
        assert folded.message().content == (Thinking(text="let me see", provider_data=own), call)
        assert folded.stop_reason == "tool_use"
        _, result = call_and_result(call.id, "print(1)")
        request = ask(first, folded.message(), result, tools=(READ_FILE,), settings=settings, system="Be kind.")
        _, folded, error = await collect(provider, request)
    assert (error, folded.message().text, folded.stop_reason) == (None, "It is done.", "end_turn")
    assert (server.refused, folded.notes) == ([], [])
    sent = server.received[-1].body
    assert sent["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "read it", "images": ["iVBORw0KGgo="]},
        {
            "role": "assistant",
            "content": "",
            "thinking": "let me see",
            "tool_calls": [{"id": call.id, "function": {"name": "read_file", "arguments": {"path": "a.py"}}}],
        },
        {"role": "tool", "content": "print(1)", "tool_call_id": call.id, "tool_name": "read_file"},
    ]
    assert sent["think"] is True


async def test_thinking_of_another_model_or_wire_is_not_sent():
    other = ProviderData(wire="ollama", data={"model": "gpt-oss"})
    foreign = ProviderData(wire="anthropic", data={"model": "qwen3", "signature": "s"})
    answer = assistant_message(Thinking(text="a", provider_data=other), Thinking(text="b", provider_data=foreign), "so")
    assert body_of(ask("hi", answer, "on"))["messages"][1] == {"role": "assistant", "content": "so"}


@pytest.mark.parametrize(
    ("level", "model", "think"),
    [
        (None, "qwen3", None),
        ("off", "qwen3", False),
        ("low", "qwen3", True),
        ("low", "gpt-oss", "low"),
        ("max", "gpt-oss", "high"),
        ("high", "plain", None),
    ],
)
async def test_the_thinking_level_is_a_yes_or_a_level_as_the_model_takes_it(level: Any, model: str, think: Any):
    server = OllamaServer()
    server.models["plain"] = Model(capabilities=("completion", "tools"))
    async with talking(server) as provider:
        _, _, error = await collect(provider, ask(model=model, settings=ModelSettings(thinking=level)))
    assert error is None
    assert server.received[-1].body.get("think") == think


@pytest.mark.parametrize("seconds", [0, 600, -1])
async def test_how_long_a_model_stays_in_memory_is_a_parameter(seconds: int):
    server = OllamaServer()
    async with talking(server) as provider:
        _, _, error = await collect(provider, ask(settings=ModelSettings(keep_alive_s=seconds)))
    assert error is None
    assert server.received[-1].body["keep_alive"] == seconds
    assert "keep_alive" not in body_of(ask())


def test_parameters_become_options_and_the_persons_own_count_more():
    settings = ModelSettings(
        temperature=0.2, top_p=0.9, top_k=40, seed=7, max_tokens=50, stop=("END",),
        extra={"keep_alive": "30m", "options": {"num_ctx": 2048, "min_p": 0.1}},
    )  # fmt: skip
    body = body_of(ask(settings=settings))
    assert body["options"] == {
        "num_ctx": 2048,
        "temperature": 0.2,
        "top_p": 0.9,
        "top_k": 40,
        "seed": 7,
        "num_predict": 50,
        "stop": ["END"],
        "min_p": 0.1,
    }
    assert (body["keep_alive"], body["truncate"], body["shift"]) == ("30m", False, False)
    assert body_of(ask())["options"] == {"num_ctx": 8192}


def test_a_schema_constrains_the_answer_and_a_tools_schema_keeps_its_depth():
    schema = {"type": "object", "properties": {"at": {"type": "object", "properties": {"line": {"type": "integer"}}}}}
    tool = ToolSpec(name="go", description="Go", input_schema=schema)
    body = body_of(ask(tools=(tool,), response_schema=schema))
    assert body["format"] == schema
    assert body["tools"][0]["function"]["parameters"] == schema
    assert "tools" not in body_of(ask(tools=(tool,), settings=ModelSettings(tool_choice="none")))


def test_what_a_model_cannot_see_is_named():
    message = user_message(
        "look",
        Image(media_type="image/png", data="AAAA"),
        Document(media_type="text/plain", data="aGk=", name="a.txt"),
        Audio(media_type="audio/wav", data="CCCC"),
    )
    blind = body_of(ask(message), abilities=frozenset({"completion"}))["messages"][0]
    assert blind == {
        "role": "user",
        "content": "look\n[image: this model cannot see it]\na.txt:\nhi\n[audio: this model cannot see it]",
    }
    assert body_of(ask(message))["messages"][0]["images"] == ["AAAA"]


async def test_a_model_without_tools_talks_and_the_person_is_told():
    server = OllamaServer(models={"gemma": Model(capabilities=("completion",))})
    async with talking(server) as provider:
        _, folded, error = await collect(provider, ask(model="gemma", tools=(READ_FILE,)))
    assert (error, folded.message().text) == (None, "It is done.")
    assert [note.partition(":")[0] for note in folded.notes] == ["gemma takes no tools"]


async def test_the_context_grows_with_the_conversation_up_to_the_models_and_is_asked_once():
    server = OllamaServer(models={"qwen3": Model(context=40_960)})

    def count(request: ModelRequest) -> int:
        return len(request.messages[0].text.split())

    async with talking(server, count=count) as provider:
        for size in (10, 9_000, 9_000, 30_000, 10):
            _, folded, error = await collect(provider, ask("word " * size))
            assert (error, folded.notes) == (None, [])
    asked = [item.body["options"]["num_ctx"] for item in server.received if item.target == "/api/chat"]
    assert asked == [8192, 16384, 16384, 40_960, 40_960]
    assert [item.target for item in server.received].count("/api/show") == 1
    assert server.loads == 3


async def test_a_conversation_that_cannot_fit_is_refused_and_nothing_is_forgotten():
    server = OllamaServer(models={"qwen3": Model(context=8192)})
    async with talking(server) as provider:
        _, _, error = await collect(provider, ask("word " * 9_000))
        assert error is not None
        assert (error.kind, "9004 tokens" in str(error)) == (ProviderErrorKind.CONTEXT_OVERFLOW, True)
        _, _, error = await collect(provider, ask("short"))
    assert error is None


async def test_a_front_that_an_old_server_dropped_is_noticed_and_said():
    server = OllamaServer(models={"qwen3": Model(context=8192)}, old=True)
    async with talking(server) as provider:
        _, folded, error = await collect(provider, ask("word " * 9_000))
        assert (error, folded.message().text, folded.usage.input_tokens) == (None, "It is done.", 4096)
        assert len(folded.notes) == 1
        assert "read only 4,096 tokens" in folded.notes[0]
        _, folded, _ = await collect(provider, ask("word " * 2_000))
        assert folded.notes == []


@pytest.mark.parametrize(("factor", "asked"), [(1.0, 16_384), (2.0, 32_768), (0.5, 16_384)])
async def test_the_context_follows_what_earlier_counts_were_wrong_by(factor: float, asked: int):
    server = OllamaServer(models={"qwen3": Model(context=65_536)})
    async with talking(server, count=lambda request: 8_000, factor={"qwen3": factor}.__getitem__) as provider:
        _, _, error = await collect(provider, ask())
    assert error is None
    assert server.received[-1].body["options"]["num_ctx"] == asked


@pytest.mark.parametrize(
    ("history", "expected", "read", "cut"),
    [
        ([], 10_000, 9_900, False),
        ([], 10_000, 4_096, True),
        ([], 10_000, None, False),
        ([], 500, 20, False),  # too short to judge
        ([(2_000, 2_200)], 8_000, 8_100, True),  # by the ratio seen before, 8,800 cannot have fitted in 8,192
        ([(2_000, 2_200)], 7_000, 7_700, False),
        ([(2_000, 9_000)], 7_000, 6_900, False),  # a picture was in the first one
    ],
)
def test_a_cut_is_told_from_another_way_of_counting(history: Any, expected: int, read: int | None, cut: bool):
    window = Window(8192)
    for before in history:
        assert window.was_cut(*before, 8192) is False
    assert window.was_cut(expected, read, 8192) is cut


def test_the_estimate_counts_everything_that_is_text():
    call, result = call_and_result(text="x" * 400)
    full = ask("word " * 100, call, result, system="s" * 40, tools=(READ_FILE,))
    assert estimate_tokens(full) > estimate_tokens(ask("word " * 100)) + 100
    assert estimate_tokens(ask(user_message(Image(media_type="image/png", data="A" * 4000)))) < 10


async def test_usage_and_a_cut_answer_are_read_from_the_last_line():
    line = (
        b'{"model":"m","message":{"role":"assistant","content":"so"},"done":true,"done_reason":"length",'
        b'"prompt_eval_count":11,"eval_count":5}'
    )
    async with serve([b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", line]) as server:
        provider = OllamaProvider(ROW, catalog=CATALOG, base_url=server.url)
        _, folded, error = await collect(provider, ask())
        await provider.aclose()
    assert (error, folded.message().text, folded.stop_reason) == (None, "so", "max_tokens")
    assert folded.usage == Usage(input_tokens=11, output_tokens=5)


async def test_letters_that_some_take_for_line_ends_stay_in_the_text():
    server = OllamaServer(words="a\u0085b\u2028c\x1dd")
    async with talking(server) as provider:
        _, folded, error = await collect(provider, ask())
    assert (error, folded.message().text) == (None, "a\u0085b\u2028c\x1dd")


async def test_calls_without_ids_get_their_own():
    call = b'{"function":{"name":"read_file","arguments":{"path":"x"}}}'
    line = b'{"message":{"role":"assistant","content":"","tool_calls":[%s,%s]},"done":true}\n' % (call, call)
    async with serve([b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", line]) as server:
        provider = OllamaProvider(ROW, catalog=CATALOG, base_url=server.url)
        _, folded, _ = await collect(provider, ask(tools=(READ_FILE,)))
        await provider.aclose()
    ids = {item.id for item in folded.message().tool_calls}
    assert (len(ids), folded.stop_reason) == (2, "tool_use")


@pytest.mark.parametrize(
    "odd",
    [b"[]", b"3", b'{"message":null}', b'{"message":{"tool_calls":[null,{"function":7}],"content":5}}', b"{}", b" "],
)
async def test_a_line_of_an_odd_shape_is_passed_over(odd: bytes):
    end = b'{"message":{"role":"assistant","content":"fine"},"done":true}\n'
    async with serve([b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", odd + b"\n", end]) as server:
        provider = OllamaProvider(ROW, catalog=CATALOG, base_url=server.url)
        _, folded, error = await collect(provider, ask())
        await provider.aclose()
    assert (error, folded.message().text) == (None, "fine")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("server busy, please try again.  maximum pending requests exceeded", ProviderErrorKind.OVERLOADED),
        ("an error was encountered while running the model: CUDA error", ProviderErrorKind.INTERNAL),
        ("input exceeds the maximum context length", ProviderErrorKind.CONTEXT_OVERFLOW),
    ],
)
async def test_an_error_line_ends_the_stream_with_its_kind(words: str, kind: ProviderErrorKind):
    server = OllamaServer(words="so far", stream_error=words)
    async with talking(server) as provider:
        _, folded, error = await collect(provider, ask())
    assert error is not None
    assert (error.kind, folded.message(complete=False).text) == (kind, "so far")
    assert words.split(".")[0] in str(error)


async def test_a_model_that_is_not_there_comes_with_the_command_that_fetches_it():
    async with talking(OllamaServer()) as provider:
        _, _, error = await collect(provider, ask(model="llama3.2"))
    assert error is not None
    assert (error.kind, error.status) == (ProviderErrorKind.NOT_FOUND, 404)
    assert "'conduit models pull llama3.2'" in str(error)


async def test_a_server_that_does_not_run_comes_with_the_command_that_starts_it():
    async with serve([]) as gone:
        url = gone.url
    provider = OllamaProvider(ROW, catalog=CATALOG, base_url=url)
    for failing in (collect(provider, ask()), provider.list_models()):
        try:
            _, _, error = await failing  # type: ignore[misc]
        except ProviderError as raised:
            error = raised
        assert (error.kind, url in str(error)) == (ProviderErrorKind.NETWORK, True)
        assert "'ollama serve' starts it" in str(error)
    await provider.aclose()


async def test_models_are_listed_shown_and_unloaded():
    server = OllamaServer()
    async with talking(server) as provider:
        assert isinstance(provider, ListsModels)
        assert isinstance(provider, ShowsModels)
        assert isinstance(provider, KeepsModels)
        listed = await provider.list_models()
        shown = await provider.show_model("gpt-oss")
        await collect(provider, ask())
        assert server.loaded == {"qwen3": 8192}
        await provider.unload("qwen3")
    assert listed[0] == ServedModel(
        "qwen3",
        size_bytes=5_225_388_164,
        context_tokens=131_072,
        abilities=frozenset({"completion", "tools", "thinking", "vision"}),
        detail="qwen3 8.2B Q4_K_M",
    )
    assert shown.context_tokens == 131_072
    assert shown.abilities == {"completion", "tools", "thinking", "thinking_levels", "vision"}
    assert (server.loaded, server.refused) == ({}, [])


async def test_a_model_is_pulled_with_progress_and_can_be_used_then():
    server = OllamaServer()
    async with talking(server) as provider:
        steps = [step async for step in provider.pull("llama3.2")]
        _, folded, error = await collect(provider, ask(model="llama3.2"))
    assert steps[0] == PullProgress("pulling manifest")
    assert [step.done_bytes for step in steps if step.done_bytes] == [673125792, 1346251584, 2019377376]
    assert steps[-1].status == "success"
    assert (error, folded.message().text) == (None, "It is done.")


async def test_a_pull_that_fails_or_is_cut_says_so():
    server = OllamaServer()
    async with talking(server) as provider:
        with pytest.raises(ProviderError, match="file does not exist") as failed:
            [step async for step in provider.pull("nonsense")]
        assert failed.value.kind is ProviderErrorKind.NOT_FOUND
        server.truncate(after_chunks=3)
        with pytest.raises(ProviderError) as failed:
            [step async for step in provider.pull("llama3.2")]
    assert failed.value.kind is ProviderErrorKind.NETWORK


async def test_only_the_key_that_was_given_is_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLLAMA_API_KEY", "found")
    monkeypatch.setenv("OLLAMA_HOST", "http://elsewhere.example")
    server = OllamaServer()
    async with talking(server) as provider:
        await collect(provider, ask())
    async with talking(server, api_key="given") as provider:
        await collect(provider, ask())
    sent = [item.headers.get("authorization") for item in server.received if item.target == "/api/chat"]
    assert sent == [None, "Bearer given"]


async def test_the_body_is_what_the_sdks_own_chat_would_send_where_that_keeps_everything():
    import ollama

    server = OllamaServer()
    call, result = call_and_result()
    said = assistant_message("I read", *call.content)
    request = ask("hi", said, result, tools=(READ_FILE,), settings=ModelSettings(temperature=0.5, thinking="low"))
    async with talking(server) as provider:
        await collect(provider, request)
        ours = server.received[-1].body
        sdk = ollama.AsyncClient(host=server.url, trust_env=False)
        answer = await sdk.chat(
            stream=True,
            model="qwen3",
            messages=ours["messages"],
            tools=ours["tools"],
            options=ours["options"],
            think=ours["think"],
        )
        assert [part.done for part in [part async for part in answer]][-1] is True
        theirs = server.received[-1].body
        await sdk.close()
    for message in ours["messages"]:  # what the SDK 0.6 has no field for
        message.pop("tool_call_id", None)
        for item in message.get("tool_calls", []):
            item.pop("id")
    assert theirs == {key: ours[key] for key in ours if key not in ("truncate", "shift")}


def test_every_exception_of_the_sdk_and_its_http_client_has_a_row():
    import httpx
    import ollama

    own = {cls for module in (httpx, ollama) for _, cls in inspect.getmembers(module, inspect.isclass)}
    names = {next(exception_names(cls)) for cls in own if issubclass(cls, Exception)}
    assert names - set(ERROR_KINDS) == set()
    rows = {name for name in ERROR_KINDS if name.startswith(("httpx.", "ollama."))}
    assert rows - names == set(), "rows for what is no more"
