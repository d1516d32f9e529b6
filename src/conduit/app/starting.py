"""What a prompt becomes: a turn with its model, its tools, its place in the conversation and what the model is told.

Used by the App alone; it starts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from conduit.agent.completion import new_id
from conduit.agent.setup import TurnSetup
from conduit.agent.turn import Turn
from conduit.app.changes import Changes
from conduit.app.live import Live
from conduit.app.parameters import cascade, parameters
from conduit.app.parts import Parts, PromptOptions, Setup, output_cap
from conduit.app.proposing import ReviewSink
from conduit.app.review import Reviews
from conduit.catalog.capabilities import refuse_unreadable
from conduit.context.builder import build_layers, build_prompt
from conduit.messages.content import Block
from conduit.sessions.events import Event, Mode, Notice, SessionInfo, Transient
from conduit.tools.base import ToolContext


@dataclass(frozen=True, slots=True)
class TurnStart:
    """Makes the turns of a session; `show` passes on what happens in them, with its place in the log."""

    parts: Parts
    setup: Setup
    changes: Changes
    reviews: Reviews
    show: Callable[[int | None, Event | Transient], None]

    async def turn(self, session: SessionInfo, live: Live, content: Sequence[Block], options: PromptOptions) -> Turn:
        """Return the turn that answers `content`.

        Raises:
            UnknownModel, MissingKey, ConfigError: the session's model cannot be asked.
            UserError: it cannot take what the prompt holds.
        """
        parts, setup = self.parts, self.setup
        model = setup.models.resolve(session.model)
        provider = setup.models.provider(model)
        await setup.models.library.load(model)
        introduction = setup.models.introduction(model)
        if introduction:
            notice = Notice(text=introduction)
            self.show(await parts.store.append(session.id, notice), notice)
        conversation = await parts.store.conversation(session.id)
        mode = options.mode or session.mode
        refuse_unreadable(model, content)
        tools = await parts.offer(model, setup.models.library.edit_format(model), mode, options)
        turn_id = new_id("turn")
        context = await self._context(session.id, turn_id, mode)
        layers = build_layers(
            list(parts.workspace.root_names), mode, tools=len(tools) > 0, instructions=options.instructions
        )
        return Turn(
            TurnSetup(
                session_id=session.id,
                provider=provider,
                model_id=model.id,
                model_name=model.name,
                mode=mode,
                tools=tools,
                context=context,
                store=parts.store,
                approver=options.approver or parts.approver,
                remembered=live.remembered,
                told=live.told,
                limits=replace(setup.limits, call_output_bytes=output_cap(setup.limits, model)),
                layers=layers,
                settings=cascade(setup.settings, parameters(session.parameters), options.settings),
                history=tuple(stored.message for stored in conversation if stored.message.content),
                parent_id=conversation[-1].id if conversation else None,
                prompt=build_prompt(content, options.context, await self.changes.news(session.id)),
                show=self.show,
                recorder=parts.recorder,
                goal=await self._proposal(session.id, turn_id) if options.until_edit else None,
                fallbacks=setup.models.fallbacks(model),
                cost=lambda name, usage: setup.models.library.cost(setup.models.resolve(name), usage),
            ),
            turn_id,
        )

    async def _context(self, session_id: str, turn_id: str, mode: Mode) -> ToolContext:
        """Return what tools read and where their edits go: applied at once in mode `auto`, else proposed."""
        parts, wait_s = self.parts, self.setup.diagnostics_wait_s
        if mode == "auto":
            edits = self.changes.sink(session_id, turn_id)
            return ToolContext(parts.workspace, edits, language=parts.language, diagnostics_wait_s=wait_s)
        workspace = parts.workspace.with_overlay(await self.reviews.of(session_id))
        proposals = ReviewSink(self.reviews, session_id, turn_id)
        return ToolContext(workspace, proposals, language=parts.language, diagnostics_wait_s=wait_s)

    async def _proposal(self, session_id: str, turn_id: str) -> Callable[[], bool]:
        """Return how to see that a hunk of the turn waits."""
        pending = await self.reviews.of(session_id)
        return lambda: any(hunk.turn_id == turn_id for file in pending for hunk in file.hunks)
