"""What a client of the standard protocol lets be known of what the person looks at: open files, the latest of them.

Which file is in front and what is selected is in no message of the protocol. A document that was opened, changed or
asked about last is what comes nearest, and is told as that and no more. For the chat document; clients that know
Conduit say it themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.app import EditorContext
from conduit.errors import OutsideWorkspace
from conduit.lsp.chat import is_chat
from conduit.lsp.convert import from_lsp_range
from conduit.workspace.ignore import is_private

if TYPE_CHECKING:
    from lsprotocol import types

    from conduit.app import App
    from conduit.lsp.server import ConduitServer
    from conduit.workspace.document import Document


def note_look(server: ConduitServer, document: Document, params: types.CodeActionParams) -> None:
    """Remember where the person was when a menu was asked for; what is asked for on every save is no look."""
    if not params.context.only:
        server.documents.look(document, from_lsp_range(document, params.range, server.facts.encoding))


def surroundings(server: ConduitServer, app: App) -> EditorContext | None:
    """Return what is known now, without chat documents and files outside of the workspace; None when it is nothing."""
    named = [(each, name) for each in server.documents.latest_first() if (name := _name(server, app, each))]
    if not named:
        return None
    document, name = named[0]
    selected = None if is_private(name) else server.documents.looked_at(document)
    return EditorContext(
        active=name,
        language=document.language_id,
        selection=document.text_in(selected) if selected else None,
        selection_range=selected,
        open_files=tuple(name for _, name in named),
        certain=False,
    )


def _name(server: ConduitServer, app: App, document: Document) -> str | None:
    if document.path is None or is_chat(server, document):
        return None
    try:
        return app.workspace.name_of(document.path)
    except OutsideWorkspace:
        return None
