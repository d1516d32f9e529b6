"""The turn: every state, every way out, and a transcript that is valid after each of them."""

from __future__ import annotations

import asyncio

from agent.desk import Desk, PlainTool, answered
from conduit.agent.budget import TurnLimits
from conduit.agent.permission import DenyAll
from conduit.agent.turn import TRANSITIONS, WORKING, Signal, State
from conduit.errors import PathNotFound
from conduit.sessions.events import AssistantReplied, PermissionAnswered, TextChunk, ToolFinished, TurnEnded
from conduit.tools.base import Effect

SAY = {"reply": [{"text": "Done."}]}
CALL = {"when": {"round": 0}, "reply": [{"call": "look", "arguments": {"at": 1}}]}


def look(answer: object = "seen") -> PlainTool:
    return PlainTool("look", lambda arguments: answer)


def change(answer: object = "changed") -> PlainTool:
    return PlainTool("change", lambda arguments: answer, effect=Effect.WRITE, kind="edit")


async def test_a_plain_answer_is_streamed_and_recorded(desk: Desk) -> None:
    result = await (await desk.turn([{"reply": [{"text": ["One ", "two ", "three."]}]}])).run()
    assert (result.stop_reason, result.text, result.error) == ("end_turn", "One two three.", None)
    assert [event.text for event in desk.shown if isinstance(event, TextChunk)] == ["One ", "two ", "three."]
    assert desk.types() == ["turn_started", "completion_started", "text_chunk", "assistant_replied", "turn_ended"]
    assert [message.role for message in await desk.messages()] == ["user", "assistant"]


async def test_a_tool_call_is_run_and_its_result_is_sent_back(desk: Desk) -> None:
    tool = look("forty-two")
    result = await (
        await desk.turn([CALL, {"when": {"result": "forty-two"}, "reply": [{"text": "It is 42."}]}], tools=[tool])
    ).run()
    assert result.text == "It is 42."
    assert tool.ran == [{"at": 1}]
    messages = await desk.messages()
    assert [message.role for message in messages] == ["user", "assistant", "tool", "assistant"]
    assert answered(messages)
    assert [kind for kind, _ in desk.noted] == ["request", "answer", "tool_call", "tool_result", "request", "answer"]


async def test_calls_that_only_read_run_side_by_side(desk: Desk) -> None:
    gate = asyncio.Barrier(2)

    async def meet(arguments: object) -> str:
        await gate.wait()
        return "met"

    two = [{"call": "look", "arguments": {"at": 1}}, {"call": "look", "arguments": {"at": 2}}]
    result = await asyncio.wait_for(
        (await desk.turn([{"when": {"round": 0}, "reply": two}, SAY], tools=[PlainTool("look", meet)])).run(), 5
    )
    assert result.stop_reason == "end_turn"
    assert answered(await desk.messages())


async def test_what_the_model_does_wrong_becomes_a_result_and_the_turn_goes_on(desk: Desk) -> None:
    async def missing(arguments: object) -> str:
        raise PathNotFound("There is no file 'x'.")

    wrong = [
        {"call": "nonsense", "arguments": {}},
        {"raw_call": "look", "json": '{"at": '},
        {"call": "gone", "arguments": {}},
    ]
    turn = await desk.turn([{"when": {"round": 0}, "reply": wrong}, SAY], tools=[look(), PlainTool("gone", missing)])
    result = await turn.run()
    assert result.text == "Done."
    results = (await desk.messages())[2].tool_results
    assert [result.is_error for result in results] == [True, True, True]
    assert "There is no tool named 'nonsense'. Available: look, gone" in results[0].text
    assert "not a JSON object" in results[1].text
    assert results[2].text == "There is no file 'x'."


async def test_the_first_change_is_asked_and_a_lasting_answer_is_remembered(desk: Desk) -> None:
    desk.person.answers = ["allow_always"]
    rules = [
        {"when": {"round": 0}, "reply": [{"call": "change", "arguments": {"n": 1}}]},
        {"when": {"round": 1}, "reply": [{"call": "change", "arguments": {"n": 2}}]},
        SAY,
    ]
    tool = change()
    await (await desk.turn(rules, tools=[tool])).run()
    assert len(tool.ran) == 2
    assert [(question.tool, question.preview) for question in desk.person.asked] == [("change", "+ changed")]
    assert [event.answer for event in desk.shown if isinstance(event, PermissionAnswered)] == ["allow_always"]


async def test_a_refusal_is_a_result_for_the_model(desk: Desk) -> None:
    desk.person.answers = ["reject_once"]
    tool = change()
    turn = await desk.turn([{"when": {"round": 0}, "reply": [{"call": "change", "arguments": {}}]}, SAY], tools=[tool])
    result = await turn.run()
    assert result.stop_reason == "end_turn"
    assert tool.ran == []
    assert "refused" in (await desk.messages())[2].tool_results[0].text


async def test_where_nobody_can_be_asked_the_model_is_told_that_and_no_answer_is_kept(desk: Desk) -> None:
    desk.person = DenyAll()
    tool = change()
    turn = await desk.turn([{"when": {"round": 0}, "reply": [{"call": "change", "arguments": {}}]}, SAY], tools=[tool])
    result = await turn.run()
    assert result.stop_reason == "end_turn"
    assert tool.ran == []
    (told,) = (await desk.messages())[2].tool_results
    assert told.is_error
    assert told.text.startswith("Nobody could be asked whether change is allowed")
    assert not [event for event in desk.shown if isinstance(event, PermissionAnswered)]


async def test_in_mode_ask_a_changing_tool_is_refused_even_when_it_is_offered(desk: Desk) -> None:
    tool = change()
    rules = [{"when": {"round": 0}, "reply": [{"call": "change", "arguments": {}}]}, SAY]
    await (await desk.turn(rules, tools=[tool], mode="ask")).run()
    assert tool.ran == []
    assert desk.person.asked == []
    assert "does not allow" in (await desk.messages())[2].tool_results[0].text


async def test_after_the_last_round_the_model_must_answer_without_tools(desk: Desk) -> None:
    rules = [{"when": {"round": n}, "reply": [{"call": "look", "arguments": {"at": n}}]} for n in range(3)]
    turn = await desk.turn([*rules, {"reply": [{"text": "Enough."}]}], tools=[look()], limits=TurnLimits(tool_rounds=3))
    result = await turn.run()
    assert (result.stop_reason, result.text) == ("max_turn_requests", "Enough.")
    assert [request.settings.tool_choice for request in desk.provider.requests] == ["auto"] * 3 + ["none"]


async def test_a_model_that_calls_on_after_the_last_round_is_stopped_with_a_valid_transcript(desk: Desk) -> None:
    rules = [{"when": {"round": n}, "reply": [{"call": "look", "arguments": {"at": n}}]} for n in range(9)]
    result = await (await desk.turn(rules, tools=[look()], limits=TurnLimits(tool_rounds=2))).run()
    assert result.stop_reason == "max_turn_requests"
    assert "2 rounds" in result.error
    assert answered(await desk.messages())


async def test_the_same_call_three_times_in_a_row_is_a_loop(desk: Desk) -> None:
    tool = look()
    result = await (await desk.turn([{"reply": [{"call": "look", "arguments": {}}]}], tools=[tool])).run()
    assert result.stop_reason == "loop"
    assert len(tool.ran) == 2
    assert answered(await desk.messages())


async def test_tool_output_is_capped_with_a_warning_before(desk: Desk) -> None:
    rules = [{"when": {"round": n}, "reply": [{"call": "look", "arguments": {"at": n}}]} for n in range(3)]
    limits = TurnLimits(tool_output_bytes=1000, call_output_bytes=450)
    turn = await desk.turn([*rules, SAY], tools=[look("ä" * 200)], limits=limits)
    result = await turn.run()
    texts = [message.tool_results[0].text for message in await desk.messages() if message.role == "tool"]
    assert "Warning: 800 of 1,000" in texts[1]
    assert "[cut here: 200 of 400 bytes left out" in texts[2]
    assert [request.settings.tool_choice for request in desk.provider.requests][-1] == "none"
    assert result.text == "Done."


async def test_a_failing_model_leaves_what_it_had_said_and_a_valid_transcript(desk: Desk) -> None:
    rules = [{"reply": [{"text": "Half of it"}, {"fail": {"kind": "overloaded", "message": "Overloaded."}}]}]
    result = await (await desk.turn(rules)).run()
    assert (result.stop_reason, result.error) == ("error", "Overloaded.")
    replied = [event for event in desk.shown if isinstance(event, AssistantReplied)]
    assert [(event.message.text, event.interrupted) for event in replied] == [("Half of it", True)]
    assert (await (await desk.turn([SAY], "again")).run()).text == "Done."
    assert desk.provider.requests[0].messages[1].text == "Half of it"


async def test_a_stream_that_is_cut_inside_a_tool_call_runs_no_tool(desk: Desk) -> None:
    tool = look()
    result = await (
        await desk.turn([{"reply": [{"call": "look", "arguments": {}}, {"cut": True}]}], tools=[tool])
    ).run()
    assert result.stop_reason == "error"
    assert tool.ran == []
    assert answered(await desk.messages())


async def test_a_bug_in_a_tool_ends_the_turn_cleanly(desk: Desk) -> None:
    def explode(arguments: object) -> str:
        raise RuntimeError("boom")

    result = await (await desk.turn([CALL, SAY], tools=[PlainTool("look", explode)])).run()
    assert result.stop_reason == "error"
    assert "boom" in result.error
    assert answered(await desk.messages())


async def test_a_goal_that_is_reached_ends_the_turn(desk: Desk) -> None:
    tool = look()
    result = await (await desk.turn([CALL], tools=[tool], goal=lambda: bool(tool.ran))).run()
    assert result.stop_reason == "end_turn"
    assert [request.settings.tool_choice for request in desk.provider.requests] == ["required"]


async def cancel_when(desk: Desk, turn: object, seen: type) -> None:
    """Run a turn, cancel it when an event of type `seen` is shown, and check how it ended."""
    begun: list[object] = []

    def stop(event: object) -> None:
        if isinstance(event, seen) and not begun:
            begun.append(event)
            asyncio.get_running_loop().call_soon(turn.cancel)

    desk.on_show = stop
    result = await asyncio.wait_for(turn.run(), 5)
    assert result.stop_reason == "cancelled"
    assert [event.stop_reason for event in desk.shown if isinstance(event, TurnEnded)][-1] == "cancelled"
    assert answered(await desk.messages())


async def test_cancelling_while_the_model_is_silent_keeps_what_it_said(desk: Desk) -> None:
    await cancel_when(desk, await desk.turn([{"reply": [{"text": ["So far"]}, {"hold": True}]}]), TextChunk)
    assert (await desk.messages())[-1].text == "So far"


async def test_cancelling_inside_a_tool_answers_every_call(desk: Desk) -> None:
    entered = asyncio.Event()

    async def stuck(arguments: object) -> str:
        entered.set()
        await asyncio.Event().wait()
        return ""

    turn = await desk.turn([CALL], tools=[PlainTool("look", stuck)])
    running = asyncio.create_task(turn.run())
    await asyncio.wait_for(entered.wait(), 5)
    turn.cancel()
    assert (await asyncio.wait_for(running, 5)).stop_reason == "cancelled"
    finished = [event for event in desk.shown if isinstance(event, ToolFinished)]
    assert [(event.interrupted, event.result.is_error) for event in finished] == [(True, True)]
    assert answered(await desk.messages())


async def test_cancelling_while_the_person_is_asked_runs_nothing(desk: Desk) -> None:
    tool = change()
    turn = await desk.turn([{"reply": [{"call": "change", "arguments": {}}]}], tools=[tool])
    running = asyncio.create_task(turn.run())
    while not desk.person.asked:
        await asyncio.sleep(0)
    turn.cancel()
    assert (await asyncio.wait_for(running, 5)).stop_reason == "cancelled"
    assert tool.ran == []
    assert answered(await desk.messages())


async def test_cancelling_again_and_again_always_ends_the_turn(desk: Desk) -> None:
    for _ in range(20):
        await cancel_when(desk, await desk.turn([{"reply": [{"text": ["x"]}, {"hold": True}]}]), TextChunk)


def test_every_working_state_can_be_cancelled_and_can_fail() -> None:
    for state in WORKING:
        assert TRANSITIONS[state, Signal.CANCEL] is State.CANCELLED
        assert TRANSITIONS[state, Signal.FAILURE] is State.FAILED


def test_every_state_is_reached_and_left() -> None:
    assert set(TRANSITIONS.values()) == set(State)
    assert {state for state, _ in TRANSITIONS} == set(State)
