"""Changes of files through the App: recorded first, made, taken back around what the person typed, made again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from filelock import FileLock

from conduit.agent.permission import PermissionRequest
from conduit.app import App
from conduit.app.changes import Changes
from conduit.app.undoing import FileTexts, sentence_of
from conduit.compose import open_app
from conduit.edits.checkpoint import Kept
from conduit.edits.edit import EditSink, FileChange
from conduit.errors import EditRefused, PermissionDenied, SessionBusy, UserError
from conduit.messages.content import Text
from conduit.sessions.events import ChangeFinished, ChangeStarted, Event, Notice, TurnStarted
from conduit.sessions.paths import blobs_path, database_path
from fakes.editor import FakeEditor

BEFORE = "one\ntwo\nthree\n"
AFTER = "one\nTWO\nthree\n"


class AllowAll:
    """An approver that says yes."""

    async def ask(self, request: PermissionRequest) -> str:
        return "allow_once"


@dataclass
class Desk:
    """An App with an editor, and a session in it."""

    app: App
    editor: FakeEditor
    root: Path
    session: str
    reverted: list[tuple[str, list[str], list[FileTexts]]] = field(default_factory=list)

    @property
    def changes(self) -> Changes:
        return self.app.changes

    def changes_through(self, wrap: Callable[[EditSink], EditSink]) -> Changes:
        """Return the changes of the same session, where what makes them is wrapped."""
        parts = self.app._parts
        return Changes(replace(parts, edits=lambda *given: wrap(parts.edits(*given))), self.app._show)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_bytes(text.encode())
        return path

    def text(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()

    def buffer(self, name: str) -> str:
        document = self.editor.document(self.root / name)
        assert document is not None
        return document.text

    def change(self, name: str, before: str | None, after: str | None) -> FileChange:
        document = self.editor.document(self.root / name)
        return FileChange(self.root / name, name, before, after, document.version if document else None)

    async def make(self, *changes: FileChange, turn: str = "t1", cause: str = "turn") -> str:
        return (await self.changes.apply(self.session, turn, cause, changes)).change_id

    async def events(self, *kinds: type[Event]) -> list[Event]:
        return [each.event for each in await self.app.history(self.session) if isinstance(each.event, kinds)]


def environment(home: Path, rules: Sequence[object] = ()) -> dict[str, str]:
    script = home / "script.json"
    script.write_text(json.dumps({"rules": list(rules) or [{"reply": [{"text": "Hello."}]}]}))
    return {
        "HOME": str(home),
        "CONDUIT_STATE_DIR": str(home / "state"),
        "CONDUIT_CONFIG_DIR": str(home / "config"),
        "CONDUIT_DATA_DIR": str(home / "data"),
        "CONDUIT_SCRIPT": str(script),
        "CONDUIT_MODEL": "scripted/demo",
    }


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    root = tmp_path / "project"
    root.mkdir()
    editor = FakeEditor()
    app = await open_app([root], {}, editor, editor, AllowAll(), environ=environment(tmp_path))
    desk = Desk(app, editor, root, (await app.new_session(mode="auto")).id)

    async def note(session_id: str, ids: Sequence[str], texts: Sequence[FileTexts]) -> None:
        desk.reverted.append((session_id, list(ids), list(texts)))

    app.changes.on_reverted.append(note)
    yield desk
    await app.aclose()


async def test_a_change_is_recorded_before_and_after_and_its_texts_are_kept(desk: Desk):
    path = desk.write("a.py", BEFORE)
    path.chmod(0o751)
    seen: list[Event] = []
    desk.app.subscribe(lambda update: seen.append(update.event))
    applied = await desk.changes.apply(desk.session, "t1", "turn", [desk.change("a.py", BEFORE, AFTER)])
    assert desk.text("a.py") == AFTER
    assert "a.py" in applied.text
    started, finished = await desk.events(ChangeStarted, ChangeFinished)
    assert seen == [started, finished]
    assert (started.cause, started.turn_id, finished.applied) == ("turn", "t1", True)
    (state,) = started.files
    blobs = desk.app._parts.blobs
    assert (blobs.text(state.before), blobs.text(state.after)) == (BEFORE, AFTER)
    assert (state.name, state.codec, state.bom, state.mode, state.open) == ("a.py", "utf-8", False, 0o751, False)


async def test_a_change_that_the_editor_refuses_is_recorded_as_not_made(desk: Desk):
    desk.editor.open(desk.write("a.py", BEFORE), BEFORE)
    desk.editor.answers = [False]
    with pytest.raises(EditRefused):
        await desk.make(desk.change("a.py", BEFORE, AFTER))
    started, finished = await desk.events(ChangeStarted, ChangeFinished)
    assert started.files[0].open
    assert (finished.applied, "did not apply" in finished.detail) == (False, True)
    with pytest.raises(UserError, match="nothing to undo"):
        await desk.changes.undo(desk.session)


async def test_private_files_are_refused_before_anything_of_them_is_kept(desk: Desk):
    desk.write(".env", "KEY=secret")
    with pytest.raises(PermissionDenied):
        await desk.make(desk.change(".env", "KEY=secret", "KEY="))
    assert await desk.events(ChangeStarted) == []
    assert desk.app._parts.blobs.size().count == 0


async def test_undo_keeps_what_was_typed_later_in_open_and_closed_files_and_redo_makes_it_again(desk: Desk):
    desk.editor.open(desk.write("open.py", BEFORE), BEFORE)
    desk.write("closed.py", "a\r\nb\r\nc")
    change = await desk.make(
        desk.change("open.py", BEFORE, AFTER), desk.change("closed.py", "a\r\nb\r\nc", "a\r\nB\r\nc")
    )
    desk.editor.type(desk.root / "open.py", AFTER + "four\n")
    desk.write("closed.py", "# mine\r\na\r\nB\r\nc")
    coverage = await desk.changes.coverage(desk.session)
    assert [(file.name, file.verb, file.lines, file.since) for file in coverage.files] == [
        ("open.py", "edit", 1, 1),
        ("closed.py", "edit", 1, 1),
    ]
    assert "would take back" in sentence_of(coverage)
    assert desk.buffer("open.py") == AFTER + "four\n"
    done = await desk.changes.undo(desk.session)
    assert desk.buffer("open.py") == BEFORE + "four\n"
    assert desk.text("open.py") == BEFORE
    assert desk.text("closed.py") == "# mine\r\na\r\nb\r\nc"
    assert desk.reverted.pop() == (
        desk.session,
        [change],
        [
            FileTexts(desk.root / "open.py", AFTER + "four\n", BEFORE + "four\n"),
            FileTexts(desk.root / "closed.py", "# mine\r\na\r\nB\r\nc", "# mine\r\na\r\nb\r\nc"),
        ],
    )
    (said,) = await desk.events(Notice)
    assert said.text == sentence_of(done)
    assert "Took back the changes of 2 files" in said.text
    for _ in range(2):
        await desk.changes.redo(desk.session)
        assert desk.buffer("open.py") == AFTER + "four\n"
        assert desk.text("closed.py") == "# mine\r\na\r\nB\r\nc"
        assert desk.reverted[-1][1] == [done.change_id]
        done = await desk.changes.undo(desk.session)
        assert desk.buffer("open.py") == BEFORE + "four\n"
        assert desk.text("closed.py") == "# mine\r\na\r\nb\r\nc"
        assert desk.reverted[-1][1] == [change]


async def test_lines_that_were_changed_too_stay_and_are_reported(desk: Desk):
    desk.write("a.py", BEFORE)
    await desk.make(desk.change("a.py", BEFORE, "ONE\nTWO\nthree\n"))
    desk.write("a.py", "ONE\nTWO!\nthree\n")
    done = await desk.changes.undo(desk.session)
    assert desk.text("a.py") == "one\nTWO!\nthree\n"
    assert [file.kept for file in done.files] == [(Kept(1, 2),)]
    assert "Line 2 of a.py stayed, since they were changed later." in sentence_of(done)


async def test_when_nothing_can_be_taken_back_that_is_said_and_nothing_happens(desk: Desk):
    desk.write("a.py", BEFORE)
    await desk.make(desk.change("a.py", BEFORE, AFTER))
    desk.write("a.py", "one\nmine\nthree\n")
    with pytest.raises(UserError, match=r"Nothing of this turn can be taken back\. Line 2 of a\.py stayed"):
        await desk.changes.undo(desk.session)
    (desk.root / "a.py").unlink()
    with pytest.raises(UserError, match=r"not there any more"):
        await desk.changes.undo(desk.session)
    assert len(await desk.events(ChangeStarted)) == 1


async def test_what_was_taken_back_by_hand_counts_as_undone(desk: Desk):
    desk.write("a.py", BEFORE)
    await desk.make(desk.change("a.py", BEFORE, AFTER))
    desk.write("a.py", BEFORE)
    assert "so already" in sentence_of(await desk.changes.undo(desk.session))
    with pytest.raises(UserError, match="nothing to undo"):
        await desk.changes.undo(desk.session)


async def test_turns_are_undone_the_newest_first_or_by_name(desk: Desk):
    desk.write("a.py", BEFORE)
    await desk.make(desk.change("a.py", BEFORE, AFTER), turn="t1")
    await desk.make(desk.change("a.py", AFTER, AFTER + "four\n"), turn="t2")
    await desk.make(desk.change("a.py", AFTER + "four\n", AFTER + "four\nfive\n"), turn="t2")
    assert (await desk.changes.undo(desk.session, "t1")).turn_id == "t1"
    assert desk.text("a.py") == BEFORE + "four\nfive\n"
    assert (await desk.changes.undo(desk.session)).turn_id == "t2"
    assert desk.text("a.py") == BEFORE
    with pytest.raises(UserError, match="nothing to undo"):
        await desk.changes.undo(desk.session)
    assert (await desk.changes.redo(desk.session)).turn_id == "t2"
    assert (await desk.changes.redo(desk.session)).turn_id == "t1"
    assert desk.text("a.py") == AFTER + "four\nfive\n"
    with pytest.raises(UserError, match=r"turn t9 has no change"):
        await desk.changes.undo(desk.session, "t9")


async def test_an_undo_plans_anew_when_the_person_types_in_the_same_lines_meanwhile(desk: Desk):
    document = desk.editor.open(desk.write("a.py", BEFORE), BEFORE)
    await desk.make(desk.change("a.py", BEFORE, "ONE\nTWO\nthree\n"))

    class TypesFirst:
        """Types right before the change is made, the first time."""

        def __init__(self, sink: EditSink) -> None:
            self.sink = sink

        async def submit(self, changes: Sequence[FileChange]) -> str:
            if "typed" not in document.text:
                desk.editor.type(desk.root / "a.py", "ONE\nTWO typed\nthree\nfour\n")
            return await self.sink.submit(changes)

    done = await desk.changes_through(TypesFirst).undo(desk.session)
    assert document.text == "one\nTWO typed\nthree\nfour\n"
    assert [file.kept for file in done.files] == [(Kept(1, 2),)]
    assert [each.applied for each in await desk.events(ChangeFinished)] == [True, False, True]


async def test_undo_is_refused_while_a_turn_runs_and_the_model_is_told_of_it_later(tmp_path: Path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "a.py").write_text(BEFORE)
    edit = {"path": "a.py", "old_text": "two", "new_text": "TWO"}
    rules = [
        {"when": {"user": "^edit", "round": 0}, "reply": [{"call": "edit_file", "arguments": edit}]},
        {"when": {"user": "^hold"}, "reply": [{"text": "I hold"}, {"hold": True}]},
        {"reply": [{"text": "Done."}]},
    ]
    editor = FakeEditor()
    app = await open_app([root], {}, editor, editor, AllowAll(), environ=environment(tmp_path, rules))
    session = (await app.new_session(mode="auto")).id
    turn = await app.prompt(session, [Text(text="edit it")])
    assert (root / "a.py").read_text() == AFTER
    running = asyncio.Event()
    app.subscribe(lambda update: running.set() if isinstance(update.event, TurnStarted) else None)
    holding = asyncio.create_task(app.prompt(session, [Text(text="hold on")]))
    await asyncio.wait_for(running.wait(), 20)
    with pytest.raises(SessionBusy):
        await app.changes.undo(session)
    await app.cancel(session)
    await holding
    assert (await app.changes.undo(session)).turn_id == turn.turn_id
    assert (root / "a.py").read_text() == BEFORE
    for told in (True, False):  # once, and not again
        await app.prompt(session, [Text(text="go on")])
        newest = [each.message for each in await app.conversation(session) if each.message.role == "user"][-1]
        assert ("took back your changes of a.py" in newest.text) is told
    await app.changes.redo(session)
    await app.prompt(session, [Text(text="go on")])
    newest = [each.message for each in await app.conversation(session) if each.message.role == "user"][-1]
    assert "brought your changes of a.py back" in newest.text
    await app.changes.undo(session)
    await app.changes.redo(session)
    assert await app.changes.news(session) == ""
    assert await app.changes.find_session() == session
    with pytest.raises(UserError, match="nothing to redo"):
        await app.changes.find_session("redo")
    await app.aclose()


async def test_a_cancelled_change_is_recorded_as_what_came_of_it(desk: Desk):
    desk.write("a.py", BEFORE)
    making = asyncio.create_task(desk.make(desk.change("a.py", BEFORE, AFTER)))
    desk.app.subscribe(lambda update: making.cancel() if isinstance(update.event, ChangeStarted) else None)
    with pytest.raises(asyncio.CancelledError):
        await making
    (finished,) = await desk.events(ChangeFinished)
    assert desk.text("a.py") == (AFTER if finished.applied else BEFORE)


async def test_a_cancelled_change_does_not_wait_for_an_editor_that_is_silent(desk: Desk):
    desk.editor.open(desk.write("a.py", BEFORE), BEFORE)
    asked = asyncio.Event()

    class Silent:
        def __init__(self, sink: object) -> None:
            pass

        async def submit(self, changes: Sequence[FileChange]) -> str:
            asked.set()
            return await asyncio.get_running_loop().create_future()

    changes = desk.changes_through(Silent)
    making = asyncio.create_task(changes.apply(desk.session, "t1", "turn", [desk.change("a.py", BEFORE, AFTER)]))
    await asyncio.wait_for(asked.wait(), 20)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(making, 20)
    (finished,) = await desk.events(ChangeFinished)
    assert not finished.applied


async def test_an_undo_waits_for_the_change_that_is_being_made(desk: Desk):
    desk.editor.open(desk.write("a.py", BEFORE), BEFORE)
    asked, answered = asyncio.Event(), asyncio.Event()

    @dataclass
    class Slow:
        sink: EditSink

        async def submit(self, changes: Sequence[FileChange]) -> str:
            asked.set()
            await answered.wait()
            return await self.sink.submit(changes)

    changes = desk.changes_through(Slow)
    making = asyncio.create_task(changes.apply(desk.session, "t1", "turn", [desk.change("a.py", BEFORE, AFTER)]))
    await asyncio.wait_for(asked.wait(), 20)
    looking = asyncio.create_task(changes.coverage(desk.session))
    assert await asyncio.wait({looking}, timeout=0.3) == (set(), {looking})
    answered.set()
    await asyncio.wait_for(making, 20)
    assert [file.name for file in (await asyncio.wait_for(looking, 20)).files] == ["a.py"]


async def test_another_process_that_changes_files_for_the_session_comes_first(desk: Desk):
    desk.write("a.py", BEFORE)
    folder = desk.app._parts.blobs.folder.parent / "changing"
    await desk.make(desk.change("a.py", BEFORE, AFTER))
    started = (await desk.events(ChangeStarted))[0].model_copy(update={"change_id": "chg_other"})
    await desk.app._parts.store.append(desk.session, started)
    with FileLock(folder / f"{desk.session}.lock", thread_local=False):
        await desk.changes.recover(desk.session)  # that is being made just now: it is not touched
        assert len(await desk.events(ChangeFinished)) == 1
    await desk.changes.recover(desk.session)
    assert [each.applied for each in await desk.events(ChangeFinished)] == [True, True]


async def test_nothing_of_a_file_is_in_the_log_or_the_database(desk: Desk, tmp_path: Path):
    desk.write("a.py", "the secret text\n")
    await desk.make(desk.change("a.py", "the secret text\n", "the other text\n"))
    await desk.changes.undo(desk.session)
    await desk.app.aclose()
    database = database_path(tmp_path / "state", desk.root)
    assert blobs_path(database).is_dir()
    for path in (tmp_path / "state").rglob("*"):
        assert not path.is_file() or b"secret text" not in path.read_bytes(), path
