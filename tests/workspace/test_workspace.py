"""The workspace reads what the editor shows, searches it, and gives nothing private away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from conduit.edits.edit import FileChange
from conduit.errors import InvalidArguments, NotText, OutsideWorkspace, PathNotFound, PermissionDenied
from conduit.sandbox.confine import Door
from conduit.workspace.glob import Glob
from conduit.workspace.names import Place
from conduit.workspace.search import Found, Hit, Ripgrep
from conduit.workspace.workspace import Match, Reading, Workspace
from fakes.editor import FakeEditor
from fakes.stage import Stage


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "proj"
    write(root, {"src/a.py": "import os\nneedle = 1\n", "src/b.py": "nothing\n", "README.md": "a needle\r\nend"})
    return root


@pytest.fixture
def editor() -> FakeEditor:
    return FakeEditor()


@pytest.fixture
def workspace(root: Path, editor: FakeEditor) -> Iterator[Workspace]:
    with Door([root]) as door:
        yield Workspace([root], editor, door)


def found(items: tuple[Match, ...]) -> list[tuple[str, int, str, str]]:
    return [(match.name, match.line, match.text, match.origin) for match in items]


async def test_a_file_on_disk_is_read_exactly(workspace: Workspace, root: Path) -> None:
    reading = await workspace.read("README.md")
    assert (reading.name, reading.path, reading.text) == ("README.md", root / "README.md", "a needle\r\nend")
    assert (reading.origin, reading.version, reading.eol, reading.bom) == ("disk", None, "\r\n", False)


async def test_unsaved_text_goes_over_disk_and_collected_changes_over_both(
    workspace: Workspace, editor: FakeEditor, root: Path
) -> None:
    path = root / "src" / "a.py"
    editor.open(path, "unsaved\n", version=4)
    reading = await workspace.read("src/a.py")
    assert (reading.text, reading.origin, reading.version) == ("unsaved\n", "buffer", 4)
    stage = Stage()
    await stage.submit([FileChange(path, "src/a.py", "unsaved\n", "staged\n", 4)])
    reading = await workspace.with_overlay(stage).read("src/a.py")
    assert (reading.text, reading.origin, reading.version) == ("staged\n", "staged", 4)
    assert (await workspace.read("src/a.py")).origin == "buffer"
    disk = await workspace.read_disk(path)
    assert disk is not None
    assert disk.text == "import os\nneedle = 1\n"


async def test_a_link_to_an_open_file_shows_what_is_in_the_editor(
    workspace: Workspace, editor: FakeEditor, root: Path
) -> None:
    (root / "alias.py").symlink_to("src/a.py")
    editor.open(root / "src" / "a.py", "unsaved\n")
    reading = await workspace.read("alias.py")
    assert (reading.name, reading.text, reading.origin) == ("src/a.py", "unsaved\n", "buffer")


async def test_a_new_unsaved_file_can_be_read(workspace: Workspace, editor: FakeEditor, root: Path) -> None:
    editor.open(root / "new.py", "x")
    assert (await workspace.read("new.py")).text == "x"


async def test_a_missing_file_gets_names_that_are_alike(workspace: Workspace) -> None:
    with pytest.raises(PathNotFound, match=r"Did you mean src/a\.py\?"):
        await workspace.read("lib/a.py")
    with pytest.raises(PathNotFound, match=r"README\.md"):
        await workspace.read("READNE.md")
    assert await workspace.read_or_none("lib/a.py") is None


@pytest.mark.parametrize(
    "name",
    [".env", ".env.local", "deep/.ENV", "key.pem", "id_rsa", ".npmrc", ".netrc", ".ssh/config", "a/.kube/config"],
)
async def test_a_private_file_is_refused_even_when_it_is_open_or_linked(
    workspace: Workspace, editor: FakeEditor, root: Path, name: str
) -> None:
    write(root, {name: "TOKEN=needle"})
    (root / "innocent.txt").symlink_to(name)
    for spelling in (name, str(root / name), "innocent.txt"):
        with pytest.raises(PermissionDenied, match="private file"):
            await workspace.read(spelling)
    editor.open(root / name, "TOKEN=needle")
    with pytest.raises(PermissionDenied, match="private file"):
        await workspace.read(name)
    assert "TOKEN=needle" not in [match.text for match in (await workspace.search("needle")).items]
    assert name not in (await workspace.list_files()).names
    with pytest.raises(PermissionDenied):
        workspace.check_writable(root / name)


@pytest.mark.parametrize("name", [".env.example", "id_rsa.pub", "environment.py", "keys.py"])
async def test_a_name_that_is_only_like_a_private_one_is_read(workspace: Workspace, root: Path, name: str) -> None:
    write(root, {name: "x"})
    assert (await workspace.read(name)).text == "x"


async def test_binary_and_huge_files_are_no_text(workspace: Workspace, root: Path) -> None:
    write(root, {"image.png": b"\x89PNG\r\n\x1a\n\0\0", "nul.txt": b"a\0b"})
    with (root / "huge.txt").open("wb") as file:
        file.truncate(1 << 33)
    for name in ("image.png", "nul.txt", "huge.txt", "src"):
        with pytest.raises(NotText):
            await workspace.read(name)


async def test_names_are_relative_and_every_spelling_means_the_same_file(workspace: Workspace, root: Path) -> None:
    path = root / "src" / "a.py"
    for name in ("src/a.py", "./src/../src/a.py", str(path), path.as_uri(), f"{root}//src/a.py", "src//a.py"):
        assert workspace.path_of(name) == path
    assert workspace.name_of(path) == "src/a.py"
    assert workspace.path_of("") == root
    assert workspace.path_of("..%2fx") == root / "..%2fx"
    assert workspace.path_of((root / "a b%20.py").as_uri()) == root / "a b%20.py"


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a/../../x", "/etc/passwd", "//etc/passwd", "file:///etc/passwd", "file://host/proj/x", ".."),
        *("file:///etc/../etc/passwd", "FILE:///etc/passwd"),
    ],
)
async def test_names_that_leave_the_roots_are_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(OutsideWorkspace):
        workspace.path_of(name)
    with pytest.raises(OutsideWorkspace):
        await workspace.read(name)


async def test_a_sibling_with_the_same_prefix_is_outside(workspace: Workspace, root: Path) -> None:
    with pytest.raises(OutsideWorkspace):
        workspace.path_of(f"{root}-evil/x")


@pytest.mark.parametrize("name", ["a\0b", "file:///a%00b", "x" * 5000])
async def test_impossible_names_are_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(PathNotFound):
        workspace.path_of(name)


async def test_several_roots_are_told_apart_by_their_names(tmp_path: Path, editor: FakeEditor) -> None:
    roots = [tmp_path / "one" / "app", tmp_path / "two" / "app", tmp_path / "lib"]
    for number, root in enumerate(roots):
        write(root, {"x.py": f"needle {number}\n"})
    with Door(roots) as door:
        workspace = Workspace(roots, editor, door)
        assert [workspace.name_of(root / "x.py") for root in roots] == ["app/x.py", "app-2/x.py", "lib/x.py"]
        assert (await workspace.read("app-2/x.py")).text == "needle 1\n"
        assert (await workspace.list_files()).names == ("app/x.py", "app-2/x.py", "lib/x.py")
        assert [match.name for match in (await workspace.search("needle")).items] == [
            "app/x.py",
            "app-2/x.py",
            "lib/x.py",
        ]
        with pytest.raises(PathNotFound, match="app, app-2, lib"):
            workspace.path_of("x.py")


async def test_a_list_leaves_out_what_is_ignored_at_any_depth(workspace: Workspace, root: Path) -> None:
    write(
        root,
        {
            ".gitignore": "*.log\n/build/\n!keep.log\n",
            "src/.gitignore": "local.py\n!seen.log\n",
            "docs/.ignore": "!open.log\n",
            **dict.fromkeys(
                ("x.log", "keep.log", "src/seen.log", "docs/open.log", "build/out.js", "src/build/in.js"), ""
            ),
            **dict.fromkeys(("src/local.py", "local.py", ".git/config", "node_modules/m/i.js", ".github/ci.yml"), ""),
        },
    )
    (root / "outside").symlink_to("/etc")
    (root / "link.md").symlink_to("README.md")
    listed = (await workspace.list_files()).names
    assert set(listed) == {
        *(
            ".gitignore",
            "src/.gitignore",
            "docs/.ignore",
            "keep.log",
            "src/seen.log",
            "docs/open.log",
            "src/build/in.js",
        ),
        *("local.py", ".github/ci.yml", "src/a.py", "src/b.py", "README.md", "link.md"),
    }


async def test_a_list_takes_a_folder_a_pattern_and_a_limit(workspace: Workspace, root: Path) -> None:
    write(root, {"src/deep/c.py": "", "src/deep/d.ts": "", "other/src/e.py": ""})
    assert (await workspace.list_files("src", "*.py")).names == ("src/a.py", "src/b.py", "src/deep/c.py")
    assert (await workspace.list_files("", "src/**/*.{py,ts}")).names == (
        *("src/a.py", "src/b.py", "src/deep/c.py", "src/deep/d.ts"),
    )
    cut = await workspace.list_files(limit=2)
    assert (len(cut.names), cut.cut) == (2, True)
    for bad in ("../**", "!x", "a/../../b"):
        with pytest.raises(InvalidArguments):
            await workspace.list_files(pattern=bad)
    for absent in ("absent", "README.md"):
        with pytest.raises(PathNotFound):
            await workspace.list_files(absent)


async def test_a_list_holds_files_that_exist_only_as_collected_changes(workspace: Workspace, root: Path) -> None:
    stage = Stage()
    await stage.submit([FileChange(root / "made" / "new.py", "made/new.py", None, "needle\n")])
    seen = workspace.with_overlay(stage)
    assert "made/new.py" in (await seen.list_files()).names
    assert (await seen.list_files("made")).names == ("made/new.py",)
    assert found((await seen.search("needle", under="made")).items) == [("made/new.py", 1, "needle", "staged")]


async def test_a_search_finds_lines_and_sees_unsaved_text_instead_of_disk(
    workspace: Workspace, editor: FakeEditor, root: Path
) -> None:
    assert found((await workspace.search("needle")).items) == [
        ("README.md", 1, "a needle", "disk"),
        ("src/a.py", 2, "needle = 1", "disk"),
    ]
    editor.open(root / "src" / "a.py", "x\n\nthe needle\n")
    editor.open(root / "README.md", "empty now")
    assert found((await workspace.search("needle")).items) == [("src/a.py", 3, "the needle", "buffer")]
    assert (await workspace.search("needle")).items[0].column == 5


async def test_a_regular_expression_means_the_same_in_unsaved_text_and_on_disk(
    workspace: Workspace, editor: FakeEditor, root: Path
) -> None:
    text = "Ünïcode wörd\r\ntab\there\nplain needle$\n"
    write(root, {"disk.txt": text})
    editor.open(root / "open.txt", text)
    for query in (r"w\wrd$", r"\there", r"(?i)PLAIN", r"\bneedle\$$", r"^.{3}code"):
        items = (await workspace.search(query, regex=True, glob="*.txt")).items
        assert len({(match.line, match.column, match.text) for match in items}) == 1, query
        assert {match.name for match in items} == {"disk.txt", "open.txt"}, query
    assert (await workspace.search("needle$", glob="*.txt")).items[0].text == "plain needle$"


async def test_a_search_takes_glob_folder_and_limit(workspace: Workspace, root: Path) -> None:
    write(root, {f"many/{number:03}.txt": "needle\n" * 3 for number in range(50)})
    matches = await workspace.search("needle", under="many", limit=10)
    assert (len(matches.items), matches.cut) == (10, True)
    assert [match.name for match in (await workspace.search("needle", glob="*.md")).items] == ["README.md"]
    assert [match.name for match in (await workspace.search("needle", under="src/a.py")).items] == ["src/a.py"]
    with pytest.raises(PathNotFound):
        await workspace.search("needle", under="absent")
    with pytest.raises(OutsideWorkspace):
        await workspace.search("root", under="/etc")


@pytest.mark.parametrize("query", ["", "a\nb", "a\0b"])
async def test_a_query_that_is_no_line_is_refused(workspace: Workspace, query: str) -> None:
    with pytest.raises(InvalidArguments):
        await workspace.search(query)


async def test_a_bad_expression_is_explained(workspace: Workspace) -> None:
    with pytest.raises(InvalidArguments, match="unclosed group"):
        await workspace.search("(needle", regex=True)


async def test_a_query_that_looks_like_an_option_is_a_query(workspace: Workspace, root: Path) -> None:
    write(root, {"x": "run --pre=sh\n"})
    assert len((await workspace.search("--pre=sh")).items) == 1


async def test_a_search_never_follows_a_link_out_and_ignores_the_projects_own_configuration(
    workspace: Workspace, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"out/x": "needle outside\n", "rc": "--follow\n--no-ignore\n"})
    write(root, {".ripgreprc": "--follow\n", "rg": "#!/bin/sh\necho owned\n"})
    (root / "out").symlink_to(tmp_path / "out")
    monkeypatch.setenv("RIPGREP_CONFIG_PATH", str(tmp_path / "rc"))
    assert "needle outside" not in [match.text for match in (await workspace.search("needle")).items]
    with pytest.raises(OutsideWorkspace):
        await workspace.search("needle", under="out/x")


async def test_odd_names_and_odd_bytes_are_found(workspace: Workspace, root: Path) -> None:
    write(
        root,
        {
            "new\nline.txt": "needle\n",
            "latin.txt": b"caf\xe9 needle\n",
            "utf16.txt": "needle é".encode("utf-16"),
            "bom.txt": "needle ö".encode("utf-8-sig"),
        },
    )
    items = {match.name: match.text for match in (await workspace.search("needle", glob="*.txt")).items}
    assert items["new\nline.txt"] == "needle"
    assert items["latin.txt"] == "café needle"
    assert items["utf16.txt"] == "needle é"
    assert items["bom.txt"] == "needle ö"


def rg_children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.name() == "rg"]


async def test_a_cancelled_search_takes_its_process_with_it(workspace: Workspace, root: Path) -> None:
    write(root, {f"big-{number}.txt": "x" * 4_000_000 for number in range(30)})
    before = len(rg_children())
    task = asyncio.ensure_future(workspace.search(r"(x+x+)+y|(.*){20}z", regex=True))
    async with asyncio.timeout(10):
        while len(rg_children()) == before and not task.done():
            await asyncio.sleep(0)
    assert not task.done(), "the search ended before it could be cancelled"
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 0.5
    assert len(rg_children()) == before


async def test_a_search_that_takes_too_long_ends_with_what_it_has(root: Path) -> None:
    write(root, {"a.txt": "needle\n", **{f"big-{number}.txt": "x" * 4_000_000 for number in range(30)}})
    search = Ripgrep(r"needle|(x+x+)+y|(.*){20}z", regex=True, time_limit_s=0.001)
    result = await search.in_folder(Place(root, ""), Glob(None), lambda _: True, 100)
    assert "stopped after 0.001 s" in result.note


async def test_a_reading_is_a_value(workspace: Workspace) -> None:
    first, second = await workspace.read("src/a.py"), await workspace.read("src/a.py")
    assert isinstance(first, Reading)
    assert first == second


async def test_what_ripgrep_says_is_shown_only_when_the_door_reads_the_same(workspace: Workspace, root: Path) -> None:
    (root / "out").symlink_to("/etc")
    said = Found(
        {
            "src/a.py": [Hit(2, 0, b"needle = 1"), Hit(1, 0, b"a line from elsewhere"), Hit(99, 0, b"needle = 1")],
            "out/passwd": [Hit(1, 0, Path("/etc/passwd").read_bytes().split(b"\n")[0])],
            ".env": [Hit(1, 0, b"TOKEN")],
        }
    )
    assert found(tuple(workspace._confirm(root, said))) == [("src/a.py", 2, "needle = 1", "disk")]


async def test_a_pattern_of_many_stars_cannot_stop_the_server(root: Path, workspace: Workspace) -> None:
    name = "a" * 62
    stars = "*a" * 12 + "*c"
    write(root, {name: "x\n", "kept.txt": "x\n", "dropped.log": "x\n", ".gitignore": f"{stars}\n*.log\n"})
    listing = await workspace.list_files()
    assert {name, "kept.txt"} <= set(listing.names)
    assert "dropped.log" not in listing.names
    with pytest.raises(InvalidArguments, match="too many stars"):
        await workspace.list_files(pattern=stars)
