"""Names: how people and models call a file of the workspace, and which path that is.

A name is relative to its root, with `/`; with several roots the root's label (its folder's name, with a number when
that is taken) stands first. A label means one folder for as long as the server runs, also after the folder was
removed, so that a name in a conversation never comes to mean another file. This is spelling only: what a path really
leads to is decided by the confinement door when it is opened. Pure but for the roots' own real paths.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from conduit.errors import OutsideWorkspace, PathNotFound

_LONGEST_NAME = 4096  # PATH_MAX of Linux


@dataclass(frozen=True, slots=True)
class Place:
    """A root, and a path beneath it with `/`; empty for the root itself."""

    root: Path
    relative: str

    @property
    def path(self) -> Path:
        """The absolute path."""
        return self.root / self.relative if self.relative else self.root


class Names:
    """Turns names into places and back.

    Attributes:
        roots: the folders that are open.
        labels: the folder of each label that was ever given.
        prefixed: whether names begin with a root's label: as soon as there was more than one root.
    """

    def __init__(self, roots: Sequence[Path], before: Names | None = None, taken: Collection[str] = ()) -> None:
        """`before` is what these names follow, and keeps its labels; a new label is none of `taken`."""
        self.roots = tuple(dict.fromkeys(Path(os.path.abspath(root)) for root in roots))
        self.labels: dict[str, Path] = dict(before.labels) if before is not None else {}
        for root in self.roots:
            if root in self.labels.values():
                continue
            label, number = root.name or "root", 1
            while label in self.labels or label in taken:
                number += 1
                label = f"{root.name or 'root'}-{number}"
            self.labels[label] = root
        self.prefixed = len(self.labels) > 1
        self._real_roots = [(Path(os.path.realpath(root)), root) for root in self.roots]

    def place(self, name: str) -> Place:
        """Return where `name` (relative, absolute inside a root, or a `file:` URI) points.

        Raises:
            OutsideWorkspace: it points out of the roots, or into one that is no longer open.
            PathNotFound: it is no possible path, or does not say which of several roots it means.
        """
        if "\0" in name or len(name) > _LONGEST_NAME:
            raise PathNotFound("That is not a path: it is too long, or has a NUL character in it.")
        text = _path_of_uri(name) if name[:5].lower() == "file:" else name
        if text.startswith("/") or os.path.isabs(text):
            return self._absolute(text, name)
        normal = _normal(text, name)
        if not self.roots:
            raise PathNotFound("No folder is open, so there are no files.")
        if not self.prefixed:
            return Place(self.roots[0], normal)
        label, _, relative = normal.partition("/")
        if not label:
            if len(self.roots) == 1:
                return Place(self.roots[0], "")
            raise PathNotFound(f"There are several roots; say which: {self._known()}.")
        root = self.labels.get(label)
        if root is None:
            raise PathNotFound(f"{_short(name)} does not begin with the name of a root: {self._known()}.")
        if root not in self.roots:
            raise OutsideWorkspace(f"{_short(name)} is outside the workspace: {label!r} is no longer open.")
        # A root may lie in another one: its files have one name each.
        return self.of_path(root / relative)

    def of_path(self, path: Path) -> Place:
        """Return the place of an absolute path.

        Raises:
            OutsideWorkspace: it is under no root.
        """
        return self._absolute(str(path), str(path))

    def name(self, place: Place) -> str:
        """Return the name of a place; `.` for the only root."""
        if not self.prefixed:
            return place.relative or "."
        return f"{self.label(place.root)}/{place.relative}".rstrip("/")

    def label(self, root: Path) -> str:
        """Return what the names of a root's files begin with when there are several."""
        return next(label for label, other in self.labels.items() if other == root)

    def inside(self, place: Place) -> list[Path]:
        """Return the other roots that lie beneath a place."""
        return [root for root in self.roots if root != place.root and place.path in root.parents]

    def _absolute(self, text: str, name: str) -> Place:
        normal = Path(os.path.normpath(text))
        spellings = [*((root, root) for root in self.roots), *self._real_roots]
        # The longest root wins, so that a root inside another one is itself.
        for spelling, root in sorted(spellings, key=lambda pair: -len(pair[0].parts)):
            if normal == spelling or spelling in normal.parents:
                return Place(root, normal.relative_to(spelling).as_posix().removeprefix("."[: normal == spelling]))
        raise OutsideWorkspace(f"{_short(name)} is outside the workspace ({self._known()}); it is not accessible.")

    def _known(self) -> str:
        return ", ".join(map(self.label, self.roots) if self.prefixed else map(str, self.roots)) or "no folder is open"


def _normal(text: str, name: str) -> str:
    normal = posixpath.normpath(text) if text else "."
    if normal == ".." or normal.startswith("../"):
        raise OutsideWorkspace(f"{_short(name)} leads out of the workspace.")
    return "" if normal == "." else normal


def _path_of_uri(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise PathNotFound(f"{_short(uri)} is no file URI.") from error
    if parts.netloc not in ("", "localhost"):
        raise OutsideWorkspace(f"{_short(uri)} is on another machine.")
    path = unquote(parts.path)
    if "\0" in path:
        raise PathNotFound("That is not a path: it has a NUL character in it.")
    return path


def _short(name: str) -> str:
    return repr(name if len(name) <= 200 else name[:200] + "…")


def shown(name: str) -> str:
    """Return a name for eyes and prompts: control characters and bytes that are no UTF-8 are written as escapes."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
