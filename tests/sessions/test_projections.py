from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.messages.content import Text, ToolCall, ToolResult
from conduit.messages.message import Message, Usage
from conduit.sessions.branch_events import TipMoved
from conduit.sessions.events import (
    AssistantReplied,
    Event,
    Notice,
    SessionChanged,
    SessionOpened,
    ToolFinished,
    ToolsAnswered,
    TurnEnded,
    TurnStarted,
)
from conduit.sessions.projections import Place, project, rebuild, title_of
from conduit.sessions.schema import migrate

# Few ids, so that repeats, forks of forks, foreign parents and ends without a start come up often.
SESSIONS = st.sampled_from(["s1", "s2", "s3"])
TURNS = st.sampled_from(["t1", "t2"])
IDS = st.sampled_from([f"m{n}" for n in range(8)])
PARENTS = st.none() | IDS
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=90)
COUNTS = st.integers(0, 1000)
MODELS = st.sampled_from(["a/x", "b/y"])
USAGES = st.builds(Usage, input_tokens=COUNTS, output_tokens=COUNTS, cache_read_tokens=COUNTS)


def messages(role: str) -> st.SearchStrategy[Message]:
    return st.builds(lambda text: Message(role=role, content=(Text(text=text),)), TEXTS)


EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        SessionOpened, title=TEXTS, mode=st.just("ask"), model=MODELS, cwd=TEXTS, forked_from=PARENTS, forked_at=PARENTS
    ),
    st.builds(
        SessionChanged,
        title=st.none() | TEXTS,
        mode=st.sampled_from([None, "auto"]),
        model=st.none() | MODELS,
        parameters=st.sampled_from([None, {}, {"temperature": 0.5, "extra": {"a": [1]}}]),
    ),
    st.builds(
        TipMoved,
        rewind_id=st.just("r"),
        cause=st.sampled_from(["rewind", "unrewind"]),
        message_id=IDS,
        tip=PARENTS,
        was=PARENTS,
        moved=st.booleans(),
    ),
    st.builds(TurnStarted, turn_id=TURNS, message_id=IDS, parent_id=PARENTS, message=messages("user")),
    st.builds(
        AssistantReplied,
        turn_id=TURNS,
        message_id=IDS,
        parent_id=PARENTS,
        message=messages("assistant"),
        model=MODELS,
        usage=USAGES,
        stop_reason=st.just("end_turn"),
        interrupted=st.booleans(),
    ),
    st.builds(ToolsAnswered, turn_id=TURNS, message_id=IDS, parent_id=IDS, message=messages("tool")),
    st.builds(TurnEnded, turn_id=TURNS, stop_reason=st.just("end_turn"), error=st.none() | TEXTS),
    st.builds(Notice, text=TEXTS),
    st.builds(
        ToolFinished,
        turn_id=TURNS,
        call_id=st.just("c"),
        name=st.just("read_file"),
        result=st.just(ToolResult(call_id="c", text="")),
    ),
)


def fresh() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, Path(":memory:"))
    return connection


def log(connection: sqlite3.Connection, session_id: str, event: Event, at: float) -> None:
    cursor = connection.execute(
        "INSERT INTO event (session_id, turn_id, type, body, at) VALUES (?, ?, ?, ?, ?)",
        (session_id, getattr(event, "turn_id", None), event.type, event.model_dump_json(), at),
    )
    project(connection, Place(session_id, cursor.lastrowid or 0, at), event)


def tables(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
        for table in ("session", "message", "usage")
    }


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(SESSIONS, EVENTS), max_size=40))
def test_rebuilding_from_the_log_gives_the_same_tables(events: list[tuple[str, Event]]) -> None:
    with closing(fresh()) as connection:
        opened = SessionOpened(title="", mode="ask", model="a/x", cwd="")
        for number, session_id in enumerate(("s1", "s2", "s3")):
            log(connection, session_id, opened, 1.7e9 + number)
        for number, (session_id, event) in enumerate(events):
            log(connection, session_id, event, 1.7e9 + number * 7200.25)
        before = tables(connection)
        assert rebuild(connection) == len(events) + 3
        assert tables(connection) == before
        assert rebuild(connection) == len(events) + 3
        assert tables(connection) == before


def test_events_whose_session_has_lost_its_beginning_are_still_found() -> None:
    with closing(fresh()) as connection:
        message = Message(role="user", content=(Text(text="hello"),))
        log(connection, "s1", TurnStarted(turn_id="t1", message_id="m1", parent_id="gone", message=message), 1.0)
        assert tables(connection)["session"] == []
        rebuild(connection)
        (row,) = connection.execute("SELECT id, title, tip, message_count, open_turn FROM session").fetchall()
        assert row == ("s1", "Recovered", "m1", 1, "t1")


def test_a_title_is_one_short_line() -> None:
    def titled(*content: object) -> str:
        return title_of(Message.model_validate({"role": "user", "content": content}))

    assert titled(Text(text=" \n\t\n  Fix\tthe   bug \nplease")) == "Fix the bug"
    assert titled(Text(text="x" * 60)) == "x" * 60
    assert titled(Text(text="x" * 61)) == "x" * 59 + "…"
    assert titled(ToolCall(id="c", name="n")) == ""
