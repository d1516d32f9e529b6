"""Which level of thinking stands in for one that a model does not have. Pure; for wires whose models have levels."""

from __future__ import annotations

from collections.abc import Sequence

from conduit.messages.request import ThinkingLevel

_LEVELS: tuple[ThinkingLevel, ...] = ("low", "medium", "high", "max")


def nearest_level(level: ThinkingLevel, known: Sequence[ThinkingLevel] | None) -> ThinkingLevel:
    """Return the level itself, else the next lower one that the model has, else its lowest; not for `off`."""
    levels = [each for each in _LEVELS if known is None or each in known]
    lower = [each for each in levels if _LEVELS.index(each) <= _LEVELS.index(level)]
    return (lower[-1:] or levels[:1] or [level])[0]
