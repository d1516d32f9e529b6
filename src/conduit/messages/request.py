"""What is asked of a model: the whole request as one frozen value."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from conduit.messages.content import Value
from conduit.messages.message import Message

ToolKind = Literal["read", "edit", "delete", "move", "search", "execute", "think", "fetch", "other"]
"""The kind of a tool as the Agent Client Protocol names it; faces choose an icon by it."""


ThinkingLevel = Literal["off", "low", "medium", "high", "max"]
"""How much a model thinks before it answers; each wire maps it to what its vendor knows."""


class ToolSpec(Value):
    """A tool as the model sees it; `input_schema` is a JSON schema of type object."""

    name: str
    description: str
    input_schema: dict[str, JsonValue]


class ModelSettings(Value):
    """Sampling and limits; None means the vendor's default, and a model that does not take a field never gets it.

    `prompt_cache` is False where nobody shall be asked to keep what stays the same; `keep_alive_s` are the seconds that
    a server of the person's own keeps the model in memory afterwards, negative for ever. `extra` goes into the request
    body as it is, for what only one vendor knows.
    """

    temperature: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    top_p: float | None = Field(default=None, ge=0, le=1)
    top_k: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    stop: tuple[str, ...] = ()
    seed: int | None = None
    tool_choice: Literal["auto", "required", "none"] = "auto"
    parallel_tool_calls: bool | None = None
    thinking: ThinkingLevel | None = None
    prompt_cache: bool | None = None
    keep_alive_s: float | None = Field(default=None, ge=-1, le=31_536_000, allow_inf_nan=False)
    extra: dict[str, JsonValue] = Field(default_factory=dict)


class ModelRequest(Value):
    """One completion: what is sent, whoever it is sent to.

    `model` is the vendor's own name of the model. `response_schema`, a JSON schema, constrains the answer's text.
    """

    model: str
    system: str = ""
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    settings: ModelSettings = Field(default_factory=ModelSettings)
    response_schema: dict[str, JsonValue] | None = None
