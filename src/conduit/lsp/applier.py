"""Changes documents through the editor: one `workspace/applyEdit` with the versions it was made for.

Either the client applies all of it or nothing was changed; its own undo takes it back. (LSP 3.18, *WorkspaceEdit*.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.edits.edit import FileChange
from conduit.errors import EditRefused, StaleDocument
from conduit.lsp.convert import to_lsp_edits, uri_from_path
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.facts import ClientFacts
from conduit.workspace.document import Document

ARRIVAL_S = 5.0
"""How long a client that said `applied: true` may take to send the change back as `didChange`."""


class Client(Protocol):
    """What is needed of the server."""

    @property
    def facts(self) -> ClientFacts:
        """What the client can do."""
        ...

    @property
    def documents(self) -> OpenDocuments:
        """Its buffers."""
        ...

    async def ask(self, method: str, params: object) -> object:
        """Send a request and return its raw result."""
        ...


class EditorApplier:
    """The `Applier` of an editor on the other end of LSP."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def apply(self, changes: Sequence[FileChange], label: str) -> None:
        """Apply all of `changes` or none; returns when the buffers here show them.

        Raises:
            StaleDocument: a document has another version or text by now.
            EditRefused: the client cannot, did not, or is gone.
        """
        facts = self._client.facts
        if not facts.apply_edit:
            raise EditRefused("The editor does not let a language server change documents (no workspace/applyEdit).")
        edit = self._document_changes(changes) if facts.document_changes else self._plain_changes(changes)
        before = {change.path: self._version(change) for change in changes}
        try:
            result = await self._client.ask(
                types.WORKSPACE_APPLY_EDIT, types.ApplyWorkspaceEditParams(edit=edit, label=label)
            )
        except (JsonRpcException, ConnectionError) as error:
            raise EditRefused(f"The editor did not apply the change: {error}.") from error
        if not isinstance(result, Mapping) or result.get("applied") is not True:
            reason = result.get("failureReason") if isinstance(result, Mapping) else None
            raise EditRefused(f"The editor did not apply the change{f': {reason}' if reason else ''}.")
        await self._client.documents.wait_until(
            lambda: all(self._has_arrived(change, before[change.path]) for change in changes), ARRIVAL_S
        )

    def _document_changes(self, changes: Sequence[FileChange]) -> types.WorkspaceEdit:
        parts: list[types.CreateFile | types.TextDocumentEdit] = []
        for change in changes:
            document = self._checked(change)
            if document is None and change.before is None:
                if not self._client.facts.create_files:
                    raise EditRefused(f"The editor cannot create {change.name}.")
                options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
                parts.append(types.CreateFile(uri=uri_from_path(change.path), options=options))
            name = types.OptionalVersionedTextDocumentIdentifier(
                uri=document.uri if document else uri_from_path(change.path),
                version=document.version if document else None,
            )
            parts.append(types.TextDocumentEdit(text_document=name, edits=self._edits(change, document)))
        return types.WorkspaceEdit(document_changes=parts)

    def _plain_changes(self, changes: Sequence[FileChange]) -> types.WorkspaceEdit:
        """For clients without `documentChanges`: no versions on the wire, so ours are checked just before."""
        edits: dict[str, list[types.TextEdit]] = {}
        for change in changes:
            document = self._checked(change)
            if document is None and change.before is None:
                raise EditRefused(f"The editor cannot create {change.name}.")
            edits[document.uri if document else uri_from_path(change.path)] = self._edits(change, document)
        return types.WorkspaceEdit(changes=edits)

    def _edits(self, change: FileChange, document: Document | None) -> list[types.TextEdit]:
        against = document or Document("", change.path, "", 0, change.before or "")
        return to_lsp_edits(against, change.edits(), self._client.facts.encoding)

    def _checked(self, change: FileChange) -> Document | None:
        """Return the open document of a change, after making sure that it is what the change was made for."""
        document = self._client.documents.document(change.path)
        if document is None:
            if change.version is not None:
                raise StaleDocument(change.name, f"version {change.version}", "closed")
            return None
        if change.version is not None and document.version != change.version:
            raise StaleDocument(change.name, f"version {change.version}", f"version {document.version}")
        if document.text != (change.before or ""):
            raise StaleDocument(change.name, "another text", f"version {document.version}")
        return document

    def _version(self, change: FileChange) -> int | None:
        document = self._client.documents.document(change.path)
        return document.version if document else None

    def _has_arrived(self, change: FileChange, before: int | None) -> bool:
        document = self._client.documents.document(change.path)
        return document is None or before is None or document.version != before or document.text == change.after
