"""A writer that never blocks its caller, a reader that never overruns its loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator

import pytest

from conduit.lsp.framing import Fault, FrameParser, Message, encode_frame
from conduit.lsp.transport import Ended, Inbox, Outbox


class Pipe:
    """A pipe whose reading end is read only when the test says so."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.lost: list[str] = []
        self.lost_event = threading.Event()
        self._outboxes: list[Outbox] = []

    def on_lost(self, reason: str) -> None:
        self.lost.append(reason)
        self.lost_event.set()

    def read_until(self, done: Callable[[list[object]], bool]) -> list[object]:
        parser, found = FrameParser(), []
        while not done(found):
            found += [frame.value for frame in parser.feed(os.read(self.read_end, 65536)) if isinstance(frame, Message)]
        return found

    def outbox(self, **bounds: int) -> Outbox:
        self._outboxes.append(Outbox(self.write_end, self.on_lost, **bounds))
        return self._outboxes[-1]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self.read_end)
        for outbox in self._outboxes:  # a thread that goes on would write into the next test's pipe
            assert outbox.finish(5)
        with contextlib.suppress(OSError):
            os.close(self.write_end)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def block(outbox: Outbox) -> None:
    """Fill the pipe, so that whatever is queued next stays queued."""
    outbox.write(encode_frame({"filler": "x" * 200_000}))


def chunk(text: str) -> bytes:
    return encode_frame({"text": text})


def test_text_of_one_message_that_still_waits_is_merged(pipe: Pipe) -> None:
    outbox = pipe.outbox()
    block(outbox)
    for number in range(1000):
        outbox.append("m", f"{number} ", chunk)
    outbox.write(encode_frame({"end": True}))
    found = pipe.read_until(lambda seen: {"end": True} in seen)
    assert found[1:] == [{"text": "".join(f"{number} " for number in range(1000))}, {"end": True}]


def test_text_is_never_merged_past_something_that_came_between(pipe: Pipe) -> None:
    outbox = pipe.outbox()
    block(outbox)
    outbox.append("m", "before", chunk)
    outbox.write(encode_frame({"tool": 1}))
    outbox.append("m", "after", chunk)
    outbox.write(encode_frame({"end": True}))
    found = pipe.read_until(lambda seen: {"end": True} in seen)
    assert found[1:] == [{"text": "before"}, {"tool": 1}, {"text": "after"}, {"end": True}]


def test_of_a_state_only_the_latest_is_sent(pipe: Pipe) -> None:
    outbox = pipe.outbox()
    block(outbox)
    for number in range(1000):
        outbox.replace("status", encode_frame({"status": number}))
    outbox.write(encode_frame({"end": True}))
    assert pipe.read_until(lambda seen: {"end": True} in seen)[1:] == [{"status": 999}, {"end": True}]


def test_beyond_the_soft_bound_text_is_dropped_and_answers_are_kept(pipe: Pipe) -> None:
    outbox = pipe.outbox(soft_bytes=300_000)
    block(outbox)
    for number in range(2000):
        outbox.append(number, "y" * 1000, chunk)
        outbox.write(encode_frame({"answer": number}))
    assert outbox.dropped > 1500
    outbox.write(encode_frame({"end": True}))
    found = pipe.read_until(lambda seen: {"end": True} in seen)
    assert [each["answer"] for each in found if "answer" in each] == list(range(2000))


def test_beyond_the_hard_bound_the_connection_is_given_up_with_a_reason(pipe: Pipe) -> None:
    outbox = pipe.outbox(hard_bytes=1_000_000)
    block(outbox)
    for _ in range(20):
        outbox.write(encode_frame("z" * 100_000))
    assert pipe.lost_event.wait(5)
    assert len(pipe.lost) == 1
    assert "did not read" in pipe.lost[0]
    assert outbox.queued_bytes == 0


def test_a_reader_that_is_gone_is_noticed(pipe: Pipe) -> None:
    outbox = pipe.outbox()
    os.close(pipe.read_end)
    outbox.write(encode_frame({}))
    assert pipe.lost_event.wait(5)
    assert "failed" in pipe.lost[0]


def test_an_end_that_does_not_block_is_waited_for_all_the_same(pipe: Pipe) -> None:
    os.set_blocking(pipe.write_end, False)
    outbox = pipe.outbox()
    block(outbox)
    outbox.write(encode_frame({"end": True}))
    assert not outbox.finish(0.2)
    assert pipe.read_until(lambda seen: {"end": True} in seen)[-1] == {"end": True}
    assert pipe.lost == []


def test_finish_waits_for_what_is_queued(pipe: Pipe) -> None:
    outbox = pipe.outbox()
    for number in range(100):
        outbox.write(encode_frame({"n": number}))
    assert outbox.finish(5)
    assert len(pipe.read_until(lambda seen: len(seen) == 100)) == 100


def test_finish_gives_up_on_a_reader_that_does_not_read(pipe: Pipe) -> None:
    outbox = pipe.outbox()
    block(outbox)
    assert not outbox.finish(0.05)


async def test_messages_arrive_in_order_and_the_end_is_told(pipe: Pipe) -> None:
    inbox = Inbox(asyncio.get_running_loop())
    inbox.start(pipe.read_end)
    os.write(pipe.write_end, encode_frame(1) + b"garbage\n" + encode_frame(2))
    os.close(pipe.write_end)
    found = [await asyncio.wait_for(inbox.get(), 5) for _ in range(4)]
    assert [each.value for each in found if isinstance(each, Message)] == [1, 2]
    assert isinstance(found[1], Fault)
    assert found[-1] == Ended(None)


async def test_a_pipe_that_does_not_block_is_read_as_any_other(pipe: Pipe) -> None:
    os.set_blocking(pipe.read_end, False)
    inbox = Inbox(asyncio.get_running_loop())
    inbox.start(pipe.read_end)
    found = []
    for number in (1, 2):
        os.write(pipe.write_end, encode_frame(number))
        found.append(await asyncio.wait_for(inbox.get(), 5))
    os.close(pipe.write_end)
    found.append(await asyncio.wait_for(inbox.get(), 5))
    assert [each.value for each in found if isinstance(each, Message)] == [1, 2]
    assert found[-1] == Ended(None)


async def test_the_reader_waits_when_nobody_takes(pipe: Pipe) -> None:
    inbox = Inbox(asyncio.get_running_loop(), max_bytes=100_000)
    inbox.start(pipe.read_end)
    sent = threading.Event()

    def send() -> None:
        for number in range(200):
            data = memoryview(encode_frame({"n": number, "fill": "x" * 10_000}))
            while data:
                data = data[os.write(pipe.write_end, data) :]
        sent.set()

    threading.Thread(target=send, daemon=True).start()
    first = await asyncio.wait_for(inbox.get(), 5)
    assert not sent.wait(0.3)
    rest = [await asyncio.wait_for(inbox.get(), 5) for _ in range(199)]
    assert [json.loads(json.dumps(each.value))["n"] for each in [first, *rest]] == list(range(200))


async def test_a_cancellation_is_known_before_the_request_ahead_of_it_is_taken(pipe: Pipe) -> None:
    inbox = Inbox(asyncio.get_running_loop())
    inbox.start(pipe.read_end)
    cancel = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 5}}
    os.write(pipe.write_end, encode_frame({"id": 5, "method": "x"}) + encode_frame(cancel) + encode_frame("last"))
    os.close(pipe.write_end)
    while not inbox.cancelled:
        await asyncio.sleep(0)
    first = await inbox.get()
    assert isinstance(first, Message)
    assert first.value == {"id": 5, "method": "x"}
    assert inbox.cancelled == {5}
