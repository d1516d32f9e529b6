"""A headless editor: starts a language server and behaves like an editor over stdio, for the demo and the tests.

It has its own buffers, applies `workspace/applyEdit` for real, answers permission questions, and keeps what it is
shown. It uses no pygls.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from conduit.lsp.buffers import Buffers, Change, EditNotApplied
from conduit.lsp.wire_client import ClientError, WireClient
from conduit.workspace.document import Document
from conduit.workspace.positions import PositionEncoding, Range

Permit = Callable[[dict[str, Any]], Awaitable[str | None]]
"""Answers a permission question: its params to an option id, or None for "cancelled"."""

Abilities = Callable[[str, dict[str, Any]], Awaitable[object]]
"""Answers `conduit/editor/*`: method and params to the raw result."""


@dataclass(frozen=True, slots=True)
class EditorOptions:
    """What this editor says it can do.

    Attributes:
        encodings: position encodings, the preferred one first.
        settings: Conduit's settings, as `initializationOptions.settings`.
        conduit: `initializationOptions.conduit`; None for an editor that knows no `conduit/*`.
        process_id: what is sent as `processId`.
    """

    encodings: tuple[PositionEncoding, ...] = (PositionEncoding.UTF16,)
    settings: Mapping[str, object] = field(default_factory=dict)
    conduit: Mapping[str, object] | None = field(default_factory=lambda: {"permission": True})
    process_id: int | None = field(default_factory=os.getpid)
    apply_edit: bool = True
    document_changes: bool = True
    create_files: bool = True
    rename_files: bool = False
    delete_files: bool = False
    annotations: bool = False
    show_document: bool = False
    progress: bool = True
    watch_files: bool = False
    code_lens: bool = True


@dataclass
class Seen:
    """What the server sent, in order of arrival.

    Attributes:
        updates: params of `conduit/session/update`.
        statuses: params of `conduit/status`.
        progress: params of `$/progress`.
        messages: params of `window/showMessage` and `window/showMessageRequest`.
        documents: params of `window/showDocument`.
        diagnostics: the latest by URI.
        edits: params of `workspace/applyEdit`.
        registrations: what the server registered for, of `client/registerCapability`.
    """

    updates: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    progress: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    diagnostics: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    edits: list[dict[str, Any]] = field(default_factory=list)
    registrations: list[dict[str, Any]] = field(default_factory=list)

    def text(self, message_kind: str = "agent_message_chunk") -> str:
        """Return what was streamed of the answers, as a client that honours `replace` shows it, one after the other."""
        shown: dict[str, str] = {}
        for params in self.updates:
            update = params["update"]
            if update["sessionUpdate"] == message_kind:
                before = "" if update.get("replace") else shown.get(update["messageId"], "")
                shown[update["messageId"]] = before + str(update["content"].get("text", ""))
        return "\n".join(shown.values())


class EditorClient:
    """One editor with one server. `edit_policy`, `permit` and `abilities` may be changed at any time."""

    def __init__(self, options: EditorOptions, root: Path | None, permit: Permit | None) -> None:
        self._options = options
        self._root = root
        self.permit = permit
        self.edit_policy: Literal["apply", "refuse", "stall"] = "apply"
        self.message_answer: str | None = "Allow once"
        self.abilities: Abilities | None = None
        self.seen = Seen()
        self.buffers = Buffers(options.encodings[0])
        self.initialized: dict[str, Any] = {}
        self.wire: WireClient
        self._arrived = asyncio.Event()
        self._listeners: list[Callable[[str, Any], None]] = []

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        root: Path | None = None,
        *,
        options: EditorOptions | None = None,
        permit: Permit | None = None,
        env: Mapping[str, str] | None = None,
        initialize: bool = True,
    ) -> EditorClient:
        """Start a server and, by default, initialize it."""
        editor = cls(options or EditorOptions(), root, permit)
        editor.wire = await WireClient.spawn(command, editor._answer, editor._listen, env=env, cwd=root)
        if initialize:
            await editor.initialize()
        return editor

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.wire.aclose()

    async def initialize(self) -> dict[str, Any]:
        """Send `initialize` and `initialized`; return the server's answer."""
        self.initialized = await self.wire.request("initialize", self.initialize_params())
        encoding = self.initialized["capabilities"].get("positionEncoding", "utf-16")
        self.buffers = Buffers(PositionEncoding(encoding))
        await self.wire.notify("initialized", {})
        return self.initialized

    def initialize_params(self) -> dict[str, Any]:
        """Return what this editor says at `initialize`."""
        options = self._options
        uri = self._root.as_uri() if self._root else None
        return {
            "processId": options.process_id,
            "clientInfo": {"name": "conduit headless editor"},
            "rootUri": uri,
            "workspaceFolders": [{"uri": uri, "name": self._root.name}] if self._root else None,
            "capabilities": self._capabilities(),
            "initializationOptions": {
                "settings": dict(options.settings),
                **({"conduit": dict(options.conduit)} if options.conduit is not None else {}),
            },
        }

    async def request(self, method: str, params: object = None, timeout_s: float | None = 60.0) -> Any:
        """Send a request and return its result; see `WireClient.request`."""
        return await self.wire.request(method, params, timeout_s)

    async def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        await self.wire.notify(method, params)

    async def command(self, name: str, *arguments: object) -> Any:
        """Run a command of the server."""
        return await self.request("workspace/executeCommand", {"command": name, "arguments": list(arguments)})

    # -- documents --------------------------------------------------------------------------------------------------

    async def open(self, path: Path, text: str | None = None, language_id: str = "python") -> str:
        """Open a file, with `text` as its unsaved content if given, and return its URI."""
        uri = path.as_uri()
        content = (await asyncio.to_thread(path.read_bytes)).decode("utf-8") if text is None else text
        document = self.buffers.open(uri, language_id, content)
        item = {"uri": uri, "languageId": language_id, "version": document.version, "text": content}
        await self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    async def type(self, uri: str, text: str, range_: Range | None = None) -> None:
        """Replace a range in code points, or everything."""
        await self._tell_change(uri, [self.buffers.type(uri, range_, text)])

    async def close(self, uri: str) -> None:
        """Close a document without saving it."""
        self.buffers.close(uri)
        await self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def document(self, uri: str) -> Document:
        """Return an open buffer."""
        return self.buffers.document(uri)

    async def _tell_change(self, uri: str, changes: Sequence[Change]) -> None:
        name = {"uri": uri, "version": self.buffers.document(uri).version}
        await self.notify("textDocument/didChange", {"textDocument": name, "contentChanges": list(changes)})

    # -- waiting and ending -----------------------------------------------------------------------------------------

    def listen(self, listener: Callable[[str, Any], None]) -> None:
        """Call `listener` with every notification: (method, params)."""
        self._listeners.append(listener)

    async def wait_for(self, condition: Callable[[Seen], object], timeout_s: float = 30.0) -> None:
        """Wait until `condition` holds for what was seen; raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not condition(self.seen):
                self._arrived.clear()
                await self._arrived.wait()

    async def shutdown(self, timeout_s: float = 10.0) -> int:
        """Say `shutdown` and `exit`, and return the exit code."""
        await self.request("shutdown", timeout_s=timeout_s)
        await self.notify("exit")
        return await self.wire.wait(timeout_s)

    # -- what the server asks and tells -----------------------------------------------------------------------------

    def _listen(self, method: str, params: Any) -> None:
        kept: dict[str, list[dict[str, Any]]] = {
            "conduit/session/update": self.seen.updates,
            "conduit/status": self.seen.statuses,
            "$/progress": self.seen.progress,
            "window/showMessage": self.seen.messages,
        }
        if method in kept:
            kept[method].append(params)
        elif method == "textDocument/publishDiagnostics":
            self.seen.diagnostics[params["uri"]] = params["diagnostics"]
        for listener in self._listeners:
            listener(method, params)
        self._arrived.set()

    async def _answer(self, method: str, params: Any) -> object:
        match method:
            case "workspace/applyEdit":
                return await self._apply(params)
            case "conduit/session/requestPermission":
                option = await self.permit(params) if self.permit else "allow_once"
                selected = {"outcome": "selected", "optionId": option}
                return {"outcome": {"outcome": "cancelled"} if option is None else selected}
            case "window/showMessageRequest":
                self.seen.messages.append(params)
                self._arrived.set()
                return {"title": self.message_answer} if self.message_answer else None
            case "window/showDocument":
                self.seen.documents.append(params)
                self._arrived.set()
                return {"success": True}
            case "workspace/configuration":
                return [dict(self._options.settings) for _ in params["items"]]
            case "client/registerCapability":
                self.seen.registrations += params["registrations"]
                self._arrived.set()
                return None
            case "window/workDoneProgress/create" | "workspace/codeLens/refresh":
                return None
            case _ if method.startswith("conduit/editor/") and self.abilities is not None:
                return await self.abilities(method, params)
            case _:
                raise ClientError(f"this editor does not know {method!r}", -32601)

    async def _apply(self, params: dict[str, Any]) -> object:
        self.seen.edits.append(params)
        self._arrived.set()
        if self.edit_policy == "stall":
            await asyncio.Event().wait()
        if self.edit_policy == "refuse":
            return {"applied": False, "failureReason": "the person said no"}
        try:
            changes = self.buffers.apply(params["edit"])
        except EditNotApplied as error:
            return {"applied": False, "failureReason": str(error)}
        for uri, parts in changes:
            await self._tell_change(uri, parts)
        self._arrived.set()
        for old, new in self.buffers.take_moved():
            await self.notify("textDocument/didClose", {"textDocument": {"uri": old}})
            if new is not None:
                document = self.buffers.document(new)
                item = {"uri": new, "languageId": document.language_id, "version": 1, "text": document.text}
                await self.notify("textDocument/didOpen", {"textDocument": item})
        return {"applied": True}

    def _capabilities(self) -> dict[str, Any]:
        options = self._options
        able = {"create": options.create_files, "rename": options.rename_files, "delete": options.delete_files}
        workspace_edit: dict[str, Any] = {
            "documentChanges": options.document_changes,
            "resourceOperations": [name for name, offered in able.items() if offered],
            "failureHandling": "transactional",
        }
        if options.annotations:
            workspace_edit["changeAnnotationSupport"] = {"groupsOnLabel": True}
        return {
            "general": {"positionEncodings": [encoding.value for encoding in options.encodings]},
            "workspace": {
                "applyEdit": options.apply_edit,
                "workspaceEdit": workspace_edit,
                "configuration": True,
                "workspaceFolders": True,
                "didChangeWatchedFiles": {"dynamicRegistration": options.watch_files},
                **({"codeLens": {"refreshSupport": True}} if options.code_lens else {}),
            },
            "window": {"workDoneProgress": options.progress, "showDocument": {"support": options.show_document}},
            "textDocument": {
                "synchronization": {"didSave": True},
                **({"codeLens": {}} if options.code_lens else {}),
                "codeAction": {
                    "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["", "quickfix", "refactor"]}},
                    "dataSupport": True,
                    "resolveSupport": {"properties": ["edit", "command"]},
                },
            },
        }
