"""Changes as values, their hunks and their diff; the protocols of those who take changes.

Positions are zero-based lines and columns in code points. Pure: nothing here touches a disk or an editor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from conduit.edits.line_diff import changed_lines, unified
from conduit.workspace.document import split_lines
from conduit.workspace.encoding import Encoding
from conduit.workspace.positions import Position, Range


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Replace the text of `range` by `new_text`."""

    range: Range
    new_text: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """The whole change of one file, and what it was made against.

    Attributes:
        path: absolute path, inside a workspace root.
        name: the path as people and models see it (relative, with `/`).
        before: the text it was made against; None when the file is to be created.
        after: the text it shall have; None when the file is to be deleted.
        version: the version of the open document it was made against, or None when the file is not open.
        moved_to: the absolute path that the file shall have, or None when it stays where it is.
        moved_name: that path as people and models see it.
        encoding: how the text becomes bytes when the file is created; when None, as the project says, else UTF-8.
            A file that exists keeps its own.
        mode: the permission bits of a file that is created; the system's own when None.
    """

    path: Path
    name: str
    before: str | None
    after: str | None
    version: int | None = None
    moved_to: Path | None = None
    moved_name: str = ""
    encoding: Encoding | None = None
    mode: int | None = None

    @property
    def verb(self) -> Literal["create", "delete", "move", "edit"]:
        """What happens to the file as a whole; a file that moves may be edited too."""
        if self.moved_to is not None:
            return "move"
        return "create" if self.before is None else "delete" if self.after is None else "edit"

    @property
    def new_path(self) -> Path:
        """Where the file is afterwards."""
        return self.moved_to or self.path

    @property
    def new_name(self) -> str:
        """The name of the file afterwards."""
        return self.moved_name or self.name

    def edits(self) -> tuple[TextEdit, ...]:
        """Return small line-wise edits that turn `before` into `after`, in order, not overlapping."""
        return line_edits(self.before or "", self.after or "")

    def diff(self) -> str:
        """Return a unified diff with three lines of context, as git writes it."""
        old = "/dev/null" if self.before is None else f"a/{self.name}"
        new = "/dev/null" if self.after is None else f"b/{self.new_name}"
        before, after = split_lines(self.before or ""), split_lines(self.after or "")
        moved = f"rename from {self.name}\nrename to {self.moved_name}\n" if self.moved_to else ""
        return moved + "".join(
            line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
            for line in unified(before, after, old, new)
        )


def diff_of(changes: Iterable[FileChange]) -> str:
    """Return one diff of all changes; a change without any line is told in words."""
    return "".join(change.diff() or f"{change.verb} {change.name} (it is empty)\n" for change in changes)


class EditSink(Protocol):
    """Takes the changes that a tool made: applies them at once, or collects them for review."""

    async def submit(self, changes: Sequence[FileChange]) -> str:
        """Take all of `changes` or none, and return a sentence for the model about where they went.

        Raises:
            StaleDocument: a file moved on since `before` was read; nothing was changed.
            EditRefused: the editor did not apply them; nothing was changed.
            PermissionDenied: writing there is not allowed; nothing was changed.
        """
        ...


Operation = Literal["create", "rename", "delete"]
"""What an editor may be able to do with files, as LSP names it (*ResourceOperationKind*)."""


class Applier(Protocol):
    """Changes open documents through the editor, and reports exactly what came of it."""

    @property
    def operations(self) -> frozenset[Operation]:
        """What the editor does with files when it is asked."""
        ...

    async def apply(self, changes: Sequence[FileChange], label: str) -> None:
        """Apply `changes` with their versions; `label` names them in the editor's undo. Returns when they are there.

        Raises:
            EditRefused: nothing of it is there.
            StaleDocument: a document has another version by now; nothing of it is there.
            HalfApplied: some of it is there.
        """
        ...

    def tell(self, sentence: str) -> None:
        """Show the person a sentence that they must not miss."""
        ...


class HalfApplied(Exception):
    """An editor carried out a part of what it was asked, or put it in a wrong place; for the sink, which takes it back.

    Attributes:
        landed: what is there now, each with the texts that it really went from and to.
    """

    def __init__(self, message: str, landed: Sequence[FileChange]) -> None:
        super().__init__(message)
        self.landed = tuple(landed)


class Saver(Protocol):
    """Has the editor save an open document."""

    async def save(self, path: Path) -> bool:
        """Save the document of an absolute path as the person would; False when the editor cannot, or did not."""
        ...


class NoSaver:
    """The saver of an editor that cannot be asked to save."""

    async def save(self, path: Path) -> bool:
        """Return False."""
        return False


def line_edits(before: str, after: str) -> tuple[TextEdit, ...]:
    """Return line-wise replacements that turn `before` into `after`, small ones; none when they are equal."""
    old, new = split_lines(before), split_lines(after)
    return tuple(
        TextEdit(Range(_line_position(old, i1), _line_position(old, i2)), "".join(new[j1:j2]))
        for i1, i2, j1, j2 in changed_lines(old, new)
    )


def line_after(before: str, after: str, line: int) -> int | None:
    """Return where a line of `before` is in `after`; None when that line itself was changed or is gone."""
    moved = 0
    for edit in line_edits(before, after):
        start, end = edit.range.start.line, edit.range.end.line
        if start > line or (start == line and edit.range.end == edit.range.start):
            moved += len(split_lines(edit.new_text)) if start == line else 0
            break
        if end > line or edit.range.end.column > 0:
            return None
        moved += len(split_lines(edit.new_text)) - (end - start)
    return line + moved


def _line_position(lines: list[str], line: int) -> Position:
    """Return the start of `line`; past the last line, the end of the text (which may lack a final newline)."""
    if line < len(lines):
        return Position(line, 0)
    if lines and not lines[-1].endswith(("\n", "\r")):
        return Position(len(lines) - 1, len(lines[-1]))
    return Position(len(lines), 0)
