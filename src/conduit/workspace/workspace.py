"""Workspace: the roots that the person opened, read as the editor shows them.

That is: collected changes over open buffers over disk. Names are relative to a root, with `/`; with several roots the
first part is the root's folder name. Every disk access goes through the confinement door, so nothing outside the roots
is read. It only reads: changes are handed to an `EditSink`.
"""

from __future__ import annotations

import asyncio
import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conduit.errors import OutsideWorkspace, PathNotFound, PermissionDenied, ToolError
from conduit.sandbox.confine import Door
from conduit.workspace.document import Document
from conduit.workspace.editor import Editor
from conduit.workspace.encoding import decode, line_end_of
from conduit.workspace.glob import Glob
from conduit.workspace.ignore import Ignore, is_always_ignored, refuse_private
from conduit.workspace.listing import walk
from conduit.workspace.names import Names, Place
from conduit.workspace.reading import Listing, Match, Matches, Overlay, Reading
from conduit.workspace.search import Found, Hit, Ripgrep

__all__ = ["Listing", "Match", "Matches", "Overlay", "Reading", "Workspace"]

_IGNORE_FILE_BYTES = 1_000_000


class Workspace:
    """The files of the roots. Cheap to make; `with_overlay` gives the same files with other collected changes."""

    def __init__(self, roots: Sequence[Path], editor: Editor, door: Door, overlay: Overlay | None = None) -> None:
        """`door` must have been made with the same roots, spelled the same."""
        self._names = Names(roots)
        self._editor = editor
        self._door = door
        self._overlay = overlay

    @property
    def roots(self) -> tuple[Path, ...]:
        """The root folders."""
        return self._names.roots

    @property
    def door(self) -> Door:
        """The door to the roots."""
        return self._door

    def with_overlay(self, overlay: Overlay | None) -> Workspace:
        """Return this workspace as it would be with the changes of `overlay`."""
        return Workspace(self.roots, self._editor, self._door, overlay)

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
        """
        return self._names.place(name).path

    def place_of(self, path: Path) -> Place:
        """Return root and relative path of an absolute path, as the door wants them; raises as `name_of`."""
        return self._names.of_path(path)

    def document(self, path: Path) -> Document | None:
        """Return the open document of an absolute path."""
        return self._editor.document(path)

    def check_writable(self, path: Path) -> None:
        """Do nothing for a file that may be changed.

        Raises:
            PermissionDenied: it is private, or belongs to version control.
            OutsideWorkspace: it is under no root.
        """
        place = self._names.of_path(path)
        refuse_private(place.relative, self._names.name(place))
        if is_always_ignored(place.relative):
            raise PermissionDenied(f"{self._names.name(place)!r} belongs to version control; it is not edited.")

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
            raise PathNotFound(await asyncio.to_thread(self._missing, name))
        return reading

    async def read_or_none(self, name: str) -> Reading | None:
        """Return a file as it is now, or None when there is none; raises else as `read`."""
        place = self._names.place(name)
        refuse_private(place.relative, self._names.name(place))
        unsaved = self._unsaved(place)
        return unsaved or await asyncio.to_thread(self._read_disk, place)

    async def read_disk(self, path: Path) -> Reading | None:
        """Return what is on disk at an absolute path, whatever is open or collected; None when there is nothing."""
        return await asyncio.to_thread(self._read_disk, self._names.of_path(path), False)

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
            unsaved = {place.relative: reading for place, reading in self._unsaved_in(start)}
            visible = _Visible(self._ignore(start.root), wanted)
            for reading in (reading for relative, reading in sorted(unsaved.items()) if visible(relative)):
                hits = await ripgrep.in_text(reading.text, limit + 1 - len(items))
                items.extend(_match(reading, hit) for hit in hits)
            kind = await asyncio.to_thread(self._kind, start)
            if kind is None and not unsaved:
                raise PathNotFound(f"There is no {under!r} in the workspace.")
            if kind is not None and len(items) <= limit:
                on_disk = _Visible(visible.ignore, wanted, frozenset(unsaved))
                found = await ripgrep.in_folder(start, wanted, on_disk, limit + 1 - len(items))
                items.extend(await asyncio.to_thread(self._confirm, start.root, found))
                notes.extend([found.note] if found.note else [])
        return Matches(tuple(items[:limit]), len(items) > limit, " ".join(dict.fromkeys(notes)))

    def _starts(self, under: str) -> list[Place]:
        if under in ("", "."):
            return [Place(root, "") for root in self.roots]
        return [self._names.place(under)]

    def _kind(self, place: Place) -> str | None:
        try:
            return self._door.kind(place.root, place.relative)
        except PathNotFound:
            return None

    def _unsaved(self, place: Place) -> Reading | None:
        path = place.path
        document = self._editor.document(path)
        staged = self._overlay.text(path) if self._overlay else None
        text = staged if staged is not None else document.text if document else None
        if text is None:
            return None
        return Reading(
            name=self._names.name(place),
            path=path,
            text=text,
            origin="buffer" if staged is None else "staged",
            version=document.version if document else None,
            sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
            eol=line_end_of(text),
        )

    def _unsaved_in(self, start: Place) -> Iterator[tuple[Place, Reading]]:
        paths = [document.path for document in self._editor.documents() if document.path]
        for path in dict.fromkeys([*paths, *(self._overlay.paths() if self._overlay else ())]):
            try:
                place = self._names.of_path(path)
            except OutsideWorkspace:
                continue
            inside = not start.relative or f"{place.relative}/".startswith(f"{start.relative}/")
            if place.root == start.root and inside and (reading := self._unsaved(place)):
                yield place, reading

    def _read_disk(self, place: Place, unsaved_first: bool = True) -> Reading | None:
        name = self._names.name(place)
        try:
            found = self._door.read(place.root, place.relative)
        except PathNotFound:
            return None
        real = Place(place.root, found.real)
        refuse_private(real.relative, name)
        # A link to a file that is open: what the person sees of it is the buffer.
        if unsaved_first and real != place and (unsaved := self._unsaved(real)):
            return unsaved
        text, encoding = decode(found.data, repr(name))
        return Reading(
            name=self._names.name(real),
            path=real.path,
            text=text,
            origin="disk",
            version=None,
            sha256=hashlib.sha256(found.data).hexdigest(),
            eol=line_end_of(text),
            encoding=encoding,
        )

    def _ignore(self, root: Path) -> Ignore:
        def read_rules(relative: str) -> str | None:
            unsaved = self._unsaved(Place(root, relative))
            if unsaved:
                return unsaved.text
            try:
                return self._door.read_bytes(root, relative, _IGNORE_FILE_BYTES).decode("utf-8", "replace")
            except ToolError:
                return None

        return Ignore(read_rules)

    def _list_files(self, under: str, pattern: str | None, limit: int) -> Listing:
        wanted = Glob(pattern)
        names: list[str] = []
        for start in self._starts(under):
            ignore = self._ignore(start.root)
            created = {place.relative for place, _ in self._unsaved_in(start)}
            kind = self._kind(start)
            if kind != "folder" and not created:
                what = "is a file; read it, or list its folder" if kind == "file" else "does not exist"
                raise PathNotFound(f"{under!r} {what}.")
            on_disk = walk(self._door, start, ignore) if kind == "folder" else iter(())
            for relative in _merge(on_disk, sorted(one for one in created if not ignore.hides(one))):
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
                reading = self._read_disk(Place(root, relative))
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
    """Whether a search may look into a file."""

    ignore: Ignore
    wanted: Glob
    elsewhere: frozenset[str] = frozenset()

    def __call__(self, relative: str) -> bool:
        return relative not in self.elsewhere and self.wanted.matches(relative) and not self.ignore.hides(relative)


def _match(reading: Reading, hit: Hit) -> Match:
    # Ripgrep reads UTF-16 as we do, but knows nothing of Latin-1: these bytes are still the file's own.
    text, column = hit.decoded("latin-1" if reading.encoding.codec == "latin-1" else "utf-8")
    return Match(reading.name, hit.line, column, text, reading.origin)


def _merge(on_disk: Iterator[str], created: list[str]) -> Iterator[str]:
    seen = set(created)
    yield from created
    yield from (relative for relative in on_disk if relative not in seen)
