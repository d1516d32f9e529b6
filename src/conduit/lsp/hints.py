"""The suggestions of each document as Hint diagnostics, kept on the lines that they quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.ide.suggestions import Suggestion, follow
from conduit.lsp.convert import to_lsp_range

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer
    from conduit.workspace.document import Document

SOURCE = "conduit"


def show_hints(server: ConduitServer, uri: str, suggestions: list[Suggestion]) -> None:
    """Publish `suggestions` as the hints of a document."""
    server.suggestions[uri] = suggestions
    refresh_hints(server, uri)


def refresh_hints(server: ConduitServer, uri: str) -> None:
    """Publish the hints where their lines are now; one whose line is gone goes too."""
    document = server.documents.by_uri(uri)
    kept = [follow(each, document.text) for each in server.suggestions.get(uri, [])] if document else []
    server.suggestions[uri] = [each for each in kept if each is not None]
    diagnostics = _hints(server, document) if document else []
    if not server.suggestions[uri]:
        del server.suggestions[uri]
    if not diagnostics and uri not in server.hinted:
        return
    (server.hinted.add if diagnostics else server.hinted.discard)(uri)
    version = document.version if document else None
    server.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(uri=uri, diagnostics=diagnostics, version=version)
    )


def hints_at(server: ConduitServer, document: Document, range_: types.Range) -> list[types.Diagnostic]:
    """Return the hints of a document on the lines of a range, also where a client shows them and does not send them."""
    first, last = range_.start.line, range_.end.line
    return [each for each in _hints(server, document) if each.range.start.line <= last and first <= _last_line(each)]


def _last_line(hint: types.Diagnostic) -> int:
    start, end = hint.range.start, hint.range.end
    return end.line - 1 if end.character == 0 and end.line > start.line else end.line


def _hints(server: ConduitServer, document: Document) -> list[types.Diagnostic]:
    suggested = [
        types.Diagnostic(
            range=to_lsp_range(document, each.range, server.facts.encoding),
            message=f"{each.title}: {each.reason}",
            severity=types.DiagnosticSeverity.Hint,
            source=SOURCE,
            code=each.id,
        )
        for each in server.suggestions.get(document.uri, [])
    ]
    return suggested + server.review_hints(document)


def remove_hint(server: ConduitServer, uri: str, suggestion_id: str | None) -> None:
    """Take one hint away; an unknown one changes nothing."""
    present = server.suggestions.get(uri, [])
    left = [each for each in present if each.id != suggestion_id]
    if len(left) != len(present):
        show_hints(server, uri, left)


def find_hint(server: ConduitServer, uri: str, suggestion_id: str) -> Suggestion | None:
    """Return a suggestion by the `code` of its diagnostic."""
    return next((each for each in server.suggestions.get(uri, []) if each.id == suggestion_id), None)
