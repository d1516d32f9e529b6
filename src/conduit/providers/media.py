"""Pictures, speech and transcripts: what an endpoint may do beside conversations, and the values that go in and out.

Each is an optional protocol, as in `base`. Requests are values of ours; a wire refuses what its endpoint has no words
for, before anything is sent. Knows no request format and no model. Anyone above `messages` may use it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from conduit.messages.content import Image
from conduit.messages.message import MediaUsage


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Pictures to be made.

    Attributes:
        model: the vendor's name of the model.
        prompt: what they shall show.
        count: how many.
        size: `1536x1024`, a ratio such as `16:9`, or a resolution such as `2K`; None leaves it to the model.
        quality: the vendor's word, such as `low`; None leaves it to the model.
        format: `png`, `jpeg` or `webp`; None leaves it to the model.
        sources: pictures to work from.
    """

    model: str
    prompt: str
    count: int = 1
    size: str | None = None
    quality: str | None = None
    format: str | None = None
    sources: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture, and what they are."""

    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class MadeImages:
    """At least one picture, and what they cost."""

    pictures: tuple[Picture, ...]
    usage: MediaUsage


@runtime_checkable
class MakesImages(Protocol):
    """An endpoint that makes pictures."""

    async def make_images(self, request: ImageRequest) -> MadeImages:
        """Return the pictures; there may be fewer than were asked for.

        Raises:
            UserError: the endpoint has no words for a part of the request; nothing was sent.
            ProviderError: anything that the endpoint or the network did, REFUSED when its policy did; also an answer
                that holds no picture.
        """
        ...


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A text to be spoken, by a voice of the vendor's, into `mp3`, `wav` and the like; None leaves it to the vendor."""

    model: str
    text: str
    voice: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class SpeechEnd:
    """What a recording was: its media type, and what it cost as far as the vendor told."""

    media_type: str
    usage: MediaUsage


@runtime_checkable
class Speaks(Protocol):
    """An endpoint that speaks a text."""

    def speak(self, request: SpeechRequest) -> AsyncIterator[bytes | SpeechEnd]:
        """Yield the bytes of a file as they arrive, then how it ended; raises as `MakesImages.make_images` does.

        Closing the iterator early closes the connection.
        """
        ...


@dataclass(frozen=True, slots=True)
class TranscriptRequest:
    """A recording to be written down.

    Attributes:
        model: the vendor's name of the model.
        data: the file.
        media_type: what it is.
        language: its language as a code of ISO 639-1, or None.
        timed: whether the times of its parts are needed; None takes them where the model is known to give them.
    """

    model: str
    data: bytes = field(repr=False)
    media_type: str
    language: str | None = None
    timed: bool | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a transcript, in seconds from the beginning; `speaker` is the vendor's name of who speaks."""

    start_s: float
    end_s: float
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said; language, duration and segments only where the vendor tells them."""

    text: str
    usage: MediaUsage
    language: str | None = None
    duration_s: float | None = None
    segments: tuple[Segment, ...] = ()


@runtime_checkable
class Transcribes(Protocol):
    """An endpoint that writes down what a recording says."""

    async def transcribe(self, request: TranscriptRequest) -> Transcript:
        """Return the transcript; raises as `MakesImages.make_images` does."""
        ...


@dataclass(frozen=True, slots=True)
class MediaAbilities:
    """Who does what with one model; None where nobody does."""

    images: MakesImages | None = None
    speech: Speaks | None = None
    transcripts: Transcribes | None = None
