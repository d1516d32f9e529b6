"""File events: what happened to files outside of our own edits, told in batches.

A face reports what its client tells; where no client does, the files that listeners care about are looked at (only
those: never a whole tree). A switched branch is one batch. An event says *look again*, never what a file holds: it
may come twice, or for a file that is as before, so whoever acts on one reads the file and compares. Lives on one
event loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from conduit.workspace.waking import Waker

QUIET_S = 0.15
"""A batch is told when nothing came for so long, ..."""

LONGEST_S = 2.0
"""... but at the latest so long after its first event."""

LOOK_S = 1.0
"""How often files are looked at when nobody tells about them, ..."""

SELDOM_S = 10.0
"""... and when somebody does: some editors tell only of what they wrote themselves."""

Stamp = tuple[int, int, int] | None
"""Time, size and inode of a file; None when there is none."""


@dataclass(frozen=True, slots=True)
class FileEvent:
    """One file, or a folder with all in it. `moved_to` is set when, and only when, `kind` is "moved"."""

    path: Path
    kind: Literal["created", "changed", "deleted", "moved"]
    moved_to: Path | None = None

    def concerns(self, path: Path) -> bool:
        """Whether it happened to `path`, or to a folder around it."""
        return path == self.path or self.path in path.parents

    def follow(self, path: Path) -> Path:
        """Return where `path` is after this event."""
        if self.moved_to is None or not self.concerns(path):
            return path
        return self.moved_to / path.relative_to(self.path)


Listener = Callable[[Sequence[FileEvent]], None]


class FileEvents(Protocol):
    """Tells what happens to files."""

    def subscribe(self, listener: Listener, files: Callable[[], Collection[Path]]) -> Callable[[], None]:
        """Call `listener` with every batch from now on; returns how to stop that.

        A batch holds moves first, then one event for each path. It may be about other files than `files()`, which
        returns the absolute paths that the listener cares about now. Both are called on the event loop.
        """
        ...


class FileHub:
    """The `FileEvents` of a workspace. `told`: whether a client reports what happens on the disk."""

    def __init__(self, *, quiet_s: float = QUIET_S, look_s: float = LOOK_S, seldom_s: float = SELDOM_S) -> None:
        self.told = False
        self._quiet_s = quiet_s
        self._look_s = look_s
        self._seldom_s = seldom_s
        self._listeners: dict[object, tuple[Listener, Callable[[], Collection[Path]]]] = {}
        self._waiting: list[FileEvent] = []
        self._first_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._look_now = asyncio.Event()
        self._waker: Waker | None = None

    def subscribe(self, listener: Listener, files: Callable[[], Collection[Path]]) -> Callable[[], None]:
        """See `FileEvents`."""
        key = object()
        self._listeners[key] = (listener, files)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on(), name="look at files")
        self._look_now.set()  # what the files are like now is what later looks compare with
        return lambda: self._forget(key)

    def report(self, events: Iterable[FileEvent]) -> None:
        """Take in what a client told, or what was seen."""
        self._waiting += events
        if not self._waiting:
            return
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._first_at = loop.time()
        else:
            self._timer.cancel()
        at = min(loop.time() + self._quiet_s, self._first_at + LONGEST_S)
        self._timer = loop.call_at(at, self._tell)

    def close(self) -> None:
        """Stop; nobody is told anything any more."""
        for key in list(self._listeners):
            self._forget(key)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget(self, key: object) -> None:
        self._listeners.pop(key, None)
        if not self._listeners:
            if self._looking is not None:
                self._looking.cancel()
                self._looking = None
            if self._waker is not None:
                self._waker.stop()
                self._waker = None

    def _tell(self) -> None:
        batch, self._waiting, self._timer = merged(self._waiting), [], None
        for listener, _ in list(self._listeners.values()):
            listener(batch)

    async def _look_on(self) -> None:
        """Compare the files that somebody cares about with what they were like, again and again."""
        loop = asyncio.get_running_loop()
        seen: dict[Path, Stamp] = {}
        looked_at, pause_s = float("-inf"), 0.0
        while True:
            wanted = {path for _, files in self._listeners.values() for path in files()}
            due = loop.time() - looked_at >= pause_s
            pause_s = self._seldom_s if self._watch(wanted) else self._look_s
            if due or self._look_now.is_set() or wanted != seen.keys():
                self._look_now.clear()
                now = await asyncio.to_thread(_stamps, wanted)
                self.report(_differences(seen, now))
                seen, looked_at = now, loop.time()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_s):
                    await self._look_now.wait()

    def _watch(self, wanted: Collection[Path]) -> bool:
        """Watch the folders of the files, unless a client tells; return whether nothing is missed from now on."""
        folders = frozenset() if self.told else frozenset(path.parent for path in wanted)
        if self._waker is None and folders:
            self._waker = Waker(self._look_now.set)
        woken = self._waker is not None and self._waker.watch(folders)
        return self.told or woken


def merged(events: Iterable[FileEvent]) -> tuple[FileEvent, ...]:
    """Return moves in their order, then one event for each path that says what became of it."""
    moves: list[FileEvent] = []
    kinds: dict[Path, Literal["created", "changed", "deleted"]] = {}
    for event in events:
        if event.kind == "moved":
            moves.append(event)
            kinds = {event.follow(path): kind for path, kind in kinds.items() if kind != "deleted"} | {
                path: kind for path, kind in kinds.items() if kind == "deleted" and not event.concerns(path)
            }
        elif event.kind == "deleted":
            kinds[event.path] = "deleted"
        else:
            created = kinds.get(event.path, event.kind) == "created"
            kinds[event.path] = "created" if created else "changed"
    # Watchers see a move as a deletion and a creation.
    for move in moves:
        new = FileEvent(move.moved_to or move.path, "created")
        kinds = {
            path: kind
            for path, kind in kinds.items()
            if not (kind == "deleted" and move.concerns(path)) and not (kind == "created" and new.concerns(path))
        }
    return (*moves, *(FileEvent(path, kind) for path, kind in kinds.items()))


def _stamps(paths: Collection[Path]) -> dict[Path, Stamp]:
    found: dict[Path, Stamp] = {}
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            found[path] = None
        else:
            found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _differences(before: Mapping[Path, Stamp], now: Mapping[Path, Stamp]) -> list[FileEvent]:
    return [
        FileEvent(path, "deleted" if stamp is None else "created" if before[path] is None else "changed")
        for path, stamp in now.items()
        if path in before and before[path] != stamp
    ]
