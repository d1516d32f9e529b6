"""Editors in memory, on the other end of `workspace/applyEdit`: how they apply it, and how they fail at it.

Four models after what real ones declare (LSP 3.18, *FailureHandlingKind* and *WorkspaceEditClientCapabilities*). A file
is on the real disk; a buffer is the client's own, and the server's copy follows it by notifications.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lsprotocol import converters, types
from pygls.exceptions import JsonRpcException

from conduit.lsp.convert import path_from_uri
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.facts import ClientFacts
from conduit.workspace.document import Document
from conduit.workspace.positions import PositionEncoding, Range

Handling = Literal["transactional", "textOnlyTransactional", "abort"]
Step = dict[str, Any]


@dataclass(frozen=True)
class Model:
    """What an editor says that it can do, and what it does when a step of an edit fails."""

    name: str
    handling: Handling
    operations: bool = True
    annotations: bool = True
    versions: bool = True
    saves_moved: bool = False
    skips_stale: bool = False
    encoding: PositionEncoding = PositionEncoding.UTF16

    def facts(self) -> ClientFacts:
        return ClientFacts(
            encoding=self.encoding,
            apply_edit=True,
            document_changes=self.versions,
            create_files=self.operations,
            rename_files=self.operations,
            delete_files=self.operations,
            change_annotations=self.annotations,
        )


MODELS = (
    Model("transactional", "transactional"),
    Model("text only", "textOnlyTransactional", annotations=False, encoding=PositionEncoding.UTF32),
    # As Neovim 0.12: no annotations, skips an edit for an old version and says yes, writes a file that it moves.
    Model("not transactional", "abort", annotations=False, saves_moved=True, skips_stale=True),
    # As an editor of the standard's first years: plain `changes` without versions.
    Model("plain", "abort", operations=False, annotations=False, versions=False, encoding=PositionEncoding.UTF8),
)


@dataclass
class Fault:
    """What goes wrong with one request.

    Attributes:
        at: the step that fails; None for none.
        skipped: a step that is left out, while the client says that it did everything.
        lies: says yes and does nothing.
        dies: the connection ends, before the edit or after it.
        errors: answers with an error and does nothing.
        held: applied and answered only when this is set.
        before, after: what the person does before the edit is looked at, and after it was applied.
        denies: says no after all that it did.
    """

    at: int | None = None
    skipped: int | None = None
    lies: bool = False
    dies: Literal["before", "after"] | None = None
    errors: bool = False
    held: asyncio.Event | None = None
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    denies: bool = False


class _Failed(Exception):
    pass


@dataclass
class ModelEditor:
    """A client with its buffers. `faults`: of the next requests, in order; None for one that goes well."""

    model: Model
    faults: list[Fault | None] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    edits: list[types.WorkspaceEdit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts = self.model.facts()
        self.documents = OpenDocuments(self.model.encoding)
        self.buffers: dict[str, Document] = {}
        self.asked = asyncio.Event()
        self._converter = converters.get_converter()

    # -- the person -------------------------------------------------------------------------------------------------

    def open(self, path: Path, text: str | None = None) -> None:
        """Open a file, with an unsaved text if given."""
        shown = path.read_bytes().decode() if text is None else text
        uri = path.as_uri()
        self.buffers[uri] = Document(uri, path, "text", 1, shown)
        self.documents.open(types.TextDocumentItem(uri, "text", 1, shown))

    def type(self, path: Path, line: int, text: str) -> None:
        """Put whole lines in before a line; does nothing when the file is not open."""
        document = self.buffers.get(path.as_uri())
        if document is None:
            return
        place = types.Range(types.Position(line, 0), types.Position(line, 0))
        self._change(document, [(place, text)], document.version + 1)

    def overwrite(self, path: Path, text: str) -> None:
        """Replace the whole text."""
        document = self.buffers.get(path.as_uri())
        if document is None:
            return
        end = types.Position(document.line_count, 0)
        self._change(document, [(types.Range(types.Position(0, 0), end), text)], document.version + 1)

    def text(self, path: Path) -> str | None:
        """Return the text of an open buffer."""
        document = self.buffers.get(path.as_uri())
        return None if document is None else document.text

    # -- the server's side ------------------------------------------------------------------------------------------

    def notify(self, method: str, params: Any) -> None:
        assert method == "window/showMessage"
        self.told.append(params["message"])

    async def ask(self, method: str, params: object) -> object:
        assert method == "workspace/applyEdit"
        assert isinstance(params, types.ApplyWorkspaceEditParams)
        self.edits.append(params.edit)
        self.asked.set()
        fault = (self.faults.pop(0) if self.faults else None) or Fault()
        if fault.held is not None:
            await fault.held.wait()
        fault.before()
        if fault.dies == "before":
            raise ConnectionError("the client is gone")
        if fault.errors:
            raise JsonRpcException("not now")
        if fault.lies:
            return {"applied": True}
        failed = self._apply(self._converter.unstructure(params)["edit"], fault)
        fault.after()
        if fault.dies == "after":
            raise ConnectionError("the client is gone")
        if failed is not None:
            return {"applied": False, "failureReason": f"step {failed}", "failedChange": failed}
        return {"applied": not fault.denies}

    def _apply(self, edit: dict[str, Any], fault: Fault) -> int | None:
        """Apply an edit as this model does; return the step that failed."""
        steps = self._steps(edit)
        number = 0
        back: list[Callable[[], None]] = []
        try:
            for number, step in enumerate(steps):
                if number == fault.at:
                    raise _Failed
                if number != fault.skipped:
                    self._do(step, back)
        except _Failed:
            only_texts = all("kind" not in step for step in steps[: number + 1])
            if self.model.handling == "transactional" or (
                self.model.handling == "textOnlyTransactional" and only_texts
            ):
                for undo in reversed(back):
                    undo()
            return number
        return None

    def _steps(self, edit: dict[str, Any]) -> list[Step]:
        if edit.get("documentChanges") is not None:
            return list(edit["documentChanges"])
        changes = edit.get("changes") or {}
        return [{"textDocument": {"uri": uri, "version": None}, "edits": edits} for uri, edits in changes.items()]

    def _do(self, step: Step, back: list[Callable[[], None]]) -> None:
        kind = step.get("kind")
        if kind is None:
            self._edit(step, back)
        elif kind == "rename":
            old, new = _path(step["oldUri"]), _path(step["newUri"])
            if new.exists() or not old.exists():
                raise _Failed
            self._move(old, new)
            back.append(lambda: self._move(new, old))
        elif kind == "delete":
            path, data = _path(step["uri"]), _path(step["uri"]).read_bytes()
            path.unlink()
            document = self.buffers.pop(step["uri"], None)
            if document is not None:
                self.documents.close(document.uri)
            back.append(lambda: self._bring_back(path, data, document))
        else:
            path = _path(step["uri"])
            if path.exists():
                raise _Failed
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
            back.append(path.unlink)

    def _edit(self, step: Step, back: list[Callable[[], None]]) -> None:
        name = step["textDocument"]
        document = self.buffers.get(name["uri"])
        if document is None:  # a file that is not open is opened, and left unsaved
            path = _path(name["uri"])
            if not path.exists():
                raise _Failed
            self.open(path)
            document = self.buffers[name["uri"]]
        elif name["version"] is not None and name["version"] != document.version:
            if self.model.skips_stale:
                return
            raise _Failed
        before = document.text
        parts = [(self._converter.structure(one["range"], types.Range), one["newText"]) for one in step["edits"]]
        parts.sort(key=lambda one: (one[0].start.line, one[0].start.character))
        self._change(document, list(reversed(parts)), document.version + 1)
        back.append(lambda: self.overwrite(_path(name["uri"]), before))

    def _change(self, document: Document, parts: list[tuple[types.Range, str]], version: int) -> None:
        for place, text in parts:
            ends = [
                document.position_from_units(end.line, end.character, self.model.encoding)
                for end in (place.start, place.end)
            ]
            document.replace(version, text, Range(*ends))
        events = [types.TextDocumentContentChangePartial(range=place, text=text) for place, text in parts]
        name = types.VersionedTextDocumentIdentifier(version, document.uri)
        self.documents.change(types.DidChangeTextDocumentParams(name, events))

    def _move(self, old: Path, new: Path) -> None:
        new.parent.mkdir(parents=True, exist_ok=True)
        os.rename(old, new)
        document = self.buffers.pop(old.as_uri(), None)
        if document is not None:
            self.documents.close(old.as_uri())
            if self.model.saves_moved:
                new.write_bytes(document.text.encode())
            self.open(new, document.text)

    def _bring_back(self, path: Path, data: bytes, document: Document | None) -> None:
        path.write_bytes(data)
        if document is not None:
            self.open(path, document.text)


def _path(uri: str) -> Path:
    path = path_from_uri(uri)
    assert path is not None
    return path
