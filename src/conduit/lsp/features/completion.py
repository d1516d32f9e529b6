"""`textDocument/inlineCompletion`: what the model would type at the cursor. (LSP 3.18, *Inline Completion*.)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.errors import ToolError
from conduit.ide.completion import Completer, Spot
from conduit.lsp.convert import from_lsp_position, to_lsp_position
from conduit.workspace.document import Document
from conduit.workspace.positions import Position, Range

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.lsp.server import ConduitServer

MAX_CHARACTERS = 2_000_000
"""In larger documents nothing is proposed."""


async def inline_completion(server: ConduitServer, params: types.InlineCompletionParams) -> types.InlineCompletionList:
    """Answer with one item or none; a failure is none."""
    nothing = types.InlineCompletionList(items=[])
    app = await server.app()
    if app.setup.completions.enabled == "off":
        return nothing
    document = server.documents.by_uri(params.text_document.uri)
    name = _name(app, document) if document is not None else None
    if document is None or name is None or len(document.text) > MAX_CHARACTERS:
        return nothing
    encoding, version = server.facts.encoding, document.version
    cursor = from_lsp_position(document, params.position, encoding)
    begun = _begun(server, document, params.context.selected_completion_info, cursor)
    if begun is None:
        return nothing
    start, chosen = begun
    end = Position(document.line_count, 0)
    spot = Spot(
        name,
        document.language_id,
        document.text_in(Range(Position(0, 0), start)) + chosen,
        document.text_in(Range(cursor, end)),
        params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked,
    )
    if server.completer is None:
        server.completer = Completer()
    uri = document.uri

    def moved() -> bool:
        now = server.documents.by_uri(uri)
        return now is not document or now.version != version

    text = await server.completer.complete(app, spot, moved)
    if not text:
        return nothing
    at = types.Range(start=to_lsp_position(document, start, encoding), end=to_lsp_position(document, cursor, encoding))
    return types.InlineCompletionList(items=[types.InlineCompletionItem(insert_text=chosen + text, range=at)])


def _begun(
    server: ConduitServer, document: Document, info: types.SelectedCompletionInfo | None, cursor: Position
) -> tuple[Position, str] | None:
    """Return where the proposal begins, and the text that it begins with: what is chosen in the list of names, if any.

    None when that list would replace text behind the cursor, which no proposal can show.
    """
    if info is None:
        return cursor, ""
    start = from_lsp_position(document, info.range.start, server.facts.encoding)
    end = from_lsp_position(document, info.range.end, server.facts.encoding)
    if start.line != cursor.line or end > cursor:
        return None
    return start, info.text


def _name(app: App, document: Document) -> str | None:
    """Return the name of a document whose text a model may see, or None."""
    if document.path is None:
        return document.uri if document.uri.isprintable() else None
    try:
        app.workspace.check_writable(document.path)
        return app.workspace.name_of(document.path)
    except ToolError:  # private, or outside of the folders that are open
        return None
