"""Payloads of `conduit/editor/*`, server to client: what the editor and its own language servers can be asked.

Shapes are those of LSP 3.18 where it has them; every result about a document carries the version it was computed for.
Long lists are `list[Any]` here: they are cut first, and their entries checked one by one.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.prompt import WirePosition, WireRange

PREFIX = "conduit/editor/"


class VersionedDocument(Payload):
    """A document, and the version that the server has of it; without one it is not open as far as the server knows."""

    uri: str
    version: int | None = None


class DocumentParams(Payload):
    """`conduit/editor/save`, and what all questions about a document have."""

    text_document: VersionedDocument


class DiagnosticsParams(DocumentParams):
    """`conduit/editor/diagnostics`; the client may take up to `waitMs` until it has them for this version."""

    wait_ms: int


class PositionParams(DocumentParams):
    """`conduit/editor/definition`."""

    position: WirePosition


class ReferenceContext(Payload):
    """Whether the declaration counts as a reference."""

    include_declaration: bool


class ReferencesParams(PositionParams):
    """`conduit/editor/references`."""

    context: ReferenceContext


class RenameParams(PositionParams):
    """`conduit/editor/rename`."""

    new_name: str


class SymbolsParams(Payload):
    """`conduit/editor/symbols`: of a document, or of the project by a query."""

    text_document: VersionedDocument | None = None
    query: str | None = None


class CodeActionsParams(DocumentParams):
    """`conduit/editor/codeActions`; with `resolve` only the action with that id, its `edit` filled in."""

    range: WireRange
    only: list[str] | None = None
    resolve: str | None = None


class OpenDiffParams(Payload):
    """`conduit/editor/openDiff`: two states of the file `uri`."""

    title: str
    uri: str
    before: str
    after: str


class SaveResult(Payload):
    """Whether the document is on disk now; `version` is the one that was saved."""

    saved: bool
    version: int | None = None
    reason: str = ""


class DiagnosticsResult(Payload):
    """`version` is null when the language servers do not say which version they speak of, or have said nothing yet."""

    version: int | None = None
    diagnostics: list[Any] = Field(default_factory=list)


class LocationsResult(Payload):
    """Entries are `Location` or `LocationLink`."""

    version: int | None = None
    locations: list[Any] = Field(default_factory=list)


class SymbolsResult(Payload):
    """Entries are `DocumentSymbol`, `SymbolInformation` or `WorkspaceSymbol`."""

    version: int | None = None
    symbols: list[Any] = Field(default_factory=list)


class RenameResult(Payload):
    """`edit` is null when nothing can be renamed there."""

    version: int | None = None
    edit: dict[str, Any] | None = None


class CodeActionsResult(Payload):
    """Entries are `WireAction`."""

    version: int | None = None
    actions: list[Any] = Field(default_factory=list)


class TerminalSelectionResult(Payload):
    """The selected text; empty when there is none."""

    text: str = ""


class OpenDiffResult(Payload):
    """Whether the difference is shown."""

    opened: bool


class WireDiagnostic(Payload):
    """LSP's `Diagnostic`, as far as a model needs it."""

    range: WireRange
    message: str
    severity: int | None = None
    source: str | None = None
    code: int | str | None = None


class WireLocation(Payload):
    """LSP's `Location`."""

    uri: str
    range: WireRange


class WireLocationLink(Payload):
    """LSP's `LocationLink`."""

    target_uri: str
    target_selection_range: WireRange

    @property
    def uri(self) -> str:
        """As a `Location` has it."""
        return self.target_uri

    @property
    def range(self) -> WireRange:
        """As a `Location` has it."""
        return self.target_selection_range


class WireSymbol(Payload):
    """LSP's `DocumentSymbol`, `SymbolInformation` or `WorkspaceSymbol`: the place is in one of two fields."""

    name: str
    kind: int
    container_name: str | None = None
    selection_range: WireRange | None = None
    location: WireLocation | None = None
    children: list[Any] | None = None


class WireDisabled(Payload):
    """Why an action cannot be taken."""

    reason: str


class WireAction(Payload):
    """LSP's `CodeAction` with an `id` by which the client knows it again; `edit` only when it was resolved."""

    id: str
    title: str
    kind: str | None = None
    is_preferred: bool = False
    disabled: WireDisabled | None = None
    edit: dict[str, Any] | None = None


class WireTextEdit(Payload):
    """LSP's `TextEdit`; an `annotationId` is ignored."""

    range: WireRange
    new_text: str


class WireDocumentEdit(Payload):
    """LSP's `TextDocumentEdit`."""

    text_document: VersionedDocument
    edits: list[WireTextEdit]


class FileOptions(Payload):
    """Options of LSP's resource operations."""

    overwrite: bool = False
    ignore_if_exists: bool = False
    ignore_if_not_exists: bool = False


class WireCreate(Payload):
    """LSP's `CreateFile`."""

    kind: Literal["create"]
    uri: str
    options: FileOptions | None = None


class WireRename(Payload):
    """LSP's `RenameFile`."""

    kind: Literal["rename"]
    old_uri: str
    new_uri: str
    options: FileOptions | None = None


class WireDelete(Payload):
    """LSP's `DeleteFile`."""

    kind: Literal["delete"]
    uri: str
    options: FileOptions | None = None


class WireWorkspaceEdit(Payload):
    """LSP's `WorkspaceEdit`; `documentChanges` count where both are there."""

    changes: dict[str, list[WireTextEdit]] | None = None
    document_changes: list[WireCreate | WireRename | WireDelete | WireDocumentEdit] | None = None
