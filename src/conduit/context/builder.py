"""What the model sees around the conversation: stable layers first, the volatile tail attached to the newest message.

The layers depend only on the session (mode, tools, project), so they are byte-identical from one request to the next.
Each says how long it stays so, and none stands before a more stable one. What changes with every keystroke (active
file, selection) goes into the person's message and stays there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from conduit.messages.content import Block, Text, count_unfit, sanitize_text
from conduit.messages.message import Message
from conduit.messages.request import ContextLayer
from conduit.prompts.render import render_prompt
from conduit.workspace.positions import Range

_log = logging.getLogger(__name__)


_ACTIVE, _SELECTED = "Active file", "Selected text"
_LATEST = "Which file is in front is not known. Opened, changed or asked about last"
_SELECTED_THEN = "Text that was selected there when its code actions were last asked for"


@dataclass(frozen=True, slots=True)
class EditorContext:
    """What the person looks at. Names are workspace names; `selection_range` counts code points.

    Attributes:
        active: the file in front, or None.
        language: its language id.
        selection: the selected text, empty or None when nothing is selected.
        selection_range: where it is.
        open_files: other open files.
        certain: the editor said what is in front; else `active` is the file that it opened, changed or asked about
            last, and `selection` what was selected when it asked.
    """

    active: str | None = None
    language: str | None = None
    selection: str | None = None
    selection_range: Range | None = None
    open_files: tuple[str, ...] = ()
    certain: bool = True


def build_layers(project: Sequence[str], mode: str, *, tools: bool, instructions: str = "") -> tuple[ContextLayer, ...]:
    """Return what stands before the conversation of a session, the most stable first.

    Args:
        project: the names of its roots.
        mode: what it may do.
        tools: whether it has any.
        instructions: more rules of conduct, for one prompt.
    """
    names = ", ".join(project) or "(no folder is open)"
    layers = (
        ContextLayer(name="role", text=render_prompt("role"), stable="release"),
        ContextLayer(name="mode", text=render_prompt(f"mode_{mode}" if tools else "mode_no_tools"), stable="mode"),
        ContextLayer(name="project", text=render_prompt("project", names=names), stable="workspace"),
        ContextLayer(name="instructions", text=instructions, stable="prompt"),
    )
    return tuple(layer for layer in layers if layer.text.strip())


def build_prompt(content: Sequence[Block], context: EditorContext | None, news: str = "") -> Message:
    """Return the person's message with the volatile tail behind their own words.

    Args:
        content: what the person says.
        context: what they look at.
        news: what happened since the model's last answer that it cannot know otherwise.
    """
    parts = [render_context(context) if context else "", f"<news>\n{news}\n</news>" if news else ""]
    tail = "\n\n".join(filter(None, parts))
    blocks = [*content, Text(text=f"\n\n{tail}", audience="model")] if tail else list(content)
    return Message(role="user", content=tuple(_fit(block) for block in blocks))


def _fit(block: Block) -> Block:
    """Replace what no vendor and no database takes: NULs and halves of characters."""
    if not isinstance(block, Text) or not (unfit := count_unfit(block.text)):
        return block
    _log.warning("a prompt had %d unreadable characters, which were replaced", unfit)
    return block.model_copy(update={"text": sanitize_text(block.text)})


def render_context(context: EditorContext) -> str:
    """Return what the person looks at as a short tagged text; empty when there is nothing to say."""
    lines: list[str] = []
    if context.active:
        language = f" ({context.language})" if context.language else ""
        lines.append(f"{_ACTIVE if context.certain else _LATEST}: {context.active}{language}")
    if context.selection:
        where = ""
        if context.selection_range:
            where = f" (lines {context.selection_range.start.line + 1} to {context.selection_range.end.line + 1})"
        what = _SELECTED if context.certain else _SELECTED_THEN
        lines.append(f"{what}{where}:\n{fence(context.selection, context.language or '')}")
    others = [name for name in context.open_files if name != context.active]
    if others:
        lines.append(f"Also open: {', '.join(others)}")
    return "<editor>\n" + "\n".join(lines) + "\n</editor>" if lines else ""


def render_file(name: str, text: str, *, origin: str, limit_bytes: int) -> str:
    """Return a file as the person attached it, cut at `limit_bytes` with the cut marked."""
    data = text.encode("utf-8", "replace")
    if len(data) > limit_bytes:
        text = data[:limit_bytes].decode("utf-8", "ignore") + f"\n[cut: {len(data) - limit_bytes:,} bytes left out]"
    state = " (with unsaved changes)" if origin != "disk" else ""
    return f"File {name}{state}:\n{fence(text)}"


def fence(text: str, language: str = "") -> str:
    """Return `text` in a code fence that is longer than any fence inside it."""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}{language}\n{text.rstrip(chr(10))}\n{ticks}"
