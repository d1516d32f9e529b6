"""Payloads of `conduit/mention/list`: what an `@` in a prompt may name."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conduit.lsp.protocol.payload import Payload


class MentionParams(Payload):
    """What was typed behind the `@`; a session is only needed to see files that it proposes."""

    query: str = Field(default="", max_length=1000)
    limit: int = Field(default=50, ge=1, le=500)
    session_id: str | None = None


class MentionLine(Payload):
    """A file or folder; `name` is its name in the workspace, `uri` goes into a `resource_link`."""

    kind: Literal["file", "folder"]
    name: str
    uri: str


class MentionList(Payload):
    """Open documents first, then the best matches; what is ignored or private is never among them."""

    mentions: list[MentionLine]
