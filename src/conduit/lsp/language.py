"""The editor's own language servers, asked through `conduit/editor/*`: the `LanguageAbilities` of an LSP client.

Nothing that the client answers is trusted: shapes are checked, places must exist, versions must be those of the
buffers, and edits are tried out on copies. What goes wrong is an error for the model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pygls.exceptions import JsonRpcException

from conduit.errors import EditorFailed, EditRefused, StaleDocument
from conduit.lsp.convert import uri_from_path
from conduit.lsp.peer import Client
from conduit.lsp.places import MAX_ENTRIES, MAX_NAME, Places, describe
from conduit.lsp.protocol import abilities as wire
from conduit.lsp.protocol.payload import NoParams, Payload
from conduit.lsp.protocol.prompt import WirePosition, WireRange
from conduit.lsp.workspace_edit import EditTrial
from conduit.workspace.document import Document
from conduit.workspace.language import (
    Ability,
    CodeAction,
    CodeActions,
    Diagnostics,
    Proposal,
    Saved,
    Spots,
    Symbols,
    refuse,
)
from conduit.workspace.positions import Position, Range
from conduit.workspace.workspace import Workspace

ANSWER_S = 20.0
"""How long an editor may take; language servers that index a project are slow at first."""

GRACE_S = 2.0
"""How long after the end of its wait an answer about diagnostics may be on its way."""

FIRST_PAUSE_S = 0.1
"""How long after an answer for another version the editor is asked again, when nothing was typed; doubled each time."""

MAX_TERMINAL = 100_000

Answer = TypeVar("Answer", bound=Payload)
Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True)
class _Subject:
    """The document that a question is about: its text as it was when the question was sent."""

    path: Path
    name: str
    document: Document
    named: wire.VersionedDocument


class EditorLanguage:
    """The abilities of one client, for the files of one workspace."""

    def __init__(self, client: Client, workspace: Workspace, answer_s: float = ANSWER_S) -> None:
        self._client = client
        self._workspace = workspace
        self._answer_s = answer_s

    @property
    def offers(self) -> frozenset[Ability]:
        """What the client declared."""
        return self._client.facts.abilities

    async def diagnostics(self, path: Path, wait_s: float) -> Diagnostics:
        """Ask until the answer is for the version of the buffer, at most `wait_s` seconds; see the protocol."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait_s
        pause = FIRST_PAUSE_S
        while True:
            subject = await self._subject(path)
            left = max(0.0, deadline - loop.time())
            params = wire.DiagnosticsParams(text_document=subject.named, wait_ms=int(left * 1000))
            try:
                result = await self._ask_within(Ability.DIAGNOSTICS, params, wire.DiagnosticsResult, left + GRACE_S)
            except TimeoutError:
                return Diagnostics(None)
            now = self._client.documents.document(subject.path)
            if now is not None and result.version == now.version:
                return self._findings(result, now)
            left = deadline - loop.time()
            if left <= 0 or now is None:
                return Diagnostics(result.version)
            await self._moved_on(now, min(pause, left))
            pause *= 2

    async def references(self, path: Path, position: Position, *, declaration: bool = True) -> Spots:
        """See the protocol."""
        subject = await self._subject(path)
        params = wire.ReferencesParams(
            text_document=subject.named,
            position=self._position(subject, position),
            context=wire.ReferenceContext(include_declaration=declaration),
        )
        return await self._locations(Ability.REFERENCES, subject, params)

    async def definition(self, path: Path, position: Position) -> Spots:
        """See the protocol."""
        subject = await self._subject(path)
        params = wire.PositionParams(text_document=subject.named, position=self._position(subject, position))
        return await self._locations(Ability.DEFINITION, subject, params)

    async def document_symbols(self, path: Path) -> Symbols:
        """See the protocol."""
        subject = await self._subject(path)
        params = wire.SymbolsParams(text_document=subject.named)
        result = await self._ask(Ability.SYMBOLS, params, wire.SymbolsResult)
        self._check_version(Ability.SYMBOLS, subject, result.version)
        return await self._symbols(result, subject.named.uri)

    async def workspace_symbols(self, query: str) -> Symbols:
        """See the protocol."""
        result = await self._ask(Ability.SYMBOLS, wire.SymbolsParams(query=query), wire.SymbolsResult)
        return await self._symbols(result, None)

    async def rename(self, path: Path, position: Position, new_name: str) -> Proposal:
        """See the protocol."""
        subject = await self._subject(path)
        versions = self._versions()
        params = wire.RenameParams(
            text_document=subject.named, position=self._position(subject, position), new_name=new_name
        )
        result = await self._ask(Ability.RENAME, params, wire.RenameResult)
        self._check_version(Ability.RENAME, subject, result.version)
        if not result.edit:
            raise EditRefused(f"The editor's language servers cannot rename what is there in {subject.name}.")
        return await EditTrial(self._workspace, self._client.documents.encoding, versions).play(result.edit)

    async def code_actions(self, path: Path, range_: Range, kind: str = "") -> CodeActions:
        """See the protocol."""
        result = await self._actions(await self._subject(path), range_, kind, None)
        items = tuple(_action(each) for each in result[:MAX_ENTRIES])
        return CodeActions(items, max(0, len(result) - MAX_ENTRIES))

    async def code_action_edit(self, path: Path, range_: Range, action: CodeAction) -> Proposal:
        """See the protocol."""
        subject = await self._subject(path)
        versions = self._versions()
        found = [each for each in await self._actions(subject, range_, action.kind, action.id) if each.id == action.id]
        if not found or found[0].title[:MAX_NAME] != action.title:
            raise EditRefused(
                f"The editor does not offer {action.title[:200]!r} there any more; list the actions again."
            )
        if not found[0].edit:
            raise EditRefused(
                f"{action.title[:200]!r} is a command of the editor and no edit, so only the person can run it."
            )
        return await EditTrial(self._workspace, self._client.documents.encoding, versions).play(found[0].edit)

    async def save(self, path: Path) -> Saved:
        """See the protocol."""
        subject = await self._subject(path)
        result = await self._ask(Ability.SAVE, wire.DocumentParams(text_document=subject.named), wire.SaveResult)
        return Saved(result.saved, result.version, result.reason[:MAX_NAME])

    async def terminal_selection(self) -> str:
        """See the protocol; a long selection is cut."""
        result = await self._ask(Ability.TERMINAL_SELECTION, NoParams(), wire.TerminalSelectionResult)
        cut = "\n[cut here]" if len(result.text) > MAX_TERMINAL else ""
        return result.text[:MAX_TERMINAL] + cut

    async def open_diff(self, title: str, path: Path, before: str, after: str) -> bool:
        """See the protocol."""
        params = wire.OpenDiffParams(title=title, uri=uri_from_path(path), before=before, after=after)
        return (await self._ask(Ability.OPEN_DIFF, params, wire.OpenDiffResult)).opened

    # -- what all of them share -------------------------------------------------------------------------------------

    async def _subject(self, path: Path) -> _Subject:
        reading = await self._workspace.read(str(path))
        document = self._client.documents.document(reading.path)
        named = wire.VersionedDocument(
            uri=document.uri if document else uri_from_path(reading.path),
            version=document.version if document else None,
        )
        # A copy: the buffer may change while the editor is asked.
        return _Subject(reading.path, reading.name, Document("", reading.path, "", 0, reading.text), named)

    def _position(self, subject: _Subject, position: Position) -> WirePosition:
        line, character = subject.document.units_from_position(position, self._client.documents.encoding)
        return WirePosition(line=line, character=character)

    async def _locations(self, ability: Ability, subject: _Subject, params: Payload) -> Spots:
        result = await self._ask(ability, params, wire.LocationsResult)
        self._check_version(ability, subject, result.version)
        try:
            return await self._places().spots(result.locations)
        except ValidationError as error:
            raise _malformed(ability, describe(error)) from None

    async def _symbols(self, result: wire.SymbolsResult, uri: str | None) -> Symbols:
        try:
            return await self._places().symbols(result.symbols, uri)
        except ValidationError as error:
            raise _malformed(Ability.SYMBOLS, describe(error)) from None

    async def _actions(self, subject: _Subject, range_: Range, kind: str, resolve: str | None) -> list[wire.WireAction]:
        params = wire.CodeActionsParams(
            text_document=subject.named,
            range=WireRange(start=self._position(subject, range_.start), end=self._position(subject, range_.end)),
            only=[kind] if kind else None,
            resolve=resolve,
        )
        result = await self._ask(Ability.CODE_ACTIONS, params, wire.CodeActionsResult)
        self._check_version(Ability.CODE_ACTIONS, subject, result.version)
        entries = result.actions[: MAX_ENTRIES + 1]
        return _checked(Ability.CODE_ACTIONS, lambda: [wire.WireAction.model_validate(entry) for entry in entries])

    def _check_version(self, ability: Ability, subject: _Subject, answered: int | None) -> None:
        """Refuse an answer that is about another text than the one that the question was about."""
        now = self._client.documents.document(subject.path)
        if now is None:
            if subject.named.version is not None:
                raise StaleDocument(subject.name, f"version {subject.named.version}", "closed")
            return
        if answered is None:
            raise _malformed(ability, "version: it is missing")
        if answered != now.version:
            raise StaleDocument(subject.name, f"version {answered}", f"version {now.version}")
        if now.text != subject.document.text:
            raise StaleDocument(subject.name, "another text", f"version {now.version}")

    async def _ask(self, ability: Ability, params: Payload, kind: type[Answer]) -> Answer:
        try:
            return await self._ask_within(ability, params, kind, self._answer_s)
        except TimeoutError:
            raise EditorFailed(
                f"The editor did not answer {ability.value!r} within {self._answer_s:g} s. Go another way."
            ) from None

    async def _ask_within(self, ability: Ability, params: Payload, kind: type[Answer], timeout_s: float) -> Answer:
        """Ask once; raises TimeoutError too, after having taken the question back."""
        if ability not in self.offers:
            refuse(ability)
        try:
            async with asyncio.timeout(timeout_s):
                raw = await self._client.ask(wire.PREFIX + ability.value, params)
        except (JsonRpcException, ConnectionError) as error:
            raise EditorFailed(f"The editor could not answer {ability.value!r}: {str(error)[:MAX_NAME]}.") from error
        return _checked(ability, lambda: kind.model_validate(raw))

    def _places(self) -> Places:
        return Places(self._workspace, self._client.documents)

    def _findings(self, result: wire.DiagnosticsResult, document: Document) -> Diagnostics:
        places = self._places()
        items = _checked(Ability.DIAGNOSTICS, lambda: places.diagnostics(result.diagnostics, document))
        return Diagnostics(result.version, items, places.left_out + places.misplaced)

    async def _moved_on(self, document: Document, timeout_s: float) -> None:
        """Wait until something was typed in a document, at most `timeout_s`."""
        seen = document.version
        await self._client.documents.wait_until(lambda: document.version != seen, timeout_s)

    def _versions(self) -> dict[Path, int]:
        return {document.path: document.version for document in self._client.documents.documents() if document.path}


def _checked(ability: Ability, read: Callable[[], Checked]) -> Checked:
    try:
        return read()
    except ValidationError as error:
        raise _malformed(ability, describe(error)) from None


def _malformed(ability: Ability, what: str) -> EditorFailed:
    return EditorFailed(f"The editor's answer to {ability.value!r} makes no sense ({what}), so it was not used.")


def _action(each: wire.WireAction) -> CodeAction:
    disabled = (each.disabled.reason[:MAX_NAME] or "disabled") if each.disabled else ""
    return CodeAction(each.id, each.title[:MAX_NAME], (each.kind or "")[:MAX_NAME], each.is_preferred, disabled)
