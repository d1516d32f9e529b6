"""The SessionStore protocol: what the core needs of storage. The database is in `store.py`, tests have a twin."""

from __future__ import annotations

from typing import Literal, Protocol

from conduit.sessions.events import Event, EventType, SessionInfo, SessionOpened, StoredEvent, StoredMessage, UsageRow


class SessionStore(Protocol):
    """One workspace's sessions. Everything that returns is committed."""

    async def open_session(self, opened: SessionOpened) -> SessionInfo:
        """Create a session and return it; its id is new and unguessable."""
        ...

    async def append(self, session_id: str, *events: Event) -> int:
        """Append events in one transaction and return the seq of the last one; the others are right before it.

        Boundaries that the person sees (a turn's start and end, permissions, a tool's and a change's start and end) are
        on the disk when this returns; others may be lost by a power cut, never by a kill.
        A `TurnStarted` takes the session for this process; `TurnEnded` gives it back.

        Raises:
            SessionNotFound: no such session.
            SessionBusy: a `TurnStarted` while a living process runs a turn in it.
        """
        ...

    async def keep_partial(
        self, session_id: str, message_id: str, kind: Literal["text", "thinking"], text: str
    ) -> None:
        """Add text to the running answer `message_id`, so that a crash keeps it; dropped once that is appended."""
        ...

    async def repair(self, session_id: str, *, abandoned: bool = False) -> bool:
        """Close what a dead process left open, and say whether there was anything.

        A partial answer becomes an interrupted `AssistantReplied`, a call without outcome gets the result
        "interrupted", the turn ends. Leaves a session alone that a living process runs; `abandoned` says that this
        one runs nothing in it, so that a turn whose end could not be written is closed too.
        """
        ...

    async def session(self, session_id: str) -> SessionInfo:
        """Return one session; raises SessionNotFound."""
        ...

    async def sessions(self, *, query: str = "", cursor: str | None = None, limit: int = 50) -> list[SessionInfo]:
        """Return sessions, newest first, whose title or text contains `query`; `cursor` is the last id seen."""
        ...

    async def events(self, session_id: str, *, after: int = 0) -> list[StoredEvent]:
        """Return the log of a session from the event after `after`; raises SessionNotFound."""
        ...

    async def branch(self, session_id: str, *, after: int = 0) -> tuple[list[StoredEvent], int]:
        """Return what a conversation is now: without the turns that a rewind took back, with what a fork shares.

        The number is the place of the log's end. After a place, when the branch was changed since then, only that is
        told (`TipMoved`). Raises SessionNotFound.
        """
        ...

    async def replies(self, *, after: int, limit: int = 500) -> tuple[list[StoredEvent], int]:
        """Return the answers of all sessions, oldest first, that are in the log after the place `after`.

        The number is how far the log was read: the place of the last one of a full page, else the log's end.
        """
        ...

    async def events_of(self, *types: EventType, session_id: str | None = None, after: int = 0) -> list[StoredEvent]:
        """Return the events of some types after the one `after`, of one session or of all, in order."""
        ...

    async def conversation(self, session_id: str, *, tip: str | None = None) -> list[StoredMessage]:
        """Return the messages from the root to `tip` (the session's own by default), forks included."""
        ...

    async def fork(self, session_id: str, message_id: str) -> SessionInfo:
        """Create a session that starts after `message_id` of another and shares its messages."""
        ...

    async def delete(self, session_id: str, *, abandoned: bool = True) -> None:
        """Delete a session for good: its log, its messages, and what a search finds of it.

        Messages that forks go on from stay for them; what was used stays counted. `abandoned` says that this process
        runs nothing in it.

        Raises:
            SessionNotFound: no such session.
            SessionBusy: a living process runs a turn in it.
        """
        ...

    async def usage(self) -> list[UsageRow]:
        """Return the tokens of this workspace by day and model, newest first."""
        ...

    async def aclose(self) -> None:
        """Flush and close."""
        ...
