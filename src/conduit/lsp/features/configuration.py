"""`workspace/didChangeConfiguration`: takes the client's settings in at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.lsp.facts import changed_settings

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer

_SECTION = "conduit"


async def did_change_configuration(server: ConduitServer, params: types.DidChangeConfigurationParams) -> None:
    """Take changed settings in; a client that sends none is asked, and what it said at `initialize` stands else.

    Raises:
        ConfigError: a bad value; the old settings stay.
    """
    settings = changed_settings(params.settings)
    if settings is None and server.facts.configuration:
        item = types.ConfigurationItem(section=_SECTION)
        answer = await server.ask(types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items=[item]))
        settings = changed_settings(answer[0]) if isinstance(answer, list) and answer else None
    wanted = server.facts.settings if settings is None else settings
    if not await server.reopen(wanted):
        await (await server.app()).configure(wanted)
