"""The door: what is inside can be read and written, and nothing outside can be reached."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conduit.errors import NotText, OutsideWorkspace, PathNotFound, PermissionDenied, StaleDocument, ToolError
from conduit.sandbox.beneath import Beneath, KernelBeneath, WalkBeneath, best_wall
from conduit.sandbox.confine import Door, Entry

SECRET = b"a secret from outside"
WALLS: list[Callable[[], Beneath]] = [WalkBeneath, *([KernelBeneath] if KernelBeneath.works_here() else [])]


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A root with a file in a folder, beside a secret and a folder whose name begins with the root's name."""
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "root-evil").mkdir()
    (tmp_path / "root-evil" / "x").write_bytes(SECRET)
    root = tmp_path / "root"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_bytes(b"inside\r\n")
    return tmp_path


@pytest.fixture(params=WALLS, ids=lambda wall: wall.name)
def door(request: pytest.FixtureRequest, home: Path) -> Iterator[Door]:
    with Door([home / "root"], beneath=request.param()) as door:
        yield door


def test_a_file_inside_is_read_with_its_exact_bytes(door: Door, home: Path) -> None:
    found = door.read(home / "root", "src/a.py")
    assert (found.data, found.real) == (b"inside\r\n", "src/a.py")
    assert door.read_bytes(home / "root", "./src//a.py") == b"inside\r\n"


@pytest.mark.parametrize(
    "name",
    [
        *("../secret", "src/../../secret", "./../secret", "..", "/etc/passwd", "//etc/passwd", "../root-evil/x"),
        *("absolute", "absolute/", "absolute/.", "folder/secret", "chain", "up/secret", "back", "deep/link"),
        *("proc/environ", "self/root/etc/passwd", "loop"),
    ],
)
def test_no_path_and_no_link_reads_from_outside(door: Door, home: Path, name: str) -> None:
    root = home / "root"
    (root / "absolute").symlink_to(home / "secret")
    (root / "folder").symlink_to(home)
    (root / "first").symlink_to("../secret")
    (root / "chain").symlink_to("first")
    (root / "up").symlink_to("..")
    (root / "back").symlink_to("../root/src/a.py")  # leaves and comes back
    (root / "deep").mkdir()
    (root / "deep" / "link").symlink_to("../../secret")
    (root / "proc").symlink_to("/proc/self")
    (root / "self").symlink_to("/proc/self")
    (root / "loop").symlink_to("loop")
    with pytest.raises((OutsideWorkspace, PathNotFound)) as caught:
        door.read(root, name)
    assert isinstance(caught.value, OutsideWorkspace) or name.startswith("absolute/")
    with pytest.raises(ToolError):
        door.write_atomic(root, name, b"changed", sha(SECRET))
    assert (home / "secret").read_bytes() == SECRET


@pytest.mark.parametrize("name", ["absent", "src/absent", "src/a.py/below", "x" * 5000, "a/" * 10_000, "..%2fsecret"])
def test_a_path_that_names_nothing_is_not_found(door: Door, home: Path, name: str) -> None:
    with pytest.raises(PathNotFound):
        door.read(home / "root", name)


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_path_that_cannot_exist_is_not_found(door: Door, home: Path, name: str) -> None:
    with pytest.raises(PathNotFound):
        door.read(home / "root", name)


@pytest.mark.parametrize(
    "name", ["a\nb", "tab\there", "esc\x1b[0m", "back\\slash", "..\\x", "~", "$HOME", "{a,b}", "é"]
)
def test_an_odd_name_is_taken_literally(door: Door, home: Path, name: str) -> None:
    root = home / "root"
    door.write_atomic(root, name, b"odd", None)
    assert door.read_bytes(root, name) == b"odd"
    assert Entry(name, "file") in door.list_dir(root)


def test_links_that_stay_inside_are_followed_and_written_through(door: Door, home: Path) -> None:
    root = home / "root"
    (root / "link").symlink_to("src/a.py")
    (root / "code").symlink_to("src")
    (root / "src" / "self").symlink_to("../code/../src")
    for name in ("link", "code/a.py", "src/self/a.py"):
        assert door.read(root, name).real == "src/a.py"
    door.write_atomic(root, "link", b"new", sha(b"inside\r\n"))
    assert (root / "link").is_symlink()
    assert (root / "src" / "a.py").read_bytes() == b"new"


def test_pipes_sockets_folders_and_devices_are_refused_without_waiting(door: Door, home: Path) -> None:
    root = home / "root"
    os.mkfifo(root / "pipe")
    names = ["pipe", "src"]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "sock"))
        names.append("sock")
        if os.geteuid() == 0:
            os.mknod(root / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
            names.append("zero")
        for name in names:
            with pytest.raises((NotText, PermissionDenied)):
                door.read(root, name)
            with pytest.raises(ToolError):
                door.write_atomic(root, name, b"x", sha(b""))


def test_a_file_over_the_limit_is_refused_before_it_is_read(door: Door, home: Path) -> None:
    root = home / "root"
    with (root / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(NotText, match="too large"):
        door.read(root, "huge")
    (root / "exact").write_bytes(b"12345")
    assert door.read_bytes(root, "exact", 5) == b"12345"
    with pytest.raises(NotText):
        door.read(root, "exact", 4)


def test_a_write_keeps_the_mode_and_leaves_nothing_behind(door: Door, home: Path) -> None:
    root = home / "root"
    (root / "src" / "a.py").chmod(0o750)
    written = door.write_atomic(root, "src/a.py", b"new", sha(b"inside\r\n"))
    assert written.sha256 == sha(b"new")
    assert stat.S_IMODE((root / "src" / "a.py").stat().st_mode) == 0o750
    assert os.listdir(root / "src") == ["a.py"]


def test_a_write_breaks_a_hard_link_so_that_the_other_name_keeps_its_content(door: Door, home: Path) -> None:
    os.link(home / "secret", home / "root" / "hard")
    door.write_atomic(home / "root", "hard", b"new", sha(SECRET))
    assert (home / "root" / "hard").read_bytes() == b"new"
    assert (home / "secret").read_bytes() == SECRET


@pytest.mark.parametrize("expected", [None, sha(b"other")])
def test_a_write_against_other_content_changes_nothing(door: Door, home: Path, expected: str | None) -> None:
    with pytest.raises(StaleDocument):
        door.write_atomic(home / "root", "src/a.py", b"new", expected)
    assert (home / "root" / "src" / "a.py").read_bytes() == b"inside\r\n"
    assert os.listdir(home / "root" / "src") == ["a.py"]


def test_a_write_to_a_file_that_is_gone_is_stale(door: Door, home: Path) -> None:
    with pytest.raises(StaleDocument):
        door.write_atomic(home / "root", "absent", b"new", sha(b""))


def test_a_read_only_file_is_not_replaced(door: Door, home: Path) -> None:
    (home / "root" / "src" / "a.py").chmod(0o444)
    with pytest.raises(PermissionDenied, match="read-only"):
        door.write_atomic(home / "root", "src/a.py", b"new", sha(b"inside\r\n"))


def test_a_dangling_link_is_not_written_over_or_through(door: Door, home: Path) -> None:
    (home / "root" / "dangling").symlink_to(home / "made")
    (home / "root" / "inner").symlink_to("made")
    for name in ("dangling", "inner"):
        with pytest.raises(ToolError):
            door.write_atomic(home / "root", name, b"new", None)
    assert not (home / "made").exists()
    assert (home / "root" / "inner").is_symlink()


def test_parents_are_made_inside_and_can_be_taken_back(door: Door, home: Path) -> None:
    root = home / "root"
    written = door.write_atomic(root, "x/y/z.py", b"new", None)
    assert written.new_folders == ("x", "x/y")
    assert (root / "x" / "y" / "z.py").read_bytes() == b"new"
    with pytest.raises(StaleDocument):
        door.remove(root, "x/y/z.py", sha(b"other"))
    door.remove(root, "x/y/z.py", sha(b"new"), written.new_folders)
    assert sorted(os.listdir(root)) == ["src"]


def test_parents_are_not_made_through_a_link_that_leaves(door: Door, home: Path) -> None:
    (home / "root" / "out").symlink_to(home)
    with pytest.raises(OutsideWorkspace):
        door.write_atomic(home / "root", "out/made/file", b"new", None)
    assert not (home / "made").exists()


def test_a_folder_is_listed_sorted_with_links_as_links(door: Door, home: Path) -> None:
    root = home / "root"
    (root / "link").symlink_to(home / "secret")
    (root / "b").write_bytes(b"")
    assert door.list_dir(root) == [Entry("b", "file"), Entry("link", "link"), Entry("src", "folder")]


def test_a_root_that_was_replaced_is_refused(door: Door, home: Path) -> None:
    (home / "root").rename(home / "moved")
    with pytest.raises(OutsideWorkspace, match="gone"):
        door.read(home / "root", "src/a.py")
    (home / "root").mkdir()
    (home / "root" / "x").write_bytes(b"another")
    with pytest.raises(OutsideWorkspace, match="taken the place"):
        door.read(home / "root", "x")


def test_a_root_may_be_a_link_itself(home: Path) -> None:
    (home / "alias").symlink_to(home / "root")
    with Door([home / "alias"]) as door:
        assert door.read_bytes(home / "alias", "src/a.py") == b"inside\r\n"


def test_a_root_that_does_not_exist_is_refused_at_once(home: Path) -> None:
    with pytest.raises(PathNotFound):
        Door([home / "root", home / "absent"])


def test_the_walls_agree_on_which_is_best() -> None:
    assert best_wall().name == ("openat2" if KernelBeneath.works_here() else "walk")


def test_no_descriptor_is_left_open(door: Door, home: Path) -> None:
    root = home / "root"
    (root / "out").symlink_to(home)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        door.read(root, "src/a.py")
        door.list_dir(root)
        for name in ("out/secret", "absent", "src", "src/absent/x"):
            with pytest.raises(ToolError):
                door.read(root, name)
        with pytest.raises(ToolError):
            door.write_atomic(root, "src/a.py", b"x", sha(b"other"))
    assert len(os.listdir("/proc/self/fd")) == before


def naive_read(root: Path, relative: str) -> bytes:
    """The usual check, which looks first and opens later."""
    path = os.path.realpath(root / relative)
    if not path.startswith(os.path.realpath(root) + "/"):
        raise OutsideWorkspace(path)
    return (root / relative).read_bytes()


def race(home: Path, read: Callable[[Path, str], bytes], tries: int, enough: int = 1_000_000) -> tuple[int, int]:
    """Read `flip/x` while a thread swaps `flip` between a folder and a link to outside; return (inside, outside).

    It ends after `tries`, or when there were `enough` reads of the inside.
    """
    root = home / "root"
    (root / "real").mkdir()
    (root / "real" / "x").write_bytes(b"inside")
    outside = home / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(SECRET)
    (root / "bait").symlink_to(outside)
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            for name in ("real", "bait"):
                os.rename(root / name, root / "flip")
                os.rename(root / "flip", root / name)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = {b"inside": 0, SECRET: 0}
    try:
        for _ in range(tries):
            try:
                seen[read(root, "flip/x")] += 1
            except (ToolError, OSError):
                continue
            if seen[b"inside"] >= enough or (read is naive_read and seen[SECRET]):
                break
    finally:
        over.set()
        thread.join()
    return seen[b"inside"], seen[SECRET]


def test_a_folder_swapped_for_a_link_never_leads_outside(door: Door, home: Path) -> None:
    inside, outside = race(home, door.read_bytes, 20_000)
    assert outside == 0
    assert inside > 0, "the race never let a read through, so it proves nothing"


def test_a_write_in_that_race_never_lands_outside(door: Door, home: Path) -> None:
    def write(root: Path, relative: str) -> bytes:
        with pytest.raises(ToolError):
            door.write_atomic(root, relative, b"changed", sha(SECRET))
        door.write_atomic(root, relative, b"inside", sha(b"inside"))
        return b"inside"

    written, _ = race(home, write, 100_000, enough=20)
    assert (home / "outside" / "x").read_bytes() == SECRET
    assert os.listdir(home / "outside") == ["x"]
    assert written > 0, "the race never let a write through, so it proves nothing"


def test_the_same_race_fools_a_check_that_compares_names(home: Path) -> None:
    assert race(home, naive_read, 2_000_000)[1] > 0
