"""All that a face may ask: the App of one workspace, without a protocol type and without a concrete class."""

from conduit.agent.setup import TurnResult
from conduit.app.batch import Batches
from conduit.app.batch_view import BatchView, Collected
from conduit.app.core import App
from conduit.app.embedding import Embedded
from conduit.app.library import Listing, ModelCard
from conduit.app.media import MOST_PICTURES, MadePictures, MadeSpeech, MadeTranscript, Media
from conduit.app.parts import Check, ModelChoice, Models, Parts, PromptOptions, Setup, Status
from conduit.context.builder import EditorContext

__all__ = [
    "MOST_PICTURES",
    "App",
    "BatchView",
    "Batches",
    "Check",
    "Collected",
    "EditorContext",
    "Embedded",
    "Listing",
    "MadePictures",
    "MadeSpeech",
    "MadeTranscript",
    "Media",
    "ModelCard",
    "ModelChoice",
    "Models",
    "Parts",
    "PromptOptions",
    "Setup",
    "Status",
    "TurnResult",
]
