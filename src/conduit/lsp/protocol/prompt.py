"""Payloads of `conduit/session/prompt`: content blocks with the names of the Agent Client Protocol."""

from __future__ import annotations

import binascii
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from conduit.errors import ProviderErrorKind
from conduit.lsp.protocol.parameters import Parameters
from conduit.lsp.protocol.payload import Payload
from conduit.messages.message import TurnStop


def _check_base64(data: str) -> str:
    """Refuse what no vendor could decode: once it is stored, every later request of the session would fail."""
    try:
        decoded = binascii.a2b_base64(data, strict_mode=True)
    except ValueError as error:
        reason = str(error) if isinstance(error, binascii.Error) else "other characters"
        raise PydanticCustomError(
            "base64", "base64 without line breaks is required ({reason})", {"reason": reason}
        ) from error
    if not decoded:
        raise PydanticCustomError("base64", "base64 without line breaks is required (it is empty)")
    return data


Base64 = Annotated[str, AfterValidator(_check_base64)]


class TextContent(Payload):
    """Plain text or Markdown."""

    type: Literal["text"] = "text"
    text: str


class ImageContent(Payload):
    """A picture in base64."""

    type: Literal["image"] = "image"
    mime_type: str
    data: Base64


class AudioContent(Payload):
    """A recording in base64."""

    type: Literal["audio"] = "audio"
    mime_type: str
    data: Base64


class ResourceLink(Payload):
    """A file of the workspace, by URI; the server reads it as the editor shows it."""

    type: Literal["resource_link"] = "resource_link"
    uri: str
    name: str = ""


class TextResource(Payload):
    """A text that the client brings along."""

    uri: str
    text: str
    mime_type: str = ""


class EmbeddedResource(Payload):
    """A text with the place that it is from."""

    type: Literal["resource"] = "resource"
    resource: TextResource


ContentBlock = Annotated[
    TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource, Field(discriminator="type")
]


class WirePosition(Payload):
    """A zero-based line and a column in the negotiated unit."""

    line: int = Field(ge=0)
    character: int = Field(ge=0)


class WireRange(Payload):
    """From `start` up to, not including, `end`."""

    start: WirePosition
    end: WirePosition


class DocumentRef(Payload):
    """An open document."""

    uri: str


class PromptContext(Payload):
    """What the person looks at; a selection is in the active document."""

    active_document: DocumentRef | None = None
    selection: WireRange | None = None
    open_documents: list[DocumentRef] = Field(default_factory=list)


class PromptParams(Payload):
    """`conduit/session/prompt`; `tools: false` switches all tools off for this prompt, `toolNames` leaves these.

    `parameters` are for this prompt only and win over the session's. With `queue` it waits while a turn runs, after
    those that wait already; the answer comes when its own turn is over.
    """

    session_id: str
    prompt: list[ContentBlock] = Field(min_length=1)
    context: PromptContext | None = None
    tools: bool = True
    tool_names: list[str] | None = None
    parameters: Parameters | None = None
    queue: bool = False


class TokenUsage(Payload):
    """Tokens of one turn; `inputTokens` counts cache reads and writes too."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int


class PromptResult(Payload):
    """The end of a turn; `error` is a sentence for the person when `stopReason` is `error`.

    `errorKind` says what failed when it was the model's endpoint, such as `auth`, `rate_limit` or `network`.
    """

    turn_id: str
    stop_reason: TurnStop
    usage: TokenUsage
    error: str | None = None
    error_kind: ProviderErrorKind | None = None
