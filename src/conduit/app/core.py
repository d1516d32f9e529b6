"""App: all that a face may ask, without a protocol type and without naming a concrete class.

One App serves one workspace. Faces call it, and see everything that happens through `subscribe`: the same events that
the store keeps. `compose` builds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue

from conduit.agent.permission import Approver
from conduit.agent.setup import TurnResult
from conduit.agent.turn import Turn
from conduit.app.bills import Bills
from conduit.app.branches import Branches
from conduit.app.caches import SessionCaches
from conduit.app.changes import Changes
from conduit.app.commands import SlashCommands
from conduit.app.conversations import Conversations
from conduit.app.keys import VendorKeys
from conduit.app.live import Coming, Live
from conduit.app.mentions import Mentions
from conduit.app.model_side import ModelSide
from conduit.app.parameters import changed
from conduit.app.parts import Check, Parts, PromptOptions, Setup, Status, output_cap
from conduit.app.queue import PromptQueue
from conduit.app.resting import reconfigured, with_model
from conduit.app.review import Reviews
from conduit.app.spending import SessionSpent, Spent, context_used, spent_in, spent_today
from conduit.app.starting import TurnStart
from conduit.app.warming import warm_default
from conduit.messages.content import Block, Text
from conduit.messages.request import ModelSettings
from conduit.sessions.events import (
    AssistantReplied,
    Event,
    Mode,
    Notice,
    SessionChanged,
    SessionInfo,
    SessionOpened,
    SessionUpdate,
    StoredEvent,
    StoredMessage,
    Transient,
    UsageRow,
)
from conduit.workspace.language import LanguageAbilities, NoLanguage
from conduit.workspace.workspace import Workspace

if TYPE_CHECKING:
    from conduit.errors import SessionBusy
    from conduit.jobs.structured import Form, Structured

T = TypeVar("T")


class App(ModelSide):
    """The agent server's core for one workspace."""

    def __init__(self, parts: Parts, setup: Setup) -> None:
        super().__init__(parts, setup)
        self._bills = Bills(parts.ledger, parts.store, parts.root)
        self._live: dict[str, Live] = {}
        self._coming: list[Coming] = []
        self._listeners: list[Callable[[SessionUpdate], None]] = []

    @property
    def workspace(self) -> Workspace:
        """The files as the editor shows them."""
        return self._parts.workspace

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences that a face shows the person once, when it opens."""
        return (*self._parts.notices, *filter(None, [self._setup.models.problem()]))

    @property
    def approver(self) -> Approver:
        """Asks the person."""
        return self._parts.approver

    @property
    def language(self) -> LanguageAbilities:
        """What the editor's own language servers can be asked."""
        return self._parts.language or NoLanguage()

    @property
    def changes(self) -> Changes:
        """What was changed in files: taken back, made again, and settled after a kill."""
        return self._kernel[0]

    @property
    def reviews(self) -> Reviews:
        """What waits for the person, hunk by hunk; what an undo takes back of it waits again."""
        return self._kernel[1]

    @cached_property
    def _kernel(self) -> tuple[Changes, Reviews]:
        changes = Changes(self._parts, self._show)
        reviews = Reviews(self._parts, changes, self._emit, self._show)
        changes.on_reverted.append(reviews.reverted)
        changes.on_overwritten.append(reviews.offer)
        return changes, reviews

    @cached_property
    def branches(self) -> Branches:
        """Conversations that go back to an earlier message."""
        return Branches(self._parts, self.changes, self.reviews, self._emit, self._prepare_move)

    @cached_property
    def queue(self) -> PromptQueue:
        """Prompts that wait for the running turn."""
        return PromptQueue(self.prompt, self._is_free)

    @cached_property
    def commands(self) -> SlashCommands:
        """What a prompt may begin with."""
        return SlashCommands(self.workspace, self._parts.prompts)

    @cached_property
    def conversations(self) -> Conversations:
        """The sessions as wholes."""
        return Conversations(self._parts.store, self.reviews, self._change, self._let_go)

    @cached_property
    def keys(self) -> VendorKeys:
        """The keys of vendors."""
        return VendorKeys(self._parts.keys, lambda: self._take(self._parts.renew()))

    @cached_property
    def mentions(self) -> Mentions:
        """The files and folders that a prompt can name."""
        return Mentions(self.workspace)

    # -- sessions ---------------------------------------------------------------------------------------------------

    async def new_session(
        self, *, cwd: str | None = None, mode: Mode | None = None, model: str | None = None, title: str = ""
    ) -> SessionInfo:
        """Create a session; raises UnknownModel for a model that nobody knows."""
        chosen = self._setup.models.resolve(model).id if model else self.default_model()
        return await self._parts.store.open_session(
            SessionOpened(title=title, mode=mode or self._setup.mode, model=chosen, cwd=cwd or self._parts.root)
        )

    async def sessions(self, *, query: str = "", cursor: str | None = None, limit: int = 50) -> list[SessionInfo]:
        """Return sessions, newest first; `cursor` is the last id seen."""
        return await self._parts.store.sessions(query=query, cursor=cursor, limit=limit)

    async def load_session(self, session_id: str) -> SessionInfo:
        """Return a session after repairing what a crash may have left; raises SessionNotFound."""
        await self._repair(session_id, quiet=True)
        return await self._parts.store.session(session_id)

    async def history(self, session_id: str, *, after: int = 0) -> list[StoredEvent]:
        """Return the log of a session from the event after `after`; raises SessionNotFound."""
        return await self._parts.store.events(session_id, after=after)

    async def replay(self, session_id: str, *, after: int = 0) -> tuple[list[StoredEvent], int]:
        """Return what a face shows of a conversation, and how far that is (see `SessionStore.branch`)."""
        return await self._parts.store.branch(session_id, after=after)

    async def conversation(self, session_id: str) -> list[StoredMessage]:
        """Return the messages of a session; raises SessionNotFound."""
        return await self._parts.store.conversation(session_id)

    async def set_mode(self, session_id: str, mode: Mode) -> SessionInfo:
        """Change what the model may do, from the next turn on; raises SessionNotFound."""
        return await self._change(session_id, SessionChanged(mode=mode))

    async def set_model(self, session_id: str, model: str) -> SessionInfo:
        """Change the model, from the next turn on.

        Raises:
            SessionNotFound, UnknownModel, MissingKey: with what to do about it.
        """
        info = self._setup.models.resolve(model)
        self._setup.models.provider(info)
        changed = await self._change(session_id, SessionChanged(model=info.id))
        self._set_status(with_model(self._status, info.id, session_id))
        return changed

    async def set_parameters(self, session_id: str, changes: Mapping[str, JsonValue]) -> SessionInfo:
        """Change parameters, from the next turn on; None takes one away. Raises SessionNotFound, UserError."""
        now = await self._parts.store.session(session_id)
        return await self._change(session_id, SessionChanged(parameters=changed(now.parameters, changes)))

    async def note(self, session_id: str, text: str) -> None:
        """Keep a sentence for the person in a session; no model ever sees it."""
        await self._emit(session_id, Notice(text=text))

    async def _change(self, session_id: str, change: SessionChanged) -> SessionInfo:
        await self._emit(session_id, change)
        return await self._parts.store.session(session_id)

    async def _prepare_move(self, session_id: str) -> None:
        self._let_go(session_id)
        await self._repair(session_id)
        self._let_go(session_id)  # a prompt may have come meanwhile

    def _let_go(self, session_id: str) -> None:
        self.check_free(session_id)
        if any(coming.session_id == session_id for coming in self._coming):
            raise SessionBusy("A turn is about to run in this conversation. Cancel it first.")
        self._live.pop(session_id, None)

    # -- turns ------------------------------------------------------------------------------------------------------

    async def prompt(
        self, session_id: str, content: Sequence[Block], options: PromptOptions | None = None
    ) -> TurnResult:
        """Run one turn and return how it ended; what the model or the network did is in the result, never raised.

        Cancelling the caller cancels the turn; the caller ends when the turn has recorded itself.

        Raises:
            SessionNotFound, SessionBusy: there is no such session, or a turn runs in it.
            UnknownModel, MissingKey, ConfigError: the session's model cannot be asked.
        """
        self.branches.check_still(session_id)
        coming = Coming(session_id)
        self._coming.append(coming)
        try:
            live = await self._live_session(session_id)
            live.check_free()
            turn = await self._new_turn(session_id, live, content, options or PromptOptions())
            live.check_free()  # another prompt may have come meanwhile; its turn stays the one that a cancel reaches
        finally:
            self._coming.remove(coming)
        if coming.cancelled:
            turn.cancel()  # it keeps what the person said, and asks no model
        task = live.begin(turn, self._run(session_id, turn))
        task.add_done_callback(lambda _: self.queue.advance(session_id))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            turn.cancel()
            # Whoever hears of the end may ask on at once, and the session must be free then.
            await asyncio.wait({task})
            raise

    def check_free(self, session_id: str) -> None:
        """Do nothing when no turn runs in a session here; raises SessionBusy."""
        live = self._live.get(session_id)
        if live is not None:
            live.check_free()

    def _is_free(self, session_id: str) -> bool:
        live = self._live.get(session_id)
        return (live is None or live.is_free()) and all(each.session_id != session_id for each in self._coming)

    async def cancel(self, session_id: str) -> bool:
        """Stop the running turn of a session, or the one that is about to run, and give back what waits for its end.

        False when there is none.
        """
        emptied = self.queue.clear(session_id)
        coming = [each for each in self._coming if each.session_id == session_id]
        for each in coming:
            each.cancelled = True
        live = self._live.get(session_id)
        if live is None or live.turn is None or live.is_free():
            return bool(coming) or emptied
        live.turn.cancel()
        return True

    async def attach(self, name: str, model: str | None = None) -> Text:
        """Return a file, or what `TERMINAL_URI` means, as a block to put into a prompt, unsaved text first.

        Raises:
            PathNotFound, NotText, OutsideWorkspace, UserError: it cannot be read.
        """
        info = self._setup.models.resolve(model or self.default_model())
        return await self._parts.attach(name, output_cap(self._setup.limits, info))

    async def ask_structured(
        self, text: str, form: Form[T], model: str | None = None, settings: ModelSettings | None = None
    ) -> Structured[T]:
        """Ask one question outside of any session; the answer has the form. Raises as `prompt`, and InvalidAnswer."""
        info = self._setup.models.resolve(model or self.default_model())
        from conduit.app.structured import FormQuestion

        return await FormQuestion(self._parts, self._setup, info).ask(text, form, settings)

    async def _new_turn(self, session_id: str, live: Live, content: Sequence[Block], options: PromptOptions) -> Turn:
        start = TurnStart(self._parts, self._setup, self.changes, self.reviews, partial(self._show, session_id))
        return await start.turn(await self._parts.store.session(session_id), live, content, options)

    async def _run(self, session_id: str, turn: Turn) -> TurnResult:
        model = turn.setup.model_id
        self._set_status(Status("busy", model, session_id))
        try:
            result = await turn.run()
        except BaseException as error:
            self._live.pop(session_id, None)  # its next use repairs what this turn could not record
            self._set_status(Status("error", model, session_id, str(error)))
            raise
        live = self._live.get(session_id)
        if live is None or live.turn is turn:  # else the next one runs already
            self._set_status(Status("error" if result.error else "ready", model, session_id, result.error or ""))
        return result

    async def _repair(self, session_id: str, *, quiet: bool = False) -> None:
        """Close what a dead process, or a turn of ours that could not record its end, left open."""
        live = self._live.get(session_id)
        self._bills.catch_up()
        await self._parts.store.repair(session_id, abandoned=live is None or live.is_free())
        await self.changes.recover(session_id, quiet=quiet)
        await self.branches.recover(session_id)

    async def _live_session(self, session_id: str) -> Live:
        """Return the state of a session; the first use after a start repairs it and reads the lasting answers."""
        live = self._live.get(session_id)
        if live is None:
            await self._repair(session_id)
            found = Live.restored(await self._parts.store.events(session_id))
            live = self._live.setdefault(session_id, found)
        return live

    # -- health and settings ----------------------------------------------------------------------------------------

    def caches(self) -> SessionCaches:
        """Return the vendors' prompt caches, by session."""
        return SessionCaches(self._setup.models, self._parts.store, self.set_parameters)

    async def usage(self) -> list[UsageRow]:
        """Return the tokens of this workspace by day and model, newest first."""
        return await self._parts.store.usage()

    async def spent_today(self) -> Spent:
        """Return what was used today in this workspace."""
        return spent_today(await self.usage())

    async def session_spent(self, session_id: str) -> SessionSpent:
        """Return what a session used so far; raises SessionNotFound."""
        events = await self.history(session_id)
        info = await self._parts.store.session(session_id)
        return SessionSpent(spent_in(events), context_used(events), self.context_tokens(info.model))

    async def doctor(self) -> list[Check]:
        """Return what works and what is missing, without a network call."""
        return await self._parts.doctor(self._setup)

    async def configure(self, client_settings: Mapping[str, object]) -> None:
        """Take changed settings of the client in; raises ConfigError and keeps the old ones when one is bad."""
        setup = self._parts.configure(client_settings)
        if setup is not self._setup:  # editors send their settings again and again; the open connections stay
            self._take(setup)

    def _take(self, setup: Setup) -> None:
        self._retired.append(self._setup.models)
        self._setup = setup
        self._set_status(reconfigured(self._status, setup.models))

    async def warm_up(self) -> None:
        """Import what the default model needs, off the event loop; what goes wrong is said on its first use."""
        await warm_default(self._setup.models)
        self._bills.catch_up()

    # -- watching ---------------------------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[SessionUpdate], None]) -> Callable[[], None]:
        """Call `listener` with every event of every session, on the event loop; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def aclose(self) -> None:
        """Cancel running turns, which record themselves, and close everything."""
        self.queue.clear_all()
        for live in self._live.values():
            if live.turn is not None:
                live.turn.cancel()
        tasks = [live.task for live in self._live.values() if live.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.reviews.settle()
        for models in [*self._retired, self._setup.models]:
            await models.aclose()
        await self._bills.aclose()
        await self._parts.store.aclose()
        await self._parts.ledger.aclose()
        await self._parts.close()

    async def _emit(self, session_id: str, *events: Event) -> int:
        last = await self._parts.store.append(session_id, *events)
        for number, event in enumerate(events, last - len(events) + 1):
            self._show(session_id, number, event)
        return last

    def _show(self, session_id: str, seq: int | None, event: Event | Transient) -> None:
        update = SessionUpdate(session_id=session_id, seq=seq, event=event)
        for listener in tuple(self._listeners):
            listener(update)
        if isinstance(event, AssistantReplied):
            self._bills.note(session_id, event)
