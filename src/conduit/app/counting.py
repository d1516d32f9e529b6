"""Counting the tokens of a text as the model's own endpoint does it. Used by `App.count_tokens`."""

from __future__ import annotations

from conduit.app.parts import Models
from conduit.errors import UserError
from conduit.messages.content import sanitize_text
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest
from conduit.providers.base import CountsTokens


async def count_tokens(models: Models, text: str, model: str) -> int:
    """Return the tokens of a message with this text.

    Raises:
        UserError: the model's endpoint counts nothing.
        UnknownModel, MissingKey, ConfigError: the model cannot be asked.
        ProviderError: the endpoint failed.
    """
    info = models.resolve(model)
    endpoint = models.endpoint(info)
    if not isinstance(endpoint, CountsTokens):
        raise UserError(f"The endpoint of {info.id} counts no tokens. Leave --exact out for an estimate.")
    return await endpoint.count_tokens(ModelRequest(model=info.name, messages=(user_message(sanitize_text(text)),)))
