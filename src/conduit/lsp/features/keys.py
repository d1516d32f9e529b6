"""`conduit/key/*`: the keys of vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.lsp.protocol.keys import KeyLine, KeyList, RemoveKeyParams, SetKeyParams
from conduit.lsp.protocol.payload import NoParams

if TYPE_CHECKING:
    from conduit.app.keys import KeyStates
    from conduit.lsp.server import ConduitServer


async def list_keys(server: ConduitServer, params: NoParams) -> KeyList:
    """`conduit/key/list`."""
    return _shown(await (await server.app()).keys.states())


async def set_key(server: ConduitServer, params: SetKeyParams) -> KeyList:
    """`conduit/key/set`."""
    keys = (await server.app()).keys
    return _shown(await keys.set(params.vendor, params.key.get_secret_value(), params.keep))


async def remove_key(server: ConduitServer, params: RemoveKeyParams) -> KeyList:
    """`conduit/key/remove`."""
    return _shown(await (await server.app()).keys.remove(params.vendor))


def _shown(states: KeyStates) -> KeyList:
    lines = [
        KeyLine(vendor=each.vendor, name=each.name, source=each.source, variable=each.variable, kept=each.kept)
        for each in states.vendors
    ]
    return KeyList(keyring=not states.problem, problem=states.problem, vendors=lines)
