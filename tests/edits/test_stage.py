"""Collected changes are one per file, seen by reads, and never built on a text that moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.edits.edit import FileChange
from conduit.edits.stage import Stage
from conduit.errors import StaleDocument

A, B = Path("/w/a.py"), Path("/w/b.py")


async def test_changes_of_one_file_become_one() -> None:
    stage = Stage()
    await stage.submit([FileChange(A, "a.py", "one", "two", 3)])
    said = await stage.submit([FileChange(A, "a.py", "two", "three", 3), FileChange(B, "b.py", None, "new")])
    assert stage.changes() == (FileChange(A, "a.py", "one", "three", 3), FileChange(B, "b.py", None, "new"))
    assert (stage.text(A), stage.text(B), set(stage.paths())) == ("three", "new", {A, B})
    assert "a.py, b.py" in said


async def test_a_change_against_an_older_text_is_refused_with_all_that_came_with_it() -> None:
    stage = Stage()
    await stage.submit([FileChange(A, "a.py", "one", "two")])
    with pytest.raises(StaleDocument):
        await stage.submit([FileChange(B, "b.py", None, "new"), FileChange(A, "a.py", "one", "three")])
    assert stage.changes() == (FileChange(A, "a.py", "one", "two"),)
    assert stage.text(B) is None


async def test_a_change_that_was_taken_back_is_no_change() -> None:
    stage = Stage()
    await stage.submit([FileChange(A, "a.py", "one", "two")])
    await stage.submit([FileChange(A, "a.py", "two", "one")])
    assert stage.changes() == ()
