"""The ledger without a file."""

from __future__ import annotations

from conduit.messages.message import Usage
from conduit.sessions.events import AssistantReplied
from conduit.sessions.ledger import Entry, Replies, Total, entry_of
from conduit.sessions.projections import day_of


class MemoryLedger:
    """Keeps entries in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, Entry] = {}

    def note(self, entry: Entry) -> None:
        self.kept.setdefault(entry.message_id, entry)

    async def catch_up(self, workspace: str, replies: Replies) -> int:
        before = len(self.kept)
        page, _ = await replies(after=0, limit=1_000_000)
        for each in page:
            assert isinstance(each.event, AssistantReplied)
            self.note(entry_of(each.event, each.session_id, workspace, each.at))
        return len(self.kept) - before

    async def entries(self) -> list[Entry]:
        return sorted(self.kept.values(), key=lambda entry: (entry.at, entry.message_id))

    async def totals(self, *, since: str = "") -> list[Total]:
        sums: dict[tuple[str, str], Total] = {}
        for entry in self.kept.values():
            key = (day_of(entry.at), entry.model)
            empty = Total(day=key[0], model=key[1], completions=0, usage=Usage(), cost_usd=0.0, unpriced=0)
            row = sums.get(key, empty)
            sums[key] = Total(
                day=row.day,
                model=row.model,
                completions=row.completions + 1,
                usage=row.usage + entry.usage,
                cost_usd=row.cost_usd + (entry.cost_usd or 0.0),
                unpriced=row.unpriced + (entry.cost_usd is None),
            )
        rows = sorted((row for row in sums.values() if row.day >= since), key=lambda row: row.model)
        return sorted(rows, key=lambda row: row.day, reverse=True)

    async def aclose(self) -> None:
        pass
