"""What a status line shows while no turn runs: which model is next, and what is wrong with it.

Used by the App alone.
"""

from __future__ import annotations

from dataclasses import replace

from conduit.app.parts import Models, Status


def at_rest(models: Models) -> Status:
    """Return the status before anything was asked."""
    problem = models.problem()
    return Status("error" if problem else "ready", models.default(), message=problem)


def with_model(status: Status, model: str, session_id: str | None = None) -> Status:
    """Return the status once another model is used: an error that there was is past."""
    after = replace(status, model=model, session_id=session_id or status.session_id)
    return replace(after, state="ready", message="") if status.state == "error" else after


def reconfigured(status: Status, models: Models) -> Status:
    """Return the status once the settings changed, where the model may be as unknown as before."""
    if status.state == "error" and models.problem():
        return replace(at_rest(models), session_id=status.session_id)
    return with_model(status, models.default())
