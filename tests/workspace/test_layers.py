"""Staged over buffer over disk, in every combination, with one root and with several."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection
from pathlib import Path

import pytest

from conduit.edits.edit import FileChange
from conduit.errors import PathNotFound, PermissionDenied
from conduit.sandbox.confine import Door
from conduit.workspace.encoding import Encoding
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor
from fakes.stage import Stage

DISK = "on disk é needle\n"
BUFFER = "in the buffer needle\r\n"
STAGED = "staged needle\n"


def expected(disk: str, buffer: str, staged: str) -> tuple[str, str] | None:
    """Return text and origin of the file, by the rule alone."""
    if staged in ("deleted", "moved"):
        return None
    if staged == "changed":
        return STAGED, "staged"
    if buffer == "open":
        return BUFFER, "buffer"
    return None if disk == "absent" else (DISK, "disk")


async def stage_it(path: Path, name: str, staged: str, under: str | None) -> Stage:
    stage = Stage()
    if staged == "changed":
        await stage.submit([FileChange(path, name, under, STAGED)])
    elif staged == "deleted":
        await stage.submit([FileChange(path, name, under or "", None)])
    elif staged == "moved":
        new = path.with_name("moved.txt")
        await stage.submit([FileChange(path, name, under or "", STAGED, None, new, name.replace("file", "moved"))])
    return stage


COMBINATIONS = list(
    itertools.product(
        ("absent", "utf-8", "latin-1", "utf-16"),
        ("closed", "open"),
        ("no", "changed", "deleted", "moved"),
        ("one root", "two roots"),
    )
)


@pytest.mark.parametrize(("disk", "buffer", "staged", "roots"), COMBINATIONS)
async def test_what_is_read_listed_and_found_is_the_uppermost_layer(
    tmp_path: Path, disk: str, buffer: str, staged: str, roots: str
) -> None:
    folders = [tmp_path / "app"] if roots == "one root" else [tmp_path / "app", tmp_path / "lib"]
    for folder in folders:
        (folder / "src").mkdir(parents=True)
    path = folders[-1] / "src" / "file.txt"
    prefix = "" if roots == "one root" else "lib/"
    name = f"{prefix}src/file.txt"
    data = DISK.encode(disk) if disk != "absent" else b""
    if disk != "absent":
        path.write_bytes(data)
    editor = FakeEditor()
    if buffer == "open":
        editor.open(path, BUFFER, version=7)
    below = BUFFER if buffer == "open" else DISK if disk != "absent" else None
    with Door(folders) as door:
        stage = await stage_it(path, name, staged, below)
        workspace = Workspace(folders, editor, door).with_overlay(stage)
        now = expected(disk, buffer, staged)
        listed, hits = (await workspace.list_files()).names, (await workspace.search("needle")).items
        assert (name in listed) == (now is not None)
        assert (name in [hit.name for hit in hits]) == (now is not None)
        assert [hit.name for hit in (await workspace.search("needle", under=f"{prefix}src")).items] == [
            hit.name for hit in hits
        ]
        if now is None:
            with pytest.raises(
                PathNotFound, match="staged for deletion" if staged in ("deleted", "moved") else "no file"
            ):
                await workspace.read(name)
            assert await workspace.read_or_none(name) is None
            if disk != "absent":
                assert (await workspace.read_disk(path)).text == DISK
        else:
            reading = await workspace.read(name)
            assert (reading.text, reading.origin, reading.name, reading.path) == (*now, name, path)
            assert reading.version == (7 if buffer == "open" else None)
            assert reading.eol == ("\r\n" if now[1] == "buffer" else "\n")
            whole = data if now[1] == "disk" else now[0].encode()
            assert reading.sha256 == hashlib.sha256(whole).hexdigest()
            codec = {"latin-1": Encoding("latin-1"), "utf-16": Encoding("utf-16-le", bom=True)}.get(disk, Encoding())
            assert reading.encoding == codec
            assert [(hit.text, hit.origin) for hit in hits] == [(now[0].rstrip(), now[1])]
        new = f"{prefix}src/moved.txt"
        assert (new in listed) == (staged == "moved")
        if staged == "moved":
            assert ((await workspace.read(new)).text, (await workspace.read(new)).origin) == (STAGED, "staged")
            assert new in [hit.name for hit in hits]


class Gone:
    """An overlay that says only what is gone."""

    def __init__(self, *paths: Path) -> None:
        self._paths = paths

    def text(self, path: Path) -> str | None:
        return None

    def paths(self) -> Collection[Path]:
        return ()

    def gone(self) -> Collection[Path]:
        return self._paths


async def test_a_link_to_a_file_that_is_staged_for_deletion_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("needle")
    (tmp_path / "link.txt").symlink_to("a.txt")
    with Door([tmp_path]) as door:
        workspace = Workspace([tmp_path], FakeEditor(), door, Gone(tmp_path / "a.txt"))
        assert await workspace.read_or_none("link.txt") is None
        assert (await workspace.search("needle")).items == ()
        with pytest.raises(PathNotFound):
            await workspace.search("needle", under="a.txt")


async def test_ignore_rules_go_with_the_file_that_holds_them(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "a.log").write_text("needle")
    with Door([tmp_path]) as door:
        editor = FakeEditor()
        workspace = Workspace([tmp_path], editor, door)
        assert (await workspace.list_files()).names == (".gitignore",)
        assert (await workspace.with_overlay(Gone(tmp_path / ".gitignore")).list_files()).names == ("a.log",)
        editor.open(tmp_path / ".gitignore", "")
        assert (await workspace.list_files()).names == (".gitignore", "a.log")


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "git:/w/app.py?%7B%22ref%22%3A%22HEAD%22%7D", "vscode-notebook-cell:/w/a.ipynb#W0"]
)
async def test_a_document_that_is_no_file_is_read_and_never_written(tmp_path: Path, uri: str) -> None:
    editor = FakeEditor()
    editor.open_other(uri, "a needle\r\n", version=3)
    with Door([tmp_path]) as door:
        workspace = Workspace([tmp_path], editor, door)
        reading = await workspace.read(uri)
        assert (reading.name, reading.text, reading.origin, reading.version) == (uri, "a needle\r\n", "buffer", 3)
        assert reading.eol == "\r\n"
        assert not reading.path.is_absolute()
        for refused in (lambda: workspace.path_of(uri), lambda: workspace.check_writable(reading.path)):
            with pytest.raises(PermissionDenied, match="can only be read"):
                refused()
        assert (await workspace.list_files()).names == ()
        assert (await workspace.search("needle")).items == ()


async def test_a_uri_of_another_scheme_that_is_not_open_is_no_file(tmp_path: Path) -> None:
    with Door([tmp_path]) as door:
        workspace = Workspace([tmp_path], FakeEditor(), door)
        for uri in ("untitled:Untitled-9", "git:/w/app.py", "http://example.org/x"):
            with pytest.raises(PathNotFound, match="not open in the editor"):
                await workspace.read(uri)
            with pytest.raises(PathNotFound, match="not open in the editor"):
                workspace.path_of(uri)
        (tmp_path / "note:today.txt").write_text("a file")
        assert (await workspace.read("note:today.txt")).text == "a file"
        assert workspace.path_of("note:new.txt") == tmp_path / "note:new.txt"
