"""Payloads of `conduit/status` and `conduit/models/list`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conduit.lsp.protocol.payload import NoParams, Payload

__all__ = ["ModelLine", "ModelList", "NoParams", "StatusNote"]


class ModelLine(Payload):
    """One line of a model picker; `note` says what is missing when it is not `ready`.

    `capabilities` holds yes and no by name; what is unknown is left out.
    """

    model_id: str
    name: str
    vendor: str
    ready: bool
    note: str = ""
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: dict[str, bool] = Field(default_factory=dict)


class ModelList(Payload):
    """The models there are, and the one that new sessions use."""

    models: list[ModelLine]
    default_model_id: str


class StatusNote(Payload):
    """`conduit/status`, server to client: what a status line shows. Bytes are those of a running download."""

    state: Literal["ready", "busy", "error", "downloading", "waiting"]
    model: str
    session_id: str | None = None
    message: str = ""
    downloaded_bytes: int | None = None
    total_bytes: int | None = None
