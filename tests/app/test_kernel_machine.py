"""Typing, saving, other programs, proposals, decisions, edits at once, undo and redo, in any order, in four editors.

Whatever happens: every word that the person typed and did not take away is there, once, in its line; every line of the
model is where it was meant; what a hunk replaces is what stands there; and nothing changes before it is accepted.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.kernel_text import words_of
from app.kernel_world import World
from conduit.app.selection import Selection
from fakes.model_editors import MODELS

SOAK = os.environ.get("SOAK") == "1"
EXAMPLES, STEPS = (int(os.environ.get("EXAMPLES", "600")), 50) if SOAK else (8, 30)
SEEDS = st.integers(0, 2**32 - 1)


class Kernel(RuleBasedStateMachine):
    """One session; `world` is set by the test."""

    world: World
    steps = 0

    @initialize()
    def begin(self) -> None:
        self.world.begin()

    def _chance(self, seed: int) -> random.Random:
        type(self).steps += 1
        self.world.last = ""
        self.world.over_conflict = False
        return random.Random(seed)

    def _path(self, chance: random.Random) -> Path | None:
        paths = sorted(self.world.texts())
        return chance.choice(paths) if paths else None

    # -- the person, the editor, other programs ---------------------------------------------------------------------

    @rule(seed=SEEDS)
    def type_something(self, seed: int) -> None:
        chance = self._chance(seed)
        if path := self._path(chance):
            self.world.type(chance, path)

    @rule(seed=SEEDS)
    def open_or_save_or_close(self, seed: int) -> None:
        chance = self._chance(seed)
        path = self._path(chance)
        if path is None:
            return
        with self.world.by_hand():
            if self.world.editor.text(path) is None:
                self.world.editor.open(path)
            elif chance.random() < 0.6:
                self.world.save(path)
            else:
                self.world.close_document(path)

    @rule(seed=SEEDS)
    def another_program_writes(self, seed: int) -> None:
        chance = self._chance(seed)
        if path := self._path(chance):
            self.world.outside(chance, path)

    @rule(seed=SEEDS)
    def the_world_moves(self, seed: int) -> None:
        chance = self._chance(seed)
        what, path = chance.random(), self._path(chance)
        with self.world.by_hand():
            if what < 0.5 and path:
                self.world.rename(path)
            elif what < 0.9:
                self.world.switch()
            else:
                self.world.restart()

    # -- the model --------------------------------------------------------------------------------------------------

    @rule(seed=SEEDS)
    def propose(self, seed: int) -> None:
        world, chance = self.world, self._chance(seed)
        changes = world.run(world.proposal(chance, staged=True))
        if not changes:
            return
        if chance.random() < 0.2 and (path := self._path(chance)):  # while the model writes
            world.type(chance, path)
        before = world.state()
        world.attempt("proposed", lambda: world.app.reviews.stage(world.session, world.new_turn(), changes))
        assert world.state() == before

    @rule(seed=SEEDS)
    def change_at_once(self, seed: int) -> None:
        world, chance = self.world, self._chance(seed)
        changes = world.run(world.proposal(chance, staged=False))
        if not changes:
            return
        if chance.random() < 0.2 and (path := self._path(chance)):
            world.type(chance, path)
        world.disturb(chance)
        gone = {word for one in changes if one.after is None for word in words_of(one.before or "", "p")}
        turn = world.new_turn()
        with world.by_conduit(turns=[turn]) as may_go:
            if world.attempt("changed", lambda: world.app.changes.apply(world.session, turn, "turn", changes)):
                may_go |= gone

    # -- decisions --------------------------------------------------------------------------------------------------

    def _selection(self, chance: random.Random) -> Selection:
        hunks = self.world.waiting()
        one = chance.choice(hunks)
        some = chance.sample(hunks, chance.randint(1, len(hunks)))
        return chance.choice(
            [
                Selection(ids=[one.hunk.id]),
                Selection(ids=[each.hunk.id for each in some]),
                Selection(turn_id=one.hunk.turn_id),
                Selection(path=one.file.path),
                Selection(),
            ]
        )

    @precondition(lambda self: self.world.waiting())
    @rule(seed=SEEDS)
    def accept(self, seed: int) -> None:
        world, chance = self.world, self._chance(seed)
        selection = self._selection(chance)
        meant = world.waiting(selection)
        world.disturb(chance)
        with world.by_conduit(turns={each.hunk.turn_id for each in meant}) as may_go:
            world.attempt("accepted", lambda: world.app.reviews.accept(world.session, selection))
            waiting = {each.hunk.id for each in world.waiting()}
            for each in meant:  # what a person names, they have looked at
                named = each.hunk.kind == "delete" or (each.hunk.conflict and each.hunk.id in selection.ids)
                if named and each.hunk.id not in waiting:  # of several turns the first may have been done
                    world.over_conflict |= each.hunk.conflict
                    may_go |= set(words_of(each.hunk.old, "p")) - set(words_of(each.hunk.new, "p"))

    @precondition(lambda self: self.world.waiting())
    @rule(seed=SEEDS)
    def reject(self, seed: int) -> None:
        world, chance = self.world, self._chance(seed)
        selection, before = self._selection(chance), self.world.state()
        meant = {each.hunk.id for each in world.waiting(selection)}
        world.attempt("rejected", lambda: world.app.reviews.reject(world.session, selection))
        assert world.state() == before
        assert not meant & {each.hunk.id for each in world.waiting()}

    def _undo(self, turn: str | None) -> Any:
        world = self.world
        newest = world.run(world.app.changes.history(world.session)).undoable()
        turns = [turn or newest.turn_id] if turn or newest else []
        with world.by_conduit(turns=turns):
            return world.attempt("undone", lambda: world.app.changes.undo(world.session, turn))

    def _redo(self, turn: str | None) -> Any:
        world = self.world
        newest = world.run(world.app.changes.history(world.session)).redoable()
        turns = [turn or newest.turn_id] if turn or newest else []
        with world.by_conduit(turns=turns):
            return world.attempt("redone", lambda: world.app.changes.redo(world.session, turn))

    @rule(seed=SEEDS)
    def undo_or_redo(self, seed: int) -> None:
        world, chance = self.world, self._chance(seed)
        turn = chance.choice([None, *world.turns])
        world.disturb(chance)
        if chance.random() < 0.6:
            self._undo(turn)
        else:
            self._redo(turn)

    @rule(seed=SEEDS)
    def undo_and_redo_at_once(self, seed: int) -> None:
        world, _ = self.world, self._chance(seed)
        before = world.texts()
        history = world.run(world.app.changes.history(world.session))
        undone = {turn.turn_id for turn in history.turns.values() if turn.undone}
        done = self._undo(None)
        if done is not None and not any(file.kept or file.problems for file in done.files):
            again = self._redo(done.turn_id)
            assert again is not None, world.last
            if done.turn_id not in undone and not any(file.kept or file.problems for file in again.files):
                assert world.texts() == before

    @invariant()
    def nothing_is_lost_or_in_a_wrong_place(self) -> None:
        if hasattr(self.world, "session"):
            self.world.check()


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(tmp_path, request.param)
    yield made
    made.close()


@pytest.mark.timeout(6000 if SOAK else 120)
@pytest.mark.parametrize("world", MODELS, ids=lambda model: model.name, indirect=True)
def test_no_character_is_lost_and_nothing_stands_in_a_wrong_place(world: World) -> None:
    machine = type("KernelOf", (Kernel,), {"world": world})
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=not SOAK,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if os.environ.get("SHRINK") else (Phase.generate,),
    )
    run_state_machine_as_test(machine, settings=profile)
    counted = ", ".join(f"{name} {number}" for name, number in sorted(world.counts.items()))
    print(f"\n{world.model.name}: {machine.steps} steps: {counted}; 0 lost characters, 0 wrong places")
