"""From changes to what must be done where: what is open goes through the editor, the rest through the door.

Looks, and changes nothing. A change that was made against an older text is moved through what happened since; one that
meets it is refused, so that nothing is ever put in a guessed place.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conduit.edits.edit import FileChange, Operation
from conduit.edits.rebase import rebase
from conduit.errors import EditRefused, NotText, PathNotFound, PermissionDenied, StaleDocument
from conduit.sandbox.confine import DiskChange, Door, Kept
from conduit.sandbox.protected import protected_reason
from conduit.workspace.document import Document
from conduit.workspace.encoding import UTF8, Encoding, decode
from conduit.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file as it is on disk before the plan: its text, and the bytes and permission bits to put it back."""

    text: str
    encoding: Encoding
    data: bytes
    sha256: str
    mode: int


@dataclass
class Plan:
    """What must be done.

    Attributes:
        opened: for the editor, each with the version and text that it is made for.
        disk: for the door, in an order in which no step is in the way of another.
        closed: the changes that `disk` carries out.
        before: what is on disk of the files in `opened` and of those that stay open over a change on disk.
        clean: paths of `opened` whose buffer is as on disk.
        kept: files that the editor is to delete, held until the plan is through.
        left_open: changes of `closed` whose file is open in an editor that cannot move or delete it.
    """

    opened: list[FileChange] = field(default_factory=list)
    disk: list[DiskChange] = field(default_factory=list)
    closed: list[FileChange] = field(default_factory=list)
    before: dict[Path, OnDisk] = field(default_factory=dict)
    clean: set[Path] = field(default_factory=set)
    kept: dict[Path, Kept] = field(default_factory=dict)
    left_open: list[FileChange] = field(default_factory=list)


class Planner:
    """Makes plans for one workspace; `operations` is what the editor does with files."""

    def __init__(self, workspace: Workspace, door: Door, operations: frozenset[Operation]) -> None:
        self._workspace = workspace
        self._door = door
        self._operations = operations

    async def plan(self, changes: Sequence[FileChange]) -> Plan:
        """Return what must be done for `changes`.

        Raises:
            StaleDocument: the text that a change was made against is gone, or another file has the name by now.
            EditRefused: they contradict each other, or the editor cannot do it.
            PermissionDenied, OutsideWorkspace, NotText: a file may not, or cannot, be written.
        """
        _refuse_twins(changes)
        for change in changes:
            await self._check_names(change)
        plan = Plan()
        steps: list[tuple[FileChange, DiskChange]] = []
        for change in changes:
            document = self._workspace.document(change.path)
            if document is not None and await self._comes_back(change, document):
                plan.left_open.append(change)
                document = None
            if document is not None and await self._plan_open(plan, change, document):
                continue
            current, step = await self._plan_closed(plan, change, document)
            steps.append((current, step))
        for current, step in _ordered(steps):
            plan.closed.append(current)
            plan.disk.append(step)
        return plan

    async def _comes_back(self, change: FileChange, document: Document) -> bool:
        """Say whether a file is to be on disk again of which the editor still shows just that text."""
        if change.before is not None or change.after != document.text:
            return False
        return await asyncio.to_thread(self._look, change.path) is None

    async def _plan_open(self, plan: Plan, change: FileChange, document: Document) -> bool:
        """Plan the change of an open document; False when its file must be moved or deleted on disk."""
        try:
            on_disk = await asyncio.to_thread(self._look, change.path)
        except NotText:  # an editor can read more than we do; its text is what counts
            if change.verb in ("move", "delete"):
                raise
            on_disk = None
        if on_disk is not None:
            plan.before[change.path] = on_disk
        current = _current(change, document.text, f"version {document.version}")
        if change.verb in ("move", "delete"):
            operation: Operation = "rename" if change.verb == "move" else "delete"
            if on_disk is None:
                raise EditRefused(f"{change.name} is only in the editor and not saved; the person must {operation} it.")
            if change.moved_to is not None:
                await self._require_free(change.moved_to, change.moved_name)
            if operation not in self._operations:
                plan.left_open.append(change)
                return False
        if on_disk is not None and on_disk.text == document.text:
            plan.clean.add(change.path)
        plan.opened.append(replace(current, version=document.version))
        return True

    async def _plan_closed(
        self, plan: Plan, change: FileChange, document: Document | None
    ) -> tuple[FileChange, DiskChange]:
        place = self._workspace.place_of(change.path)
        on_disk = plan.before.get(change.path) or await asyncio.to_thread(self._look, change.path)
        if on_disk is None:
            if change.before is not None:
                raise StaleDocument(change.name, "the text that was read", "gone")
            encoding = change.encoding or (await self._workspace.style_of(change.path)).encoding or UTF8
            new = encoding.encode(change.after or "", change.name)
            return change, DiskChange(place.root, place.relative, None, new, mode=change.mode)
        if change.before is None:
            raise StaleDocument(change.name, "no file", "a file that exists")
        if not on_disk.mode & 0o222:
            raise PermissionDenied(f"{change.name!r} is read-only.")
        if change.before == change.after and document is None and on_disk.text != change.before:
            raise StaleDocument(change.name, "the text that was read", "other text")  # moved by what is in it
        # What an open document has that is not saved goes along, so that it is not left behind.
        current = _current(change, document.text if document else on_disk.text, "other text")
        data = None if change.after is None else on_disk.encoding.encode(current.after or "", change.name)
        if change.moved_to is None:
            return current, DiskChange(place.root, place.relative, on_disk.sha256, data)
        target = self._workspace.place_of(change.moved_to)
        as_it_is = data == on_disk.data and target.root == place.root
        return current, DiskChange(
            place.root,
            place.relative,
            on_disk.sha256,
            None if as_it_is else data,
            target.relative,
            target.root,
        )

    async def _check_names(self, change: FileChange) -> None:
        for path, name in dict.fromkeys(((change.path, change.name), (change.new_path, change.new_name))):
            self._workspace.check_writable(path)
            place = self._workspace.place_of(path)
            try:
                real = await asyncio.to_thread(self._door.real_name, place.root, place.relative)
            except PathNotFound:
                real = place.relative
            self._workspace.check_writable(place.root / real)
            # The person was asked about the name, so the name must say what is written.
            hidden = protected_reason(real)
            if hidden is not None and protected_reason(place.relative) is None:
                raise PermissionDenied(f"{name!r} leads to {real!r}, which is {hidden}. Name that file itself.")

    async def _require_free(self, path: Path, name: str) -> None:
        """Make sure that a move in the editor goes over nothing."""
        place = self._workspace.place_of(path)
        if self._workspace.document(path) is not None:
            raise StaleDocument(name, "no file", "open in the editor")
        try:
            await asyncio.to_thread(self._door.kind, place.root, place.relative)
        except PathNotFound:
            return
        raise StaleDocument(name, "no file", "a file that exists")

    def _look(self, path: Path) -> OnDisk | None:
        place = self._workspace.place_of(path)
        try:
            found = self._door.read(place.root, place.relative)
        except PathNotFound:
            return None
        text, encoding = decode(found.data, repr(self._workspace.name_of(path)))
        return OnDisk(text, encoding, found.data, hashlib.sha256(found.data).hexdigest(), found.mode)


def _current(change: FileChange, text: str, found: str) -> FileChange:
    """Return the change for the text that is there now.

    Raises:
        StaleDocument: what happened to the text since meets the change, or the file shall be deleted.
    """
    before = change.before or ""
    if text == before:
        return change
    after = None if change.after is None or change.before is None else rebase(before, change.after, text)
    if after is None:
        expected = "another text" if change.version is None else f"version {change.version}"
        raise StaleDocument(change.name, expected, found)
    return replace(change, before=text, after=after)


def _refuse_twins(changes: Sequence[FileChange]) -> None:
    sources = Counter(change.path for change in changes)
    targets = Counter(change.new_path for change in changes if change.verb in ("create", "move"))
    for change in changes:
        if sources[change.path] > 1 or targets[change.new_path] > 1:
            raise EditRefused(f"Two changes of {change.new_name} came in one call; nothing was changed.")


def _ordered(steps: Sequence[tuple[FileChange, DiskChange]]) -> list[tuple[FileChange, DiskChange]]:
    """Return the steps so that a name is free before another file takes it.

    Raises:
        EditRefused: files would change names in a ring.
    """
    left = list(steps)
    ordered: list[tuple[FileChange, DiskChange]] = []
    while left:
        leaving = {change.path for change, _ in left if change.verb in ("move", "delete")}
        free = next((one for one in left if one[0].verb != "move" or one[0].new_path not in leaving), None)
        if free is None:
            names = ", ".join(change.name for change, _ in left)
            raise EditRefused(f"{names} would change names in a ring; move one of them to a new name first.")
        left.remove(free)
        ordered.append(free)
    return ordered
