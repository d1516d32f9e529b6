"""`conduit serve`: from the two descriptors of a connection to an exit code."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import NoReturn

from conduit.errors import ConfigError
from conduit.lsp.framing import Fault
from conduit.lsp.server import ConduitServer, make_server
from conduit.lsp.stdio import Connection, accept_one, claim_stdio, parse_address
from conduit.lsp.transport import Ended, Inbox, Outbox

_log = logging.getLogger(__name__)

FLUSH_S = 1.0
"""How long the end waits for a client to read the last answers."""


def serve(tcp: str | None = None, arguments: Mapping[str, object] | None = None) -> int:
    """Serve one client on stdio, or on a TCP port of this machine; the process ends with the connection.

    It ends with 0 after `shutdown` and `exit`, or a signal; with 1 when the client vanished, said `exit` without
    `shutdown`, or cannot be understood. Returns only 2, for a bad `tcp`.
    `arguments` are settings from the command line.
    """
    try:
        connection = accept_one(*parse_address(tcp)) if tcp is not None else claim_stdio()
    except ConfigError as error:
        sys.stderr.write(f"conduit: {error}\n")
        return 2
    return asyncio.run(_run(connection, arguments or {}))


async def _run(connection: Connection, arguments: Mapping[str, object]) -> NoReturn:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[int] = loop.create_future()

    def lost(reason: str) -> None:
        with suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(server.stop, 1, reason)

    outbox = Outbox(connection.write, lost)
    server = make_server(stopped, outbox, arguments)
    inbox = Inbox(loop)
    server.protocol.cancelled_early = inbox.cancelled
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows
            loop.add_signal_handler(number, server.stop, 0, f"signal {number.name}")
    reading = asyncio.create_task(_read(server, inbox), name="read")
    reading.add_done_callback(partial(_end_with_reading, server))
    inbox.start(connection.read)
    code = await stopped
    reading.cancel()
    await server.close()
    if not outbox.finish(FLUSH_S):
        _log.info("the client did not read the last %d bytes", outbox.queued_bytes)
    # Not a return: `asyncio.run` would wait for every thread that still imports an SDK.
    _leave(code)


def _end_with_reading(server: ConduitServer, reading: asyncio.Task[None]) -> None:
    """End the server when nothing is read any more: a client that is never answered could only wait."""
    if not reading.cancelled() and (error := reading.exception()) is not None:
        _log.error("reading failed", exc_info=error)
        server.stop(1, "a message could not be taken in")


async def _read(server: ConduitServer, inbox: Inbox) -> None:
    while True:
        incoming = await inbox.get()
        if isinstance(incoming, Ended):
            clean = incoming.reason is None and server.protocol.shut_down
            server.stop(0 if clean else 1, incoming.reason or "the client closed the connection")
            return
        if isinstance(incoming, Fault):
            server.protocol.refuse_unreadable(incoming.reason)
        else:
            server.protocol.receive(incoming.value)
        # A request's handler takes its first step before the next message changes what it would see.
        await asyncio.sleep(0)


def _leave(code: int) -> NoReturn:
    """End the process without waiting for threads that import or compute: everything that counts is saved by now."""
    logging.shutdown()
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)
