"""Proposals and decisions in the App: moves, names that are taken over, and conflicts that are taken back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from conduit.app import App
from conduit.app.selection import PendingHunk, Selection
from conduit.edits.edit import FileChange
from conduit.errors import SessionBusy, UserError
from conduit.ide.review import regenerate
from conduit.sessions.events import HunkDecided, SessionUpdate
from conduit.workspace.events import FileEvent

TEXT = "value = 1\n"


class Desk:
    """A session with what it proposes."""

    def __init__(self, app: App, root: Path, session: str) -> None:
        self.app, self.root, self.session = app, root, session

    async def stage(self, name: str, before: str | None, after: str | None, to: str = "", turn: str = "t1") -> None:
        target = self.root / to if to else None
        change = FileChange(self.root / name, name, before, after, moved_to=target, moved_name=to)
        await self.app.reviews.stage(self.session, turn, [change])

    async def waiting(self) -> list[tuple[str, str, str, str, bool]]:
        return [
            (each.file.name, each.hunk.kind, each.hunk.old, each.hunk.new, each.hunk.conflict)
            for each in await self.hunks()
        ]

    async def hunks(self) -> list[PendingHunk]:
        return await self.app.reviews.hunks(self.session)

    async def accept(self, kind: str = "") -> None:
        ids = [each.hunk.id for each in await self.hunks() if each.hunk.kind == kind] if kind else []
        await self.app.reviews.accept(self.session, Selection(ids=ids))

    async def undo(self) -> None:
        await self.app.changes.undo(self.session)

    def files(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(self.root.iterdir())}


@pytest.fixture
async def desk(app: App, tmp_path: Path) -> Desk:
    return Desk(app, tmp_path / "project", (await app.new_session()).id)


async def moved_and_edited(desk: Desk) -> None:
    await desk.stage("a.py", TEXT, TEXT, "b.py")
    await desk.stage("b.py", TEXT, "value = 2\n")


async def test_a_move_and_an_edit_accepted_one_by_one_wait_at_the_old_name_after_an_undo(desk: Desk) -> None:
    await moved_and_edited(desk)
    before = await desk.waiting()
    await desk.accept("move")
    await desk.accept("edit")
    assert desk.files() == {"b.py": "value = 2\n"}
    await desk.undo()
    assert desk.files() == {"a.py": TEXT}
    assert await desk.waiting() == before
    await desk.accept()
    assert desk.files() == {"b.py": "value = 2\n"}


async def test_an_edit_that_waits_goes_back_with_the_file_when_its_move_is_undone(desk: Desk) -> None:
    await moved_and_edited(desk)
    before = await desk.waiting()
    await desk.accept("move")
    assert [each[0] for each in await desk.waiting()] == ["b.py"]
    await desk.undo()
    assert await desk.waiting() == before
    await desk.accept()
    assert desk.files() == {"b.py": "value = 2\n"}


async def test_a_move_that_the_person_makes_by_hand_waits_no_more_and_the_edit_still_does(desk: Desk) -> None:
    await moved_and_edited(desk)
    (desk.root / "a.py").rename(desk.root / "b.py")
    await desk.app.reviews.follow([FileEvent(desk.root / "a.py", "moved", desk.root / "b.py")])
    assert await desk.waiting() == [("b.py", "edit", TEXT, "value = 2\n", False)]
    await desk.accept()
    assert desk.files() == {"b.py": "value = 2\n"}


async def test_a_new_file_may_take_the_name_of_one_that_moves_away(desk: Desk) -> None:
    await desk.stage("a.py", TEXT, TEXT, "b.py")
    await desk.stage("a.py", None, "from b import *\n")
    assert await desk.waiting() == [
        ("a.py", "edit", TEXT, "from b import *\n", False),
        ("b.py", "create", "", TEXT, False),
    ]
    await desk.accept()
    assert desk.files() == {"a.py": "from b import *\n", "b.py": TEXT}
    await desk.undo()
    assert desk.files() == {"a.py": TEXT}


@pytest.mark.parametrize(("before", "after"), [(TEXT, "value = 9\n"), (TEXT, None), (None, "theirs = 1\n")])
async def test_a_conflict_that_was_accepted_and_undone_is_a_conflict_again(
    desk: Desk, before: str | None, after: str | None
) -> None:
    name, mine = "new.py" if before is None else "a.py", "value = 'mine'\n"
    await desk.stage(name, before, after)
    (desk.root / name).write_text(mine)
    (conflict,) = await desk.waiting()
    assert conflict[4] is True
    await desk.accept(conflict[1])
    assert desk.files().get(name) == after
    await desk.undo()
    assert await desk.waiting() == [conflict]
    with pytest.raises(UserError, match="You changed the lines"):
        await desk.accept()
    assert desk.files()[name] == mine


async def test_a_conflict_accepted_before_the_rest_of_its_turn_is_a_conflict_again(desk: Desk) -> None:
    (desk.root / "a.py").write_text("one\ntwo\nthree\nfour\nfive\n")
    await desk.stage("a.py", "one\ntwo\nthree\nfour\nfive\n", "one\nTWO\nthree\nfour\nFIVE\n")
    (desk.root / "a.py").write_text("one\nmine\nthree\nfour\nfive\n")
    before = await desk.hunks()
    assert [each.hunk.conflict for each in before] == [True, False]
    for each in before:
        await desk.app.reviews.accept(desk.session, Selection(ids=[each.hunk.id]))
    await desk.undo()
    assert [each.hunk for each in await desk.hunks()] == [each.hunk for each in before]


async def test_a_file_created_and_edited_in_one_turn_waits_whole_after_an_undo(desk: Desk) -> None:
    await desk.stage("new.py", None, "one\ntwo\n")
    await desk.accept()
    await desk.stage("new.py", "one\ntwo\n", "one\nTWO\n")
    await desk.accept()
    await desk.undo()
    assert desk.files() == {"a.py": TEXT}
    assert await desk.waiting() == [("new.py", "create", "", "one\nTWO\n", False)]
    await desk.accept()
    assert desk.files()["new.py"] == "one\nTWO\n"


async def test_hunks_near_each_other_keep_their_id_when_their_acceptance_is_undone(desk: Desk) -> None:
    (desk.root / "a.py").write_text("one\ntwo\nthree\n")
    await desk.stage("a.py", "one\ntwo\nthree\n", "ONE\ntwo\nTHREE\n")
    before = [each.hunk for each in await desk.hunks()]
    await desk.accept()
    await desk.undo()
    assert [each.hunk for each in await desk.hunks()] == before


async def test_one_hunk_of_a_session_is_regenerated_at_a_time(desk: Desk) -> None:
    reviews = desk.app.reviews
    with reviews.regenerating(desk.session), pytest.raises(SessionBusy, match="Another proposal"):
        reviews.regenerating(desk.session).__enter__()
    with reviews.regenerating(desk.session):
        pass


async def test_a_file_that_was_deleted_by_hand_hinders_nobody_who_accepts_the_rest_of_the_turn(desk: Desk) -> None:
    (desk.root / "b.py").write_text(TEXT)
    await desk.stage("a.py", TEXT, "value = 2\n")
    await desk.stage("b.py", TEXT, "value = 3\n")
    (desk.root / "a.py").unlink()
    decided = await desk.app.reviews.accept(desk.session, Selection(turn_id="t1"))
    assert [each.file.name for each in decided.done] == ["b.py"]
    assert [each.file.name for each in decided.left] == ["a.py"]
    assert desk.files() == {"b.py": "value = 3\n"}
    with pytest.raises(UserError, match=r"a\.py is not there any more"):
        await desk.accept()
    (desk.root / "a.py").write_text(TEXT)  # a switched branch, say
    await desk.accept()
    assert desk.files() == {"a.py": "value = 2\n", "b.py": "value = 3\n"}


async def test_a_hunk_waits_again_when_another_prompt_is_quicker_than_the_one_for_another_proposal(desk: Desk) -> None:
    (desk.root / "a.py").write_text("one\ntwo\nthree\nfour\nfive\n")
    await desk.stage("a.py", "one\ntwo\nthree\nfour\nfive\n", "ONE\ntwo\nthree\nfour\nFIVE\n")
    before = await desk.waiting()
    first, _ = await desk.hunks()
    live = await desk.app._live_session(desk.session)
    running = asyncio.Event()

    def start_another(update: SessionUpdate) -> None:
        if isinstance(update.event, HunkDecided):  # a turn of another prompt, just when the hunk was dropped
            live.task = asyncio.ensure_future(running.wait())

    stop = desk.app.subscribe(start_another)
    with pytest.raises(SessionBusy):
        await regenerate(desk.app, first)
    stop()
    running.set()
    await live.task
    live.task = None
    assert await desk.waiting() == before
