"""Edits go to the editor or to disk, all of them or none, and never over what somebody else wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from conduit.edits.apply import ApplyAtOnce
from conduit.edits.edit import FileChange
from conduit.errors import (
    EditRefused,
    NotText,
    OutsideWorkspace,
    PartlyApplied,
    PermissionDenied,
    StaleDocument,
    ToolError,
)
from conduit.sandbox.confine import Door
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_bytes(b"one\r\ntwo\n")
    (tmp_path / "b.py").write_bytes(b"\xef\xbb\xbfbee\r\n")
    return tmp_path


@pytest.fixture
def editor() -> FakeEditor:
    return FakeEditor()


@pytest.fixture
def sink(root: Path, editor: FakeEditor) -> Iterator[ApplyAtOnce]:
    with Door([root]) as door:
        yield ApplyAtOnce(Workspace([root], editor, door), door, editor)


def change(root: Path, name: str, before: str | None, after: str, version: int | None = None) -> FileChange:
    return FileChange(root / name, name, before, after, version)


async def test_a_closed_file_is_written_with_its_mark_and_line_ends(sink: ApplyAtOnce, root: Path) -> None:
    said = await sink.submit([change(root, "b.py", "bee\r\n", "BEE\r\n"), change(root, "n/c.py", None, "new\n")])
    assert said == "Wrote b.py. Created n/c.py."
    assert (root / "b.py").read_bytes() == b"\xef\xbb\xbfBEE\r\n"
    assert (root / "n" / "c.py").read_bytes() == b"new\n"


async def test_an_open_file_is_changed_in_the_editor_and_not_on_disk(
    sink: ApplyAtOnce, editor: FakeEditor, root: Path
) -> None:
    document = editor.open(root / "a.py", "unsaved\n", version=7)
    said = await sink.submit([change(root, "a.py", "unsaved\n", "edited\n", 7)])
    assert said == "Applied to a.py in the editor; it is unsaved."
    assert document.text == "edited\n"
    assert (root / "a.py").read_bytes() == b"one\r\ntwo\n"


async def test_a_refusal_of_the_editor_leaves_the_disk_untouched(
    sink: ApplyAtOnce, editor: FakeEditor, root: Path
) -> None:
    document = editor.open(root / "a.py", "unsaved\n")
    editor.answers = [False]
    with pytest.raises(EditRefused):
        await sink.submit([change(root, "b.py", "bee\r\n", "x"), change(root, "a.py", "unsaved\n", "edited\n", 1)])
    assert document.text == "unsaved\n"
    assert (root / "b.py").read_bytes() == b"\xef\xbb\xbfbee\r\n"


async def test_a_text_that_moved_is_stale_wherever_it_is(sink: ApplyAtOnce, editor: FakeEditor, root: Path) -> None:
    editor.open(root / "a.py", "typed since\n", version=8)
    stale = [
        change(root, "a.py", "unsaved\n", "edited\n", 7),
        change(root, "b.py", "other\r\n", "x"),
        change(root, "b.py", None, "x"),
        change(root, "gone.py", "was here", "x"),
    ]
    for one in stale:
        with pytest.raises(StaleDocument):
            await sink.submit([change(root, "new.py", None, "x"), one])
    assert sorted(path.name for path in root.iterdir()) == ["a.py", "b.py"]
    assert (root / "b.py").read_bytes() == b"\xef\xbb\xbfbee\r\n"


async def test_the_same_text_under_another_version_is_not_stale(
    sink: ApplyAtOnce, editor: FakeEditor, root: Path
) -> None:
    document = editor.open(root / "a.py", "same\n", version=9)
    await sink.submit([change(root, "a.py", "same\n", "edited\n", 7)])
    assert document.text == "edited\n"


async def test_a_file_opened_or_closed_since_it_was_read_is_changed_where_it_is_now(
    sink: ApplyAtOnce, editor: FakeEditor, root: Path
) -> None:
    document = editor.open(root / "a.py", "one\r\ntwo\n")
    await sink.submit([change(root, "a.py", "one\r\ntwo\n", "ONE\r\ntwo\n")])
    assert document.text == "ONE\r\ntwo\n"
    editor.close(root / "a.py")
    await sink.submit([change(root, "a.py", "one\r\ntwo\n", "1\r\ntwo\n", 2)])
    assert (root / "a.py").read_bytes() == b"1\r\ntwo\n"


class Locking(FakeEditor):
    """An editor, and somebody who makes a file read-only while an edit is applied."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    async def apply(self, changes: Sequence[FileChange], label: str) -> None:
        await super().apply(changes, label)
        self._path.chmod(0o444)


@pytest.mark.parametrize("taken_back", [True, False])
async def test_when_the_disk_fails_midway_what_was_done_is_put_back_or_told(root: Path, taken_back: bool) -> None:
    locked = root / "locked.py"
    locked.write_text("old\n")
    editor = Locking(locked)
    document = editor.open(root / "a.py", "unsaved\n")
    editor.answers = [True, taken_back]
    with Door([root]) as door:
        sink = ApplyAtOnce(Workspace([root], editor, door), door, editor)
        with pytest.raises(EditRefused) as caught:
            await sink.submit(
                [
                    change(root, "a.py", "unsaved\n", "edited\n", 1),
                    change(root, "b.py", "bee\r\n", "BEE\r\n"),
                    change(root, "deep/er/new.py", None, "new\n"),
                    change(root, "locked.py", "old\n", "new\n"),
                ]
            )
    assert "'locked.py' is read-only" in str(caught.value)
    assert (root / "b.py").read_bytes() == b"\xef\xbb\xbfbee\r\n"
    assert sorted(path.name for path in root.iterdir()) == ["a.py", "b.py", "locked.py"]
    assert ("taken back" if taken_back else "stays there") in str(caught.value)
    assert document.text == ("unsaved\n" if taken_back else "edited\n")
    if not taken_back:
        assert isinstance(caught.value, PartlyApplied)
        assert caught.value.left == ("a.py",)
        assert editor.told == [str(caught.value)]


@pytest.mark.parametrize("name", [".git/hooks/pre-commit", "sub/.GIT/config", ".env", "id_rsa"])
async def test_version_control_and_private_files_are_never_written(sink: ApplyAtOnce, root: Path, name: str) -> None:
    with pytest.raises(PermissionDenied):
        await sink.submit([change(root, name, None, "x")])
    assert sorted(path.name for path in root.iterdir()) == ["a.py", "b.py"]


async def test_a_path_outside_is_refused(
    sink: ApplyAtOnce, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    with pytest.raises(OutsideWorkspace):
        await sink.submit([FileChange(outside / "x", "x", None, "x")])
    (root / "way").symlink_to(outside)
    with pytest.raises(ToolError):
        await sink.submit([change(root, "way/x", None, "x")])
    assert list(outside.iterdir()) == []


async def test_a_character_that_the_files_encoding_lacks_is_refused(sink: ApplyAtOnce, root: Path) -> None:
    (root / "latin.txt").write_bytes(b"caf\xe9\n")
    await sink.submit([change(root, "latin.txt", "café\n", "cafés\n")])
    assert (root / "latin.txt").read_bytes() == b"caf\xe9s\n"
    with pytest.raises(NotText, match="latin-1"):
        await sink.submit([change(root, "latin.txt", "cafés\n", "漢\n")])


async def test_two_changes_of_one_file_in_one_call_are_refused(sink: ApplyAtOnce, root: Path) -> None:
    with pytest.raises(EditRefused):
        await sink.submit([change(root, "n.py", None, "x"), change(root, "n.py", None, "y")])


class Opening(FakeEditor):
    """An editor in which the person opens another file while an edit is applied."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    async def apply(self, changes: Sequence[FileChange], label: str) -> None:
        await super().apply(changes, label)
        if self.document(self._path) is None:
            self.open(self._path, "typed\n")


async def test_a_file_that_was_opened_meanwhile_is_not_written_behind_the_editor(root: Path) -> None:
    editor = Opening(root / "b.py")
    document = editor.open(root / "a.py", "unsaved\n")
    with Door([root]) as door:
        sink = ApplyAtOnce(Workspace([root], editor, door), door, editor)
        with pytest.raises(EditRefused, match="taken back"):
            await sink.submit(
                [change(root, "a.py", "unsaved\n", "CHANGED\n", 1), change(root, "b.py", "bee\r\n", "BEE\r\n")]
            )
    assert document.text == "unsaved\n"
    assert (root / "b.py").read_bytes() == b"\xef\xbb\xbfbee\r\n"


@pytest.mark.parametrize(
    ("name", "moved", "match"),
    [
        ("conf/tasks.json", None, r"leads to '\.vscode/tasks\.json', which is editor settings"),
        ("b.py", "conf/tasks.json", r"leads to '\.vscode/tasks\.json'"),
        ("rules.md", None, r"leads to 'AGENTS\.md'"),
        ("hook", None, "belongs to version control"),
        (".conduit/config.toml", None, "Conduit's own configuration"),
        ("b.py", "sub/conduit.toml", "Conduit's own configuration"),
    ],
)
async def test_no_link_leads_to_a_protected_file_under_another_name(
    sink: ApplyAtOnce, root: Path, name: str, moved: str | None, match: str
) -> None:
    (root / ".vscode").mkdir()
    (root / "conf").symlink_to(".vscode")
    (root / "AGENTS.md").write_text("rules\n")
    (root / "rules.md").symlink_to("AGENTS.md")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("x\n")
    (root / "hook").symlink_to(".git/config")
    before = {"b.py": "bee\r\n", "rules.md": "rules\n", "hook": "x\n"}.get(name)
    target = root / moved if moved else None
    one = FileChange(root / name, name, before, "changed", moved_to=target, moved_name=moved or "")
    with pytest.raises(PermissionDenied, match=match):
        await sink.submit([one])
    assert (root / "b.py").exists()
    assert (root / "AGENTS.md").read_text() == "rules\n"
    assert list((root / ".vscode").iterdir()) == []


async def test_a_protected_file_is_written_under_its_own_name(sink: ApplyAtOnce, root: Path) -> None:
    """Whether the person was asked is decided before; here only the names count."""
    assert await sink.submit([change(root, ".vscode/tasks.json", None, "{}\n")]) == "Created .vscode/tasks.json."


class Saving:
    """A saver that writes what the editor shows."""

    def __init__(self, editor: FakeEditor, able: bool = True) -> None:
        self._editor = editor
        self._able = able
        self.asked: list[str] = []

    async def save(self, path: Path) -> bool:
        self.asked.append(path.name)
        document = self._editor.document(path)
        if document is None or not self._able:
            return False
        path.write_bytes(document.text.encode())
        return True


@pytest.mark.parametrize("able", [True, False])
async def test_only_a_document_that_was_saved_before_is_saved_again(root: Path, editor: FakeEditor, able: bool) -> None:
    clean = editor.open(root / "a.py", "one\r\ntwo\n")
    editor.open(root / "b.py", "dirty\n")
    editor.open(root / "new.py", "")
    saver = Saving(editor, able)
    with Door([root]) as door:
        sink = ApplyAtOnce(Workspace([root], editor, door), door, editor, saver)
        said = await sink.submit(
            [
                change(root, "a.py", "one\r\ntwo\n", "ONE\r\ntwo\n"),
                change(root, "b.py", "dirty\n", "more\n"),
                change(root, "new.py", None, "text\n"),
            ]
        )
    assert saver.asked == ["a.py"]
    assert clean.text == "ONE\r\ntwo\n"
    assert (root / "a.py").read_bytes() == (b"ONE\r\ntwo\n" if able else b"one\r\ntwo\n")
    assert (root / "b.py").read_bytes() == b"\xef\xbb\xbfbee\r\n"
    first = "Applied to a.py in the editor and saved." if able else "Applied to a.py in the editor; it is unsaved."
    assert said == (
        f"{first} Applied to b.py in the editor; it is unsaved. Applied to new.py in the editor; it is unsaved."
    )


async def test_moves_go_over_nothing_and_names_go_round_in_no_ring(
    sink: ApplyAtOnce, editor: FakeEditor, root: Path
) -> None:
    def move(name: str, text: str, to: str) -> FileChange:
        return FileChange(root / name, name, text, text, moved_to=root / to, moved_name=to)

    (root / "c.py").write_text("c")
    with pytest.raises(StaleDocument, match="a file that exists"):
        await sink.submit([move("b.py", "bee\r\n", "a.py")])
    with pytest.raises(EditRefused, match="ring"):
        await sink.submit([move("b.py", "bee\r\n", "c.py"), move("c.py", "c", "b.py")])
    with pytest.raises(EditRefused, match="Two changes"):
        await sink.submit([move("b.py", "bee\r\n", "x"), move("c.py", "c", "x")])
    with pytest.raises(StaleDocument):
        await sink.submit([move("c.py", "other text", "x")])
    with pytest.raises(StaleDocument):
        await sink.submit([FileChange(root / "c.py", "c.py", "other text", None)])
    editor.open(root / "a.py", "unsaved\n")
    editor.operations = frozenset({"rename", "delete"})
    with pytest.raises(StaleDocument, match="a file that exists"):
        await sink.submit([move("a.py", "unsaved\n", "c.py")])
    assert {path.name: path.read_bytes() for path in root.iterdir()} == {
        "a.py": b"one\r\ntwo\n",
        "b.py": b"\xef\xbb\xbfbee\r\n",
        "c.py": b"c",
    }
    await sink.submit([move("b.py", "bee\r\n", "d.py"), move("c.py", "c", "b.py")])
    assert (root / "b.py").read_bytes() == b"c"
    assert (root / "d.py").read_bytes() == b"\xef\xbb\xbfbee\r\n"


async def test_the_disk_of_another_program_is_rebased_on_or_refused(sink: ApplyAtOnce, root: Path) -> None:
    text = "1\n2\n3\n4\n5\n"
    (root / "n.py").write_text("0\n" + text)
    await sink.submit([change(root, "n.py", text, "1\n2\n3\n4\nFIVE\n")])
    assert (root / "n.py").read_text() == "0\n1\n2\n3\n4\nFIVE\n"


async def test_a_file_goes_from_one_root_to_another(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    editor = FakeEditor()
    (root / "b.py").chmod(0o700)
    with Door([root, other]) as door:
        workspace = Workspace([root, other], editor, door)
        name, moved = workspace.name_of(root / "b.py"), workspace.name_of(other / "sub" / "b.py")
        sink = ApplyAtOnce(workspace, door, editor)
        one = FileChange(root / "b.py", name, "bee\r\n", "bee\r\n", moved_to=other / "sub/b.py", moved_name=moved)
        assert await sink.submit([one]) == f"Moved {name} to {moved}."
    assert (other / "sub/b.py").read_bytes() == b"\xef\xbb\xbfbee\r\n"
    assert (other / "sub/b.py").stat().st_mode & 0o777 == 0o700
    assert not (root / "b.py").exists()
