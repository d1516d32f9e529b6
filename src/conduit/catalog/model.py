"""Rows of the catalogue: a vendor is an endpoint, a model is a name there with what is known about it.

A fact that nobody has told us is None, never False. This is not a wire: how a request is written lives in
`providers`. Anyone above `messages` may use these values.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

WireName = Literal[
    "openai_chat", "openai_responses", "anthropic", "google", "ollama", "dashscope", "scripted", "embedded"
]
"""A request format; each one is a file in `providers`."""


class Row(BaseModel):
    """A frozen row; a field that is not known here is a mistake in the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Capabilities(Row):
    """What a model can do, as far as it is known.

    Attributes:
        tools: `native` calls over the wire, `prompted` when we must ask for constrained JSON.
        vision: takes images.
        documents: takes PDF files.
        thinking: how thinking is asked for: `adaptive` and `budget` are Anthropic's two ways, `effort` is a
            level, and `none` means that the model does not think.
        thinking_off: what is sent to turn thinking off; `always_on` when it cannot be.
        sampling: when temperature and top_p are accepted.
        tools_need_thinking_off: function tools are refused over this wire unless thinking is off.
        forced_tools: the model can be made to call a tool.
        response_schema: `native`, or `tool` when a forced tool call must stand in for it.
    """

    tools: Literal["native", "prompted"] | None = None
    vision: bool | None = None
    documents: bool | None = None
    thinking: Literal["adaptive", "budget", "effort", "none"] | None = None
    thinking_off: Literal["disabled", "between_tools", "effort_none", "always_on"] | None = None
    sampling: Literal["always", "without_thinking", "never"] | None = None
    tools_need_thinking_off: bool | None = None
    forced_tools: bool | None = None
    response_schema: Literal["native", "tool"] | None = None


class Vendor(Row):
    """A company's endpoint, and how its wire differs from the pattern.

    Attributes:
        base_url: None when the person's settings must give it, or when there is no endpoint.
        key_variable: the environment variable of the key; None when no key is needed.
        key_required: whether a request without a key is pointless.
        any_model: whether a model without a row may be asked for.
        max_tokens_field: the name of the output limit in the request.
        stream_options: `stream_options.include_usage` is understood.
        system_role: the role that the system text is sent with.
        auth: how the key is sent.
        think_tags: thinking may come inside the text, between <think> tags.
        replay_thinking: the field in which the vendor wants its thinking back, or None.
        prompt_cache: a cache mark on the request is understood.
        default_max_tokens: the output limit that is sent when nobody set one; None sends none.
        extra_body: sent as it is with every request, for what only this endpoint understands.
        model_defaults: what is assumed of models without a row.
    """

    name: str
    display_name: str
    wire: WireName
    base_url: str | None = None
    key_variable: str | None = None
    key_required: bool = True
    any_model: bool = True
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    stream_options: bool = True
    system_role: Literal["system", "developer"] = "system"
    auth: Literal["bearer", "x-api-key"] = "bearer"
    think_tags: bool = True
    replay_thinking: Literal["reasoning_content"] | None = None
    prompt_cache: bool = False
    default_max_tokens: int | None = None
    extra_body: dict[str, JsonValue] = Field(default_factory=dict)
    model_defaults: Capabilities = Capabilities()
    source: str
    date: dt.date


class ModelInfo(Row):
    """One model: its names, limits in tokens, capabilities, and where and when that was read."""

    vendor: str
    name: str = Field(description="as the vendor calls it")
    display_name: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: Capabilities = Capabilities()
    listed: bool = True
    source: str
    date: dt.date

    @property
    def id(self) -> str:
        """The name used everywhere in Conduit: `vendor/model`."""
        return f"{self.vendor}/{self.name}"
