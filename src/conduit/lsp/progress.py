"""Work-done progress: shown by the client, cancelled by its *cancel* button. (LSP 3.18, *Work Done Progress*.)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from conduit.lsp.dispatch import CLIENT_TOKEN

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


class Progress:
    """One running piece of work, as the client shows it; without a token nothing is shown."""

    def __init__(self, server: ConduitServer, token: int | str | None) -> None:
        self._server = server
        self._token = token

    def begin(self, title: str) -> None:
        """Show that it began; it can be cancelled."""
        self._send({"kind": "begin", "title": title, "cancellable": True})

    def report(self, message: str) -> None:
        """Show how far it is; a client that reads slowly sees only the latest of these."""
        if self._token is not None:
            value = {"kind": "report", "message": message, "cancellable": True}
            params = {"token": self._token, "value": value}
            self._server.notify_latest(str(self._token), types.PROGRESS, params)

    def end(self) -> None:
        """Show that it ended."""
        self._send({"kind": "end"})

    def _send(self, value: dict[str, object]) -> None:
        if self._token is not None:
            self._server.notify(types.PROGRESS, {"token": self._token, "value": value})


@asynccontextmanager
async def show_progress(server: ConduitServer, title: str) -> AsyncIterator[Progress]:
    """Show progress around some work of the current task; the client's cancel button cancels that task."""
    token = await _create_token(server)
    task = asyncio.current_task()
    if token is not None and task is not None:
        server.progress_tasks[token] = task
    progress = Progress(server, token)
    progress.begin(title)
    try:
        yield progress
    finally:
        if token is not None:
            server.progress_tasks.pop(token, None)
        progress.end()


async def _create_token(server: ConduitServer) -> int | str | None:
    """Return the token that the client sent along, else one that it agrees to, else None."""
    given = CLIENT_TOKEN.get()
    if given is not None:
        CLIENT_TOKEN.set(None)  # once it has ended, a client does not know it any more
        return given
    if not server.facts.work_done_progress:
        return None
    token = f"conduit-progress-{server.next_number()}"
    try:
        await server.ask(types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token=token))
    except JsonRpcException:
        return None
    return token
