"""A change of files as a model wrote it, whatever the format, and what becomes of the files: all of it or nothing.

The formats are read by `blocks` (search/replace), `v4a` and `unified`; a whole file is one `FilePatch` with a text.
Pure: texts come in as a mapping and go out as values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from conduit.edits import elision
from conduit.edits.edit import TextEdit
from conduit.edits.lines import Source
from conduit.edits.passages import Passage, edit_in_order, edit_one_by_one, rewrite
from conduit.errors import EditAmbiguous, EditNotFound, InvalidArguments, PathNotFound, ToolError

Action = Literal["create", "update", "write", "delete"]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What shall happen to one file.

    Attributes:
        path: the file, as the patch names it.
        action: `create` wants no file there, `update` changes parts of one, `write` gives the whole text of a file,
            which may be new, `delete` takes it away.
        passages: the changes of an update; of a delete at most one, with the text that the file should have.
        text: the whole text of a `create` or `write`.
        moved_to: the new name of an updated file, or None.
        ordered: the passages stand in the order of the file, and all quote the text as it was before; otherwise each
            one may also quote what the ones before it wrote.
    """

    path: str
    action: Action
    passages: tuple[Passage, ...] = ()
    text: str = ""
    moved_to: str | None = None
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """What becomes of one file.

    Attributes:
        path: the file before; for a new file, its name.
        before: its text, or None when it is new.
        after: its new text, or None when it is deleted.
        moved_to: its new name, or None when it keeps it.
        edits: the smallest replacements of lines that turn `before` into `after`.
        notes: what each passage was found by.
    """

    path: str
    before: str | None
    after: str | None
    moved_to: str | None = None
    edits: tuple[TextEdit, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class _File:
    path: str
    name: str
    before: str | None
    text: str | None
    edits: tuple[TextEdit, ...] = ()
    touched: int = 0
    notes: list[str] = field(default_factory=list)


def apply(patches: Sequence[FilePatch], texts: Mapping[str, str | None]) -> list[PatchedFile]:
    """Return what becomes of each file that the patches name, in their order.

    Args:
        patches: what shall happen, one after the other.
        texts: the text of each file that `names` tells; None, or no entry, where there is none.

    Raises:
        EditNotFound: passages were not found; the message tells of all that failed.
        EditAmbiguous: passages fit more than one place, and all others were found.
        PathNotFound: a file that is to be changed is not there.
        InvalidArguments: a file that is to be created is there, or the patches contradict each other.
    """
    files = {path: _File(path, path, text, text) for path, text in texts.items()}
    changed: list[_File] = []
    problems: list[ToolError] = []
    for patch in patches:
        try:
            file = _patched(files, patch)
        except (EditNotFound, EditAmbiguous) as error:
            problems.append(error)
            continue
        if file not in changed:
            changed.append(file)
    if problems:
        raise _all_of(problems)
    return [
        PatchedFile(
            file.path if file.before is not None else file.name,
            file.before,
            file.text,
            file.name if file.before is not None and file.text is not None and file.name != file.path else None,
            file.edits if file.touched == 1 else rewrite(file.before or "", file.text or "")[1],
            tuple(file.notes),
        )
        for file in changed
        if not (file.before is None and file.text is None)
    ]


def names(patches: Sequence[FilePatch]) -> list[str]:
    """Return every file whose text `apply` needs to know."""
    found = [name for patch in patches for name in (patch.path, patch.moved_to) if name]
    return list(dict.fromkeys(found))


def _patched(files: dict[str, _File], patch: FilePatch) -> _File:
    file = files.setdefault(patch.path, _File(patch.path, patch.path, None, None))
    if patch.action in {"create", "write"}:
        return _written(file, patch)
    if file.text is None:
        raise PathNotFound(f"{patch.path} is to be {patch.action}d, but there is no such file; nothing was changed.")
    if patch.action == "delete":
        if patch.passages and Source(patch.passages[0].old).keys != Source(file.text).keys:
            raise EditNotFound(f"{patch.path} is to be deleted, but its text is another by now; nothing was changed.")
        file.text, file.edits = None, ()
        file.touched += 1
        return file
    if patch.passages:
        edit = edit_in_order if patch.ordered else edit_one_by_one
        try:
            edited = edit(file.text, patch.passages)
        except (EditNotFound, EditAmbiguous) as error:
            raise type(error)(f"{patch.path}: {error}") from None
        file.text, file.edits = edited.text, edited.edits
        file.touched += 1
        file.notes += edited.notes
    if patch.moved_to and patch.moved_to != patch.path:
        _move(files, file, patch.moved_to)
    return file


def _written(file: _File, patch: FilePatch) -> _File:
    if patch.action == "create" and file.text is not None and file.text.strip():
        raise InvalidArguments(f"{patch.path} is to be created, but it is there already; nothing was changed.")
    if elision.lines_in(patch.text, file.text or ""):
        raise elision.refusal()
    file.text, file.edits = rewrite(file.text or "", patch.text)
    file.touched += 1
    return file


def _move(files: dict[str, _File], file: _File, target: str) -> None:
    there = files.get(target)
    if there is not None and there.text is not None:
        raise InvalidArguments(
            f"{file.name} is to be moved to {target}, but that is there already; nothing was changed."
        )
    del files[file.name]
    files[target] = file
    file.name = target


def _all_of(problems: Sequence[ToolError]) -> ToolError:
    if len(problems) == 1:
        return problems[0]
    kind = EditNotFound if any(isinstance(each, EditNotFound) for each in problems) else EditAmbiguous
    return kind("\n\n".join(map(str, problems)))
