"""`workspace/didChangeConfiguration`: takes the client's settings in at run time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.lsp import table
from conduit.lsp.facts import changed_settings
from conduit.lsp.server import resolve

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer

_log = logging.getLogger(__name__)
_SECTION = "conduit"


async def did_change_configuration(server: ConduitServer, params: types.DidChangeConfigurationParams) -> None:
    """Take changed settings in; a client that sends none is asked, and what it said at `initialize` stands else.

    Some clients tell every server about the settings of all of them: what holds no key of ours changes nothing.

    Raises:
        ConfigError: a bad value; the old settings stay.
    """
    settings = changed_settings(params.settings)
    is_bare = isinstance(params.settings, dict) and _SECTION not in params.settings
    if settings is not None and is_bare and not resolve(table.HOLDS_SETTING)(settings):
        _log.warning("changed settings are ignored, none is Conduit's: %s", ", ".join(map(str, settings))[:200])
        return
    if settings is None and server.facts.configuration:
        item = types.ConfigurationItem(section=_SECTION)
        answer = await server.ask(types.WORKSPACE_CONFIGURATION, types.ConfigurationParams(items=[item]))
        settings = changed_settings(answer[0]) if isinstance(answer, list) and answer else None
    wanted = server.facts.settings if settings is None else settings
    if not await server.reopen(wanted):
        await (await server.app()).configure(wanted)
