"""A server process driven by raw bytes, with nothing of ours between the test and the pipe."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SERVE = [sys.executable, "-m", "conduit", "serve"]


def frame(message: object) -> bytes:
    """Return a message with the header that every client sends."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def request(id_: object, method: str, params: object = None) -> dict[str, object]:
    """Return a request."""
    message: dict[str, object] = {"jsonrpc": "2.0", "id": id_, "method": method}
    return message if params is None else {**message, "params": params}


def notification(method: str, params: object = None) -> dict[str, object]:
    """Return a notification."""
    message: dict[str, object] = {"jsonrpc": "2.0", "method": method}
    return message if params is None else {**message, "params": params}


class RawServer:
    """A running server; `messages` holds what it said and None after its end."""

    def __init__(self, command: list[str] | None = None, *, home: Path, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command or SERVE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **home_env(home), **(env or {})},
            cwd=home,
        )
        self.messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.stderr = ""
        self._logged = threading.Condition()
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._read, self._read_stderr)]
        for thread in self._threads:
            thread.start()

    def send(self, *messages: object) -> None:
        """Send messages, each in its frame, in one write."""
        self.send_bytes(b"".join(frame(message) for message in messages))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def initialize(self, **params: object) -> dict[str, Any]:
        """Initialize the server and return its answer."""
        self.send(request("init", "initialize", {"processId": None, "capabilities": {}, **params}))
        return self.answer("init", 10)

    def answer(self, id_: object, timeout_s: float = 10) -> dict[str, Any]:
        """Return the answer to a request, passing over everything else; raises queue.Empty."""
        while True:
            message = self.messages.get(timeout=timeout_s)
            assert message is not None, f"the server ended: {self.stderr}"
            if message.get("id") == id_ and "method" not in message:
                return message

    def wait_for_log(self, text: str, timeout_s: float = 10) -> bool:
        """Wait until `text` was written to stderr; False when it does not come."""
        with self._logged:
            return self._logged.wait_for(lambda: text in self.stderr, timeout_s)

    def end(self, timeout_s: float = 10) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(timeout_s)
        for thread in self._threads:
            thread.join(timeout_s)
        return code

    def close(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.end()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        while True:
            length = None
            while (line := stdout.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b": ")
                assert name == b"Content-Length", line
                length = int(value)
            if not line or length is None:
                self.messages.put(None)
                return
            self.messages.put(json.loads(stdout.read(length)))

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._logged:
                self.stderr += line.decode()
                self._logged.notify_all()


def home_env(home: Path) -> dict[str, str]:
    """Return the environment of a person whose files are all under `home`."""
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_DATA_HOME": str(home / "data"),
        "CONDUIT_MODEL": "scripted/demo",
    }
