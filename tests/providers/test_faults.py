"""One list of what can go wrong, over every wire: the right kind, nothing lost, and the next request works."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from conduit.errors import RETRYABLE
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import ToolCall
from conduit.providers import anthropic, openai_endpoint
from conduit.providers.faults import exception_names, parse_retry_after
from fakes.byte_server import HEAD, chat_events, gemini_events, message_events, response_events, serve, status
from fakes.response_answers import created, text_item
from fakes.wire_answers import (
    CLOSING,
    TEXT_AND_CALL,
    body_bytes,
    chunk,
    gemini_chunk,
    message_start,
    text_answer,
    text_block,
)
from fakes.wires import READ_FILE, VENDORS, WIRES, call_and_result, collect, mock_url, provider_of, request_for

both = pytest.mark.parametrize("vendor", WIRES)

STATUSES = {
    400: Kind.INVALID_INPUT,
    401: Kind.AUTH,
    402: Kind.BALANCE,
    403: Kind.PERMISSION,
    404: Kind.NOT_FOUND,
    408: Kind.NETWORK,
    413: Kind.CONTEXT_OVERFLOW,
    422: Kind.INVALID_INPUT,
    429: Kind.RATE_LIMIT,
    500: Kind.INTERNAL,
    502: Kind.INTERNAL,
    503: Kind.OVERLOADED,
    504: Kind.INTERNAL,
    529: Kind.OVERLOADED,
}

STREAM_FAULTS: dict[str, Callable[[Any], Any]] = {
    "the connection drops at once": lambda mock: mock.disconnect(after_chunks=0),
    "the connection drops in the middle": lambda mock: mock.disconnect(after_chunks=6),
    "the stream ends at once": lambda mock: mock.truncate(after_chunks=0),
    "the stream ends in the middle": lambda mock: mock.truncate(after_chunks=6),
    "the first chunk is corrupt": lambda mock: mock.corrupt(after_chunks=0),
    "a chunk in the middle is corrupt": lambda mock: mock.corrupt(after_chunks=6),
}


@both
async def test_every_status_has_its_kind_and_the_next_request_works(vendor: str, llmock: Any):
    async with provider_of(vendor, mock_url(llmock, vendor)) as provider:
        for code, kind in STATUSES.items():
            llmock.fail(code)
            _, _, error = await collect(provider, request_for(vendor))
            assert error is not None
            assert (error.kind, error.status, error.provider, error.model) == (
                kind,
                code,
                VENDORS.get(vendor, vendor),
                request_for(vendor).model,
            )
            assert "test-key" not in str(error)
        _, folded, error = await collect(provider, request_for(vendor))
    assert (error, folded.stop_reason) == (None, "end_turn")


@both
@pytest.mark.parametrize("fault", STREAM_FAULTS)
async def test_a_stream_that_breaks_is_a_network_error_and_keeps_what_came(vendor: str, fault: str, llmock: Any):
    llmock.reply("one two three four five six seven eight")
    STREAM_FAULTS[fault](llmock)
    async with provider_of(vendor, mock_url(llmock, vendor)) as provider:
        _, folded, error = await collect(provider, request_for(vendor))
        assert error is not None
        assert (error.kind, folded.stop_reason) == (Kind.NETWORK, None)
        assert "one two three four five six seven eight".startswith(folded.message(complete=False).text)
        assert bool(folded.message(complete=False).text) == ("middle" in fault)
        _, folded, error = await collect(provider, request_for(vendor))
    assert (error, folded.stop_reason) == (None, "end_turn")


@both
async def test_an_overflow_of_the_context_is_told_from_other_bad_requests(vendor: str, llmock: Any):
    llmock.limits(context_window=10)
    async with provider_of(vendor, mock_url(llmock, vendor)) as provider:
        _, _, error = await collect(provider, request_for(vendor, "many words " * 50))
    assert error is not None
    assert (error.kind, error.retryable) == (Kind.CONTEXT_OVERFLOW, False)


@both
async def test_the_wait_that_a_vendor_asks_for_is_kept(vendor: str, llmock: Any):
    llmock.rate_limit(retry_after=7)
    async with provider_of(vendor, mock_url(llmock, vendor)) as provider:
        _, _, error = await collect(provider, request_for(vendor))
    assert error is not None
    assert error.retry_after_s == 7


@both
async def test_text_usage_and_a_stop_reason_arrive(vendor: str, llmock: Any):
    llmock.reply("Hello there, person")
    async with provider_of(vendor, mock_url(llmock, vendor)) as provider:
        events, folded, error = await collect(provider, request_for(vendor, "say hello to me", system="Be kind."))
    assert error is None
    assert folded.message().text == "Hello there, person"
    assert folded.usage.input_tokens > 0
    assert folded.usage.output_tokens > 0
    assert len([event for event in events if event.type == "block_delta"]) == 3
    assert events[-1].type == "stop"


@both
async def test_a_tool_is_called_and_its_result_is_answered(vendor: str, llmock: Any):
    async with provider_of(vendor, mock_url(llmock, vendor)) as provider:
        _, folded, _ = await collect(provider, request_for(vendor, "read the file", tools=(READ_FILE,)))
        (call,) = folded.message().tool_calls
        assert (call.name, call.malformed, folded.stop_reason) == ("read_file", None, "tool_use")
        turn = ("read the file", folded.message(), call_and_result(call.id)[1])
        _, folded, error = await collect(provider, request_for(vendor, *turn, tools=(READ_FILE,)))
    assert (error, folded.stop_reason) == (None, "end_turn")


@pytest.mark.parametrize("vendor", [wire for wire in WIRES if wire != "google"])  # its arguments are no text
async def test_arguments_that_are_no_json_are_kept_for_the_model_to_see(vendor: str, llmock: Any):
    llmock.break_tool_call("malformed_arguments")
    async with provider_of(vendor, mock_url(llmock, vendor)) as provider:
        _, folded, error = await collect(provider, request_for(vendor, "read the file", tools=(READ_FILE,)))
    assert error is None
    (call,) = folded.message().tool_calls
    assert call.malformed
    assert call.arguments == {}


@both
async def test_text_and_a_call_in_one_answer_come_out_whole(vendor: str):
    async with serve(TEXT_AND_CALL[vendor]) as server, provider_of(vendor, server.url) as provider:
        _, folded, error = await collect(provider, request_for(vendor, tools=(READ_FILE,)))
    assert error is None
    assert folded.message().text == "Größe 😀 ok"
    calls = [call.model_copy(update={"provider_data": None}) for call in folded.message().tool_calls]
    assert calls == [ToolCall(id="call_1", name="read_file", arguments={"path": "a.py"})]
    assert (folded.stop_reason, folded.usage.input_tokens, folded.usage.output_tokens) == ("tool_use", 5, 9)


@both
async def test_a_cut_after_any_byte_loses_nothing_and_is_never_taken_for_an_answer(vendor: str):
    body = body_bytes(vendor)
    # What comes after the closing event does not matter.
    end = body.index(CLOSING[vendor])
    cuts = [*range(0, end, 13), *range(body.index(b"\xc3"), body.index(b"\xc3") + 6), end]
    async with serve(*([HEAD, body[:cut]] for cut in cuts)) as server, provider_of(vendor, server.url) as provider:
        for _ in cuts:
            _, folded, error = await collect(provider, request_for(vendor, tools=(READ_FILE,)))
            assert error is not None
            assert (error.kind, folded.stop_reason) == (Kind.NETWORK, None)
            partial = folded.message(complete=False)
            assert "Größe 😀 ok".startswith(partial.text)
            assert partial.tool_calls == ()


@both
async def test_no_half_of_a_character_and_no_nul_leaves_a_wire(vendor: str):
    pieces = ("smile \ud83d", "\ude00 half \ud83d", " end\0", "\ud83d")
    async with serve(text_answer(vendor, *pieces)) as server, provider_of(vendor, server.url) as provider:
        events, _, error = await collect(provider, request_for(vendor))
    shown = [event.text for event in events if event.type == "block_delta"]
    assert (error, shown) == (None, ["smile ", "😀 half ", "\ufffd end\ufffd", "\ufffd"])


@both
async def test_the_bytes_may_come_one_by_one(vendor: str):
    pieces = [bytes([byte]) for byte in body_bytes(vendor)]
    async with serve([HEAD, *pieces]) as server, provider_of(vendor, server.url) as provider:
        _, folded, error = await collect(provider, request_for(vendor))
    assert (error, folded.message().text) == (None, "Größe 😀 ok")


@both
async def test_a_server_that_falls_silent_is_given_up_after_the_read_timeout(vendor: str):
    started = TEXT_AND_CALL[vendor][:6]
    async with serve([*started, None]) as server, provider_of(vendor, server.url, read_timeout_s=0.2) as provider:
        _, folded, error = await collect(provider, request_for(vendor))
    assert error is not None
    assert (error.kind, bool(folded.message(complete=False).text)) == (Kind.NETWORK, True)


@both
async def test_closing_the_stream_early_hangs_up(vendor: str):
    async with serve([*TEXT_AND_CALL[vendor][:6], None]) as server, provider_of(vendor, server.url) as provider:
        async with aclosing(provider.stream(request_for(vendor))) as stream:
            async for event in stream:
                if event.type == "block_delta":
                    break
        await asyncio.wait_for(server.closed_by_client.wait(), 30)


@both
async def test_a_cancel_while_waiting_for_the_first_byte_is_a_cancel(vendor: str):
    async with serve([None]) as server, provider_of(vendor, server.url) as provider:
        task = asyncio.create_task(collect(provider, request_for(vendor)))
        async with asyncio.timeout(30):
            while not server.received:
                await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.closed_by_client.wait(), 30)


@both
async def test_a_dead_endpoint_is_one_clear_message(vendor: str):
    async with serve([]) as server:
        url = server.url
    async with provider_of(vendor, url) as provider:
        _, _, error = await collect(provider, request_for(vendor))
    assert error is not None
    assert error.kind is Kind.NETWORK
    assert url in str(error)
    assert "\n" not in str(error)


@both
async def test_a_page_in_place_of_a_stream_is_a_matter_of_configuration(vendor: str):
    page = [b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>Sign in</html>"]
    async with serve(page) as server, provider_of(vendor, server.url) as provider:
        _, _, error = await collect(provider, request_for(vendor))
    assert error is not None
    assert (error.kind, "text/html" in str(error)) == (Kind.CONFIG, True)


@both
async def test_a_redirect_does_not_carry_the_conversation_to_another_host(vendor: str):
    async with serve(TEXT_AND_CALL[vendor]) as other, serve(status(307, {}, location=other.url)) as server:
        async with provider_of(vendor, server.url) as provider:
            _, _, error = await collect(provider, request_for(vendor))
        assert error is not None
        assert (error.kind, other.received) == (Kind.CONFIG, [])


@both
async def test_a_url_that_is_none_is_a_matter_of_configuration(vendor: str):
    async with provider_of(vendor, "nonsense") as provider:
        _, _, error = await collect(provider, request_for(vendor))
    assert error is not None
    assert error.kind is Kind.CONFIG


@both
async def test_the_proxy_of_the_environment_is_used(vendor: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    async with serve(TEXT_AND_CALL[vendor]) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with provider_of(vendor, "http://models.example/v1") as provider:
            _, folded, error = await collect(provider, request_for(vendor))
        assert (error, folded.message().text) == (None, "Größe 😀 ok")
        assert proxy.received[0].target.startswith("http://models.example/")


@both
async def test_a_tls_connection_goes_through_the_proxy_of_the_environment(vendor: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    async with serve(status(403, {})) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with provider_of(vendor, "https://models.example/v1") as provider:
            _, _, error = await collect(provider, request_for(vendor))
        assert error is not None
        assert (error.kind, proxy.received[0].target) == (Kind.CONFIG, "models.example:443")


@both
async def test_an_endpoint_on_this_machine_is_reached_without_the_proxy(vendor: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.delenv("no_proxy")
    async with serve(status(403, {})) as proxy, serve(TEXT_AND_CALL[vendor]) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with provider_of(vendor, server.url) as provider:
            _, _, error = await collect(provider, request_for(vendor))
        assert (error, proxy.received) == (None, [])


@both
async def test_a_proxy_that_needs_another_package_is_a_matter_of_configuration(
    vendor: str, monkeypatch: pytest.MonkeyPatch
):
    for name in ("ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "socks5://127.0.0.1:9")
    async with provider_of(vendor, "http://models.example/v1") as provider:
        _, _, error = await collect(provider, request_for(vendor))
    assert error is not None
    assert (error.kind, "SOCKS" in str(error)) == (Kind.CONFIG, True)


@both
async def test_a_key_of_another_vendor_in_the_environment_is_never_sent(vendor: str, monkeypatch: pytest.MonkeyPatch):
    keys = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GEMINI_API_KEY", "GOOGLE_API_KEY")
    for name in (*keys, "OPENAI_ORG_ID"):
        monkeypatch.setenv(name, "secret")
    wanted = {"openai": "custom", "openai_responses": "custom_responses"}.get(vendor, vendor)
    async with serve(TEXT_AND_CALL[vendor]) as server, provider_of(wanted, server.url, api_key=None) as provider:
        _, _, error = await collect(provider, request_for(wanted))
        assert error is None
    sent = server.received[0].headers
    assert "secret" not in json.dumps(sent)
    assert not {"authorization", "x-api-key", "x-goog-api-key", "openai-organization"} & set(sent)


async def test_an_error_inside_the_stream_has_its_own_kind():
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    answers = {
        "anthropic": message_events(message_start(), *text_block("so far"), overloaded),
        "openai": chat_events(chunk({"content": "so far"}), {"error": {"type": "overloaded_error", "message": "busy"}}),
        "google": gemini_events(
            gemini_chunk({"text": "so far"}), {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}
        ),
        "openai_responses": response_events(
            created(), *text_item(0, "so far"), {"type": "error", "code": "overloaded_error", "message": "busy"}
        ),
    }
    for vendor, answer in answers.items():
        async with serve(answer) as server, provider_of(vendor, server.url) as provider:
            _, folded, error = await collect(provider, request_for(vendor))
        assert error is not None
        assert (error.kind, folded.message(complete=False).text) == (Kind.OVERLOADED, "so far")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "4"}, 4.0),
        ({"retry-after": "1e9"}, 1e9),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1 Nov 99999999999999999999 1:2 0"}, None),
        ({"retry-after": "1 Nov -9999999 99999999999999999999 1:2 0"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_in_seconds_milliseconds_or_as_a_date(headers: dict[str, str], seconds: float | None):
    assert parse_retry_after(headers, now_s=1795262400.0) == seconds


@pytest.mark.parametrize(
    ("package", "root", "table"),
    [
        ("openai", "OpenAIError", openai_endpoint.ERROR_KINDS),
        ("anthropic", "AnthropicError", anthropic.ERROR_KINDS),
    ],
)
def test_every_exception_of_the_sdk_and_its_http_client_has_a_row(package: str, root: str, table: dict[str, Kind]):
    members = set()
    for name in (f"{package}._exceptions", "httpx2._exceptions"):
        module = importlib.import_module(name)
        classes = [
            cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__.split(".")[0] in name
        ]
        members |= {cls for cls in classes if issubclass(cls, Exception) and not issubclass(cls, Warning)}
    named = _descendants(getattr(importlib.import_module(package), root)) - members
    assert {_own(cls) for cls in members} - set(table) == set()
    # What has no row of its own counts as its base; that must not lead to a retry that nobody thought about.
    bases = {cls: next(name for name in exception_names(cls) if name in table) for cls in named}
    assert {_own(cls) for cls, base in bases.items() if base != _own(cls) and table[base] in RETRYABLE} == set()
    rows = {name for name in table if name.startswith((f"{package}.", "httpx2."))}
    assert rows - {_own(cls) for cls in members | named} == set(), "rows for what is no more"


async def test_a_spend_limit_is_no_rate_limit_that_a_retry_could_wait_out():
    details = {"error_code": "enforced_spend_limit_reached"}
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "spent", "details": details}}
    async with serve(status(429, body)) as server, provider_of("anthropic", server.url) as provider:
        _, _, error = await collect(provider, request_for("anthropic"))
    assert error is not None
    assert (error.kind, error.retryable) == (Kind.QUOTA, False)
    body = {"error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "spent"}}
    async with serve(status(429, body)) as server, provider_of("openai", server.url) as provider:
        _, _, error = await collect(provider, request_for("openai"))
    assert error is not None
    assert (error.kind, error.retryable) == (Kind.QUOTA, False)


def _own(cls: type[BaseException]) -> str:
    return next(exception_names(cls))


def _descendants(cls: type[BaseException]) -> set[type[BaseException]]:
    return {cls}.union(*(_descendants(child) for child in cls.__subclasses__()))
