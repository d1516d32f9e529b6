"""Payloads of `conduit/session/undo`, `redo` and `diff`."""

from __future__ import annotations

from typing import Literal

from conduit.lsp.protocol.payload import Payload


class UndoParams(Payload):
    """Which turn; by default the newest one that has something to undo (or the last undo, to redo).

    Without a session it is that one, of those used last, in which there is something to undo (or redo).
    With `preview` nothing is done: the answer says what would be.
    """

    session_id: str | None = None
    turn_id: str | None = None
    preview: bool = False


class KeptLines(Payload):
    """Zero-based lines `start` up to `end` of the text afterwards; none where lines were deleted later."""

    start: int
    end: int


class UndoneFile(Payload):
    """What becomes of one file.

    Attributes:
        path: its name in the workspace before.
        new_path: its name afterwards.
        action: `none` when it stays as it is.
        lines: how many lines change.
        since: how many lines were changed later; all of them stay.
        kept: lines where the change stays, since they were changed later.
        problems: sentences about what cannot be taken back.
    """

    path: str
    new_path: str
    action: Literal["create", "delete", "move", "edit", "none"]
    lines: int
    since: int
    kept: list[KeptLines]
    problems: list[str]


class UndoResult(Payload):
    """Answer of both; `message` says it in words, `change_id` is left out of a preview."""

    session_id: str
    turn_id: str
    preview: bool
    change_id: str | None = None
    message: str
    files: list[UndoneFile]


class DiffParams(Payload):
    """`conduit/session/diff`: what a turn changed in files, without what was changed later.

    Session and turn are chosen as by `UndoParams`; a turn that was taken back is shown as it was. `path` is the name
    of one of its files.
    """

    session_id: str | None = None
    turn_id: str | None = None
    path: str | None = None


class DiffShown(Payload):
    """What is shown by now: one file in the editor's own difference (`sideBySide`), else a document with a diff."""

    session_id: str
    turn_id: str
    files: list[str]
    side_by_side: bool
