"""The Editor protocol: what a core feature may know of the program in which the person types.

Implemented by the LSP face (open buffers of the client) and by `HeadlessEditor` (a command line has none).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from conduit.workspace.document import Document


class Editor(Protocol):
    """Unsaved text, by absolute path; a document of another scheme (untitled, git, …) has no path."""

    def document(self, path: Path) -> Document | None:
        """Return the open document whose file is `path` (absolute), or None when it is not open."""
        ...

    def documents(self) -> Sequence[Document]:
        """Return all open documents that are files."""
        ...


class HeadlessEditor:
    """An editor with nothing open."""

    def document(self, path: Path) -> Document | None:
        """Return None."""
        return None

    def documents(self) -> Sequence[Document]:
        """Return nothing."""
        return ()
