from __future__ import annotations

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.messages.content import Image, Text, ToolCall, ToolResult
from conduit.messages.message import Message, Usage, assistant_message, tool_message, user_message
from conduit.messages.request import ModelRequest, ToolSpec
from conduit.redaction import MASK, Redactor
from conduit.sessions.events import AssistantReplied, PermissionAnswered, ToolFinished, ToolStarted
from conduit.sessions.journal import Journal, NoJournal, clear_journal
from conduit.sessions.journal_reading import JournalRecord, read_journal, render_record

KEY = "sk-" + "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "state" / "journal.jsonl", Redactor(["my-own-key"]))
    yield made
    made.close()


def request(*messages: Message, system: str = "Be brief.") -> ModelRequest:
    tool = ToolSpec(name="read_file", description="Read", input_schema={"type": "object"})
    return ModelRequest(model="demo", system=system, messages=messages, tools=(tool,))


def records(journal: Journal) -> list[JournalRecord]:
    journal.close()
    return list(read_journal(journal.path))


def test_nothing_exists_before_the_first_record(journal: Journal) -> None:
    journal.close()
    assert not journal.path.parent.exists()
    assert list(read_journal(journal.path)) == []


def test_a_record_is_written_masked_and_for_this_person_only(journal: Journal) -> None:
    journal.record("request", "s1", "t1", request(user_message(f"my key is {KEY} or my-own-key")))
    journal.record("error", "s1", "t1", {"error": "401: bad key", "api_key": "anything"})
    first, second = records(journal)
    text = journal.path.read_text()
    assert KEY not in text
    assert "my-own-key" not in text
    assert first.body["messages"][0]["content"][0]["text"] == f"my key is {MASK} or {MASK}"
    assert second.body == {"error": "401: bad key", "api_key": MASK}
    assert (first.kind, first.session_id, first.turn_id) == ("request", "s1", "t1")
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_request_repeats_nothing_that_the_one_before_had(journal: Journal) -> None:
    one, two, three = user_message("one"), assistant_message("two"), user_message("three")
    journal.record("request", "s1", "t1", request(one))
    journal.record("request", "s1", "t2", request(one, two, three))
    journal.record("request", "s2", "t3", request(one, two, three))
    journal.record("request", "s1", "t4", request(one, three, system="Other."))
    first, second, other_session, changed = (record.body for record in records(journal))
    assert [layer["text"] for layer in first["layers"]] == ["Be brief."]
    assert second["earlier_messages"] == 1
    assert [m["content"][0]["text"] for m in second["messages"]] == ["two", "three"]
    assert "layers" not in second
    assert "tools" not in second
    assert second["model"] == "demo"
    assert len(other_session["messages"]) == 3
    assert (changed["layers"][0]["text"], changed["earlier_messages"]) == ("Other.", 1)


def test_a_full_journal_turns_over_and_the_new_file_reads_by_itself(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", Redactor(), max_file_bytes=4000)
    history: tuple[Message, ...] = ()
    for number in range(30):
        history = (*history, user_message(f"message {number} " + "x" * 200))
        journal.record("request", "s", None, request(*history))
    journal.close()
    whole = 30 * 400  # a first request carries the whole conversation
    older = journal.path.with_name("journal.jsonl.1")
    assert journal.path.stat().st_size < 4000 + whole
    assert older.stat().st_size < 4000 + whole
    first = json.loads(journal.path.read_text().splitlines()[0])
    assert first["body"]["messages"][0]["content"][0]["text"].startswith("message 0 ")
    seen = [r.body["messages"][-1]["content"][0]["text"].split(" x")[0] for r in read_journal(journal.path)]
    assert seen == [f"message {n}" for n in range(30 - len(seen), 30)]


def test_clearing_removes_both_parts_and_recording_goes_on(journal: Journal) -> None:
    journal.path.parent.mkdir(parents=True)
    journal.path.with_name("journal.jsonl.1").write_text("old\n")
    journal.record("error", "s", None, {"error": "before"})
    journal.close()
    size = journal.path.stat().st_size
    assert clear_journal(journal.path) == size + len("old\n")
    assert clear_journal(journal.path) == 0
    assert list(journal.path.parent.glob("*.jsonl*")) == []
    journal.record("error", "s", None, {"error": "after"})
    assert [record.body for record in records(journal)] == [{"error": "after"}]


def test_the_first_request_after_clearing_is_whole(journal: Journal) -> None:
    written = threading.Event()
    journal.record("request", "s", None, request(user_message("one " + "x" * 1000)))

    def wait() -> None:
        for record in read_journal(journal.path, follow=True, stop=written):
            assert record.body["messages"]
            written.set()

    reader = threading.Thread(target=wait)
    reader.start()
    assert written.wait(timeout=10)
    reader.join(timeout=10)
    clear_journal(journal.path)
    journal.record("request", "s", None, request(user_message("one " + "x" * 1000), user_message("two")))
    (record,) = records(journal)
    assert len(record.body["messages"]) == 2
    assert record.body["layers"][0]["text"] == "Be brief."


def test_long_strings_are_cut_and_odd_ones_do_not_stop_it(journal: Journal) -> None:
    journal.record("error", "s", None, {"error": "x" * 30_000, "odd": "\ud800", "other": Path("a"), "n": 1})
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"a": deep}
    journal.record("error", "s", None, deep)
    journal.record("error", "s", None, {"error": "still here"})
    first, last = records(journal)
    assert first.body["error"].endswith("… [10000 characters more]")
    assert (first.body["odd"], first.body["other"]) == ("\ufffd", "a")
    assert last.body == {"error": "still here"}
    assert last.dropped_before == 1


def test_following_yields_new_records_across_clearing_until_it_is_stopped(journal: Journal) -> None:
    stop = threading.Event()
    seen: list[str] = []
    arrived = threading.Condition()

    def follow() -> None:
        for record in read_journal(journal.path, follow=True, stop=stop):
            with arrived:
                seen.append(str(record.body["error"]))
                arrived.notify_all()

    def wait_for(count: int) -> None:
        with arrived:
            assert arrived.wait_for(lambda: len(seen) >= count, timeout=10)

    reader = threading.Thread(target=follow)
    reader.start()
    journal.record("error", "s", None, {"error": "one"})
    wait_for(1)
    journal.record("error", "s", None, {"error": "two"})
    wait_for(2)
    clear_journal(journal.path)
    journal.record("error", "s", None, {"error": "three"})
    wait_for(3)
    stop.set()
    reader.join(timeout=10)
    assert not reader.is_alive()
    assert seen == ["one", "two", "three"]


def test_lines_that_are_no_record_are_passed_over(journal: Journal) -> None:
    journal.record("error", "s1", None, {"error": "a"})
    journal.record("error", "s2", None, {"error": "b"})
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"cut": \n[]\n{"body": 1}\n\xff\xff\n{"kind": "error", "ses')
    assert [record.body["error"] for record in read_journal(journal.path)] == ["a", "b"]
    assert [record.body["error"] for record in read_journal(journal.path, session_id="s2")] == ["b"]


def test_each_kind_is_readable(journal: Journal) -> None:
    call = ToolCall(id="c1", name="read_file", arguments={"path": "a.py"})
    result = ToolResult(call_id="c1", text="line 1\n\x1b[2Jline 2", is_error=True)
    picture = Image(media_type="image/png", data="AAAA")
    journal.record("request", "s1", "t1", request(user_message("Why?", picture), tool_message([result])))
    reply = AssistantReplied(
        turn_id="t1",
        message_id="m",
        parent_id=None,
        message=assistant_message(Text(text="Because"), call),
        model="demo",
        usage=Usage(input_tokens=9, output_tokens=3),
        stop_reason="tool_use",
    )
    journal.record("answer", "s1", "t1", reply)
    started = ToolStarted(
        turn_id="t1",
        call_id="c1",
        name="read_file",
        arguments={"path": "a.py"},
        kind="read",
        title="Read a.py",
        key="k",
    )
    journal.record("tool_call", "s1", "t1", started)
    journal.record("tool_result", "s1", "t1", ToolFinished(turn_id="t1", call_id="c1", name="read_file", result=result))
    answered = PermissionAnswered(turn_id="t1", call_id="c1", effect="write", answer="allow_once")
    journal.record("permission", "s1", "t1", answered)
    shown = [render_record(record).splitlines() for record in records(journal)]
    assert [lines[0].split("  ", 2)[2] for lines in shown] == [
        "request to demo: 2 new messages after 0",
        "answer of demo (tool_use; 9 tokens in, 3 out)",
        "tool call: Read a.py",
        "tool result: read_file (failed)",
        "permission: write allow_once",
    ]
    assert [line.strip() for line in shown[0][1:]] == [
        "system: Be brief.",
        "tools: read_file",
        "user: Why?",
        "image: [image, 4 characters]",
        "tool_result: line 1",
        "tool_result: \\x1b[2Jline 2",
    ]
    assert [line.strip() for line in shown[1][1:]] == [
        "assistant: Because",
        'tool_call: calls read_file {"path": "a.py"}',
    ]


def test_processes_share_one_journal_without_mixing_lines(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    code = (
        "import sys\nfrom pathlib import Path\nfrom conduit.redaction import Redactor\n"
        "from conduit.sessions.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), Redactor())\n"
        "for n in range(300): journal.record('error', sys.argv[2], None, {'error': f'{n} ' + 'x' * 5000})\n"
        "journal.close(30)"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in "ab"]
    assert [child.wait(timeout=60) for child in children] == [0, 0]
    lines = path.read_bytes().splitlines()
    assert len([json.loads(line) for line in lines]) == 600
    for name in "ab":
        numbers = [int(r.body["error"].split()[0]) for r in read_journal(path, session_id=name)]
        assert numbers == list(range(300))


def test_no_journal_keeps_nothing() -> None:
    NoJournal().record("error", "s", None, {"error": "x"})
