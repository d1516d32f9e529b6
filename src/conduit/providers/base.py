"""The Provider protocol: what the agent needs of a model's endpoint, and nothing else.

A provider is made for one endpoint (base URL and key) and serves any of its models. It holds one HTTP client, opened
lazily; importing a wire imports no SDK. Only `compose` names concrete providers.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from conduit.messages.request import ModelRequest
from conduit.messages.stream import StreamEvent


class Provider(Protocol):
    """Streams completions from one endpoint."""

    @property
    def name(self) -> str:
        """The vendor's row name, for messages and the ledger."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Yield the events of one completion, ending with `Stop`.

        Closing the iterator early closes the connection.

        Raises:
            ProviderError: anything that the endpoint or the network did; also a stream that ends without its closing
                event. What was yielded before stays valid.
        """
        ...

    async def load(self) -> None:
        """Import what is heavy (the SDK), off the event loop; called by the warm-up and before the first stream."""
        ...

    async def aclose(self) -> None:
        """Close connections and end child processes."""
        ...
