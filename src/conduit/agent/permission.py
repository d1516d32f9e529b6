"""Who may do what: modes, the Approver, and what the person answered before.

A mode is enforced here and where effects happen, never by the prompt alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from conduit.errors import PermissionDenied
from conduit.messages.content import Value
from conduit.messages.request import ToolKind
from conduit.sessions.events import Mode
from conduit.tools.base import Effect

Answer = Literal["allow_once", "allow_always", "reject_once", "reject_always"]


class PermissionRequest(Value):
    """What the person is asked: one effect of one call, shown whole. `preview` is a diff or the exact command.

    `reason` is a sentence about protected files among `paths`. With one, an answer holds for this call only: no
    lasting answer, given before or now, says anything about such files. `in_turn` is false when no turn waits for
    the answer: its proposals are accepted later.
    """

    session_id: str
    turn_id: str
    call_id: str
    tool: str
    kind: ToolKind
    title: str
    effect: Effect
    preview: str = ""
    paths: tuple[str, ...] = ()
    reason: str = ""
    in_turn: bool = True


class Approver(Protocol):
    """Asks the person; the answer of a client that vanished is `reject_once`."""

    async def ask(self, request: PermissionRequest) -> Answer:
        """Show `request` and wait for the answer; may be cancelled at any moment.

        Raises:
            PermissionDenied: there is nobody to ask; the message is for the model.
        """
        ...


class DenyAll:
    """The approver where nobody can be asked."""

    async def ask(self, request: PermissionRequest) -> Answer:
        """Raise PermissionDenied."""
        raise nobody_to_ask(request)


def nobody_to_ask(request: PermissionRequest) -> PermissionDenied:
    """Return what an approver raises that can reach nobody: the model must not take it for the person's will."""
    return PermissionDenied(
        f"Nobody could be asked whether {request.tool} is allowed, so it did not run and nothing was changed. "
        "Do not try again; say what you would have done."
    )


class AllowAll:
    """The approver when the person has consented beforehand: a picked code action, or `--yes`.

    Nobody consents beforehand to the change of a protected file: `protected` is asked about those.
    """

    def __init__(self, protected: Approver | None = None) -> None:
        self._protected = protected or DenyAll()

    async def ask(self, request: PermissionRequest) -> Answer:
        """Allow, or ask about a protected file."""
        return await self._protected.ask(request) if request.reason else "allow_once"


@dataclass
class Remembered:
    """The lasting answers of one session, by effect; rebuilt from its log when it is opened."""

    answers: dict[Effect, Literal["allow_always", "reject_always"]] = field(default_factory=dict)

    def record(self, effect: Effect, answer: Answer) -> None:
        """Keep a lasting answer; a one-time answer leaves no trace."""
        if answer == "allow_always" or answer == "reject_always":
            self.answers[effect] = answer


def effects_in(mode: Mode) -> frozenset[Effect]:
    """Return the effects that a mode allows at all; tools with others do not exist for the model."""
    if mode == "ask":
        return frozenset({Effect.READ})
    return frozenset({Effect.READ, Effect.WRITE})


def needs_question(effect: Effect, tool: str, mode: Mode, remembered: Remembered) -> bool:
    """Say whether the person must be asked before a tool with this effect runs.

    Raises:
        PermissionDenied: the mode forbids it, or the person refused it for the whole session.
    """
    if effect not in effects_in(mode):
        raise PermissionDenied(f"The mode {mode!r} does not allow {tool}. Answer without changing anything.")
    if effect is Effect.READ or (effect is Effect.WRITE and mode == "review"):
        return False  # what is only proposed is asked about hunk by hunk
    known = remembered.answers.get(effect)
    if known == "reject_always":
        raise PermissionDenied(f"The person does not allow {tool} in this conversation. Do not try again.")
    return known is None


def once(answer: Answer) -> Answer:
    """Return an answer as it counts for one call only."""
    if answer == "allow_always":
        return "allow_once"
    return "reject_once" if answer == "reject_always" else answer
