"""The blob store: what was put is given back exactly, or said to be lost; for this person alone."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.errors import CheckpointLost, StoreError
from conduit.sessions.blobs import BlobsSize, BlobStore


def path_of(store: BlobStore, name: str) -> Path:
    return store.folder / name[:2] / name[2:]


@settings(max_examples=30, deadline=None)
@given(contents=st.lists(st.binary(max_size=300), max_size=4))
def test_every_content_is_given_back_under_its_sha256(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]):
    store = BlobStore(tmp_path_factory.mktemp("state") / "blobs")
    names = store.put_all(contents)
    assert names == [hashlib.sha256(each).hexdigest() for each in contents]
    assert [store.get(name) for name in names] == contents
    assert store.size().count == len(set(contents))


def test_a_text_is_given_back_to_the_character(tmp_path: Path):
    store = BlobStore(tmp_path / "blobs")
    text = "\ufeffa\r\nb\rc 🎈 \ud83d no end"
    assert store.text(store.put(text)) == text
    assert store.text(store.put("")) == ""


def test_the_same_content_is_kept_once_and_compressed(tmp_path: Path):
    store = BlobStore(tmp_path / "blobs")
    text = "the same line\n" * 10_000
    name = store.put(text)
    written = path_of(store, name).stat()
    assert store.put_all([text, text]) == [name, name]
    assert path_of(store, name).stat().st_ino == written.st_ino
    assert store.size() == BlobsSize(1, written.st_size)
    assert written.st_size < len(text) / 50


def test_files_and_folders_are_for_this_person_alone(tmp_path: Path):
    previous = os.umask(0)
    try:
        store = BlobStore(tmp_path / "state" / "blobs")
        name = store.put("secret")
    finally:
        os.umask(previous)
    for path in [store.folder, path_of(store, name).parent]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in [path_of(store, name), store.folder / "blobs.lock"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"secret" not in path_of(store, name).read_bytes()


@pytest.mark.parametrize("damage", ["cut", "flipped", "other", "empty"])
def test_a_damaged_blob_is_an_error_and_never_other_content(tmp_path: Path, damage: str):
    store = BlobStore(tmp_path / "blobs")
    name, other = store.put("what the person wrote\n" * 20), store.put("something else")
    path = path_of(store, name)
    raw = path.read_bytes()
    damaged = {
        "cut": raw[:-3],
        "flipped": raw[:10] + bytes([raw[10] ^ 1]) + raw[11:],
        "other": path_of(store, other).read_bytes(),
        "empty": b"",
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(CheckpointLost, match="damaged"):
        store.get(name)
    assert store.put("what the person wrote\n" * 20) == name  # putting it again heals it
    assert store.text(name) == "what the person wrote\n" * 20


def test_a_blob_that_is_gone_is_an_error_that_says_so(tmp_path: Path):
    store = BlobStore(tmp_path / "blobs")
    with pytest.raises(CheckpointLost, match="is gone"):
        store.get(hashlib.sha256(b"never put").hexdigest())
    with pytest.raises(CheckpointLost, match="names no saved text"):
        store.get("../../etc/passwd")


def test_a_folder_that_cannot_be_written_is_an_error_for_the_person(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        BlobStore(tmp_path / "file" / "blobs").put("text")


def test_only_what_is_old_and_not_needed_goes(tmp_path: Path):
    store = BlobStore(tmp_path / "blobs")
    old, needed, again, young = store.put_all(["old", "needed", "again", "young"])
    left = path_of(store, old).with_name("0" * 62 + ".abc.part")
    left.write_bytes(b"half")
    for name in (old, needed, again):
        os.utime(path_of(store, name), (1000, 1000))
    os.utime(left, (1000, 1000))
    store.put("again")
    assert store.expire(before=2000, keep={needed}) == 1
    with pytest.raises(CheckpointLost):
        store.get(old)
    assert [store.text(name) for name in (needed, again, young)] == ["needed", "again", "young"]
    assert left.exists()  # one that may still be written
    assert store.expire(before=200_000.0, keep={needed}) == 0
    assert not left.exists()


def test_many_threads_may_put_the_same_at_once(tmp_path: Path):
    names: list[str] = []
    gate = threading.Barrier(8)

    def work() -> None:
        gate.wait(10)
        names.extend(BlobStore(tmp_path / "blobs").put_all(["one", "two"]))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    store = BlobStore(tmp_path / "blobs")
    assert len(set(names)) == 2
    assert sorted(store.text(name) for name in set(names)) == ["one", "two"]
    assert list(store.folder.glob("*/*.part")) == []
