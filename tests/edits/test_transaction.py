"""One plan is one transaction: whatever fails, every file is as before or as after, in every model of an editor."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conduit.edits.apply import ApplyAtOnce
from conduit.edits.edit import FileChange
from conduit.errors import EditRefused, PartlyApplied, StaleDocument, ToolError
from conduit.lsp.applier import EditorApplier
from conduit.sandbox.confine import Door
from conduit.sandbox.folder_calls import FolderCalls
from conduit.workspace.workspace import Workspace
from fakes.faulty_disk import FaultyCalls, Moment
from fakes.model_editors import MODELS, Fault, Model, ModelEditor

FILES: dict[str, bytes] = {
    "open.py": b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n",
    "dirty.py": b"saved\n",
    "moved.py": b"a\nb\nc\nd\n",
    "gone.py": b"old\n",
    "gone_dirty.py": b"old\n",
    "latin.txt": b"caf\xe9\r\nna\xefve",
    "wide.txt": "\ufeffcrlf\r\nlone\rlf\n".encode("utf-16-le"),
    "pure.bin.txt": b"\xef\xbb\xbfmark\n",
    "closed_gone.txt": b"x",
    "script.sh": b"#!/bin/sh\n",
}
DIRTY = {"dirty.py": "typed\nand not saved\nyet\n", "gone_dirty.py": "typed here too\n"}
OPEN = ("open.py", "dirty.py", "moved.py", "gone.py", "gone_dirty.py")

State = dict[str, tuple[bytes | None, int, str | None]]
"""By name: the bytes on disk, the permission bits, and what the person sees in the editor."""


class Scene:
    """A workspace with open and closed files, one editor and one plan."""

    def __init__(self, root: Path, model: Model, calls: FolderCalls | None, answer_s: float) -> None:
        self.root = root
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        for name, data in FILES.items():
            (root / name).write_bytes(data)
        (root / "script.sh").chmod(0o755)
        (root / "latin.txt").chmod(0o640)
        self.editor = ModelEditor(model)
        for name in OPEN:
            self.editor.open(root / name, DIRTY.get(name))
        self.door = Door([root], calls=calls)
        workspace = Workspace([root], self.editor.documents, self.door)
        self.sink = ApplyAtOnce(
            workspace, self.door, EditorApplier(self.editor, arrival_s=0.02, rest_s=0.01), answer_s=answer_s
        )

    def plan(self) -> list[FileChange]:
        def one(name: str, before: str | None, after: str | None, moved: str | None = None) -> FileChange:
            target = self.root / moved if moved else None
            return FileChange(self.root / name, name, before, after, moved_to=target, moved_name=moved or "")

        return [
            one("open.py", FILES["open.py"].decode(), "ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n"),
            one("latin.txt", "café\r\nnaïve", "cafés\r\nnaïve"),
            one("dirty.py", DIRTY["dirty.py"], "typed\nand not saved\nYET\n"),
            one("moved.py", "a\nb\nc\nd\n", "a\nB\nc\nd\n", "sub/moved.py"),
            one("wide.txt", "crlf\r\nlone\rlf\n", "crlf\r\nLONE\rlf\n", "sub/wide.txt"),
            one("new/er/file.txt", None, "new\r\n"),
            one("gone.py", "old\n", None),
            one("pure.bin.txt", "mark\n", "mark\n", "renamed.txt"),
            one("gone_dirty.py", DIRTY["gone_dirty.py"], None),
            one("closed_gone.txt", "x", None),
            one("script.sh", "#!/bin/sh\n", "#!/bin/sh\ntrue\n"),
        ]

    def state(self) -> State:
        found = {str(path.relative_to(self.root)): path for path in self.root.rglob("*") if path.is_file()}
        shown = {str(document.path.relative_to(self.root)): document for document in self.editor.buffers.values()}
        state: State = {}
        for name in sorted({*found, *shown}):
            path = found.get(name)
            data = path.read_bytes() if path else None
            text = shown[name].text if name in shown else None
            if text is not None and data is not None and text == data.decode("utf-8", "replace"):
                text = None  # open and clean, or closed: the person sees the same
            state[name] = (data, path.stat().st_mode & 0o777 if path else 0, text)
        return state

    def folders(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_dir())


@contextmanager
def scene(root: Path, model: Model, calls: FolderCalls | None = None, answer_s: float = 60) -> Iterator[Scene]:
    made = Scene(root, model, calls, answer_s)
    with made.door:
        yield made


async def expected(root: Path, model: Model) -> tuple[State, State]:
    """Return the states before and after, of a plan that goes well."""
    with scene(root, model) as one:
        before = one.state()
        await one.sink.submit(one.plan())
        return before, one.state()


every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


@every_model
async def test_a_plan_that_goes_well_does_all_of_it(tmp_path: Path, model: Model) -> None:
    with scene(tmp_path / "w", model) as one:
        said = await one.sink.submit(one.plan())
        state = one.state()
    assert state["latin.txt"] == (b"caf\xe9s\r\nna\xefve", 0o640, None)
    assert state["script.sh"] == (b"#!/bin/sh\ntrue\n", 0o755, None)
    assert state["sub/wide.txt"][0] == "\ufeffcrlf\r\nLONE\rlf\n".encode("utf-16-le")
    assert state["renamed.txt"][0] == b"\xef\xbb\xbfmark\n"
    assert state["new/er/file.txt"][0] == b"new\r\n"
    assert state["dirty.py"] == (b"saved\n", state["dirty.py"][1], "typed\nand not saved\nYET\n")
    assert state["open.py"][2] == "ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n"
    for name in ("closed_gone.txt", "pure.bin.txt", "wide.txt"):
        assert name not in state
    for name in ("gone.py", "gone_dirty.py", "moved.py"):
        assert state.get(name, (None,))[0] is None
    assert "a\nB\nc\nd\n" in (state["sub/moved.py"][2], (state["sub/moved.py"][0] or b"").decode())
    assert "Applied to open.py in the editor; it is unsaved." in said
    if model.operations:
        assert "Moved moved.py to sub/moved.py in the editor" in said
        assert one.editor.told == []
        assert len(one.editor.edits) == 1
    else:
        assert "gone.py was deleted on disk, but is still open in the editor" in said
        assert len(one.editor.told) == 3


@every_model
async def test_whatever_the_editor_does_the_state_is_before_or_after(tmp_path: Path, model: Model) -> None:
    before, after = await expected(tmp_path / "w", model)
    steps = range(5 if model.operations else 2)
    faults = [
        *(Fault(at=step) for step in steps),
        *(Fault(skipped=step) for step in steps),
        *(Fault(lies=True), Fault(errors=True), Fault(denies=True), Fault(dies="before")),
    ]
    ended: list[str] = []
    for fault in faults:
        with scene(tmp_path / "w", model) as one:
            one.editor.faults = [fault]
            try:
                await one.sink.submit(one.plan())
            except PartlyApplied as error:
                raise AssertionError(f"{fault}: {error}") from error
            except (EditRefused, StaleDocument):
                assert one.state() == before, fault
                assert set(one.folders()) <= ({"sub"} if model.operations else set()), fault  # the editor's own
                ended.append("before")
            else:
                assert one.state() == after, fault
                ended.append("after")
    assert ended.count("before") >= len(faults) - 1


@every_model
async def test_a_client_that_dies_leaves_the_disk_as_it_was(tmp_path: Path, model: Model) -> None:
    with scene(tmp_path / "w", model) as one:
        closed = {name: value for name, value in one.state().items() if name not in OPEN}
        one.editor.faults = [Fault(dies="after")]
        with pytest.raises(EditRefused, match="the client is gone"):
            await one.sink.submit(one.plan())
        assert {name: value for name, value in one.state().items() if name in closed} == closed
        assert not (tmp_path / "w" / "new").exists()


@every_model
@pytest.mark.parametrize("moment", ["before", "after", "full"])
async def test_a_failure_at_any_call_of_the_disk_leaves_the_state_before_or_after(
    tmp_path: Path, model: Model, moment: Moment
) -> None:
    before, after = await expected(tmp_path / "w", model)
    ended: list[str] = []
    for at in range(1, 200):
        calls = FaultyCalls(at, moment)
        with scene(tmp_path / "w", model, calls) as one:
            try:
                await one.sink.submit(one.plan())
            except PartlyApplied as error:
                raise AssertionError(f"{moment} {at}: {error}") from error
            except ToolError:
                found, ends = one.state(), "before"
            else:
                found, ends = one.state(), "after"
            # What could not be removed of our own files is no file of the person's.
            found = {name: value for name, value in found.items() if ".conduit-" not in name}
            assert found == {"before": before, "after": after}[ends], (moment, at)
            ended.append(ends)
            if not calls.failed:
                break
    else:
        raise AssertionError("the plan never ends")
    assert ended[-1] == "after"
    assert ended.count("before") >= 5


@every_model
async def test_what_was_typed_while_the_disk_failed_stays(tmp_path: Path, model: Model) -> None:
    """The editor did its part, the person typed on, and then the disk was full."""
    with scene(tmp_path / "w", model, FaultyCalls(1, "full")) as one:
        path = one.root / "open.py"
        one.editor.faults = [Fault(after=lambda: one.editor.type(path, 3, "typed\n"))]
        with pytest.raises(EditRefused, match="taken back"):
            await one.sink.submit(one.plan())
        assert one.editor.text(path) == "one\ntwo\nthree\ntyped\nfour\nfive\nsix\nseven\n"
        assert one.editor.text(one.root / "dirty.py") == DIRTY["dirty.py"]


@every_model
async def test_where_the_person_typed_over_it_theirs_stays_and_the_file_is_named(tmp_path: Path, model: Model) -> None:
    with scene(tmp_path / "w", model, FaultyCalls(1, "full")) as one:
        path = one.root / "open.py"
        one.editor.faults = [Fault(after=lambda: one.editor.overwrite(path, "all mine\n"))]
        with pytest.raises(PartlyApplied, match="stays there") as caught:
            await one.sink.submit(one.plan())
        assert caught.value.left == ("open.py",)
        assert one.editor.text(path) == "all mine\n"
        assert one.editor.text(one.root / "dirty.py") == DIRTY["dirty.py"]
        assert [message.removeprefix("Conduit: ") for message in one.editor.told][-1:] == [str(caught.value)]


@every_model
async def test_what_is_typed_before_the_edit_arrives_is_kept_and_the_edit_lands_beside_it(
    tmp_path: Path, model: Model
) -> None:
    with scene(tmp_path / "w", model) as one:
        path = one.root / "open.py"
        one.editor.faults = [Fault(before=lambda: one.editor.type(path, 3, "typed\n"))]
        await one.sink.submit(one.plan())
        assert one.editor.text(path) == "ONE\ntwo\nthree\ntyped\nfour\nfive\nsix\nSEVEN\n"
        assert one.state()["latin.txt"][0] == b"caf\xe9s\r\nna\xefve"


@every_model
async def test_what_is_typed_over_the_place_before_the_edit_arrives_refuses_all(tmp_path: Path, model: Model) -> None:
    with scene(tmp_path / "w", model) as one:
        before = one.state()
        path = one.root / "open.py"
        one.editor.faults = [Fault(before=lambda: one.editor.overwrite(path, "mine\n"))]
        with pytest.raises((StaleDocument, PartlyApplied)):
            await one.sink.submit(one.plan())
        mode = before["open.py"][1]
        if model.versions:
            assert one.state() == {**before, "open.py": (FILES["open.py"], mode, "mine\n")}
        else:  # without versions the client put it somewhere; what the person typed is there all the same
            assert {name: value for name, value in one.state().items() if name != "open.py"} == {
                name: value for name, value in before.items() if name != "open.py"
            }
            assert "mine\n" in (one.editor.text(path) or "")


@every_model
async def test_an_answer_that_comes_too_late_is_taken_back(tmp_path: Path, model: Model) -> None:
    with scene(tmp_path / "w", model, answer_s=0.05) as one:
        before = one.state()
        held = asyncio.Event()
        one.editor.faults = [Fault(held=held)]
        with pytest.raises(EditRefused, match="did not answer"):
            await one.sink.submit(one.plan())
        assert one.state() == before
        held.set()
        await one.editor.documents.wait_until(lambda: len(one.editor.edits) >= 2 and one.state() == before, 30)
        assert len(one.editor.edits) >= 2
        assert one.state() == before


@every_model
async def test_a_cancelled_plan_is_given_up_and_what_the_editor_does_later_is_taken_back(
    tmp_path: Path, model: Model
) -> None:
    with scene(tmp_path / "w", model) as one:
        before = one.state()
        held = asyncio.Event()
        one.editor.faults = [Fault(held=held)]
        submitting = asyncio.create_task(one.sink.submit(one.plan()))
        await asyncio.wait_for(one.editor.asked.wait(), 30)
        submitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await submitting
        held.set()
        await one.editor.documents.wait_until(lambda: len(one.editor.edits) >= 2 and one.state() == before, 30)
        assert one.state() == before


@pytest.mark.parametrize("model", [one for one in MODELS if one.operations], ids=lambda model: model.name)
async def test_what_is_typed_just_when_a_file_is_deleted_comes_back_with_it(tmp_path: Path, model: Model) -> None:
    with scene(tmp_path / "w", model) as one:
        path = one.root / "gone.py"
        one.editor.faults.append(Fault(before=lambda: one.editor.type(path, 1, "typed\n")))
        with pytest.raises(StaleDocument):
            await one.sink.submit([FileChange(path, "gone.py", "old\n", None)])
        assert (path.read_bytes(), one.editor.text(path)) == (b"old\n", "old\ntyped\n")


async def test_a_file_that_stays_open_is_not_moved_on_disk_without_what_was_typed_meanwhile(tmp_path: Path) -> None:
    with scene(tmp_path / "w", MODELS[-1]) as one:
        path = one.root / "moved.py"
        one.editor.faults.append(Fault(before=lambda: one.editor.type(path, 0, "typed\n")))
        before = one.state()
        with pytest.raises(EditRefused):
            await one.sink.submit([change for change in one.plan() if change.name in ("open.py", "moved.py")])
        assert one.editor.text(path) == "typed\na\nb\nc\nd\n"
        assert {name: state for name, state in one.state().items() if name != "moved.py"} == {
            name: state for name, state in before.items() if name != "moved.py"
        }


async def test_what_is_typed_in_a_line_just_before_it_is_replaced_without_a_version_comes_back(tmp_path: Path) -> None:
    with scene(tmp_path / "w", MODELS[-1]) as one:
        path = one.root / "gone.py"
        one.editor.faults.append(Fault(before=lambda: one.editor.overwrite(path, "old and typed\n")))
        with pytest.raises(StaleDocument):
            await one.sink.submit([FileChange(path, "gone.py", "old\n", "new\n")])
        assert one.editor.text(path) == "old and typed\n"


@every_model
async def test_an_edit_that_cuts_a_line_of_wider_characters_in_two_is_put_right(tmp_path: Path, model: Model) -> None:
    with scene(tmp_path / "w", model) as one:
        path = one.root / "gone.py"
        one.editor.overwrite(path, "first\nlast, without a line end")
        one.editor.faults.append(
            Fault(before=lambda: one.editor.type(path, 1, "é𝄞漢 é𝄞漢 é𝄞漢 é𝄞漢, typed just now\n"))
        )
        await one.sink.submit([FileChange(path, "gone.py", "first\nlast, without a line end", "first\nLAST")])
        assert one.editor.text(path) == "first\né𝄞漢 é𝄞漢 é𝄞漢 é𝄞漢, typed just now\nLAST"
