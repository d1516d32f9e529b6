"""Payloads of `conduit/usage/report`, `conduit/doctor` and `conduit/logs/collect`."""

from __future__ import annotations

from typing import Literal

from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.update import Cost


class UsageReportParams(Payload):
    """Without a session, only the day is reported."""

    session_id: str | None = None


class Spend(Payload):
    """Tokens and money; `cost` sums what has a price, and of `unpriced` answers none is known."""

    input_tokens: int
    output_tokens: int
    cost: Cost | None = None
    unpriced: int


class SessionSpend(Spend):
    """What one conversation used, and how full the model's context is (`contextSize` is left out if unknown)."""

    context_used: int
    context_size: int | None = None


class UsageReport(Payload):
    """What was used today in this workspace, and in one session."""

    today: Spend
    session: SessionSpend | None = None


class CheckLine(Payload):
    """One line of the doctor."""

    name: str
    state: Literal["ok", "warning", "missing", "broken"]
    detail: str


class DoctorReport(Payload):
    """What works and what is missing; no network is asked."""

    checks: list[CheckLine]
    version: str


class LogBundle(Payload):
    """The zip file that was made; no conversation and no key is in it."""

    path: str
