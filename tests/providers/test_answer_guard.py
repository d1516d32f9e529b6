"""No answer can fill the memory: endless events are refused, and packed bytes are unpacked piece by piece."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from conduit.providers.answer_guard import DamagedAnswer, OversizedAnswer, guard_answers
from fakes.byte_server import serve

LIMIT = 1_000_000


def packed(encoding: str, body: bytes) -> list[bytes]:
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\nconnection: close\r\n\r\n"
    return [head.encode(), body]


@asynccontextmanager
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(trust_env=False) as opened:
        guard_answers(opened, httpx2.AsyncByteStream, max_event_bytes=LIMIT)
        yield opened


async def test_answers_are_asked_for_unpacked():
    async with serve(packed("identity", b"hello")) as server, client() as opened:
        assert (await opened.get(server.url)).text == "hello"
        assert server.received[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("encoding", "body"), [("gzip", gzip.compress(b"hello")), ("deflate", zlib.compress(b"hello"))]
)
async def test_a_packed_answer_is_read_all_the_same(encoding: str, body: bytes):
    async with serve(packed(encoding, body)) as server, client() as opened:
        assert (await opened.get(server.url)).text == "hello"


async def test_a_small_answer_that_unpacks_to_an_endless_event_is_refused():
    bomb = gzip.compress(b"x" * (50 * LIMIT))
    assert len(bomb) < LIMIT / 10
    async with serve(packed("gzip", bomb)) as server, client() as opened:
        with pytest.raises(OversizedAnswer, match="longer than 1,000,000 bytes"):
            await opened.get(server.url)


async def test_many_short_lines_are_no_endless_event():
    lines = b"x" * 1000 + b"\n"
    async with serve(packed("identity", lines * 3000)) as server, client() as opened:
        assert len((await opened.get(server.url)).content) == 3_003_000


@pytest.mark.parametrize(
    ("encoding", "error"), [("br", OversizedAnswer), ("gzip, gzip", OversizedAnswer), ("gzip", DamagedAnswer)]
)
async def test_what_cannot_be_unpacked_is_refused(encoding: str, error: type[Exception]):
    async with serve(packed(encoding, b"not packed at all")) as server, client() as opened:
        with pytest.raises(error):
            await opened.get(server.url)
