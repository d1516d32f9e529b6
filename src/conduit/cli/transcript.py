"""A conversation as Markdown. Pure. For `sessions show`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from conduit.messages.content import Audio, Document, Image, Sources, Text, Thinking, ToolCall, ToolResult
from conduit.messages.message import Message
from conduit.sessions.events import SessionInfo, StoredMessage

_NAMES = {"user": "You", "assistant": "Conduit", "tool": "Tools"}


def render_transcript(info: SessionInfo, messages: Sequence[StoredMessage]) -> str:
    """Return the whole conversation, oldest first, ending with a newline."""
    head = [
        f"# {' '.join(info.title.split()) or 'Untitled'}",
        f"{info.id} · {info.model} · {info.mode} · {render_time(info.updated_at)} · {info.cwd}",
    ]
    parts = [part for each in messages for part in _render(each)]
    return "\n\n".join([*head, *parts]) + "\n"


def render_time(unix_s: float) -> str:
    """Return a time for people, in this machine's zone."""
    return datetime.fromtimestamp(unix_s).astimezone().strftime("%Y-%m-%d %H:%M")


def fence(text: str, language: str = "") -> str:
    """Return `text` as a code block whose fence is longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    mark = "`" * (longest + 1)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    return f"{mark}{language}\n{body}{mark}"


def _render(stored: StoredMessage) -> Iterable[str]:
    note = " (interrupted)" if stored.interrupted else ""
    yield f"## {_NAMES[stored.message.role]}{note}"
    yield from _blocks(stored.message)


def _blocks(message: Message) -> Iterable[str]:
    for block in message.content:
        match block:
            case Text(audience="model"):
                pass
            case Text():
                yield block.visible.strip("\n") or "(nothing)"
            case Thinking(text=text):
                yield "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n"))
            case ToolCall():
                arguments = block.malformed or json.dumps(block.arguments, ensure_ascii=False, indent=2)
                yield f"Call of `{block.name}`:\n\n{fence(arguments, 'json')}"
            case ToolResult():
                yield f"{'Failed' if block.is_error else 'Result'}:\n\n{fence(block.text)}"
            case Sources(sources=sources):
                pages = (f"{number}. [{page.title or page.url}]({page.url})" for number, page in enumerate(sources, 1))
                yield "\n".join(["Sources:", "", *pages])
            case Image() | Audio() | Document():
                yield f"({block.type}, {block.media_type})"
