"""The server: one connection, one client, one App.

`initialize` is answered from what is imported here (the standard library, pygls, our light modules); everything else
is imported by a thread behind the answer, and requests that come earlier wait for it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from conduit import __version__
from conduit.errors import ConduitError, UserError
from conduit.lsp import memory, table
from conduit.lsp.dispatch import Dispatch
from conduit.lsp.documents import OpenDocuments
from conduit.lsp.facts import ClientFacts, read_facts
from conduit.lsp.lifetime import ProcessWatch
from conduit.lsp.transport import Outbox
from conduit.lsp.validation import validated
from conduit.lsp.world import World, advertise

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.ide.completion import Completer
    from conduit.ide.suggestions import Suggestion
    from conduit.workspace.document import Document

_log = logging.getLogger(__name__)

USUAL_THRESHOLDS = (700, 10, 10)
"""The garbage collector's own; `__main__` raises them for the start."""

TRIMMED_AT_ONCE = 20
"""Classes between two looks at what the client sent."""

CLOSE_S = 8.0
"""How long the end waits for turns to record themselves and children to end."""


class ConduitServer(LanguageServer):
    """What handlers get: the client, its documents, and the App once it is open."""

    protocol: Dispatch

    def __init__(self, stopped: asyncio.Future[int], arguments: Mapping[str, object]) -> None:
        super().__init__("conduit", __version__, protocol_cls=Dispatch, converter_factory=default_converter)
        self.facts = ClientFacts()
        self.documents = OpenDocuments()
        self.world = World()
        self.progress_tasks: dict[int | str, asyncio.Task[Any]] = {}
        self.suggestions: dict[str, list[Suggestion]] = {}
        self.review_hints: Callable[[Document], list[types.Diagnostic]] = lambda document: []
        self.hinted: set[str] = set()
        self.conversation_id: str | None = None
        self.completer: Completer | None = None
        self.chats: dict[str, str] = {}
        self._stopped = stopped
        self._arguments = arguments
        self._loaded = asyncio.Event()
        self._app: asyncio.Future[App] = stopped.get_loop().create_future()
        self._opening: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._watch: ProcessWatch | None = None
        self._number = 0
        self._register()

    # -- what handlers use ------------------------------------------------------------------------------------------

    async def app(self) -> App:
        """Return the App, waiting until it is open; raises why it could not be opened."""
        return await asyncio.shield(self._app)

    async def reopen(self, settings: Mapping[str, object]) -> bool:
        """Try again to open the App with other settings after it could not be opened; False when it is open."""
        if not self._app.done():
            await asyncio.wait({self._app})
        if self._app.exception() is None:
            return False
        self.facts = replace(self.facts, settings=settings)
        self._app = asyncio.get_running_loop().create_future()
        self._opening = asyncio.create_task(self._open(), name="open")
        return True

    async def ask(self, method: str, params: object) -> Any:
        """Send a request to the client and return its raw result.

        Raises:
            JsonRpcException: the client answered with an error.
            ConnectionError: the client is gone.
        """
        return await self.protocol.ask(method, params)

    def notify(self, method: str, params: object) -> None:
        """Send a notification that must arrive."""
        self.protocol.send({"method": method, "params": params})

    def notify_latest(self, key: str, method: str, params: object) -> None:
        """Send a state of which a slow client needs only the latest."""
        if self.protocol.writer is not None:
            data = self.protocol.encode({"method": method, "params": params})
            self.protocol.writer.replace((method, key), data)

    def show_message(self, text: str, kind: types.MessageType = types.MessageType.Info) -> None:
        """Show a sentence to the person."""
        self.window_show_message(types.ShowMessageParams(type=kind, message=text))

    def next_number(self) -> int:
        """Return a number that this connection has not used yet."""
        self._number += 1
        return self._number

    def state_folder(self) -> Path:
        """Return the folder for what is shown as a document."""
        return Path(resolve(table.FIND_FOLDERS)().state)

    # -- the life of the connection ---------------------------------------------------------------------------------

    def initialize(self, params: Mapping[str, object]) -> types.InitializeResult:
        """Read what the client can do and say what we can; imports nothing."""
        self.facts = read_facts(params)
        self.process_id = self.facts.process_id
        self.documents = OpenDocuments(self.facts.encoding)
        self.world = World(self.facts.roots, partial(self.show_message, kind=types.MessageType.Warning))
        for method, handler in self.world.handlers().items():
            self.protocol.on_notification(method, handler)
        self.protocol.client_capabilities = types.ClientCapabilities()
        builder = ServerCapabilitiesBuilder(
            self.protocol.client_capabilities,
            {*self.protocol.fm.features, *self.protocol.fm.builtin_features},
            self.protocol.fm.feature_options,
            list(self.protocol.fm.commands),
            types.TextDocumentSyncKind.Incremental,
            None,
            self.facts.encoding.value,
        )
        capabilities = cast("types.ServerCapabilities", builder.build())  # type: ignore[no-untyped-call]
        capabilities.experimental = {
            "conduit": {
                "protocol": table.PROTOCOL_VERSION,
                "methods": sorted(m for m in table.METHODS if m.startswith("conduit/")),
            }
        }
        if capabilities.execute_command_provider is not None:
            capabilities.execute_command_provider.work_done_progress = True
        advertise(capabilities)
        if capabilities.workspace is not None:  # for the builder it does not exist yet
            capabilities.workspace.text_document_content = types.TextDocumentContentOptions(schemes=["conduit-review"])
        self.protocol.server_capabilities = capabilities
        return types.InitializeResult(capabilities, types.ServerInfo(self.name, self.version))

    def begin(self) -> None:
        """Called right after the answer to `initialize` was sent: watch the client, import, open the App."""
        if self.facts.process_id is not None:
            reason = f"the client's process {self.facts.process_id} is not there (any more)"
            self._watch = ProcessWatch(self.facts.process_id, partial(self.stop, 1, reason))
            self._watch.start()
        self._opening = asyncio.create_task(self._open(), name="open")

    def stop(self, code: int, reason: str) -> None:
        """End the server with this exit code; the first reason counts."""
        if not self._stopped.done():
            (_log.info if code == 0 else _log.error)("ending: %s", reason)
            self._stopped.set_result(code)

    async def close(self) -> None:
        """End the App and whatever is still running; called once, when nothing is read any more."""
        if self._watch is not None:
            self._watch.stop()
        self.protocol.hang_up()
        await self.close_app()
        tasks = self.protocol.tasks()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)

    async def close_app(self) -> None:
        """Let running turns record themselves and close the store; the second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close_app(), name="close")
        await asyncio.wait({self._closing}, timeout=CLOSE_S)

    async def _close_app(self) -> None:
        if self._opening is not None and not self._app.done():
            self._opening.cancel()
            await asyncio.wait({self._opening})
        if self._app.done() and not self._app.cancelled() and self._app.exception() is None:
            try:
                await self._app.result().aclose()
            except ConduitError:
                _log.exception("closing failed")

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await _import_behind(loop)
            self._loaded.set()
            app = await self._compose()
        except asyncio.CancelledError:
            self._app.set_exception(UserError("The server is ending."))
            self._app.exception()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the person is told once and requests are answered
            if not isinstance(error, ConduitError):
                _log.exception("opening failed")
            message = str(error) if isinstance(error, ConduitError) else f"{type(error).__name__}: {error}"
            self._loaded.set()
            self._app.set_exception(UserError(f"Conduit could not start: {message}"))
            self._app.exception()
            self.show_message(f"Conduit could not start: {message}", types.MessageType.Error)
            return
        self._app.set_result(app)
        memory.give_back()
        await app.warm_up()

    async def _compose(self) -> App:
        from conduit.lsp.applier import EditorApplier
        from conduit.lsp.approver import EditorApprover
        from conduit.lsp.language import EditorLanguage
        from conduit.lsp.watching import watch_app

        open_app = cast("Callable[..., Coroutine[Any, Any, App]]", resolve(table.OPEN_APP))
        roots = self.world.roots
        app = await open_app(
            roots,
            self.facts.settings,
            self.documents,
            EditorApplier(self),
            EditorApprover(self, self.state_folder() / "review"),
            arguments=self._arguments,
            language=partial(EditorLanguage, self) if self.facts.abilities else None,
        )
        self.world.opened(app.workspace, roots)
        if self.facts.watches_files:
            self.protocol.spawn(self.world.register(self.ask), "register for files")
        for notice in app.notices:
            self.show_message(notice, types.MessageType.Warning)
        watch_app(self, app)
        resolve(table.WATCH_REVIEW)(self, app)
        return app

    # -- registration -----------------------------------------------------------------------------------------------

    def _register(self) -> None:
        for method, row in table.METHODS.items():
            self.feature(method, table.OPTIONS.get(method))(self._lazy(method, row))
        for name, target in table.COMMANDS.items():
            self.command(name)(self._lazy_command(target))
        on = self.protocol.on_notification
        on(types.TEXT_DOCUMENT_DID_OPEN, self._open_document)
        on(types.TEXT_DOCUMENT_DID_CHANGE, self._change_document)
        on(types.TEXT_DOCUMENT_DID_CLOSE, self._close_document)
        on(types.WINDOW_WORK_DONE_PROGRESS_CANCEL, self._cancel_progress)

    def _lazy(self, method: str, row: table.Row) -> Callable[[ConduitServer, object], Coroutine[Any, Any, object]]:
        async def handle(ls: ConduitServer, params: object) -> object:
            await self._loaded.wait()
            if row.params is None:
                structured = ls.protocol.structure_params(method, params)
            else:
                structured = validated(resolve(row.params), params)
            return await resolve(row.target)(ls, structured)

        return handle

    def _lazy_command(
        self, target: str
    ) -> Callable[[ConduitServer, types.ExecuteCommandParams], Coroutine[Any, Any, object]]:
        async def run(ls: ConduitServer, call: types.ExecuteCommandParams) -> object:
            await self._loaded.wait()
            return await resolve(target)(ls, *(call.arguments or ()))

        return run

    def _open_document(self, params: types.DidOpenTextDocumentParams) -> None:
        self.documents.open(params.text_document)
        self._refresh_hints(params.text_document.uri)

    def _change_document(self, params: types.DidChangeTextDocumentParams) -> None:
        self.documents.change(params)
        self._refresh_hints(params.text_document.uri)

    def _close_document(self, params: types.DidCloseTextDocumentParams) -> None:
        self.documents.close(params.text_document.uri)
        self._refresh_hints(params.text_document.uri)

    def _refresh_hints(self, uri: str) -> None:
        if uri in self.suggestions or (self._app.done() and not self.facts.code_lens):
            resolve(table.REFRESH_HINTS)(self, uri)

    def _cancel_progress(self, params: types.WorkDoneProgressCancelParams) -> None:
        task = self.progress_tasks.get(params.token)
        if task is not None:
            task.cancel()


def resolve(name: str) -> Any:
    """Return what `module:name` names, importing the module when nobody has yet."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


async def _import_behind(loop: asyncio.AbstractEventLoop) -> None:
    """Import the heavy modules on a daemon thread, which never keeps the process from ending."""
    for number, _ in enumerate(memory.trim_method_globals(types)):
        if number % TRIMMED_AT_ONCE == 0:
            await asyncio.sleep(0)
    done: asyncio.Future[None] = loop.create_future()

    def import_all() -> None:
        problem: Exception | None = None
        memory.forget_generated_source()
        try:
            for name in table.AFTER_INITIALIZE:
                importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - carried over to the loop, whatever it is
            problem = error
        # What the imports made stays for good: no later collection needs to look at it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*USUAL_THRESHOLDS)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, problem)

    def settle(problem: Exception | None) -> None:
        if done.done():
            return
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)

    threading.Thread(target=import_all, name="conduit-import", daemon=True).start()
    await done


def make_server(
    stopped: asyncio.Future[int], outbox: Outbox, arguments: Mapping[str, object] | None = None
) -> ConduitServer:
    """Return a server that writes to `outbox` and sets `stopped` to its exit code; `arguments` win over settings."""
    server = ConduitServer(stopped, arguments or {})
    server.protocol.set_writer(outbox)
    return server
