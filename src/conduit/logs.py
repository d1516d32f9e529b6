"""Local logging: to stderr or to a file, redacted, never to stdout (which belongs to the protocol), never elsewhere.

It takes over the root logger, so what a library logs is redacted and goes the same way. One record is one line, and a
traceback or a message of several lines is indented below it. Imports the standard library and `redaction` only, since
it is loaded before the server answers for the first time.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from conduit.redaction import Redactor

LEVELS = ("error", "warning", "info", "debug")
"""What the setting `log_level` may say."""

MAX_FILE_BYTES = 10 * 1024 * 1024
"""A larger log is renamed to `<name>.1`, in place of an older one, when logging starts."""

_CHATTY = {"aiosqlite": logging.INFO, "asyncio": logging.INFO, "httpcore": logging.INFO, "filelock": logging.INFO}
"""Libraries whose lower levels say nothing that a person needs, and say it for every statement or byte."""


class Logs:
    """Logging that is running; `close` gives the root logger back as it was found."""

    def __init__(self, handler: logging.Handler, redactor: Redactor, path: Path | None) -> None:
        self.redactor = redactor
        self.path = path
        self._handler = handler
        root = logging.getLogger()
        self._before = (root.level, list(root.handlers))

    def set_level(self, level: str) -> None:
        """Log records of `level` and above from now on; raises ValueError for an unknown name."""
        logging.getLogger().setLevel(_level_number(level))

    def close(self) -> None:
        """Flush, close the file, and take the handler away."""
        root = logging.getLogger()
        root.setLevel(self._before[0])
        others = [handler for handler in root.handlers if handler is not self._handler]
        root.handlers[:] = [*(known for known in self._before[1] if known not in others), *others]
        self._handler.close()


def start_logging(
    level: str = "warning",
    *,
    path: Path | None = None,
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> Logs:
    """Send every record of every library to `path`, or to stderr, masked; replaces the handlers that were there.

    Args:
        level: one of `LEVELS`, in any case.
        path: a file to append to; created with its folders, readable by this user only. None means stderr.
        secrets: values to mask wherever they appear; `Logs.redactor.add` takes more later.
        stream: instead of stderr, for tests.

    Raises:
        ValueError: an unknown level; the message names the known ones.
        OSError: the file cannot be opened.
    """
    number = _level_number(level)
    redactor = Redactor(secrets)
    handler = _Handler(_open(path) if path is not None else stream or sys.stderr, owned=path is not None)
    handler.setFormatter(_Formatter(redactor))
    logs = Logs(handler, redactor, path)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name, floor in _CHATTY.items():
        logging.getLogger(name).setLevel(floor)
    logging.captureWarnings(capture=True)
    return logs


def adjust_logging(level: str, path: Path | None) -> None:
    """Go on as the settings say, once they are read; without running logging of ours nothing happens.

    Args:
        level: one of `LEVELS`.
        path: a file to go on in; None keeps what is there.

    Raises:
        OSError: the file cannot be opened; logging stays as it is.
    """
    root = logging.getLogger()
    handler = next((each for each in root.handlers if isinstance(each, _Handler)), None)
    if handler is None:
        return
    root.setLevel(_level_number(level))
    if path is not None and not handler.writes_to(path):
        handler.move_to(_open(path))


def hide_in_logs(secret: str) -> None:
    """Mask a value from now on; without running logging of ours nothing happens."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Formatter):
            handler.formatter.hide(secret)


def _level_number(level: str) -> int:
    if level.lower() not in LEVELS:
        raise ValueError(f"The log level must be one of {', '.join(LEVELS)}, not {level!r}.")
    return logging.getLevelNamesMapping()[level.upper()]


def _open(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.stat().st_size > MAX_FILE_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return open(path, "a", encoding="utf-8", errors="backslashreplace", opener=_open_private)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _Handler(logging.StreamHandler[TextIO]):
    """Writes lines; a stream that is gone or full is not worth a word, and above all not an unmasked one."""

    def __init__(self, stream: TextIO, *, owned: bool) -> None:
        super().__init__(stream)
        self._owned = owned

    def writes_to(self, path: Path) -> bool:
        """Say whether records go to this file already."""
        return self._owned and Path(self.stream.name).absolute() == path.absolute()

    def move_to(self, stream: TextIO) -> None:
        """Write to another file from now on."""
        old = self.setStream(stream)
        if self._owned and old is not None:
            old.close()
        self._owned = True

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name in `logging`
        """Drop the record: the default prints its raw arguments."""

    def close(self) -> None:
        """Flush, and close the stream if it was opened here."""
        super().close()
        if self._owned:
            self.stream.close()


class _Formatter(logging.Formatter):
    """`2026-11-21 21:44:11.123 WARNING conduit.sessions: text`, masked, without control characters."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def hide(self, secret: str) -> None:
        """Mask a value from now on."""
        self._redactor.add(secret)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line or lines of one record."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = f"{record.msg!s} (its arguments do not fit)"
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        if record.stack_info:
            message += "\n" + self.formatStack(record.stack_info)
        text = self._redactor.redact(message).replace("\r\n", "\n").replace("\n", "\n    ")
        if not text.isprintable():
            text = "".join(char if char.isprintable() or char in "\n\t" else f"\\u{ord(char):04x}" for char in text)
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        return f"{at}.{int(record.msecs):03d} {record.levelname} {record.name}: {text}"
