"""Undo of deletions and of names that were passed on, in four editors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel_world import World
from conduit.edits.edit import FileChange
from conduit.errors import UserError
from fakes.model_editors import MODELS


@pytest.fixture(params=MODELS, ids=lambda model: model.name)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(tmp_path, request.param)
    made.begin()
    yield made
    made.close()


def change(world: World, *changes: FileChange) -> None:
    world.run(world.app.changes.apply(world.session, "t1", "turn", changes))


def test_a_deleted_file_that_is_open_is_on_disk_again_after_an_undo_and_gone_after_a_redo(world: World) -> None:
    path = world.root / "gone.txt"
    path.write_bytes("café\n".encode("latin-1"))
    path.chmod(0o640)
    world.editor.open(path, "café\n")
    change(world, FileChange(path, path.name, "café\n", None, 1))
    assert not path.exists()
    assert (world.editor.text(path) is None) == world.model.operations
    for _ in range(2):
        world.run(world.app.changes.undo(world.session))
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == ("café\n".encode("latin-1"), 0o640)
        assert world.editor.text(path) in (None, "café\n")
        world.run(world.app.changes.redo(world.session))
        assert not path.exists()


def test_what_was_typed_in_a_deleted_file_that_stays_open_is_never_overwritten(world: World) -> None:
    if world.model.operations:
        return  # it is closed with the file
    path = world.root / "gone.txt"
    path.write_text("text\n")
    world.editor.open(path)
    change(world, FileChange(path, path.name, "text\n", None, 1))
    world.editor.type(path, 0, "typed\n")
    with pytest.raises(UserError, match="open in the editor and not saved"):
        world.run(world.app.changes.undo(world.session))
    assert (path.exists(), world.editor.text(path)) == (False, "typed\ntext\n")


@pytest.mark.parametrize("first", ["deletion", "move"])
def test_a_deletion_and_a_move_to_that_name_are_undone_and_redone_at_once(world: World, first: str) -> None:
    one, other = world.root / "a.txt", world.root / "c.txt"
    one.write_bytes("é\n".encode("latin-1"))
    one.chmod(0o600)
    other.write_text("other\n")
    both = [
        FileChange(other, "c.txt", "other\n", None),
        FileChange(one, "a.txt", "é\n", "é\n", moved_to=other, moved_name="c.txt"),
    ]
    change(world, *(both if first == "deletion" else reversed(both)))
    assert (one.exists(), other.read_bytes()) == (False, "é\n".encode("latin-1"))
    world.run(world.app.changes.undo(world.session))
    assert (one.read_bytes(), one.stat().st_mode & 0o777) == ("é\n".encode("latin-1"), 0o600)
    assert other.read_text() == "other\n"
    world.run(world.app.changes.redo(world.session))
    assert (one.exists(), other.read_text()) == (False, "é\n")  # in the encoding that the file has had since
