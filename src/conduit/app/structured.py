"""One question whose answer has a form, for the App: it belongs to no session, and is billed and recorded as any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from conduit.agent.completion import new_id
from conduit.app.asides import Aside
from conduit.app.parameters import cascade
from conduit.app.parts import Parts, Setup
from conduit.catalog.model import ModelInfo
from conduit.errors import ProviderError
from conduit.jobs.structured import Form, Structured, ask_in_form
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest, ModelSettings

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
        aside = Aside(self.parts, self.setup, self.model, new_id("ask"))
        request = ModelRequest(model=self.model.name, messages=(user_message(text),), settings=given)
        try:
            return await ask_in_form(provider, request, form, before=aside.asked, after=aside.answered)
        except ProviderError as error:
            aside.failed(error)
            raise
