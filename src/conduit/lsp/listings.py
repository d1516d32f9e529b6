"""What the commands of plain clients show, as Markdown that can also be read as it is. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from conduit.messages.content import Text

if TYPE_CHECKING:
    from conduit.app import ModelChoice
    from conduit.messages.message import Message
    from conduit.sessions.events import SessionInfo, StoredMessage

_NAMES = {"user": "You", "assistant": "Conduit", "tool": "Tools"}


def render_models(choices: Sequence[ModelChoice], default: str) -> str:
    """Return the models that can be asked now first, then the others with what each is missing."""
    ready = [f"- {each.id}{' (in use)' if each.id == default else ''}" for each in choices if each.ready]
    missing = [f"- {each.id}: {each.note}" for each in choices if not each.ready]
    parts = ["# Models", "\n".join(ready) or "None is ready."]
    return "\n\n".join([*parts, *(["## Not ready", "\n".join(missing)] if missing else [])]) + "\n"


def render_sessions(sessions: Sequence[SessionInfo]) -> str:
    """Return one line for each conversation, with the id that opens it."""
    lines = [
        f"- {_time(info.updated_at)} {title_of(info)}{' (running)' if info.running else ''}: "
        f"{info.message_count} messages, {info.model}, {info.id}"
        for info in sessions
    ]
    return "# Conversations\n\n" + ("\n".join(lines) or "There are none here yet.") + "\n"


def render_conversation(info: SessionInfo, messages: Sequence[StoredMessage]) -> str:
    """Return what was said, oldest first; what the tools did is left out."""
    parts = [
        f"## {_NAMES[each.message.role]}{' (interrupted)' if each.interrupted else ''}\n\n{said}"
        for each in messages
        if (said := _said(each.message))
    ]
    return "\n\n".join([f"# {title_of(info)}", f"{_time(info.updated_at)}, {info.model}, {info.id}", *parts]) + "\n"


def title_of(info: SessionInfo) -> str:
    """Return the title in one line."""
    return " ".join(info.title.split()) or "Untitled"


def _said(message: Message) -> str:
    texts = (block.visible.strip() for block in message.content if isinstance(block, Text))
    return "\n\n".join(filter(None, texts))


def _time(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s).astimezone().strftime("%Y-%m-%d %H:%M")
