"""Changes documents through the editor: one `workspace/applyEdit` with the versions it was made for.

What the client answers is not believed: what the documents became is. A client may say yes and have done nothing (an
editor that skips an edit for an old version, a person who deselects files in its preview), or say no and have done
half; both are reported as they are, and whoever asked puts it right. (LSP 3.18, *WorkspaceEdit*.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.edits.edit import FileChange, HalfApplied, Operation
from conduit.edits.landing import is_right, landed
from conduit.errors import EditRefused, StaleDocument
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.outgoing_edit import workspace_edit
from conduit.lsp.peer import Client
from conduit.workspace.document import Document

ARRIVAL_S = 5.0
"""How long a client that said `applied: true` may take to send the change back as `didChange`."""

REST_S = 0.5
"""How long a client that said no may take to send what it did of it all the same (Neovim gathers changes 0.15 s)."""


SILENCE_S = 300.0
"""How long a client that announces no edits, and may not answer, has for showing the change (Vim, at the next key)."""


class EditorApplier:
    """The `Applier` of an editor on the other end of LSP; the times as the constants."""

    def __init__(
        self, client: Client, *, arrival_s: float = ARRIVAL_S, rest_s: float = REST_S, silence_s: float = SILENCE_S
    ) -> None:
        self._client = client
        self._silence_s = silence_s
        self._arrival_s = arrival_s
        self._rest_s = rest_s

    @property
    def operations(self) -> frozenset[Operation]:
        """What the client does with files."""
        facts = self._client.facts
        if not (facts.apply_edit and facts.document_changes):
            return frozenset()
        known: tuple[tuple[Operation, bool], ...] = (
            ("create", facts.create_files),
            ("rename", facts.rename_files),
            ("delete", facts.delete_files),
        )
        return frozenset(name for name, able in known if able)

    async def apply(self, changes: Sequence[FileChange], label: str) -> None:
        """Apply all of `changes`; returns when the buffers here show them. See `Applier` for what it raises."""
        facts = self._client.facts
        if not facts.apply_edit:
            raise EditRefused("The editor does not let a language server change documents (no workspace/applyEdit).")
        open_ = {change.path: document for change in changes if (document := self._checked(change)) is not None}
        edit = workspace_edit(changes, open_, facts, label)
        with self._client.documents.recording(open_.values()) as texts:
            watch = _Watch(self._client.documents, open_, texts)
            asking = self._ask(edit, label)
            problem = await (self._without_answer(asking, watch, changes) if facts.edits_unannounced else asking)
            if isinstance(problem, ConnectionError):  # the buffers are gone with the client
                raise EditRefused(f"The editor did not apply the change: {problem}.") from problem
            watch.believed = problem is None
            wait_s = self._arrival_s if problem is None else self._rest_s
            if await self._client.documents.wait_until(lambda: watch.all_right(changes), wait_s):
                return
            made = [change for one in changes if (change := watch.made(one)) is not None]
            moved_on = next((one for one in changes if watch.moved_on(one)), None)
        reason = f"The editor did not apply the change{f': {problem}' if problem and str(problem) else ''}."
        if problem is None:
            reason = "The editor answered that it applied the change, but not all of it is there."
        if made:
            raise HalfApplied(reason, made)
        if moved_on is not None:
            raise StaleDocument(moved_on.name, f"version {moved_on.version}", "another text")
        raise EditRefused(reason)

    def tell(self, sentence: str) -> None:
        """Show the person a warning."""
        message = {"type": types.MessageType.Warning.value, "message": f"Conduit: {sentence}"}
        self._client.notify(types.WINDOW_SHOW_MESSAGE, message)

    async def _ask(self, edit: types.WorkspaceEdit, label: str) -> Exception | None:
        """Send the edit; return what was wrong, or None when the client says that it was applied."""
        params = types.ApplyWorkspaceEditParams(edit=edit, label=label)
        try:
            result = await self._client.ask(types.WORKSPACE_APPLY_EDIT, params)
        except (JsonRpcException, ConnectionError) as error:
            return error
        if isinstance(result, Mapping) and result.get("applied") is True:
            return None
        reason = result.get("failureReason") if isinstance(result, Mapping) else None
        return EditRefused(str(reason or ""))

    async def _without_answer(
        self, asking: Coroutine[Any, Any, Exception | None], watch: _Watch, changes: Sequence[FileChange]
    ) -> Exception | None:
        """Return as `asking` does, or None as soon as the change is there, whatever the client says."""
        watch.believed = False
        arrived = self._client.documents.wait_until(lambda: watch.all_right(changes), self._silence_s)
        answer, arrival = asyncio.ensure_future(asking), asyncio.ensure_future(arrived)
        try:
            await asyncio.wait({answer, arrival}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            return None if arrival.result() else EditRefused("it did not answer")
        finally:
            answer.cancel()
            arrival.cancel()

    def _checked(self, change: FileChange) -> Document | None:
        """Return the open document of a change, after making sure that it is what the change was made for."""
        document = self._client.documents.document(change.path)
        if document is None:
            if change.version is not None:
                raise StaleDocument(change.name, f"version {change.version}", "closed")
            return None
        if change.version is not None and document.version != change.version:
            raise StaleDocument(change.name, f"version {change.version}", f"version {document.version}")
        if document.text != (change.before or ""):
            raise StaleDocument(change.name, "another text", f"version {document.version}")
        return document


class _Watch:
    """What became of the changes, by what the documents were since they were sent.

    Of a file that is not open there is only the client's word, and `believed` says what that is, unless it opens it.
    """

    believed = True

    def __init__(
        self,
        documents: OpenDocuments,
        open_: Mapping[Path, Document],
        texts: Mapping[Document, Sequence[str]],
    ) -> None:
        self._documents = documents
        self._open = open_
        self._texts = texts

    def made(self, change: FileChange) -> FileChange | None:
        """Return what is there of a change."""
        document = self._open.get(change.path)
        if document is None:
            now = self._documents.document(change.path)
            return change if self.believed or (now is not None and now.text == change.after) else None
        closed = self._documents.by_uri(document.uri) is None
        if change.verb == "delete":  # LSP has no version for it: what was typed last is deleted with the file
            return replace(change, before=self._texts[document][-1]) if closed else None
        text = landed(change, self._texts[document], self._documents.encoding)
        if change.moved_to is None:
            return text if change.edits() or self.believed else None
        if not closed:
            return None if text is None or not change.edits() else replace(text, moved_to=None, moved_name="")
        if text is None:  # moved without its text, unless that came with the new document
            moved = self._documents.document(change.moved_to)
            with_text = moved is not None and moved.text == change.after
            return change if with_text else replace(change, after=change.before)
        return text

    def all_right(self, changes: Sequence[FileChange]) -> bool:
        """Say whether each change is there, where it was meant to be."""
        for change in changes:
            made = self.made(change)
            if made is None or made.moved_to != change.moved_to:
                return False
            if change.verb == "delete":
                if change.path in self._open and made.before != (change.before or ""):
                    return False
            elif change.path in self._open and not is_right(change, made):
                return False
        return True

    def moved_on(self, change: FileChange) -> bool:
        """Say whether the person typed since it was sent."""
        document = self._open.get(change.path)
        return document is not None and document.text != (change.before or "")
