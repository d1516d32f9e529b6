"""What one turn may use: tool rounds, bytes of tool output, and the patience for a model that repeats itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from conduit.errors import LimitReached
from conduit.messages.content import ToolCall


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """Bounds of one turn.

    Attributes:
        tool_rounds: how often the model may get tool results.
        tool_output_bytes: UTF-8 bytes of all tool results together.
        call_output_bytes: UTF-8 bytes of one result; a model with a short memory gets less.
        repeats: how many identical calls in a row count as a loop.
    """

    tool_rounds: int = 10
    tool_output_bytes: int = 500_000
    call_output_bytes: int = 60_000
    repeats: int = 3


WARN_SHARE = 0.8
"""The share of the output budget after which the model is warned."""


@dataclass
class Budget:
    """What a running turn has used up."""

    limits: TurnLimits
    rounds: int = 0
    output_bytes: int = 0
    _warned: bool = False
    _last_call: str = ""
    _repeats: int = field(default=0)

    @property
    def exhausted(self) -> bool:
        """Whether the model must answer without tools now."""
        return self.rounds >= self.limits.tool_rounds or self.output_bytes >= self.limits.tool_output_bytes

    def take(self, text: str) -> str:
        """Charge one tool result and return what of it the model gets, with the cut marked."""
        room = max(0, min(self.limits.call_output_bytes, self.limits.tool_output_bytes - self.output_bytes))
        data = text.encode("utf-8")
        if len(data) > room:
            kept = data[:room].decode("utf-8", "ignore")
            text = f"{kept}\n[cut here: {len(data) - room:,} of {len(data):,} bytes left out. Ask for a smaller part.]"
        self.output_bytes += min(len(data), room)
        if not self._warned and self.output_bytes >= WARN_SHARE * self.limits.tool_output_bytes:
            self._warned = True
            text += (
                f"\n[Warning: {self.output_bytes:,} of {self.limits.tool_output_bytes:,} bytes of tool output are used "
                "in this turn. Read only what you still need, then answer.]"
            )
        return text

    def check_repeats(self, calls: Sequence[ToolCall]) -> None:
        """Count identical calls in a row.

        Raises:
            LimitReached: the same call with the same arguments came `repeats` times in a row.
        """
        for call in calls:
            fingerprint = f"{call.name} {json.dumps(call.arguments, sort_keys=True)} {call.malformed or ''}"
            self._repeats = self._repeats + 1 if fingerprint == self._last_call else 1
            self._last_call = fingerprint
            if self._repeats >= self.limits.repeats:
                raise LimitReached(
                    "loop",
                    f"The model called {call.name} {self._repeats} times in a row with the same arguments.",
                )
