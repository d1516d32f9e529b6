"""What faces may ask about models beyond choosing one: cards, lists, costs, and what an endpoint really does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from conduit.catalog.model import EditFormat, ModelInfo
from conduit.messages.message import Usage
from conduit.providers.base import PullProgress

if TYPE_CHECKING:
    from conduit.providers.probe import Finding


@dataclass(frozen=True, slots=True)
class ModelCard:
    """All that is known of one model.

    Attributes:
        id: `vendor/model`.
        name: for people.
        vendor: the vendor's row name.
        kind: what it is for; only `chat` can hold a conversation.
        ready: whether it can be asked now.
        note: what is missing when it is not ready.
        aliases: its short names.
        context_tokens: how much it can read, or None.
        max_output_tokens: how much it can write at once, or None.
        capabilities: by name; None is unknown.
        details: what a yes leaves open, in words.
        price: US dollars for a million tokens, by kind of token; empty when unknown.
        price_source: who says so.
        deprecated: what the vendor says about its end, or empty.
        tier: who told of the model: `packaged`, `discovered`, `own` or `default`.
        source: where that was read.
        date: when, `YYYY-MM-DD`.
        remark: what a person should know about the row itself, or empty.
    """

    id: str
    name: str
    vendor: str
    kind: str
    ready: bool
    note: str
    aliases: tuple[str, ...]
    context_tokens: int | None
    max_output_tokens: int | None
    capabilities: Mapping[str, bool | None]
    details: Mapping[str, str]
    price: Mapping[str, float]
    price_source: str
    deprecated: str
    tier: str
    source: str
    date: str
    remark: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What came of asking one endpoint for its list; `problem` says why there is none."""

    vendor: str
    models: int = 0
    problem: str = ""


class ModelLibrary(Protocol):
    """Knows the models that can be chosen."""

    def cards(self, *, provider: str = "", capability: str = "") -> list[ModelCard]:
        """Return the card of every listed model, or of one vendor's, or of those with a capability.

        Loads the price table on first use (0.2 s).

        Raises:
            UnknownModel: there is no such vendor.
            UserError: there is no such capability.
        """
        ...

    def card(self, name: str) -> ModelCard:
        """Return the card of one model; raises UnknownModel with the nearest names."""
        ...

    def edit_format(self, model: ModelInfo) -> EditFormat | None:
        """Return the form in which a model changes files best.

        None for one that has no tool calls of its own: it is too small to choose among several tools that change files.
        """
        ...

    async def update(self, provider: str = "") -> list[Listing]:
        """Ask endpoints for their lists and keep them: one vendor's, or all that need no key.

        Raises:
            UnknownModel: there is no such vendor.
        """
        ...

    def probe(self, name: str) -> AsyncIterator[Finding]:
        """Find out what a model does; raises UnknownModel, MissingKey, ConfigError or ProviderError."""
        ...

    def pull(self, name: str) -> AsyncIterator[PullProgress]:
        """Have a server fetch a model, and know it by name from then on.

        A name without a vendor is meant for the first server that keeps models.

        Raises:
            UserError: the vendor keeps no models.
            MissingKey: its key is not there.
            ProviderError: the server failed, or does not know the model.
        """
        ...

    async def unload(self, name: str) -> None:
        """Have a server take a model out of memory; raises as `pull` does."""
        ...

    async def load(self, model: ModelInfo) -> None:
        """Import the price table in a thread, ahead of its first use, if this model's price is in it."""
        ...

    def costs_nothing(self, model: ModelInfo) -> bool:
        """Say whether the person's own machines run the model, so that nobody pays for a token."""
        ...

    def at_hand(self, model: ModelInfo) -> bool:
        """Say whether the model can be asked with nothing to be fetched first; raises MissingKey, ConfigError."""
        ...

    def cost(self, model: ModelInfo, usage: Usage, *, batch: bool = False) -> float | None:
        """Return what these tokens cost in US dollars, in the vendor's batch or not; None when no price is known."""
        ...
