"""A person, an editor, other programs and a model that change the same few files, over a real App, store and disk."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.kernel_text import Writer, lines_of, words_of, wrong_places
from conduit.agent.permission import PermissionRequest
from conduit.app import App
from conduit.app.selection import Selection
from conduit.compose import open_app
from conduit.edits.edit import FileChange
from conduit.errors import ToolError, UserError
from conduit.lsp.applier import EditorApplier
from conduit.workspace.document import split_lines
from conduit.workspace.events import FileEvent
from fakes.model_editors import Fault, Model, ModelEditor

KINDS = (("one.txt", 9, "\n", True), ("two.txt", 7, "\r\n", True), ("sub/three.txt", 6, "\n", False))


class AllowAll:
    """An approver that says yes."""

    async def ask(self, request: PermissionRequest) -> str:
        return "allow_once"


class World:
    """One App with one editor; `begin` empties the folder and starts a new session."""

    def __init__(self, home: Path, model: Model) -> None:
        self.home, self.model, self.root = home, model, home / "project"
        self.root.mkdir(parents=True)
        self.runner = asyncio.Runner()
        self.counts: Counter[str] = Counter()
        self.editor = ModelEditor(model)
        self.app = self.run(self._open())

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(what)

    async def _open(self) -> App:
        script = self.home / "script.json"
        script.write_text(json.dumps({"rules": [{"reply": [{"text": "Hello."}]}]}))
        names = ("STATE", "CONFIG", "DATA")
        environ = {f"CONDUIT_{name}_DIR": str(self.home / name.lower()) for name in names}
        environ |= {"HOME": str(self.home), "CONDUIT_SCRIPT": str(script), "CONDUIT_MODEL": "scripted/demo"}
        applier = EditorApplier(self.editor, arrival_s=0.02, rest_s=0.01)
        return await open_app([self.root], {}, self.editor.documents, applier, AllowAll(), environ=environ)

    def close(self) -> None:
        self.run(self.app.aclose())
        self.runner.close()

    def begin(self) -> None:
        """Start anew, with three files."""
        for uri in list(self.editor.buffers):
            self.close_document(Path(uri.removeprefix("file://")))
        for path in list(self.root.iterdir()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.writer = Writer()
        self.mine: set[str] = set()
        self.swapped: defaultdict[str, set[str]] = defaultdict(set)
        self.twice: set[str] = set()
        self.turns: list[str] = []
        self.away: dict[Path, bytes] = {}
        self.last = ""
        self.over_conflict = False
        self.editor.faults.clear()
        self.editor.told.clear()
        for name, lines, end, closed in KINDS:
            self.put(self.root / name, self.writer.new(lines, end, closed=closed))
        self.session = self.run(self.app.new_session(mode="review")).id

    # -- what is there ----------------------------------------------------------------------------------------------

    def put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def disk(self, path: Path) -> str | None:
        return path.read_bytes().decode() if path.is_file() else None

    def texts(self) -> dict[Path, str]:
        """Return what the person has: buffers over the disk, without what a change keeps while it lasts."""
        files = (path for path in self.root.rglob("*") if path.is_file() and ".conduit-" not in path.name)
        found = {path: path.read_bytes().decode() for path in files}
        shown = {Path(uri.removeprefix("file://")): document.text for uri, document in self.editor.buffers.items()}
        return {**found, **shown}

    def state(self) -> tuple[dict[Path, str], dict[Path, str | None]]:
        texts = self.texts()
        return texts, {path: self.disk(path) for path in texts}

    def dirty(self, path: Path) -> bool:
        text = self.editor.text(path)
        return text is not None and text != self.disk(path)

    # -- the person -------------------------------------------------------------------------------------------------

    def words(self) -> Counter[str]:
        """Return how often each word of the person is in what they have."""
        return Counter(word for text in self.texts().values() for word in words_of(text, "p"))

    @contextmanager
    def by_hand(self) -> Iterator[None]:
        """The person, or a program that they run, may take any word away; one that comes is theirs."""
        before = self.words()
        yield
        after = self.words()
        self.mine |= set(after - before)
        self.mine -= set(before - after)

    @contextmanager
    def by_conduit(self, may_go: Collection[str] = (), turns: Collection[str] = ()) -> Iterator[set[str]]:
        """What is changed for the person takes no word away but these, or those that a change of `turns` swapped.

        What the person types meanwhile counts as what they did before; add to what is given here when more may go.
        """
        self.mine = set(self.words())
        allowed = set(may_go)
        yield allowed
        words = set(self.words())
        for turn in turns:
            allowed |= self.swapped[turn]
        lost = sorted(self.mine - words - allowed)
        assert not lost, (self.last, lost, self.texts())
        for turn in turns:
            self.swapped[turn] |= self.mine ^ words
        self.mine = words

    def type(self, chance: random.Random, path: Path, *, deletes: bool = True) -> None:
        if self.editor.text(path) is None:
            if not path.is_file():
                return
            self.editor.open(path)
        text = self.editor.text(path) or ""
        with self.by_hand():
            self.editor.overwrite(path, self.writer.changed(chance, text, "p", deletes=deletes))

    def close_document(self, path: Path) -> None:
        self.editor.buffers.pop(path.as_uri())
        self.editor.documents.close(path.as_uri())

    def save(self, path: Path) -> None:
        self.put(path, self.editor.text(path) or "")

    def outside(self, chance: random.Random, path: Path) -> None:
        """Another program changes a file; an editor takes that up where nothing is unsaved."""
        if self.dirty(path):
            text = self.disk(path)
            if text is not None:
                self.put(path, self.writer.changed(chance, text, "m", deletes=False))
            return
        text = self.writer.changed(chance, self.texts()[path], "p", deletes=True)
        with self.by_hand():
            self.put(path, text)
            if self.editor.text(path) is not None:
                self.editor.overwrite(path, text)

    def rename(self, path: Path) -> None:
        """The person renames a file in the editor."""
        target = path.with_name(f"r{self.writer.next()}.txt")
        if not path.is_file():
            return
        self.editor._move(path, target)
        self.run(self.app.reviews.follow([FileEvent(path, "moved", target)]))

    def switch(self) -> None:
        """Another branch: a closed file goes, or all that went come back."""
        if self.away:
            for path, data in self.away.items():
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
            self.away = {}
        else:
            closed = [path for path in self.texts() if self.editor.text(path) is None]
            self.away = {path: path.read_bytes() for path in closed[:1]}
            for path in self.away:
                path.unlink()

    def restart(self) -> None:
        """The server ends, and another one is started in the same editor."""
        self.run(self.app.aclose())
        shown = {uri: document.text for uri, document in self.editor.buffers.items()}
        self.editor = ModelEditor(self.model)
        for uri, text in shown.items():
            self.editor.open(Path(uri.removeprefix("file://")), text)
        self.app = self.run(self._open())

    # -- the model --------------------------------------------------------------------------------------------------

    async def proposal(self, chance: random.Random, *, staged: bool) -> list[FileChange]:
        """Return changes of one to three files, made of what tools read."""
        pending = await self.app.reviews.of(self.session)
        files = self.app.workspace.with_overlay(pending if staged else None)
        names = [path for path in sorted((await files.list_files()).names) if path.endswith(".txt")]
        changes: list[FileChange] = []
        for name in chance.sample(names, min(len(names), chance.randint(1, 3))):
            reading = await files.read(name)
            kind = chance.random()
            after: str | None = self.writer.changed(chance, reading.text, "m", deletes=True, steps=5)
            moved = None
            if kind < 0.06:
                after = None
            elif kind < 0.14:
                moved = f"m{self.writer.next()}.txt"
                after = after if chance.random() < 0.5 else reading.text
            change = FileChange(
                reading.path,
                reading.name,
                reading.text,
                after,
                reading.version,
                moved_to=self.root / moved if moved else None,
                moved_name=moved or "",
            )
            if change.before != change.after or moved:
                changes.append(change)
        if chance.random() < 0.12:
            path = self.root / f"n{self.writer.next()}.txt"
            changes.append(FileChange(path, path.name, None, self.writer.new(chance.randint(1, 4))))
        return changes

    def new_turn(self) -> str:
        self.turns.append(f"t{self.writer.next()}")
        return self.turns[-1]

    def disturb(self, chance: random.Random) -> None:
        """Let the person type just when the editor is asked, or let the editor fail, sometimes."""
        self.editor.faults.clear()
        paths = sorted(path for path in self.texts() if self.editor.text(path) is not None)
        if not paths or chance.random() < 0.6:
            return

        def types() -> None:
            path = chance.choice(paths)
            if self.editor.text(path) is not None and path.is_file():  # not in one that has just gone away
                self.type(chance, path)

        kind = chance.random()
        if kind < 0.4:
            fault = Fault(before=types)
        elif kind < 0.6:
            fault = Fault(after=types)
        elif kind < 0.75:
            fault = Fault(at=chance.randint(0, 2))
        elif kind < 0.85:
            fault = Fault(skipped=chance.randint(0, 2))
        elif kind < 0.95:
            fault = Fault(errors=True)
        else:
            fault = Fault(lies=True)
        self.editor.faults.append(fault)

    def attempt(self, name: str, what: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Do something that may be refused with a clear sentence; None when it was."""
        shown = [path for path in self.texts() if self.editor.text(path) is not None and path.is_file()]
        try:
            result = self.run(what())
        except (UserError, ToolError) as error:
            self.counts[f"{name} refused"] += 1
            self.last = f"{name}: {type(error).__name__}: {error}"
            return None
        finally:
            self.editor.faults.clear()
            if not self.model.operations:  # the person was told that these are still open, and closes them
                for path in shown:
                    if not path.is_file() and self.editor.text(path) is not None:
                        self.close_document(path)
        self.counts[name] += 1
        self.last = name
        return result

    # -- what must hold ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        texts = self.texts()
        for path, text in texts.items():
            self.writer.shake(text)
            assert not (wrong := self._wrong(text)), (path.name, wrong, text)
        words = self.words()
        assert set(words) == self.mine, (self.last, sorted(self.mine ^ set(words)), texts)
        twice = sorted(word for word, times in words.items() if times > 1)
        assert not twice, (twice, texts)
        self.run(self._check_pending(texts))

    def _wrong(self, text: str) -> list[str]:
        found, lines = wrong_places(text, self.writer), lines_of(text)
        # A line that was taken back, made again, or taken over a conflict, beside the same line in other words.
        if (self.last in ("undone", "redone") or self.over_conflict) and len(set(lines)) == len(lines):
            self.twice |= {one for one in found if one.startswith("twice")}
        return [one for one in found if one not in self.twice]

    async def _check_pending(self, texts: dict[Path, str]) -> None:
        for file in await self.app.reviews.of(self.session):
            base = texts.get(file.path)
            if base is None:
                continue
            assert file.base == base, (file.name, file.base, base)
            lines, behind = split_lines(base), 0
            for hunk in file.hunks:
                if hunk.kind != "edit":
                    continue
                assert hunk.line >= behind, (file.name, file.hunks)
                assert "".join(lines[hunk.line : hunk.end]) == hunk.old, (file.name, hunk, base)
                behind = hunk.end
            if file.text is not None:
                self.writer.shake(file.text)
                assert not (wrong := self._wrong(file.text)), (file.name, wrong, file)

    def waiting(self, selection: Selection | None = None) -> list[Any]:
        return list(self.run(self.app.reviews.hunks(self.session, selection)))
