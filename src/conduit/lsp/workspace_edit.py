"""A language server's `WorkspaceEdit` tried out on the texts as they are: what each file would be, or why not.

Nothing is changed here. The steps are played in order on copies, so that an edit may speak of a file that the step
before it created or renamed; one step that makes no sense refuses all of them. (LSP 3.18, *WorkspaceEdit*.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from conduit.errors import EditRefused, OutsideWorkspace, StaleDocument
from conduit.lsp.convert import path_from_uri
from conduit.lsp.protocol.abilities import (
    FileOptions,
    VersionedDocument,
    WireCreate,
    WireDelete,
    WireDocumentEdit,
    WireRename,
    WireTextEdit,
    WireWorkspaceEdit,
)
from conduit.workspace.document import Document, split_lines
from conduit.workspace.language import Proposal, ProposedFile
from conduit.workspace.positions import PositionEncoding
from conduit.workspace.workspace import Workspace

MAX_STEPS = 1000
MAX_EDITS = 50_000
MAX_CHARACTERS = 10_000_000


@dataclass
class _File:
    """A file while the steps are played: where it came from and its text now; None stands for "not there"."""

    origin: Path
    before: str | None
    version: int | None
    now: str | None


class EditTrial:
    """Plays the steps of one `WorkspaceEdit`.

    Args:
        workspace: the files, as the editor shows them.
        encoding: the unit of columns in the edit.
        versions: the open documents when the editor was asked; an edit without versions is for these.
    """

    def __init__(self, workspace: Workspace, encoding: PositionEncoding, versions: Mapping[Path, int]) -> None:
        self._workspace = workspace
        self._encoding = encoding
        self._versions = versions
        self._files: dict[Path, _File] = {}
        self._gone: list[_File] = []

    async def play(self, raw: Mapping[str, Any]) -> Proposal:
        """Return what the edit would do.

        Raises:
            EditRefused: it is malformed, too large, or its steps do not fit the files.
            StaleDocument: it is for another version of a document.
            OutsideWorkspace, PermissionDenied: it touches a file that must not be changed.
        """
        for step in _steps(raw):
            match step:
                case WireDocumentEdit():
                    await self._edit(step.text_document.uri, step.text_document.version, step.edits)
                case WireCreate():
                    await self._create(step.uri, step.options or FileOptions())
                case WireRename():
                    await self._rename(step.old_uri, step.new_uri, step.options or FileOptions())
                case WireDelete():
                    await self._delete(step.uri, step.options or FileOptions())
        return self._proposal()

    async def _edit(self, uri: str, version: int | None, edits: Sequence[WireTextEdit]) -> None:
        file, name = await self._load(uri)
        if file.now is None:
            raise EditRefused(f"The language server's edit changes {name}, which does not exist. Nothing was changed.")
        if file.version is None and file.origin in self._versions:
            raise StaleDocument(name, f"version {self._versions[file.origin]}", "closed")
        if file.version is not None:
            expected = version if version is not None else self._versions.get(file.origin, file.version)
            if expected != file.version:
                raise StaleDocument(name, f"version {expected}", f"version {file.version}")
        file.now = self._edited(file.now, name, edits)

    async def _create(self, uri: str, options: FileOptions) -> None:
        file, name = await self._load(uri)
        if file.now is not None and options.ignore_if_exists and not options.overwrite:
            return
        if file.now is not None and not options.overwrite:
            raise EditRefused(f"The language server's edit creates {name}, which exists. Nothing was changed.")
        file.now = ""

    async def _rename(self, old_uri: str, new_uri: str, options: FileOptions) -> None:
        file, old_name = await self._load(old_uri)
        target, new_name = await self._load(new_uri)
        if file.now is None:
            raise EditRefused(f"The language server's edit renames {old_name}, which does not exist.")
        if target.now is not None:
            if options.ignore_if_exists and not options.overwrite:
                return
            raise EditRefused(f"The language server's edit renames {old_name} over {new_name}, which exists.")
        old, new = self._key(file), self._key(target)
        if target.before is not None:
            raise EditRefused(f"The language server's edit puts {old_name} in the place of {new_name}.")
        self._files[new] = file
        self._files[old] = _File(old, None, None, None)

    async def _delete(self, uri: str, options: FileOptions) -> None:
        file, name = await self._load(uri)
        if file.now is None and not options.ignore_if_not_exists:
            raise EditRefused(f"The language server's edit deletes {name}, which does not exist.")
        file.now = None

    def _key(self, file: _File) -> Path:
        return next(path for path, other in self._files.items() if other is file)

    async def _load(self, uri: str) -> tuple[_File, str]:
        """Return a file that may be changed, and its name; raises for any other."""
        path = path_from_uri(uri)
        if path is None:
            raise OutsideWorkspace(f"The language server's edit touches {uri[:200]!r}, which is no file here.")
        name = self._workspace.name_of(path)
        self._workspace.check_writable(path)
        if path in self._files:
            return self._files[path], name
        reading = await self._workspace.read_or_none(str(path))
        if reading is None:
            self._files[path] = _File(path, None, None, None)
            return self._files[path], name
        self._workspace.check_writable(reading.path)
        file = self._files.setdefault(reading.path, _File(reading.path, reading.text, reading.version, reading.text))
        return file, reading.name

    def _edited(self, text: str, name: str, edits: Sequence[WireTextEdit]) -> str:
        lines = split_lines(text)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        document = Document("", None, "", 0, text)
        spans: list[tuple[int, int, int, str]] = []
        for number, edit in enumerate(edits):
            if not _is_text(edit.new_text):
                raise EditRefused(f"The language server's edit of {name} puts in what is no text. Nothing was changed.")
            if edit.range.start.line >= document.line_count:
                raise EditRefused(
                    f"The language server's edit of {name} begins at line {edit.range.start.line + 1}, "
                    f"but the file has {document.line_count}. Nothing was changed."
                )
            first, last = (
                document.position_from_units(end.line, end.character, self._encoding)
                for end in (edit.range.start, edit.range.end)
            )
            start, end = (
                starts[min(first.line, len(lines))] + first.column,
                starts[min(last.line, len(lines))] + last.column,
            )
            spans.append((min(start, end), number, max(start, end), edit.new_text))
        return _spliced(text, name, sorted(spans, key=lambda span: (span[0], span[2] > span[0], span[1])))

    def _proposal(self) -> Proposal:
        files: list[ProposedFile] = []
        for path, file in self._files.items():
            moved = path != file.origin and file.now is not None
            if file.before == file.now and not moved:
                continue
            place = path if file.before is None else file.origin
            files.append(
                ProposedFile(
                    place, file.before, file.now, file.version, path if moved and file.before is not None else None
                )
            )
        touched = [file.path for file in files] + [file.moved_to for file in files if file.moved_to]
        if len(set(touched)) != len(touched):
            raise EditRefused("The language server's edit moves files into each other's places. Nothing was changed.")
        return Proposal(tuple(files))


def _is_text(text: str) -> bool:
    """Whether a text could be written to a file: halves of surrogate pairs could not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spliced(text: str, name: str, spans: Sequence[tuple[int, int, int, str]]) -> str:
    parts: list[str] = []
    end = 0
    for start, _, stop, new_text in spans:
        if start < end:
            raise EditRefused(f"The language server's edit of {name} has parts that overlap. Nothing was changed.")
        parts += [text[end:start], new_text]
        end = stop
    return "".join([*parts, text[end:]])


def _steps(raw: Mapping[str, Any]) -> Sequence[WireCreate | WireRename | WireDelete | WireDocumentEdit]:
    _check_size(raw)
    try:
        edit = WireWorkspaceEdit.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:200]
        raise EditRefused(f"The language server's edit is malformed at {where}: {first['msg']}.") from None
    if edit.document_changes is not None:
        return edit.document_changes
    changes = edit.changes or {}
    return [WireDocumentEdit(text_document=VersionedDocument(uri=uri), edits=edits) for uri, edits in changes.items()]


def _check_size(raw: Mapping[str, Any]) -> None:
    """Refuse what nobody can look through, before any of it is taken apart."""
    steps = raw.get("documentChanges")
    groups: list[Any] = []
    if isinstance(steps, list):
        groups = [step.get("edits") for step in steps[: MAX_STEPS + 1] if isinstance(step, dict)]
    elif isinstance(changes := raw.get("changes"), dict):
        steps = groups = list(changes.values())[: MAX_STEPS + 1]
    edits = sum(len(group) for group in groups if isinstance(group, list))
    if isinstance(steps, list) and (len(steps) > MAX_STEPS or edits > MAX_EDITS):
        raise EditRefused(
            f"The language server's edit is too large: more than {MAX_STEPS} files or {MAX_EDITS} places. "
            "Nothing was changed."
        )
    size = sum(
        len(edit["newText"])
        for group in groups
        if isinstance(group, list)
        for edit in group
        if isinstance(edit, dict) and isinstance(edit.get("newText"), str)
    )
    if size > MAX_CHARACTERS:
        raise EditRefused(f"The language server's edit puts in more than {MAX_CHARACTERS} characters.")
