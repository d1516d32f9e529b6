"""The journal: what was sent to models and what came back, for the person to read (`conduit log`) and to clear.

It is no part of the sessions: nothing is ever read back from it, losing its last lines in a crash is no loss, and it
forgets what is old. A line is one JSON object; every string in it is masked before it is written. A request repeats
the conversation, so only what is new since the session's request before is written out.

Recording costs the caller a queue entry; masking and writing happen on a thread. Any number of processes may record
into one file.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from filelock import FileLock, Timeout
from pydantic import BaseModel

from conduit.messages.content import sanitize_text
from conduit.redaction import Redactor

Kind = Literal["request", "answer", "tool_call", "tool_result", "permission", "error"]

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_STRING_CHARACTERS = 20_000
"""A longer string is cut, with a mark; the session has it whole."""
MAX_WAITING = 2_000
"""More entries than this wait for the disk only when it hangs; the rest is counted and dropped."""
_SESSIONS_REMEMBERED = 50


class Recorder(Protocol):
    """What the agent records into; must not block and never fails."""

    def record(self, kind: Kind, session_id: str, turn_id: str | None, body: BaseModel | dict[str, object]) -> None:
        """Keep one exchange. `body` must not be changed afterwards.

        The bodies: `request` a `ModelRequest`; `answer` the `AssistantReplied`; `tool_call` the `ToolStarted`;
        `tool_result` the `ToolFinished`; `permission` the `PermissionAnswered`; `error` `{"error": sentence}`.
        """
        ...


class NoJournal:
    """The recorder where nothing is to be kept."""

    def record(self, kind: Kind, session_id: str, turn_id: str | None, body: BaseModel | dict[str, object]) -> None:
        """Drop it."""


class _Entry(NamedTuple):
    at: float
    kind: Kind
    session_id: str
    turn_id: str | None
    body: BaseModel | dict[str, object]


class _File(NamedTuple):
    """Which file it is: the inode alone does not tell, since a removed file's number is given out again."""

    number: int
    size: int


class Journal:
    """Records into one file; see `Recorder`. The file and its thread come with the first record."""

    def __init__(
        self,
        path: Path,
        redactor: Redactor,
        *,
        max_file_bytes: int = MAX_FILE_BYTES,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._redactor = redactor
        self._max_file_bytes = max_file_bytes
        self._now = now
        self._queue: queue.Queue[_Entry | None] = queue.Queue(MAX_WAITING)
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._file = _File(0, 0)
        self._sent: OrderedDict[str, dict[str, object]] = OrderedDict()

    def record(self, kind: Kind, session_id: str, turn_id: str | None, body: BaseModel | dict[str, object]) -> None:
        """Queue one exchange; when the disk hangs it is counted and dropped."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(_Entry(self._now(), kind, session_id, turn_id, body))
        except queue.Full:
            self._dropped += 1

    def close(self, timeout_s: float = 2.0) -> None:
        """Write what is queued and end the thread, waiting at most `timeout_s`; blocks."""
        thread, self._thread = self._thread, None
        if thread is not None:
            try:
                self._queue.put(None, timeout=timeout_s)
            except queue.Full:
                return
            thread.join(timeout_s)

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            try:
                file = _writable(self.path, self._max_file_bytes)
                if file.number != self._file.number or file.size < self._file.size:
                    self._sent.clear()  # turned over or cleared: a new file must be readable by itself
                line = self._line(entry)
                _append(self.path, line)
                self._file = _File(file.number, file.size + len(line))
            except (OSError, RecursionError):  # no room, or arguments nested thousands deep
                self._dropped += 1

    def _line(self, entry: _Entry) -> bytes:
        body = entry.body.model_dump(mode="python") if isinstance(entry.body, BaseModel) else entry.body
        if entry.kind == "request":
            body = self._only_new(entry.session_id, body)
        record: dict[str, object] = {
            "at": datetime.fromtimestamp(entry.at).astimezone().isoformat(timespec="milliseconds"),
            "kind": entry.kind,
            "session": entry.session_id,
            "turn": entry.turn_id,
            "body": self._redactor.redact_value(_shortened(body)),
        }
        if self._dropped:
            record["dropped_before"], self._dropped = self._dropped, 0
        return json.dumps(record, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"

    def _only_new(self, session_id: str, body: dict[str, object]) -> dict[str, object]:
        """Leave out what this session's last request had already, and say how many messages that is."""
        before = self._sent.pop(session_id, {})
        self._sent[session_id] = body
        if len(self._sent) > _SESSIONS_REMEMBERED:
            self._sent.popitem(last=False)
        short = {key: value for key, value in body.items() if key not in before or before[key] != value}
        messages, known = body.get("messages"), before.get("messages")
        if isinstance(messages, list | tuple) and isinstance(known, list | tuple):
            same = next(
                (i for i, pair in enumerate(zip(messages, known, strict=False)) if pair[0] != pair[1]),
                min(len(messages), len(known)),
            )
            short["earlier_messages"] = same
            short["messages"] = list(messages[same:])
        short["model"] = body.get("model")
        return short


def clear_journal(path: Path) -> int:
    """Remove the journal and its older part; return the bytes that went. Recording goes on in a new file."""
    gone = 0
    for part in (_older(path), path):
        if part.exists():
            gone += part.stat().st_size
            part.unlink(missing_ok=True)
    return gone


def _writable(path: Path, max_file_bytes: int) -> _File:
    """Create the journal where there is none, begin a new one where it is full, and return which file it is."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.stat().st_size >= max_file_bytes:
        try:
            with FileLock(path.with_name(path.name + ".lock"), mode=0o600).acquire(timeout=0):
                if path.exists() and path.stat().st_size >= max_file_bytes:
                    path.replace(_older(path))
        except Timeout:
            pass  # another process is doing it
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        status = os.fstat(descriptor)
        return _File(status.st_ino, status.st_size)
    finally:
        os.close(descriptor)


def _append(path: Path, line: bytes) -> None:
    """Add one line in one write, which the system keeps whole between processes."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _older(path: Path) -> Path:
    return path.with_name(path.name + ".1")


def _shortened(value: object) -> object:
    if isinstance(value, str):
        text = sanitize_text(value)
        cut = len(text) - MAX_STRING_CHARACTERS
        return text if cut <= 0 else f"{text[:MAX_STRING_CHARACTERS]}… [{cut} characters more]"
    if isinstance(value, dict):
        return {sanitize_text(str(key)): _shortened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(item) for item in value]
    return value
