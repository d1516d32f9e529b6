"""All that a face may ask: the App of one workspace, without a protocol type and without a concrete class."""

from conduit.agent.setup import TurnResult
from conduit.app.core import App
from conduit.app.library import Listing, ModelCard
from conduit.app.parts import Check, ModelChoice, Models, Parts, PromptOptions, Setup, Status
from conduit.context.builder import EditorContext

__all__ = [
    "App",
    "Check",
    "EditorContext",
    "Listing",
    "ModelCard",
    "ModelChoice",
    "Models",
    "Parts",
    "PromptOptions",
    "Setup",
    "Status",
    "TurnResult",
]
