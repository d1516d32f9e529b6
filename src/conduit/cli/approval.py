"""Permission questions at a terminal: the change is shown whole, then one key answers.

Asked on the controlling terminal, since stdin and stdout may be pipes. Where there is none, nothing is allowed.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading

from conduit.agent.permission import Answer, PermissionRequest, nobody_to_ask
from conduit.cli.output import Output, colored, printable

_ANSWERS: dict[str, Answer] = {
    "y": "allow_once",
    "yes": "allow_once",
    "a": "allow_always",
    "always": "allow_always",
    "n": "reject_once",
    "no": "reject_once",
    "never": "reject_always",
}
_FLUSH_S = 1.0
_QUESTION = "Allow this? [y]es, [a]lways in this conversation, [n]o, never: "
_QUESTION_ONCE = "Allow this? [y]es, [n]o: "
_COLORS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}


class RefusingApprover:
    """Lets nothing through, and says once how to allow changes beforehand."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said = False

    async def ask(self, request: PermissionRequest) -> Answer:
        """Raise PermissionDenied."""
        if request.reason:
            self._output.note(f"a change was refused, because nobody can be asked here. {request.reason}")
        elif not self._said:
            self._said = True
            self._output.note("a change was refused, because nobody can be asked here; allow changes with --yes")
        raise nobody_to_ask(request)


class TerminalApprover:
    """Asks on the terminal `device` (a path, for example `/dev/tty`)."""

    def __init__(self, output: Output, device: str) -> None:
        self._output = output
        self._device = device

    async def ask(self, request: PermissionRequest) -> Answer:
        """Show `request` and wait for a line; the end of the input rejects.

        Raises:
            PermissionDenied: the terminal is gone.
        """
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()
        await asyncio.to_thread(self._output.flush, _FLUSH_S)
        try:
            terminal = os.open(self._device, os.O_RDWR | getattr(os, "O_NOCTTY", 0))
        except OSError:
            raise nobody_to_ask(request) from None
        wake_read, wake_write = os.pipe()
        shown = "\n" + describe(request, color=colored()) + "\n"
        question = _QUESTION_ONCE if request.reason else _QUESTION

        def settle(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        def converse() -> None:  # a thread: reading blocks, and not every event loop can watch a terminal
            try:
                answer = _converse(terminal, wake_read, shown, question)
            finally:
                os.close(terminal)
                os.close(wake_read)
            if answer is not None:
                loop.call_soon_threadsafe(settle, answer)

        threading.Thread(target=converse, name="permission", daemon=True).start()
        try:
            return await answered
        finally:
            os.close(wake_write)  # ends the thread when the question was cancelled


def terminal_device() -> str | None:
    """Return the controlling terminal, or None when there is none."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return None
    return "/dev/tty"


def describe(request: PermissionRequest, *, color: bool) -> str:
    """Return the request for people: what, then the whole diff or command, with nothing hidden."""
    lines = [printable(f"{request.title or request.tool} ({request.effect})")]
    if request.reason:
        lines.append(printable(f"Asked each time: {request.reason}"))
    for line in printable(request.preview.replace("\r\n", "\n")).rstrip("\n").split("\n"):
        paint = _COLORS.get(line[:1]) if color else None
        lines.append(f"  {paint}{line}\x1b[0m" if paint else f"  {line}")
    return "\n".join(lines)


def _converse(terminal: int, wake: int, shown: str, question: str) -> Answer | None:
    """Ask until there is an answer; None when `wake` was closed at its other end."""
    prompt = shown
    while True:
        try:
            os.write(terminal, (prompt + question).encode())
            if wake in select.select([terminal, wake], [], [])[0]:
                return None
            line = os.read(terminal, 1000).decode("utf-8", "replace")
        except OSError:  # the terminal was closed
            line = ""
        answer = _ANSWERS.get(line.strip().lower() or ("no" if not line else ""))
        if answer is not None:
            return answer
        prompt = ""
