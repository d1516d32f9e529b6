"""The client's end of JSON-RPC over a child process: requests, notifications, and answers to what the server asks.

Its framing is its own, small and strict, so that it also tests the server's. Used by the headless client.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Answerer = Callable[[str, Any], Awaitable[object]]
"""Answers a request of the server: (method, params) to the result; raises ClientError to answer with an error."""

Listener = Callable[[str, Any], None]
"""Takes a notification of the server: (method, params)."""

_LIMIT = 64 * 1024


class ClientError(Exception):
    """An error response, in either direction."""

    def __init__(self, message: str, code: int = -32603, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class WireClient:
    """One server process and the messages between it and us."""

    def __init__(self, process: asyncio.subprocess.Process, answer: Answerer, listen: Listener) -> None:
        self._process = process
        self._answer = answer
        self._listen = listen
        self._number = 0
        self._waiting: dict[int | str, asyncio.Future[Any]] = {}
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._answering: set[asyncio.Task[None]] = set()
        self.errors: list[dict[str, Any]] = []
        self.stderr: list[str] = []
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._read_stderr())]

    @classmethod
    async def spawn(
        cls,
        command: Sequence[str],
        answer: Answerer,
        listen: Listener,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> WireClient:
        """Start `command` and speak to its stdin and stdout."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=cwd, limit=_LIMIT
        )
        return cls(process, answer, listen)

    @property
    def process_id(self) -> int:
        """The server's process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The server's exit code, or None while it runs."""
        return self._process.returncode

    async def request(self, method: str, params: object = None, timeout_s: float | None = 60.0) -> Any:
        """Send a request and return its result.

        A cancelled caller sends `$/cancelRequest`.

        Raises:
            ClientError: the server answered with an error.
            ConnectionError: the server ended.
            TimeoutError: no answer within `timeout_s`.
        """
        self._number += 1
        id_ = self._number
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = future
        await self.send({"id": id_, "method": method, "params": params})
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except (asyncio.CancelledError, TimeoutError):
            if self._waiting.pop(id_, None) is not None:
                await self.notify("$/cancelRequest", {"id": id_})
            raise

    async def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        await self.send({"method": method, "params": params})

    async def send(self, message: Mapping[str, object]) -> None:
        """Send any message; without `params` when they are None."""
        kept = {key: value for key, value in message.items() if key != "params" or value is not None}
        body = json.dumps({"jsonrpc": "2.0", **kept}, ensure_ascii=False).encode("utf-8", "replace")
        await self.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def send_bytes(self, data: bytes) -> None:
        """Send raw bytes; a server that is gone takes them too."""
        stdin = self._process.stdin
        if stdin is None or stdin.is_closing():
            return
        try:
            stdin.write(data)
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return

    def stop_reading(self) -> None:
        """Read nothing from the server from now on."""
        self._may_read.clear()

    def go_on_reading(self) -> None:
        """Read again."""
        self._may_read.set()

    def close_stdin(self) -> None:
        """Close the connection without a word."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def kill(self) -> None:
        """End the server by SIGKILL."""
        if self._process.returncode is None:
            self._process.kill()

    async def wait(self, timeout_s: float = 10.0) -> int:
        """Wait for the server's end and return its exit code; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            code = await self._process.wait()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        return code

    async def aclose(self) -> None:
        """End the server, whatever it does, and forget it."""
        self.go_on_reading()
        self.kill()
        await self._process.wait()
        for task in [*self._tasks, *self._answering]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._answering, return_exceptions=True)

    async def _read(self) -> None:
        stdout = self._process.stdout
        try:
            while stdout is not None:
                await self._may_read.wait()
                length = 0
                while (line := await stdout.readline()) not in (b"\r\n", b""):
                    name, _, value = line.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                if not line:
                    break
                self._take(json.loads(await stdout.readexactly(length)))
        except asyncio.IncompleteReadError:
            pass
        finally:
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ConnectionError("the server ended"))
            self._waiting.clear()

    async def _read_stderr(self) -> None:
        stderr = self._process.stderr
        while stderr is not None and (line := await stderr.readline()):
            self.stderr.append(line.decode("utf-8", "replace").rstrip("\n"))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message and "id" in message:
            task = asyncio.create_task(self._answer_request(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        elif "method" in message:
            self._listen(message["method"], message.get("params"))
        else:
            future = self._waiting.pop(message["id"], None) if message.get("id") is not None else None
            error = message.get("error")
            if error is not None:
                self.errors.append(error)
            if future is None or future.done():
                return
            if error is not None:
                future.set_exception(ClientError(error["message"], error["code"], error.get("data")))
            else:
                future.set_result(message.get("result"))

    async def _answer_request(self, message: dict[str, Any]) -> None:
        try:
            result = await self._answer(message["method"], message.get("params"))
        except ClientError as error:
            await self.send({"id": message["id"], "error": {"code": error.code, "message": str(error)}})
        else:
            await self.send({"id": message["id"], "result": result})
