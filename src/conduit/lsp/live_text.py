"""Writes a growing text into a document of the editor while the person types in it.

While it grows a sign stands at its end, as a cursor does: wherever the person types, and however the editor reports
that, the sign says where the next piece goes. Each piece is one versioned `workspace/applyEdit` that only puts text in
(the last one takes the sign's place); one that the editor refuses is tried again on the newer version. Nothing of the
person's is ever touched. (LSP 3.18, *WorkspaceEdit*.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.edits.lines import dominant_end
from conduit.errors import EditRefused
from conduit.lsp.convert import to_lsp_position
from conduit.lsp.documents import TextChange
from conduit.lsp.peer import Client
from conduit.workspace.document import Document

CURSORS = "\u258d\u258c\u258b\u258a"
"""The signs; one that is in the document already is not taken."""

PAUSE_S = 0.15
"""The least time between two pieces: some edits a second."""

ARRIVAL_S = 5.0
"""How long an editor that said `applied: true` may take to send the change back."""

ANSWER_S = 30.0
MOST_REFUSALS = 8
"""So often an editor may refuse a piece though nobody typed, before it is believed."""

_SURE = 8


class LiveText:
    """One text that grows at one place of one open document; `close` must be called at the end."""

    def __init__(
        self, client: Client, document: Document, place: int, label: str = "Conduit", *, pause_s: float = PAUSE_S
    ) -> None:
        """Begin at an offset of a document; a sign that an earlier text left there is taken over.

        Args:
            client: the editor.
            document: open in it.
            place: where the text begins.
            label: what the editor's undo calls the pieces.
            pause_s: the least time between two of them.
        """
        self._client = client
        self._document = document
        self._place = place
        self._label = label
        self._pause_s = pause_s
        text = document.text
        left = text[place : place + 1]
        unused = next((sign for sign in CURSORS if sign not in text), CURSORS[0])
        self._cursor = left if left and left in CURSORS and text.count(left) == 1 else unused
        self._waiting = ""
        self._more = asyncio.Event()
        self._closing = False
        self._unobserve = client.documents.observe(document, self._changed)
        self._writing = asyncio.create_task(self._write(), name="live text")

    def add(self, text: str) -> None:
        """Put more at the end; it is there some moments later."""
        self._waiting += text.replace(self._cursor, "|")
        self._more.set()

    async def close(self) -> None:
        """Return when all is there.

        Raises:
            EditRefused: the document was closed, or the editor does not take it; what was put in before stays.
        """
        self._closing = True
        self._more.set()
        try:
            await asyncio.shield(self._writing)
        finally:
            self._writing.cancel()
            self._unobserve()

    async def _write(self) -> None:
        refusals, ended = 0, False
        while not ended:
            await self._more.wait()
            self._more.clear()
            while self._waiting or (self._closing and not ended):
                version, taken, last = self._document.version, len(self._waiting), self._closing
                if await self._put(self._waiting, last=last):
                    self._waiting = self._waiting[taken:]
                    refusals, ended = 0, last
                    await asyncio.sleep(0 if self._closing else self._pause_s)
                    continue
                refusals = refusals + 1 if version == self._document.version else 0
                if refusals >= MOST_REFUSALS:
                    raise EditRefused("The editor does not take the text in.")
                await asyncio.sleep(min(0.02 * 2**refusals, 1.0))

    async def _put(self, text: str, *, last: bool) -> bool:
        """Send one piece and say whether it is there."""
        documents, document = self._client.documents, self._document
        if documents.by_uri(document.uri) is not document:
            raise EditRefused("The document was closed.")
        now, version = document.text, document.version
        text = text.replace("\n", dominant_end(now)) if "\r" in now else text
        start = now.find(self._cursor)
        signed = start >= 0
        if not signed:
            start = self._place
        self._place = start
        if last and not signed and not text:
            return True
        put = text if last or signed else text + self._cursor
        if await self._ask(start, start + (1 if last and signed else 0), put):
            return await documents.wait_until(lambda: document.version != version, ARRIVAL_S)
        # An editor that answers no, or nothing, may have done it all the same.
        return len(put) >= _SURE and put in document.text and put not in now

    async def _ask(self, start: int, end: int, text: str) -> bool:
        facts, document = self._client.facts, self._document
        first, last = (to_lsp_position(document, document.position_at(place), facts.encoding) for place in (start, end))
        edit = types.TextEdit(range=types.Range(start=first, end=last), new_text=text)
        if facts.document_changes:
            name = types.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
            whole = types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(text_document=name, edits=[edit])])
        else:
            whole = types.WorkspaceEdit(changes={document.uri: [edit]})
        params = types.ApplyWorkspaceEditParams(edit=whole, label=self._label)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await self._client.ask(types.WORKSPACE_APPLY_EDIT, params)
        except (JsonRpcException, TimeoutError):
            return False
        except ConnectionError as error:
            raise EditRefused("The editor is gone.") from error
        return isinstance(answer, Mapping) and answer.get("applied") is True

    def _changed(self, change: TextChange) -> None:
        """Follow the place as long as no sign stands there."""
        self._place = moved(self._place, trimmed(change))


def moved(place: int, change: TextChange) -> int:
    """Return where a place is after a change: what is typed at it comes behind it."""
    if change.start >= place:
        return place
    if change.end <= place:
        return place + len(change.text) - (change.end - change.start)
    return change.start + len(change.text)


def trimmed(change: TextChange) -> TextChange:
    """Return a change without what it puts back as it was, at both ends."""
    old, new = change.before[change.start : change.end], change.text
    most = min(len(old), len(new))
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return replace(change, start=change.start + head, end=change.end - tail, text=new[head : len(new) - tail])
