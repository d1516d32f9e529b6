"""What a workspace answers with: readings, listings and matches, and the overlay that it reads through. Values only."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from conduit.workspace.encoding import UTF8, Encoding

Origin = Literal["staged", "buffer", "disk"]


class Overlay(Protocol):
    """Changes that are collected but not applied yet, by absolute path."""

    def text(self, path: Path) -> str | None:
        """Return the changed text of a file, or None when it is not changed."""
        ...

    def paths(self) -> Collection[Path]:
        """Return the files that are changed or created."""
        ...

    def gone(self) -> Collection[Path]:
        """Return the files that are deleted, or moved away."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    r"""A file as it is now.

    Attributes:
        name: for people and models.
        path: absolute, with links inside the workspace resolved.
        text: exactly, line ends untranslated, without a byte order mark.
        origin: where the text is from.
        version: the version of the open document, or None when the file is not open.
        sha256: hex digest of the bytes on disk, or of the UTF-8 of a text that is not there.
        eol: the usual line end: `\n`, `\r\n` or `\r`.
        encoding: how the bytes on disk become this text.
    """

    name: str
    path: Path
    text: str
    origin: Origin
    version: int | None
    sha256: str
    eol: str
    encoding: Encoding = UTF8

    @property
    def bom(self) -> bool:
        """Whether the file begins with a byte order mark."""
        return self.encoding.bom


@dataclass(frozen=True, slots=True)
class Listing:
    """Names of files in order; `cut` when there are more than were asked for."""

    names: tuple[str, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One line that matches: one-based line and column in code points, the line without its end, and its origin."""

    name: str
    line: int
    column: int
    text: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Matches:
    """Lines in order of files; `cut` when there are more, `note` when the search was not complete."""

    items: tuple[Match, ...]
    cut: bool = False
    note: str = ""
