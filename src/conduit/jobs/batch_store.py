"""Batches on the disk: what was asked, whether it was handed in, and what came of it, each batch in a folder.

A folder appears whole, before anybody is asked anything, so that a process that is killed at any moment leaves either
no batch or one that can be gone on with. Results are appended one by one and brought to the disk; a line that was cut
by a kill counts as never written. One process at a time works on a batch: its lock ends with it.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import JsonValue, ValidationError

from conduit.errors import StoreError, UserError
from conduit.messages.content import Value
from conduit.messages.message import CompletionStop, Usage
from conduit.messages.request import ModelRequest

_RECORD, _ITEMS, _RESULTS, _CANCELLED, _LOCK = "batch.json", "items.jsonl", "results.jsonl", "cancelled", "lock"
_UNFINISHED = ".new-"


class BatchRecord(Value):
    """What is known of a batch.

    Attributes:
        id: ours.
        model: `vendor/model`.
        own: whether Conduit asks the items itself, one by one.
        items: how many.
        digest: the same for the same items and model.
        made_at: Unix seconds.
        workspace: where it was made, for the ledger.
        tried: it may have been handed in.
        vendor_id: the vendor's; None while it is not known that the vendor has it.
        collected: the results are all on the disk.
    """

    id: str
    model: str
    own: bool
    items: int
    digest: str
    made_at: float
    workspace: str
    tried: bool = False
    vendor_id: str | None = None
    collected: bool = False

    @property
    def label(self) -> str:
        """What the vendor is told, and can be asked for."""
        return f"conduit-{self.id}"

    def key(self, index: int) -> str:
        """Return the key of an item."""
        return f"{self.label}-{index}"


class StoredItem(Value):
    """One item: the person's name of it, what is asked, and the schema that the answer shall fit, if any."""

    id: str
    request: ModelRequest
    schema_wanted: JsonValue = None


class ItemFault(Value):
    """Why an item has no answer."""

    kind: str
    message: str


class ItemResult(Value):
    """What became of one item; `value` is the answer of an item with a schema. `cost_usd` is None when unknown."""

    index: int
    id: str
    text: str = ""
    value: JsonValue = None
    stop_reason: CompletionStop | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    error: ItemFault | None = None


@dataclass(frozen=True)
class BatchFolder:
    """One batch on the disk; every method raises StoreError when the disk fails."""

    path: Path

    def record(self) -> BatchRecord:
        """Return what is known."""
        with _failing(self.path):
            return BatchRecord.model_validate_json((self.path / _RECORD).read_bytes())

    def update(self, record: BatchRecord) -> BatchRecord:
        """Replace what is known, durably."""
        with _failing(self.path):
            _write(self.path / _RECORD, [record.model_dump_json()])
        return record

    def items(self) -> list[StoredItem]:
        """Return the items in their order."""
        with _failing(self.path):
            lines = (self.path / _ITEMS).read_bytes().splitlines()
            return [StoredItem.model_validate_json(line) for line in lines]

    def results(self) -> dict[int, ItemResult]:
        """Return the results there are, by the index of the item; the newest one of an item counts."""
        with _failing(self.path):
            try:
                raw = (self.path / _RESULTS).read_bytes()
            except FileNotFoundError:
                return {}
        found: dict[int, ItemResult] = {}
        for line in raw.split(b"\n"):
            with suppress(ValidationError):  # cut by a kill
                result = ItemResult.model_validate_json(line)
                found[result.index] = result
        return found

    def append(self, result: ItemResult) -> None:
        """Keep one result, durably; only under the lock."""
        with _failing(self.path), (self.path / _RESULTS).open("ab") as file:
            # The line feed comes first: what a kill cut off then spoils no line but its own.
            file.write(b"\n" + result.model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())

    def keep_all(self, results: Iterable[ItemResult]) -> None:
        """Replace all results, durably."""
        with _failing(self.path):
            _write(self.path / _RESULTS, (result.model_dump_json() for result in results))

    def cancel(self) -> None:
        """Say that no further item shall be asked."""
        with _failing(self.path):
            (self.path / _CANCELLED).touch()

    def is_cancelled(self) -> bool:
        """Whether no further item shall be asked."""
        return (self.path / _CANCELLED).exists()

    def is_worked_on(self) -> bool:
        """Whether a process holds the lock."""
        try:
            with self.locked("", wait_s=0):
                return False
        except UserError:
            return True

    @contextmanager
    def locked(self, complaint: str, *, wait_s: float = 0.5) -> Iterator[None]:
        """Hold the batch alone; raises UserError with `complaint` when another process goes on holding it."""
        lock = FileLock(self.path / _LOCK, mode=0o600)
        with _failing(self.path):
            try:
                lock.acquire(timeout=wait_s)
            except Timeout as error:
                raise UserError(complaint) from error
        try:
            yield
        finally:
            lock.release()

    def remove(self) -> None:
        """Forget the batch."""
        shutil.rmtree(self.path, ignore_errors=True)


@dataclass(frozen=True)
class BatchStore:
    """All batches of this person, in one folder."""

    root: Path

    def create(self, items: Sequence[StoredItem], make: Callable[[str], BatchRecord]) -> BatchFolder:
        """Write a new batch down, durably and at once; `make` gives the record for an id. Raises StoreError."""
        batch_id = f"b{uuid.uuid4().hex[:10]}"
        new = self.root / f"{_UNFINISHED}{batch_id}"
        with _failing(self.root):
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            new.mkdir(mode=0o700)
            _write(new / _ITEMS, (item.model_dump_json() for item in items))
            _write(new / _RECORD, [make(batch_id).model_dump_json()])
            new.rename(self.root / batch_id)
            _sync(self.root)
        return BatchFolder(self.root / batch_id)

    def all(self) -> list[BatchFolder]:
        """Return the batches, oldest first; one whose record cannot be read is left out."""
        if not self.root.is_dir():
            return []
        found = []
        for path in self.root.iterdir():
            folder = BatchFolder(path)
            with suppress(StoreError):
                found.append((folder.record().made_at, path.name, folder))
        return [folder for _, name, folder in sorted(found, key=lambda row: row[:2]) if not name.startswith(".")]

    def find(self, wanted: str) -> BatchFolder:
        """Return the batch whose id is `wanted` or begins with it; raises UserError."""
        found = [folder for folder in self.all() if folder.path.name.startswith(wanted) and wanted]
        exact = [folder for folder in found if folder.path.name == wanted]
        if len(exact or found) != 1:
            much = "Several batches begin with" if found else "There is no batch"
            raise UserError(f"{much} {wanted!r}. 'conduit batch status' lists the batches.")
        return (exact or found)[0]


def _write(path: Path, lines: Iterable[str]) -> None:
    """Replace a file, durably."""
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        for line in lines:
            file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValidationError, json.JSONDecodeError) as error:
        raise StoreError(f"The batch in {path} cannot be read or written: {error}.") from error
