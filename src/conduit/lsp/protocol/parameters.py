"""Payloads of `conduit/session/setParameters`, and the parameters wherever else they are sent."""

from __future__ import annotations

from typing import Literal

from pydantic import JsonValue

from conduit.lsp.protocol.payload import Payload
from conduit.messages.request import ThinkingLevel


class Parameters(Payload):
    """Parameters of completions. One that is left out is as before; null takes it away again."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    stop: list[str] | None = None
    seed: int | None = None
    tool_choice: Literal["auto", "required", "none"] | None = None
    parallel_tool_calls: bool | None = None
    thinking: ThinkingLevel | None = None
    prompt_cache: bool | None = None
    keep_alive_s: float | None = None
    extra: dict[str, JsonValue] | None = None

    def given(self) -> dict[str, JsonValue]:
        """Return what was sent, by our names."""
        given: dict[str, JsonValue] = self.model_dump(exclude_unset=True)
        return given


class SetParametersParams(Payload):
    """`conduit/session/setParameters`."""

    session_id: str
    parameters: Parameters
