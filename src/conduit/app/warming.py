"""Gets the default model ready before it is asked, where one is known and lacks nothing. Used by the App alone."""

from __future__ import annotations

from contextlib import suppress

from conduit.app.parts import Models
from conduit.errors import UserError
from conduit.providers.warmup import warm_up


async def warm_default(models: Models) -> None:
    """Import what the default model needs, off the event loop; what goes wrong is said on its first use."""
    with suppress(UserError):
        model = models.resolve(models.default())
        await warm_up(models.provider(model))
        await models.library.load(model)
