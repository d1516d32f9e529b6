"""What the App writes into the ledger: each answer when it is stored, and once what killed processes left out."""

from __future__ import annotations

import asyncio
import logging

from conduit.errors import StoreError
from conduit.sessions.base import SessionStore
from conduit.sessions.events import AssistantReplied
from conduit.sessions.ledger import Ledger, entry_of

log = logging.getLogger(__name__)


class Bills:
    """The ledger as one workspace sees it."""

    def __init__(self, ledger: Ledger, store: SessionStore, workspace: str) -> None:
        self._ledger = ledger
        self._store = store
        self._workspace = workspace
        self._catching_up: asyncio.Task[None] | None = None

    def note(self, session_id: str, event: AssistantReplied) -> None:
        """Take in what an answer cost; never blocks or raises."""
        self._ledger.note(entry_of(event, session_id, self._workspace))

    def catch_up(self) -> None:
        """Compare the ledger with the log in the background, once; it costs nobody a turn if that fails."""
        if self._catching_up is None:
            self._catching_up = asyncio.get_running_loop().create_task(self._compare(), name="ledger catches up")

    async def aclose(self) -> None:
        """Wait for the comparison; to be called while the store is open."""
        if self._catching_up is not None:
            await self._catching_up

    async def _compare(self) -> None:
        try:
            added = await self._ledger.catch_up(self._workspace, self._store.replies)
        except StoreError as error:
            log.warning("the ledger was not compared with the log: %s", error)
            return
        if added:
            log.info("%d answers that a killed process left out were added to the ledger", added)
