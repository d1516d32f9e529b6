"""Payloads of `conduit/session/unqueue`: a prompt that waits for the running turn is taken out again."""

from __future__ import annotations

from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.prompt import ContentBlock
from conduit.lsp.protocol.session import SessionParams


class UnqueueParams(SessionParams):
    """Which prompt, by the `queueId` of `queue_update`."""

    queue_id: str


class Unqueued(Payload):
    """What was taken out, to be edited; its own request is answered with `cancelled`."""

    prompt: list[ContentBlock]
