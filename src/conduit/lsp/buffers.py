"""An editor's buffers, on the client's side: open texts with versions, and workspace edits really applied to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conduit.lsp.convert import path_from_uri
from conduit.workspace.document import Document
from conduit.workspace.positions import Position, PositionEncoding, Range

Change = dict[str, Any]
"""One entry of `contentChanges`."""


class EditNotApplied(Exception):
    """The edit does not fit these buffers; nothing was changed."""


class Buffers:
    """Open documents by URI; closed files are on the disk."""

    def __init__(self, encoding: PositionEncoding) -> None:
        self._encoding = encoding
        self._open: dict[str, Document] = {}
        self._moved: list[tuple[str, str | None]] = []

    def __contains__(self, uri: str) -> bool:
        return uri in self._open

    def document(self, uri: str) -> Document:
        """Return an open document; raises KeyError."""
        return self._open[uri]

    def open(self, uri: str, language_id: str, text: str) -> Document:
        """Open a document with version 1."""
        self._open[uri] = Document(uri, path_from_uri(uri), language_id, 1, text)
        return self._open[uri]

    def close(self, uri: str) -> None:
        """Close a document; raises KeyError."""
        del self._open[uri]

    def type(self, uri: str, range_: Range | None, text: str) -> Change:
        """Replace a range in code points (None: everything) and return the change as the wire has it."""
        document = self._open[uri]
        change: Change = {"text": text}
        if range_ is not None:
            change["range"] = {"start": self._wire(document, range_.start), "end": self._wire(document, range_.end)}
        document.replace(document.version + 1, text, range_)
        return change

    def apply(self, edit: Mapping[str, Any]) -> list[tuple[str, list[Change]]]:
        """Apply a `WorkspaceEdit`, all of it or nothing; return the changes of open documents, by URI.

        Raises:
            EditNotApplied: a version does not fit, or a file exists or is missing against expectation.
        """
        steps = self._steps(edit)
        created = {step["uri"] for step in steps if step.get("kind") == "create"}
        for step in steps:
            self._check(step, created)
        changes: list[tuple[str, list[Change]]] = []
        for step in steps:
            if "kind" in step:
                self._operate(step)
                continue
            uri = step["textDocument"]["uri"]
            if uri in self._open:
                changes.append((uri, self._apply_open(self._open[uri], step["edits"])))
            else:
                self._apply_closed(_path(uri), step["edits"])
        return changes

    def take_moved(self) -> list[tuple[str, str | None]]:
        """Return, once, the open documents that edits moved (from, to) or deleted (from, None)."""
        moved, self._moved = self._moved, []
        return moved

    def _operate(self, step: Mapping[str, Any]) -> None:
        """Create, move or delete a file; what is open goes along, unsaved as it is."""
        if step["kind"] == "create":
            path = _path(step["uri"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", "utf-8")
            return
        old = step["oldUri"] if step["kind"] == "rename" else step["uri"]
        new = step["newUri"] if step["kind"] == "rename" else None
        if new is None:
            _path(old).unlink()
        else:
            _path(new).parent.mkdir(parents=True, exist_ok=True)
            _path(old).rename(_path(new))
        document = self._open.pop(old, None)
        if document is not None:
            self._moved.append((old, new))
            if new is not None:
                self.open(new, document.language_id, document.text)

    def _steps(self, edit: Mapping[str, Any]) -> list[dict[str, Any]]:
        if edit.get("documentChanges") is not None:
            return list(edit["documentChanges"])
        changes = edit.get("changes") or {}
        return [{"textDocument": {"uri": uri, "version": None}, "edits": edits} for uri, edits in changes.items()]

    def _check(self, step: Mapping[str, Any], created: set[str]) -> None:
        if "kind" in step:
            made = {"create": "uri", "rename": "newUri"}.get(step["kind"])
            needed = {"rename": "oldUri", "delete": "uri"}.get(step["kind"])
            if made and _path(step[made]).exists():
                raise EditNotApplied(f"{step[made]} exists already")
            if needed and not _path(step[needed]).is_file():
                raise EditNotApplied(f"{step[needed]} does not exist")
            return
        uri, version = step["textDocument"]["uri"], step["textDocument"].get("version")
        if uri in self._open:
            found = self._open[uri].version
            if version is not None and version != found:
                raise EditNotApplied(f"the edit is for version {version}, the buffer has version {found}")
        elif version is not None:
            raise EditNotApplied(f"{uri} is not open")
        elif uri not in created and not _path(uri).is_file():
            raise EditNotApplied(f"{uri} does not exist")

    def _apply_open(self, document: Document, edits: Sequence[Mapping[str, Any]]) -> list[Change]:
        version = document.version + 1
        changes: list[Change] = []
        for edit in _last_first(edits):
            document.replace(version, edit["newText"], self._range(document, edit["range"]))
            changes.append({"range": edit["range"], "text": edit["newText"]})
        document.version = version
        return changes

    def _apply_closed(self, path: Path, edits: Sequence[Mapping[str, Any]]) -> None:
        document = Document("", path, "", 0, path.read_bytes().decode("utf-8"))
        self._apply_open(document, edits)
        path.write_bytes(document.text.encode("utf-8"))

    def _range(self, document: Document, wire: Mapping[str, Any]) -> Range:
        ends = [
            document.position_from_units(wire[end]["line"], wire[end]["character"], self._encoding)
            for end in ("start", "end")
        ]
        return Range(*ends)

    def _wire(self, document: Document, position: Position) -> dict[str, int]:
        line, character = document.units_from_position(position, self._encoding)
        return {"line": line, "character": character}


def _last_first(edits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return edits from the end of the text to its start; insertions at one place keep the order that they mean."""
    placed = sorted(
        enumerate(edits),
        key=lambda each: (each[1]["range"]["start"]["line"], each[1]["range"]["start"]["character"], each[0]),
    )
    return [edit for _, edit in reversed(placed)]


def _path(uri: str) -> Path:
    path = path_from_uri(uri)
    if path is None:
        raise EditNotApplied(f"{uri} is no file")
    return path
