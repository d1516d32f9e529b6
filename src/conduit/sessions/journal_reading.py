"""Reading the journal: its records in order, the newest as they come, and each as lines for people.

It does not write; `journal.py` does. The command line is the caller.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One exchange. `at` is ISO 8601 with the offset; the bodies are listed at `journal.Recorder`."""

    at: str
    kind: str
    session_id: str
    turn_id: str | None
    body: dict[str, Any]
    dropped_before: int = 0


def read_journal(
    path: Path, *, session_id: str | None = None, follow: bool = False, stop: threading.Event | None = None
) -> Iterator[JournalRecord]:
    """Yield the records, oldest first, the older file included; lines that are no record are passed over.

    Args:
        path: the journal; a missing one has no records.
        session_id: only those of this session.
        follow: go on with new records, also across a new file, until `stop` is set (or for ever); blocks.
        stop: ends a `follow` within a fraction of a second.
    """
    for line in _lines(path, follow, stop or threading.Event()):
        record = _parse(line)
        if record is not None and session_id in (None, record.session_id):
            yield record


def render_record(record: JournalRecord) -> str:
    """Return a record as a headline and indented text, for a terminal; control characters are escaped."""
    headline = f"{record.at[:19].replace('T', ' ')}  {record.session_id}  {_headline(record)}"
    lines = [headline]
    if record.dropped_before:
        lines.insert(0, f"({record.dropped_before} records are missing here: the disk did not keep up)")
    lines += [f"    {line}" for line in _details(record)]
    return "\n".join(_printable(line) for line in lines)


def _lines(path: Path, follow: bool, stop: threading.Event) -> Iterator[bytes]:
    older = path.with_name(path.name + ".1")
    if older.exists():
        with older.open("rb") as file:
            yield from file
    while True:
        if path.exists():
            with path.open("rb") as file:
                yield from _lines_of(file, path, follow, stop)
        if not follow or stop.wait(POLL_S):
            return


def _lines_of(file: BinaryIO, path: Path, follow: bool, stop: threading.Event) -> Iterator[bytes]:
    """Yield the whole lines of one file; with `follow` wait for more until another file has its name."""
    rest = b""
    while True:
        replaced = not _is_still(file, path)  # asked before reading: what was written until then is read
        while chunk := file.readline():
            rest += chunk
            if rest.endswith(b"\n"):
                yield rest
                rest = b""
        if not follow or replaced or stop.wait(POLL_S):
            return


def _is_still(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _parse(line: bytes) -> JournalRecord | None:
    try:
        raw = json.loads(line)
    except ValueError:
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("body"), dict):
        return None
    return JournalRecord(
        at=str(raw.get("at", "")),
        kind=str(raw.get("kind", "")),
        session_id=str(raw.get("session", "")),
        turn_id=raw.get("turn"),
        body=raw["body"],
        dropped_before=int(raw.get("dropped_before", 0)),
    )


def _headline(record: JournalRecord) -> str:
    body = record.body
    match record.kind:
        case "request":
            earlier = body.get("earlier_messages", 0)
            count = len(body.get("messages", ()))
            return f"request to {body.get('model')}: {count} new messages after {earlier}"
        case "answer":
            usage = body.get("usage") or {}
            tokens = f"{usage.get('input_tokens', 0)} tokens in, {usage.get('output_tokens', 0)} out"
            return f"answer of {body.get('model')} ({body.get('stop_reason') or 'interrupted'}; {tokens})"
        case "tool_call":
            return f"tool call: {body.get('title') or body.get('name')}"
        case "tool_result":
            failed = (body.get("result") or {}).get("is_error")
            return f"tool result: {body.get('title') or body.get('name')}{' (failed)' if failed else ''}"
        case "permission":
            return f"permission: {body.get('effect')} {body.get('answer')}"
        case _:
            return record.kind


def _details(record: JournalRecord) -> list[str]:
    body = record.body
    match record.kind:
        case "request":
            texts = [body.get("system"), *(layer.get("text") for layer in body.get("layers", ()))]  # older: one text
            lines = [f"system: {line}" for text in texts for line in str(text or "").splitlines()]
            if body.get("tools"):
                lines.append("tools: " + ", ".join(str(tool.get("name")) for tool in body["tools"]))
            for message in body.get("messages", ()):
                lines += _message_lines(message)
            return lines
        case "answer":
            return _message_lines(body.get("message") or {})
        case "tool_call":
            return [json.dumps(body.get("arguments"), ensure_ascii=False)]
        case "tool_result":
            return str((body.get("result") or {}).get("text", "")).splitlines()
        case "error":
            return str(body.get("error", "")).splitlines()
        case _:
            return []


def _message_lines(message: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for block in message.get("content", ()):
        kind = block.get("type")
        if kind == "tool_call":
            text = f"calls {block.get('name')} {json.dumps(block.get('arguments'), ensure_ascii=False)}"
        elif kind in ("text", "thinking", "tool_result"):
            text = str(block.get("text", ""))
        else:
            text = f"[{kind}, {len(str(block.get('data', '')))} characters]"
        label = message.get("role") if kind == "text" else kind
        lines += [f"{label}: {line}" for line in text.splitlines()]
    return lines


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() or char == "\t" else f"\\x{ord(char):02x}" for char in line)
