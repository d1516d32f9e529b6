"""Forty files that a model changes in review mode: what it proposes, and what must be in every file at each step.

Each file has a line that the model changes. One file is moved, one is deleted, and one is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

NUMBERS = range(40)
MOVED, DELETED, CREATED = "pkg/m38.py", "pkg/m39.py", "pkg/made.py"
MOVED_TO = "pkg/deep/moved.py"
NEW_TEXT = "made = True\n"
REGENERATED = 21
TYPED = (0, 1, 2)
"""The files in which the person types: apart from the change, above it, and in the changed line itself."""

# Half of the hunks are accepted: those of the even files, with the move and the creation; the deletion is rejected.
ACCEPTED = tuple(number for number in NUMBERS[:39] if number % 2 == 0 and number != 2)


def name(number: int) -> str:
    return f"pkg/m{number:02}.py"


def text(number: int, value: object | None = None) -> str:
    """Return a file; `value` is what the model makes of it. Every third one has other line ends, or no last one."""
    lines = [
        f'"""Module {number}, café 😀."""',
        "",
        "",
        "def load():",
        f"    return {number if value is None else value}",
        "",
        "",
        "def save():",
        "    pass",
    ]
    end = "\r\n" if number % 3 == 1 else "\n"
    return end.join(lines) + ("" if number % 5 == 3 else end)


def _edit(number: int, value: object) -> dict[str, object]:
    arguments = {"path": name(number), "old_text": f"    return {number}", "new_text": f"    return {value}"}
    return {"call": "edit_file", "arguments": arguments}


def rules() -> list[dict[str, object]]:
    """Return what the model does: the first twenty files, then the others; and one hunk again."""
    again = "does not want this one part"
    first = [_edit(number, number + 100) for number in NUMBERS[:20]]
    rest: list[dict[str, object]] = [
        *(_edit(number, number + 100) for number in NUMBERS[20:39]),
        {"call": "move_file", "arguments": {"path": MOVED, "new_path": MOVED_TO}},
        {"call": "write_file", "arguments": {"path": CREATED, "text": NEW_TEXT}},
        {"call": "delete_file", "arguments": {"path": DELETED}},
    ]
    return [
        {"when": {"user": again, "round": 0}, "reply": [_edit(REGENERATED, "'anew'")]},
        {"when": {"user": again}, "reply": [{"text": "Another one."}]},
        {"when": {"user": "change everything", "round": 0}, "reply": [{"text": "The first half."}, *first]},
        {"when": {"user": "change everything", "round": 1}, "reply": [{"text": "The other half."}, *rest]},
        {"reply": [{"text": "All proposed."}]},
    ]


@dataclass
class Expected:
    """What must be in every file: on the disk, and in the buffers that differ from it."""

    disk: dict[str, str] = field(default_factory=lambda: {name(number): text(number) for number in NUMBERS})
    buffers: dict[str, str] = field(default_factory=dict)

    def accept(self) -> None:
        """Half of the hunks are accepted; what is open changes in its buffer, unless it was saved."""
        for number in ACCEPTED:
            where = self.buffers if name(number) in self.buffers else self.disk
            where[name(number)] = where[name(number)].replace(f"return {number}", f"return {number + 100}")
        self.disk[MOVED_TO] = self.disk.pop(MOVED)
        self.disk[CREATED] = NEW_TEXT

    def take_back(self) -> None:
        """All that was accepted is taken back, and nothing else."""
        for number in ACCEPTED:
            if number == 38:
                continue
            where = self.buffers if name(number) in self.buffers else self.disk
            where[name(number)] = where[name(number)].replace(f"return {number + 100}", f"return {number}")
        del self.disk[CREATED]
        self.disk[MOVED] = self.disk.pop(MOVED_TO).replace("return 138", "return 38")


def write_files(root: Path) -> None:
    """Write the forty files."""
    (root / "pkg").mkdir()
    for number in NUMBERS:
        (root / name(number)).write_bytes(text(number).encode())


def on_disk(root: Path) -> dict[str, str]:
    """Return all files of the project, byte for byte."""
    paths = sorted((root / "pkg").rglob("*"))
    return {str(path.relative_to(root)): path.read_bytes().decode() for path in paths if path.is_file()}
