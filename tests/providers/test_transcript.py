"""Whatever was stored, what is sent is valid for both wires."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities, WireName
from conduit.messages.content import ProviderData, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message, assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest
from conduit.providers import anthropic, dashscope, ollama_request, openai_chat, openai_responses
from conduit.providers.base import ServedModel
from conduit.providers.transcript import CONTINUE, INTERRUPTED, sendable, transcript_faults, transcript_is_valid
from fakes.dashscope_server import check_body
from fakes.ollama_server import Model, check_chat
from fakes.transcript_rules import assert_valid_chat, assert_valid_messages, assert_valid_responses

CATALOG = Catalog.packaged()

words = st.sampled_from(["", " ", "hello", "a\0b", "\ud800 half", "<think>"])
ids = st.sampled_from(["a", "b", "call_1", "functions.read:0", "", "x" * 60])
data = st.sampled_from(
    [
        None,
        ProviderData(wire="anthropic", data={"model": "m", "signature": "s"}),
        ProviderData(
            wire="openai_responses",
            data={
                "vendor": "openai",
                "model": "m",
                "item": {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "x"},
            },
        ),
        ProviderData(wire="other", data=1),
    ]
)
blocks = st.one_of(
    st.builds(Text, text=words),
    st.builds(Thinking, text=words, provider_data=data),
    st.builds(ToolCall, id=ids, name=st.sampled_from(["read_file", "no such tool!", "", "7up", "x" * 90])),
    st.builds(ToolResult, call_id=ids, text=words, is_error=st.booleans()),
)
messages = st.builds(
    Message, role=st.sampled_from(["user", "assistant", "tool"]), content=st.lists(blocks, max_size=4).map(tuple)
)


@given(st.lists(messages, max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_conversation_becomes_one_that_every_vendor_accepts(conversation: list[Message]):
    request = ModelRequest(model="m", messages=tuple(conversation))
    vendor = CATALOG.vendor("openai")
    assert_valid_chat(openai_chat.encode_request(request, vendor, vendor.model_defaults))
    assert_valid_responses(openai_responses.encode_request(request, vendor, vendor.model_defaults))
    assert_valid_messages(
        anthropic.encode_request(request, CATALOG.vendor("anthropic"), CATALOG.describe("anthropic", "m"))
    )
    local = CATALOG.vendor("ollama")
    served = ServedModel("m")
    check_chat(ollama_request.encode_request(request, local, local.model_defaults, served, num_ctx=8192), "m", Model())
    for can in (Capabilities(vision=False, audio=False), Capabilities(vision=True)):
        path, body = dashscope.encode_request(request, CATALOG.vendor("qwen"), can)
        check_body(body, mixed=path == dashscope.MULTIMODAL_PATH)


@given(st.lists(messages, max_size=8))
@settings(max_examples=100, deadline=None)
def test_what_is_valid_is_left_as_it_is(conversation: list[Message]):
    once = sendable(conversation)
    assert sendable(once) == once


@pytest.mark.parametrize("wire", get_args(WireName))
@given(st.lists(messages, max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_conversation_becomes_one_that_is_valid_for_every_wire(wire: WireName, conversation: list[Message]):
    assert transcript_faults(wire, sendable(conversation)) == []


CALL = ToolCall(id="1", name="read_file")
RESULT = tool_message([ToolResult(call_id="1", text="ok")])


@pytest.mark.parametrize(
    ("conversation", "fault"),
    [
        ([], "first message"),
        ([assistant_message("hi"), user_message("ho")], "first message"),
        ([user_message("hi"), assistant_message("ho")], "last message"),
        ([user_message("hi"), user_message("ho")], "role of the one before"),
        ([user_message("hi"), assistant_message(CALL), user_message("ho")], "where ['1'] were called"),
        ([user_message("hi"), assistant_message(CALL)], "nothing answers"),
        ([user_message("hi"), RESULT], "where [] were called"),
        ([user_message("hi"), assistant_message(CALL, CALL), RESULT], "repeats the id"),
        ([user_message("half \ud800")], "half a character"),
        ([user_message(" ")], "an empty text"),
        ([user_message(CALL), RESULT], "a tool_call in the message of the user"),
        ([user_message("hi"), assistant_message(ToolCall(id="a:b", name="x")), RESULT], "the id 'a:b'"),
        ([user_message("hi"), assistant_message(ToolCall(id="1", name="7")), RESULT], "the name '7'"),
        ([user_message("hi"), assistant_message(Thinking(text="hm")), user_message("ho")], "says nothing"),
        ([user_message("hi", Thinking(text="hm"))], "a thinking in the message of the user"),
    ],
)
def test_each_thing_that_a_vendor_refuses_is_named(conversation: list[Message], fault: str):
    assert any(fault in found for found in transcript_faults("anthropic", conversation))
    assert not transcript_is_valid("anthropic", conversation)


def test_how_long_an_id_may_be_is_the_wires_own():
    call = ToolCall(id="x" * 60, name="read_file")
    conversation = [user_message("hi"), assistant_message(call), tool_message([ToolResult(call_id=call.id, text="ok")])]
    assert transcript_is_valid("anthropic", conversation)
    assert not transcript_is_valid("openai_chat", conversation)


def test_a_call_without_a_result_is_answered_as_interrupted():
    call = ToolCall(id="1", name="read_file", arguments={"path": "a"})
    assert sendable([user_message("go"), assistant_message("well", call), user_message("and now?")]) == (
        user_message("go"),
        assistant_message("well", call),
        tool_message([ToolResult(call_id="1", text=INTERRUPTED, is_error=True)]),
        user_message("and now?"),
    )


def test_a_result_without_a_call_is_left_out():
    result = tool_message([ToolResult(call_id="ghost", text="boo")])
    assert sendable([user_message("go"), result, user_message("on")]) == (user_message("go", "on"),)


def test_an_id_that_comes_again_in_a_later_turn_is_made_unique_with_its_result():
    call = ToolCall(id="call_0", name="read_file")
    first, second = (tool_message([ToolResult(call_id="call_0", text=text)]) for text in ("one", "two"))
    sent = sendable([user_message("go"), assistant_message(call), first, assistant_message(call), second])
    assert [(item.call_id, item.text) for message in sent for item in message.tool_results] == [
        ("call_0", "one"),
        ("call_0_2", "two"),
    ]
    assert [item.id for message in sent for item in message.tool_calls] == ["call_0", "call_0_2"]


def test_results_are_put_in_the_order_of_their_calls():
    calls = [ToolCall(id=name, name="read_file") for name in "ab"]
    results = tool_message([ToolResult(call_id=name, text=name) for name in "ba"])
    sent = sendable([user_message("go"), assistant_message(*calls), results])
    assert [result.call_id for result in sent[-1].tool_results] == ["a", "b"]


def test_an_empty_conversation_and_one_that_ends_with_the_assistant_get_a_user_message():
    assert sendable([]) == (user_message(CONTINUE),)
    assert sendable([user_message("hi"), assistant_message("ho")])[-1] == user_message(CONTINUE)
