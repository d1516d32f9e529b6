"""What is particular to Gemini: thoughts and their signatures, calls without ids, block reasons, what is refused."""

from __future__ import annotations

import base64
import importlib
import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from conduit.catalog.catalog import Catalog
from conduit.errors import RETRYABLE, ProviderError
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import (
    Audio,
    Document,
    Image,
    ProviderData,
    Source,
    Sources,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from conduit.messages.message import Message, Usage, assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.providers.answer_guard import DamagedAnswer
from conduit.providers.base import CountsTokens, ListsModels
from conduit.providers.faults import exception_names
from conduit.providers.google import encode_request
from conduit.providers.google_endpoint import ERROR_KINDS
from conduit.providers.google_lines import EventLines
from fakes.byte_server import gemini_events, serve, status
from fakes.gemini_server import GeminiServer, RefusedError, check_request, serve_gemini
from fakes.wire_answers import gemini_chunk
from fakes.wires import READ_FILE, collect, provider_of, request_for

CATALOG = Catalog.packaged()
VENDOR = CATALOG.vendor("google")
FLASH, LITE, ARGON = "gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-4-argon"
COUNTS = {"promptTokenCount": 5, "candidatesTokenCount": 9, "totalTokenCount": 14}
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}}
PNG = base64.b64encode(b"\x89PNG\xff\xfe").decode()


def call_part(name: str = "read_file", signature: str | None = None, **given: Any) -> dict[str, Any]:
    part: dict[str, Any] = {"functionCall": {"name": name, "args": {"path": "a.py"}, **given}}
    return {**part, "thoughtSignature": signature} if signature else part


def end(*parts: dict[str, Any], finish: str = "STOP", **more: Any) -> dict[str, Any]:
    return gemini_chunk(*parts, finish=finish, usageMetadata=COUNTS, **more)


async def answer_of(*chunks: dict[str, Any], **options: Any) -> Any:
    async with serve(gemini_events(*chunks)) as server, provider_of("google", server.url) as provider:
        return await collect(provider, request_for("google", **options))


async def ask(server: GeminiServer, *messages: Any, **options: Any) -> Any:
    async with provider_of("google", server.url) as provider:
        _, folded, error = await collect(provider, request_for("google", *messages, **options))
    assert error is None, error
    return folded


def config_of(model: str, **options: Any) -> dict[str, Any]:
    request = ModelRequest(model=model, messages=(user_message("hi"),), **options)
    return encode_request(request, VENDOR, CATALOG.describe("google", model))["config"]


async def test_thoughts_become_thinking_and_are_not_part_of_the_answer():
    _, folded, error = await answer_of(
        gemini_chunk({"text": "let me ", "thought": True}),
        gemini_chunk({"text": "see", "thought": True}),
        gemini_chunk({"text": "Yes."}),
        end(),
    )
    assert error is None
    assert folded.message().content == (Thinking(text="let me see"), Text(text="Yes."))


async def test_usage_counts_thoughts_as_output_and_what_a_cache_gave_as_input():
    counts = {
        "promptTokenCount": 50,
        "candidatesTokenCount": 9,
        "thoughtsTokenCount": 30,
        "cachedContentTokenCount": 40,
    }
    _, folded, _ = await answer_of(gemini_chunk({"text": "ok"}, finish="STOP", usageMetadata=counts))
    assert folded.usage == Usage(input_tokens=50, output_tokens=39, cache_read_tokens=40, reasoning_tokens=30)
    assert folded.request_id == "r-1"


async def test_signatures_go_back_on_the_very_parts_that_they_came_on():
    async with serve_gemini() as server:
        marks = [server.sign(FLASH, mark) for mark in ("call", "text", "empty")]
        server.answers = [
            [gemini_chunk(call_part(signature=marks[0], id="f-1"), call_part("list_files", id="f-2")), end()],
            [gemini_chunk({"text": "It "}), gemini_chunk({"text": "is.", "thoughtSignature": marks[1]}), end()],
            [gemini_chunk({"text": "So."}), end({"text": "", "thoughtSignature": marks[2]})],
            [end({"text": "ok"})],
        ]
        called = (await ask(server, "go", tools=(READ_FILE,))).message()
        results = tool_message([ToolResult(call_id=call.id, text="1") for call in called.tool_calls])
        first = (await ask(server, "go", called, results, tools=(READ_FILE,))).message()
        turn = (user_message("go"), called, results, first, user_message("on"))
        second = (await ask(server, *turn)).message()
        await ask(server, *turn, second, "and?")
    assert server.refused == []
    sent = server.asked[-1]["contents"]
    assert sent[1]["parts"] == [
        {"functionCall": {"id": "f-1", "name": "read_file", "args": {"path": "a.py"}}, "thoughtSignature": marks[0]},
        {"functionCall": {"id": "f-2", "name": "list_files", "args": {"path": "a.py"}}},
    ]
    assert [part["functionResponse"] for part in sent[2]["parts"]] == [
        {"id": "f-1", "name": "read_file", "response": {"output": "1"}},
        {"id": "f-2", "name": "list_files", "response": {"output": "1"}},
    ]
    assert sent[3]["parts"] == [{"text": "It "}, {"text": "is.", "thoughtSignature": marks[1]}]
    assert sent[5]["parts"] == [{"text": "So."}, {"text": "", "thoughtSignature": marks[2]}]


async def test_another_model_gets_no_signature_of_this_one_but_the_mark_that_stands_for_one():
    async with serve_gemini() as server:
        signature = server.sign(FLASH, "call")
        server.answers = [
            [gemini_chunk({"text": "hm", "thought": True}), end(call_part(signature=signature, id="f-1"))],
            [end({"text": "ok"})],
        ]
        called = (await ask(server, "go", tools=(READ_FILE,))).message()
        results = tool_message([ToolResult(call_id=called.tool_calls[0].id, text="no such file", is_error=True)])
        await ask(server, "go", called, results, model=ARGON)
    (part,) = server.asked[-1]["contents"][1]["parts"]
    assert base64.urlsafe_b64decode(part["thoughtSignature"]) == b"skip_thought_signature_validator"
    assert part["functionCall"] == {"name": "read_file", "args": {"path": "a.py"}}
    answer = server.asked[-1]["contents"][2]["parts"][0]["functionResponse"]
    assert answer == {"name": "read_file", "response": {"error": "no such file"}}


async def test_a_conversation_of_other_wires_with_calls_thinking_and_a_picture_is_accepted():
    foreign = ProviderData(wire="anthropic", data={"model": "m", "signature": "s"})
    calls = (ToolCall(id="toolu_1", name="read_file", arguments={"path": "a"}), ToolCall(id="toolu_2", name="x"))
    history = (
        user_message("look", Image(media_type="image/png", data=PNG)),
        assistant_message(Thinking(text="hm", provider_data=foreign), "well", *calls),
        tool_message([ToolResult(call_id="toolu_1", text="one")]),
        assistant_message("done"),
        user_message("and now?"),
    )
    async with serve_gemini() as server:
        assert (await ask(server, *history, tools=(READ_FILE,))).message().text == "ok"
    assert server.asked[0]["contents"][0]["parts"][1]["inlineData"]["mimeType"] == "image/png"
    assert [set(part) for part in server.asked[0]["contents"][1]["parts"]] == [
        {"text"},
        {"functionCall", "thoughtSignature"},
        {"functionCall"},
    ]


words = st.sampled_from(["", " ", "hello", "a\0b", "\ud800 half"])
ids = st.sampled_from(["a", "b", "functions.read:0", "", "x" * 70])
kept = st.sampled_from(
    [
        None,
        ProviderData(wire="anthropic", data={"model": FLASH, "signature": "s"}),
        ProviderData(wire="google", data={"model": FLASH, "signature": "YWJj", "on": "text"}),
        ProviderData(wire="google", data={"model": FLASH, "signature": "YWJj", "on": "thought"}),
        ProviderData(wire="google", data={"model": FLASH, "id": "f-1"}),
        ProviderData(wire="google", data=[]),
    ]
)
blocks = st.one_of(
    st.builds(Text, text=words),
    st.builds(Thinking, text=words, provider_data=kept),
    st.builds(ToolCall, id=ids, name=st.sampled_from(["read_file", "no such tool!", "", "9"]), provider_data=kept),
    st.builds(ToolResult, call_id=ids, text=words, is_error=st.booleans()),
)
conversations = st.lists(
    st.builds(
        Message, role=st.sampled_from(["user", "assistant", "tool"]), content=st.lists(blocks, max_size=4).map(tuple)
    ),
    max_size=8,
)


def as_sent(call: dict[str, Any]) -> list[dict[str, Any]]:
    """Spell the contents as the SDK does."""
    names = {"function_call": "functionCall", "function_response": "functionResponse", "inline_data": "inlineData"}
    names["thought_signature"] = "thoughtSignature"

    def part(given: dict[str, Any]) -> dict[str, Any]:
        spelt = {names.get(name, name): value for name, value in given.items()}
        if raw := spelt.get("thoughtSignature"):
            spelt["thoughtSignature"] = base64.urlsafe_b64encode(raw).decode()
        return spelt

    return [{"role": item["role"], "parts": [part(given) for given in item["parts"]]} for item in call["contents"]]


@given(conversations)
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_conversation_becomes_one_that_the_vendor_accepts(conversation: list[Message]):
    request = ModelRequest(model=FLASH, messages=tuple(conversation))
    check_request(FLASH, {"contents": as_sent(encode_request(request, VENDOR, CATALOG.describe("google", FLASH)))})


async def test_calls_without_an_id_get_one_of_their_own_which_is_not_sent_back():
    async with serve_gemini([end(call_part(), call_part())], [end({"text": "ok"})]) as server:
        called = (await ask(server, "go", tools=(READ_FILE,))).message()
        one, two = called.tool_calls
        assert one.id != two.id
        results = tool_message([ToolResult(call_id=call.id, text=call.id) for call in called.tool_calls])
        await ask(server, "go", called, results, tools=(READ_FILE,))
    assert "id" not in server.asked[1]["contents"][1]["parts"][0]["functionCall"]
    assert server.asked[1]["contents"][2]["parts"][0]["functionResponse"]["response"] == {"output": one.id}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("STOP", "end_turn"),
        ("MAX_TOKENS", "max_tokens"),
        ("SAFETY", "refusal"),
        ("RECITATION", "refusal"),
        ("LANGUAGE", "refusal"),
        ("BLOCKLIST", "refusal"),
        ("PROHIBITED_CONTENT", "refusal"),
        ("SPII", "refusal"),
        ("TOO_MANY_TOOL_CALLS", "end_turn"),
    ],
)
async def test_every_finish_reason_is_read(said: str, reason: str):
    _, folded, error = await answer_of(gemini_chunk({"text": "hm"}), gemini_chunk(finish=said))
    assert (folded.stop_reason, error) == (reason, None)


@pytest.mark.filterwarnings("ignore:SOMETHING_NEW")
async def test_a_finish_reason_that_nobody_knows_yet_is_an_end():
    _, folded, error = await answer_of(end({"text": "hm"}, finish="SOMETHING_NEW"))
    assert (folded.stop_reason, error) == ("end_turn", None)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("OTHER", Kind.INTERNAL),
        ("MALFORMED_RESPONSE", Kind.INTERNAL),
        ("MISSING_THOUGHT_SIGNATURE", Kind.INVALID_INPUT),
        ("PUP_LIMITED_DISABLED", Kind.PERMISSION),
    ],
)
async def test_an_end_that_is_none_is_an_error_and_keeps_what_came(said: str, kind: Kind):
    _, folded, error = await answer_of(gemini_chunk({"text": "so far"}), gemini_chunk(finish=said))
    assert error is not None
    assert (error.kind, folded.message(complete=False).text, said in str(error)) == (kind, "so far", True)


async def test_a_blocked_prompt_is_a_refusal_that_names_the_reason():
    _, folded, error = await answer_of({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "responseId": "r"})
    assert error is not None
    assert (error.kind, error.retryable, folded.message().content) == (Kind.REFUSED, False, ())
    assert "PROHIBITED_CONTENT" in str(error)


@pytest.mark.parametrize("said", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"])
async def test_a_call_that_the_vendor_could_not_read_goes_back_to_the_model_as_a_failed_one(said: str):
    _, folded, error = await answer_of(gemini_chunk(finish=said), tools=(READ_FILE,))
    assert (error, folded.stop_reason) == (None, "tool_use")
    (call,) = folded.message().tool_calls
    assert (call.arguments, said in (call.malformed or "")) == ({}, True)


async def test_the_pages_of_a_grounded_answer_are_its_sources():
    chunk = end({"text": "It rains."})
    pages = [{"web": {"uri": "https://weather.example/x", "title": "Weather"}}, {"retrievedContext": {"uri": "gs://x"}}]
    chunk["candidates"][0]["groundingMetadata"] = {"groundingChunks": pages}
    _, folded, error = await answer_of(chunk)
    assert error is None
    assert folded.message().content[-1] == Sources(sources=(Source(url="https://weather.example/x", title="Weather"),))


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"candidates": []},
        {"candidates": [{"index": 0}]},
        {"candidates": [{"content": {"role": "model"}}]},
        {"candidates": [{"content": {"parts": [{"executableCode": {"code": "1", "language": "PYTHON"}}]}}]},
        {"candidates": [{"content": {"parts": [{"somethingNew": {"a": 1}}]}}], "newField": 1},
        {"usageMetadata": {"promptTokenCount": -5, "candidatesTokenCount": None}},
    ],
)
async def test_a_chunk_of_an_odd_shape_is_no_crash(odd: dict[str, Any]):
    _, folded, error = await answer_of(odd, end({"text": "fine"}))
    assert (error, folded.message().text) == (None, "fine")


@pytest.mark.parametrize(
    "wrong", [{"candidates": 7}, {"error": "text"}, {"error": {"message": "no code"}}, {"error": None}]
)
async def test_a_chunk_that_the_sdk_cannot_read_is_an_error_of_ours(wrong: dict[str, Any]):
    _, folded, error = await answer_of(gemini_chunk({"text": "so far"}), wrong)
    assert error is not None
    assert folded.message(complete=False).text == "so far"


async def test_the_whole_request_arrives_as_the_vendor_documents_it():
    settings = ModelSettings(thinking="max", stop=("END",), temperature=0.2, top_k=3, seed=1, max_tokens=4000)
    async with serve_gemini() as server:
        await ask(server, "hello", system="Be kind.", tools=(READ_FILE,), settings=settings)
    assert server.asked == [
        {
            "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
            "systemInstruction": {"role": "user", "parts": [{"text": "Be kind."}]},
            "tools": [
                {
                    "functionDeclarations": [
                        {
                            "name": "read_file",
                            "description": "Read a file",
                            "parametersJsonSchema": READ_FILE.input_schema,
                        }
                    ]
                }
            ],
            "generationConfig": {
                "maxOutputTokens": 4000,
                "stopSequences": ["END"],
                "seed": 1,
                "temperature": 0.2,
                "topK": 3,
                "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"},
            },
        }
    ]


async def test_a_schema_is_asked_for_natively_and_vendor_extras_go_into_the_body():
    extra = {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]}
    async with serve_gemini([end({"text": '{"title":"T"}'})]) as server:
        settings = ModelSettings(extra=extra, seed=3)
        folded = await ask(server, "hello", response_schema=SCHEMA, settings=settings)
    assert folded.message().text == '{"title":"T"}'
    (sent,) = server.asked
    assert sent["safetySettings"] == extra["safetySettings"]
    assert sent["generationConfig"] | {"thinkingConfig": None} == {
        "seed": 3,
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
        "thinkingConfig": None,
    }


@pytest.mark.parametrize(("choice", "mode"), [("auto", None), ("required", "ANY"), ("none", "NONE")])
async def test_a_tool_can_be_forced_or_forbidden(choice: Any, mode: str | None):
    async with serve_gemini() as server:
        await ask(server, "hello", tools=(READ_FILE,), settings=ModelSettings(tool_choice=choice))
    assert server.asked[0].get("toolConfig") == (mode and {"functionCallingConfig": {"mode": mode}})


async def test_documents_and_recordings_are_sent_as_they_are():
    pdf = Document(media_type="application/pdf", data=PNG, name="a.pdf")
    text = Document(media_type="text/plain", data=base64.b64encode(b"words").decode(), name="a.txt")
    async with serve_gemini() as server:
        await ask(server, user_message("see", pdf, text, Audio(media_type="audio/wav", data=PNG)))
    parts = server.asked[0]["contents"][0]["parts"]
    assert [part.get("inlineData", {}).get("mimeType") for part in parts] == [
        None,
        "application/pdf",
        None,
        "audio/wav",
    ]
    assert base64.urlsafe_b64decode(parts[1]["inlineData"]["data"]) == base64.b64decode(PNG)
    assert parts[2] == {"text": "a.txt:\nwords"}


@pytest.mark.parametrize(
    ("model", "level", "thinking"),
    [
        (FLASH, None, {"include_thoughts": True}),
        (FLASH, "low", {"include_thoughts": True, "thinking_level": "LOW"}),
        (FLASH, "max", {"include_thoughts": True, "thinking_level": "HIGH"}),
        (FLASH, "off", {"thinking_level": "LOW"}),
        (LITE, "off", {"thinking_level": "MINIMAL"}),
        ("gemini-new", "high", None),
    ],
)
def test_each_model_is_asked_to_think_in_its_own_way(model: str, level: Any, thinking: Any):
    assert config_of(model, settings=ModelSettings(thinking=level)).get("thinking_config") == thinking


@pytest.mark.parametrize(
    ("level", "off", "thinking"),
    [
        ("medium", None, {"include_thoughts": True, "thinking_budget": 8192}),
        ("off", "disabled", {"thinking_budget": 0}),
        ("off", "always_on", {"include_thoughts": True}),
    ],
)
def test_a_model_of_the_second_generation_gets_a_budget(level: Any, off: Any, thinking: Any):
    info = CATALOG.describe("google", "gemini-2.5-flash")
    can = info.capabilities.model_copy(update={"thinking": "budget", "thinking_off": off})
    request = ModelRequest(model=info.name, messages=(user_message("hi"),), settings=ModelSettings(thinking=level))
    call = encode_request(request, VENDOR, info.model_copy(update={"capabilities": can}))
    assert call["config"]["thinking_config"] == thinking


def test_a_model_that_ignores_sampling_is_not_sent_any():
    config = config_of(ARGON, settings=ModelSettings(temperature=0.1, top_p=0.2, top_k=3))
    assert not {"temperature", "top_p", "top_k"} & set(config)


DAILY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}],
}
WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}


@pytest.mark.parametrize(
    ("refusal", "kind", "wait"),
    [
        (RefusedError(429, "You exceeded your current quota", WAIT), Kind.RATE_LIMIT, 34.5),
        (RefusedError(429, "You exceeded your current quota", DAILY, WAIT), Kind.QUOTA, 34.5),
        (RefusedError(429, "Your prepayment credits are depleted."), Kind.BALANCE, None),
        (
            RefusedError(400, "The input token count (2) exceeds the maximum number of tokens allowed (1)."),
            Kind.CONTEXT_OVERFLOW,
            None,
        ),
        (RefusedError(403, "Your project has been denied access."), Kind.PERMISSION, None),
        (RefusedError(404, "models/x is not found for API version v1beta"), Kind.NOT_FOUND, None),
    ],
)
async def test_a_refusal_has_the_kind_that_its_details_tell(refusal: RefusedError, kind: Kind, wait: float | None):
    async with serve_gemini(refusal) as server, provider_of("google", server.url) as provider:
        _, _, error = await collect(provider, request_for("google"))
    assert error is not None
    assert (error.kind, error.retry_after_s, error.status) == (kind, wait, refusal.code)
    assert str(refusal) in str(error) or kind is Kind.AUTH


async def test_a_wrong_key_is_a_matter_of_the_key_although_the_vendor_says_bad_request():
    async with serve_gemini(key="another") as server, provider_of("google", server.url) as provider:
        _, _, error = await collect(provider, request_for("google"))
    assert error is not None
    assert (error.kind, "GEMINI_API_KEY" in str(error)) == (Kind.AUTH, True)


async def test_a_page_of_a_proxy_with_an_error_status_is_not_shown_as_its_words():
    page = [b"HTTP/1.1 502 X\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html><h1>Bad</h1></html>"]
    async with serve(page) as server, provider_of("google", server.url) as provider:
        _, _, error = await collect(provider, request_for("google"))
    assert error is not None
    assert (error.kind, "<" in str(error)) == (Kind.INTERNAL, False)


def mended(*pieces: bytes) -> bytes:
    lines = EventLines()
    return b"".join([*(line for piece in pieces for line in lines.feed(piece)), lines.finish()])


def test_what_the_sdk_cannot_take_is_mended_on_the_way_and_the_rest_is_left_alone():
    event = b'data: {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 5}}\r\n'
    assert mended(event, b"\r\n") == event + b"\r\n"
    assert mended(b": ping\n\nid: 1\nevent: x\n", event) == b"\n" + event
    assert mended(b'data:{"a": 1}\n') == b'data: {"a": 1}\n'
    assert mended(b"data: null\ndata: [1]\ndata: 5\n") == b""
    odd = b'data: {"usageMetadata": {"aCount": "x", "bCount": 2, "cCount": -1, "dCount": true, "modality": "TEXT"}}\n'
    assert mended(odd) == b'data: {"usageMetadata": {"bCount": 2, "modality": "TEXT"}}\n'
    assert mended(b'data: {"candidates": [null, {"finishReason": 3}], "usageMetadata": 1}\n') == (
        b'data: {"candidates": [{}]}\n'
    )
    assert mended(b'{\n"error": {}\n}') == b'{\n"error": {}\n}'
    assert mended(b'data: {"cut') == b'data: {"cut'


def test_the_lines_before_a_damaged_one_come_out_first():
    lines = EventLines()
    given = lines.feed(b'data: {"a": 1}\ndata: {"b": "\xc3("}\n')
    assert next(given) == b'data: {"a": 1}\n'
    with pytest.raises(DamagedAnswer):
        next(given)
    deep = b'data: {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    with pytest.raises(DamagedAnswer):
        list(EventLines().feed(deep))


async def test_a_stream_that_breaks_after_its_closing_event_is_an_answer():
    answer = [*gemini_events(end({"text": "ok"})), b"data: {"]
    async with serve(answer) as server, provider_of("google", server.url) as provider:
        _, folded, error = await collect(provider, request_for("google"))
    assert (error, folded.stop_reason) == (None, "end_turn")


async def test_tokens_are_counted_with_the_system_text_and_the_tools():
    async with serve_gemini() as server, provider_of("google", server.url) as provider:
        assert isinstance(provider, CountsTokens)
        bare = await provider.count_tokens(request_for("google", "hello"))
        whole = await provider.count_tokens(request_for("google", "hello", system="Be kind.", tools=(READ_FILE,)))
    assert 0 < bare < whole
    assert server.refused == []


async def test_the_models_that_answer_are_listed():
    async with serve_gemini() as server, provider_of("google", server.url) as provider:
        assert isinstance(provider, ListsModels)
        (model,) = await provider.list_models()
    assert (model.name, model.context_tokens, model.abilities) == (FLASH, 1048576, None)


async def test_counting_and_listing_fail_with_an_error_of_ours():
    busy = status(503, {"error": {"code": 503, "message": "busy"}})
    async with serve(busy) as server, provider_of("google", server.url) as provider:
        with pytest.raises(ProviderError) as listing:
            await provider.list_models()
        with pytest.raises(ProviderError) as counting:
            await provider.count_tokens(request_for("google"))
    assert {listing.value.kind, counting.value.kind} == {Kind.OVERLOADED}


def test_every_exception_of_the_sdk_has_a_row():
    found = {
        cls
        for name in ("google.genai.errors", "google.genai._api_client")
        for _, cls in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if cls.__module__ == name and issubclass(cls, Exception) and not issubclass(cls, Warning)
    }
    named = {next(exception_names(cls)) for cls in found}
    assert named - set(ERROR_KINDS) == set()
    assert {name for name in ERROR_KINDS if name.startswith("google.")} - named == set(), "rows for what is no more"
    assert {name for name in named if ERROR_KINDS[name] in RETRYABLE} == {
        "google.UnknownApiResponseError",
        "google.ContinuationInterruptedError",
        "google.UnknownFunctionCallArgumentError",
        "google.UnsupportedFunctionError",
        "google.FunctionInvocationError",
    }
