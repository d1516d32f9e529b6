"""Payload: the form of every `conduit/*` message: camelCase on the wire, unknown fields ignored."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Payload(BaseModel):
    """A message of ours; missing optional fields are left out, not sent as null."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True, defer_build=True
    )


class NoParams(Payload):
    """A request without parameters."""
