"""A conversation as Markdown to keep or to hand on: what was said, with thinking and tool calls folded. Pure."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from conduit.context.builder import fence
from conduit.messages.content import Block, Sources, Text, Thinking, ToolCall, ToolResult
from conduit.sessions.events import SessionInfo, StoredMessage


def render_export(info: SessionInfo, messages: Sequence[StoredMessage]) -> str:
    """Return the messages of a session, oldest first, ending with a newline."""
    results = {each.call_id: each for stored in messages for each in stored.message.tool_results}
    at = datetime.fromtimestamp(info.updated_at).astimezone().strftime("%Y-%m-%d %H:%M")
    parts = [f"# {title_of(info)}", f"{info.model} · {at}"]
    speaker = ""
    for stored in messages:
        said = [part for block in stored.message.content for part in _render(block, results)]
        if not said:
            continue
        name = "You" if stored.message.role == "user" else "Conduit"
        if name != speaker or name == "You":
            parts.append(f"## {name}")
            speaker = name
        parts += said
        if stored.interrupted:
            parts.append("*(interrupted)*")
    return "\n\n".join(parts) + "\n"


def title_of(info: SessionInfo) -> str:
    """Return the title in one line."""
    return " ".join(info.title.split()) or "Untitled"


def _render(block: Block, results: dict[str, ToolResult]) -> Iterator[str]:
    match block:
        case Text():
            if seen := block.visible.strip():
                yield seen
        case Thinking():
            if seen := block.text.strip():
                yield _folded("Thinking", "\n".join(f"> {line}".rstrip() for line in seen.split("\n")))
        case ToolCall():
            yield _call(block, results.get(block.id))
        case ToolResult():
            pass  # shown with its call
        case Sources(sources=sources):
            pages = [f"{number}. [{page.title or page.url}]({page.url})" for number, page in enumerate(sources, 1)]
            yield "\n".join(["Sources:", "", *pages])
        case _:
            yield f"({block.type}, {block.media_type})"


def _call(call: ToolCall, result: ToolResult | None) -> str:
    arguments = call.malformed or json.dumps(call.arguments, ensure_ascii=False, indent=2)
    parts = [fence(arguments, "json")]
    if result is not None:
        parts.append(f"{'Failed' if result.is_error else 'Result'}:\n\n{fence(result.text)}")
    path = call.arguments.get("path")
    return _folded(f"{call.name} {path}" if isinstance(path, str) else call.name, "\n\n".join(parts))


def _folded(summary: str, body: str) -> str:
    return f"<details>\n<summary>{html.escape(summary)}</summary>\n\n{body}\n\n</details>"
