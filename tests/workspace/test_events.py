"""What happens to files is told in batches, whoever noticed it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from conduit.workspace.events import FileEvent, FileHub, merged
from conduit.workspace.waking import Waker

A, B, C = Path("/p/a"), Path("/p/b"), Path("/p/c")


class Listening:
    """Subscribes to a hub and waits for what it tells."""

    def __init__(self, hub: FileHub, files: Sequence[Path] = ()) -> None:
        self.batches: list[Sequence[FileEvent]] = []
        self.files = list(files)
        self._arrived = asyncio.Event()
        self.stop = hub.subscribe(self._take, lambda: self.files)

    def _take(self, batch: Sequence[FileEvent]) -> None:
        self.batches.append(batch)
        self._arrived.set()

    @property
    def told(self) -> set[tuple[Path, str]]:
        return {(event.path, event.kind) for batch in self.batches for event in batch}

    @property
    def kinds(self) -> dict[Path, str]:
        return {event.path: event.kind for batch in self.batches for event in batch}

    async def until(self, condition: Callable[[], bool], timeout_s: float = 30) -> None:
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("changed", A), ("changed", A)], {A: "changed"}),
        ([("created", A), ("changed", A)], {A: "created"}),
        ([("created", A), ("deleted", A)], {A: "deleted"}),
        ([("deleted", A), ("created", A)], {A: "changed"}),
        ([("changed", A), ("deleted", A), ("changed", B)], {A: "deleted", B: "changed"}),
    ],
)
def test_what_happens_to_one_file_becomes_one_event(events: list[tuple[str, Path]], expected: dict[Path, str]) -> None:
    told = merged(FileEvent(path, kind) for kind, path in events)
    assert {event.path: event.kind for event in told} == expected
    assert len(told) == len(expected)


def test_a_move_is_not_told_as_a_deletion_and_a_creation_too() -> None:
    move = FileEvent(A, "moved", B)
    deleted, created = FileEvent(A, "deleted"), FileEvent(B, "created")
    assert merged([move, deleted, created]) == (move,)
    assert merged([deleted, created, move]) == (move,)
    assert merged([FileEvent(A, "changed"), move]) == (move, FileEvent(B, "changed"))
    assert merged([move, FileEvent(B, "changed")]) == (move, FileEvent(B, "changed"))
    assert merged([move, FileEvent(A, "created")]) == (move, FileEvent(A, "created"))
    folder = FileEvent(Path("/p"), "moved", Path("/q"))
    inside = [FileEvent(A, "deleted"), FileEvent(Path("/q/a"), "created")]
    assert merged([folder, *inside]) == (folder,)


def test_a_path_is_followed_through_moves_of_it_and_of_its_folder() -> None:
    assert FileEvent(A, "moved", B).follow(A) == B
    assert FileEvent(Path("/p"), "moved", Path("/q/r")).follow(A) == Path("/q/r/a")
    assert FileEvent(Path("/p"), "moved", Path("/q")).follow(Path("/pq/a")) == Path("/pq/a")
    assert FileEvent(A, "deleted").follow(A) == A


async def test_many_reports_at_once_are_one_batch() -> None:
    hub = FileHub()
    listening = Listening(hub)
    for number in range(500):  # a branch is switched
        hub.report([FileEvent(Path(f"/p/{number}"), "changed")])
    await listening.until(lambda: bool(listening.batches))
    assert len(listening.batches[0]) == 500
    hub.close()


async def test_a_listener_that_stopped_hears_nothing() -> None:
    hub = FileHub()
    gone, staying = Listening(hub), Listening(hub)
    gone.stop()
    hub.report([FileEvent(A, "changed")])
    await staying.until(lambda: bool(staying.batches))
    assert gone.batches == []
    hub.close()


@pytest.mark.parametrize("told", [False, True])
async def test_changes_of_other_programs_to_files_that_matter_are_noticed(tmp_path: Path, told: bool) -> None:
    names = ("changed", "deleted", "created", "replaced", "other")
    path = {name: tmp_path / name / "file" for name in names}
    for name in names:
        path[name].parent.mkdir()
        if name != "created":
            path[name].write_text("before")
    hub = FileHub(look_s=0.05, seldom_s=0.2)
    hub.told = told  # but this client says nothing, as Helix does of what it did not write itself
    probe = tmp_path / "probe"
    listening = Listening(hub, [probe, *(path[name] for name in names if name != "other")])
    await first_look(listening, probe)
    path["changed"].write_text("after, longer")
    path["deleted"].unlink()
    path["created"].write_text("new")
    other = tmp_path / "temporary"
    other.write_text("whole new")
    other.rename(path["replaced"])
    path["other"].write_text("nobody cares")
    expected = {(path[name], name) for name in ("changed", "deleted", "created")}
    await listening.until(lambda: (expected | {(path["replaced"], "changed")}) <= listening.told)
    assert path["other"] not in listening.kinds
    hub.close()


async def first_look(listening: Listening, probe: Path) -> None:
    """Wait until the files were looked at once, which is what later looks compare with."""
    while probe not in listening.kinds:
        with probe.open("a") as file:
            file.write("x")
        with contextlib.suppress(TimeoutError):
            await listening.until(lambda: probe in listening.kinds, timeout_s=0.5)


async def test_a_switched_branch_is_noticed_file_by_file_and_told_together(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(tmp_path)},
        )

    files = [tmp_path / f"f{number}.txt" for number in range(40)]
    git("init", "-q", "-b", "main")
    for file in files:
        file.write_text("main\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    for file in files[:-1]:
        file.write_text("the other branch\n")
    files[-1].unlink()
    git("commit", "-qam", "two")
    git("checkout", "-q", "main")
    hub = FileHub(look_s=0.05)
    listening = Listening(hub, files)
    listening.files.append(tmp_path / "probe")
    await first_look(listening, tmp_path / "probe")
    listening.files.pop()
    listening.batches.clear()
    git("checkout", "-q", "other")
    await listening.until(lambda: len(listening.kinds) == len(files))
    assert listening.kinds[files[-1]] == "deleted"
    assert len(listening.batches) < len(files)
    hub.close()


async def test_a_watched_folder_wakes_without_a_look(tmp_path: Path) -> None:
    woken = asyncio.Event()
    waker = Waker(woken.set)
    assert not waker.watch(frozenset([tmp_path]))
    assert waker.watch(frozenset([tmp_path]))
    async with asyncio.timeout(30):
        while not woken.is_set():  # the watch begins at some moment on its thread
            (tmp_path / "file").write_text("x")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), 0.5)
    waker.stop()


async def test_too_many_folders_are_looked_at_instead(tmp_path: Path) -> None:
    waker = Waker(lambda: None)
    assert not waker.watch(frozenset(tmp_path / str(number) for number in range(501)))
    waker.stop()
