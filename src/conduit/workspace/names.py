"""Names: how people and models call a file of the workspace, and which path that is.

A name is relative to its root, with `/`; with several roots the root's folder name stands first. This is spelling
only: what a path really leads to is decided by the confinement door when it is opened. Pure but for the roots' own
real paths.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
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
    """Turns names into places and back."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(Path(os.path.abspath(root)) for root in roots)
        self._labels: dict[str, Path] = {}
        for root in self.roots:
            label, number = root.name or "root", 1
            while label in self._labels:
                number += 1
                label = f"{root.name}-{number}"
            self._labels[label] = root
        self._real_roots = [(Path(os.path.realpath(root)), root) for root in self.roots]

    def place(self, name: str) -> Place:
        """Return where `name` (relative, absolute inside a root, or a `file:` URI) points.

        Raises:
            OutsideWorkspace: it points out of the roots.
            PathNotFound: it is no possible path, or does not say which of several roots it means.
        """
        if "\0" in name or len(name) > _LONGEST_NAME:
            raise PathNotFound("That is not a path: it is too long, or has a NUL character in it.")
        text = _path_of_uri(name) if name[:5].lower() == "file:" else name
        if text.startswith("/") or os.path.isabs(text):
            return self._absolute(text, name)
        parts = _normal(text, name).split("/")
        if parts == [""]:
            if len(self.roots) == 1:
                return Place(self.roots[0], "")
            raise PathNotFound(f"There are several roots; say which: {self._known()}.")
        if len(self.roots) == 1:
            return Place(self.roots[0], "/".join(parts))
        root = self._labels.get(parts[0])
        if root is None:
            raise PathNotFound(f"{_short(name)} does not begin with the name of a root: {self._known()}.")
        return Place(root, "/".join(parts[1:]))

    def of_path(self, path: Path) -> Place:
        """Return the place of an absolute path.

        Raises:
            OutsideWorkspace: it is under no root.
        """
        return self._absolute(str(path), str(path))

    def name(self, place: Place) -> str:
        """Return the name of a place; `.` for the only root."""
        if len(self.roots) == 1:
            return place.relative or "."
        label = next(label for label, root in self._labels.items() if root == place.root)
        return f"{label}/{place.relative}".rstrip("/")

    def _absolute(self, text: str, name: str) -> Place:
        normal = Path(os.path.normpath(text))
        spellings = [*((root, root) for root in self.roots), *self._real_roots]
        # The longest root wins, so that a root inside another one is itself.
        for spelling, root in sorted(spellings, key=lambda pair: -len(pair[0].parts)):
            if normal == spelling or spelling in normal.parents:
                return Place(root, normal.relative_to(spelling).as_posix().removeprefix("."[: normal == spelling]))
        raise OutsideWorkspace(f"{_short(name)} is outside the workspace ({self._known()}); it is not accessible.")

    def _known(self) -> str:
        return ", ".join(self._labels) if len(self.roots) > 1 else ", ".join(map(str, self.roots))


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
