"""Builds the `WorkspaceEdit` of a plan, as far as this client can read it.

With versions, annotations and operations on files where the client has them, else as plain `changes`. Text first, then
names, deletions last: a client that stops in the middle has then done nothing that cannot be put back. Pure.
(LSP 3.18, *WorkspaceEdit*.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from conduit.edits.caution import cautions
from conduit.edits.edit import FileChange
from conduit.errors import EditRefused
from conduit.lsp.convert import to_lsp_edits, uri_from_path
from conduit.lsp.facts import ClientFacts
from conduit.workspace.document import Document

_PLAIN = "conduit"

Part = types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile


def workspace_edit(
    changes: Sequence[FileChange], open_: Mapping[Path, Document], facts: ClientFacts, label: str
) -> types.WorkspaceEdit:
    """Return the edit for `changes`; `open_` has the open documents by the path of their change.

    Raises:
        EditRefused: the client cannot do it.
    """
    building = _Building(open_, facts, label)
    return building.versioned(changes) if facts.document_changes else building.plain(changes)


class _Building:
    def __init__(self, open_: Mapping[Path, Document], facts: ClientFacts, label: str) -> None:
        self._open = open_
        self._facts = facts
        self._annotations = {_PLAIN: types.ChangeAnnotation(label=label, needs_confirmation=False)}

    def versioned(self, changes: Sequence[FileChange]) -> types.WorkspaceEdit:
        """Return `documentChanges`."""
        texts: list[Part] = []
        moves: list[Part] = []
        deletions: list[Part] = []
        for change in changes:
            uri = self._uri(change)
            note = self._annotation(change)
            if change.before is None and change.path not in self._open:
                self._require(self._facts.create_files, "create", change)
                options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
                texts.append(types.CreateFile(uri=uri, options=options, annotation_id=note))
            if change.verb != "delete" and change.edits():
                texts.append(self._text(change, uri, note))
            if change.moved_to is not None:
                self._require(self._facts.rename_files, "move", change)
                keep = types.RenameFileOptions(overwrite=False, ignore_if_exists=False)
                new_uri = uri_from_path(change.moved_to)
                moves.append(types.RenameFile(old_uri=uri, new_uri=new_uri, options=keep, annotation_id=note))
            if change.verb == "delete":
                self._require(self._facts.delete_files, "delete", change)
                only = types.DeleteFileOptions(recursive=False, ignore_if_not_exists=False)
                deletions.append(types.DeleteFile(uri=uri, options=only, annotation_id=note))
        annotations = self._annotations if self._facts.change_annotations else None
        return types.WorkspaceEdit(document_changes=[*texts, *moves, *deletions], change_annotations=annotations)

    def plain(self, changes: Sequence[FileChange]) -> types.WorkspaceEdit:
        """Return `changes`: no versions on the wire, so the caller checks ours just before."""
        edits: dict[str, Sequence[types.TextEdit]] = {}
        for change in changes:
            self._require(change.verb == "edit" or change.path in self._open, change.verb, change)
            self._require(change.verb in ("edit", "create"), change.verb, change)
            edits[self._uri(change)] = self._edits(change)
        return types.WorkspaceEdit(changes=edits)

    def _text(self, change: FileChange, uri: str, note: str | None) -> types.TextDocumentEdit:
        document = self._open.get(change.path)
        name = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=document.version if document else None)
        edits: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = [*self._edits(change)]
        if note is not None:
            edits = [types.AnnotatedTextEdit(note, edit.range, edit.new_text) for edit in self._edits(change)]
        return types.TextDocumentEdit(text_document=name, edits=edits)

    def _edits(self, change: FileChange) -> list[types.TextEdit]:
        against = self._open.get(change.path) or Document("", change.path, "", 0, change.before or "")
        return to_lsp_edits(against, change.edits(), self._facts.encoding)

    def _uri(self, change: FileChange) -> str:
        document = self._open.get(change.path)
        return document.uri if document else uri_from_path(change.path)

    def _annotation(self, change: FileChange) -> str | None:
        """Return the annotation of a change; one that is never made unasked must be confirmed."""
        if not self._facts.change_annotations:
            return None
        reason = cautions([change])
        if not reason:
            return _PLAIN
        name = f"{_PLAIN}-{len(self._annotations)}"
        self._annotations[name] = types.ChangeAnnotation(
            label=f"Conduit: {change.name}", needs_confirmation=True, description=reason
        )
        return name

    def _require(self, possible: bool, verb: str, change: FileChange) -> None:
        if not possible:
            raise EditRefused(f"The editor cannot {verb} {change.name}.")
