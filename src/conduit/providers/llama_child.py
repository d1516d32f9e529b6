"""The llama.cpp child seen from the server: started, told its key over a pipe, watched, and ended.

The child listens on loopback only, on a port of its own choice, with a key that is made for each start. It is never
part of this process: a fault in native code ends the child, and the next use starts another. Used by `local` only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from conduit.errors import ProviderError, ProviderErrorKind

_LOG = logging.getLogger(__name__)
_READY_TIMEOUT_S = 120.0
_END_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the child answers: a base URL that ends in `/v1`, and the key of this start."""

    base_url: str
    api_key: str


class LlamaChild:
    """One running child process; made by `start_child`."""

    def __init__(self, process: asyncio.subprocess.Process, endpoint: Endpoint, log: asyncio.Task[None]) -> None:
        self._process = process
        self._log = log
        self.endpoint = endpoint

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child still runs, as far as is known."""
        return self._process.returncode is None

    @property
    def exit_status(self) -> int | None:
        """How the child ended (negative: the signal), or None."""
        return self._process.returncode

    async def settled(self, timeout_s: float) -> bool:
        """Wait for up to `timeout_s` seconds whether the child ends; return whether it is still alive."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), timeout_s)
        return self.alive

    async def end(self) -> None:
        """End the child: close its stdin, and kill it when that is not enough."""
        await _end(self._process)
        await self._log


async def start_child(model: Path, *, context_tokens: int, threads: int) -> LlamaChild:
    """Start a child and wait until it has loaded the model; a cancel meanwhile ends it.

    Args:
        model: a .gguf file.
        context_tokens: what the model can read and write in one completion, in tokens.
        threads: native threads for the computation.

    Raises:
        ProviderError: NOT_READY when the child could not be started or could not load the file.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the folder that we were started in is the person's project, not a place to import from
            "-m",
            "conduit.providers.local_server",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=model.parent,
        )
    except OSError as error:
        raise _not_started(f"{error.strerror or error}") from error
    log = asyncio.create_task(_log_lines(process), name="embedded model's log")
    key = secrets.token_urlsafe(32)
    order = {
        "model": str(model),
        "context_tokens": context_tokens,
        "threads": threads,
        "api_key": key,
        "parent": os.getpid(),
    }
    try:
        address = await asyncio.wait_for(_handshake(process, order), _READY_TIMEOUT_S)
    except BaseException as error:
        # A child that is loading a file does not look at its stdin.
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await log
        if isinstance(error, TimeoutError):
            raise _not_started(f"it was not ready after {_READY_TIMEOUT_S:.0f} s") from error
        raise
    return LlamaChild(process, Endpoint(f"{address}/v1", key), log)


async def _handshake(process: asyncio.subprocess.Process, order: dict[str, object]) -> str:
    """Send the order, and return the address that the child answers with."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
    line = await process.stdout.readline()
    try:
        answer = json.loads(line)
        if "error" in answer:
            raise _not_started(str(answer["error"]))
        return str(answer["address"])
    except (ValueError, KeyError, TypeError) as error:
        await process.wait()
        raise _not_started(f"the process ended with {process.returncode}; see the log") from error


def _not_started(why: str) -> ProviderError:
    return ProviderError(
        f"The embedded model could not be started: {why}.", kind=ProviderErrorKind.INTERNAL, provider="embedded"
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _END_TIMEOUT_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _log_lines(process: asyncio.subprocess.Process) -> None:
    """Carry what llama.cpp prints into our log, so that its pipe never fills."""
    assert process.stderr is not None
    while block := await process.stderr.read(1 << 16):
        for line in block.decode("utf-8", "replace").splitlines():
            _LOG.debug("llama.cpp: %s", line)
