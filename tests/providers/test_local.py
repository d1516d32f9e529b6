"""The embedded model: a real child process with the real weights."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from conduit.catalog.catalog import Catalog
from conduit.errors import ProviderError, ProviderErrorKind, UserError
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.messages.stream import BlockDelta
from conduit.providers.base import Provider
from conduit.providers.llama_child import start_child
from conduit.providers.local import EmbeddedOptions, EmbeddedProvider, EmbeddedStatus, physical_cores
from conduit.providers.openai_chat import OpenAIChatProvider
from conduit.providers.prompted_tools import PromptedToolsProvider
from conduit.providers.weights import Weights
from fakes.wires import READ_FILE, collect

embedded = pytest.mark.embedded


def make_wire(base_url: str, key: str) -> Provider:
    catalog = Catalog.packaged()
    return OpenAIChatProvider(catalog.vendor("embedded"), catalog=catalog, base_url=base_url, api_key=key)


@asynccontextmanager
async def provider_with(path: Path, **options: Any) -> AsyncIterator[tuple[EmbeddedProvider, list[EmbeddedStatus]]]:
    told: list[EmbeddedStatus] = []
    provider = EmbeddedProvider(
        Weights(path.parent, own=path),
        make_wire=make_wire,
        options=EmbeddedOptions(**{"context_tokens": 2048, **options}),
        on_status=told.append,
    )
    try:
        yield provider, told
    finally:
        await provider.aclose()


def ask(text: str, **settings: Any) -> ModelRequest:
    chosen = {"temperature": 0.0, "seed": 1, "max_tokens": 24, **settings}
    return ModelRequest(model="smollm2-135m", messages=(user_message(text),), settings=ModelSettings(**chosen))


def children() -> set[int]:
    return {process.pid for process in psutil.Process().children()}


async def ended(pid: int, timeout_s: float) -> bool:
    """Return whether a process ends in time; a zombie that nobody collects has ended too."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()  # takes any handle, which `select` does not
        poll.register(handle, select.POLLIN)
        return bool(await asyncio.to_thread(poll.poll, timeout_s * 1000))
    finally:
        os.close(handle)


@embedded
async def test_the_embedded_model_streams_in_several_pieces_and_tells_its_state(embedded_weights: Path) -> None:
    async with provider_with(embedded_weights) as (provider, told):
        assert provider.child_pid is None
        events, folded, error = await collect(provider, ask("Say hello to Ada."))
        assert error is None
        assert sum(isinstance(event, BlockDelta) for event in events) > 1
        assert folded.message().text
        assert folded.usage.output_tokens > 1
        assert [status.phase for status in told] == ["starting", "ready"]
        pid = provider.child_pid
        assert pid is not None
        command = " ".join(psutil.Process(pid).cmdline())
        assert "local_server" in command
        connections = psutil.Process(pid).net_connections(kind="inet")
        assert {item.laddr.ip for item in connections if item.status == "LISTEN"} == {"127.0.0.1"}
        again, *_ = await asyncio.gather(*(collect(provider, ask("Say hello to Ada.")) for _ in range(2)))
        assert again[2] is None
        assert provider.child_pid == pid
    assert not psutil.pid_exists(pid)


@embedded
async def test_many_completions_in_a_row_never_meet_a_closed_connection(embedded_weights: Path) -> None:
    async with provider_with(embedded_weights) as (provider, _):
        errors = [(await collect(provider, ask("Hi", max_tokens=2)))[2] for _ in range(25)]
    assert errors == [None] * 25


@embedded
async def test_a_prompted_call_of_the_real_model_is_valid(embedded_weights: Path) -> None:
    async with provider_with(embedded_weights) as (provider, _):
        wrapper = PromptedToolsProvider(provider)
        asked = ask("What does greet.py do? Read it.", max_tokens=80).model_copy(update={"tools": (READ_FILE,)})
        _, folded, error = await collect(wrapper, asked)
    assert error is None
    (call,) = folded.message().tool_calls
    assert (call.name, call.arguments, call.malformed) == ("read_file", {"path": "greet.py"}, None)


@embedded
async def test_the_child_refuses_whoever_does_not_know_the_key(embedded_weights: Path) -> None:
    child = await start_child(embedded_weights, context_tokens=512, threads=1)
    try:
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{child.endpoint.base_url}/chat/completions", json={"messages": [], "max_tokens": 1}
            )
        assert answer.status_code == 401
        assert child.endpoint.api_key not in " ".join(psutil.Process(child.pid).cmdline())
        assert child.endpoint.api_key not in str(psutil.Process(child.pid).environ())
    finally:
        await child.end()
    assert not child.alive


@embedded
async def test_closing_a_stream_frees_the_model_for_the_next(embedded_weights: Path) -> None:
    async with provider_with(embedded_weights) as (provider, _):
        async with aclosing(provider.stream(ask("Count to one thousand.", max_tokens=1500))) as events:
            async for event in events:
                if isinstance(event, BlockDelta):
                    break
        begun = time.monotonic()
        _, _, error = await collect(provider, ask("Hi", max_tokens=3))
        assert error is None
        assert time.monotonic() - begun < 5


@embedded
async def test_a_long_conversation_overflows_by_name(embedded_weights: Path) -> None:
    async with provider_with(embedded_weights, context_tokens=256) as (provider, _):
        _, _, error = await collect(provider, ask("word " * 2000))
    assert error is not None
    assert error.kind is ProviderErrorKind.CONTEXT_OVERFLOW
    assert "256 tokens" in str(error)


@embedded
async def test_an_idle_child_ends_and_the_next_use_starts_another(embedded_weights: Path) -> None:
    async with provider_with(embedded_weights, idle_s=0.2) as (provider, told):
        await collect(provider, ask("Hi", max_tokens=2))
        first = provider.child_pid
        assert first is not None
        assert await ended(first, 5)
        assert (await collect(provider, ask("Hi", max_tokens=2)))[2] is None
        assert provider.child_pid not in (None, first)
        assert [status.phase for status in told] == ["starting", "ready", "idle", "starting", "ready"]


@embedded
async def test_a_child_that_dies_in_a_stream_is_one_message_and_a_new_child(embedded_weights: Path) -> None:
    async with provider_with(embedded_weights) as (provider, _):

        async def kill_it_in_the_stream() -> None:
            async with aclosing(provider.stream(ask("Count to one thousand.", max_tokens=1500))) as events:
                async for event in events:
                    if isinstance(event, BlockDelta) and provider.child_pid is not None:
                        os.kill(provider.child_pid, signal.SIGKILL)

        with pytest.raises(ProviderError, match="process ended") as caught:
            await kill_it_in_the_stream()
        assert caught.value.kind is ProviderErrorKind.INTERNAL
        assert (await collect(provider, ask("Hi", max_tokens=2)))[2] is None


async def test_a_cancel_while_the_child_loads_leaves_nothing_behind(tmp_path: Path) -> None:
    slow = tmp_path / "slow.gguf"
    os.mkfifo(slow)  # nobody writes, so that loading never ends
    before = children()
    task = asyncio.create_task(start_child(slow, context_tokens=512, threads=1))
    begun = time.monotonic()
    while children() == before and time.monotonic() - begun < 10:
        await asyncio.sleep(0)
    assert len(children() - before) == 1
    task.cancel()
    begun = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - begun < 1
    assert children() == before


@embedded
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_the_child_ends_when_its_parent_is_killed(embedded_weights: Path, how: signal.Signals) -> None:
    code = """
        import asyncio, sys
        from pathlib import Path
        from conduit.providers.llama_child import start_child
        async def main():
            child = await start_child(Path(sys.argv[1]), context_tokens=512, threads=1)
            print(child.pid, flush=True)
            await asyncio.Event().wait()
        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(embedded_weights)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(await asyncio.to_thread(parent.stdout.readline))
        assert psutil.pid_exists(pid)
        parent.send_signal(how)
    assert await ended(pid, 2)


async def test_a_file_that_is_no_model_is_one_clear_message(tmp_path: Path) -> None:
    own = tmp_path / "mine.gguf"
    own.write_bytes(b"this is no model")
    async with provider_with(own) as (provider, told):
        _, _, error = await collect(provider, ask("Hi"))
    assert error is not None
    assert "could not be started" in str(error)
    assert told[-1].phase == "failed"


async def test_missing_weights_of_the_persons_own_are_their_error(tmp_path: Path) -> None:
    async with provider_with(tmp_path / "none.gguf") as (provider, _):
        with pytest.raises(UserError, match=r"none\.gguf"):
            await collect(provider, ask("Hi"))


async def test_a_closed_provider_starts_nothing(tmp_path: Path) -> None:
    async with provider_with(tmp_path / "none.gguf") as (provider, _):
        await provider.aclose()
        _, _, error = await collect(provider, ask("Hi"))
    assert error is not None
    assert error.kind is ProviderErrorKind.NOT_READY


def test_the_machine_has_a_core() -> None:
    assert 1 <= physical_cores() <= (os.cpu_count() or 1)
