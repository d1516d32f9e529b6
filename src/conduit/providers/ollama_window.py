"""How large a context Ollama is asked for, and whether it read all that was sent.

Ollama reads 4,096 tokens where nobody says otherwise (https://docs.ollama.com/context-length, 2026-11-21), and servers
before 0.12.6 drop the front of a longer prompt and answer 200. Pure arithmetic on counts; used by the wire `ollama`
alone.
"""

from __future__ import annotations

import json

from conduit.messages.content import Audio, Document, Image, Text, Thinking, ToolCall, ToolResult
from conduit.messages.request import ModelRequest

SMALLEST = 8192
ANSWER_ROOM = 4096
_MARGIN = 1.25  # our count is of another tokenizer
_BYTES_PER_TOKEN = 4
_MESSAGE_TOKENS = 4
_SUSPICIOUS = 0.6  # no tokenizer counts so much fewer than we do
_WITH_PICTURES = 1.6  # from here on, something was in the prompt that we do not count
_WORTH_JUDGING = 1024
_MEDIA = (Image, Audio, Document)


def estimate_tokens(request: ModelRequest) -> int:
    """Return about how many tokens a request is, where nobody has a better count; pictures are not counted."""
    size = len(request.system.encode("utf-8", "replace"))
    size += sum(len(tool.model_dump_json()) for tool in request.tools)
    for message in request.messages:
        for block in message.content:
            match block:
                case Text() | Thinking() | ToolResult():
                    size += len(block.text.encode("utf-8", "replace"))
                case ToolCall():
                    size += len(block.name) + len(json.dumps(block.arguments))
                case _:
                    pass
    return size // _BYTES_PER_TOKEN + _MESSAGE_TOKENS * len(request.messages)


class Window:
    """The context of one model at one server: it grows in steps and never shrinks, since a change loads it anew."""

    def __init__(self, limit: int | None) -> None:
        """Start small.

        Args:
            limit: how many tokens the model can read, or None when that is not known.
        """
        self._limit = limit
        self._size = SMALLEST
        self._ratio = 0.0  # the server's count for one of ours, the largest that was seen

    def fit(self, expected: int, answer: int | None, factor: float = 1.0) -> int:
        """Return `num_ctx` for a prompt of about `expected` tokens and an answer of at most `answer`.

        `factor` is what earlier counts were wrong by; it never takes room below what we count ourselves, since a
        server that dropped something had counted too few.
        """
        need = int(expected * max(1.0, _MARGIN * factor, self._ratio)) + (answer or ANSWER_ROOM)
        while self._size < need:
            self._size *= 2
        return self._size if self._limit is None else min(self._size, self._limit)

    def was_cut(self, expected: int, read: int | None, size: int) -> bool:
        """Say whether the server, which read `read` tokens with a context of `size`, cannot have read all."""
        if read is None or expected < _WORTH_JUDGING:
            return False
        could_not_fit = self._ratio > 0 and expected * self._ratio > 1.05 * size
        if read < _SUSPICIOUS * expected or could_not_fit:
            return True
        if read < _WITH_PICTURES * expected:
            self._ratio = max(self._ratio, read / expected)
        return False


def without_media(request: ModelRequest) -> ModelRequest:
    """Return the request without pictures and the like: what they count for is the model's own affair."""
    messages = tuple(
        message.model_copy(
            update={"content": tuple(block for block in message.content if not isinstance(block, _MEDIA))}
        )
        for message in request.messages
    )
    return request.model_copy(update={"messages": messages})
