"""A change as the project's `.editorconfig` wants it, where a file has no say of its own."""

from __future__ import annotations

from dataclasses import replace

from conduit.edits.edit import FileChange
from conduit.workspace.workspace import Workspace


async def in_project_style(change: FileChange, workspace: Workspace) -> FileChange:
    """Return the change for an `EditSink`, with what a model wrote in the project's style.

    A file that is new, or was empty, gets line ends, final newline and indentation; one that had a single line gets
    line ends. Every other file keeps its own, and so does one that is moved or deleted.
    """
    before, after = change.before or "", change.after
    if after is None or after == before or "\n" in before or "\r" in before:
        return change
    style = await workspace.style_of(change.new_path)
    return replace(change, after=style.with_ends(after) if before else style.shaped(after))
