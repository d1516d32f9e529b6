"""Places in files that a language server named: from the wire to code points, only what exists and may be read.

What is outside the roots, private, or not in the text any more is counted and left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conduit.errors import ToolError
from conduit.lsp.convert import path_from_uri
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.protocol.abilities import WireDiagnostic, WireLocation, WireLocationLink, WireSymbol
from conduit.lsp.protocol.prompt import WireRange
from conduit.workspace.document import Document
from conduit.workspace.language import Diagnostic, Spot, Spots, Symbol, Symbols
from conduit.workspace.positions import PositionEncoding, Range
from conduit.workspace.workspace import Workspace

MAX_ENTRIES = 1000
MAX_FILES = 200
MAX_DEPTH = 20
MAX_NAME = 500
MAX_MESSAGE = 2000

_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}
# LSP 3.18, SymbolKind.
_KINDS = (
    *("symbol", "file", "module", "namespace", "package", "class", "method", "property", "field", "constructor"),
    *("enum", "interface", "function", "variable", "constant", "string", "number", "boolean", "array", "object"),
    *("key", "null", "enum-member", "struct", "event", "operator", "type-parameter"),
)


class Places:
    """Reads the files of one answer, each once."""

    def __init__(self, workspace: Workspace, documents: OpenDocuments) -> None:
        self._workspace = workspace
        self._documents = documents
        self._texts: dict[str, Document | None] = {}
        self.elsewhere = 0
        self.misplaced = 0
        self.left_out = 0

    async def spots(self, raw: Sequence[Any]) -> Spots:
        """Return the places of a list of `Location` or `LocationLink`; raises ValidationError."""
        found: dict[Path, dict[Spot, None]] = {}
        for entry in self._cut(raw):
            spot = await self._spot(_location(entry))
            if spot is not None:
                found.setdefault(spot.path, {})[spot] = None
        items = tuple(spot for spots in found.values() for spot in spots)
        return Spots(items, self.elsewhere, self.misplaced, self.left_out)

    async def symbols(self, raw: Sequence[Any], uri: str | None) -> Symbols:
        """Return symbols, children behind their parents; those without a place of their own are in `uri`."""
        items: list[Symbol] = []
        waiting = [(entry, 0, "") for entry in reversed(raw[:MAX_ENTRIES])]
        self.left_out += max(0, len(raw) - MAX_ENTRIES)
        while waiting:
            if len(items) >= MAX_ENTRIES:
                self.left_out += len(waiting)
                break
            entry, depth, container = waiting.pop()
            # Children are looked at one by one, so that no depth of theirs is a burden.
            children = entry.get("children") if isinstance(entry, dict) else None
            flat = {key: value for key, value in entry.items() if key != "children"} if children is not None else entry
            symbol = WireSymbol.model_validate(flat)
            location = symbol.location
            if location is None and symbol.selection_range is not None and uri is not None:
                location = WireLocation(uri=uri, range=symbol.selection_range)
            spot = await self._spot(location) if location is not None else None
            if location is None:
                self.misplaced += 1
            if spot is not None:
                kind = _KINDS[symbol.kind] if 0 <= symbol.kind < len(_KINDS) else _KINDS[0]
                name, holder = symbol.name[:MAX_NAME], (symbol.container_name or container)[:MAX_NAME]
                items.append(Symbol(name, kind, spot, holder, depth))
            if isinstance(children, list):
                kept = children[:MAX_ENTRIES] if depth < MAX_DEPTH else []
                self.left_out += len(children) - len(kept)
                waiting += [(child, depth + 1, symbol.name[:MAX_NAME]) for child in reversed(kept)]
        return Symbols(tuple(items), self.elsewhere, self.misplaced, self.left_out)

    def diagnostics(self, raw: Sequence[Any], document: Document) -> tuple[Diagnostic, ...]:
        """Return findings about `document` in order; raises ValidationError."""
        items: list[Diagnostic] = []
        for entry in self._cut(raw):
            wire = WireDiagnostic.model_validate(entry)
            range_ = self._range(document, wire.range)
            if range_ is None:
                self.misplaced += 1
                continue
            items.append(
                Diagnostic(
                    range_,
                    wire.message[:MAX_MESSAGE] + ("…" if len(wire.message) > MAX_MESSAGE else ""),
                    _SEVERITIES.get(wire.severity or 1, "error"),
                    (wire.source or "")[:MAX_NAME],
                    "" if wire.code is None else str(wire.code)[:MAX_NAME],
                )
            )
        return tuple(sorted(items, key=lambda item: item.range))

    def _cut(self, raw: Sequence[Any]) -> Sequence[Any]:
        self.left_out += max(0, len(raw) - MAX_ENTRIES)
        return raw[:MAX_ENTRIES]

    async def _spot(self, wire: WireLocation | WireLocationLink) -> Spot | None:
        document = await self._text(wire.uri)
        if document is None or document.path is None:
            return None
        range_ = self._range(document, wire.range)
        if range_ is None:
            self.misplaced += 1
            return None
        return Spot(document.path, range_, document.line(range_.start.line))

    async def _text(self, uri: str) -> Document | None:
        """Return the text of a file that may be read; counts what may not, or is not there."""
        if uri not in self._texts:
            if len(self._texts) >= MAX_FILES:
                self.left_out += 1
                return None
            self._texts[uri] = await self._read(uri)
        document = self._texts[uri]
        if document is None:
            self.elsewhere += 1
        return document

    async def _read(self, uri: str) -> Document | None:
        path = path_from_uri(uri)
        if path is None:
            return None
        try:
            reading = await self._workspace.read_or_none(str(path))
        except ToolError:  # outside the roots, private, or no text
            return None
        return None if reading is None else Document(uri, reading.path, "", reading.version or 0, reading.text)

    def _range(self, document: Document, wire: WireRange) -> Range | None:
        """Return a range in code points; None when it begins behind the text."""
        if wire.start.line >= document.line_count:
            return None
        ends = sorted(
            document.position_from_units(end.line, end.character, self._encoding) for end in (wire.start, wire.end)
        )
        return Range(*ends)

    @property
    def _encoding(self) -> PositionEncoding:
        return self._documents.encoding


def _location(entry: object) -> WireLocation | WireLocationLink:
    if isinstance(entry, dict) and "targetUri" in entry:
        return WireLocationLink.model_validate(entry)
    return WireLocation.model_validate(entry)


def describe(error: ValidationError) -> str:
    """Return the first thing that is wrong with an answer, in a line."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))[:200] or 'the answer'}: {first['msg']}"
