"""From what a language server proposes to changes like any other: against the text that tools read.

Language servers see buffers; tools see the changes that were collected, too. Where both exist for a file, the proposal
is moved onto the collected text, or refused as a whole. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conduit.edits.caution import network_requests
from conduit.edits.edit import FileChange
from conduit.edits.rebase import rebase
from conduit.errors import EditRefused, StaleDocument
from conduit.sandbox.protected import protected_reason
from conduit.workspace.language import Proposal, ProposedFile
from conduit.workspace.names import shown
from conduit.workspace.workspace import Workspace


async def to_changes(proposal: Proposal, workspace: Workspace) -> tuple[list[FileChange], list[str]]:
    """Return the changes for an `EditSink`, and the names of the files that had collected changes.

    Args:
        proposal: made for buffers and files on disk.
        workspace: as the tools read it.

    Raises:
        EditRefused: it changes the same lines as a collected change, a file that is to be deleted or moved, or a
            protected file, or names a remote address anew: what a language server proposes may differ from what the
            person was asked about.
        StaleDocument: a file is not what the proposal was made for any more.
        OutsideWorkspace, PermissionDenied: it touches a file that must not be changed.
    """
    changes: list[FileChange] = []
    staged: list[str] = []
    for file in proposal.files:
        for path in filter(None, (file.path, file.moved_to)):
            workspace.check_writable(path)
            _refuse_protected(workspace, path)
        change, was_staged = await _change(file, workspace)
        _refuse_requests(change)
        changes.append(change)
        if was_staged:
            staged.append(change.name)
    return changes, staged


def touched(changes: Sequence[FileChange]) -> tuple[str, ...]:
    """Return the names of all files of some changes, as they are and as they shall be."""
    return tuple(dict.fromkeys(name for change in changes for name in (change.name, change.new_name)))


async def _change(file: ProposedFile, workspace: Workspace) -> tuple[FileChange, bool]:
    name = workspace.name_of(file.path)
    reading = await workspace.read_or_none(str(file.path))
    now = None if reading is None else reading.text
    staged = reading is not None and reading.origin == "staged"
    after = file.after
    if now != file.before:
        if reading is None or not staged:
            gone = "its deletion or move is proposed already, or it is gone"
            raise StaleDocument(name, "the text that the editor knows", "other text" if reading else gone)
        if file.before is None or after is None:
            what = "creates" if file.before is None else "deletes"
            raise _conflict(name, f"the language server {what} it")
        after = rebase(file.before, after, reading.text)
        if after is None:
            raise _conflict(name, "the language server's edit is in the same lines")
    return (
        FileChange(
            path=file.path,
            name=name,
            before=now,
            after=after,
            version=reading.version if reading else file.version,
            moved_to=file.moved_to,
            moved_name=workspace.name_of(file.moved_to) if file.moved_to else "",
        ),
        staged,
    )


def _refuse_protected(workspace: Workspace, path: Path) -> None:
    reason = protected_reason(workspace.place_of(path).relative)
    if reason is not None:
        raise EditRefused(
            f"The language server's edit touches {shown(workspace.name_of(path))} ({reason}), so none of it is done. "
            "Make the changes with the editing tools; the person is asked about such a file by itself."
        )


def _refuse_requests(change: FileChange) -> None:
    reason = network_requests([change])
    if reason:
        raise EditRefused(f"{reason} A language server's edit does not do that unasked, so none of it is done.")


def _conflict(name: str, why: str) -> EditRefused:
    return EditRefused(
        f"{shown(name)} has a change that the person has not accepted yet, and {why}. Nothing was changed. "
        "Make this change with the editing tools, or ask the person to accept or reject the pending one first."
    )
