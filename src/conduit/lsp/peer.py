"""The editor on the other end, as the parts see it that ask it something: the server itself, or a fake in the tests."""

from __future__ import annotations

from typing import Protocol

from conduit.lsp.documents import OpenDocuments
from conduit.lsp.facts import ClientFacts


class Client(Protocol):
    """What is needed of the server."""

    @property
    def facts(self) -> ClientFacts:
        """What the client can do."""
        ...

    @property
    def documents(self) -> OpenDocuments:
        """Its buffers."""
        ...

    async def ask(self, method: str, params: object) -> object:
        """Send a request and return its raw result."""
        ...

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""
        ...
