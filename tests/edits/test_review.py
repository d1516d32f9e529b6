"""Changes that wait are one per file, seen by reads, never built on a text that moved; the fake stage is alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from conduit.edits.edit import FileChange
from conduit.edits.review import PendingFiles
from conduit.errors import StaleDocument
from fakes.stage import Stage

A, B = Path("/w/a.py"), Path("/w/b.py")


class Waiting(Protocol):
    """Changes that wait, and the overlay that they make."""

    async def submit(self, changes: Sequence[FileChange]) -> object: ...

    def changes(self) -> Sequence[FileChange]: ...

    def text(self, path: Path) -> str | None: ...

    def paths(self) -> Collection[Path]: ...


class Proposals(PendingFiles):
    """The pending files of a session, with nothing open in an editor."""

    def __init__(self) -> None:
        super().__init__(lambda path: None)

    async def submit(self, changes: Sequence[FileChange]) -> object:
        return self.stage(changes, "turn")

    def changes(self) -> Sequence[FileChange]:
        return tuple(file.accept([hunk.id for hunk in file.hunks])[0] for file in self)


@pytest.fixture(params=[Stage, Proposals])
def waiting(request: pytest.FixtureRequest) -> Waiting:
    return request.param()


def collected(waiting: Waiting) -> list[FileChange]:
    return [replace(change, version=None) for change in waiting.changes()]


async def test_changes_of_one_file_become_one(waiting: Waiting) -> None:
    await waiting.submit([FileChange(A, "a.py", "one", "two", 3)])
    await waiting.submit([FileChange(A, "a.py", "two", "three", 3), FileChange(B, "b.py", None, "new")])
    assert collected(waiting) == [FileChange(A, "a.py", "one", "three"), FileChange(B, "b.py", None, "new")]
    assert (waiting.text(A), waiting.text(B), set(waiting.paths())) == ("three", "new", {A, B})


async def test_a_change_against_an_older_text_is_refused_with_all_that_came_with_it(waiting: Waiting) -> None:
    await waiting.submit([FileChange(A, "a.py", "one", "two")])
    with pytest.raises(StaleDocument):
        await waiting.submit([FileChange(B, "b.py", None, "new"), FileChange(A, "a.py", "one", "three")])
    assert collected(waiting) == [FileChange(A, "a.py", "one", "two")]
    assert waiting.text(B) is None


async def test_a_change_that_was_taken_back_is_no_change(waiting: Waiting) -> None:
    await waiting.submit([FileChange(A, "a.py", "one", "two")])
    await waiting.submit([FileChange(A, "a.py", "two", "one")])
    assert collected(waiting) == []
