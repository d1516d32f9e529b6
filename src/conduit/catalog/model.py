"""Rows of the catalogue: a vendor is an endpoint, a model is a name there with what is known about it.

A fact that nobody has told us is None, never False. This is not a wire: how a request is written lives in
`providers`. Anyone above `messages` may use these values.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from conduit.messages.request import ThinkingLevel

WireName = Literal[
    "openai_chat", "openai_responses", "anthropic", "google", "ollama", "dashscope", "scripted", "embedded"
]
"""A request format; each one is a file in `providers`."""


EditFormat = Literal["search_replace", "v4a", "unified", "whole"]
"""How a model writes a change of a file: a quoted text and its replacement, a patch, or the whole file."""


class Row(BaseModel):
    """A frozen row; a field that is not known here is a mistake in the data."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Capabilities(Row):
    """What a model can do, as far as it is known.

    Attributes:
        tools: `native` calls over the wire, `prompted` when we must ask for constrained JSON; `none` gets no tools.
        vision: takes images.
        documents: takes PDF files.
        audio: takes recordings.
        video: takes films.
        caching: `explicit` wants marks or a cache object, `implicit` is the vendor's own affair, `none` has none.
        caching_off: how the vendor is told not to cache where it would do so by itself; None when it cannot be told.
        streaming: the answer comes in pieces.
        thinking: how thinking is asked for: `adaptive` and `budget` are Anthropic's two ways, `effort` is a
            level, and `none` means that the model does not think.
        thinking_levels: the levels that can be chosen.
        thinking_off: what is sent to turn thinking off; `always_on` when it cannot be.
        sampling: when temperature and top_p are accepted.
        tools_need_thinking_off: function tools are refused over Chat Completions unless thinking is off.
        forced_tools: the model can be made to call a tool, some only while they do not think.
        response_schema: `native`, or `tool` when a forced tool call must stand in for it.
        code_execution: runs code on the vendor's side.
        web_search: searches the web on the vendor's side.
        x_search: searches X on the vendor's side.
        file_search: searches uploaded files on the vendor's side.
        mcp: calls MCP servers from the vendor's side.
        grounding: answers name the pages that they rest on.
        computer_use: drives a screen.
        image_output: answers with pictures.
        audio_output: answers with speech.
        embeddings: turns text into vectors.
        transcription: writes down what a recording says: as `text`, in `segments` with their times, or with the
            `speakers` of each too.
    """

    tools: Literal["native", "prompted", "none"] | None = None
    vision: bool | None = None
    documents: bool | None = None
    audio: bool | None = None
    video: bool | None = None
    caching: Literal["explicit", "implicit", "none"] | None = None
    caching_off: Literal["explicit_mode"] | None = None
    streaming: bool | None = None
    thinking: Literal["adaptive", "budget", "effort", "none"] | None = None
    thinking_levels: tuple[ThinkingLevel, ...] | None = None
    thinking_off: Literal["disabled", "between_tools", "effort_none", "enable_thinking", "always_on"] | None = None
    sampling: Literal["always", "without_thinking", "never"] | None = None
    tools_need_thinking_off: bool | None = None
    forced_tools: bool | Literal["without_thinking"] | None = None
    response_schema: Literal["native", "tool"] | None = None
    code_execution: bool | None = None
    web_search: bool | None = None
    x_search: bool | None = None
    file_search: bool | None = None
    mcp: bool | None = None
    grounding: bool | None = None
    computer_use: bool | None = None
    image_output: bool | None = None
    audio_output: bool | None = None
    embeddings: bool | None = None
    transcription: Literal["text", "segments", "speakers", "none"] | None = None


class Price(Row):
    """US dollars for a million tokens; None is unknown. An own price wins over the table that ships.

    `image_input` is for the tokens of pictures that are sent, where they cost something else.
    """

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    image_input: float | None = None
    source: str
    date: dt.date


class Vendor(Row):
    """A company's endpoint, and how its wire differs from the pattern.

    Attributes:
        base_url: None when the person's settings must give it, or when there is no endpoint.
        host_variable: the environment variable in which the vendor's own tools look for the host, or None.
        key_variables: the environment variables that may hold the key, the first one found counts; none when no key
            is needed.
        key_required: whether a request without a key is pointless.
        any_model: whether a model without a row may be asked for.
        lists_models: the endpoint tells which models it has.
        keeps_models: the server keeps models on its machine, and fetches others when it is told to.
        free: nothing is paid for a token.
        price_name: the vendor's name in the price table, or None.
        headers: sent with every request.
        account_headers: the environment's organization and project go along, as the vendor's own SDK does it.
        max_tokens_field: the name of the output limit in the request.
        seed_field: the name of the seed in the request; `none` when it takes none.
        top_k: `top_k` is understood.
        max_effort: what the highest level of thinking is called in the request.
        drops: parameters that the endpoint refuses, by their names in the request.
        stream_options: `stream_options.include_usage` is understood.
        system_role: the role that the system text is sent with.
        auth: how the key is sent.
        think_tags: thinking may come inside the text, between <think> tags.
        replay_thinking: the field in which the vendor wants its thinking back, or None.
        sources_field: the field of a chunk that lists the pages of the answer, or None.
        prompt_cache: a cache mark on the request is understood.
        embedding_batch: how many texts one request for embeddings may hold.
        dimensions_field: the name of the length of an embedding in the request.
        image_size: how the size of a picture is said: in pixels, or as a ratio of its sides and a resolution.
        image_edits: pictures can be sent along with the request for others.
        image_b64: pictures come as addresses unless they are asked for in base64.
        speech_voice: the voice that speaks when nobody chose one; None when a request must name one.
        speech_formats: what recordings can be made as, the usual one first; empty when nobody knows.
        recording_bytes: the largest recording that is taken for a transcript.
        edit_format: the form in which its models change files best, as far as somebody said so.
        batches: the endpoint takes batches in the format of its wire.
        default_max_tokens: the output limit that is sent when nobody set one; None sends none.
        extra_body: sent as it is with every request, for what only this endpoint understands.
        model_defaults: what is assumed of models without a row.
    """

    name: str
    display_name: str
    wire: WireName
    base_url: str | None = None
    host_variable: str | None = None
    key_variables: tuple[str, ...] = ()
    key_required: bool = True
    any_model: bool = True
    lists_models: bool = False
    keeps_models: bool = False
    free: bool = False
    price_name: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    account_headers: bool = False
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed", "none"] = "seed"
    top_k: bool = False
    max_effort: Literal["xhigh", "max", "high"] = "xhigh"
    drops: tuple[str, ...] = ()
    stream_options: bool = True
    system_role: Literal["system", "developer"] = "system"
    auth: Literal["bearer", "x-api-key"] = "bearer"
    think_tags: bool = True
    replay_thinking: Literal["reasoning_content"] | None = None
    sources_field: Literal["search_results"] | None = None
    prompt_cache: bool = False
    embedding_batch: int = 64
    dimensions_field: Literal["dimensions", "output_dimension"] = "dimensions"
    image_size: Literal["pixels", "ratio"] = "pixels"
    image_edits: bool = True
    image_b64: bool = False
    speech_voice: str | None = None
    speech_formats: tuple[str, ...] = ()
    recording_bytes: int = 25_000_000
    edit_format: EditFormat | None = None
    batches: bool = False
    default_max_tokens: int | None = None
    extra_body: dict[str, JsonValue] = Field(default_factory=dict)
    model_defaults: Capabilities = Field(default_factory=Capabilities)
    source: str
    date: dt.date

    @property
    def key_hint(self) -> str:
        """The variables of the key, for a sentence; empty when there is none."""
        return " or ".join(self.key_variables)


Kind = Literal["chat", "embedding", "image", "speech", "transcription"]
"""What a model is for; only the first can hold a conversation."""

Tier = Literal["packaged", "discovered", "own", "default"]
"""Who told us: the package, the endpoint's own list, the person's file, or nobody (the vendor's defaults)."""


class ModelInfo(Row):
    """One model: its names, limits in tokens, capabilities, and where and when that was read.

    `deprecated` is what the vendor says about its end, in words.
    """

    vendor: str
    name: str = Field(description="as the vendor calls it")
    display_name: str
    kind: Kind = "chat"
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: Capabilities = Field(default_factory=Capabilities)
    price: Price | None = None
    deprecated: str | None = None
    wire: WireName | None = Field(default=None, description="where it differs from its vendor's")
    edit_format: EditFormat | None = Field(default=None, description="where it differs from its vendor's")
    listed: bool = True
    tier: Tier = "packaged"
    source: str
    date: dt.date

    @property
    def id(self) -> str:
        """The name used everywhere in Conduit: `vendor/model`."""
        return f"{self.vendor}/{self.name}"
