"""`conduit.chat.open`, `conduit.chat.send`, `conduit.chat.stop`: a conversation in a Markdown document."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.errors import EditRefused, PathNotFound, SessionBusy, UserError
from conduit.ide.chat_document import new_document, read_chat
from conduit.lsp.chat import begin_answer, bring_up_to_date, chat_file, is_chat, put_in, with_missing
from conduit.lsp.convert import uri_from_path
from conduit.lsp.private_file import write_private
from conduit.lsp.surroundings import surroundings

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer
    from conduit.workspace.document import Document

Json = dict[str, object]


async def open_chat(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.chat.open` with (session): show its document, or that of a new session; what it lacks is put in."""
    app = await server.app()
    wanted = _argument(arguments, "sessionId")
    info = await app.load_session(wanted) if wanted else await app.new_session()
    server.conversation_id = info.id
    file = chat_file(server, info.id)
    document = server.documents.document(file)
    if document is None:
        text = await asyncio.to_thread(_kept, file)
        if text is None or read_chat(text).session_id != info.id:
            text = new_document(info.id, info.title)
        place, lacks = await bring_up_to_date(server, app, info.id, text)
        await asyncio.to_thread(write_private, file, with_missing(text, place, lacks))
    elif info.id not in server.chats:
        place, lacks = await bring_up_to_date(server, app, info.id, document.text)
        if lacks:
            await put_in(server, document, place, lacks)
    uri = document.uri if document else uri_from_path(file)
    if not await _show(server, uri):
        server.show_message(
            f"Conduit: open {file} to chat; conduit.chat.send sends what stands under its last heading."
        )
    return {"uri": uri, "sessionId": info.id}


async def send(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.chat.send` with (uri): send what stands under the last heading; the answer is written below it.

    It returns when the turn has begun to be asked for; the document shows the rest.
    """
    app = await server.app()
    document = _document(server, _argument(arguments, "uri"))
    if not server.facts.apply_edit:
        raise EditRefused("The editor does not let a language server change documents (no workspace/applyEdit).")
    chat = read_chat(document.text)
    if chat.session_id is None:
        raise UserError("This document does not name its conversation any more. Open it with conduit.chat.open.")
    if chat.session_id in server.chats:
        raise SessionBusy("The answer is still being written. Wait for it, or stop it with conduit.chat.stop.")
    info = await app.load_session(chat.session_id)
    if chat.prompt is None:
        place, lacks = await bring_up_to_date(server, app, info.id, document.text)
        await put_in(server, document, place, lacks)
        raise UserError('Write under the last heading, "## You", then send it.')
    if not chat.prompt:
        raise UserError("There is nothing under the last heading yet. Write there, then send it.")
    app.check_free(info.id)
    server.conversation_id = info.id
    begin_answer(server, app, document, info.id, surroundings(server, app))
    return {"uri": document.uri, "sessionId": info.id}


async def stop(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.chat.stop` with (uri): end the answer that is being written."""
    app = await server.app()
    session_id = read_chat(_document(server, _argument(arguments, "uri")).text).session_id
    return {"stopped": await app.cancel(session_id) if session_id else False}


def _document(server: ConduitServer, uri: str | None) -> Document:
    """Return the chat document that is meant: the one that is named, else the only or the latest one that is open."""
    if uri is not None:
        document = server.documents.by_uri(uri)
        if document is None:
            raise PathNotFound(f"{uri} is not open in the editor. Open it with conduit.chat.open first.")
        if not is_chat(server, document):
            raise UserError("This is no chat document. Open one with conduit.chat.open.")
        return document
    found = [each for each in server.documents.documents() if is_chat(server, each)]
    if not found:
        raise UserError("No chat document is open. Open one with conduit.chat.open.")
    current = str(chat_file(server, server.conversation_id)) if server.conversation_id else ""
    return next((each for each in found if str(each.path) == current), found[-1])


async def _show(server: ConduitServer, uri: str) -> bool:
    if not server.facts.show_document:
        return False
    try:
        raw = await server.ask(types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(uri=uri, take_focus=True))
    except (JsonRpcException, ConnectionError):
        return False
    return isinstance(raw, Mapping) and raw.get("success") is True


def _kept(file: Path) -> str | None:
    """Return the text that a document has on disk."""
    try:
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _argument(arguments: tuple[object, ...], name: str) -> str | None:
    value = arguments[0] if arguments else None
    if isinstance(value, dict):  # clients that pass one object instead of a list
        value = value.get(name)
    return value if isinstance(value, str) and value else None
