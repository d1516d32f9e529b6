"""Permission at a terminal: a real pseudo-terminal answers."""

from __future__ import annotations

import asyncio
import os
import pty
import threading

import pytest

from conduit.agent.permission import PermissionRequest
from conduit.cli.approval import RefusingApprover, TerminalApprover, describe
from conduit.cli.output import Output
from conduit.errors import PermissionDenied
from conduit.tools.base import Effect

REQUEST = PermissionRequest(
    session_id="s",
    turn_id="t",
    call_id="c",
    tool="edit_file",
    kind="edit",
    title="Edit src/a.py",
    effect=Effect.WRITE,
    preview="--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n-old\x1b[8m\n+new\u202e\n",
    paths=("src/a.py",),
)


def read_until(descriptor: int, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        seen += os.read(descriptor, 4096)
    return seen


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"y\n", "allow_once"),
        (b"always\n", "allow_always"),
        (b"N\n", "reject_once"),
        (b"never\n", "reject_always"),
        (b"what\n\ny\n", "allow_once"),
        (b"\x04", "reject_once"),
    ],
)
async def test_the_typed_line_is_the_answer(typed, answer):
    ours, theirs = pty.openpty()
    output = Output()
    asking = asyncio.create_task(TerminalApprover(output, os.ttyname(theirs)).ask(REQUEST))
    shown = await asyncio.to_thread(read_until, ours, b"never: ")
    os.write(ours, typed)
    assert await asyncio.wait_for(asking, 5) == answer
    assert "Edit src/a.py (write)" in shown.decode()
    assert "-old\\x1b[8m" in shown.decode()
    assert "+new\\u202e" in shown.decode()
    output.close()
    os.close(ours)
    os.close(theirs)


async def test_a_cancelled_question_leaves_no_thread_behind():
    ours, theirs = pty.openpty()
    output = Output()
    asking = asyncio.create_task(TerminalApprover(output, os.ttyname(theirs)).ask(REQUEST))
    await asyncio.to_thread(read_until, ours, b"never: ")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    for thread in threading.enumerate():
        if thread.name == "permission":
            await asyncio.to_thread(thread.join, 5)
            assert not thread.is_alive()
    output.close()
    os.close(ours)
    os.close(theirs)


async def test_behind_a_terminal_that_is_gone_nobody_can_be_asked(tmp_path):
    output = Output()
    with pytest.raises(PermissionDenied, match="Nobody could be asked"):
        await TerminalApprover(output, str(tmp_path / "gone")).ask(REQUEST)
    output.close()


async def test_where_nobody_can_be_asked_the_hint_is_given_once(capfd):
    output = Output()
    approver = RefusingApprover(output)
    for _ in range(2):
        with pytest.raises(PermissionDenied, match="Nobody could be asked"):
            await approver.ask(REQUEST)
    output.close()
    assert capfd.readouterr().err.count("--yes") == 1


def test_colours_are_ours_and_never_the_files():
    shown = describe(REQUEST, color=True)
    assert "\x1b[32m+new\\u202e\x1b[0m" in shown
    assert "\x1b[8m" not in shown
