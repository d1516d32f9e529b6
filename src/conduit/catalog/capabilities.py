"""The names of capabilities: one question each, answered by a row with yes, no or unknown.

For lists, filters and cards, so that a capability means the same everywhere. Not what a wire looks at: that reads the
row itself. Pure; `local` and `priced` are found out by the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conduit.catalog.model import Capabilities, ModelInfo, Vendor
from conduit.errors import UserError
from conduit.messages.content import Audio, Block, Document, Image

NAMES = (
    "vision",
    "tool_calling",
    "caching",
    "streaming",
    "model_discovery",
    "context_window",
    "cost_tracking",
    "local",
    "reasoning",
    "structured_output",
    "code_execution",
    "web_search",
    "x_search",
    "file_search",
    "mcp_support",
    "audio",
    "video",
    "grounding",
    "computer_use",
    "documents",
    "forced_tools",
    "sampling",
    "thinking_off",
    "image_output",
    "audio_output",
    "embeddings",
    "transcription",
)
"""What can be asked for with `--capability`."""

Answers = Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at run time only: whether the endpoint is this machine, and whether a price is known."""

    local: bool | None = None
    priced: bool = False


def answers(model: ModelInfo, vendor: Vendor, facts: Facts) -> Answers:
    """Return every capability of a model by name; None is unknown."""
    can = model.capabilities
    return {
        "vision": can.vision,
        "tool_calling": _unless("none", can.tools),
        "caching": _unless("none", can.caching),
        "streaming": can.streaming,
        "model_discovery": vendor.lists_models,
        "context_window": True if model.context_tokens else None,
        "cost_tracking": True if facts.priced else None,
        "local": facts.local,
        "reasoning": _unless("none", can.thinking),
        "structured_output": True if can.response_schema else None,
        "code_execution": can.code_execution,
        "web_search": can.web_search,
        "x_search": can.x_search,
        "file_search": can.file_search,
        "mcp_support": can.mcp,
        "audio": can.audio,
        "video": can.video,
        "grounding": can.grounding,
        "computer_use": can.computer_use,
        "documents": can.documents,
        "forced_tools": True if can.forced_tools == "without_thinking" else can.forced_tools,
        "sampling": _unless("never", can.sampling),
        "thinking_off": _thinking_off(can),
        "image_output": can.image_output,
        "audio_output": can.audio_output,
        "embeddings": can.embeddings,
        "transcription": _unless("none", can.transcription),
    }


def details(can: Capabilities) -> Mapping[str, str]:
    """Return what a yes or no does not say: how thinking is chosen, what sampling wants, and the like."""
    found = {
        "tools": can.tools,
        "caching": can.caching,
        "caching off": can.caching_off,
        "thinking": can.thinking,
        "thinking levels": ", ".join(can.thinking_levels) if can.thinking_levels else None,
        "thinking off": can.thinking_off,
        "sampling": can.sampling,
        "tools want thinking off": "yes" if can.tools_need_thinking_off else None,
        "forced tools": can.forced_tools if can.forced_tools == "without_thinking" else None,
        "structured output": can.response_schema,
        "transcription": can.transcription,
    }
    return {name: value.replace("_", " ") for name, value in found.items() if value is not None}


def check_name(capability: str) -> str:
    """Return the name of a capability; raises UserError with all names for another word."""
    name = capability.strip().lower().replace("-", "_")
    if name not in NAMES:
        raise UserError(f"There is no capability {capability!r}. There are: {', '.join(NAMES)}.")
    return name


def refuse_unreadable(model: ModelInfo, content: Iterable[Block]) -> None:
    """Make sure that a model takes what a person is about to send; what is unknown is tried.

    This is the one place where content is refused before a call. What an older message holds is no reason: a
    conversation may go on with a model that cannot see its pictures.

    Raises:
        UserError: names the model and the capability that it lacks.
    """
    can = model.capabilities
    for block in content:
        match block:
            case Image() if can.vision is False:
                lacking, what = "vision", "a picture"
            case Audio() if can.audio is False:
                lacking, what = "audio", "a recording"
            case Document() if can.documents is False and not block.media_type.startswith("text/"):
                lacking, what = "documents", f"{block.name or 'a document'} ({block.media_type})"
            case _:
                continue
        raise UserError(
            f"{model.display_name} ({model.id}) cannot take {what}: it lacks the capability {lacking!r}. "
            f"'conduit models list --capability {lacking}' shows models that have it."
        )


def _unless(lacking: str, value: str | None) -> bool | None:
    return None if value is None else value != lacking


def _thinking_off(can: Capabilities) -> bool | None:
    if can.thinking_off is None:
        return True if can.thinking == "none" else None
    return can.thinking_off != "always_on"
