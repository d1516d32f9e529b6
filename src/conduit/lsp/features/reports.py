"""`conduit/usage/report`, `conduit/doctor` and `conduit/logs/collect`: what was used, and what works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit import __version__
from conduit.app.spending import Spent
from conduit.lsp.protocol.payload import NoParams
from conduit.lsp.protocol.report import (
    CheckLine,
    DoctorReport,
    LogBundle,
    SessionSpend,
    Spend,
    UsageReport,
    UsageReportParams,
)
from conduit.lsp.protocol.update import Cost

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def report_usage(server: ConduitServer, params: UsageReportParams) -> UsageReport:
    """`conduit/usage/report`."""
    app = await server.app()
    session = None
    if params.session_id is not None:
        found = await app.session_spent(params.session_id)
        session = SessionSpend(
            **_spend(found.spent).model_dump(), context_used=found.context_used, context_size=found.context_size
        )
    return UsageReport(today=_spend(await app.spent_today()), session=session)


async def examine(server: ConduitServer, params: NoParams) -> DoctorReport:
    """`conduit/doctor`."""
    checks = await (await server.app()).doctor()
    lines = [CheckLine(name=each.name, state=each.state, detail=each.detail) for each in checks]
    return DoctorReport(checks=lines, version=__version__)


async def collect_logs(server: ConduitServer, params: NoParams) -> LogBundle:
    """`conduit/logs/collect`."""
    app = await server.app()
    return LogBundle(path=str(await app.collect_logs(await app.doctor())))


def _spend(spent: Spent) -> Spend:
    return Spend(
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cost=None if spent.cost_usd is None else Cost(amount=spent.cost_usd),
        unpriced=spent.unpriced,
    )
