"""What an event looks like on the wire."""

from __future__ import annotations

from typing import Any

from conduit.errors import ConduitError, SessionNotFound, StaleDocument
from conduit.lsp.failures import CODES, to_response_error
from conduit.lsp.updates import to_update_params
from conduit.messages.content import Source, Sources, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message, Usage, assistant_message, tool_message, user_message
from conduit.sessions.events import (
    AssistantReplied,
    CompletionStarted,
    Event,
    PermissionAnswered,
    SessionChanged,
    SessionUpdate,
    StoredEvent,
    TextChunk,
    ToolFinished,
    ToolsAnswered,
    Transient,
    TurnEnded,
    TurnStarted,
)


def shown(event: Event | Transient, seq: int | None = 7) -> list[dict[str, Any]]:
    updates = to_update_params(SessionUpdate(session_id="s", seq=seq, event=event))
    return [update.model_dump(mode="json", by_alias=True, exclude_none=True) for update in updates]


def test_an_answer_tells_its_pages_and_what_it_cost() -> None:
    page = Source(url="https://one.example", title="One")
    reply = AssistantReplied(
        turn_id="t",
        message_id="m",
        parent_id=None,
        message=assistant_message("So it is [1].", Sources(sources=(page,))),
        model="x",
        usage=Usage(input_tokens=3, output_tokens=4),
        cost_usd=0.25,
    )
    _, sources, usage = [each["update"] for each in shown(reply)]
    assert sources == {
        "sessionUpdate": "sources",
        "messageId": "m",
        "sources": [{"url": "https://one.example", "title": "One", "date": ""}],
    }
    assert usage["cost"] == {"amount": 0.25, "currency": "USD"}


def test_what_a_person_attached_is_told_by_its_place_and_not_in_full() -> None:
    message = user_message(Text(text="why?"), Text(text="File a.py:\n...", source="file:///p/a.py"))
    begun = TurnStarted(turn_id="t", message_id="m", parent_id=None, message=message)
    said, attached = [each["update"]["content"] for each in shown(begun)[1:]]
    assert said == {"type": "text", "text": "why?"}
    assert attached == {"type": "resource_link", "uri": "file:///p/a.py", "name": "a.py"}


def test_what_comes_from_the_log_says_when_it_was() -> None:
    stored = StoredEvent(session_id="s", seq=3, at=12.5, event=TurnEnded(turn_id="t", stop_reason="end_turn"))
    [update] = to_update_params(stored)
    assert (update.seq, update.at) == (3, 12.5)


def test_a_chunk_has_no_number_and_adds() -> None:
    assert shown(TextChunk(turn_id="t", message_id="m", text="hi"), None) == [
        {
            "sessionId": "s",
            "turnId": "t",
            "update": {
                "sessionUpdate": "agent_message_chunk",
                "messageId": "m",
                "content": {"type": "text", "text": "hi"},
            },
        }
    ]


def test_an_answer_takes_the_place_of_its_chunks() -> None:
    message = assistant_message(
        Thinking(text="hm"), Text(text="done"), ToolCall(id="c", name="read_file", arguments={"path": "a"})
    )
    reply = AssistantReplied(
        turn_id="t",
        message_id="m",
        parent_id=None,
        message=message,
        model="x",
        usage=Usage(input_tokens=3, output_tokens=4),
    )
    updates = [each["update"] for each in shown(reply)]
    assert [each["sessionUpdate"] for each in updates] == [
        "agent_thought_chunk",
        "agent_message_chunk",
        "tool_call",
        "usage_update",
    ]
    assert updates[1] == {
        "sessionUpdate": "agent_message_chunk",
        "messageId": "m",
        "content": {"type": "text", "text": "done"},
        "replace": True,
    }
    assert updates[2]["rawInput"] == {"path": "a"}
    assert updates[3]["used"] == 7


def test_an_interrupted_answer_says_so_even_without_text() -> None:
    reply = AssistantReplied(
        turn_id="t", message_id="m", parent_id=None, message=assistant_message(), model="x", interrupted=True
    )
    assert [each["update"]["interrupted"] for each in shown(reply)] == [True]


def test_a_message_of_two_blocks_begins_anew_once() -> None:
    started = TurnStarted(turn_id="t", message_id="m", parent_id=None, message=user_message("a", "b"))
    updates = [each["update"] for each in shown(started)]
    assert [each.get("replace") for each in updates] == [None, True, None]


def test_a_finished_call_shows_text_change_and_files() -> None:
    finished = ToolFinished(
        turn_id="t",
        call_id="c",
        name="edit_file",
        result=ToolResult(call_id="c", text="Applied."),
        kind="edit",
        title="Edit a",
        paths=("a",),
        diff="-x\n+y\n",
    )
    assert shown(finished)[0]["update"] == {
        "sessionUpdate": "tool_call_update",
        "toolCallId": "c",
        "title": "Edit a",
        "kind": "edit",
        "status": "completed",
        "content": [
            {"type": "content", "content": {"type": "text", "text": "Applied."}},
            {"type": "content", "content": {"type": "text", "text": "```diff\n-x\n+y\n```"}},
        ],
        "locations": [{"path": "a"}],
    }


def test_a_failed_turn_says_why() -> None:
    ended = TurnEnded(turn_id="t", stop_reason="error", error="no network")
    assert shown(ended)[0]["update"] == {
        "sessionUpdate": "turn_state",
        "state": "idle",
        "stopReason": "error",
        "error": "no network",
    }


def test_only_what_changed_of_a_session_is_told() -> None:
    assert [each["update"] for each in shown(SessionChanged(mode="auto"))] == [
        {"sessionUpdate": "current_mode_update", "currentModeId": "auto"}
    ]
    assert [each["update"] for each in shown(SessionChanged(title="T"))] == [
        {"sessionUpdate": "session_info_update", "title": "T"}
    ]


def test_what_clients_need_not_know_gives_nothing() -> None:
    results: Message = tool_message([ToolResult(call_id="c", text="x")])
    assert shown(ToolsAnswered(turn_id="t", message_id="m", parent_id="p", message=results)) == []
    assert shown(CompletionStarted(turn_id="t", message_id="m", parent_id=None, model="x")) == []
    assert shown(PermissionAnswered(turn_id="t", call_id="c", effect="write", answer="allow_once")) == []


def all_errors(kind: type[ConduitError]) -> list[type[ConduitError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in all_errors(child))]


def test_every_error_has_a_code() -> None:
    for kind in all_errors(ConduitError)[1:]:
        assert any(base in CODES for base in kind.__mro__), kind


def test_errors_keep_their_words_and_their_name() -> None:
    gone = to_response_error(SessionNotFound("x"), "test")
    assert (gone.code, gone.data) == (-32803, {"error": "SessionNotFound"})
    assert "There is no session 'x'" in gone.message
    assert to_response_error(StaleDocument("a", "1", "2"), "test").code == -32801
    assert to_response_error(ZeroDivisionError("oops"), "test").code == -32603
