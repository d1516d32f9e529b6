"""What a turn is handed, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from conduit.agent.budget import TurnLimits
from conduit.agent.permission import Approver, Remembered
from conduit.errors import ProviderErrorKind
from conduit.messages.message import Message, TurnStop, Usage
from conduit.messages.request import ContextLayer, ModelSettings
from conduit.providers.base import Provider
from conduit.sessions.base import SessionStore
from conduit.sessions.events import Event, Mode, Transient
from conduit.sessions.journal import Recorder
from conduit.tools.base import ToolContext, ToolSet


@dataclass(frozen=True, slots=True)
class Target:
    """Who can be asked: an endpoint, the model's id (`vendor/model`) and the vendor's own name of it."""

    provider: Provider
    model_id: str
    model_name: str


def no_price(model_id: str, usage: Usage) -> None:
    """Know no price, where nobody pays."""
    return


@dataclass(frozen=True, slots=True)
class TurnSetup:
    """All that a turn is handed; nothing here changes while it runs."""

    session_id: str
    provider: Provider
    model_id: str
    model_name: str
    mode: Mode
    tools: ToolSet
    context: ToolContext
    store: SessionStore
    approver: Approver
    remembered: Remembered
    limits: TurnLimits
    layers: tuple[ContextLayer, ...]
    settings: ModelSettings
    history: tuple[Message, ...]
    parent_id: str | None
    prompt: Message
    show: Callable[[int | None, Event | Transient], None]
    recorder: Recorder
    told: set[str] = field(default_factory=set)
    """Notices that the person of this session has had; what a wire has to say is said once."""
    goal: Callable[[], bool] | None = None
    """When given, the model must call tools until it returns True, and the turn ends then."""
    cost: Callable[[str, Usage], float | None] = no_price
    """What tokens of a model (`vendor/model`) cost in US dollars; None when no price is known."""
    fallbacks: tuple[Target, ...] = ()
    """Who is asked, in order, when the model before does not answer."""


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How a turn ended; `error` is the sentence for the person, `text` the model's last answer.

    `error_kind` says what failed when it was a model's endpoint.
    """

    turn_id: str
    stop_reason: TurnStop
    usage: Usage
    text: str
    error: str | None = None
    error_kind: ProviderErrorKind | None = None
