"""Mentions: which files and folders an `@` may name, the best first.

What is ignored or private is never among them. The names are read from the disk at most every few seconds, since a
client asks again with each character. Used by `App`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conduit.errors import ToolError
from conduit.workspace.workspace import Workspace

MOST_NAMES = 50_000
_FRESH_S = 5.0


@dataclass(frozen=True, slots=True)
class Mention:
    """A file or folder by its name in the workspace; `path` is absolute."""

    kind: Literal["file", "folder"]
    name: str
    path: Path


class Mentions:
    """The names of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._files: tuple[str, ...] = ()
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def matching(self, query: str, limit: int) -> list[Mention]:
        """Return at most `limit` files and folders whose names fit `query`: open documents first, then the best."""
        files = await self._names()
        open_ = [name for name in self._open() if name in set(files)]
        return await asyncio.to_thread(self._best, files, open_, query.strip().casefold(), limit)

    async def _names(self) -> tuple[str, ...]:
        async with self._reading:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at > _FRESH_S:
                self._files = (await self._workspace.list_files(limit=MOST_NAMES)).names if self._roots() else ()
                self._read_at = time.monotonic()
            return self._files

    def _roots(self) -> bool:
        return bool(self._workspace.roots)

    def _open(self) -> list[str]:
        names = []
        for document in self._workspace.documents():
            if document.path is not None:
                try:
                    names.append(self._workspace.name_of(document.path))
                except ToolError:  # outside of the workspace
                    continue
        return names

    def _best(self, files: tuple[str, ...], open_: list[str], query: str, limit: int) -> list[Mention]:
        first = dict.fromkeys(open_)
        found = [
            (name not in first, score, len(name), name, kind)
            for kind, names in (("file", files), ("folder", folders_of(files)))
            for name in names
            if (score := rank(query, name)) is not None
        ]
        found.sort()
        return [
            Mention("file" if kind == "file" else "folder", name, self._workspace.path_of(name))
            for *_, name, kind in found[:limit]
        ]


def folders_of(files: Iterable[str]) -> list[str]:
    """Return the folders that files are in, each with `/` at its end."""
    found: set[str] = set()
    for name in files:
        folder = name.rpartition("/")[0]
        while folder and f"{folder}/" not in found:
            found.add(f"{folder}/")
            folder = folder.rpartition("/")[0]
    return sorted(found)


def rank(query: str, name: str) -> int | None:
    """Return how badly a name fits a case-folded query (0 is best), or None when it does not.

    The last part of the name counts most; at the least, the query's characters must be in the name in their order.
    """
    folded = name.casefold()
    base = folded.rstrip("/").rpartition("/")[2]
    if not query:
        return folded.rstrip("/").count("/")
    if base == query or folded in (query, f"{query}/"):
        return 0
    if base.startswith(query):
        return 1
    if query in base:
        return 2
    if query in folded:
        return 3
    if _in_order(query, base):
        return 4
    return 5 if _in_order(query, folded) else None


def _in_order(query: str, text: str) -> bool:
    at = 0
    for character in query:
        at = text.find(character, at) + 1
        if at == 0:
            return False
    return True
