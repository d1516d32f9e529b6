"""A batch as a face shows it: how far it is, as far as the disk knows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from conduit.jobs.batch import is_final
from conduit.jobs.batch_store import BatchFolder, BatchRecord, ItemResult
from conduit.providers.base import VendorBatch

Phase = Literal["unsubmitted", "unknown", "running", "cancelling", "stopped", "ended"]
"""`unsubmitted`: the vendor does not have it; `unknown`: nobody can tell yet whether it has; `stopped`: an own batch
that no process works on."""


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch as it is now.

    Attributes:
        id: ours.
        model: `vendor/model`.
        own: whether Conduit asks the items itself.
        items: how many.
        made_at: Unix seconds.
        phase: see `Phase`.
        done: items that are through, failed ones included; None when the vendor does not tell.
        failed: those of them that failed; None when the vendor does not tell.
        vendor_id: the vendor's, or None.
        note: the vendor's own word for the phase, or what a person should do or know.
    """

    id: str
    model: str
    own: bool
    items: int
    made_at: float
    phase: Phase
    done: int | None = None
    failed: int | None = None
    vendor_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Collected:
    """What there is of a batch: its results in the order of its items, all of them when it has ended."""

    view: BatchView
    results: tuple[ItemResult, ...]


def seen(
    folder: BatchFolder, record: BatchRecord, *, results: Collection[ItemResult] | None = None, note: str = ""
) -> BatchView:
    """Return a batch as far as the disk knows it.

    Args:
        folder: where it is.
        record: what is known of it.
        results: those on the disk, where the caller has them.
        note: what a person should know.
    """
    if results is None:
        results = folder.results().values()
    done: int | None = sum(1 for result in results if is_final(result) or not record.own)
    failed: int | None = sum(1 for result in results if result.error)
    if record.own:
        phase: Phase = "running" if folder.is_worked_on() else "stopped"
        if done == record.items or (folder.is_cancelled() and phase == "stopped"):
            phase = "ended"
        note = note or ("cancelled" if folder.is_cancelled() else "")
    elif record.collected:
        phase = "ended"
    else:
        missing: Phase = "unknown" if record.tried else "unsubmitted"
        phase, done, failed = missing if record.vendor_id is None else "running", None, None
    return _view(record, phase, done, failed, note)


def at_vendor(record: BatchRecord, state: VendorBatch) -> BatchView:
    """Return a batch as its vendor sees it."""
    return _view(record, state.phase, state.done, state.failed, state.word)


def _view(record: BatchRecord, phase: Phase, done: int | None, failed: int | None, note: str) -> BatchView:
    return BatchView(
        id=record.id,
        model=record.model,
        own=record.own,
        items=record.items,
        made_at=record.made_at,
        phase=phase,
        done=done,
        failed=failed,
        vendor_id=record.vendor_id,
        note=note,
    )
