"""What is piped into a command, read only when there is a pipe or a file and never waited for without end."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Callable

from conduit.errors import UserError

MOST_BYTES = 1_000_000
PATIENCE_S = 30.0
_NOTICE_AFTER_S = 1.0


def read_piped(notify: Callable[[str], None], *, optional: bool, patience_s: float = PATIENCE_S) -> str:
    """Return the text on stdin, or "" when it is a terminal, the null device or closed.

    Args:
        notify: is told, in a sentence, when a pipe stays silent.
        optional: the command makes sense without it, so a pipe that stays silent for `patience_s` seconds is left.
        patience_s: how long an optional pipe may be silent before its first byte.

    Raises:
        UserError: it is no text, or longer than a million bytes.
    """
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return ""
    if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
        return ""
    if not stat.S_ISREG(mode) and sys.platform != "win32" and not _has_begun(notify, optional, patience_s):
        return ""
    data = bytearray()
    while chunk := os.read(0, 65536):
        data += chunk
        if len(data) > MOST_BYTES:
            raise UserError(f"What is piped in is longer than {MOST_BYTES:,} bytes. Pipe the part that matters.")
    if b"\0" in data:
        raise UserError("What is piped in is no text.")
    return data.decode("utf-8", "replace").removeprefix("\ufeff").strip("\r\n")


def _has_begun(notify: Callable[[str], None], optional: bool, patience_s: float) -> bool:
    if select.select([0], [], [], min(_NOTICE_AFTER_S, patience_s))[0]:
        return True
    if not optional:
        notify("waiting for the question on standard input (Ctrl-D ends it)")
        return True
    notify(f"waiting up to {patience_s:g} s for what is piped in (add </dev/null if nothing is)")
    if select.select([0], [], [], max(0.0, patience_s - _NOTICE_AFTER_S))[0]:
        return True
    notify("nothing was piped in; going on without it")
    return False
