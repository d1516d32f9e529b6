"""Pictures, speech and transcripts: which model does it, what is refused before anybody is asked, and what it cost.

Outside of any session: nothing of it is kept but its entry in the ledger. Reached as `App.media()`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, cast

from conduit.app.library import ModelCard
from conduit.app.parts import Models
from conduit.catalog.capabilities import refuse_unreadable
from conduit.catalog.model import ModelInfo
from conduit.errors import UserError
from conduit.messages.content import sanitize_text
from conduit.messages.message import MediaUsage, Usage
from conduit.providers.media import (
    ImageRequest,
    MediaAbilities,
    Picture,
    SpeechEnd,
    SpeechRequest,
    Transcript,
    TranscriptRequest,
)
from conduit.sessions.ledger import Entry, Ledger

T = TypeVar("T")
Task = Literal["image_output", "audio_output", "transcription"]

MOST_PICTURES = 10
"""At once; what the vendors that take a number take (openai SDK 3.54: types/image_generate_params.py)."""

_SHOWN = 6
_WORDS = {"image_output": "make pictures", "audio_output": "speak", "transcription": "write down recordings"}
_KINDS = {"image_output": "image", "audio_output": "speech", "transcription": "transcription"}


@dataclass(frozen=True, slots=True)
class Made:
    """Who made it, as `vendor/model`, and what that cost as far as it is known."""

    model: str
    usage: MediaUsage
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class MadePictures(Made):
    """Pictures; there may be fewer than were asked for."""

    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class MadeSpeech(Made):
    """The end of a recording, and what it is."""

    media_type: str


@dataclass(frozen=True, slots=True)
class MadeTranscript(Made):
    """What a recording says."""

    transcript: Transcript


class Media:
    """Makes pictures and speech, and writes recordings down.

    Every method raises UserError for a model that cannot or a request that makes no sense, with nothing sent;
    UnknownModel, MissingKey and ConfigError as for any model; and ProviderError.
    """

    def __init__(self, models: Models, ledger: Ledger, workspace: str) -> None:
        self._models = models
        self._ledger = ledger
        self._workspace = workspace

    def model(self, task: Task, name: str) -> str:
        """Return the id of the model that a task is given to: the named one, else the first that is set up."""
        return self._models.resolve(name or self._default(task)).id

    async def pictures(self, request: ImageRequest) -> MadePictures:
        """Make pictures; an empty `model` is the first one that is set up. `model` is an id, an alias or a name."""
        info, painter = self._able("image_output", request.model, lambda can: can.images)
        prompt = sanitize_text(request.prompt)
        if not prompt.strip():
            raise UserError("There is no word about what the picture shall show.")
        if not 1 <= request.count <= MOST_PICTURES:
            raise UserError(f"From 1 to {MOST_PICTURES} pictures can be made at once, not {request.count}.")
        refuse_unreadable(info, request.sources)
        made = await painter.make_images(replace(request, model=info.name, prompt=prompt))
        return MadePictures(info.id, made.usage, self._note(info, made.usage), made.pictures)

    async def speech(self, request: SpeechRequest) -> AsyncIterator[bytes | MadeSpeech]:
        """Yield the bytes of a recording as they arrive, then what it is; an empty `model` as in `pictures`."""
        info, speaker = self._able("audio_output", request.model, lambda can: can.speech)
        text = sanitize_text(request.text)
        if not text.strip():
            raise UserError("There is nothing to say.")
        asked = replace(request, model=info.name, text=text)
        pieces = cast("AsyncGenerator[bytes | SpeechEnd]", speaker.speak(asked))
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, SpeechEnd):
                    yield MadeSpeech(info.id, piece.usage, self._note(info, piece.usage), piece.media_type)
                else:
                    yield piece

    async def transcript(self, request: TranscriptRequest) -> MadeTranscript:
        """Write a recording down; an empty `model` as in `pictures`."""
        info, writer = self._able("transcription", request.model, lambda can: can.transcripts)
        if not request.media_type.startswith(("audio/", "video/")):
            raise UserError(f"It is {request.media_type} and no recording.")
        made = await writer.transcribe(replace(request, model=info.name))
        return MadeTranscript(info.id, made.usage, self._note(info, made.usage), made)

    def _able(self, task: Task, name: str, pick: Callable[[MediaAbilities], T | None]) -> tuple[ModelInfo, T]:
        """Return the model and who does the task with it; raises UserError where nobody does."""
        info = self._models.resolve(name or self._default(task))
        can = getattr(info.capabilities, task)
        lacking = can in (False, "none") or (can is None and info.kind not in ("chat", _KINDS[task]))
        lacking = lacking or (task == "transcription" and info.capabilities.audio is False)  # it cannot hear
        found = None if lacking else pick(self._models.media(info))
        if found is None:
            able = [card.id for card in sorted(self._cards(task), key=lambda card: not card.ready)][:_SHOWN]
            raise UserError(
                f"{info.display_name} ({info.id}) cannot {_WORDS[task]}: it lacks the capability {task!r}. "
                f"These can: {', '.join(able)}. 'conduit models list --capability {task}' shows all."
            )
        return info, found

    def _default(self, task: Task) -> str:
        """Return the first model that does it and lacks nothing; one whose end is announced comes last."""
        ready = [card for card in self._cards(task) if card.ready]
        if not ready:
            raise UserError(
                f"No model is set up that can {_WORDS[task]}. 'conduit models list --capability {task}' shows some."
            )
        return min(ready, key=lambda card: bool(card.deprecated)).id

    def _cards(self, task: Task) -> list[ModelCard]:
        return self._models.library.cards(capability=task)

    def _note(self, info: ModelInfo, usage: MediaUsage) -> float | None:
        """Enter the cost into the ledger and return it; of what a vendor did not count no price is known."""
        cost = self._models.library.cost(info, usage) if usage != MediaUsage() else None
        self._ledger.note(
            Entry(
                message_id=uuid.uuid4().hex,
                request_id=None,
                at=time.time(),
                workspace=self._workspace,
                session_id="",
                model=info.id,
                usage=Usage.model_validate(usage.model_dump()),
                cost_usd=cost,
            )
        )
        return cost
