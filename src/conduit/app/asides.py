"""What is asked of a model outside of any conversation: in the journal and in the ledger like all else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast

from conduit.agent.completion import new_id
from conduit.app.parameters import cascade
from conduit.app.parts import Parts, Setup
from conduit.catalog.model import ModelInfo
from conduit.errors import ProviderError
from conduit.messages.message import Message, Usage
from conduit.messages.request import ContextLayer, ModelRequest, ModelSettings
from conduit.messages.stream import Accumulator, StreamEvent
from conduit.sessions.events import AssistantReplied
from conduit.sessions.ledger import entry_of


@dataclass(frozen=True, slots=True)
class Aside:
    """Keeps what one question that belongs to no session came to; `asked_as` is its name in the journal."""

    parts: Parts
    setup: Setup
    model: ModelInfo
    asked_as: str

    def asked(self, request: ModelRequest) -> None:
        """Keep a request before it is sent."""
        shown = request.model_copy(update={"model": self.model.id})
        self.parts.recorder.record("request", self.asked_as, self.asked_as, shown)

    def answered(self, answer: Accumulator) -> None:
        """Keep an answer, also what arrived of one that was cut off, and bill it."""
        complete = answer.stop_reason is not None
        if not complete and answer.usage == Usage():
            return  # nothing came that could be billed
        replied = AssistantReplied(
            turn_id=self.asked_as,
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
        self.parts.recorder.record("answer", self.asked_as, self.asked_as, replied)
        self.parts.ledger.note(entry_of(replied, "", self.parts.root))

    def failed(self, error: ProviderError) -> None:
        """Keep why there is no answer."""
        self.parts.recorder.record("error", self.asked_as, self.asked_as, {"error": str(error)})


@dataclass(frozen=True, slots=True)
class Completions:
    """Asks the model that completes what a person types, as the settings say."""

    parts: Parts
    setup: Setup
    default: str

    def model(self, *, invoked: bool) -> ModelInfo | None:
        """Return the model that may be asked now, or None.

        None too when it would have to be fetched first. `invoked`: the person asked for it, so that it may be paid for.

        Raises:
            UnknownModel, MissingKey, ConfigError: the one that is set cannot be asked.
        """
        rules = self.setup.completions
        if rules.enabled == "off":
            return None
        models = self.setup.models
        model = models.resolve(rules.model or self.default)
        if not invoked and rules.enabled == "local" and not models.library.costs_nothing(model):
            return None
        return model if models.library.at_hand(model) else None

    async def complete(
        self,
        model: ModelInfo,
        system: str,
        messages: tuple[Message, ...],
        settings: ModelSettings,
    ) -> str:
        """Return what the model says, once, without a second try; cancelling closes the connection.

        Raises:
            ProviderError: the endpoint failed.
            MissingKey, ConfigError: it cannot be asked.
        """
        models = self.setup.models
        provider = models.endpoint(model)
        await models.library.load(model)
        request = ModelRequest(
            model=model.name,
            layers=(ContextLayer(name="completion", text=system, stable="release"),),
            messages=messages,
            settings=cascade(self.setup.settings, settings),
        )
        aside = Aside(self.parts, self.setup, model, new_id("complete"))
        answer = Accumulator()
        aside.asked(request)
        try:
            async with aclosing(cast("AsyncGenerator[StreamEvent, None]", provider.stream(request))) as events:
                async for event in events:
                    answer.add(event)
        except ProviderError as error:
            aside.failed(error)
            raise
        finally:
            aside.answered(answer)
        return answer.message().text
