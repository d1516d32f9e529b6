"""Dispatch: one JSON-RPC message in, its handler run, one answer out.

pygls's protocol with our own rules where it is lenient: cancelled requests never start, ids are unique, what comes
before `initialize` or after `shutdown` is refused, wrong parameters are answered with the name of the field. Handlers
of requests are tasks; document notifications are taken in at once. (LSP 3.18, *Base protocol* and *Lifecycle*.)
"""

from __future__ import annotations

import asyncio
import enum
import functools
import json
import logging
from collections.abc import Callable, Coroutine, Hashable, Mapping
from concurrent.futures import Future
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

from conduit.lsp.failures import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_INITIALIZED,
    PARSE_ERROR,
    RpcError,
    to_response_error,
)
from conduit.lsp.framing import frame
from conduit.lsp.transport import Outbox

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer

_log = logging.getLogger(__name__)

RequestId = int | str

CLIENT_TOKEN: ContextVar[int | str | None] = ContextVar("client_token", default=None)
"""The `workDoneToken` of the command that the current task runs; the first progress of the task is shown by it."""


class Dispatch(LanguageServerProtocol):
    """The protocol object of one connection."""

    _server: ConduitServer
    writer: Outbox | None

    def __init__(self, server: ConduitServer, converter: Any) -> None:
        super().__init__(server, converter)
        self.cancelled_early: set[Hashable] = set()
        self._running: dict[RequestId, asyncio.Task[Any]] = {}
        self._background: set[asyncio.Task[Any]] = set()
        self._initialized = False
        self._sync: dict[str, Callable[[Any], None]] = {}

    def on_notification(self, method: str, handler: Callable[[Any], None]) -> None:
        """Have `handler` called with the typed parameters of a notification, before the next message is looked at."""
        self._sync[method] = handler

    @property
    def shut_down(self) -> bool:
        """Whether `shutdown` was asked for."""
        return self._shutdown

    # -- what arrives -----------------------------------------------------------------------------------------------

    def receive(self, value: object) -> None:
        """Take one JSON value in; never raises, whatever it is."""
        if not isinstance(value, dict):
            self.refuse(None, INVALID_REQUEST, "A message must be a JSON object; batches are not part of LSP.")
            return
        id_, method = value.get("id"), value.get("method")
        known_id = id_ if isinstance(id_, (int, str)) and not isinstance(id_, bool) else None
        if value.get("jsonrpc") != self.VERSION:
            self.refuse(known_id, INVALID_REQUEST, 'The member "jsonrpc" must be "2.0".')
        elif "method" not in value:
            self._receive_response(known_id, value)
        elif not isinstance(method, str):
            self.refuse(known_id, INVALID_REQUEST, 'The member "method" must be a string.')
        elif "id" not in value:
            self._receive_notification(method, value.get("params"))
        elif known_id is None:
            self.refuse(None, INVALID_REQUEST, 'The member "id" must be a number or a string.')
        else:
            self._receive_request(known_id, method, value.get("params"))

    def refuse(self, id_: RequestId | None, code: int, message: str) -> None:
        """Answer with an error; without an id it is nobody's answer, as JSON-RPC wants it for what is unreadable."""
        _log.warning("refused a message: %s", message)
        self.send({"id": id_, "error": {"code": code, "message": message}})

    def refuse_unreadable(self, reason: str) -> None:
        """Answer a frame that could not be read."""
        self.refuse(None, PARSE_ERROR, f"The message cannot be read: {reason}.")

    def _receive_request(self, id_: RequestId, method: str, params: object) -> None:
        if id_ in self.cancelled_early:
            self._answer_error(id_, asyncio.CancelledError(), method)
        elif id_ in self._running:
            self.refuse(id_, INVALID_REQUEST, f"A request with the id {id_!r} is still running.")
        elif self._shutdown:
            self.refuse(id_, INVALID_REQUEST, "The server was shut down; only 'exit' may follow.")
        elif method == types.INITIALIZE:
            self._initialize(id_, params)
        elif not self._initialized:
            self.refuse(id_, NOT_INITIALIZED, "The server was not initialized; 'initialize' must come first.")
        else:
            handler = self._handler(method)
            if handler is None:
                self.refuse(id_, METHOD_NOT_FOUND, f"There is no method {method!r}.")
                return
            task = asyncio.create_task(handler(params), name=method)
            self._running[id_] = task
            task.add_done_callback(functools.partial(self._finish, id_, method))

    def _initialize(self, id_: RequestId, params: object) -> None:
        if self._initialized:
            self.refuse(id_, INVALID_REQUEST, "The server was initialized already.")
            return
        if not isinstance(params, dict):
            self.refuse(id_, INVALID_PARAMS, "params: an object is required")
            return
        result = self._server.initialize(params)
        self._initialized = True
        self._answer(id_, types.INITIALIZE, result)
        self._server.begin()

    def _finish(self, id_: RequestId, method: str, task: asyncio.Task[Any]) -> None:
        """Answer a request whose task is over, also one that was cancelled before its first step."""
        self._running.pop(id_, None)
        if task.cancelled():
            self._answer_error(id_, asyncio.CancelledError(), method)
        elif (error := task.exception()) is not None:
            self._answer_error(id_, error, method)
        else:
            self._answer(id_, method, task.result())

    def _receive_notification(self, method: str, params: object) -> None:
        if method == types.EXIT:
            self._server.stop(0 if self._shutdown else 1, "the client said exit")
        elif method == types.CANCEL_REQUEST:
            self._cancel(params.get("id") if isinstance(params, dict) else None)
        elif self._shutdown or not self._initialized:
            _log.debug("ignored %s outside of a running session", method)
        elif method in self._sync:
            self._take_in(method, params)
        else:
            handler = self._handler(method)
            if handler is not None:
                self.spawn(handler(params), method)
            elif not method.startswith("$/"):
                _log.info("ignored the notification %r: nothing handles it", method)

    def _take_in(self, method: str, params: object) -> None:
        try:
            self._sync[method](self.structure_params(method, params))
        except Exception as error:  # noqa: BLE001 - a notification has no answer; the next message must still be read
            _log.error("%s was not taken in: %s", method, error, exc_info=not isinstance(error, RpcError))

    def spawn(self, work: Coroutine[Any, Any, object], what: str) -> asyncio.Task[Any]:
        """Run something that answers nobody; what goes wrong is shown to the person."""

        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 - as above: nobody else would see it
                self._server.show_message(to_response_error(error, what).message, types.MessageType.Error)

        task = asyncio.create_task(guarded(), name=what)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    def _cancel(self, id_: object) -> None:
        if isinstance(id_, (int, str)):
            self.cancelled_early.discard(id_)
            task = self._running.get(id_)
            if task is not None:
                task.cancel()

    def tasks(self) -> list[asyncio.Task[Any]]:
        """Return everything that is still running for the client."""
        return [*self._running.values(), *self._background]

    # -- parameters and results -------------------------------------------------------------------------------------

    def _handler(self, method: str) -> Callable[[object], Coroutine[Any, Any, object]] | None:
        handler = self.fm.builtin_features.get(method) or self.fm.features.get(method)
        return handler if asyncio.iscoroutinefunction(handler) else None

    def structure_params(self, method: str, params: object) -> Any:
        """Return the typed parameters of a standard method; raises RpcError with the names of the wrong fields."""
        known = types.METHOD_TO_TYPES.get(method)
        kind = known[2] if known is not None else None
        if kind is None:
            return params
        try:
            return self._converter.structure(params, cast("type[Any]", kind))
        except Exception as error:
            from cattrs import transform_error

            try:
                message = "; ".join(transform_error(error)).replace("$.", "")
            except (AttributeError, TypeError):
                message = str(error)
            raise RpcError(INVALID_PARAMS, message) from error

    def _answer(self, id_: RequestId, method: str, result: object) -> None:
        try:
            self.send({"id": id_, "result": result})
        except (TypeError, ValueError, RecursionError) as error:
            _log.exception("the answer to %s is no JSON", method)
            self.refuse(id_, INTERNAL_ERROR, f"The answer cannot be written as JSON: {error}")

    def _answer_error(self, id_: RequestId, error: BaseException, method: str) -> None:
        self.send({"id": id_, "error": to_response_error(error, method)})

    def _serialize_message(self, data: Any) -> Any:
        if hasattr(data, "model_dump"):
            return data.model_dump(mode="json", by_alias=True, exclude_none=True)
        if hasattr(data, "__attrs_attrs__"):
            return self._converter.unstructure(data)
        if isinstance(data, enum.Enum):
            return data.value
        raise TypeError(f"{type(data).__name__} is no JSON")

    def encode(self, message: Mapping[str, object]) -> bytes:
        """Return a message as a frame; raises TypeError or ValueError when it is no JSON."""
        whole = {"jsonrpc": self.VERSION, **message}
        text = json.dumps(
            whole, default=self._serialize_message, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        return frame(text)

    def send(self, message: Mapping[str, object]) -> None:
        """Queue a message that must arrive; raises TypeError or ValueError when it is no JSON."""
        if self.writer is not None:
            self.writer.write(self.encode(message))

    def _send_data(self, data: Any) -> None:
        """Send what pygls itself made, such as `window/showMessage`."""
        self.send(self._serialize_message(data))

    # -- what the client is asked -----------------------------------------------------------------------------------

    async def ask(self, method: str, params: object) -> Any:
        """Send a request and return its raw result (plain JSON).

        A cancelled caller takes the request back. Raises JsonRpcException when the client answers with an error, and
        ConnectionError when it is gone.
        """
        id_ = f"conduit-{self._server.next_number()}"
        answer: Future[Any] = Future()
        self._request_futures[id_] = answer
        self.send({"id": id_, "method": method, "params": params})
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            if self._request_futures.pop(id_, None) is not None:
                self.notify(types.CANCEL_REQUEST, types.CancelParams(id=id_))
            raise

    def _receive_response(self, id_: RequestId | None, value: dict[str, Any]) -> None:
        if id_ is None or ("result" not in value and "error" not in value):
            self.refuse(None, INVALID_REQUEST, "A message must have a method, a result or an error.")
            return
        answer = self._request_futures.pop(id_, None)
        if answer is None or not answer.set_running_or_notify_cancel():
            _log.debug("an answer came for %r, which nobody waits for", id_)
            return
        error = value.get("error")
        if error is not None:
            code = error.get("code") if isinstance(error, dict) else None
            message = error.get("message") if isinstance(error, dict) else None
            answer.set_exception(JsonRpcException(str(message), code if isinstance(code, int) else None))
            return
        try:
            kind = self._result_types.pop(id_, None)
            answer.set_result(self._converter.structure(value, kind).result if kind else value.get("result"))
        except Exception as problem:  # noqa: BLE001 - cattrs raises whatever a field's own type raised
            answer.set_exception(JsonRpcException(f"the client's answer is malformed: {problem}"))

    # -- pygls's own features, where ours differ --------------------------------------------------------------------

    @lsp_method(types.SHUTDOWN)
    async def lsp_shutdown(self, *_: object) -> None:  # type: ignore[override]
        """Save and close; only `exit` may follow."""
        self._shutdown = True
        await self._server.close_app()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(self, params: object) -> object:  # type: ignore[override]
        """Run a command of the table; its arguments are checked by the command itself."""
        call = self.structure_params(types.WORKSPACE_EXECUTE_COMMAND, params)
        command = self.fm.commands.get(call.command)
        if command is None:
            raise RpcError(INVALID_PARAMS, f"command: there is no command {call.command!r}")
        CLIENT_TOKEN.set(call.work_done_token)  # for this request alone: it runs in a task of its own
        return await command(call)

    def hang_up(self) -> None:
        """Tell everybody who waits for the client that no answer will come."""
        for answer in self._request_futures.values():
            if not answer.done():
                answer.set_exception(ConnectionError("the client is gone"))
        self._request_futures.clear()
