"""`conduit/session/unqueue`: a prompt that waits is taken out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.lsp.protocol.queue import Unqueued, UnqueueParams
from conduit.lsp.shown import to_content

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def unqueue(server: ConduitServer, params: UnqueueParams) -> Unqueued:
    """`conduit/session/unqueue`."""
    app = await server.app()
    return Unqueued(prompt=to_content(app.queue.take(params.session_id, params.queue_id)))
