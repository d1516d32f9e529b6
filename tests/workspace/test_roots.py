"""Roots come and go while the server runs; a name never comes to mean another file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.errors import OutsideWorkspace, PathNotFound
from conduit.sandbox.confine import Door
from conduit.workspace.names import Names
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for name in ("one/app", "two/app", "lib"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        (folder / "x.py").write_text(f"needle in {name}\n")
        found[name] = folder
    return found


@pytest.fixture
def workspace(folders: dict[str, Path]) -> Iterator[Workspace]:
    root = folders["one/app"]
    with Door([root]) as door:
        yield Workspace([root], FakeEditor(), door)


async def test_a_root_that_is_added_is_seen_by_every_view_of_the_workspace(
    workspace: Workspace, folders: dict[str, Path]
) -> None:
    earlier = workspace.with_overlay(None)
    with pytest.raises(OutsideWorkspace):
        earlier.path_of(str(folders["lib"] / "x.py"))
    assert workspace.set_roots([folders["one/app"], folders["lib"]]) == []
    assert (await earlier.list_files()).names == ("app/x.py", "lib/x.py")
    assert (await earlier.read("lib/x.py")).text == "needle in lib\n"
    assert [match.name for match in (await earlier.search("needle")).items] == ["app/x.py", "lib/x.py"]
    assert earlier.root_names == ("app", "lib")
    with pytest.raises(PathNotFound, match="app, lib"):
        await earlier.read("x.py")


async def test_the_files_of_a_removed_root_are_outside_under_every_name(
    workspace: Workspace, folders: dict[str, Path]
) -> None:
    one, lib = folders["one/app"], folders["lib"]
    workspace.set_roots([one, lib])
    place = workspace.place_of(lib / "x.py")
    workspace.set_roots([one])
    for name in ("lib/x.py", str(lib / "x.py"), (lib / "x.py").as_uri()):
        with pytest.raises(OutsideWorkspace):
            await workspace.read(name)
    with pytest.raises(OutsideWorkspace):
        workspace.check_writable(lib / "x.py")
    with pytest.raises(OutsideWorkspace):
        workspace.door.read(place.root, place.relative)
    assert (await workspace.list_files()).names == ("app/x.py",)
    workspace.set_roots([one, lib])
    assert (await workspace.read("lib/x.py")).text == "needle in lib\n"


async def test_a_name_keeps_its_meaning_when_a_root_of_the_same_name_goes(
    workspace: Workspace, folders: dict[str, Path]
) -> None:
    workspace.set_roots([folders["one/app"], folders["two/app"]])
    assert workspace.name_of(folders["two/app"] / "x.py") == "app-2/x.py"
    workspace.set_roots([folders["two/app"]])
    assert workspace.name_of(folders["two/app"] / "x.py") == "app-2/x.py"
    assert (await workspace.read("app-2/x.py")).text == "needle in two/app\n"
    with pytest.raises(OutsideWorkspace, match="no longer open"):
        await workspace.read("app/x.py")
    workspace.set_roots([folders["two/app"], folders["lib"], folders["one/app"]])
    assert (await workspace.read("app/x.py")).text == "needle in one/app\n"


async def test_a_new_root_is_not_called_like_a_folder_that_names_began_with(
    workspace: Workspace, folders: dict[str, Path]
) -> None:
    (folders["one/app"] / "lib").mkdir()
    (folders["one/app"] / "lib" / "x.py").write_text("inner\n")
    assert (await workspace.read("lib/x.py")).text == "inner\n"
    workspace.set_roots([folders["one/app"], folders["lib"]])
    assert workspace.root_names == ("app", "lib-2")
    with pytest.raises(PathNotFound):
        await workspace.read("lib/x.py")
    assert (await workspace.read("app/lib/x.py")).text == "inner\n"


async def test_a_root_inside_another_one_has_its_files_for_itself(tmp_path: Path, folders: dict[str, Path]) -> None:
    inner = folders["lib"] / "packages" / "core"
    inner.mkdir(parents=True)
    (inner / "y.py").write_text("needle in core\n")
    editor = FakeEditor()
    editor.open(inner / "new.py", "needle unsaved\n")
    with Door([folders["lib"], inner]) as door:
        workspace = Workspace([folders["lib"], inner], editor, door)
        assert (await workspace.list_files()).names == ("lib/x.py", "core/new.py", "core/y.py")
        assert (await workspace.list_files("lib/packages")).names == ("core/new.py", "core/y.py")
        names = [match.name for match in (await workspace.search("needle")).items]
        assert names == ["lib/x.py", "core/new.py", "core/y.py"]
        assert (await workspace.read("lib/packages/core/y.py")).name == "core/y.py"
        assert workspace.path_of("lib/packages/core/y.py") == workspace.path_of("core/y.py")


async def test_a_root_that_cannot_be_opened_is_left_out_and_said(
    workspace: Workspace, folders: dict[str, Path], tmp_path: Path
) -> None:
    (told,) = workspace.set_roots([folders["one/app"], tmp_path / "absent"])
    assert "absent cannot be opened" in told
    assert workspace.roots == (folders["one/app"],)
    assert (await workspace.read("x.py")).text == "needle in one/app\n"


async def test_without_a_root_nothing_is_a_file(workspace: Workspace, folders: dict[str, Path]) -> None:
    workspace.set_roots([])
    with pytest.raises(PathNotFound, match="No folder is open"):
        await workspace.read("x.py")
    with pytest.raises(OutsideWorkspace):
        await workspace.read(str(folders["one/app"] / "x.py"))
    assert (await workspace.list_files()).names == ()
    assert (await workspace.search("needle")).items == ()


async def test_a_folder_that_was_replaced_is_refused_until_the_roots_are_set_again(
    workspace: Workspace, folders: dict[str, Path]
) -> None:
    root = folders["one/app"]
    root.rename(root.with_name("old"))
    root.mkdir()
    (root / "x.py").write_text("another folder\n")
    with pytest.raises(OutsideWorkspace, match="taken the place"):
        await workspace.read("x.py")
    workspace.set_roots([root])
    assert (await workspace.read("x.py")).text == "another folder\n"


def test_the_same_root_twice_is_one(tmp_path: Path) -> None:
    names = Names([tmp_path, tmp_path / "." / "x" / ".."])
    assert names.roots == (tmp_path,)
    assert not names.prefixed
