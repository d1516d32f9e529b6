"""Roots: the folders that are open now, shared by every view of one workspace: their names, their door, their news."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conduit.errors import ToolError
from conduit.sandbox.confine import Door
from conduit.workspace.events import FileHub
from conduit.workspace.names import Names


class Roots:
    """Changed as a whole, on the event loop, while other threads read: each of them sees the old roots or the new.

    Attributes:
        names: how files are called now.
        door: the way to them; a root that was removed is refused by it at once.
        events: what happens to files.
    """

    def __init__(self, roots: Sequence[Path], door: Door) -> None:
        """`door` must have been made with the same roots, spelled the same."""
        self.names = Names(roots)
        self.door = door
        self.events = FileHub()

    def change(self, roots: Sequence[Path]) -> list[str]:
        """Open these folders and no others; return a sentence about each that cannot be opened, and is left out."""
        before = self.names
        lost = self.door.set_roots(roots)
        self.names = Names([root for root in roots if root not in lost], before, self._taken(before))
        return [
            f"The folder {root} cannot be opened ({why}), so Conduit works without it." for root, why in lost.items()
        ]

    def _taken(self, names: Names) -> frozenset[str]:
        """Return what stands first in the names of files so far, so that no new root's name can be taken for it."""
        if names.prefixed:
            return frozenset()
        try:
            return frozenset(entry.name for root in names.roots for entry in self.door.list_dir(root))
        except ToolError:
            return frozenset()
