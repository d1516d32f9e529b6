"""One turn, from the person's message to a stop reason, by the table of `states`.

Every state has one act that returns a signal; the table says what follows. All three ends record a transcript that is
valid for the next request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from conduit.agent.budget import Budget
from conduit.agent.completion import Completion, new_id
from conduit.agent.dispatch import INTERRUPTED, Desk, Dispatch, refusal_text
from conduit.agent.permission import Answer, PermissionRequest, once
from conduit.agent.setup import Target, TurnResult, TurnSetup
from conduit.agent.states import TRANSITIONS, WORKING, Signal, State
from conduit.errors import RETRYABLE, ConduitError, LimitReached, PermissionDenied, ProviderError, ProviderErrorKind
from conduit.messages.message import CompletionStop, Message, TurnStop, Usage
from conduit.messages.request import ModelRequest
from conduit.sessions.events import (
    AssistantReplied,
    CompletionStarted,
    Event,
    Notice,
    PermissionAnswered,
    ToolFinished,
    ToolsAnswered,
    ToolStarted,
    TurnEnded,
    TurnStarted,
)
from conduit.sessions.journal import Kind

log = logging.getLogger(__name__)


FALLBACK_KINDS = RETRYABLE | {ProviderErrorKind.QUOTA, ProviderErrorKind.BALANCE}
"""The failures after which another model may do better: what passes with time, and an allowance that is used up."""

SAID_NOTHING = "The model ended its answer without a word. Ask again, or choose another model."

JOURNALED: Mapping[type[Event], Kind] = {
    AssistantReplied: "answer",
    ToolStarted: "tool_call",
    ToolFinished: "tool_result",
    PermissionAnswered: "permission",
}
"""The events that `conduit log` shows, besides the requests and the errors."""


@dataclass
class Turn:
    """Runs one turn; `cancel` may be called at any moment."""

    setup: TurnSetup
    turn_id: str = field(default_factory=lambda: new_id("turn"))
    state: State = State.IDLE

    def __post_init__(self) -> None:
        setup = self.setup
        self._budget = Budget(setup.limits)
        self._messages = [*setup.history, setup.prompt]
        self._tip = setup.parent_id
        self._usage = Usage()
        self._stop: TurnStop = "end_turn"
        self._error: str | None = None
        self._error_kind: ProviderErrorKind | None = None
        self._asked = Target(setup.provider, setup.model_id, setup.model_name)
        self._fallbacks = list(setup.fallbacks)
        self._request: ModelRequest | None = None
        self._completion: Completion | None = None
        self._dispatch: Dispatch | None = None
        self._question: PermissionRequest | None = None
        self._acting: asyncio.Task[Signal] | None = None
        self.has_ended = False
        self._cancelled = False
        self._recording = 0
        self._desk = Desk(
            session_id=setup.session_id,
            turn_id=self.turn_id,
            tools=setup.tools,
            context=setup.context,
            mode=setup.mode,
            remembered=setup.remembered,
            budget=self._budget,
            emit=self._emit,
        )
        self._acts: Mapping[State, Callable[[], Awaitable[Signal]]] = {
            State.CONTEXT: self._prepare,
            State.STREAMING: self._stream,
            State.DISPATCHING: self._run_tools,
            State.AWAITING_PERMISSION: self._ask,
            State.SETTLING: self._settle,
            State.CANCELLED: self._close_cancelled,
            State.FAILED: self._close_failed,
        }

    def cancel(self) -> None:
        """Stop what is under way; the turn records itself as cancelled and `run` returns."""
        self._cancelled = True
        self._stop_acting()

    async def run(self) -> TurnResult:
        """Run to the end; never raises for what a model, a tool or the person did.

        Raises:
            SessionBusy: another turn runs in this session.
            StoreError: the log cannot be written.
        """
        message_id = new_id("msg")
        await self._emit(
            TurnStarted(turn_id=self.turn_id, message_id=message_id, parent_id=self._tip, message=self.setup.prompt)
        )
        self._tip = message_id
        self.state = TRANSITIONS[self.state, Signal.PROMPTED]
        while self.state is not State.IDLE:
            self.state = TRANSITIONS[self.state, await self._act()]
        return TurnResult(self.turn_id, self._stop, self._usage, self._last_text(), self._error, self._error_kind)

    async def _act(self) -> Signal:
        """Run the act of this state as a task of its own, so that a cancel never hits the recording."""
        working = self.state in WORKING
        if working and self._cancelled:
            return Signal.CANCEL
        self._acting = asyncio.ensure_future(self._acts[self.state]())
        await asyncio.wait([self._acting])
        try:
            return self._acting.result()
        except asyncio.CancelledError:
            if not working:
                raise
            return Signal.CANCEL
        except ConduitError as error:
            if not working:
                raise
            self._fail("error", str(error), error)
        except Exception as error:  # a bug of ours: the turn still ends with a valid transcript
            if not working:
                raise
            self._fail("error", f"Conduit failed: {error!r}. The log has the details.", error)
        return Signal.FAILURE

    async def _prepare(self) -> Signal:
        """Build the next request, which must not depend on anything but the log and the setup."""
        setup = self.setup
        settings = setup.settings
        if self._budget.exhausted:
            settings = settings.model_copy(update={"tool_choice": "none"})
        elif setup.goal is not None:
            settings = settings.model_copy(update={"tool_choice": "required"})
        self._request = ModelRequest(
            model=self._asked.model_name,
            layers=setup.layers,
            messages=tuple(self._messages),
            tools=setup.tools.specs(),
            settings=settings,
        )
        return Signal.REQUEST_READY

    async def _stream(self) -> Signal:
        """Ask the model and show what it says while it says it."""
        setup, request = self.setup, self._request
        assert request is not None
        completion = Completion(self.turn_id, setup.store, setup.session_id, lambda event: setup.show(None, event))
        await self._emit(
            CompletionStarted(
                turn_id=self.turn_id,
                message_id=completion.message_id,
                parent_id=self._tip,
                model=self._asked.model_id,
            )
        )
        self._completion = completion
        asked = request.model_copy(update={"model": self._asked.model_id})
        setup.recorder.record("request", setup.session_id, self.turn_id, asked)
        try:
            await completion.stream(self._asked.provider, request)
        except ProviderError as error:
            if not self._fallbacks or error.kind not in FALLBACK_KINDS:
                raise
            await self._fall_back(completion, error)
            return Signal.FELL_BACK
        message = await self._record_answer(completion)
        if message.tool_calls:
            self._dispatch = Dispatch(self._desk, message.tool_calls)
            return Signal.TOOLS_CALLED
        self._stop = _turn_stop(completion.answer.stop_reason)
        if self._stop == "end_turn" and not message.text.strip() and not self._budget.rounds:
            await self._emit(Notice(turn_id=self.turn_id, text=SAID_NOTHING))
        if self._budget.rounds >= setup.limits.tool_rounds:
            self._stop = "max_turn_requests"
        return Signal.ANSWERED

    async def _fall_back(self, completion: Completion, error: ProviderError) -> None:
        """Keep what had arrived, tell the person, and let the next model go on."""
        to = self._fallbacks.pop(0)
        log.warning("turn %s: %s failed (%s), asking %s", self.turn_id, self._asked.model_id, error.kind, to.model_id)
        notice = Notice(turn_id=self.turn_id, text=f"{error} {to.model_id} answers in its place.")
        reply = self._reply(completion, interrupted=True)
        await self._emit(*self._notices(completion), *([reply] if reply.message.content else []), notice)
        # No await from here to the end of the act: a cancel finds the answer either open or recorded.
        self._completion = None
        self._usage += reply.usage
        if reply.message.content:
            self._take_in(reply.message_id, reply.message)
        self._asked = to

    async def _run_tools(self) -> Signal:
        """Give every call its result; ask the person where that is due."""
        dispatch = self._dispatch
        assert dispatch is not None
        if self._budget.exhausted:
            await self._emit(*dispatch.interrupt("Not run: the limits of this turn are used up."))
            await self._record_results(dispatch)
            self._stop = "max_turn_requests"
            self._error = f"Stopped after {self._budget.rounds} rounds of tool calls. Say 'go on' to continue."
            return Signal.LIMIT_REACHED
        if self._question is None:
            self._budget.check_repeats(dispatch.calls)
        self._question = await dispatch.run()
        if self._question is not None:
            return Signal.PERMISSION_NEEDED
        self._budget.rounds += 1
        await self._record_results(dispatch)
        if self.setup.goal is not None and self.setup.goal():
            return Signal.GOAL_REACHED
        return Signal.RESULTS_READY

    async def _ask(self) -> Signal:
        """Put the open question to the person and note the answer."""
        question, dispatch = self._question, self._dispatch
        assert question is not None
        assert dispatch is not None
        try:
            answer: Answer = await self.setup.approver.ask(question)
        except PermissionDenied as error:  # nobody was there to be asked, so there is no answer to note
            await dispatch.refuse(question.call_id, str(error))
            return Signal.PERMISSION_ANSWERED
        if question.reason:  # what is said about a protected file holds for this call
            answer = once(answer)
        self.setup.remembered.record(question.effect, answer)
        await self._emit(
            PermissionAnswered(
                turn_id=self.turn_id, call_id=question.call_id, effect=question.effect.value, answer=answer
            )
        )
        if answer in ("allow_once", "allow_always"):
            dispatch.permit(question.call_id)
        else:
            await dispatch.refuse(question.call_id, refusal_text(question.tool, lasting=answer == "reject_always"))
        return Signal.PERMISSION_ANSWERED

    async def _settle(self) -> Signal:
        await self._emit(self._end())
        return Signal.RECORDED

    async def _close_cancelled(self) -> Signal:
        self._stop = "cancelled"
        return await self._close_open()

    async def _close_failed(self) -> Signal:
        return await self._close_open()

    async def _close_open(self) -> Signal:
        """Keep what had arrived, answer the calls that are open, and end the turn: all of it in one commit."""
        closing: list[Event] = []
        if self._completion is not None:
            self._usage += self._completion.answer.usage
            closing += self._notices(self._completion)
            reply = self._reply(self._completion, interrupted=True)
            if reply.message.content:  # an interrupted answer that is empty leaves no message
                closing.append(reply)
                self._take_in(reply.message_id, reply.message)
        if self._dispatch is not None:
            closing += self._dispatch.interrupt(self._error or INTERRUPTED)
            closing.append(self._results(self._dispatch))
        await self._emit(*closing, self._end())
        return Signal.RECORDED

    def _end(self) -> TurnEnded:
        log.info("turn %s ends: %s", self.turn_id, self._stop)
        return TurnEnded(
            turn_id=self.turn_id,
            stop_reason=self._stop,
            usage=self._usage,
            error=self._error,
            error_kind=self._error_kind,
        )

    async def _record_answer(self, completion: Completion) -> Message:
        reply = self._reply(completion, interrupted=False)
        await self._emit(*self._notices(completion), reply)
        # No await from here to the end of the act: a cancel finds the answer either open or recorded.
        self._completion = None
        self._usage += reply.usage
        self._take_in(reply.message_id, reply.message)
        return reply.message

    def _notices(self, completion: Completion) -> list[Notice]:
        """Return what the wire has to say that this session was not told yet."""
        new = [text for text in dict.fromkeys(completion.answer.notes) if text not in self.setup.told]
        self.setup.told.update(new)
        return [Notice(turn_id=self.turn_id, text=text) for text in new]

    def _reply(self, completion: Completion, *, interrupted: bool) -> AssistantReplied:
        return AssistantReplied(
            turn_id=self.turn_id,
            message_id=completion.message_id,
            parent_id=self._tip,
            message=completion.message(complete=not interrupted),
            model=self._asked.model_id,
            usage=completion.answer.usage,
            stop_reason=completion.answer.stop_reason,
            request_id=completion.answer.request_id,
            cost_usd=self.setup.cost(self._asked.model_id, completion.answer.usage),
            interrupted=interrupted,
        )

    async def _record_results(self, dispatch: Dispatch) -> None:
        answered = self._results(dispatch)
        await self._emit(answered)
        self._dispatch = None
        self._take_in(answered.message_id, answered.message)

    def _results(self, dispatch: Dispatch) -> ToolsAnswered:
        assert self._tip is not None
        return ToolsAnswered(
            turn_id=self.turn_id, message_id=new_id("msg"), parent_id=self._tip, message=dispatch.message()
        )

    def _take_in(self, message_id: str, message: Message) -> None:
        """Make a message the newest of the conversation; an empty one is in the log, but never sent to a model."""
        if message.content:
            self._messages.append(message)
        self._tip = message_id

    async def _emit(self, *events: Event) -> None:
        """Store events and show them. A cancel waits for that: what the store has, the faces have seen."""
        if not events:
            return
        self._recording += 1
        # A cancel that is on its way already to calls that run side by side must not cut a record in two.
        recording = asyncio.ensure_future(self._record(*events))
        try:
            await asyncio.shield(recording)
        except asyncio.CancelledError:
            await asyncio.wait({recording})
            raise
        finally:
            self._recording -= 1
            if self._cancelled:
                self._stop_acting()

    async def _record(self, *events: Event) -> None:
        last = await self.setup.store.append(self.setup.session_id, *events)
        self.has_ended = isinstance(events[-1], TurnEnded)
        for seq, event in enumerate(events, last - len(events) + 1):
            kind = JOURNALED.get(type(event))
            if kind is not None:
                self.setup.recorder.record(kind, self.setup.session_id, self.turn_id, event)
            self.setup.show(seq, event)

    def _stop_acting(self) -> None:
        if self._acting is not None and self.state in WORKING and not self._recording:
            self._acting.cancel()

    def _fail(self, stop: TurnStop, text: str, error: Exception) -> None:
        if isinstance(error, LimitReached):
            stop = "loop" if error.limit == "loop" else "budget"
        else:
            log.error("turn %s failed", self.turn_id, exc_info=error)
        self._stop, self._error = stop, text
        self._error_kind = error.kind if isinstance(error, ProviderError) else None
        self.setup.recorder.record("error", self.setup.session_id, self.turn_id, {"error": text})

    def _last_text(self) -> str:
        for message in reversed(self._messages[len(self.setup.history) + 1 :]):
            if message.role == "assistant" and message.text:
                return message.text
        return ""


def _turn_stop(reason: CompletionStop | None) -> TurnStop:
    if reason == "max_tokens":
        return "max_tokens"
    if reason == "refusal":
        return "refusal"
    return "end_turn"
