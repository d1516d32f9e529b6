"""`conduit/session/rename|delete|export|fork`: what is done with whole conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.lsp.opened import to_line, to_opened
from conduit.lsp.protocol.branch import Deleted, Exported, ForkParams, Renamed, RenameSessionParams
from conduit.lsp.protocol.session import OpenedSession, SessionParams

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def rename_session(server: ConduitServer, params: RenameSessionParams) -> Renamed:
    """`conduit/session/rename`."""
    app = await server.app()
    return Renamed(session=to_line(await app.conversations.rename(params.session_id, params.title)))


async def delete_session(server: ConduitServer, params: SessionParams) -> Deleted:
    """`conduit/session/delete`."""
    app = await server.app()
    await app.conversations.delete(params.session_id)
    if server.conversation_id == params.session_id:
        server.conversation_id = None
    return Deleted()


async def export_session(server: ConduitServer, params: SessionParams) -> Exported:
    """`conduit/session/export`."""
    title, markdown = await (await server.app()).conversations.export(params.session_id)
    return Exported(title=title, markdown=markdown)


async def fork_session(server: ConduitServer, params: ForkParams) -> OpenedSession:
    """`conduit/session/fork`; `conduit/session/load` then replays what it shares."""
    app = await server.app()
    info = await app.conversations.fork(params.session_id, params.message_id)
    server.conversation_id = info.id
    return to_opened(app, info)
