"""Reviews: what the sessions of this workspace propose, and what the person decides about it, hunk by hunk.

Nothing of it reaches a buffer or the disk before the person accepts; then it is one recorded change for each turn that
proposed it. Proposals are in the log of their session, so they are there again after a restart. Used by `App`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol

from conduit.app.changes import Changes, Show
from conduit.app.hunk_log import HunkLog
from conduit.app.hunk_states import as_they_waited, file_pending, hunk_decided, hunk_of, moves
from conduit.app.parts import Parts
from conduit.app.selection import (
    Decided,
    PendingHunk,
    Selection,
    nothing_can_be_accepted,
    nothing_waits,
    question_about,
)
from conduit.app.undoing import FileTexts
from conduit.edits.again import beside, made_again, waiting_again
from conduit.edits.edit import FileChange
from conduit.edits.hunks import Hunk
from conduit.edits.overwritten import Overwritten
from conduit.edits.review import PendingFile, PendingFiles
from conduit.errors import ConduitError, PermissionDenied, SessionBusy, StaleDocument, ToolError, UserError
from conduit.sessions.events import Event, HunkDecided
from conduit.workspace.events import FileEvent

Dropped = Literal["rejected", "regenerated", "withdrawn"]
"""Why hunks are dropped; `withdrawn`: by whoever asked for them, before the person decided."""


class Emit(Protocol):
    """Stores events of a session in one transaction, and shows them."""

    def __call__(self, session_id: str, *events: Event) -> Awaitable[int]:
        """Return the seq of the last one when they are stored."""
        ...


Seen = tuple[str, str, Path | None]
"""What a hunk does, as the person saw it: its lines before and after, and where the file goes."""


def _seen(file: PendingFile, hunk: Hunk) -> Seen:
    return hunk.old, hunk.new, file.new_path if hunk.kind == "move" else None


class Reviews:
    """The proposals of all sessions of one workspace."""

    def __init__(self, parts: Parts, changes: Changes, emit: Emit, show: Show) -> None:
        """`show` shows events that another process stored."""
        self._store = parts.store
        self._texts = parts.blobs
        self._workspace = parts.workspace
        self._approver = parts.approver
        self._changes = changes
        self._emit = emit
        self._show = show
        self._pending: dict[str, PendingFiles] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._deciding: dict[str, bool] = {}
        self._settled = asyncio.Event()
        self._regenerating: set[str] = set()
        self._found = False
        self._log = HunkLog(parts.store, parts.blobs)
        self._moved: dict[str, set[Path]] = {}
        self._away: dict[str, set[Path]] = {}
        self._offering: set[asyncio.Task[None]] = set()

    async def of(self, session_id: str) -> PendingFiles:
        """Return what waits in a session, for what the person has now."""
        # Another process may have the session too, such as `conduit review` beside an editor's server.
        async with self._log.reading(session_id) as news:
            pending = self._pending.setdefault(session_id, PendingFiles(self._open_text))
            pending.put(news.files)
            dropped = news.dropped
            pending.put([file.without(dropped) for file in pending if any(hunk.id in dropped for hunk in file.hunks)])
        await self._refresh(session_id, pending)
        return pending

    async def look(self) -> None:
        """See what other processes proposed and decided since the last look, in whatever session, and show it."""
        for stored in await self._log.news():
            await self.of(stored.session_id)
            self._show(stored.session_id, stored.seq, stored.event)

    async def hunks(self, session_id: str | None = None, selection: Selection | None = None) -> list[PendingHunk]:
        """Return the hunks that wait, of one session or of all, file by file in order."""
        if session_id is None and not self._found:
            for stored in await self._store.events_of("file_pending"):
                await self.of(stored.session_id)
            self._found = True
        sessions = [one for one in self._pending if not self._deciding.get(one)] if session_id is None else [session_id]
        wanted = selection or Selection()
        return [
            PendingHunk(one, file, hunk)
            for one in sessions
            for file in await self.of(one)
            for hunk in file.hunks
            if wanted.takes(file, hunk)
        ]

    def known(self) -> list[PendingHunk]:
        """Return the hunks that wait as far as they were looked at, without waiting for a disk."""
        return [
            PendingHunk(one, file, hunk)
            for one, pending in self._pending.items()
            if not self._deciding.get(one)
            for file in pending
            for hunk in file.hunks
        ]

    @contextmanager
    def deciding(self, session_id: str, *, hidden: bool) -> Iterator[None]:
        """Have the end of the App wait while all of a session is decided at once; `hidden`: none of it is listed."""
        self._deciding[session_id] = hidden
        try:
            yield
        finally:
            del self._deciding[session_id]
            self._settled.set()

    async def settle(self, timeout_s: float = 2.0) -> None:
        """Wait until nothing is being decided, but not for ever."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._deciding:
                    self._settled.clear()
                    await self._settled.wait()
        await asyncio.gather(*self._offering, return_exceptions=True)
        for session_id in [one for one, paths in self._moved.items() if paths]:
            with suppress(ConduitError):  # another process has the session: what is in the log is older, and right
                async with self._lock(session_id):
                    await self._record(session_id, "", self._pending[session_id], [], ())

    @contextmanager
    def regenerating(self, session_id: str) -> Iterator[None]:
        """Drop a hunk and ask for another, one at a time: a hunk that is dropped must have its turn; SessionBusy."""
        if session_id in self._regenerating:
            raise SessionBusy("Another proposal is being made in this session. Wait for its end.")
        self._regenerating.add(session_id)
        try:
            yield
        finally:
            self._regenerating.discard(session_id)

    async def accept(self, session_id: str, selection: Selection) -> Decided:
        """Apply hunks, those of one turn as one change; a conflict only when it is named.

        The person is asked about protected files among them, whatever was asked before.

        Raises:
            UserError: nothing that is meant waits, or it was not applied; the sentence says why.
            StaleDocument: they were to be accepted together, and the text is another one by now.
            PermissionDenied: the person does not want a protected file written, or nobody can be asked.
        """
        chosen = await self._consent(session_id, selection)
        async with self._lock(session_id):
            meant, left = await self._meant(session_id, selection)
            change_ids: list[str] = []
            for turn_id in dict.fromkeys(each.hunk.turn_id for each in meant):
                seen = {each.hunk.id: chosen.get(each.hunk.id) for each in meant if each.hunk.turn_id == turn_id}
                change_ids.append(await self._accept_turn(session_id, turn_id, seen, together=selection.together))
            waiting = {each.hunk.id for each in await self.hunks(session_id)}
            left += [each for each in meant if each.hunk.id in waiting]
            done = tuple(each for each in meant if each.hunk.id not in waiting)
            return Decided(done, tuple(left), tuple(change_ids))

    async def reject(self, session_id: str, selection: Selection, decision: Dropped = "rejected") -> Decided:
        """Drop hunks; nothing is applied. Raises UserError when nothing that is meant waits."""
        async with self._lock(session_id):
            pending = await self.of(session_id)
            meant = await self.hunks(session_id, selection)
            if not meant:
                raise nothing_waits(selection)
            ids = {each.hunk.id for each in meant}
            touched = [file for file in pending if any(hunk.id in ids for hunk in file.hunks)]
            after = [file.without(ids) for file in touched]
            decided = [hunk_decided(each.file, each.hunk, decision) for each in meant]
            await self._record(session_id, meant[0].hunk.turn_id, pending, after, decided)
            return Decided(tuple(meant))

    def forget(self, session_id: str) -> None:
        """Know nothing more of a session that was deleted."""
        self._pending.pop(session_id, None)
        self._locks.pop(session_id, None)

    async def wait_again(self, session_id: str, ids: Collection[str]) -> None:
        """Let hunks that were withdrawn wait again, under new names, where the person has the same lines still."""
        async with self._lock(session_id):
            pending = await self.of(session_id)
            past = [file.at(await self._now(file.path)) for file in await self._log.past(session_id, ids)]
            again = [beside(pending.get(file.path), file) for file in past]
            await self._record(session_id, "", pending, again, ())

    async def stage(self, session_id: str, turn_id: str, changes: Sequence[FileChange]) -> str:
        """Let changes wait for the person; see `EditSink.submit`."""
        async with self._lock(session_id):
            pending = await self.of(session_id)
            files = pending.stage(changes, turn_id)
            await self._record(session_id, turn_id, pending, files, ())
        names = ", ".join(dict.fromkeys(change.new_name for change in changes))
        return f"Proposed the change of {names} to the person; it is not applied yet, but you read it as if it were."

    async def reverted(self, session_id: str, change_ids: Sequence[str], files: Sequence[FileTexts]) -> None:
        """Let accepted hunks wait again whose change was taken back; see `Changes.on_reverted`."""
        accepted = {
            stored.event.hunk_id: stored.event.change_id
            for stored in await self._store.events_of("hunk_decided", session_id=session_id)
            if isinstance(stored.event, HunkDecided) and stored.event.decision == "accepted"
        }
        decided = {hunk_id for hunk_id, change_id in accepted.items() if change_id in change_ids}
        if not decided:
            await self._made_again(session_id, accepted, files)
            return
        async with self._lock(session_id):
            texts = {file.path: file for file in files}
            pending = await self.of(session_id)
            again: list[PendingFile] = []
            newest = as_they_waited(await self._store.events_of("file_pending", session_id=session_id), decided)
            back = {Path(event.moved_to) for event in newest.values() if event.moved_to and moves(event, decided)}
            for event in newest.values():
                hunks = [hunk_of(state) for state in event.hunks if state.id in decided]
                path, target = Path(event.path), Path(event.moved_to or event.path)
                if path not in texts or (path in back and texts[path].after is None):
                    continue  # of the latter, all that waits goes with the file to where it is again
                moved = moves(event, decided)
                with_them = texts[target].before if moved and target in texts else texts[path].before
                file = pending.get(path)
                if file is None and moved and (there := pending.get(target)) is not None and there.path == target:
                    again.append(replace(there, hunks=()))
                    file = replace(there, path=path, name=event.name)
                file = file or PendingFile(path, event.name, texts[path].after, ())
                file = waiting_again(file, texts[path].after, with_them, hunks)
                again.append(replace(file, moved_to=target, moved_name=event.moved_name) if moved else file)
            if again:
                await self._record(session_id, "", pending, again, ())

    async def _made_again(self, session_id: str, accepted: Collection[str], files: Sequence[FileTexts]) -> None:
        async with self._lock(session_id):
            pending = await self.of(session_id)
            changed = made_again(pending, accepted, {file.path: file.after for file in files})
            await self._record(session_id, "", pending, changed, ())

    def offer(self, session_id: str, turn_id: str, found: Sequence[Overwritten]) -> None:
        """Let lines wait that a person typed and an edit went over; see `Changes.on_overwritten`."""
        task = asyncio.create_task(self._offer(session_id, turn_id, found))
        self._offering.add(task)
        task.add_done_callback(self._offering.discard)

    async def _offer(self, session_id: str, turn_id: str, found: Sequence[Overwritten]) -> None:
        async with self._lock(session_id):
            pending = await self.of(session_id)
            for one in found:
                document = self._workspace.document(one.path)
                file = pending.get(one.path)
                before = file.text if file is not None else document.text if document is not None else None
                if before is None or not one.lost(before):
                    continue
                change = FileChange(one.path, one.name, before, one.put_back(before))
                await self._record(session_id, turn_id, pending, pending.stage([change], turn_id), ())

    async def follow(self, events: Sequence[FileEvent]) -> None:
        """Follow files that were renamed."""
        for session_id, pending in list(self._pending.items()):
            for event in (one for one in events if one.moved_to is not None):
                async with self._lock(session_id):
                    moved = [(file.path, event.follow(file.path)) for file in pending if event.concerns(file.path)]
                    for old, new in moved:
                        changed = pending.rename(old, new, self._workspace.name_of(new))
                        await self._record(session_id, "", pending, changed, ())

    def paths(self) -> list[Path]:
        """Return the files in which something waits."""
        return [file.path for pending in self._pending.values() for file in pending]

    async def _consent(self, session_id: str, selection: Selection) -> dict[str, Seen]:
        """Return what each hunk that is meant would do; asks about protected files."""
        meant, _ = await self._meant(session_id, selection)
        chosen = {each.hunk.id: _seen(each.file, each.hunk) for each in meant}
        question = question_about(meant)
        if question is not None and not (await self._approver.ask(question)).startswith("allow"):
            raise PermissionDenied(f"Nothing was accepted. {question.reason}")
        return chosen

    async def _accept_turn(
        self, session_id: str, turn_id: str, seen: Mapping[str, Seen | None], *, together: bool
    ) -> str:
        """Accept hunks; `seen` says of each what it would have done when it was chosen."""
        pending = self._pending[session_id]
        # What is typed in this very moment may be in lines that a hunk replaces, and a turn that runs on may propose
        # something else for them while the person is asked: nobody chose that.
        now = {hunk.id: _seen(file, hunk) for file in pending for hunk in file.hunks if hunk.id in seen}
        ids = {hunk_id for hunk_id, does in now.items() if seen[hunk_id] == does}
        if not ids or (together and len(ids) < len(seen)):
            typed = any(was is not None and (one not in now or now[one][0] != was[0]) for one, was in seen.items())
            why = "you changed its lines just now" if typed else "something else is proposed by now; look at it first"
            raise UserError(f"Nothing of that turn was accepted: {why}.")
        touched = [file for file in pending if any(hunk.id in ids for hunk in file.hunks)]
        accepted = [file.accept(ids) for file in touched]
        meant = [PendingHunk(session_id, file, hunk) for file in touched for hunk in file.hunks if hunk.id in ids]
        if any(each.hunk.conflict for each in meant):  # an undo must know what the person had there
            await self._record(session_id, turn_id, pending, touched, ())
        try:
            change = await self._changes.apply(session_id, turn_id, "accept", [change for change, _ in accepted])
        except StaleDocument as error:
            raise UserError(
                f"Nothing of that turn was accepted: {error.path} is not as it was ({error.found})."
            ) from error
        except ToolError as error:
            raise UserError(f"Nothing of that turn was accepted: {error}") from error
        moved = [
            replace(old, hunks=()) for old, (_, new) in zip(touched, accepted, strict=True) if old.path != new.path
        ]
        decided = [
            hunk_decided(each.file, each.hunk, "accepted", None if together else change.change_id) for each in meant
        ]
        await self._record(session_id, turn_id, pending, [*moved, *(after for _, after in accepted)], decided)
        return change.change_id

    async def _meant(self, session_id: str, selection: Selection) -> tuple[list[PendingHunk], list[PendingHunk]]:
        found = await self.hunks(session_id, selection)
        for each in found if selection.together else ():
            if each.hunk.conflict or selection.bases.get(each.file.path, each.file.base) != each.file.base:
                raise StaleDocument(each.file.name, "the text that was read", "other text")
        away = self._away.get(session_id, set())
        meant = [each for each in found if each.hunk.id in selection.ids or not self._is_left(each, away)]
        if not meant:
            raise nothing_can_be_accepted(selection, found, [each for each in found if each.file.path in away])
        named = {each.hunk.id for each in meant}
        return meant, [each for each in found if each.hunk.id not in named]

    @staticmethod
    def _is_left(each: PendingHunk, away: Collection[Path]) -> bool:
        """Say whether a hunk is only accepted by its own name: the person has been where it would go."""
        return each.hunk.conflict or each.file.path in away

    async def _record(
        self,
        session_id: str,
        turn_id: str,
        pending: PendingFiles,
        files: Iterable[PendingFile],
        decided: Sequence[HunkDecided],
    ) -> None:
        files = list(files)
        pending.put(files)
        moved = self._moved.pop(session_id, set()) - {file.path for file in files}
        if moved:  # with what was typed, and what is gone since it was typed by hand: so it is after a restart
            there = {file.path: file for file in pending}
            files += [there.get(path) or PendingFile(path, self._workspace.name_of(path), None, ()) for path in moved]
        events: list[Event] = [
            file_pending(
                turn_id,
                file,
                None if file.base is None or not file.hunks else await asyncio.to_thread(self._texts.put, file.base),
            )
            for file in files
        ]
        if events or decided:
            last = await self._emit(session_id, *events, *decided)
            self._log.own(last, len(events) + len(decided))

    async def _refresh(self, session_id: str, pending: PendingFiles) -> None:
        """Look at what the person has now; what is open is always looked at, and closed files are read."""
        for file in pending:
            now = await self._now(file.path)
            away = self._away.setdefault(session_id, set())
            (away.add if now is None and file.base is not None else away.discard)(file.path)
            if pending.move_base(file.path, now):
                self._moved.setdefault(session_id, set()).add(file.path)

    async def _now(self, path: Path) -> str | None:
        """Return what the person has at a path; what is no text, or out of reach, is as if it were away."""
        if (text := self._open_text(path)) is not None:
            return text
        try:
            reading = await self._workspace.read_disk(path)
        except ToolError:
            return None
        return reading.text if reading else None

    def _open_text(self, path: Path) -> str | None:
        document = self._workspace.document(path)
        return document.text if document else None

    def _lock(self, session_id: str) -> asyncio.Lock:
        return self._locks.setdefault(session_id, asyncio.Lock())
