"""Batches on the disk: whole or not there, and no line spoilt by a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from conduit.errors import StoreError, UserError
from conduit.jobs.batch_store import BatchFolder, BatchRecord, BatchStore, ItemFault, ItemResult, StoredItem
from conduit.messages.message import user_message
from conduit.messages.request import ModelRequest


def make(root: Path, made_at: float = 1.0) -> BatchFolder:
    items = [
        StoredItem(id=name, request=ModelRequest(model="m", messages=(user_message(f"a\u2028{name}"),)))
        for name in ("a", "b")
    ]

    def record(batch_id: str) -> BatchRecord:
        return BatchRecord(id=batch_id, model="v/m", own=True, items=2, digest="d", made_at=made_at, workspace="/w")

    return BatchStore(root).create(items, record)


def test_what_was_written_is_read_again(tmp_path: Path):
    folder = make(tmp_path / "batches")
    assert [item.request.messages[0].text for item in folder.items()] == ["a\u2028a", "a\u2028b"]
    record = folder.update(folder.record().model_copy(update={"vendor_id": "x"}))
    assert folder.record() == record
    assert record.key(1) == f"conduit-{record.id}-1"
    assert len(record.key(99_999)) <= 64


@pytest.mark.parametrize("kept", range(0, 60, 7))
def test_a_line_that_was_cut_spoils_no_other_one(tmp_path: Path, kept: int):
    folder = make(tmp_path)
    folder.append(ItemResult(index=0, id="a", text="one\u2028more"))
    file = folder.path / "results.jsonl"
    whole = file.read_bytes()
    folder.append(ItemResult(index=1, id="b", text="two"))
    file.write_bytes(whole + file.read_bytes()[len(whole) :][:kept])
    assert set(folder.results()) == {0}
    folder.append(ItemResult(index=1, id="b", error=ItemFault(kind="network", message="x")))
    folder.append(ItemResult(index=1, id="b", text="three"))
    assert {index: result.text for index, result in folder.results().items()} == {0: "one\u2028more", 1: "three"}
    assert folder.results()[1].error is None


def test_batches_are_listed_by_age_and_found_by_the_beginning_of_their_id(tmp_path: Path):
    store = BatchStore(tmp_path / "none")
    assert store.all() == []
    new, old = make(store.root, 2.0), make(store.root, 1.0)
    assert [folder.path for folder in store.all()] == [old.path, new.path]
    assert store.find(old.path.name[:8]).path == old.path
    with pytest.raises(UserError, match="Several batches begin with 'b'"):
        store.find("b")
    for absent in ("", "x"):
        with pytest.raises(UserError, match="no batch"):
            store.find(absent)


def test_one_process_at_a_time_works_on_a_batch(tmp_path: Path):
    folder = make(tmp_path)
    assert not folder.is_worked_on()
    with folder.locked("no"):
        assert folder.is_worked_on()
        with pytest.raises(UserError, match="busy"), BatchFolder(folder.path).locked("busy"):
            pass
    assert not folder.is_worked_on()


def test_a_record_that_cannot_be_read_is_told(tmp_path: Path):
    folder = make(tmp_path)
    (folder.path / "batch.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        folder.record()
    assert BatchStore(tmp_path).all() == []
