"""One question whose answer has a form, for the App: it belongs to no session, and is billed and recorded as any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from conduit.agent.completion import new_id
from conduit.app.parameters import cascade
from conduit.app.parts import Parts, Setup
from conduit.catalog.model import ModelInfo
from conduit.errors import ProviderError
from conduit.jobs.structured import Form, Structured, ask_in_form
from conduit.messages.message import Usage, user_message
from conduit.messages.request import ModelRequest, ModelSettings
from conduit.messages.stream import Accumulator
from conduit.sessions.events import AssistantReplied
from conduit.sessions.ledger import entry_of

T = TypeVar("T")


@dataclass(frozen=True)
class FormQuestion:
    """A question that has nothing to do with a conversation."""

    parts: Parts
    setup: Setup
    model: ModelInfo

    async def ask(self, text: str, form: Form[T], settings: ModelSettings | None) -> Structured[T]:
        """Ask; raises MissingKey and ConfigError, and what `ask_in_form` raises."""
        provider = self.setup.models.provider(self.model)
        given = cascade(self.setup.settings, settings)
        asked_as = new_id("ask")

        def before(request: ModelRequest) -> None:
            shown = request.model_copy(update={"model": self.model.id})
            self.parts.recorder.record("request", asked_as, asked_as, shown)

        request = ModelRequest(model=self.model.name, messages=(user_message(text),), settings=given)
        try:
            return await ask_in_form(
                provider, request, form, before=before, after=lambda answer: self._note(asked_as, answer)
            )
        except ProviderError as error:
            self.parts.recorder.record("error", asked_as, asked_as, {"error": str(error)})
            raise

    def _note(self, asked_as: str, answer: Accumulator) -> None:
        complete = answer.stop_reason is not None
        if not complete and answer.usage == Usage():
            return  # nothing came that could be billed
        replied = AssistantReplied(
            turn_id=asked_as,
            message_id=new_id("msg"),
            parent_id=None,
            message=answer.message(complete=complete),
            model=self.model.id,
            usage=answer.usage,
            stop_reason=answer.stop_reason,
            request_id=answer.request_id,
            cost_usd=self.setup.models.library.cost(self.model, answer.usage),
            interrupted=not complete,
        )
        self.parts.recorder.record("answer", asked_as, asked_as, replied)
        self.parts.ledger.note(entry_of(replied, "", self.parts.root))
