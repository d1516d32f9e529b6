"""Commands of `conduit` as processes that need not import everything anew: each is forked from one that has."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

PRELOADED = ["conduit.cli.commands", "conduit.cli.batch", "openai.resources.responses", "anthropic", "google.genai"]
BOUND_S = 60


def run_forked(
    arguments: tuple[str, ...], *, folder: Path, environ: Mapping[str, str], piped: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in a process, an environment and a folder of its own, and return what it said."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as place:
        given, out, err = streams = [Path(place) / name for name in ("in", "out", "err")]
        for path in streams:
            path.write_text(piped or "" if path == given else "")
        process = context.Process(target=_play, args=(arguments, folder, dict(environ), streams))
        process.start()
        process.join(BOUND_S)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"conduit {' '.join(arguments)}: {err.read_text()}")
        return subprocess.CompletedProcess(arguments, process.exitcode, out.read_text(), err.read_text())


def _play(arguments: tuple[str, ...], folder: Path, environ: dict[str, str], streams: list[Path]) -> None:
    from conduit.__main__ import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.argv = ["conduit", *arguments]
    sys.exit(main())
