"""What is typed in the very moment in which a hunk is accepted, and what an undo of it takes, in four editors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel_world import World
from conduit.agent.permission import PermissionRequest
from conduit.app.selection import PendingHunk, Selection
from conduit.edits.edit import FileChange
from conduit.errors import PartlyApplied, UserError
from fakes.model_editors import MODELS, Fault

TEXT = "one\ntwo\nthree\nfour\n"
NEW = "one\nTWO\nthree\nfour\n"


class Desk:
    """Two open files of a world, in which lines are proposed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.first, self.second = world.root / "a.txt", world.root / "b.txt"
        for path in (self.first, self.second):
            path.write_text(TEXT)
            world.editor.open(path)

    def propose(self, path: Path, after: str = NEW, turn: str = "t1") -> None:
        document = self.world.editor.documents.document(path)
        assert document is not None
        change = FileChange(path, str(path.relative_to(self.world.root)), document.text, after, document.version)
        self.world.run(self.world.app.reviews.stage(self.world.session, turn, [change]))

    def waiting(self) -> list[PendingHunk]:
        return self.world.waiting()

    def accept(self, *ids: str) -> None:
        self.world.run(self.world.app.reviews.accept(self.world.session, Selection(ids=ids)))

    def text(self, path: Path) -> str | None:
        return self.world.editor.text(path)


@pytest.fixture(params=MODELS, ids=lambda model: model.name)
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    world = World(tmp_path, request.param)
    world.begin()
    yield Desk(world)
    world.close()


def test_a_hunk_that_becomes_a_conflict_while_another_turn_is_accepted_is_left(desk: Desk) -> None:
    desk.propose(desk.first, turn="t1")
    desk.propose(desk.second, turn="t2")
    mine = "one\ntwo, which I type\nthree\nfour\n"
    ids = [each.hunk.id for each in desk.waiting()]
    desk.world.editor.faults.append(Fault(before=lambda: desk.world.editor.overwrite(desk.second, mine)))
    with pytest.raises(UserError, match="you changed its lines just now"):
        desk.accept(*ids)
    assert (desk.text(desk.first), desk.text(desk.second)) == (NEW, mine)
    (left,) = desk.waiting()
    assert (left.hunk.id, left.hunk.old, left.hunk.was) == (ids[1], "two, which I type\n", "two\n")


def test_a_hunk_that_becomes_a_conflict_while_the_person_is_asked_about_it_is_left(desk: Desk) -> None:
    path = desk.world.root / ".vscode" / "settings.json"
    path.parent.mkdir()
    path.write_text(TEXT)
    desk.world.editor.open(path)
    desk.propose(path)
    mine = "one\ntwo, which I type\nthree\nfour\n"

    class TypesAndAllows:
        async def ask(self, request: PermissionRequest) -> str:
            desk.world.editor.overwrite(path, mine)
            return "allow_once"

    desk.world.app.reviews._approver = TypesAndAllows()
    with pytest.raises(UserError, match="you changed its lines just now"):
        desk.accept(desk.waiting()[0].hunk.id)
    assert desk.text(path) == mine
    assert [each.hunk.conflict for each in desk.waiting()] == [True]


@pytest.mark.parametrize("moves", [False, True])
def test_what_is_proposed_instead_while_the_person_is_asked_is_left(desk: Desk, moves: bool) -> None:
    path, reviews = desk.world.root / "AGENTS.md", desk.world.app.reviews
    if moves:
        path.write_text(TEXT)

    async def propose(name: str, before: str | None, after: str, to: str = "") -> None:
        target = desk.world.root / to if to else None
        change = FileChange(desk.world.root / name, name, before, after, moved_to=target, moved_name=to)
        await reviews.stage(desk.world.session, "t1", [change])

    class IsSlow:
        async def ask(self, request: PermissionRequest) -> str:
            await (propose("a.md", TEXT, TEXT, "CLAUDE.md") if moves else propose("AGENTS.md", TEXT, NEW))
            return "allow_once"

    desk.world.run(propose("AGENTS.md", TEXT, TEXT, "a.md") if moves else propose("AGENTS.md", None, TEXT))
    reviews._approver = IsSlow()
    with pytest.raises(UserError, match="something else is proposed by now"):
        desk.accept(desk.waiting()[0].hunk.id)
    assert not (desk.world.root / "CLAUDE.md").exists()
    assert path.exists() is moves
    assert len(desk.waiting()) == 1


def test_what_is_typed_into_a_conflict_just_when_it_is_accepted_stays_and_it_waits(desk: Desk) -> None:
    desk.propose(desk.first)
    desk.world.editor.overwrite(desk.first, "one\ntwo, mine\nthree\nfour\n")
    (conflict,) = desk.waiting()
    more = "one\ntwo, mine and more\nthree\nfour\n"
    desk.world.editor.faults.append(Fault(before=lambda: desk.world.editor.overwrite(desk.first, more)))
    with pytest.raises(UserError, match="Nothing of that turn was accepted"):
        desk.accept(conflict.hunk.id)
    assert desk.text(desk.first) == more
    (left,) = desk.waiting()
    assert (left.hunk.id, left.hunk.old, left.hunk.was) == (conflict.hunk.id, "two, mine and more\n", "two\n")
    desk.accept(left.hunk.id)  # now they have seen it
    assert desk.text(desk.first) == NEW


def test_an_undo_of_a_conflict_that_was_accepted_brings_back_what_stood_there_and_only_that(desk: Desk) -> None:
    typed = "one\ntwo, which I typed\nthree\nfour\n"
    desk.world.editor.overwrite(desk.first, typed)
    desk.propose(desk.first, "one\ntwo, which I typed, too\nTWO AND A HALF\nthree\nfour\n")
    desk.world.editor.overwrite(desk.first, "one\nanother line\nthree\nfour\n")  # what was typed goes by hand
    (conflict,) = desk.waiting()
    desk.accept(conflict.hunk.id)  # and comes back in the lines that are proposed
    assert desk.text(desk.first) == "one\ntwo, which I typed, too\nTWO AND A HALF\nthree\nfour\n"
    desk.world.editor.type(desk.first, 0, "zero\n")
    desk.world.put(desk.second, "another program\n")
    desk.world.run(desk.world.app.changes.undo(desk.world.session))
    assert desk.text(desk.first) == "zero\none\nanother line\nthree\nfour\n"
    desk.world.run(desk.world.app.changes.redo(desk.world.session))
    assert desk.text(desk.first) == "zero\none\ntwo, which I typed, too\nTWO AND A HALF\nthree\nfour\n"
    assert desk.waiting() == []


def test_lines_of_a_conflict_that_come_back_are_not_there_twice_when_it_is_accepted(desk: Desk) -> None:
    desk.propose(desk.first, "one\nTWO\nTHREE\nfour\n")
    for text in ("one\nfour\n", "four, mine\n", TEXT):
        desk.world.editor.overwrite(desk.first, text)
        desk.waiting()
    (hunk,) = desk.waiting()
    assert not hunk.hunk.conflict
    desk.accept(hunk.hunk.id)
    assert desk.text(desk.first) == "one\nTWO\nTHREE\nfour\n"


def test_what_was_made_again_waits_no_more_after_a_restart_whatever_else_changes_there(desk: Desk) -> None:
    desk.propose(desk.first, "one\ntwo\nMORE\nthree\nfour\n")
    desk.accept()
    desk.world.run(desk.world.app.changes.undo(desk.world.session))
    assert len(desk.waiting()) == 1
    desk.world.run(desk.world.app.changes.redo(desk.world.session))
    assert desk.waiting() == []
    desk.world.editor.overwrite(desk.first, "one\ntwo\nMORE\nfour\n")
    desk.world.restart()
    assert desk.waiting() == []


def test_what_is_typed_by_hand_waits_no_more_after_a_restart_whatever_else_changes_there(desk: Desk) -> None:
    desk.propose(desk.first, "one\ntwo\nMORE\nthree\nfour\n")
    for text in ("one\ntwo\nMORE\nthree\nfour\n", "one\ntwo\nMORE\nfour\n"):
        desk.world.editor.overwrite(desk.first, text)
        assert desk.waiting() == []
    desk.world.restart()
    assert desk.waiting() == []


def test_what_an_edit_went_over_waits_as_a_proposal_when_it_cannot_be_put_back(tmp_path: Path) -> None:
    world = World(tmp_path, MODELS[-1])  # the one without versions
    try:
        world.begin()
        desk = Desk(world)
        typed, more = "one\ntyped just now\ntwo\nthree\nfour\n", "one\nTWO, typed on\ntwo\nthree\nfour\n"
        world.editor.faults.append(
            Fault(
                before=lambda: world.editor.overwrite(desk.first, typed),
                after=lambda: world.editor.overwrite(desk.first, more),
            )
        )
        change = FileChange(desk.first, "a.txt", TEXT, NEW, 1)
        with pytest.raises(PartlyApplied):
            world.run(world.app.changes.apply(world.session, "t1", "turn", [change]))
        assert desk.text(desk.first) == more
        world.run(world.app.reviews.settle())
        (offered,) = desk.waiting()
        assert (offered.hunk.new.count("typed just now\n"), offered.hunk.conflict) == (1, False)
        assert any("It waits as a proposed change" in each for each in world.editor.told)
        desk.accept()
        assert sorted((desk.text(desk.first) or "").splitlines()) == sorted([*more.splitlines(), "typed just now"])
    finally:
        world.close()


def test_a_proposal_made_of_accepted_lines_holds_them_once_when_those_are_taken_back_and_made_again(desk: Desk) -> None:
    desk.propose(desk.first, "new\nmore\none\nfour\n", turn="t1")
    desk.accept(*(each.hunk.id for each in desk.waiting()))
    desk.propose(desk.first, "NEW\nmore\none\nfour\n", turn="t2")
    (ours,) = desk.waiting()
    desk.world.run(desk.world.app.changes.undo(desk.world.session))
    (both,) = desk.waiting()
    assert (both.hunk.id, both.hunk.old, both.hunk.new) == (ours.hunk.id, "one\ntwo\nthree\n", "NEW\nmore\none\n")
    desk.world.run(desk.world.app.changes.redo(desk.world.session))
    (again,) = desk.waiting()
    assert (again.hunk.new, again.hunk.conflict) == ("NEW\nmore\none\n", False)
    desk.world.run(desk.world.app.changes.undo(desk.world.session))
    desk.accept(both.hunk.id)
    assert (desk.text(desk.first), desk.waiting()) == ("NEW\nmore\none\nfour\n", [])


@pytest.mark.parametrize("second", ["two", "two, which I type"])
def test_a_line_that_stands_beside_a_hunk_by_now_is_not_put_in_again(desk: Desk, second: str) -> None:
    desk.propose(desk.first, "one\nTWO\nthree\nmore\nfour\n")
    desk.world.editor.overwrite(desk.first, f"one\n{second}\nthree\nmore\nfour\n")
    (conflict,) = desk.waiting()
    assert (conflict.hunk.old, conflict.hunk.was) == (f"{second}\nthree\nmore\n", "two\nthree\n")
    desk.accept(conflict.hunk.id)
    assert desk.text(desk.first) == "one\nTWO\nthree\nmore\nfour\n"
    desk.world.run(desk.world.app.changes.undo(desk.world.session))
    assert desk.text(desk.first) == f"one\n{second}\nthree\nmore\nfour\n"
