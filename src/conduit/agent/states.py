"""The states of a turn, what may happen in each, and what follows: the whole control flow as one table.

`cancelled` and `failed` can be reached from every working state. Used by `turn`, which acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a turn is."""

    IDLE = "idle"
    CONTEXT = "context"
    STREAMING = "streaming"
    DISPATCHING = "dispatching"
    AWAITING_PERMISSION = "awaiting_permission"
    SETTLING = "settling"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Signal(StrEnum):
    """What happened in a state."""

    PROMPTED = "prompted"
    REQUEST_READY = "request_ready"
    TOOLS_CALLED = "tools_called"
    ANSWERED = "answered"
    FELL_BACK = "fell_back"
    PERMISSION_NEEDED = "permission_needed"
    PERMISSION_ANSWERED = "permission_answered"
    RESULTS_READY = "results_ready"
    LIMIT_REACHED = "limit_reached"
    GOAL_REACHED = "goal_reached"
    CANCEL = "cancel"
    FAILURE = "failure"
    RECORDED = "recorded"


WORKING = (State.CONTEXT, State.STREAMING, State.DISPATCHING, State.AWAITING_PERMISSION)

TRANSITIONS: Mapping[tuple[State, Signal], State] = {
    (State.IDLE, Signal.PROMPTED): State.CONTEXT,
    (State.CONTEXT, Signal.REQUEST_READY): State.STREAMING,
    (State.STREAMING, Signal.ANSWERED): State.SETTLING,
    (State.STREAMING, Signal.FELL_BACK): State.CONTEXT,
    (State.STREAMING, Signal.TOOLS_CALLED): State.DISPATCHING,
    (State.DISPATCHING, Signal.PERMISSION_NEEDED): State.AWAITING_PERMISSION,
    (State.AWAITING_PERMISSION, Signal.PERMISSION_ANSWERED): State.DISPATCHING,
    (State.DISPATCHING, Signal.RESULTS_READY): State.CONTEXT,
    (State.DISPATCHING, Signal.LIMIT_REACHED): State.SETTLING,
    (State.DISPATCHING, Signal.GOAL_REACHED): State.SETTLING,
    **{(state, Signal.CANCEL): State.CANCELLED for state in WORKING},
    **{(state, Signal.FAILURE): State.FAILED for state in WORKING},
    (State.SETTLING, Signal.RECORDED): State.IDLE,
    (State.CANCELLED, Signal.RECORDED): State.IDLE,
    (State.FAILED, Signal.RECORDED): State.IDLE,
}
