"""Texts into vectors: which model does it, what is refused before anybody is asked, and what it cost.

Outside of any session: nothing of it is kept but its entry in the ledger. Used by `App.embed`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from conduit.app.library import ModelCard
from conduit.app.parts import Models
from conduit.catalog.model import ModelInfo
from conduit.errors import UserError
from conduit.messages.content import sanitize_text
from conduit.messages.message import Usage
from conduit.providers.base import Embeds
from conduit.sessions.ledger import Entry, Ledger

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of the texts, the id of the model that made them, and what that cost if it is known."""

    model: str
    vectors: tuple[tuple[float, ...], ...]
    usage: Usage
    cost_usd: float | None


async def embed(
    models: Models, ledger: Ledger, workspace: str, texts: Sequence[str], model: str | None, dimensions: int | None
) -> Embedded:
    """Embed texts; see `App.embed`."""
    sound = [sanitize_text(text) for text in texts]
    for number, text in enumerate(sound, 1):
        if not text.strip():
            raise UserError(f"Text {number} of {len(sound)} is empty, and what is empty has no vector.")
    info = models.resolve(model or _default(models))
    embedder = _embedder(models, info)
    if not sound:
        return Embedded(info.id, (), Usage(), None)
    found = await embedder.embed(info.name, sound, dimensions=dimensions)
    cost = models.library.cost(info, found.usage)
    ledger.note(
        Entry(
            message_id=uuid.uuid4().hex,
            request_id=None,
            at=time.time(),
            workspace=workspace,
            session_id="",
            model=info.id,
            usage=found.usage,
            cost_usd=cost,
        )
    )
    return Embedded(info.id, found.vectors, found.usage, cost)


def _default(models: Models) -> str:
    """Return the first model that embeds and lacks nothing; one that needs no key may not be running, so comes last."""
    ready = [card for card in _able(models) if card.ready]
    if not ready:
        raise UserError("No model that embeds is set up. 'conduit models list --capability embeddings' shows some.")
    return min(ready, key=lambda card: card.capabilities["local"] is True).id


def _embedder(models: Models, info: ModelInfo) -> Embeds:
    """Return who embeds with a model; raises UserError when nobody does, and what `Models.provider` raises."""
    embedder = models.embedder(info) if info.capabilities.embeddings is not False else None
    if embedder is None:
        able = [card.id for card in sorted(_able(models), key=lambda card: not card.ready)][:_SHOWN]
        raise UserError(
            f"{info.display_name} ({info.id}) cannot embed texts: it lacks the capability 'embeddings'. "
            f"These can: {', '.join(able)}. 'conduit models list --capability embeddings' shows all."
        )
    return embedder


def _able(models: Models) -> list[ModelCard]:
    return models.library.cards(capability="embeddings")
