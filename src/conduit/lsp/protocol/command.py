"""Payloads of `conduit/command/list`: what a prompt may begin with, such as `/explain`."""

from __future__ import annotations

from typing import Literal

from conduit.lsp.protocol.payload import Payload


class CommandParams(Payload):
    """A session is not needed: commands are those of the person and the workspace."""

    session_id: str | None = None


class CommandLine(Payload):
    """A command; `hint` says what may follow its name."""

    name: str
    description: str
    hint: str = ""
    source: Literal["builtin", "person", "project"]


class CommandList(Payload):
    """All commands by name."""

    commands: list[CommandLine]
