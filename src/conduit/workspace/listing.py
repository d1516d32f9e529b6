"""Walk a folder through the door, without what is ignored or private. Only `workspace.workspace` uses it."""

from __future__ import annotations

from collections.abc import Iterator

from conduit.errors import ToolError
from conduit.sandbox.confine import Door
from conduit.workspace.ignore import Ignore
from conduit.workspace.names import Place


def walk(door: Door, start: Place, ignore: Ignore) -> Iterator[str]:
    """Yield files beneath a folder, by path beneath the root; a folder's files before its folders.

    A link to a file inside the root is a file; a link to a folder is not followed.

    Raises:
        ToolError: `start` cannot be listed; a deeper folder that cannot is left out.
    """
    folders = [start.relative]
    while folders:
        folder = folders.pop()
        try:
            entries = door.list_dir(start.root, folder)
        except ToolError:
            if folder == start.relative:
                raise
            continue
        deeper: list[str] = []
        for entry in entries:
            relative = f"{folder}/{entry.name}".lstrip("/")
            if ignore.hides(relative, folder=entry.kind == "folder"):
                continue
            if entry.kind == "folder":
                deeper.append(relative)
            elif entry.kind == "file" or (entry.kind == "link" and _leads_to_file(door, start, relative)):
                yield relative
        folders.extend(reversed(deeper))


def _leads_to_file(door: Door, start: Place, relative: str) -> bool:
    try:
        return door.kind(start.root, relative) == "file"
    except ToolError:
        return False
