"""What was used: today in a workspace, and in one session, all of its branches included. Used by `App`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from conduit.sessions.events import AssistantReplied, StoredEvent, UsageRow
from conduit.sessions.projections import day_of


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and US dollars; `cost_usd` is None when nothing has a price, `unpriced` counts answers without one."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class SessionSpent:
    """What a session used; the newest answer took up `context_used` of the `context_size` tokens of its model."""

    spent: Spent
    context_used: int
    context_size: int | None


def spent_today(rows: Sequence[UsageRow]) -> Spent:
    """Return the sum of the rows of today."""
    today = [row for row in rows if row.day == day_of(time.time())]
    priced = any(row.completions > row.unpriced for row in today)
    return Spent(
        input_tokens=sum(row.usage.input_tokens for row in today),
        output_tokens=sum(row.usage.output_tokens for row in today),
        cost_usd=sum(row.cost_usd for row in today) if priced else None,
        unpriced=sum(row.unpriced for row in today),
    )


def spent_in(events: Sequence[StoredEvent]) -> Spent:
    """Return the sum of the answers in a log."""
    replies = [stored.event for stored in events if isinstance(stored.event, AssistantReplied)]
    prices = [reply.cost_usd for reply in replies if reply.cost_usd is not None]
    return Spent(
        input_tokens=sum(reply.usage.input_tokens for reply in replies),
        output_tokens=sum(reply.usage.output_tokens for reply in replies),
        cost_usd=sum(prices) if prices else None,
        unpriced=len(replies) - len(prices),
    )


def context_used(events: Sequence[StoredEvent]) -> int:
    """Return the tokens that the newest answer of a log took up, with all that was sent for it."""
    for stored in reversed(events):
        if isinstance(stored.event, AssistantReplied) and stored.event.usage.input_tokens:
            return stored.event.usage.input_tokens + stored.event.usage.output_tokens
    return 0
