"""An editor in memory: open documents with versions, and an applier that changes them or refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conduit.edits.edit import FileChange, Operation
from conduit.errors import EditRefused, StaleDocument
from conduit.workspace.document import Document


class FakeEditor:
    """An `Editor` and an `Applier` in one. `answers`: whether the next edits are applied; all are when it is empty."""

    def __init__(self) -> None:
        self._documents: dict[Path, Document] = {}
        self._others: dict[str, Document] = {}
        self.answers: list[bool] = []
        self.labels: list[str] = []
        self.told: list[str] = []
        self.operations: frozenset[Operation] = frozenset()

    def open(self, path: Path, text: str, version: int = 1) -> Document:
        """Open a file with a text, saved or not."""
        document = Document(path.as_uri(), path, "text", version, text)
        self._documents[path] = document
        return document

    def open_other(self, uri: str, text: str, version: int = 1) -> Document:
        """Open a document that is no file."""
        self._others[uri] = Document(uri, None, "text", version, text)
        return self._others[uri]

    def type(self, path: Path, text: str) -> None:
        """Replace the whole text, as if the person had typed it."""
        document = self._documents[path]
        document.replace(document.version + 1, text)

    def close(self, path: Path) -> None:
        """Close a file; what was not saved is gone."""
        del self._documents[path]

    def document(self, path: Path) -> Document | None:
        return self._documents.get(path)

    def documents(self) -> Sequence[Document]:
        return tuple(self._documents.values())

    def by_uri(self, uri: str) -> Document | None:
        everything = [*self._documents.values(), *self._others.values()]
        return next((document for document in everything if document.uri == uri), None)

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    async def apply(self, changes: Sequence[FileChange], label: str) -> None:
        self.labels.append(label)
        if self.answers and not self.answers.pop(0):
            raise EditRefused("The editor did not apply the edit.")
        for change in changes:
            document = self._documents[change.path]
            if change.version != document.version:
                raise StaleDocument(change.name, f"version {change.version}", f"version {document.version}")
        for change in changes:
            document = self._documents[change.path]
            for edit in reversed(change.edits()):
                document.replace(document.version + 1, edit.new_text, edit.range)
