"""Layers: what the text of one file is now. Staged changes over open buffers over disk.

A file whose deletion is staged, or that is staged to move away, is not there, whatever lies below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from conduit.errors import OutsideWorkspace, PathNotFound, ToolError
from conduit.workspace.editor import Editor
from conduit.workspace.encoding import decode, line_end_of
from conduit.workspace.ignore import Ignore, refuse_private
from conduit.workspace.names import Names, Place
from conduit.workspace.reading import Overlay, Reading
from conduit.workspace.roots import Roots

_RULES_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Layers:
    """The three layers of one view of the workspace. `disk` and `read` block."""

    roots: Roots
    editor: Editor
    overlay: Overlay | None = None

    @property
    def names(self) -> Names:
        """How files are called now."""
        return self.roots.names

    def gone(self) -> frozenset[Path]:
        """Return the files that are staged to be deleted, or to move away."""
        return frozenset(self.overlay.gone()) if self.overlay else frozenset()

    def unsaved(self, place: Place) -> Reading | None:
        """Return a text that is staged or open; its encoding is not known yet."""
        path = place.path
        if self._is_gone(path):
            return None
        document = self.editor.document(path)
        staged = self.overlay.text(path) if self.overlay else None
        text = staged if staged is not None else document.text if document else None
        if text is None:
            return None
        return Reading(
            name=self.names.name(place),
            path=path,
            text=text,
            origin="buffer" if staged is None else "staged",
            version=document.version if document else None,
            sha256=digest(text),
            eol=line_end_of(text),
        )

    def unsaved_in(self, start: Place) -> Iterator[tuple[Place, Reading]]:
        """Yield what is staged or open beneath a folder."""
        paths = [document.path for document in self.editor.documents() if document.path]
        for path in dict.fromkeys([*paths, *(self.overlay.paths() if self.overlay else ())]):
            try:
                place = self.names.of_path(path)
            except OutsideWorkspace:
                continue
            inside = not start.relative or f"{place.relative}/".startswith(f"{start.relative}/")
            if place.root == start.root and inside and (reading := self.unsaved(place)):
                yield place, reading

    def read(self, place: Place) -> Reading | None:
        """Return a file as it is now, or None; an unsaved text has the encoding of its file on disk.

        Raises:
            ToolError: what is on disk cannot be read, and nothing lies over it.
        """
        unsaved = self.unsaved(place)
        if unsaved is None:
            return None if self._is_gone(place.path) else self.disk(place)
        try:
            saved = self.disk(place, unsaved_first=False)
        except ToolError:  # what lies over it is text all the same
            saved = None
        return replace(unsaved, encoding=saved.encoding) if saved else unsaved

    def disk(self, place: Place, unsaved_first: bool = True) -> Reading | None:
        """Return what is on disk, or None; a link to a file that is open or staged is what lies over that file."""
        name = self.names.name(place)
        try:
            found = self.roots.door.read(place.root, place.relative)
        except PathNotFound:
            return None
        real = Place(place.root, found.real)
        refuse_private(real.relative, name)
        if unsaved_first and real != place:
            if unsaved := self.unsaved(real):
                return unsaved
            if self._is_gone(real.path):
                return None
        text, encoding = decode(found.data, repr(name))
        return Reading(
            name=self.names.name(real),
            path=real.path,
            text=text,
            origin="disk",
            version=None,
            sha256=hashlib.sha256(found.data).hexdigest(),
            eol=line_end_of(text),
            encoding=encoding,
        )

    def ignore(self, root: Path) -> Ignore:
        """Return the ignore rules of a root as they are now."""
        return Ignore(lambda relative: self.rules(root, relative))

    def rules(self, root: Path, relative: str) -> str | None:
        """Return the text of a small file that others go by (`.gitignore`, `.editorconfig`), or None."""
        place = Place(root, relative)
        if unsaved := self.unsaved(place):
            return unsaved.text
        if self._is_gone(place.path):
            return None
        try:
            return self.roots.door.read_bytes(root, relative, _RULES_BYTES).decode("utf-8", "replace")
        except ToolError:
            return None

    def _is_gone(self, path: Path) -> bool:
        return self.overlay is not None and path in self.overlay.gone()


def digest(text: str) -> str:
    """Return the SHA-256 (hex) of the UTF-8 of a text that is not on disk."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
