"""Content blocks: what a message is made of.

Every block is a frozen pydantic model with a `type` tag, so that a message is JSON without loss. `provider_data` is
opaque: only the wire that wrote it (`wire`) may read it again, every other wire drops it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


class Value(BaseModel):
    """A frozen value that compares by content; unknown fields of a newer version are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class ProviderData(Value):
    """What one wire must get back unchanged on the next request, such as a signature of thinking."""

    wire: str
    data: JsonValue


class Text(Value):
    """Plain text or Markdown. What Conduit adds to a person's words is for the model's eyes only.

    Attributes:
        text: what the model reads.
        shown: what people see instead, such as the command that `text` is the expansion of, or a file's name.
        source: the URI of what a person attached: faces show where it is from instead of all of it.
    """

    type: Literal["text"] = "text"
    text: str
    audience: Literal["all", "model"] = "all"
    shown: str | None = None
    source: str | None = None
    provider_data: ProviderData | None = None

    @property
    def visible(self) -> str:
        """What people see of it; empty for what only the model gets."""
        if self.audience == "model":
            return ""
        if self.source is not None:
            return f"[{self.shown or self.source.rsplit('/', 1)[-1]}]({self.source})"
        return self.text if self.shown is None else self.shown


class Thinking(Value):
    """The model's reasoning, as far as the vendor shows it; `provider_data` carries its signature."""

    type: Literal["thinking"] = "thinking"
    text: str
    provider_data: ProviderData | None = None


class Image(Value):
    """A picture; `data` is base64 without line breaks."""

    type: Literal["image"] = "image"
    media_type: str
    data: str


class Audio(Value):
    """A recording; `data` is base64 without line breaks."""

    type: Literal["audio"] = "audio"
    media_type: str
    data: str


class Document(Value):
    """A document such as a PDF; `data` is base64 without line breaks."""

    type: Literal["document"] = "document"
    media_type: str
    data: str
    name: str | None = None


class ToolCall(Value):
    """The model's request to run a tool.

    `malformed` holds the beginning of the raw text when the model's arguments were no JSON object, or too large; then
    `arguments` is empty and the call gets an error result instead of running.
    """

    type: Literal["tool_call"] = "tool_call"
    id: str
    name: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    malformed: str | None = None
    provider_data: ProviderData | None = None


class ToolResult(Value):
    """Our answer to one tool call, matched by `call_id`."""

    type: Literal["tool_result"] = "tool_result"
    call_id: str
    text: str
    is_error: bool = False


class Source(Value):
    """A page that an answer rests on."""

    url: str
    title: str = ""
    date: str = ""


class Sources(Value):
    """The pages that an answer rests on, in the order of their numbers in the text; for people, never sent back."""

    type: Literal["sources"] = "sources"
    sources: tuple[Source, ...]


Block = Annotated[
    Text | Thinking | Image | Audio | Document | ToolCall | ToolResult | Sources,
    Field(discriminator="type"),
]


def sanitize_text(text: str) -> str:
    """Return `text` with lone surrogates and NUL characters replaced by U+FFFD.

    Both are refused by vendors' JSON parsers and by SQLite, and one of them in a transcript would make every later
    request fail.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # A proper pair that arrived as two halves becomes its character; a lone half becomes U+FFFD.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def count_unfit(text: str) -> int:
    """Return how many characters `sanitize_text` would replace."""
    if text.isascii():
        return text.count("\0")
    return sanitize_text(text).count("\ufffd") - text.count("\ufffd")
