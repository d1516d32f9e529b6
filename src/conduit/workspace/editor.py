"""The Editor protocol: what a core feature may know of the program in which the person types.

Implemented by the LSP face (open buffers of the client) and by `HeadlessEditor` (a command line has none).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from conduit.workspace.document import Document

_SCHEME = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_NO_FILE = re.compile(
    r"(?!file:)([a-z][a-z0-9+.-]+:/|(untitled|git|vscode[a-z-]*|output|inmemory|zipfile):)", re.IGNORECASE
)


class Editor(Protocol):
    """Unsaved text, by absolute path; a document of another scheme (untitled, git, …) has no path."""

    def document(self, path: Path) -> Document | None:
        """Return the open document whose file is `path` (absolute), or None when it is not open."""
        ...

    def documents(self) -> Sequence[Document]:
        """Return all open documents that are files."""
        ...

    def by_uri(self, uri: str) -> Document | None:
        """Return the open document that the editor calls `uri`, of any scheme."""
        ...


class HeadlessEditor:
    """An editor with nothing open."""

    def document(self, path: Path) -> Document | None:
        """Return None."""
        return None

    def documents(self) -> Sequence[Document]:
        """Return nothing."""
        return ()

    def by_uri(self, uri: str) -> Document | None:
        """Return None."""
        return None


def is_other_scheme(name: str) -> bool:
    """Whether a name may be a URI of a scheme that is not `file:`; one letter is the drive of a Windows path."""
    return _SCHEME.match(name) is not None


def is_no_file(name: str) -> bool:
    """Whether a name is surely such a URI, and no file whose name has a colon in it."""
    return _NO_FILE.match(name) is not None
