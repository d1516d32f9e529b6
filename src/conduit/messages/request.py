"""What is asked of a model: the whole request as one frozen value."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field, JsonValue, model_validator

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


Stable = Literal["release", "mode", "workspace", "prompt"]
"""What a text stays the same through, longest first: this release of Conduit, every session in a mode, every session
of a workspace in a mode, one prompt."""

STABLE_LONGEST_FIRST: tuple[Stable, ...] = get_args(Stable)

LAYER_GAP = "\n\n"
"""What stands between two layers where they are one text."""


class ContextLayer(Value):
    """One of the texts that stand before a conversation, and what it stays the same through."""

    name: str
    text: str
    stable: Stable = "workspace"


class ModelRequest(Value):
    """One completion: what is sent, whoever it is sent to.

    `model` is the vendor's own name of the model. `layers` stand before the conversation, the most stable first, so
    that a vendor that keeps what it has read can keep the longest beginning; `system=` may be given instead, as one
    layer. `response_schema`, a JSON schema, constrains the answer's text.
    """

    model: str
    layers: tuple[ContextLayer, ...] = ()
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    settings: ModelSettings = Field(default_factory=ModelSettings)
    response_schema: dict[str, JsonValue] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_text_as_layer(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "system" not in given or given.get("layers"):
            return given
        rest = {key: value for key, value in given.items() if key != "system"}
        return {**rest, "layers": ({"name": "system", "text": given["system"]},)}

    @property
    def system(self) -> str:
        """All layers as one text, for a wire that takes one."""
        return LAYER_GAP.join(layer.text for layer in self.layers if layer.text.strip())

    def with_layer(self, layer: ContextLayer) -> ModelRequest:
        """Return the request with one more layer, behind the others."""
        return self.model_copy(update={"layers": (*self.layers, layer)})
