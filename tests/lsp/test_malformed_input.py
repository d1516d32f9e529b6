"""Whatever arrives, the server answers the next request within a second, or ends cleanly and says why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lsp.malformed import SURVIVED
from lsp.raw import RawServer, frame, request


class Survivor:
    """One server for all cases, started again only after it died."""

    def __init__(self, home) -> None:
        self._home = home
        self._server: RawServer | None = None
        self._number = 1000

    def server(self) -> RawServer:
        if self._server is None or self._server.process.poll() is not None:
            self.close()
            self._server = RawServer(home=self._home)
            assert "result" in self._server.initialize()
            # What is imported in the background would count against the first cases' second.
            self._server.send(request("ready", "conduit/models/list"))
            self._server.answer("ready", 20)
        return self._server

    def next_id(self) -> int:
        self._number += 1
        return self._number

    def close(self) -> None:
        if self._server is not None:
            self._server.close()


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survivor]:
    survivor = Survivor(tmp_path_factory.mktemp("home"))
    yield survivor
    survivor.close()


@pytest.mark.parametrize("name", SURVIVED)
def test_answers_the_next_request_within_a_second(survivor: Survivor, name: str) -> None:
    server, id_ = survivor.server(), survivor.next_id()
    server.send_bytes(SURVIVED[name])
    server.send(request(id_, "no/such/method"))
    assert server.answer(id_, 1.0)["error"]["code"] == -32601


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Content-Length: 4000000000\r\n\r\n{", "Content-Length"),
        (b"Content-Length: 67108865\r\n\r\n", "67108864 bytes"),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", "Content-Length"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", "HTTP"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP"),
    ],
)
def test_what_cannot_be_read_ends_the_server_with_its_reason(tmp_path, data: bytes, reason: str) -> None:
    server = RawServer(home=tmp_path)
    server.initialize()
    server.send_bytes(data)
    assert server.end() == 1
    assert reason in server.stderr
    server.close()


def test_input_that_ends_within_a_message_ends_the_server_with_its_reason(tmp_path) -> None:
    server = RawServer(home=tmp_path)
    server.initialize()
    server.send_bytes(frame(request(1, "shutdown"))[:-4])
    server.process.stdin.close()
    assert server.end() == 1
    assert "announced bytes" in server.stderr
    server.close()


def test_an_initialize_with_half_a_character_in_its_root_is_answered(tmp_path) -> None:
    server = RawServer(home=tmp_path)
    assert "result" in server.initialize(rootUri="file:///\ud800")
    server.close()


def test_unreadable_messages_are_answered_with_a_parse_error_for_nobody(tmp_path) -> None:
    server = RawServer(home=tmp_path)
    server.initialize()
    server.send_bytes(frame(b"{"))
    assert server.answer(None)["error"]["code"] == -32700
    server.close()
