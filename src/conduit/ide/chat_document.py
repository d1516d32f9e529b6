"""The chat document: a conversation as Markdown that the person writes in, and what is read out of it again.

It begins with the session's id; the last heading `## You` has the next prompt under it. What stands above is a picture
of the conversation: the person may edit it, and the conversation itself stays as it was. Everything in the file is
input, whoever wrote it. Pure.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conduit.context.builder import fence
from conduit.messages.content import Text
from conduit.sessions.events import (
    AssistantReplied,
    Event,
    Notice,
    StoredEvent,
    TextChunk,
    ToolFinished,
    Transient,
    TurnEnded,
    TurnStarted,
)

YOU = "## You"
CONDUIT = "## Conduit"
MOST_OUTPUT = 4000
"""Characters of a tool's output that are shown."""

_HEADING = re.compile(r"^## (?:(You)|Conduit(?: <!-- (turn_\w+) -->)?)[ \t]*\r?$", re.MULTILINE)
_SESSION = re.compile(r"\A---\r?\n(?:[^\n]*\n)*?conduit-session:[ \t]*([A-Za-z0-9_-]{1,100})[ \t]*\r?\n")
_MAX_FRONT = 2000


@dataclass(frozen=True, slots=True)
class Chat:
    """What a chat document says.

    Attributes:
        session_id: of its first lines; None when they name none.
        prompt: what stands under the last heading, if that is the person's; else None.
        line: the line of the last heading (zero-based), or 0.
        end: the offset behind the prompt.
        draft: the offset of the last heading of the person, if it is the last one, else None.
        turns: the turns whose answers are in it.
        last_turn: the turn that the last heading belongs to, when that is not the person's.
        last_answer: what stands under that.
    """

    session_id: str | None
    prompt: str | None
    line: int
    end: int
    draft: int | None
    turns: frozenset[str]
    last_turn: str | None = None
    last_answer: str = ""


def read_chat(text: str) -> Chat:
    """Read a chat document, whatever is in it."""
    front = _SESSION.match(text[:_MAX_FRONT])
    headings = list(_HEADING.finditer(text))
    turns = frozenset(found[2] for found in headings if found[2])
    session_id = front[1] if front else None
    if not headings:
        return Chat(session_id, None, 0, len(text), None, turns)
    last = headings[-1]
    body = text[last.end() :]
    line = text.count("\n", 0, last.start())
    end = len(text) - (len(body) - len(body.rstrip()))
    if last[1]:
        return Chat(session_id, body.strip(), line, end, last.start(), turns)
    return Chat(session_id, None, line, end, None, turns, last[2], body.strip())


def new_document(session_id: str, title: str) -> str:
    """Return the document of a conversation without any message."""
    return f"---\nconduit-session: {session_id}\n---\n\n# {_line(title) or 'Chat with Conduit'}\n\n{YOU}\n\n"


def answer_heading(turn_id: str) -> str:
    """Return what stands between a prompt and its answer."""
    return f"\n\n{CONDUIT} <!-- {turn_id} -->\n\n"


def next_heading() -> str:
    """Return what stands behind an answer: the person's next heading."""
    return f"\n\n{YOU}\n\n"


@dataclass
class Transcript:
    """Renders the events of one turn, live ones and stored ones alike, as text that only grows."""

    turn_id: str

    def __post_init__(self) -> None:
        self._line = ""  # what is held back: the beginning of a line that may become a heading of ours
        self._fresh = True
        self._tail = "\n\n"
        self._written: set[str] = set()

    def render(self, event: Event | Transient) -> str:
        """Return what an event of this turn adds; nothing for one that shows nothing."""
        match event:
            case TextChunk():
                return self._said(event.message_id, event.text)
            case AssistantReplied():
                new = event.message_id not in self._written
                return (self._said(event.message_id, event.message.text) if new else "") + self.end()
            case ToolFinished():
                return self._part(_tool(event))
            case Notice():
                return self._part(_quoted(event.text))
            case TurnEnded() if event.error:
                return self._part(_quoted(f"**Error:** {event.error}"))
            case TurnEnded(stop_reason="cancelled"):
                return self._part(_quoted("*Stopped.*"))
            case _:
                return ""

    def closing(self) -> str:
        """Return what was held back, and the person's next heading."""
        held = self.end()
        return f"{held}{self._gap()}{next_heading().lstrip()}"

    def end(self) -> str:
        """Return what was held back."""
        held, self._line = self._line, ""
        if held:
            self._fresh = False
        return self._shown(_escaped_line(held))

    def _said(self, message_id: str, text: str) -> str:
        """Return text as far as it is certain that no line of it is a heading of ours."""
        shown = ""
        if message_id not in self._written and text:
            self._written.add(message_id)
            shown = self.end()
            shown += self._shown(self._gap())
            self._fresh = True
        more = ""
        for piece in filter(None, re.split(r"(?<=\n)", text)):
            if self._fresh:
                self._line += piece
                if not piece.endswith("\n") and _may_be_heading(self._line):
                    continue
                more, self._line = more + _escaped_line(self._line), ""
            else:
                more += piece
            self._fresh = piece.endswith("\n")
        return shown + self._shown(more)

    def _part(self, text: str) -> str:
        """Return a part with an empty line before and behind it."""
        held = self.end()
        self._fresh = True
        return held + (self._shown(f"{self._gap()}{text}\n\n") if text else "")

    def _gap(self) -> str:
        return "" if self._tail == "\n\n" else "\n" if self._tail.endswith("\n") else "\n\n"

    def _shown(self, text: str) -> str:
        self._tail = (self._tail + text)[-2:]
        return text


def missing(chat: Chat, events: Sequence[StoredEvent], turns: Iterable[str]) -> tuple[int | None, str]:
    """Return what a document lacks of its conversation, and the offset where it belongs (None: at the end).

    Args:
        chat: the document.
        events: the log of the session.
        turns: the turns of the conversation as it is now.
    """
    wanted = set(turns)
    parts: list[str] = []
    if chat.draft is None and chat.last_turn is not None:
        parts.append(_rest(chat, _answer(chat.last_turn, events)))
    for stored in events:
        event = stored.event
        if isinstance(event, TurnStarted) and event.turn_id in wanted and event.turn_id not in chat.turns:
            said = "\n\n".join(block.visible for block in event.message.content if isinstance(block, Text))
            answer = _answer(event.turn_id, events)
            parts.append(f"{YOU}\n\n{_escaped(said.strip())}{answer_heading(event.turn_id)}{answer}")
    text = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    if chat.draft is None:
        return None, f"\n\n{text}{next_heading()}" if text else next_heading()
    return chat.draft, f"{text}\n\n" if text else ""


def _answer(turn_id: str, events: Sequence[StoredEvent]) -> str:
    transcript = Transcript(turn_id)
    mine = (each.event for each in events if getattr(each.event, "turn_id", None) == turn_id)
    return ("".join(transcript.render(event) for event in mine) + transcript.end()).strip()


def _rest(chat: Chat, answer: str) -> str:
    """Return what is missing of an answer that was cut off in the document; all of it where the person edited."""
    there = chat.last_answer.replace("\r\n", "\n")
    if answer.startswith(there):
        return answer[len(there) :]
    return "" if there.endswith(answer) else f"{_quoted('The whole answer:')}\n\n{answer}"


def _tool(event: ToolFinished) -> str:
    failed = " (failed)" if event.result.is_error else ""
    title = html.escape(_line(event.title or event.name), quote=False)
    text = event.diff if event.diff and not event.result.is_error else event.result.text
    cut = f"\n[{len(text) - MOST_OUTPUT:,} more characters]" if len(text) > MOST_OUTPUT else ""
    body = _escaped(fence(text[:MOST_OUTPUT] + cut, "diff" if event.diff and not failed else ""))
    return f"<details><summary>{title}{failed}</summary>\n\n{body}\n\n</details>"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _line(text: str) -> str:
    return " ".join(text.split())[:200]


def _may_be_heading(piece: str) -> bool:
    """Say whether a line may still become one of our headings."""
    return any(head.startswith(piece) or piece.startswith(head) for head in (YOU, CONDUIT))


def _escaped_line(line: str) -> str:
    return f"\\{line}" if _HEADING.match(line.rstrip("\r\n")) else line


def _escaped(text: str) -> str:
    """Keep what somebody else wrote from passing for one of our headings."""
    return _HEADING.sub(lambda found: f"\\{found[0]}", text)
