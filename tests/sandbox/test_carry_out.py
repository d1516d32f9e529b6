"""Changes of several files on disk are all done or none, over nothing that somebody else wrote, and leave nothing."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conduit.errors import OutsideWorkspace, PartlyApplied, PathNotFound, StaleDocument, ToolError
from conduit.sandbox.confine import DiskChange, Door
from conduit.sandbox.folder_calls import FolderCalls


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Plain(FolderCalls):
    """A system without renameat2."""

    def _rename2(self, folder: int, name: str, to_folder: int, to_name: str, flags: int) -> bool:
        return False


class NoLinks(Plain):
    """A file system without hard links, either."""

    def link(self, folder: int, name: str, other: str) -> bool:
        return False


class Meddling(FolderCalls):
    """Somebody who does something at the moment before a call."""

    def __init__(self, name: str, do: Callable[[], object]) -> None:
        super().__init__()
        self._name = name
        self._do: Callable[[], object] | None = do

    def exchange(self, folder: int, one: str, other: str) -> None:
        self._meddle("exchange")
        super().exchange(folder, one, other)

    def rename_new(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        self._meddle("rename")
        super().rename_new(folder, name, to_folder, to_name)

    def _meddle(self, name: str) -> None:
        if name == self._name and self._do is not None:
            do, self._do = self._do, None
            do()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    for name in ("a", "b", "c", "d"):
        (root / name).write_bytes(name.encode())
    (root / "a").chmod(0o750)
    (root / "d").chmod(0o600)
    return root


def listing(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def everything(root: Path) -> list[DiskChange]:
    return [
        DiskChange(root, "a", sha(b"a"), b"A"),
        DiskChange(root, "b", sha(b"b"), None),
        DiskChange(root, "c", sha(b"c"), None, "sub/c2"),
        DiskChange(root, "d", sha(b"d"), b"D", "sub/d2"),
        DiskChange(root, "new/file", None, b"new", mode=0o640),
    ]


@pytest.mark.parametrize("calls", [FolderCalls, Plain, NoLinks])
def test_all_kinds_of_changes_are_done_and_nothing_else_is_left(root: Path, calls: type[FolderCalls]) -> None:
    inode = (root / "c").stat().st_ino
    with Door([root], calls=calls()) as door:
        written = door.carry_out(everything(root))
    assert listing(root) == {"a": b"A", "sub/c2": b"c", "sub/d2": b"D", "new/file": b"new"}
    assert [one.real for one in written] == ["a", "sub/c2", "sub/d2", "new/file"]
    assert (root / "a").stat().st_mode & 0o777 == 0o750
    assert (root / "sub/d2").stat().st_mode & 0o777 == 0o600
    assert (root / "new/file").stat().st_mode & 0o777 == 0o640
    assert (root / "sub/c2").stat().st_ino == inode


@pytest.mark.parametrize("calls", [FolderCalls, Plain, NoLinks])
def test_when_the_last_one_does_not_fit_none_is_done(root: Path, calls: type[FolderCalls]) -> None:
    before = listing(root)
    with Door([root], calls=calls()) as door, pytest.raises(StaleDocument):
        door.carry_out([*everything(root), DiskChange(root, "new/gone", sha(b"x"), b"y")])
    assert listing(root) == before
    assert [path.name for path in root.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("calls", [FolderCalls, Plain])
def test_nothing_is_moved_or_made_over_a_file(root: Path, calls: type[FolderCalls]) -> None:
    before = listing(root)
    with Door([root], calls=calls()) as door:
        for change in (
            DiskChange(root, "a", sha(b"a"), None, "b"),
            DiskChange(root, "a", sha(b"a"), b"A", "b"),
            DiskChange(root, "b", None, b"new"),
        ):
            with pytest.raises(StaleDocument):
                door.carry_out([change])
    assert listing(root) == before


def test_a_name_that_another_file_leaves_can_be_taken(root: Path) -> None:
    with Door([root]) as door:
        door.carry_out([DiskChange(root, "b", sha(b"b"), None, "e"), DiskChange(root, "a", sha(b"a"), None, "b")])
    assert listing(root) == {"b": b"a", "c": b"c", "d": b"d", "e": b"b"}


@pytest.mark.parametrize(
    ("call", "name"), [("exchange", "a"), ("rename", "b"), ("rename", "sub/c2"), ("rename", "new/file")]
)
def test_what_somebody_wrote_in_that_very_moment_stays(root: Path, call: str, name: str) -> None:
    change = next(one for one in everything(root) if name in (one.relative, one.target))

    def write() -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"theirs")

    with Door([root], calls=Meddling(call, write)) as door, pytest.raises(StaleDocument):
        door.carry_out([change])
    assert listing(root)[name] == b"theirs"
    assert not any(".conduit-" in one for one in listing(root))


def test_what_was_done_and_then_changed_by_somebody_is_named_and_kept(root: Path) -> None:
    def write() -> None:
        (root / "a").write_bytes(b"theirs")
        raise OSError(errno.EIO, "broken")

    with Door([root], calls=Meddling("rename", write)) as door, pytest.raises(PartlyApplied) as caught:
        door.carry_out([DiskChange(root, "a", sha(b"a"), b"A"), DiskChange(root, "b", sha(b"b"), None)])
    assert caught.value.left == ("a",)
    assert listing(root) == {"a": b"theirs", "b": b"b", "c": b"c", "d": b"d"}


def test_a_change_between_two_roots_is_one_transaction(tmp_path: Path, root: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with Door([root, other]) as door:
        door.carry_out([DiskChange(root, "d", sha(b"d"), b"d", "x/d", other)])
    assert "d" not in listing(root)
    assert listing(other) == {"x/d": b"d"}
    assert (other / "x/d").stat().st_mode & 0o777 == 0o600


def test_links_that_stay_inside_are_followed_and_others_are_refused(tmp_path: Path, root: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"s")
    (root / "inside").mkdir()
    (root / "way").symlink_to("inside")
    (root / "out").symlink_to(outside)
    (root / "to_a").symlink_to("a")
    with Door([root]) as door:
        door.carry_out([DiskChange(root, "to_a", sha(b"a"), b"A"), DiskChange(root, "b", sha(b"b"), None, "way/b")])
        assert (root / "to_a").is_symlink()
        assert (root / "a").read_bytes() == b"A"
        assert (root / "inside/b").read_bytes() == b"b"
        assert door.real_name(root, "way/new/x") == "inside/new/x"
        assert door.real_name(root, "to_a") == "a"
        for change in (
            DiskChange(root, "c", sha(b"c"), None, "out/c"),
            DiskChange(root, "out/secret", sha(b"s"), None),
            DiskChange(root, "out/new", None, b"x"),
            DiskChange(root, "c", sha(b"c"), None, "../c"),
        ):
            with pytest.raises(ToolError):
                door.carry_out([change])
        with pytest.raises(OutsideWorkspace):
            door.real_name(root, "out/secret")
    assert listing(outside) == {"secret": b"s"}


def test_a_file_that_is_kept_comes_back_as_the_file_it_was(root: Path) -> None:
    status = (root / "d").stat()
    with Door([root]) as door:
        kept = door.keep(root, "d", sha(b"d"))
        (root / "d").unlink()
        assert kept.restore()
        kept.close()
        assert ((root / "d").stat().st_ino, (root / "d").stat().st_mode) == (status.st_ino, status.st_mode)
        kept = door.keep(root, "d", sha(b"d"))
        (root / "d").unlink()
        (root / "d").write_bytes(b"theirs")
        assert not kept.restore()
        kept.close()
        with pytest.raises(StaleDocument):
            door.keep(root, "a", sha(b"other"))
        with pytest.raises(PathNotFound):
            door.keep(root, "nothing", sha(b""))
    assert listing(root)["d"] == b"theirs"
    assert not any(".conduit-" in name for name in listing(root))


def test_what_a_killed_process_left_is_removed_and_what_a_running_one_needs_is_not(root: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (root / f".a.conduit-{gone.pid}-0123456789ab").write_bytes(b"left")
    (root / f".a.conduit-{os.getpid()}-0123456789ab").write_bytes(b"needed")
    (root / f".b.conduit-{gone.pid}-0123456789ab").write_bytes(b"of another file")
    (root / ".a.conduit-notes").write_bytes(b"theirs")
    with Door([root]) as door:
        assert door.remove_leftovers(root, "a") == 1
    assert sorted(name for name in listing(root) if name.startswith(".")) == [
        f".a.conduit-{os.getpid()}-0123456789ab",
        ".a.conduit-notes",
        f".b.conduit-{gone.pid}-0123456789ab",
    ]
