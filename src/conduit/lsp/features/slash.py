"""`conduit/command/list`: what a prompt may begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.lsp.protocol.command import CommandLine, CommandList, CommandParams

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def list_commands(server: ConduitServer, params: CommandParams) -> CommandList:
    """`conduit/command/list`."""
    found = await (await server.app()).commands.all()
    return CommandList(
        commands=[
            CommandLine(name=each.name, description=each.description, hint=each.hint, source=each.source)
            for each in found
        ]
    )
