"""The parser sees the same frames however the bytes are cut, and finds its way back after garbage."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.lsp.framing import Fatal, Fault, FrameParser, Message, encode_frame
from lsp.malformed import SURVIVED

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


def values(frames: list[object]) -> list[object]:
    return [frame.value for frame in frames if isinstance(frame, Message)]


@given(st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=40)), max_size=5), st.data())
@settings(max_examples=200, deadline=None)
def test_pieces_of_any_size_give_the_same_messages(messages: list[dict[str, str]], data: st.DataObject) -> None:
    stream = b"".join(encode_frame(message) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    parser = FrameParser()
    found: list[object] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += parser.feed(stream[start:end])
    assert values(found) == [json.loads(json.dumps(message)) for message in messages]
    assert parser.unfinished() is None


@pytest.mark.parametrize("name", [name for name, data in SURVIVED.items() if len(data) < 3000])
def test_one_byte_at_a_time_finds_the_next_message_too(name: str) -> None:
    parser = FrameParser()
    found: list[object] = []
    for byte in SURVIVED[name] + encode_frame(PING):
        found += parser.feed(bytes([byte]))
    assert values(found)[-1] == PING


@given(st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_after_any_bytes_the_second_next_message_is_found(garbage: bytes) -> None:
    parser = FrameParser()
    found = parser.feed(garbage + encode_frame(PING) + encode_frame(PING))
    assert any(isinstance(frame, Fatal) for frame in found) or PING in values(found)


def test_a_wrong_length_loses_at_most_its_own_message() -> None:
    body = json.dumps(PING).encode()
    for wrong in range(200):
        parser = FrameParser()
        found = parser.feed(b"Content-Length: %d\r\n\r\n%s" % (wrong, body) + encode_frame({"next": wrong}))
        assert values(found)[-1] == {"next": wrong}, wrong


def test_lone_surrogates_leave_as_replacement_characters_and_pairs_as_their_character() -> None:
    assert encode_frame("a\ud800b\ud83d\ude00").endswith('"a\ufffdb😀"'.encode())


def test_a_length_beyond_the_cap_ends_the_reading() -> None:
    parser = FrameParser(max_body_bytes=100)
    assert isinstance(parser.feed(b"Content-Length: 101\r\n\r\n")[-1], Fatal)
    assert parser.feed(encode_frame(PING)) == []


def test_garbage_without_end_is_given_up() -> None:
    parser = FrameParser(max_body_bytes=1000)
    found = [frame for _ in range(20) for frame in parser.feed(b"x" * 100 + b"\n")]
    assert [type(frame) for frame in found] == [Fault, Fatal]
