"""What is done with whole conversations: renamed, deleted, exported, forked. Used by `App`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from conduit.app.export import render_export, title_of
from conduit.app.review import Reviews
from conduit.app.selection import Selection
from conduit.errors import UserError
from conduit.sessions.base import SessionStore
from conduit.sessions.events import SessionChanged, SessionInfo


class Conversations:
    """The sessions of one workspace as wholes."""

    def __init__(
        self,
        store: SessionStore,
        reviews: Reviews,
        change: Callable[[str, SessionChanged], Awaitable[SessionInfo]],
        let_go: Callable[[str], None],
    ) -> None:
        """Take the parts; `change` stores and shows a change, `let_go` forgets a free session or raises SessionBusy."""
        self._store = store
        self._reviews = reviews
        self._change = change
        self._let_go = let_go

    async def rename(self, session_id: str, title: str) -> SessionInfo:
        """Give a session another title; raises SessionNotFound, UserError for an empty one."""
        clean = " ".join(title.split())
        if not clean:
            raise UserError("A title must say something.")
        return await self._change(session_id, SessionChanged(title=clean))

    async def delete(self, session_id: str) -> None:
        """Delete a session for good: what it proposed, its log, its messages and what a search finds of it.

        Changes that it made in files stay. Raises SessionNotFound; SessionBusy while a turn runs in it.
        """
        if (await self._store.session(session_id)).running:
            self._let_go(session_id)
        with suppress(UserError):  # nothing waits
            await self._reviews.reject(session_id, Selection(), "withdrawn")
        self._let_go(session_id)
        await self._store.delete(session_id)
        self._reviews.forget(session_id)

    async def export(self, session_id: str) -> tuple[str, str]:
        """Return the title and the conversation as Markdown; raises SessionNotFound."""
        info = await self._store.session(session_id)
        return title_of(info), render_export(info, await self._store.conversation(session_id))

    async def fork(self, session_id: str, message_id: str | None = None) -> SessionInfo:
        """Open a session that starts after a message of another, by default after its newest one.

        Raises:
            SessionNotFound: no such session.
            UserError: no such message in it, or none at all, or one whose tool calls have no results.
        """
        at = message_id or (await self._store.session(session_id)).tip
        if at is None:
            raise UserError("Nothing was said in this conversation yet, so there is nothing to go on from.")
        return await self._store.fork(session_id, at)
