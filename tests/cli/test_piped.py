"""What is piped in: read from pipes and files only, bounded, and never waited for without end."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from conduit.cli.piped import MOST_BYTES, read_piped
from conduit.errors import UserError


@pytest.fixture
def standard_input() -> Iterator[object]:
    """Set descriptor 0 for one test."""
    kept = os.dup(0)

    def use(descriptor: int) -> None:
        os.dup2(descriptor, 0)
        os.close(descriptor)

    yield use
    os.dup2(kept, 0)
    os.close(kept)


def read(**given: object) -> tuple[str, list[str]]:
    notes: list[str] = []
    return read_piped(notes.append, **{"optional": True, "patience_s": 0.05, **given}), notes


def test_a_pipe_is_read_to_its_end(standard_input):
    reading, writing = os.pipe()
    os.write(writing, "one\r\ntwo ä\n\n".encode())
    os.close(writing)
    standard_input(reading)
    assert read() == ("one\r\ntwo ä", [])


def test_a_file_is_read_and_its_byte_order_mark_dropped(standard_input, tmp_path):
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf  x\n")
    standard_input(os.open(tmp_path / "file", os.O_RDONLY))
    assert read() == ("  x", [])


def test_the_null_device_has_nothing(standard_input):
    standard_input(os.open(os.devnull, os.O_RDONLY))
    assert read() == ("", [])


def test_a_closed_descriptor_has_nothing(standard_input):
    os.close(0)
    assert read() == ("", [])
    os.open(os.devnull, os.O_RDONLY)


def test_an_open_pipe_without_data_is_left_after_a_while_and_that_is_told(standard_input):
    reading, writing = os.pipe()
    standard_input(reading)
    text, notes = read()
    os.close(writing)
    assert text == ""
    assert len(notes) == 2
    assert "going on without" in notes[1]


def test_a_socket_counts_as_a_pipe(standard_input):
    ours, theirs = socket.socketpair()
    theirs.sendall(b"hello")
    theirs.close()
    standard_input(ours.detach())
    assert read() == ("hello", [])


def test_what_is_no_text_or_too_long_is_refused(standard_input, tmp_path):
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\0")
    standard_input(os.open(tmp_path / "binary", os.O_RDONLY))
    with pytest.raises(UserError, match="no text"):
        read()
    (tmp_path / "long").write_bytes(b"x" * (MOST_BYTES + 1))
    standard_input(os.open(tmp_path / "long", os.O_RDONLY))
    with pytest.raises(UserError, match="1,000,000 bytes"):
        read()
