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
    """What can be named; `uri` goes into a `resource_link`.

    `name` is that of a file or folder in the workspace, or `terminal`: what is selected in the editor's terminal when
    the prompt is sent, offered where the editor tells it.
    """

    kind: Literal["file", "folder", "terminal"]
    name: str
    uri: str


class MentionList(Payload):
    """The terminal and open documents first, then the best matches; what is ignored or private is never among them."""

    mentions: list[MentionLine]
