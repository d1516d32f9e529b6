"""Leave a model alone that failed again and again, and try it once after a while.

One circuit for each model of an endpoint: closed (it is asked), open (it is not, for a cool-down), half-open (one
request finds out). A failure is a completion that was given up after its retries, for a reason that passes with time;
an answer of any other kind shows that the endpoint lives. No timer runs and nothing is asked: `retry` does that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from conduit.errors import ProviderError

FAILURES = 3
"""Completions in a row that must fail before a model is left alone."""

FIRST_COOL_DOWN_S = 10.0
MAX_COOL_DOWN_S = 120.0


@dataclass
class _Circuit:
    failures: int = 0
    cool_down_s: float = FIRST_COOL_DOWN_S
    open_until_s: float | None = None
    probing: bool = False
    last: ProviderError | None = None


class Circuits:
    """The circuits of one endpoint, by the vendor's name of the model."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with every circuit closed; `now` counts seconds from anywhere and never goes back."""
        self._now = now
        self._circuits: dict[str, _Circuit] = {}

    def enter(self, model: str) -> None:
        """Ask to send a completion; every `enter` that returns must be followed by `leave`.

        Raises:
            ProviderError: the circuit is open, or another request is finding out whether it still must be.
        """
        circuit = self._circuits.get(model)
        if circuit is None or circuit.open_until_s is None or circuit.last is None:
            return
        left_s = circuit.open_until_s - self._now()
        if left_s > 0 or circuit.probing:
            raise _left_alone(circuit.last, circuit.failures, max(left_s, 1.0))
        circuit.probing = True

    def leave(self, model: str, error: ProviderError | None = None, *, cancelled: bool = False) -> ProviderError | None:
        """Take in how a completion ended.

        Returns:
            The error to raise in place of `error` when the circuit opens by it: it says for how long. Else None.
        """
        circuit = self._circuits.get(model)
        if cancelled:
            if circuit is not None:
                circuit.probing = False
            return None
        if error is None or not error.retryable:
            self._circuits.pop(model, None)
            return None
        circuit = self._circuits.setdefault(model, _Circuit())
        was_open = circuit.open_until_s is not None
        circuit.failures += 1
        circuit.last = error
        circuit.probing = False
        if circuit.failures < FAILURES:
            return None
        if was_open:
            circuit.cool_down_s = min(circuit.cool_down_s * 2, MAX_COOL_DOWN_S)
        cool_down_s = min(max(circuit.cool_down_s, error.retry_after_s or 0.0), MAX_COOL_DOWN_S)
        circuit.open_until_s = self._now() + cool_down_s
        return _left_alone(error, circuit.failures, cool_down_s)


def _left_alone(error: ProviderError, failures: int, left_s: float) -> ProviderError:
    seconds = round(left_s + 0.49)
    return ProviderError(
        f"{error} That was failure {failures} in a row: it is not asked again for {seconds} s.",
        kind=error.kind,
        provider=error.provider,
        model=error.model,
        status=error.status,
        request_id=error.request_id,
        retry_after_s=left_s,
    )
