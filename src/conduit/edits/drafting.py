"""From what a model wrote about files to changes like any other, for the texts that tools read. It changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from conduit.edits.caution import refuse_own_settings
from conduit.edits.edit import FileChange, diff_of
from conduit.edits.patch import FilePatch, PatchedFile, apply, names
from conduit.edits.proposal import touched
from conduit.edits.style import in_project_style
from conduit.edits.syntax import broken_by_edit
from conduit.errors import InvalidArguments, PathNotFound, ToolError
from conduit.workspace.encoding import decode
from conduit.workspace.names import shown
from conduit.workspace.workspace import Reading, Workspace


@dataclass(frozen=True, slots=True)
class Draft:
    """Changes for an `EditSink`.

    Attributes:
        changes: what becomes of each file.
        names: of all files that are touched: as they are, as they shall be, and as the model called them.
        notes: sentences for the model about what was found in spite of differences.
    """

    changes: tuple[FileChange, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no model may change; raises PermissionDenied."""
        refuse_own_settings(self.changes)

    def diff(self) -> str:
        """Return the diff of all changes."""
        return diff_of(self.changes)


async def draft(patches: Sequence[FilePatch], workspace: Workspace) -> Draft:
    """Return the changes that patches mean, all of them.

    Args:
        patches: with the names as the model wrote them.
        workspace: as the tools read it.

    Raises:
        ToolError: one of them cannot be made, so none is; the message says which, and why.
    """
    known = {name: await _look(workspace, name) for name in names(patches)}
    await _refuse_missing(patches, known, workspace)
    named = [
        replace(one, path=known[one.path].name, moved_to=known[one.moved_to].name if one.moved_to else None)
        for one in patches
    ]
    files = {file.name: file for file in known.values()}
    texts = {name: file.reading.text if file.reading else None for name, file in files.items()}
    patched = await asyncio.to_thread(apply, named, texts)
    changes = [await _change(one, files, workspace) for one in patched]
    changes = [one for one in changes if one.before != one.after or one.moved_to is not None]
    if not changes:
        raise InvalidArguments("The files have this text already; nothing would change.")
    changes = await _made_anew(changes, workspace)
    notes = [note for one in patched for note in _found(one)]
    return Draft(tuple(changes), _names(changes, known.values()), tuple(notes))


def find_broken(changes: Sequence[FileChange]) -> list[str]:
    """Return a sentence about each file that parsed before its change, or is new, and does not parse with it."""
    said: list[str] = []
    for change in changes:
        if change.after is not None and change.after != change.before:
            problem = broken_by_edit(change.new_name, change.before, change.after)
            any_more = "" if change.before is None else " any more"
            if problem:
                said.append(f"{shown(change.new_name)} does not parse{any_more} ({problem}).")
    return said


async def change_of(
    workspace: Workspace, path: Path, reading: Reading | None, after: str, *, name: str = ""
) -> FileChange:
    """Return the change that gives a file a text; a new or empty file takes the style that the project wants.

    Raises:
        NotText: the file's encoding has no such character.
    """
    if reading is not None and reading.text:
        encoding = None if reading.version is not None else reading.encoding
        known = FileChange(reading.path, reading.name, reading.text, after, reading.version)
    else:
        encoding = (await workspace.style_of(path)).encoding
        before = None if reading is None else reading.text
        known = FileChange(path, name or workspace.name_of(path), before, after, reading.version if reading else None)
    known = await in_project_style(known, workspace)
    if encoding is not None:
        encoding.encode(known.after or "", known.name)
    return known


@dataclass(frozen=True, slots=True)
class _Known:
    """A file that was named: its own name and path, links resolved, and how it was called."""

    name: str
    path: Path
    called: str
    reading: Reading | None


async def _look(workspace: Workspace, name: str) -> _Known:
    path = workspace.path_of(name)
    workspace.check_writable(path)
    reading = await workspace.read_or_none(name)
    called = workspace.name_of(path)
    if reading is not None:
        workspace.check_writable(reading.path)
        return _Known(reading.name, reading.path, called, reading)
    if name.endswith("/"):
        raise PathNotFound(f"{name[:200]!r} is the name of a folder, not of a file.")
    return _Known(called, path, called, None)


async def _refuse_missing(patches: Sequence[FilePatch], known: dict[str, _Known], workspace: Workspace) -> None:
    made: set[str] = set()
    for patch in patches:
        file = known[patch.path]
        if patch.action in ("update", "delete"):
            if file.reading is None and file.name not in made:
                await workspace.read(patch.path)  # says what there is instead
            if (patch.action == "delete" or patch.moved_to) and file.name != file.called:
                raise InvalidArguments(
                    f"{shown(file.called)} is a link to {shown(file.name)}; nothing was changed. Name that file itself."
                )
        made.add(file.name)
        if patch.moved_to:
            made.add(known[patch.moved_to].name)


async def _change(one: PatchedFile, files: dict[str, _Known], workspace: Workspace) -> FileChange:
    file = files[one.path]
    if one.after is None:
        reading = file.reading
        return FileChange(file.path, file.name, one.before, None, reading.version if reading else None)
    change = await change_of(workspace, file.path, file.reading, one.after, name=file.name)
    if one.moved_to is None:
        return change
    target = files[one.moved_to]
    return replace(change, moved_to=target.path, moved_name=target.name)


async def _made_anew(changes: list[FileChange], workspace: Workspace) -> list[FileChange]:
    """Return changes where a file that is moved away and made anew is edited, and one with its text is created."""
    stay = {change.path for change in changes if change.moved_to is None}
    paths = [change.path for change in changes]
    result: list[FileChange] = []
    for change in changes:
        if paths.count(change.path) == 1 or change.moved_to is None:
            result.append(change)
            continue
        if change.path not in stay:
            raise InvalidArguments(f"{shown(change.name)} is moved twice in one call; nothing was changed.")
        copy = FileChange(change.moved_to, change.moved_name, None, change.after)
        place = workspace.place_of(change.path)
        with suppress(ToolError):  # not on disk yet
            found = await asyncio.to_thread(workspace.door.read, place.root, place.relative)
            copy = replace(copy, encoding=decode(found.data, change.name)[1], mode=found.mode)
        result.append(copy)
    return result


def _found(one: PatchedFile) -> list[str]:
    plain = ("exact", "an empty file")
    differences = dict.fromkeys(note for note in one.notes if note not in plain)
    return [f"{shown(one.path)}: found in spite of other {note}." for note in differences]


def _names(changes: Sequence[FileChange], known: Iterable[_Known]) -> tuple[str, ...]:
    real = touched(changes)
    called = [file.called for file in known if file.name in real]
    return tuple(dict.fromkeys([*real, *called]))
