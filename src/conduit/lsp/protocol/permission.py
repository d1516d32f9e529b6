"""Payloads of `conduit/session/requestPermission`, server to client."""

from __future__ import annotations

from typing import Literal

from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.update import Location

AnswerKind = Literal["allow_once", "allow_always", "reject_once", "reject_always"]


class PermissionOption(Payload):
    """One answer that the person can give."""

    option_id: str
    name: str
    kind: AnswerKind


class PermissionToolCall(Payload):
    """The call that waits for the answer."""

    tool_call_id: str
    title: str
    kind: str
    locations: list[Location]


class RequestPermissionParams(Payload):
    """One effect of one call, shown whole: `preview` is a unified diff or the exact command.

    `reason` says why it is asked although edits are allowed, or is empty.
    """

    session_id: str
    turn_id: str
    tool_call: PermissionToolCall
    options: list[PermissionOption]
    effect: str
    preview: str
    reason: str = ""


class PermissionOutcome(Payload):
    """What the person did."""

    outcome: Literal["selected", "cancelled"]
    option_id: str | None = None


class RequestPermissionResult(Payload):
    """The client's answer."""

    outcome: PermissionOutcome
