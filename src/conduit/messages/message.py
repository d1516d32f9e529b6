"""Message, its role, what it cost and why it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from conduit.messages.content import Block, Text, Thinking, ToolCall, ToolResult, Value

Role = Literal["user", "assistant", "tool"]
"""`tool` holds the results of all calls of the assistant message before it; the system text is no message."""

CompletionStop = Literal["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal"]
"""Why one completion ended."""

TurnStop = Literal["end_turn", "max_tokens", "max_turn_requests", "budget", "loop", "refusal", "cancelled", "error"]
"""Why a turn ended (names of the Agent Client Protocol where it has one)."""


class Usage(Value):
    """Tokens of one or more completions.

    `input_tokens` counts everything sent, cache reads and writes included, so that it means the same at every vendor.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Return the sum, field by field."""
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


class MediaUsage(Usage):
    """Tokens of pictures and sound, each a part of the tokens in or out, and the length of a recording; for prices."""

    image_input_tokens: int = 0
    image_output_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    audio_seconds: float = 0.0

    def __add__(self, other: Usage) -> MediaUsage:
        """Return the sum, field by field."""
        names = type(self).model_fields
        return MediaUsage(**{name: getattr(self, name) + getattr(other, name, 0) for name in names})


class Message(Value):
    """A role with ordered content blocks."""

    role: Role
    content: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The text blocks, joined without a separator."""
        return "".join(block.text for block in self.content if isinstance(block, Text))

    @property
    def thinking(self) -> str:
        """The thinking blocks, joined without a separator."""
        return "".join(block.text for block in self.content if isinstance(block, Thinking))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls, in order."""
        return tuple(block for block in self.content if isinstance(block, ToolCall))

    @property
    def tool_results(self) -> tuple[ToolResult, ...]:
        """The tool results, in order."""
        return tuple(block for block in self.content if isinstance(block, ToolResult))


def user_message(*content: Block | str) -> Message:
    """Return a user message; strings become text blocks."""
    return Message(role="user", content=_blocks(content))


def assistant_message(*content: Block | str) -> Message:
    """Return an assistant message; strings become text blocks."""
    return Message(role="assistant", content=_blocks(content))


def tool_message(results: Sequence[ToolResult]) -> Message:
    """Return the message that answers every call of one assistant message."""
    return Message(role="tool", content=tuple(results))


def _blocks(content: Sequence[Block | str]) -> tuple[Block, ...]:
    return tuple(Text(text=block) if isinstance(block, str) else block for block in content)
