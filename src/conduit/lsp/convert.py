"""Between LSP's shapes and ours: URIs and paths, wire positions and code points, edits.

Pure. The wire shapes are plain JSON objects, so that nothing here needs lsprotocol's converter.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

from lsprotocol import types

from conduit.workspace.document import Document
from conduit.workspace.positions import Position, PositionEncoding, Range

if TYPE_CHECKING:
    from conduit.edits.edit import TextEdit


def path_from_uri(uri: str) -> Path | None:
    """Return the absolute path of a `file:` URI; None for another scheme, another host or a malformed URI."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost"):
        return None
    # `urlsplit` takes what follows ? and # away; in a file name that a careless client did not encode they are text.
    rest = uri.split(":", 1)[1].removeprefix("//").removeprefix(parts.netloc)
    try:
        name = os.fsdecode(unquote_to_bytes(rest))
    except UnicodeEncodeError:  # half of a surrogate pair
        return None
    if "\0" in name or not name.startswith("/"):
        return None
    if os.name == "nt":
        name = name.removeprefix("/")
    return Path(os.path.normpath(name))


def uri_from_path(path: Path) -> str:
    """Return the `file:` URI of an absolute path."""
    return path.as_uri()


def from_lsp_position(document: Document, position: types.Position, encoding: PositionEncoding) -> Position:
    """Convert a wire position to code points; beyond the text it is the end of the line or of the text."""
    return document.position_from_units(position.line, position.character, encoding)


def from_lsp_range(document: Document, range_: types.Range, encoding: PositionEncoding) -> Range:
    """Convert a wire range to code points."""
    return Range(from_lsp_position(document, range_.start, encoding), from_lsp_position(document, range_.end, encoding))


def to_lsp_position(document: Document, position: Position, encoding: PositionEncoding) -> types.Position:
    """Convert code points to a wire position."""
    line, character = document.units_from_position(position, encoding)
    return types.Position(line=line, character=character)


def to_lsp_range(document: Document, range_: Range, encoding: PositionEncoding) -> types.Range:
    """Convert a range in code points to a wire range."""
    return types.Range(
        start=to_lsp_position(document, range_.start, encoding), end=to_lsp_position(document, range_.end, encoding)
    )


def to_lsp_edits(document: Document, edits: Iterable[TextEdit], encoding: PositionEncoding) -> list[types.TextEdit]:
    """Convert edits against `document` to wire edits, in order."""
    return [
        types.TextEdit(range=to_lsp_range(document, edit.range, encoding), new_text=edit.new_text) for edit in edits
    ]
