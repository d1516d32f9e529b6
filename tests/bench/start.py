"""How fast `conduit serve` answers `initialize`, side by side with a bare pygls server, and what it takes of memory.

Each round spawns both, one after the other, so that whatever slows the machine slows both alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

MB = 2**20  # as `ps` and `top` count
MAX_RATIO = 1.15
MAX_IDLE_MB = 60
MAX_WARM_MB = 110

BARE = """
from pygls.lsp.server import LanguageServer
LanguageServer("bare", "1").start_io()
"""

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "processId": os.getpid(),
        "rootUri": None,
        "capabilities": {
            "general": {"positionEncodings": ["utf-8", "utf-16"]},
            "workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}, "configuration": True},
            "textDocument": {"synchronization": {"didSave": True}, "codeAction": {"dataSupport": True}},
            "window": {"workDoneProgress": True, "showDocument": {"support": True}},
        },
    },
}


class Server:
    """A spawned server that is spoken to in plain frames."""

    def __init__(self, command: Sequence[str], home: Path, **settings: str) -> None:
        folders = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
        # As it is installed: with compiled modules, which the first round writes.
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | settings
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**settings, **folders},
        )

    def ask(self, message: dict[str, object]) -> dict[str, object]:
        """Send a request and return its answer."""
        body = json.dumps(message).encode()
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        stdin.flush()
        while True:
            length = 0
            while (line := stdout.readline()) != b"\r\n":
                if not line:
                    raise RuntimeError("the server ended")
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answer = json.loads(stdout.read(length))
            if answer.get("id") == message["id"]:
                return answer

    def answer_s(self) -> float:
        """Return the seconds from the spawn to the answer to `initialize`."""
        self.ask(INITIALIZE)
        return time.perf_counter() - self.started

    def settled_mb(self) -> float:
        """Return the resident memory in MB once it has not grown for a second."""
        process = psutil.Process(self._process.pid)
        deadline, best, since = time.monotonic() + 20, 0.0, time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - since < 1:
            used = process.memory_info().rss / MB
            if used > best + 0.1:
                best, since = used, time.monotonic()
            time.sleep(0.05)
        return process.memory_info().rss / MB

    def kill(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def main(arguments: Sequence[str]) -> int:
    """Measure, print the verdict, and return 0 when every bound holds."""
    parser = argparse.ArgumentParser(prog="poe bench start")
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args(arguments).rounds
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        bare_file = home / "bare.py"
        bare_file.write_text(BARE)
        commands = {
            "bare pygls": [sys.executable, str(bare_file)],
            "conduit serve": [sys.executable, "-m", "conduit", "serve"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            for name, command in commands.items():
                server = Server(command, home)
                taken = server.answer_s()
                server.kill()
                if number:  # the first round fills caches
                    times[name].append(taken)
        _memory(commands["conduit serve"], home, "scripted/demo")  # compiles what is imported later
        medians = {name: statistics.median(values) for name, values in times.items()}
        for name, values in times.items():
            print(f"{name:14}  median {medians[name] * 1000:6.1f} ms   best {min(values) * 1000:6.1f} ms   of {rounds}")
        ratio = medians["conduit serve"] / medians["bare pygls"]
        checks = [("time to the initialize answer, ratio", ratio, MAX_RATIO)]
        checks += [
            ("memory, App open, no SDK (MB)", _memory(commands["conduit serve"], home, "scripted/demo"), MAX_IDLE_MB),
            ("memory after the warm-up (MB)", _memory(commands["conduit serve"], home, ""), MAX_WARM_MB),
        ]
    for name, found, bound in checks:
        print(f"{'ok  ' if found <= bound else 'FAIL'} {name}: {found:.2f} (at most {bound})")
    return 0 if all(found <= bound for _, found, bound in checks) else 1


def _memory(command: Sequence[str], home: Path, model: str) -> float:
    """Return the resident memory of a server with its App open; the empty model is the default one."""
    script = home / "script.json"
    script.write_text('{"rules": []}')
    settings = {"CONDUIT_MODEL": model, "CONDUIT_SCRIPT": str(script)} if model else {}
    server = Server(command, home, **settings)
    server.ask(INITIALIZE)
    # Any request waits until the App is open. No price table (4 MB) is loaded: a scripted model costs nothing.
    server.ask({"jsonrpc": "2.0", "id": 2, "method": "conduit/session/list"})
    try:
        return server.settled_mb()
    finally:
        server.kill()
