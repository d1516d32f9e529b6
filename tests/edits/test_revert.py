"""Taking the changes of several files back together: creations, deletions, moves, and edits in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from conduit.edits.checkpoint import Kept
from conduit.edits.edit import FileChange
from conduit.edits.revert import FileRevert, Present, Revert, Unreadable, paths_of, revert
from conduit.workspace.encoding import Encoding

ROOT = Path("/project")


def change(name: str, before: str | None, after: str | None, moved_to: str = "", **more: object) -> FileChange:
    to = ROOT / moved_to if moved_to else None
    return FileChange(ROOT / name, name, before, after, moved_to=to, moved_name=moved_to, **more)


def now(**files: str | None) -> dict[Path, Present | None]:
    return {ROOT / name: None if text is None else Present(text) for name, text in files.items()}


def planned(result: Revert) -> list[tuple[str, str, str | None, str | None, str]]:
    return [(each.verb, each.name, each.before, each.after, each.new_name) for each in result.changes]


def test_several_changes_of_one_file_are_taken_back_the_newest_first():
    first, second = change("a", "1\n2\n3\n", "1\ntwo\n3\n"), change("a", "1\ntwo\n3\nmine\n", "1\n2!\n3\nmine\n")
    result = revert([first, second], now(a="1\n2!\n3\nmine\n4\n"))
    assert planned(result) == [("edit", "a", "1\n2!\n3\nmine\n4\n", "1\n2\n3\nmine\n4\n", "a")]
    assert result.files == (FileRevert("a", "edit", "a", lines=1, since=2),)
    assert result.complete


def test_a_created_file_goes_if_it_is_as_it_was_created():
    assert planned(revert([change("a", None, "text")], now(a="text"))) == [("delete", "a", "text", None, "a")]
    result = revert([change("a", None, "text\n")], now(a="text\nmine\n"))
    assert result.changes == ()
    assert [(each.name, each.verb, each.since) for each in result.files] == [("a", "none", 1)]
    assert "changed since" in result.files[0].problems[0]
    assert not result.complete


def test_a_created_file_that_was_edited_in_the_same_turn_goes_too():
    steps = [change("a", None, "1\n"), change("a", "1\n", "1\n2\n")]
    assert planned(revert(steps, now(a="1\n2\n"))) == [("delete", "a", "1\n2\n", None, "a")]


def test_a_created_file_that_is_gone_needs_nothing():
    assert revert([change("a", None, "text")], now(a=None)) == Revert((), ())


def test_a_deleted_file_comes_back_as_it_was_but_never_over_a_new_one():
    gone = change("a", "text", None, encoding=Encoding("utf-16-le", bom=True), mode=0o755)
    (back,) = revert([gone], now(a=None)).changes
    assert (back.verb, back.after, back.encoding, back.mode) == ("create", "text", Encoding("utf-16-le", True), 0o755)
    result = revert([gone], now(a="new"))
    assert result.changes == ()
    assert "Another file" in result.files[0].problems[0]
    assert revert([gone], {ROOT / "a": Unreadable("It is a binary file.")}).changes == ()


def test_a_file_that_was_deleted_and_made_anew_is_edited_back():
    steps = [change("a", "old\n", None), change("a", None, "new\n")]
    assert planned(revert(steps, now(a="new\n"))) == [("edit", "a", "new\n", "old\n", "a")]


def test_a_moved_file_goes_back_with_what_was_typed_in_it():
    steps = [change("a", "1\n2\n", "1\n2\n", "b"), change("b", "1\n2\n", "1\ntwo\n")]
    result = revert(steps, now(a=None, b="1\ntwo\nmine\n"))
    assert planned(result) == [("move", "b", "1\ntwo\nmine\n", "1\n2\nmine\n", "a")]
    assert [(each.name, each.new_name, each.since) for each in result.files] == [("b", "a", 1)]


def test_a_moved_file_stays_where_a_new_one_took_its_old_place():
    result = revert([change("a", "1\n", "one\n", "b")], now(a="new", b="one\n"))
    assert planned(result) == [("edit", "b", "one\n", "1\n", "b")]
    assert "Another file is at a" in result.files[0].problems[0]


def test_a_file_that_is_gone_or_cannot_be_read_is_reported():
    result = revert([change("a", "1", "2"), change("b", "1", "2")], {ROOT / "a": None, ROOT / "b": Unreadable("No.")})
    assert [(each.name, each.problems) for each in result.files] == [
        ("b", ("No.",)),
        ("a", ("It is not there any more.",)),
    ]


def test_kept_lines_are_counted_in_the_text_after_all_steps():
    steps = [change("a", "x\n", "new\nx\n"), change("a", "new\nx\n", "new\nX\n")]
    (told,) = revert(steps, now(a="new\nX!\n")).files
    assert (told.kept, told.lines) == ((Kept(0, 1),), 1)


@dataclass
class Disk:
    """Files in memory that take changes; a change that does not fit fails."""

    files: dict[Path, str] = field(default_factory=dict)

    def apply(self, changes: Sequence[FileChange]) -> None:
        assert len({each.path for each in changes}) == len(changes)
        for each in changes:
            assert self.files.get(each.path) == each.before
        for each in changes:
            self.files.pop(each.path, None)
        for each in changes:
            if each.after is not None:
                assert each.new_path not in self.files
                self.files[each.new_path] = each.after

    def now(self, changes: Sequence[FileChange]) -> Mapping[Path, Present | None]:
        return {path: Present(self.files[path]) if path in self.files else None for path in paths_of(changes)}


@st.composite
def turns(draw: st.DrawFn) -> tuple[dict[Path, str], list[FileChange]]:
    """Some files, and changes of them one after the other, of every kind."""
    names = ["a", "b", "c", "d"]
    text = st.lists(st.sampled_from(["1\n", "2\r\n", "3\n", "4\r", "🎈\n"]), max_size=5).map("".join)
    files = {ROOT / name: draw(text) for name in names if draw(st.booleans())}
    disk, steps = Disk(dict(files)), []
    for _ in range(draw(st.integers(1, 6))):
        name, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        before = disk.files.get(ROOT / name)
        after = draw(text)
        kind = draw(st.sampled_from(["edit", "delete", "move"]))
        if before is None:
            step = change(name, None, after)
        elif kind == "delete":
            step = change(name, before, None)
        elif kind == "move" and ROOT / other not in disk.files:
            step = change(name, before, after, other)
        else:
            step = change(name, before, after)
        disk.apply([step])
        steps.append(step)
    return files, steps


@settings(max_examples=400, deadline=None)
@given(turn=turns())
def test_undo_and_redo_of_any_turn_give_the_same_bytes(turn: tuple[dict[Path, str], list[FileChange]]):
    files, steps = turn
    disk = Disk(dict(files))
    for step in steps:
        disk.apply([step])
    done = dict(disk.files)
    undo = revert(steps, disk.now(steps))
    disk.apply(undo.changes)
    assert disk.files == files
    assert undo.complete
    for _ in range(2):
        redo = revert(undo.changes, disk.now(undo.changes))
        disk.apply(redo.changes)
        assert disk.files == done
        undo = revert(redo.changes, disk.now(redo.changes))
        disk.apply(undo.changes)
        assert disk.files == files
