"""How long a cancelled turn takes to end, in every situation in which it can wait, in one real server.

Measured from sending `conduit/session/cancel` to the prompt's answer; for a client that does not read, to the moment
when another process sees the turn's end in the database. Beside it the same way to and fro with nothing to cancel,
which is what the machine itself takes.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from conduit.lsp.client import EditorClient
from e2e.harness import Bench, chat, new_session
from e2e.waiting_turns import SITUATIONS, STALLED, Log, begin, never, prepare

BOUND_MS = 20.0
NOTHING = "nothing to cancel"
UNREAD = 5000
"""Answers that the stalled client does not read: far more than the pipe and the buffers hold."""
MAX_PHASE_S = 0.03
"""A turn is cancelled up to this long after it began to wait, so that no phase of it is always hit."""


def main(arguments: Sequence[str]) -> int:
    """Measure, print the verdict, and return 0 when the bound holds in every situation."""
    parser = argparse.ArgumentParser(prog="poe bench cancel")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "project"), Path(folder, "home")
        root.mkdir()
        home.mkdir()
        times = asyncio.run(_measure(Bench(root, home), chosen.samples))
    held = True
    for name, values in times.items():
        p99 = percentile(values, 99)
        verdict = "    " if name == NOTHING else "ok  " if p99 <= BOUND_MS else "FAIL"
        held = held and verdict != "FAIL"
        figures = f"p50 {statistics.median(values):6.2f} ms   p99 {p99:6.2f} ms   worst {max(values):6.2f} ms"
        print(f"{verdict} {name:32} {figures}   of {len(values)}")
    print(f"{'ok  ' if held else 'FAIL'} p99 of every situation at most {BOUND_MS:.0f} ms")
    return 0 if held else 1


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the smallest value that so many percent of the values do not exceed."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]


async def _measure(bench: Bench, samples: int) -> dict[str, list[float]]:
    prepare(bench)
    times: dict[str, list[float]] = {name: [] for name in (NOTHING, *SITUATIONS, STALLED)}
    async with await bench.start(permit=never) as editor:
        for number in range(samples + 1):
            found = {NOTHING: await _round_trip(editor, bench)}
            for situation in SITUATIONS:
                found[situation] = await _cancel(editor, bench, situation)
            if number:  # the first round fills caches
                for name, value in found.items():
                    times[name].append(value)
            print(f"\r{number}/{samples}", end="", file=sys.stderr)
    async with await bench.start() as editor:
        times[STALLED] = (await _cancel_unread(editor, bench, samples + 1))[1:]
    print(file=sys.stderr)
    return times


async def _round_trip(editor: EditorClient, bench: Bench) -> float:
    session = await new_session(editor, bench.root)
    start = time.perf_counter()
    await editor.request("conduit/session/cancel", {"sessionId": session})
    return (time.perf_counter() - start) * 1000


async def _cancel(editor: EditorClient, bench: Bench, situation: str) -> float:
    session, prompt = await begin(editor, bench.root, situation)
    await asyncio.sleep(random.random() * MAX_PHASE_S)
    start = time.perf_counter()
    await editor.notify("conduit/session/cancel", {"sessionId": session})
    result = await prompt
    taken = time.perf_counter() - start
    assert result["stopReason"] == "cancelled", result
    return taken * 1000


async def _cancel_unread(editor: EditorClient, bench: Bench, samples: int) -> list[float]:
    sessions = [await new_session(editor, bench.root) for _ in range(samples)]
    log = Log(bench)
    editor.wire.stop_reading()
    for number in range(UNREAD):
        await editor.wire.send({"id": f"unread-{number}", "method": "no/such/method/" + "x" * 100})
    prompts = []
    times = []
    for session in sessions:
        prompts.append(asyncio.create_task(chat(editor, session, f"Wait {STALLED}.")))
        while not log.kept_bytes(session):
            await asyncio.sleep(0.002)
        await asyncio.sleep(random.random() * MAX_PHASE_S)
        start = time.perf_counter()
        await editor.notify("conduit/session/cancel", {"sessionId": session})
        times.append((log.wait_for_end(session) - start) * 1000)
    assert not any(prompt.done() for prompt in prompts), "the client did read"
    editor.wire.go_on_reading()
    assert {(await prompt)["stopReason"] for prompt in prompts} == {"cancelled"}
    return times
