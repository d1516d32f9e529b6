"""Stage: changes that were collected and not applied yet; reads through it see them.

An `EditSink` and an overlay of the workspace in one. Nothing here touches a disk or an editor.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from conduit.edits.edit import FileChange
from conduit.errors import StaleDocument


class Stage:
    """The changes of one plan, one per file: the first `before` with the newest `after`."""

    def __init__(self) -> None:
        self._changes: dict[Path, FileChange] = {}
        self._texts: dict[Path, str] = {}

    async def submit(self, changes: Sequence[FileChange]) -> str:
        """Collect all of `changes` or none; see `EditSink`.

        Raises:
            StaleDocument: a change was made against a text that is not the newest one; nothing was collected.
        """
        composed = dict(self._changes)
        for change in changes:
            earlier = composed.get(change.path)
            if earlier is None:
                composed[change.path] = change
                continue
            if earlier.after != change.before:
                raise StaleDocument(change.name, "an earlier text", "a newer collected text")
            composed[change.path] = replace(
                earlier,
                after=change.after,
                moved_to=change.moved_to or earlier.moved_to,
                moved_name=change.moved_name or earlier.moved_name,
            )
        self._changes = composed
        self._texts = {change.new_path: change.after for change in composed.values() if change.after is not None}
        names = ", ".join(dict.fromkeys(change.name for change in changes))
        return f"Proposed the change of {names} to the person; it is not applied yet, but you read it as if it were."

    def changes(self) -> tuple[FileChange, ...]:
        """Return what was collected, without files that are as before."""
        return tuple(change for change in self._changes.values() if change.before != change.after)

    def text(self, path: Path) -> str | None:
        """Return the newest text of a file, by the name that it shall have, or None when it is not changed."""
        return self._texts.get(path)

    def paths(self) -> Collection[Path]:
        """Return the files that are changed or created, by the names that they shall have."""
        return self._texts.keys()

    def gone(self) -> Collection[Path]:
        """Return the files that are deleted, or moved away."""
        moved = (path for path, change in self._changes.items() if change.after is None or change.moved_to)
        return [path for path in moved if path not in self._texts]
