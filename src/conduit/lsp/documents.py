"""The open documents: the client's buffers, kept in step by `didOpen`, `didChange` and `didClose`.

Changes are taken in on the event loop, in the order of arrival, before anything that came later is looked at. This is
the only copy of each text; pygls's own workspace is not used. (LSP 3.18, *Text Document Synchronization*.)
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types

from conduit.lsp.convert import from_lsp_range, path_from_uri
from conduit.workspace.document import Document
from conduit.workspace.positions import PositionEncoding, Range

_log = logging.getLogger(__name__)

_RECORDED = 200
"""Texts of one document that are kept while an edit of it is on its way; a person types fewer in that time."""


@dataclass(frozen=True, slots=True)
class TextChange:
    """One change of a document: of the text `before`, what is from `start` to `end` became `text`; code points."""

    before: str
    after: str
    start: int
    end: int
    text: str


class OpenDocuments:
    """The client's buffers, by URI and by absolute path; an `Editor` for the core."""

    def __init__(self, encoding: PositionEncoding = PositionEncoding.UTF16) -> None:
        self.encoding = encoding
        self._by_uri: dict[str, Document] = {}
        self._by_path: dict[Path, Document] = {}
        self._paths: dict[str, tuple[Path, ...]] = {}
        self._latest: dict[str, None] = {}
        self._look: tuple[Document, int, Range] | None = None
        self._waiting: set[asyncio.Event] = set()
        self._recordings: list[dict[Document, list[str]]] = []
        self._observers: list[tuple[Document, Callable[[TextChange], None]]] = []

    def document(self, path: Path) -> Document | None:
        """Return the open document whose file is `path` (absolute), also when one of the two is behind a link."""
        found = self._by_path.get(Path(os.path.normpath(path)))
        return found or self._by_path.get(Path(os.path.realpath(path)))

    def documents(self) -> Sequence[Document]:
        """Return all open documents that are files; may be called on any thread."""
        return [document for document in list(self._by_uri.values()) if document.path is not None]

    def latest_first(self) -> Sequence[Document]:
        """Return the open documents that are files: the one that was opened, changed or looked at last comes first."""
        found = [self._by_uri[uri] for uri in reversed(self._latest) if uri in self._by_uri]
        return [document for document in found if document.path is not None]

    def look(self, document: Document, range_: Range) -> None:
        """Say that the person is at this range of a document now."""
        self._touch(document.uri)
        self._look = (document, document.version, range_)

    def looked_at(self, document: Document) -> Range | None:
        """Return the range of the latest look if it was at this document, as it is."""
        if self._look is None or self._look[0] is not document or self._look[1] != document.version:
            return None
        return self._look[2]

    def by_uri(self, uri: str) -> Document | None:
        """Return the open document that the client calls `uri`, of any scheme."""
        return self._by_uri.get(uri)

    def open(self, item: types.TextDocumentItem) -> None:
        """Take a newly opened document in; opening it again replaces it."""
        self._forget(item.uri)
        document = Document(item.uri, path_from_uri(item.uri), item.language_id, item.version, item.text)
        self._by_uri[item.uri] = document
        if document.path is not None:
            self._paths[item.uri] = (document.path, Path(os.path.realpath(document.path)))
            self._by_path |= dict.fromkeys(self._paths[item.uri], document)
        self._touch(item.uri)
        self._tell()

    def change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Take the changes of one notification in; each speaks of the text after the one before it."""
        document = self._by_uri.get(params.text_document.uri)
        if document is None:
            _log.warning("a change came for %s, which is not open", params.text_document.uri)
            return
        version = params.text_document.version
        for change in params.content_changes:
            range_ = None
            if isinstance(change, types.TextDocumentContentChangePartial):
                range_ = from_lsp_range(document, change.range, self.encoding)
            self._replace(document, version, change.text, range_)
            self._record(document)
        document.version = version
        self._touch(document.uri)
        self._tell()

    def close(self, uri: str) -> None:
        """Forget a document; its file is the truth again."""
        self._forget(uri)
        self._tell()

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until `condition` holds after some change, at most `timeout_s`, and say whether it does."""
        if condition():
            return True
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            return condition()
        finally:
            self._waiting.discard(changed)
        return True

    @contextmanager
    def recording(self, documents: Iterable[Document]) -> Iterator[Mapping[Document, Sequence[str]]]:
        """Keep every text that `documents` have from now on, the present one first; of very many, the newest."""
        texts = {document: [document.text] for document in documents}
        self._recordings.append(texts)
        try:
            yield texts
        finally:
            self._recordings = [other for other in self._recordings if other is not texts]

    def observe(self, document: Document, observer: Callable[[TextChange], None]) -> Callable[[], None]:
        """Call `observer` with every change of a document from now on; returns how to stop that."""
        entry = (document, observer)
        self._observers.append(entry)
        return lambda: self._observers.remove(entry)

    def _replace(self, document: Document, version: int, text: str, range_: Range | None) -> None:
        observers = [observer for observed, observer in self._observers if observed is document]
        if not observers:
            document.replace(version, text, range_)
            return
        before = document.text
        start, end = (0, len(before))
        if range_ is not None:
            start, end = sorted((document.offset(range_.start), document.offset(range_.end)))
        document.replace(version, text, range_)
        for observer in observers:
            observer(TextChange(before, document.text, start, end, text))

    def _record(self, document: Document) -> None:
        for recording in self._recordings:
            texts = recording.get(document)
            if texts is not None:
                texts.append(document.text)
                if len(texts) > _RECORDED:
                    del texts[1]

    def _touch(self, uri: str) -> None:
        self._latest.pop(uri, None)
        self._latest[uri] = None

    def _forget(self, uri: str) -> None:
        self._latest.pop(uri, None)
        if self._by_uri.pop(uri, None) is None or self._paths.pop(uri, None) is None:
            return
        # The same file may be open under another name too (a link, a URI written differently); the latest one counts.
        self._by_path = {path: self._by_uri[other] for other, paths in self._paths.items() for path in paths}

    def _tell(self) -> None:
        for event in self._waiting:
            event.set()
