"""What a client costs that stops reading for a minute while a model streams: the turn's time, the memory, the view."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from e2e.harness import Bench, chat, new_session
from e2e.waiting_turns import Log

PIECES_A_SECOND = 500
PIECE = "x" * 20
MAX_DELAY_S = 1.0
MAX_GROWTH_MB = 40.0


def main(arguments: Sequence[str]) -> int:
    """Measure, print the verdict, and return 0 when every bound holds."""
    parser = argparse.ArgumentParser(prog="poe bench stall")
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args(arguments).seconds
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "project"), Path(folder, "home")
        root.mkdir()
        home.mkdir()
        delay, growth, whole = asyncio.run(_measure(Bench(root, home), seconds))
    checks = [
        (f"the turn of {seconds} s ended this much later than its model (s)", delay, MAX_DELAY_S),
        ("growth of the server's memory (MB)", growth, MAX_GROWTH_MB),
        ("characters that the client missed in the end", float(whole), 0.0),
    ]
    for name, found, bound in checks:
        print(f"{'ok  ' if found <= bound else 'FAIL'} {name}: {found:.2f} (at most {bound:.2f})")
    return 0 if all(found <= bound for _, found, bound in checks) else 1


async def _measure(bench: Bench, seconds: int) -> tuple[float, float, int]:
    part = [{"text": [PIECE] * PIECES_A_SECOND}, {"pause_s": 1}]
    bench.script({"when": {"user": "long"}, "reply": part * seconds}, {"reply": part[:1] * seconds})
    async with await bench.start() as editor:
        server = psutil.Process(editor.wire.process_id)
        session = await new_session(editor, bench.root)
        await chat(editor, session, "Warm up.")  # what such an answer takes anyway is not the client's doing
        before = server.memory_info().rss
        editor.wire.stop_reading()
        start = time.perf_counter()
        text = [{"type": "text", "text": "Be long."}]
        prompt = asyncio.create_task(
            editor.request("conduit/session/prompt", {"sessionId": session, "prompt": text}, timeout_s=None)
        )
        log = Log(bench)
        ended = await asyncio.to_thread(log.wait_for_end, session, seconds * 2 + 10.0, 2)
        growth = (server.memory_info().rss - before) / 1e6
        editor.seen.updates.clear()
        editor.wire.go_on_reading()
        assert (await prompt)["stopReason"] == "end_turn"
        shown = len(editor.seen.text())
        return ended - start - seconds, growth, abs(shown - seconds * PIECES_A_SECOND * len(PIECE))
