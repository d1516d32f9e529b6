"""The answers of a batch: brought from the vendor, put in order, priced, noted in the ledger and kept."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from conduit.app.parts import Models
from conduit.catalog.model import ModelInfo
from conduit.jobs.batch import form_result, text_result
from conduit.jobs.batch_store import BatchFolder, BatchRecord, ItemFault, ItemResult, StoredItem
from conduit.messages.message import Usage
from conduit.messages.stream import Accumulator
from conduit.providers.base import BatchedAnswer, BatchFault, BatchRunner, VendorBatch
from conduit.sessions.ledger import Entry, Ledger


@dataclass(frozen=True)
class Answers:
    """Takes in what items were answered; `models` knows the prices."""

    models: Models
    ledger: Ledger

    async def fetch(self, folder: BatchFolder, runner: BatchRunner, state: VendorBatch) -> dict[int, ItemResult]:
        """Bring the results of a batch that has ended; raises ProviderError, StoreError.

        Every item has one. Results of which some arrived damaged are brought again the next time.
        """
        record = folder.record()
        info = self.models.resolve(record.model)
        places = {record.key(index): index for index in range(record.items)}
        found: dict[int, BatchedAnswer] = {}
        damaged = False
        async for batched in runner.results(state.id):
            index = places.get(batched.key)
            damaged = damaged or not batched.key or _is_damaged(batched)
            if index is not None and (index not in found or _is_damaged(found[index])):
                found[index] = batched
        without = state.without
        if damaged and without.kind == "missing":
            without = BatchFault("network", "A result arrived damaged, and it may be this item's. Collect it again.")
        results: dict[int, ItemResult] = {}
        for index, item in enumerate(folder.items()):
            answer = found[index].answer if index in found else without
            results[index] = self._result(info, record, index, item, answer)
        await self.ledger.totals(since="9")  # what was noted is written before the batch counts as done
        folder.keep_all(results.values())
        if not damaged:
            folder.update(record.model_copy(update={"collected": True}))
        return results

    def _result(
        self, info: ModelInfo, record: BatchRecord, index: int, item: StoredItem, answer: Accumulator | BatchFault
    ) -> ItemResult:
        if isinstance(answer, BatchFault):
            return ItemResult(index=index, id=item.id, error=ItemFault(kind=answer.kind, message=answer.message))
        cost = self.models.library.cost(info, answer.usage, batch=True)
        self._note(record.key(index), info, record, answer, cost)
        if item.schema_wanted is not None:
            return form_result(index, item, answer, cost)
        return text_result(index, item.id, answer, cost)

    def note_own(self, info: ModelInfo, record: BatchRecord, answer: Accumulator) -> float | None:
        """Note one answer to an item of an own batch; each try is paid for."""
        if answer.stop_reason is None and answer.usage == Usage():
            return 0.0  # nothing came that could be billed
        cost = self.models.library.cost(info, answer.usage)
        self._note(f"{record.label}-{uuid.uuid4().hex}", info, record, answer, cost)
        return cost

    def _note(
        self, message_id: str, info: ModelInfo, record: BatchRecord, answer: Accumulator, cost: float | None
    ) -> None:
        self.ledger.note(
            Entry(
                message_id=message_id,
                request_id=answer.request_id,
                at=time.time(),
                workspace=record.workspace,
                session_id="",
                model=info.id,
                usage=answer.usage,
                cost_usd=cost,
            )
        )


def _is_damaged(batched: BatchedAnswer) -> bool:
    return isinstance(batched.answer, BatchFault) and batched.answer.kind == "network"
