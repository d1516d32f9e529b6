"""Chat documents in the editor: which documents are some, what can be done on them, and how a turn is written into one.

A chat document is a file of the state folder's `chat`; a file elsewhere that looks like one is none, so that nobody
else's text can ask for anything. For the features that show lenses, actions and commands on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.app import PromptOptions
from conduit.context.terminal import TERMINAL_URI, names_terminal
from conduit.errors import ConduitError, EditRefused
from conduit.ide.chat_document import Chat, Transcript, answer_heading, missing, next_heading, read_chat
from conduit.lsp.dispatch import CLIENT_TOKEN
from conduit.lsp.following import follow_session
from conduit.lsp.live_text import CURSORS, LiveText
from conduit.lsp.progress import show_progress
from conduit.lsp.reviewing import refresh_review
from conduit.messages.content import Block, Text
from conduit.sessions.events import SessionUpdate, TurnStarted
from conduit.workspace.language import Ability

if TYPE_CHECKING:
    from conduit.app import App, EditorContext
    from conduit.lsp.server import ConduitServer
    from conduit.workspace.document import Document

SEND, STOP = "conduit.chat.send", "conduit.chat.stop"


def chat_file(server: ConduitServer, session_id: str) -> Path:
    """Return the file of a session's document."""
    return server.state_folder() / "chat" / f"{session_id}.md"


def is_chat(server: ConduitServer, document: Document) -> bool:
    """Say whether a document is a chat document."""
    if document.path is None or document.path.suffix != ".md":
        return False
    folder = server.state_folder() / "chat"
    return document.path.parent in (folder, folder.resolve())


def chat_lenses(server: ConduitServer, document: Document) -> list[types.CodeLens]:
    """Return *Send*, or *Stop* while an answer is written, above the last heading."""
    chat = read_chat(document.text)
    at = types.Position(line=chat.line, character=0)
    return [
        types.CodeLens(range=types.Range(start=at, end=at), command=command)
        for command in _commands(server, document, chat)
    ]


def chat_actions(server: ConduitServer, document: Document) -> list[types.CodeAction]:
    """Return the same as code actions, for editors without lenses."""
    return [
        types.CodeAction(title=command.title, kind="conduit.chat", command=command)
        for command in _commands(server, document, read_chat(document.text))
    ]


def _commands(server: ConduitServer, document: Document, chat: Chat) -> Sequence[types.Command]:
    if chat.session_id is None:
        return []
    running = chat.session_id in server.chats
    title, command = ("Stop", STOP) if running else ("Send", SEND)
    return [types.Command(title=title, command=command, arguments=[document.uri])]


async def bring_up_to_date(server: ConduitServer, app: App, session_id: str, text: str) -> tuple[int, str]:
    """Return what a document lacks of its conversation, and the offset where it belongs; raises SessionNotFound."""
    info = await app.load_session(session_id)
    turns = [each.turn_id for each in await app.conversation(info.id)]
    shown = text.rstrip()
    shown = shown[:-1] if shown.endswith(tuple(CURSORS)) else text  # an answer that was cut off left its sign
    place, lacks = missing(read_chat(shown), await app.history(info.id), dict.fromkeys(turns))
    return len(shown.rstrip() if shown is text else shown) if place is None else place, lacks


def with_missing(text: str, place: int, lacks: str) -> str:
    """Return a document with what it lacked."""
    rest = text[place + 1 :] if text[place : place + 1] in tuple(CURSORS) else text[place:]
    return text[:place] + lacks + rest


async def put_in(server: ConduitServer, document: Document, place: int, text: str) -> None:
    """Put text into an open document at an offset; raises EditRefused."""
    live = LiveText(server, document, place)
    live.add(text)
    await live.close()


def begin_answer(
    server: ConduitServer, app: App, document: Document, session_id: str, context: EditorContext | None
) -> None:
    """Have a document's prompt answered behind it; what the person types there from now on is behind the answer then.

    `context` goes along with the prompt. Whatever goes wrong is said in the document.
    """
    chat = read_chat(document.text)
    server.chats[session_id] = document.uri
    live = LiveText(server, document, chat.end)
    asked = (chat.prompt or "", PromptOptions(context=context))
    server.protocol.spawn(_answer(server, app, document, asked, _Writing(session_id, live)), "chat")


async def _answer(
    server: ConduitServer, app: App, document: Document, asked: tuple[str, PromptOptions], writing: _Writing
) -> None:
    CLIENT_TOKEN.set(None)  # that of the command, which was answered
    session_id, live = writing.session_id, writing.live
    stop = app.subscribe(writing.take_in)
    refresh_review(server)
    try:
        async with show_progress(server, "Conduit: answering") as progress:
            with follow_session(app, progress) as started:
                started(session_id)
                prompt, options = asked
                await app.prompt(session_id, await _content(app, prompt), options)
    except ConduitError as error:  # the model cannot be asked
        live.add(f"\n\n> **Error:** {error}{'' if writing.begun else next_heading()}")
    finally:
        stop()
        writing.finish()
        server.chats.pop(session_id, None)
        refresh_review(server)
        try:
            await asyncio.shield(live.close())
        except EditRefused as error:
            if server.documents.by_uri(document.uri) is document:
                server.show_message(
                    f"Conduit: {error} The answer is kept in the conversation; conduit.chat.open shows it.",
                    types.MessageType.Warning,
                )


async def _content(app: App, prompt: str) -> list[Block]:
    """Return what is sent: here nobody else turns `@terminal` into what it means. Raises UserError."""
    content: list[Block] = [Text(text=prompt)]
    if Ability.TERMINAL_SELECTION in app.language.offers and names_terminal(prompt):
        content.append(await app.attach(TERMINAL_URI))
    return content


class _Writing:
    """Writes the events of one turn into a document."""

    def __init__(self, session_id: str, live: LiveText) -> None:
        self.session_id = session_id
        self.live = live
        self._transcript: Transcript | None = None

    @property
    def begun(self) -> bool:
        """Whether the turn began."""
        return self._transcript is not None

    def take_in(self, update: SessionUpdate) -> None:
        """Write what an event shows."""
        event = update.event
        if update.session_id != self.session_id:
            return
        if self._transcript is None and isinstance(event, TurnStarted):
            self._transcript = Transcript(event.turn_id)
            self.live.add(answer_heading(event.turn_id))
        elif self._transcript is not None and getattr(event, "turn_id", None) == self._transcript.turn_id:
            shown = self._transcript.render(event)
            if shown:
                self.live.add(shown)

    def finish(self) -> None:
        """Write the person's next heading."""
        if self._transcript is not None:
            self.live.add(self._transcript.closing())
