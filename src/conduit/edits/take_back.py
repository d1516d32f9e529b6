"""Takes back what has landed of a plan that failed: through the editor what a buffer shows, the rest on disk.

What the person typed since stays: the way back is moved through it. Where both are about the same lines, theirs stays,
and the file is named.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from conduit.edits.edit import Applier, FileChange, HalfApplied
from conduit.edits.landing import is_right
from conduit.edits.overwritten import Overwritten
from conduit.edits.planning import Plan
from conduit.edits.rebase import rebase
from conduit.errors import EditRefused, StaleDocument, ToolError
from conduit.sandbox.confine import DiskChange, Door
from conduit.workspace.encoding import decode
from conduit.workspace.workspace import Workspace

_log = logging.getLogger(__name__)

_LABEL = "Conduit: take back"
_TRIES = 4
"""Each try is one edit; one fails when the person types in just that moment."""


class TakeBack:
    """Takes changes of one plan back."""

    def __init__(self, workspace: Workspace, door: Door, applier: Applier, plan: Plan) -> None:
        self._workspace = workspace
        self._door = door
        self._applier = applier
        self._before = plan.before
        self._kept = plan.kept
        self._sent = {change.path: change for change in plan.opened}
        self._over: list[Overwritten] = []

    def overwritten(self) -> list[Overwritten]:
        """Return where lines that were typed just before an edit landed on them are still missing."""
        found: list[Overwritten] = []
        for one in self._over:
            document = self._workspace.document(one.path)
            if document is not None and one.lost(document.text):
                found.append(one)
        return found

    async def run(self, landed: Sequence[FileChange]) -> list[str]:
        """Take all of `landed` back; return the names of the files that are not as they were."""
        left: list[str] = []
        shown: list[FileChange] = []
        unsaved: list[FileChange] = []
        for change in landed:
            if change.verb != "delete" and self._workspace.document(change.new_path) is not None:
                shown.append(change)
                self._note(change, self._sent.get(change.path))
                continue
            try:
                await asyncio.to_thread(self._restore, change)
            except (ToolError, OSError) as error:
                _log.warning("%s could not be put back: %s", change.name, error)
                left.append(change.name)
                continue
            on_disk = self._before.get(change.path)
            if change.verb == "delete" and on_disk is not None and change.before != on_disk.text:
                unsaved.append(FileChange(change.path, change.name, on_disk.text, change.before))
        for change in unsaved:
            try:
                await self._applier.apply([change], _LABEL)
            except (EditRefused, StaleDocument, HalfApplied):
                left.append(change.name)
        return list(dict.fromkeys([*left, *await self._in_editor(shown)]))

    def _restore(self, change: FileChange) -> None:
        """Put a file back that no buffer shows; raises ToolError or OSError when it is not what was left there."""
        on_disk = self._before.get(change.path)
        if on_disk is None:  # it was never on disk, and its buffer is closed
            return
        old = self._workspace.place_of(change.path)
        if change.verb == "delete":
            second_name = self._kept.get(change.path)
            if second_name is not None and second_name.restore():
                return
            self._door.carry_out([DiskChange(old.root, old.relative, None, on_disk.data, mode=on_disk.mode)])
            return
        new = self._workspace.place_of(change.new_path)
        now = self._door.read(new.root, new.relative)
        text, _ = decode(now.data, change.new_name)
        if text == on_disk.text:
            mine: str | None = text
        else:
            mine = change.before if text in (change.before, change.after) else _back(change, text)
        if mine is None:
            raise StaleDocument(change.new_name, "the text that was written", "other text")
        data = on_disk.data if mine == on_disk.text else on_disk.encoding.encode(mine, change.name)
        sha256 = hashlib.sha256(now.data).hexdigest()
        if change.moved_to is not None:
            as_it_is = data == now.data and new.root == old.root
            kept = None if as_it_is else data
            self._door.carry_out([DiskChange(new.root, new.relative, sha256, kept, old.relative, old.root)])
        elif data != now.data:
            self._door.carry_out([DiskChange(old.root, old.relative, sha256, data)])

    async def _in_editor(self, landed: Sequence[FileChange]) -> list[str]:
        """Send the way back of changes of open documents; return the names of those that are not as they were."""
        waiting, left = list(landed), list[str]()
        for _ in range(_TRIES):
            ways = {change: self._reverse(change) for change in waiting}
            left += [change.name for change, reverse in ways.items() if reverse is None]
            back = {change: reverse for change, reverse in ways.items() if reverse is not None and _changes(reverse)}
            waiting = list(back)
            if not back:
                return left
            try:
                await self._applier.apply(list(back.values()), _LABEL)
            except StaleDocument:
                continue
            except HalfApplied as error:
                sent = {reverse.path: reverse for reverse in back.values()}
                for one in error.landed:
                    self._note(one, sent.get(one.path))
                waiting, lost = _still_waiting(back, error.landed)
                left += [name for name in lost if name not in left]
            except EditRefused as error:
                _log.warning("the editor does not take back a change: %s", error)
                if len(waiting) == 1:
                    break
                return left + [name for change in waiting for name in await self._in_editor([change])]
            else:
                return left
        return [*left, *(change.name for change in waiting if change.name not in left)]

    def _note(self, made: FileChange, sent: FileChange | None) -> None:
        if sent is None or made.before is None or sent.before == made.before:
            return
        texts = (sent.before or "", sent.after or "", made.before, made.after or "")
        self._over.append(Overwritten(made.new_path, made.new_name, *texts))

    def _reverse(self, change: FileChange) -> FileChange | None:
        """Return the way back of a change from where its document is now; None when the person's text is in the way."""
        document = self._workspace.document(change.new_path)
        text = None if document is None else _back(change, document.text)
        if document is None or text is None:
            return None
        moved = change.moved_to is not None
        return FileChange(
            path=change.new_path,
            name=change.new_name,
            before=document.text,
            after=text,
            version=document.version,
            moved_to=change.path if moved else None,
            moved_name=change.name if moved else "",
        )


def _changes(reverse: FileChange) -> bool:
    """Say whether there is something to do; not so when the person, or the editor, took it back already."""
    return reverse.before != reverse.after or reverse.moved_to is not None


def _back(change: FileChange, now: str) -> str | None:
    """Return a text without the change; None when what was typed since meets it."""
    before = change.before or ""
    return before if now == before else rebase(change.after or "", before, now)


def _still_waiting(
    back: Mapping[FileChange, FileChange], landed: Sequence[FileChange]
) -> tuple[list[FileChange], list[str]]:
    """Return what is still to be taken back after a part of the ways `back` was carried out, and what cannot be."""
    made = {one.path: one for one in landed}
    waiting: list[FileChange] = []
    lost: list[str] = []
    for change, reverse in back.items():
        one = made.get(reverse.path)
        if one is None:
            waiting.append(change)
        elif one.moved_to != reverse.moved_to:
            waiting.append(replace(change, before=reverse.after, after=one.after))
        elif not is_right(reverse, one):
            # It came to a wrong place: what is wanted now is the text before that, with the way back in it.
            wanted = rebase(reverse.before or "", reverse.after or "", one.before or "")
            if wanted is None:  # what was typed before it is in the way: at least the wrong place is put right
                lost.append(change.name)
            waiting.append(replace(change, before=one.before if wanted is None else wanted, after=one.after))
    return waiting, lost
