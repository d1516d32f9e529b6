"""`conduit/mention/list`: what an `@` in a prompt may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.context.terminal import TERMINAL_NAME, TERMINAL_URI
from conduit.lsp.convert import uri_from_path
from conduit.lsp.protocol.mentions import MentionLine, MentionList, MentionParams
from conduit.workspace.language import Ability

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def list_mentions(server: ConduitServer, params: MentionParams) -> MentionList:
    """`conduit/mention/list`."""
    app = await server.app()
    found = await app.mentions.matching(params.query, params.limit)
    lines = [MentionLine(kind=each.kind, name=each.name, uri=uri_from_path(each.path)) for each in found]
    if Ability.TERMINAL_SELECTION in app.language.offers and TERMINAL_NAME.startswith(params.query.casefold()):
        lines.insert(0, MentionLine(kind="terminal", name=TERMINAL_NAME, uri=TERMINAL_URI))
    return MentionList(mentions=lines[: params.limit])
