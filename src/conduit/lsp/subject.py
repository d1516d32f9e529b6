"""The document that a request is about, and a range in it: what several features ask of the editor's buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.errors import PathNotFound, UserError
from conduit.workspace.positions import Range

if TYPE_CHECKING:
    from conduit.lsp.protocol.prompt import WireRange
    from conduit.lsp.server import ConduitServer
    from conduit.workspace.document import Document

NO_FILE = "This document is no file. Save it in a folder that is open to change it with Conduit."


def open_document(server: ConduitServer, uri: str) -> Document:
    """Return an open document that is a file; raises PathNotFound, UserError."""
    document = server.documents.by_uri(uri)
    if document is None:
        raise PathNotFound(f"{uri} is not open in the editor. Open the file, then do it again.")
    if document.path is None:
        raise UserError(NO_FILE)
    return document


def range_in(server: ConduitServer, document: Document, wire: WireRange) -> Range:
    """Return a range of the wire in code points, clamped to the document."""
    encoding = server.facts.encoding
    return Range(
        document.position_from_units(wire.start.line, wire.start.character, encoding),
        document.position_from_units(wire.end.line, wire.end.character, encoding),
    )
