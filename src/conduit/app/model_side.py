"""What an App says about models, and the status that it shows: the half of `App` that knows no session.

`App` is its only subclass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from conduit.app.asides import Completions
from conduit.app.counting import count_tokens
from conduit.app.library import ModelLibrary
from conduit.app.parts import Check, ModelChoice, Models, Parts, Setup, Status
from conduit.app.resting import at_rest, with_model
from conduit.catalog.model import ModelInfo
from conduit.errors import UserError

if TYPE_CHECKING:  # what few ask for is imported when it is asked for: an editor's server stays small
    from conduit.app.batch import Batches
    from conduit.app.embedding import Embedded
    from conduit.app.media import Media


class ModelSide:
    """The models that can be chosen and asked, by what the settings say now."""

    def __init__(self, parts: Parts, setup: Setup) -> None:
        self._parts = parts
        self._setup = setup
        self._retired: list[Models] = []
        self._chosen_model: str | None = None
        self._status = at_rest(setup.models)
        self._status_listeners: list[Callable[[Status], None]] = []

    @property
    def setup(self) -> Setup:
        """What the settings decide now."""
        return self._setup

    def models(self) -> list[ModelChoice]:
        """Return what a model picker shows."""
        return self._setup.models.choices()

    def default_model(self) -> str:
        """Return the id of the model that new sessions use: the chosen one, else the configured one."""
        return self._chosen_model or self._setup.models.default()

    def completions(self) -> Completions:
        """Return what completes the person's text, by the settings of now."""
        return Completions(self._parts, self._setup, self.default_model())

    def choose_model(self, model: str) -> str:
        """Let new sessions use `model` as long as this App is open, and return its id.

        Raises:
            UnknownModel, MissingKey, ConfigError: with what to do about it.
        """
        self._chosen_model = self.check_model(model)
        self._set_status(with_model(self._status, self._chosen_model))
        return self._chosen_model

    def check_model(self, model: str | None = None) -> str:
        """Return the id of a model that can be asked, the default one if none is named; raises as `choose_model`."""
        info = self._setup.models.resolve(model or self.default_model())
        self._setup.models.provider(info)
        return info.id

    def model(self, name: str) -> ModelInfo:
        """Return the row of a model; raises UnknownModel with the nearest names."""
        return self._setup.models.resolve(name)

    def context_tokens(self, name: str) -> int | None:
        """Return how many tokens a model can read at once, None when nobody knows."""
        try:
            return self.model(name).context_tokens
        except UserError:  # it is in no list any more
            return None

    async def collect_logs(self, checks: Sequence[Check]) -> Path:
        """Write logs, settings, versions and the doctor's lines into a zip file without secrets; raises UserError."""
        return await self._parts.collect(checks)

    def library(self) -> ModelLibrary:
        """Return what is known of the models beyond choosing one."""
        return self._setup.models.library

    async def embed(self, texts: Sequence[str], model: str | None = None, *, dimensions: int | None = None) -> Embedded:
        """Return a vector for each text; raises UserError for a model that cannot, ProviderError, as `check_model`."""
        from conduit.app.embedding import embed

        return await embed(self._setup.models, self._parts.ledger, self._parts.root, texts, model, dimensions)

    def batches(self) -> Batches:
        """Return the batches of this person."""
        from conduit.app.batch import Batches

        parts, setup = self._parts, self._setup
        return Batches(setup.models, parts.ledger, parts.batches, parts.root, setup.settings, self.default_model())

    def media(self) -> Media:
        """Return what makes pictures and speech, and writes recordings down."""
        from conduit.app.media import Media

        return Media(self._setup.models, self._parts.ledger, self._parts.root)

    async def count_tokens(self, text: str, model: str | None = None) -> int:
        """Return the tokens of a message as the model's endpoint counts them; raises as `counting.count_tokens`."""
        return await count_tokens(self._setup.models, text, model or self.default_model())

    # -- the status -------------------------------------------------------------------------------------------------

    def status(self) -> Status:
        """Return what a status line shows now."""
        return self._status

    def subscribe_status(self, listener: Callable[[Status], None]) -> Callable[[], None]:
        """Call `listener` with every change of the status; returns how to stop that."""
        self._status_listeners.append(listener)
        return lambda: self._status_listeners.remove(listener)

    def report(self, status: Status) -> None:
        """Show a status from below, such as the progress of a download."""
        self._set_status(replace(status, session_id=status.session_id or self._status.session_id))

    def _set_status(self, status: Status) -> None:
        self._status = status
        for listener in tuple(self._status_listeners):
            listener(status)
