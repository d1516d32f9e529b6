"""What a streamed token costs on each wire, beside the plain loop of the SDK under it, and what a first turn imports.

Both loops read the same answer from the same server, by turns, and only this process's CPU counts: the server is a
process of its own. The bound is on the ratio, which is the same on a fast machine and on a slow one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fakes.byte_server import serve
from fakes.dialects import DIALECTS
from fakes.provider_faults import stream
from fakes.wires import provider_of, request_for

MAX_RATIO = 1.3
MAX_FIRST_IMPORT_MS = 5.0
MAX_FIRST_ANSWER_MS = 250.0
ROUNDS = 7


def main(arguments: Sequence[str]) -> int:
    """Measure, print the verdict, and return 0 when every bound holds."""
    parser = argparse.ArgumentParser(prog="poe bench wires")
    parser.add_argument("--tokens", type=int, default=10_000)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--first-turn", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve:
        asyncio.run(_serve(given.serve, given.tokens))
        return 0
    if given.first_turn:
        asyncio.run(_first_turn(given.first_turn))
        return 0
    good = True
    for wire in DIALECTS:
        ours, plain = _with_server(wire, given.tokens, lambda url, wire=wire: _compare(wire, url, given.tokens))
        ratio = ours / plain if plain else float("nan")
        fits = not plain or ratio <= MAX_RATIO
        beside = (
            f"{plain:6.1f} µs the SDK's plain loop, ratio {ratio:.2f} (at most {MAX_RATIO})"
            if plain
            else "no SDK under it"
        )
        print(f"{'ok  ' if fits else 'FAIL'} {wire}: {ours:6.1f} µs of CPU a token, {beside}")
        first = _first(wire)
        fast = first["imports_ms"] <= MAX_FIRST_IMPORT_MS and first["first_ms"] <= MAX_FIRST_ANSWER_MS
        print(
            f"{'ok  ' if fast else 'FAIL'} {wire}: the first turn after the warm-up imports {first['modules']} modules "
            f"in {first['imports_ms']:.1f} ms (at most {MAX_FIRST_IMPORT_MS:.0f}); the warm-up took "
            f"{first['warm_up_ms']:.0f} ms, the first answer {first['first_ms']:.1f} ms "
            f"(at most {MAX_FIRST_ANSWER_MS:.0f}), the next {first['next_ms']:.1f} ms"
        )
        good = good and fits and fast
    return 0 if good else 1


async def _serve(wire: str, tokens: int) -> None:
    dialect = DIALECTS[wire]
    answer = stream(dialect, dialect.text(*["token "] * tokens), dialect.end())
    async with serve([answer[0], b"".join(answer[1:])]) as server:
        print(server.url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _with_server(wire: str, tokens: int, work: Callable[[str], Awaitable[Any]]) -> Any:
    command = [sys.executable, sys.argv[0], "wires", "--serve", wire, "--tokens", str(tokens)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()

        async def run() -> Any:
            return await work(url)

        try:
            return asyncio.run(run())
        finally:
            child.communicate()


async def _compare(wire: str, url: str, tokens: int) -> tuple[float, float]:
    """Return the CPU of a token in microseconds: on our wire, and in the plain loop (0 when there is no SDK)."""
    plain_loop = await PLAIN_LOOPS[wire](url) if wire in PLAIN_LOOPS else None
    ours: list[float] = []
    plain: list[float] = []
    async with provider_of(DIALECTS[wire].vendor, url) as provider:

        async def our_loop() -> int:
            count = 0
            async for event in provider.stream(request_for(DIALECTS[wire].vendor)):
                count += event.type == "block_delta"
            return count

        for _ in range(ROUNDS):
            for loop, times in ((our_loop, ours), (plain_loop, plain)):
                if loop is None:
                    continue
                start = time.process_time()
                count = await loop()
                times.append((time.process_time() - start) / tokens * 1e6)
                assert count == tokens, f"{count} tokens of {tokens}"
    # The best of the rounds is the one that the rest of the machine disturbed least.
    return min(ours), min(plain, default=0.0)


async def _plain_openai(url: str) -> Callable[[], Awaitable[int]]:
    import openai

    client = openai.AsyncOpenAI(api_key="k", base_url=url, http_client=openai.DefaultAsyncHttpxClient(trust_env=False))

    async def loop() -> int:
        count = 0
        messages: Any = [{"role": "user", "content": "hello"}]
        stream = await client.chat.completions.create(model="m", messages=messages, stream=True)
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                count += 1
        return count

    return loop


async def _plain_anthropic(url: str) -> Callable[[], Awaitable[int]]:
    import anthropic
    import httpx2

    transport = httpx2.AsyncHTTPTransport()
    http_client = anthropic.DefaultAsyncHttpxClient(trust_env=False, transport=transport)
    client = anthropic.AsyncAnthropic(api_key="k", base_url=url, http_client=http_client)

    async def loop() -> int:
        count = 0
        messages: Any = [{"role": "user", "content": "hello"}]
        stream = await client.messages.create(model="m", messages=messages, max_tokens=100, stream=True)
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta" and event.delta.text:
                count += 1
        return count

    return loop


async def _plain_google(url: str) -> Callable[[], Awaitable[int]]:
    import httpx2
    from google import genai

    http: Any = {"base_url": url, "httpx_async_client": httpx2.AsyncClient(trust_env=False)}
    client = genai.Client(vertexai=False, api_key="k", http_options=http)

    async def loop() -> int:
        count = 0
        async for chunk in await client.aio.models.generate_content_stream(model="m", contents="hello"):
            content = chunk.candidates[0].content if chunk.candidates else None
            count += sum(bool(part.text) for part in (content.parts if content else None) or [])
        return count

    return loop


async def _plain_responses(url: str) -> Callable[[], Awaitable[int]]:
    import openai

    client = openai.AsyncOpenAI(api_key="k", base_url=url, http_client=openai.DefaultAsyncHttpxClient(trust_env=False))

    async def loop() -> int:
        count = 0
        async for event in await client.responses.create(model="m", input="hello", stream=True):
            count += event.type == "response.output_text.delta"
        return count

    return loop


async def _plain_ollama(url: str) -> Callable[[], Awaitable[int]]:
    import ollama

    client = ollama.AsyncClient(host=url, trust_env=False)

    async def loop() -> int:
        count = 0
        messages = [{"role": "user", "content": "hello"}]
        async for part in await client.chat(model="m", messages=messages, stream=True):
            count += bool(part.message.content)
        return count

    return loop


PLAIN_LOOPS: dict[str, Callable[[str], Awaitable[Callable[[], Awaitable[int]]]]] = {
    "openai_chat": _plain_openai,
    "openai_responses": _plain_responses,
    "anthropic": _plain_anthropic,
    "google": _plain_google,
    "ollama": _plain_ollama,
}


def _first(wire: str) -> dict[str, float]:
    command = [sys.executable, sys.argv[0], "wires", "--first-turn", wire]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


async def _first_turn(wire: str) -> None:
    """Print what the first answer costs in a process that has warmed up: imports, and all of it."""
    dialect = DIALECTS[wire]
    answer = stream(dialect, dialect.text("Hello."), dialect.end())
    async with serve(answer) as server, provider_of(dialect.vendor, server.url) as provider:
        start = time.perf_counter()
        await provider.load()
        warm_up = time.perf_counter() - start
        before = set(sys.modules)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            async for _event in provider.stream(request_for(dialect.vendor)):
                pass
            times.append(time.perf_counter() - start)
        late = sorted(set(sys.modules) - before)
    spent = _time_of_imports(late)
    result = {
        "warm_up_ms": warm_up * 1e3,
        "modules": len(late),
        "imports_ms": spent * 1e3,
        "first_ms": times[0] * 1e3,
        "next_ms": min(times[1:]) * 1e3,
    }
    print(json.dumps(result))


def _time_of_imports(names: Sequence[str]) -> float:
    """Import these modules again and return the seconds that it took."""
    import importlib

    for name in names:
        del sys.modules[name]
    start = time.perf_counter()
    for name in names:
        importlib.import_module(name)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
