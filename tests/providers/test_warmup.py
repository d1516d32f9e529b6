"""Heavy things are loaded once, in a thread, for everyone who waits."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from conduit.errors import ProviderErrorKind
from conduit.providers.warmup import SharedLoad, warm_up
from fakes.wires import collect, provider_of, request_for


async def test_all_who_wait_share_one_load_off_the_event_loop():
    threads: list[int] = []
    load = SharedLoad(lambda: threads.append(threading.get_ident()))
    await asyncio.gather(load(), load(), load())
    await load()
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


async def test_two_loads_never_run_at_once():
    running: list[str] = []
    overlaps: list[str] = []
    asked = threading.Event()

    def work() -> None:
        overlaps.extend(running)
        running.append("load")
        asked.wait(0.1)  # nobody sets it: the other one has this long to come in
        running.pop()

    await asyncio.gather(SharedLoad(work)(), SharedLoad(work)())
    assert overlaps == []


async def test_a_load_that_failed_is_tried_again():
    outcomes = iter([ValueError("first"), None])

    def work() -> None:
        if error := next(outcomes):
            raise error

    load = SharedLoad(work)
    with pytest.raises(ValueError, match="first"):
        await load()
    await load()
    assert load.done


async def test_a_waiter_that_is_cancelled_does_not_stop_the_load():
    go, done = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(30)
        done.set()

    load = SharedLoad(work)
    waiter = asyncio.create_task(load())
    await asyncio.sleep(0)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    go.set()
    await asyncio.wait_for(load(), 30)
    assert done.is_set()


async def test_warming_up_a_provider_that_cannot_load_is_no_error_until_it_is_used(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    caplog.set_level("INFO", "conduit")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    async with provider_of("custom", "http://models.example/v1") as provider:
        await warm_up(provider)
        assert "could not be loaded ahead of time" in caplog.text
        _, _, error = await collect(provider, request_for("custom"))
    assert error is not None
    assert error.kind is ProviderErrorKind.CONFIG


def test_importing_the_wires_imports_no_sdk_and_loading_one_imports_only_its_own():
    code = """
import asyncio, sys
import conduit.providers.anthropic, conduit.providers.google, conduit.providers.openai_chat, conduit.providers.retry
from conduit.catalog.catalog import Catalog
heavy = {"openai", "anthropic", "google.genai", "httpx", "httpx2", "tiktoken"}
print(sorted(heavy & set(sys.modules)))
catalog = Catalog.packaged()
provider = conduit.providers.openai_chat.OpenAIChatProvider(catalog.vendor("openai"), catalog=catalog, api_key="k")
async def load():
    await provider.load()
    await provider.aclose()
asyncio.run(load())
print(sorted({"openai", "anthropic", "google.genai"} & set(sys.modules)))
"""
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == ["[]", "['openai']"]
