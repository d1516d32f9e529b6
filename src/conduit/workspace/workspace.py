"""Workspace: the roots that the person opened, read as the editor shows them.

That is: collected changes over open buffers over disk. Names are relative to a root, with `/`; with several roots the
first part is the root's folder name. Every disk access goes through the confinement door, so nothing outside the roots
is read. It only reads: changes are handed to an `EditSink`.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from conduit.errors import PathNotFound, PermissionDenied, ToolError
from conduit.sandbox.confine import Door
from conduit.sandbox.protected import forbidden_reason
from conduit.workspace.document import Document
from conduit.workspace.editor import Editor, is_no_file, is_other_scheme
from conduit.workspace.editorconfig import Style, style_of
from conduit.workspace.encoding import line_end_of
from conduit.workspace.events import FileHub
from conduit.workspace.glob import Glob
from conduit.workspace.ignore import Ignore, is_always_ignored, refuse_private
from conduit.workspace.layers import Layers, digest
from conduit.workspace.listing import walk
from conduit.workspace.names import Names, Place
from conduit.workspace.reading import Listing, Match, Matches, Overlay, Reading
from conduit.workspace.roots import Roots
from conduit.workspace.search import Found, Hit, Ripgrep

__all__ = ["Listing", "Match", "Matches", "Overlay", "Reading", "Workspace"]


class Workspace:
    """The files of the roots. Cheap to make; `with_overlay` gives the same files with other collected changes."""

    def __init__(
        self,
        roots: Sequence[Path],
        editor: Editor,
        door: Door,
        overlay: Overlay | None = None,
        *,
        shared: Roots | None = None,
    ) -> None:
        """`door` must have been made with the same roots, spelled the same; `shared` are those of another view."""
        self._layers = Layers(shared or Roots(roots, door), editor, overlay)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The root folders that are open now."""
        return self._names.roots

    @property
    def root_names(self) -> tuple[str, ...]:
        """What the names of files begin with when there are several roots, in the order of `roots`."""
        return tuple(self._names.label(root) for root in self.roots)

    @property
    def door(self) -> Door:
        """The door to the roots."""
        return self._layers.roots.door

    @property
    def events(self) -> FileHub:
        """What happens to files outside of our own edits: faces report to it, others subscribe."""
        return self._layers.roots.events

    def set_roots(self, roots: Sequence[Path]) -> list[str]:
        """Open these folders and no others, for this view and every other one of the same workspace.

        Returns:
            A sentence for the person about each folder that cannot be opened, and is left out.
        """
        return self._layers.roots.change(roots)

    def with_overlay(self, overlay: Overlay | None) -> Workspace:
        """Return this workspace as it would be with the changes of `overlay`."""
        return Workspace(self.roots, self._layers.editor, self.door, overlay, shared=self._layers.roots)

    def name_of(self, path: Path) -> str:
        """Return the name of an absolute path.

        Raises:
            OutsideWorkspace: it is under no root.
        """
        return self._names.name(self._names.of_path(path))

    def path_of(self, name: str) -> Path:
        """Return the absolute path of a name, an absolute path inside a root, or a `file:` URI.

        Raises:
            OutsideWorkspace: it points out of the roots.
            PathNotFound: it is no possible path.
            PermissionDenied: it is a document of the editor that is no file.
        """
        if self._other(name) is not None:
            raise _read_only(name)
        return self._names.place(name).path

    def place_of(self, path: Path) -> Place:
        """Return root and relative path of an absolute path, as the door wants them; raises as `name_of`."""
        return self._names.of_path(path)

    def document(self, path: Path) -> Document | None:
        """Return the open document of an absolute path."""
        return self._layers.editor.document(path)

    def documents(self) -> Sequence[Document]:
        """Return the open documents that are files."""
        return self._layers.editor.documents()

    def check_writable(self, path: Path) -> None:
        """Do nothing for a file that may be changed.

        Raises:
            PermissionDenied: it is private, belongs to version control, is our own configuration, or is no file.
            OutsideWorkspace: it is under no root.
        """
        if not path.is_absolute():
            raise _read_only(str(path))
        place = self._names.of_path(path)
        refuse_private(place.relative, self._names.name(place))
        if is_always_ignored(place.relative):
            raise PermissionDenied(f"{self._names.name(place)!r} belongs to version control; it is not edited.")
        if (forbidden := forbidden_reason(place.relative)) is not None:
            raise PermissionDenied(f"{self._names.name(place)!r} is {forbidden}; it is not edited.")

    async def read(self, name: str) -> Reading:
        """Return a file as it is now.

        Raises:
            PathNotFound: there is none; the message proposes names that are alike.
            NotText: it is binary, too large, or no regular file.
            PermissionDenied: it is private, or the system refuses it.
            OutsideWorkspace: it points out of the roots.
        """
        reading = await self.read_or_none(name)
        if reading is None:
            if self._names.place(name).path in self._layers.gone():
                raise PathNotFound(f"{name[:200]!r} is not there any more: it is staged for deletion, or to be moved.")
            raise PathNotFound(await asyncio.to_thread(self._missing, name))
        return reading

    async def read_or_none(self, name: str) -> Reading | None:
        """Return a file as it is now, or None when there is none; raises else as `read`.

        An open document of another scheme (`untitled:Untitled-1`) is read by its URI; its path is the URI, and
        never absolute.
        """
        document = self._other(name)
        if document is not None:
            text = document.text
            version, eol = document.version, line_end_of(text)
            return Reading(document.uri, Path(document.uri), text, "buffer", version, digest(text), eol)
        place = self._names.place(name)
        refuse_private(place.relative, self._names.name(place))
        return await asyncio.to_thread(self._layers.read, place)

    async def read_disk(self, path: Path) -> Reading | None:
        """Return what is on disk at an absolute path, whatever is open or collected; None when there is nothing."""
        return await asyncio.to_thread(self._layers.disk, self._names.of_path(path), False)

    async def style_of(self, path: Path) -> Style:
        """Return how the project wants a new file at an absolute path, by its `.editorconfig` files as they are now.

        Raises:
            OutsideWorkspace: it is under no root.
        """
        place = self._names.of_path(path)
        return await asyncio.to_thread(style_of, place.relative, partial(self._layers.rules, place.root))

    async def list_files(self, under: str = "", pattern: str | None = None, limit: int = 1000) -> Listing:
        """List files beneath a folder, without ignored and private ones.

        Args:
            under: name of a folder; empty for all roots.
            pattern: as in `.gitignore`, relative to the root; `*.py` matches at any depth; `{a,b}` alternatives work.
            limit: the most names.

        Raises:
            PathNotFound: `under` is no folder.
            InvalidArguments: the pattern is not one.
        """
        return await asyncio.to_thread(self._list_files, under, pattern, limit)

    async def search(
        self, query: str, *, regex: bool = False, glob: str | None = None, under: str = "", limit: int = 200
    ) -> Matches:
        """Find lines in files that are not ignored; texts in the editor count as they are there, saved or not.

        Args:
            query: text to find, or a regular expression of ripgrep; capitals matter.
            regex: whether `query` is a regular expression.
            glob: as the pattern of `list_files`.
            under: name of a folder or a file; empty for all roots.
            limit: the most lines.

        Raises:
            InvalidArguments: the expression or the glob is not one.
            PathNotFound: there is no `under`.
        """
        wanted, ripgrep = Glob(glob), Ripgrep(query, regex)
        items: list[Match] = []
        notes: list[str] = []
        for start in self._starts(under):
            unsaved = {place.relative: reading for place, reading in self._layers.unsaved_in(start)}
            visible = _Visible(self._layers.ignore(start.root), wanted)
            for reading in (reading for relative, reading in sorted(unsaved.items()) if visible(relative)):
                hits = await ripgrep.in_text(reading.text, limit + 1 - len(items))
                items.extend(_match(reading, hit) for hit in hits)
            kind = await asyncio.to_thread(self._kind, start)
            if kind is None and not unsaved:
                raise PathNotFound(f"There is no {under!r} in the workspace.")
            if kind is not None and len(items) <= limit:
                elsewhere = frozenset(unsaved) | self._gone_in(start.root)
                on_disk = _Visible(visible.ignore, wanted, elsewhere, self._nested_in(start))
                found = await ripgrep.in_folder(start, wanted, on_disk, limit + 1 - len(items))
                items.extend(await asyncio.to_thread(self._confirm, start.root, found))
                notes.extend([found.note] if found.note else [])
        return Matches(tuple(items[:limit]), len(items) > limit, " ".join(dict.fromkeys(notes)))

    @property
    def _names(self) -> Names:
        return self._layers.names

    def _other(self, name: str) -> Document | None:
        if not is_other_scheme(name):
            return None
        document = self._layers.editor.by_uri(name)
        if document is None and is_no_file(name):
            raise PathNotFound(f"{name[:200]!r} is no file, and it is not open in the editor.")
        return document

    def _starts(self, under: str) -> list[Place]:
        if under in ("", "."):
            return [Place(root, "") for root in self.roots]
        start = self._names.place(under)
        return [start, *(Place(root, "") for root in self._names.inside(start))]

    def _gone_in(self, root: Path) -> frozenset[str]:
        return frozenset(path.relative_to(root).as_posix() for path in self._layers.gone() if root in path.parents)

    def _nested_in(self, start: Place) -> tuple[str, ...]:
        """Return the roots beneath a folder, by path beneath its root; their files are theirs alone."""
        return tuple(root.relative_to(start.root).as_posix() for root in self._names.inside(start))

    def _kind(self, place: Place) -> str | None:
        if place.path in self._layers.gone():
            return None
        try:
            return self.door.kind(place.root, place.relative)
        except PathNotFound:
            return None

    def _list_files(self, under: str, pattern: str | None, limit: int) -> Listing:
        wanted = Glob(pattern)
        names: list[str] = []
        for start in self._starts(under):
            ignore = self._layers.ignore(start.root)
            created = {place.relative for place, _ in self._layers.unsaved_in(start)}
            kind = self._kind(start)
            if kind != "folder" and not created:
                what = "is a file; read it, or list its folder" if kind == "file" else "does not exist"
                raise PathNotFound(f"{under!r} {what}.")
            elsewhere = _Visible(ignore, wanted, self._gone_in(start.root), self._nested_in(start))
            on_disk = walk(self.door, start, ignore) if kind == "folder" else iter(())
            kept = (one for one in on_disk if not elsewhere.is_elsewhere(one))
            for relative in _merge(kept, sorted(one for one in created if not ignore.hides(one))):
                if wanted.matches(relative):
                    names.append(self._names.name(Place(start.root, relative)))
                    if len(names) > limit:
                        return Listing(tuple(names[:limit]), cut=True)
        return Listing(tuple(names))

    def _confirm(self, root: Path, found: Found) -> list[Match]:
        """Take the lines from the files as the door reads them; what ripgrep saw is only a hint.

        So a folder that was swapped for a link while ripgrep walked shows nothing of what is outside.
        """
        matches: list[Match] = []
        for relative, hits in found.files.items():
            try:
                reading = self._layers.disk(Place(root, relative))
            except ToolError:
                continue
            if reading is not None:
                lines = reading.text.split("\n")
                candidates = (_match(reading, hit) for hit in hits if hit.line <= len(lines))
                matches.extend(one for one in candidates if lines[one.line - 1].removesuffix("\r") == one.text)
        return matches

    def _missing(self, name: str) -> str:
        try:
            known = self._list_files("", None, 20_000).names
        except ToolError:
            known = ()
        base = name.rstrip("/").rpartition("/")[2]
        same = [one for one in known if one.rpartition("/")[2] == base]
        near = same or difflib.get_close_matches(name, known[:5000], n=3, cutoff=0.6)
        hint = f" Did you mean {', '.join(near[:3])}?" if near else " list_files shows what there is."
        return f"There is no file {name[:200]!r} in the workspace.{hint}"


@dataclass(frozen=True, slots=True)
class _Visible:
    """Whether a search may look into a file on disk; `elsewhere` are files and `nested` folders that it may not."""

    ignore: Ignore
    wanted: Glob
    elsewhere: frozenset[str] = frozenset()
    nested: tuple[str, ...] = ()

    def __call__(self, relative: str) -> bool:
        return not self.is_elsewhere(relative) and self.wanted.matches(relative) and not self.ignore.hides(relative)

    def is_elsewhere(self, relative: str) -> bool:
        """Whether a file is gone, shown from another layer, or another root's."""
        return relative in self.elsewhere or any(relative.startswith(f"{one}/") for one in self.nested)


def _read_only(name: str) -> PermissionDenied:
    return PermissionDenied(
        f"{name[:200]!r} is no file but a document of the editor, which can only be read. To change it, the person has "
        "to save it as a file first; propose the text in your answer instead."
    )


def _match(reading: Reading, hit: Hit) -> Match:
    # Ripgrep reads Unicode as we do, but knows no older encoding: these bytes are still the file's own.
    codec = reading.encoding.codec if reading.origin == "disk" else "utf-8"
    text, column = hit.decoded("utf-8" if codec.startswith("utf-") else codec)
    return Match(reading.name, hit.line, column, text, reading.origin)


def _merge(on_disk: Iterator[str], created: list[str]) -> Iterator[str]:
    seen = set(created)
    yield from created
    yield from (relative for relative in on_disk if relative not in seen)
