"""What every session store promises, over the database and over its in-memory twin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from conduit.errors import SessionBusy, SessionNotFound, StoreError, UserError
from conduit.messages.content import Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message, Usage, assistant_message, tool_message, user_message
from conduit.sessions.base import SessionStore
from conduit.sessions.branch_events import TipMoved
from conduit.sessions.events import (
    AssistantReplied,
    CompletionStarted,
    Event,
    FilePending,
    HunkDecided,
    Notice,
    SessionChanged,
    SessionOpened,
    ToolFinished,
    ToolsAnswered,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from conduit.sessions.recovery import MAYBE_RAN, NEVER_RAN, TURN_ERROR
from conduit.sessions.store import open_store
from fakes.memory_store import MemoryStore, MemoryWorld

Open = Callable[[], Awaitable[SessionStore]]
OPENED = SessionOpened(title="", mode="ask", model="scripted/demo", cwd="/work")


@pytest.fixture(params=["database", "memory"])
async def another(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens a store as another process on the same sessions would."""
    stores: list[SessionStore] = []
    world = MemoryWorld()

    async def make() -> SessionStore:
        if request.param == "database":
            stores.append(await open_store(tmp_path / "state" / "sessions.db"))
        else:
            stores.append(MemoryStore(world))
        return stores[-1]

    yield make
    for opened in stores:
        await opened.aclose()


@pytest.fixture
async def store(another: Open) -> SessionStore:
    return await another()


def started(turn: str = "t1", parent: str | None = None, text: str = "Hello") -> TurnStarted:
    return TurnStarted(turn_id=turn, message_id=f"{turn}-u", parent_id=parent, message=user_message(text))


def replied(
    turn: str = "t1", number: int = 1, parent: str | None = None, *content: Text | ToolCall
) -> AssistantReplied:
    return AssistantReplied(
        turn_id=turn,
        message_id=f"{turn}-a{number}",
        parent_id=parent or f"{turn}-u",
        message=assistant_message(*(content or (Text(text="Hi"),))),
        model="scripted/demo",
        usage=Usage(input_tokens=10, output_tokens=2),
        stop_reason="end_turn",
    )


def ended(turn: str = "t1") -> TurnEnded:
    return TurnEnded(turn_id=turn, stop_reason="end_turn")


def tool_started(call: str, turn: str = "t1") -> ToolStarted:
    return ToolStarted(
        turn_id=turn,
        call_id=call,
        name="edit_file",
        arguments={"path": "a.py"},
        kind="edit",
        title="Edit a.py",
        key=f"{turn}/{call}",
    )


def tool_finished(call: str, turn: str = "t1") -> ToolFinished:
    return ToolFinished(
        turn_id=turn, call_id=call, name="edit_file", result=ToolResult(call_id=call, text="done"), kind="edit"
    )


async def types(store: SessionStore, session_id: str) -> list[str]:
    return [stored.event.type for stored in await store.events(session_id)]


async def test_an_opened_session_is_empty_and_is_listed(store: SessionStore) -> None:
    info = await store.open_session(OPENED.model_copy(update={"title": "First"}))
    assert (info.title, info.mode, info.model, info.cwd) == ("First", "ask", "scripted/demo", "/work")
    assert (info.message_count, info.tip, info.running) == (0, None, False)
    assert await store.sessions() == [info]
    assert await store.session(info.id) == info
    assert await store.conversation(info.id) == []


async def test_events_come_back_as_they_were_appended_with_rising_numbers(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    events: list[Event] = [started(), CompletionStarted(turn_id="t1", message_id="t1-a1", parent_id="t1-u", model="m")]
    first = await store.append(info.id, *events)
    second = await store.append(info.id, replied(), ended())
    log = await store.events(info.id)
    assert [stored.event for stored in log] == [OPENED, *events, replied(), ended()]
    numbers = [stored.seq for stored in log]
    assert numbers == sorted(set(numbers))
    assert (numbers[2], numbers[4]) == (first, second)
    assert [stored.seq for stored in await store.events(info.id, after=first)] == numbers[3:]


async def test_events_of_a_type_are_found_in_all_sessions_or_in_one(store: SessionStore) -> None:
    one, two = await store.open_session(OPENED), await store.open_session(OPENED)
    waiting = FilePending(turn_id="t1", path="/project/a.py", name="a.py", base=None, hunks=())
    decided = HunkDecided(turn_id="t1", hunk_id="h1", name="a.py", decision="rejected")
    await store.append(one.id, Notice(text="hello"), waiting)
    await store.append(two.id, waiting, decided)
    assert [each.session_id for each in await store.events_of("file_pending")] == [one.id, two.id]
    assert [each.event for each in await store.events_of("hunk_decided", "file_pending", session_id=two.id)] == [
        waiting,
        decided,
    ]
    first, *later = await store.events_of("hunk_decided", "file_pending")
    assert await store.events_of("hunk_decided", "file_pending", after=first.seq) == later


async def test_the_conversation_goes_from_the_root_to_the_tip(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started(), replied(), ended())
    messages = await store.conversation(info.id)
    assert [(message.id, message.parent_id, message.message.role) for message in messages] == [
        ("t1-u", None, "user"),
        ("t1-a1", "t1-u", "assistant"),
    ]
    assert messages[1].message == assistant_message("Hi")
    now = await store.session(info.id)
    assert (now.tip, now.message_count, now.running) == ("t1-a1", 2, False)


async def test_a_branch_leaves_the_other_answer_readable(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started(), replied(), ended())
    await store.append(info.id, started("t2", parent=None, text="Better"), replied("t2"), ended("t2"))
    assert [message.id for message in await store.conversation(info.id)] == ["t2-u", "t2-a1"]
    assert [message.id for message in await store.conversation(info.id, tip="t1-a1")] == ["t1-u", "t1-a1"]


async def test_a_fork_shares_the_messages_and_goes_its_own_way(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started(), replied(), ended())
    fork = await store.fork(info.id, "t1-a1")
    assert (fork.forked_from, fork.tip, fork.message_count) == (info.id, "t1-a1", 2)
    await store.append(fork.id, started("t2", parent="t1-a1"), replied("t2"), ended("t2"))
    assert [m.id for m in await store.conversation(fork.id)] == ["t1-u", "t1-a1", "t2-u", "t2-a1"]
    assert [m.id for m in await store.conversation(info.id)] == ["t1-u", "t1-a1"]
    grandchild = await store.fork(fork.id, "t1-u")
    assert [m.id for m in await store.conversation(grandchild.id)] == ["t1-u"]


async def test_a_fork_needs_a_message_of_that_session_that_can_be_gone_on_from(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    other = await store.open_session(OPENED)
    await store.append(info.id, started(), replied("t1", 1, None, ToolCall(id="c", name="read_file")))
    for session_id, message_id in ((info.id, "nothing"), (other.id, "t1-u"), (info.id, "t1-a1")):
        with pytest.raises(UserError):
            await store.fork(session_id, message_id)
    assert len(await store.sessions()) == 2


async def test_the_title_is_the_first_line_of_the_first_message(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started(text="\n  Why is   this slow?  \nLook at a.py"), ended())
    assert (await store.session(info.id)).title == "Why is this slow?"
    long = await store.open_session(OPENED)
    await store.append(long.id, started("t2", text="word " * 40), ended("t2"))
    title = (await store.session(long.id)).title
    assert len(title) <= 60
    assert title.endswith("…")


async def test_changes_of_a_session_last(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, SessionChanged(title="New", mode="auto"))
    await store.append(info.id, SessionChanged(model="scripted/other"))
    now = await store.session(info.id)
    assert (now.title, now.mode, now.model) == ("New", "auto", "scripted/other")


async def test_the_parameters_of_a_session_last_until_they_are_set_anew_and_a_fork_takes_them_along(
    store: SessionStore,
) -> None:
    info = await store.open_session(OPENED)
    assert info.parameters == {}
    await store.append(info.id, SessionChanged(parameters={"temperature": 0.5, "extra": {"user": "ann"}}))
    await store.append(info.id, SessionChanged(title="Other"), started(), replied(), ended())
    assert (await store.session(info.id)).parameters == {"temperature": 0.5, "extra": {"user": "ann"}}
    fork = await store.fork(info.id, "t1-a1")
    await store.append(info.id, SessionChanged(parameters={}))
    assert (await store.session(info.id)).parameters == {}
    assert (await store.session(fork.id)).parameters == {"temperature": 0.5, "extra": {"user": "ann"}}


async def test_a_second_turn_is_refused_while_one_runs_here_or_elsewhere(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started())
    elsewhere = await another()
    for process in (store, elsewhere):
        assert (await process.session(info.id)).running
        with pytest.raises(SessionBusy):
            await process.append(info.id, started("t2"))
    with pytest.raises(SessionBusy):
        await elsewhere.append(info.id, replied())
    assert await types(store, info.id) == ["session_opened", "turn_started"]
    await store.append(info.id, ended())
    await elsewhere.append(info.id, started("t2"))
    assert (await store.session(info.id)).running


async def test_a_refused_append_leaves_nothing_behind(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started())
    with pytest.raises(SessionBusy):
        await store.append(info.id, Notice(text="lost"), started("t2"))
    assert await types(store, info.id) == ["session_opened", "turn_started"]


async def test_anyone_may_add_a_notice_to_a_running_session(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started())
    await (await another()).append(info.id, Notice(text="seen"), SessionChanged(title="T"))
    assert (await types(store, info.id))[-2:] == ["notice", "session_changed"]


async def test_repair_leaves_living_and_ended_turns_alone(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    assert not await store.repair(info.id)
    await store.append(info.id, started())
    assert not await store.repair(info.id)
    assert not await (await another()).repair(info.id)
    await store.append(info.id, ended())
    assert not await store.repair(info.id)


async def test_repair_closes_a_turn_that_its_own_process_gave_up(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started())
    assert not await (await another()).repair(info.id, abandoned=True)
    assert await store.repair(info.id, abandoned=True)
    await store.append(info.id, started("t2", parent="t1-u"), ended("t2"))


async def test_a_dead_process_leaves_its_partial_answer_marked_interrupted(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    intent = CompletionStarted(turn_id="t1", message_id="t1-a1", parent_id="t1-u", model="scripted/big")
    await store.append(info.id, started(), intent)
    for kind, text in (("thinking", "Hm."), ("text", "The an"), ("text", "swer \ud83d"), ("text", "\ude00 is")):
        await store.keep_partial(info.id, "t1-a1", kind, text)  # type: ignore[arg-type]
    await store.aclose()
    after = await another()
    assert not (await after.session(info.id)).running
    with pytest.raises(SessionBusy, match="Load"):
        await after.append(info.id, started("t2"))
    assert await after.repair(info.id)
    assert not await after.repair(info.id)
    answer = (await after.conversation(info.id))[-1]
    assert answer.interrupted
    assert answer.message.content == (Thinking(text="Hm."), Text(text="The answer \U0001f600 is"))
    log = await after.events(info.id)
    assert log[-2].event == AssistantReplied(
        turn_id="t1",
        message_id="t1-a1",
        parent_id="t1-u",
        message=answer.message,
        model="scripted/big",
        interrupted=True,
    )
    assert log[-1].event == TurnEnded(turn_id="t1", stop_reason="error", error=TURN_ERROR, interrupted=True)
    await after.append(info.id, started("t2", parent="t1-a1"), replied("t2"), ended("t2"))


async def test_an_answer_without_text_leaves_no_empty_message(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started())
    await store.keep_partial(info.id, "t1-a1", "thinking", "Hm.")
    await store.aclose()
    after = await another()
    assert await after.repair(info.id)
    assert [message.message.role for message in await after.conversation(info.id)] == ["user"]


async def test_a_partial_answer_is_dropped_once_the_answer_is_there(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started())
    await store.keep_partial(info.id, "t1-a1", "text", "Hal")
    await store.append(info.id, replied())
    await store.aclose()
    after = await another()
    assert await after.repair(info.id)
    assert [message.message for message in await after.conversation(info.id)] == [
        user_message("Hello"),
        assistant_message("Hi"),
    ]
    last = (await after.events(info.id))[-1].event
    assert isinstance(last, TurnEnded)
    assert last.usage == replied().usage


async def test_every_call_of_a_dead_turn_gets_one_result(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    calls = [ToolCall(id=name, name="edit_file") for name in ("done", "running", "waiting")]
    await store.append(info.id, started(), replied("t1", 1, None, *calls), tool_started("done"))
    await store.append(info.id, tool_finished("done"), tool_started("running"))
    await store.aclose()
    after = await another()
    assert await after.repair(info.id)
    expected = tool_message(
        [
            ToolResult(call_id="done", text="done"),
            ToolResult(call_id="running", text=MAYBE_RAN, is_error=True),
            ToolResult(call_id="waiting", text=NEVER_RAN, is_error=True),
        ]
    )
    messages = await after.conversation(info.id)
    assert [message.message.role for message in messages] == ["user", "assistant", "tool"]
    assert messages[-1].message == expected
    assert messages[-1].parent_id == "t1-a1"
    finished = [s.event for s in await after.events(info.id) if isinstance(s.event, ToolFinished)]
    assert [(event.call_id, event.interrupted) for event in finished] == [
        ("done", False),
        ("running", True),
        ("waiting", True),
    ]


async def test_call_ids_that_come_again_in_a_later_round_are_told_apart(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    call = ToolCall(id="call_1", name="edit_file")
    answered = ToolsAnswered(
        turn_id="t1", message_id="t1-r1", parent_id="t1-a1", message=tool_message([tool_finished("call_1").result])
    )
    await store.append(info.id, started(), replied("t1", 1, None, call), tool_started("call_1"))
    await store.append(info.id, tool_finished("call_1"), answered, replied("t1", 2, "t1-r1", call))
    await store.aclose()
    after = await another()
    assert await after.repair(info.id)
    assert (await after.conversation(info.id))[-1].message.tool_results == (
        ToolResult(call_id="call_1", text=NEVER_RAN, is_error=True),
    )


async def test_two_processes_that_repair_at_once_close_the_turn_once(store: SessionStore, another: Open) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started())
    await store.aclose()
    processes = [await another() for _ in range(4)]
    assert sorted(await asyncio.gather(*(process.repair(info.id) for process in processes))) == [False] * 3 + [True]
    assert await types(processes[0], info.id) == ["session_opened", "turn_started", "turn_ended"]


async def test_sessions_are_listed_by_last_use_a_page_at_a_time(store: SessionStore) -> None:
    ids = [(await store.open_session(OPENED.model_copy(update={"title": f"S{n}"}))).id for n in range(7)]
    await store.append(ids[0], Notice(text="used"))
    expected = [ids[0], *reversed(ids[1:])]
    seen: list[str] = []
    cursor = None
    while page := await store.sessions(cursor=cursor, limit=3):
        assert len(page) <= 3
        seen += [info.id for info in page]
        cursor = seen[-1]
    assert seen == expected


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("PARSER", ["parser"]),
        ("straße", ["road"]),
        ("STRASSE", ["road"]),
        ("100%", ["percent"]),
        ("_", []),
        ("blue whale", ["percent"]),
        ("nothing", []),
        ("  ", ["percent", "road", "parser"]),
    ],
)
async def test_search_reads_titles_and_messages(store: SessionStore, query: str, found: list[str]) -> None:
    said = {"parser": "the Parser fails", "road": "Die Straße", "percent": "100% sure"}
    for number, (title, text) in enumerate(said.items()):
        info = await store.open_session(OPENED.model_copy(update={"title": title}))
        turn = f"t{number}"
        events: list[Event] = [started(turn, text=text)]
        if title == "percent":
            events.append(replied(turn, 1, None, Text(text="A Blue\u00a0whale, or a blue whale.")))
        await store.append(info.id, *events, ended(turn))
    assert [info.title for info in await store.sessions(query=query)] == found


async def test_usage_is_summed_by_day_and_model_and_counted_once(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.append(info.id, started(), replied(), replied(), replied("t1", 2), ended())
    (row,) = await store.usage()
    assert (row.model, row.completions) == ("scripted/demo", 2)
    assert row.usage == Usage(input_tokens=20, output_tokens=4)


async def test_costs_are_summed_and_completions_without_a_price_are_counted(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    priced = [replied("t1", number).model_copy(update={"cost_usd": 0.25}) for number in (1, 2)]
    await store.append(info.id, started(), *priced, replied("t1", 3), ended())
    (row,) = await store.usage()
    assert (row.completions, row.cost_usd, row.unpriced) == (3, 0.5, 1)


async def test_text_that_no_json_may_hold_does_not_brick_a_session(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    message = Message(role="user", content=(Text(text="lone \ud800 and nul \0 and \U0001f600"),))
    await store.append(info.id, TurnStarted(turn_id="t", message_id="m", parent_id=None, message=message), ended("t"))
    (found,) = await store.conversation(info.id)
    assert found.message.text.startswith("lone ")
    assert found.message.text.endswith("\U0001f600")
    assert len(await store.events(info.id)) == 3


async def test_an_unknown_session_is_named(store: SessionStore) -> None:
    for call in (
        store.session("ses_none"),
        store.events("ses_none"),
        store.conversation("ses_none"),
        store.append("ses_none", Notice(text="x")),
        store.keep_partial("ses_none", "m", "text", "x"),
        store.repair("ses_none"),
        store.fork("ses_none", "m"),
        store.sessions(cursor="ses_none"),
    ):
        with pytest.raises(SessionNotFound, match="ses_none"):
            await call


async def test_an_unknown_tip_is_the_persons_to_put_right(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    with pytest.raises(UserError):
        await store.conversation(info.id, tip="nothing")


async def test_a_closed_store_says_so(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    await store.aclose()
    await store.aclose()
    with pytest.raises(StoreError):
        await store.session(info.id)


async def test_a_cancelled_append_happened_whole_or_not_at_all(store: SessionStore) -> None:
    info = await store.open_session(OPENED)
    task = asyncio.create_task(store.append(info.id, started(), replied(), ended()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await store.append(info.id, Notice(text="next"))
    assert (await types(store, info.id))[1:] == ["turn_started", "assistant_replied", "turn_ended", "notice"]


async def test_the_answers_of_all_sessions_are_read_in_pages_from_a_place_of_the_log_on(store: SessionStore):
    for turn in ("t1", "t2"):
        session = await store.open_session(OPENED)
        reply = AssistantReplied(
            turn_id=turn, message_id=turn, parent_id=f"{turn}-u", message=assistant_message("ok"), model="m"
        )
        await store.append(session.id, started(turn), reply, TurnEnded(turn_id=turn, stop_reason="end_turn"))
    (first,), place = await store.replies(after=0, limit=1)
    assert (first.seq, first.event.type) == (place, "assistant_replied")
    (second,), end = await store.replies(after=place)
    assert second.session_id == session.id
    assert end > second.seq
    assert await store.replies(after=end) == ([], end)


def moved(tip: str | None, was: str, cause: str = "rewind", **more: object) -> TipMoved:
    return TipMoved.model_validate(
        {"rewind_id": "r1", "cause": cause, "message_id": "t2-u", "tip": tip, "was": was, **more}
    )


async def shown(store: SessionStore, session_id: str, after: int = 0) -> list[str]:
    events, _ = await store.branch(session_id, after=after)
    return [f"{each.event.type} {getattr(each.event, 'turn_id', None) or ''}".strip() for each in events]


async def two_turns(store: SessionStore) -> str:
    info = await store.open_session(OPENED)
    await store.append(info.id, started(), replied(), ended())
    await store.append(info.id, started("t2", parent="t1-a1", text="Again"), replied("t2"), ended("t2"))
    return info.id


TURN_1 = ["session_opened", "turn_started t1", "assistant_replied t1", "turn_ended t1"]
TURN_2 = ["turn_started t2", "assistant_replied t2", "turn_ended t2"]


async def test_a_moved_tip_takes_turns_out_of_the_conversation_and_brings_them_back(store: SessionStore) -> None:
    session = await two_turns(store)
    at = await store.append(session, moved("t1-a1", "t2-a1"))
    info = await store.session(session)
    assert (info.tip, info.message_count) == ("t1-a1", 2)
    assert [message.id for message in await store.conversation(session)] == ["t1-u", "t1-a1"]
    assert await shown(store, session) == TURN_1
    assert await store.branch(session, after=at) == ([], at)
    assert await shown(store, session, after=at - 1) == ["tip_moved"]
    await store.append(session, started("t3", parent="t1-a1"), ended("t3"))
    assert await shown(store, session) == [*TURN_1, "turn_started t3", "turn_ended t3"]
    await store.append(session, moved("t2-a1", "t3-u", "unrewind"))
    assert (await store.session(session)).message_count == 4
    assert await shown(store, session) == [*TURN_1, *TURN_2]
    await store.append(session, moved(None, "t2-a1", moved=False))
    assert (await store.session(session)).tip == "t2-a1"
    await store.append(session, moved(None, "t2-a1"))
    assert await store.conversation(session) == []
    assert await shown(store, session) == ["session_opened"]


async def test_a_fork_shows_what_it_shares_and_nothing_after_it(store: SessionStore) -> None:
    session = await two_turns(store)
    fork = await store.fork(session, "t1-a1")
    await store.append(fork.id, started("t3", parent="t1-a1"), replied("t3"), ended("t3"))
    assert await shown(store, fork.id) == [
        *TURN_1[1:],
        "session_opened",
        *("turn_started t3", "assistant_replied t3", "turn_ended t3"),
    ]


async def test_a_deleted_session_is_gone_and_its_use_stays_counted(store: SessionStore, another: Open) -> None:
    session = await two_turns(store)
    kept = await store.open_session(OPENED)
    used = await store.usage()
    other = await another()
    await other.append(kept.id, started("t9", text="Hello again"))
    with pytest.raises(SessionBusy):
        await store.delete(kept.id)
    await store.delete(session)
    for ask in (store.session, store.events, store.branch, store.conversation, store.delete, other.session):
        with pytest.raises(SessionNotFound):
            await ask(session)
    with pytest.raises(SessionNotFound):
        await other.append(session, Notice(text="late"))
    assert [info.id for info in await store.sessions()] == [kept.id]
    assert await store.sessions(query="Hi") == []
    assert await store.usage() == used
    await other.aclose()
    await store.delete(kept.id)
    assert await store.sessions() == []


async def test_a_fork_of_a_deleted_session_keeps_what_it_shares(store: SessionStore) -> None:
    session = await two_turns(store)
    fork = await store.fork(session, "t1-a1")
    await store.delete(session)
    assert [message.id for message in await store.conversation(fork.id)] == ["t1-u", "t1-a1"]
    assert await shown(store, fork.id) == [*TURN_1[1:], "session_opened"]
    with pytest.raises(UserError):
        await store.conversation(fork.id, tip="t2-a1")
    await store.delete(fork.id)
    with pytest.raises(SessionNotFound):
        await store.session(fork.id)
