"""Batches: many questions at once, at the vendor where it runs batches, else asked by Conduit itself.

A batch belongs to the person, not to a workspace or a session. It is written down before anybody is asked, and handed
in once: one whose id never came back is looked for at the vendor before it is handed in again. Used by `App.batches`.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from conduit.app.batch_lines import read_lines
from conduit.app.batch_results import Answers
from conduit.app.batch_view import BatchView, Collected, at_vendor, seen
from conduit.app.parameters import cascade
from conduit.app.parts import Models
from conduit.catalog.model import ModelInfo
from conduit.errors import ProviderError, UserError
from conduit.jobs.batch import ItemAsker, in_parallel, is_final
from conduit.jobs.batch_store import BatchFolder, BatchRecord, BatchStore, ItemFault, ItemResult, StoredItem
from conduit.messages.request import ModelSettings
from conduit.providers.base import BatchItem, BatchRunner, VendorBatch
from conduit.sessions.ledger import Ledger

JOBS = 4
"""How many items of an own batch are asked at once, unless told otherwise."""

Watch = Callable[[BatchView], None]


@dataclass(frozen=True)
class Batches:
    """The batches of this person.

    Attributes:
        models: who can be asked.
        ledger: keeps what items cost.
        root: the folder of the batches.
        workspace: where new ones are made, for the ledger.
        settings: parameters that are configured.
        model: the one that is asked when none is named.
    """

    models: Models
    ledger: Ledger
    root: Path
    workspace: str
    settings: ModelSettings
    model: str

    def prepare(
        self,
        text: str,
        model: str | None = None,
        *,
        settings: ModelSettings | None = None,
        own: bool = False,
        again: bool = False,
    ) -> BatchView:
        """Check the lines of a file and write a batch down; nobody is asked before `run`.

        Args:
            text: one JSON object in each line.
            model: who is asked, else the default one.
            settings: parameters of every item, which win over the configured ones and not over a line's own.
            own: ask one by one, also where the vendor runs batches.
            again: make another batch of what was submitted before.

        Returns:
            The new batch; or the one of the same content that was never handed in, or never finished.

        Raises:
            UserError: names the bad line; or the same was submitted before.
            UnknownModel, MissingKey, ConfigError: the model cannot be asked.
            StoreError: it cannot be written down.
        """
        info = self.models.resolve(model or self.model)
        items = read_lines(text, info, cascade(self.settings, settings))
        own = own or self.models.batches(info) is None
        digest = _digest(info, items, own=own)
        for folder in [] if again else self._store.all():
            record = folder.record()
            if record.digest == digest:
                if self._is_unfinished(folder, record):
                    return seen(folder, record)
                day = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.made_at))
                raise UserError(
                    f"The same was submitted on {day}, as {record.id}. 'conduit batch collect {record.id}' brings its "
                    "answers; --again asks everything once more."
                )
        folder = self._store.create(
            items,
            lambda batch_id: BatchRecord(
                id=batch_id,
                model=info.id,
                own=own,
                items=len(items),
                digest=digest,
                made_at=time.time(),
                workspace=self.workspace,
            ),
        )
        return seen(folder, folder.record())

    async def run(self, wanted: str, *, jobs: int = JOBS, watch: Watch = lambda view: None) -> BatchView:
        """Hand a batch in, unless the vendor has it; or ask the items of an own batch that have no answer yet.

        Raises:
            UserError: there is no such batch, another process works on it, it was cancelled, or it is not known
                whether the vendor has it.
            ProviderError: the vendor refused it, or does not answer; `run` goes on where it was.
        """
        folder = self._store.find(wanted)
        with folder.locked(f"Another process works on {folder.path.name}. 'conduit batch status' shows it."):
            record = folder.record()
            if record.own:
                await self._ask_all(folder, record, jobs, watch)
            elif record.vendor_id is None:
                await self._hand_in(folder, record)
        return await self.status(record.id)

    async def known(self) -> list[BatchView]:
        """Return every batch, oldest first; one that cannot be asked about now says why in its note."""
        return list(await asyncio.gather(*(self._status_or_note(folder) for folder in self._store.all())))

    async def status(self, wanted: str) -> BatchView:
        """Return a batch as it is now, by its id or the beginning of it; raises UserError, ProviderError."""
        folder = self._store.find(wanted)
        return (await self._status(folder))[0]

    async def collect(
        self, wanted: str, *, wait: bool = False, every_s: float = 30.0, watch: Watch = lambda view: None
    ) -> Collected:
        """Return the answers that there are.

        Args:
            wanted: the batch's id, or the beginning of it.
            wait: until there are all of them; an own batch that nobody works on is gone on with.
            every_s: how long to wait between two looks.
            watch: is shown how far it is.

        Raises:
            UserError, ProviderError, StoreError: it cannot be looked at.
        """
        folder = self._store.find(wanted)
        while True:
            try:
                if wait and folder.record().own and not folder.is_worked_on():
                    await self.run(folder.path.name, watch=watch)
                view, state = await self._status(folder)
            except ProviderError as error:
                if not wait or not error.retryable or folder.record().own:
                    raise
                view, state = seen(folder, folder.record(), note=str(error)), None
            watch(view)
            if view.phase == "unsubmitted":
                raise UserError(f"{view.id} was never handed in. {view.note}.")
            if view.phase == "ended" or not wait:
                break
            await asyncio.sleep(every_s)
        if state is not None and view.phase == "ended":
            results = await self._answers.fetch(folder, self._runner(folder.record()), state)
            failed = sum(1 for result in results.values() if result.error)
            view = replace(view, done=len(results), failed=failed)
        else:
            results = _kept(folder, ended=view.phase == "ended") if view.own or view.phase == "ended" else {}
        return Collected(view, tuple(results[index] for index in sorted(results)))

    async def cancel(self, wanted: str) -> BatchView:
        """Stop a batch; what was answered stays. One that was never handed in is forgotten.

        Raises:
            UserError: there is no such batch, or it has ended.
            ProviderError: the vendor did not do it.
        """
        folder = self._store.find(wanted)
        view, _ = await self._status(folder)
        if view.phase == "ended":
            raise UserError(f"{view.id} has ended. 'conduit batch collect {view.id}' brings its answers.")
        if view.own:
            folder.cancel()
            return seen(folder, folder.record())
        if view.vendor_id is None:
            with folder.locked(f"Another process hands {view.id} in just now; cancel it after that."):
                record, certain = await self._found(folder, folder.record())
                if record.vendor_id is None:
                    if not certain:
                        raise UserError(_uncertain(record))
                    folder.remove()
                    return replace(view, note="it was never handed in, and is forgotten")
        record = folder.record()
        assert record.vendor_id is not None
        await self._runner(record).cancel(record.vendor_id)
        return await self.status(view.id)

    @property
    def _answers(self) -> Answers:
        return Answers(self.models, self.ledger)

    @property
    def _store(self) -> BatchStore:
        return BatchStore(self.root)

    def _runner(self, record: BatchRecord) -> BatchRunner:
        runner = self.models.batches(self.models.resolve(record.model))
        if runner is None:
            raise UserError(f"{record.model} runs no batches any more. --own asks the items one by one.")
        return runner

    def _is_unfinished(self, folder: BatchFolder, record: BatchRecord) -> bool:
        if not record.own:
            return record.vendor_id is None
        return seen(folder, record).phase in ("stopped", "running")

    async def _status_or_note(self, folder: BatchFolder) -> BatchView:
        try:
            return (await self._status(folder))[0]
        except (ProviderError, UserError) as error:
            return seen(folder, folder.record(), note=str(error))

    async def _status(self, folder: BatchFolder) -> tuple[BatchView, VendorBatch | None]:
        """Return a batch and, when its results are still at the vendor, what that says."""
        record = folder.record()
        if record.own or record.collected:
            return seen(folder, record), None
        if record.vendor_id is None:
            if folder.is_worked_on():
                return seen(folder, record, note="it is being handed in"), None
            with folder.locked(f"{record.id} is being handed in."):
                record, certain = await self._found(folder, folder.record())
            if record.vendor_id is None:
                if not certain:
                    return seen(folder, record, note=_uncertain(record)), None
                note = f"'conduit batch submit --resume {record.id}' hands it in"
                return replace(seen(folder, record, note=note), phase="unsubmitted"), None
        assert record.vendor_id is not None
        state = await self._runner(record).state(record.vendor_id)
        return at_vendor(record, state), state

    async def _hand_in(self, folder: BatchFolder, record: BatchRecord) -> None:
        record, certain = await self._found(folder, record)
        if record.vendor_id is not None:
            return
        if not certain:
            raise UserError(_uncertain(record))
        items = [BatchItem(record.key(index), item.request) for index, item in enumerate(folder.items())]
        runner = self._runner(record)
        record = folder.update(record.model_copy(update={"tried": True}))
        made = await runner.submit(record.label, items)
        folder.update(record.model_copy(update={"vendor_id": made.id}))

    async def _found(self, folder: BatchFolder, record: BatchRecord) -> tuple[BatchRecord, bool]:
        """Look for a batch at its vendor; return the record, with its id if it is there, and if that is sure."""
        if not record.tried:
            return record, True
        others = [other.record() for other in self._store.all()]
        known = {other.vendor_id for other in others if other.vendor_id is not None}
        search = await self._runner(record).search(record.label, record.made_at, record.items, known)
        if search.found is not None:
            record = folder.update(record.model_copy(update={"vendor_id": search.found.id}))
        return record, search.certain

    async def _ask_all(self, folder: BatchFolder, record: BatchRecord, jobs: int, watch: Watch) -> None:
        if folder.is_cancelled():
            raise UserError(f"{record.id} was cancelled. 'conduit batch collect {record.id}' brings what was answered.")
        info = self.models.resolve(record.model)
        asker = ItemAsker(self.models.provider(info), after=partial(self._answers.note_own, info, record))
        items, results = folder.items(), folder.results()
        waiting = [index for index in range(len(items)) if index not in results or not is_final(results[index])]
        view = replace(seen(folder, record, results=results.values()), done=len(items) - len(waiting))
        one_by_one = asyncio.Lock()

        async def work(index: int) -> bool:
            nonlocal view
            if folder.is_cancelled():
                return False
            result = await asker.ask(index, items[index])
            async with one_by_one:
                await asyncio.to_thread(folder.append, result)
            before = index in results and results[index].error is not None
            failed = (view.failed or 0) + (result.error is not None) - before
            view = replace(view, done=(view.done or 0) + is_final(result), failed=failed)
            watch(view)
            return True

        watch(view)
        await in_parallel(waiting, work, jobs)


def _kept(folder: BatchFolder, *, ended: bool) -> dict[int, ItemResult]:
    """Return the results on the disk; of an own batch that was cancelled each item has one."""
    results = folder.results()
    if ended and folder.is_cancelled():
        fault = ItemFault(kind="cancelled", message="The batch was cancelled before this item was asked.")
        for index, item in enumerate(folder.items()):
            results.setdefault(index, ItemResult(index=index, id=item.id, error=fault))
    return results


def _uncertain(record: BatchRecord) -> str:
    return (
        f"It is not known yet whether {record.model.partition('/')[0]} has {record.id}: a batch of the same size runs "
        "there, and only its answers will tell which it is. Look again when it has ended."
    )


def _digest(info: ModelInfo, items: Sequence[StoredItem], *, own: bool) -> str:
    content = hashlib.sha256(f"{info.id} {own}".encode())
    for item in items:
        content.update(item.model_dump_json().encode() + b"\n")
    return content.hexdigest()
