"""ApplyAtOnce: one plan is one transaction, whatever it touches. What is open goes through the editor, else to disk.

Everything is looked at first. Then the editor is asked, in one edit, because it is what may refuse, and then the disk
is changed, all of it or nothing. What fails takes back what was done before it, and keeps what was typed meanwhile.
A change is made against a text, and the text decides whether it is stale, never a date. Whoever keeps a log writes the
intent before `submit` is called: a process that is killed leaves the disk before its changes or after them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from conduit.edits.caution import cautions
from conduit.edits.edit import Applier, FileChange, HalfApplied, NoSaver, Saver
from conduit.edits.overwritten import OnOverwritten
from conduit.edits.planning import Plan, Planner
from conduit.edits.take_back import TakeBack
from conduit.errors import EditRefused, PartlyApplied, StaleDocument, ToolError
from conduit.sandbox.confine import Door
from conduit.workspace.workspace import Workspace

_log = logging.getLogger(__name__)

_LABEL = "Conduit"

ANSWER_S = 60.0
"""How long an editor may take to answer when it does not ask the person."""


class ApplyAtOnce:
    """The `EditSink` of a session whose edits are not collected."""

    def __init__(
        self,
        workspace: Workspace,
        door: Door,
        applier: Applier,
        saver: Saver | None = None,
        *,
        label: str = _LABEL,
        answer_s: float = ANSWER_S,
        on_overwritten: OnOverwritten = lambda found: None,
    ) -> None:
        """`saver` saves what was saved before; `label` names the edits in the editor's undo.

        `on_overwritten` is told of lines that an edit went over and that could not be put back.
        """
        self._workspace = workspace
        self._door = door
        self._applier = applier
        self._saver = saver or NoSaver()
        self._label = label
        self._answer_s = answer_s
        self._on_overwritten = on_overwritten

    async def submit(self, changes: Sequence[FileChange]) -> str:
        """Apply all of `changes` or none; see `EditSink` for what it raises.

        Cancelled while the editor is asked, nothing is applied: what the editor does all the same is taken back.
        Cancelled later, all is applied.

        Raises:
            PartlyApplied: it failed, and some files could not be put back.
        """
        transaction = _Transaction(
            self._workspace, self._door, self._applier, self._saver, self._label, self._answer_s, tuple(changes)
        )
        transaction.on_overwritten = self._on_overwritten
        running = asyncio.create_task(transaction.run())
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            transaction.abandoned.set()
            await asyncio.wait({running})
            if not running.cancelled() and running.exception() is not None:
                _log.info("a cancelled change ended so: %s", running.exception())
            raise


class _Transaction:
    on_overwritten: OnOverwritten

    def __init__(
        self,
        workspace: Workspace,
        door: Door,
        applier: Applier,
        saver: Saver,
        label: str,
        answer_s: float,
        changes: Sequence[FileChange],
    ) -> None:
        self.abandoned = asyncio.Event()
        self._workspace = workspace
        self._door = door
        self._applier = applier
        self._saver = saver
        self._label = label
        self._answer_s = answer_s
        self._changes = changes
        self._follower: asyncio.Task[None] | None = None

    async def run(self) -> str:
        """Carry the changes out and return what to say of it."""
        plan = await self._through_editor()
        try:
            self._refuse_opened(plan)
            await asyncio.to_thread(self._door.carry_out, plan.disk)
        except ToolError as error:
            raise await self._taken_back(plan, plan.opened, error) from error
        _let_go(plan)
        saved = {change.path for change in plan.opened if await self._saved(plan, change)}
        sentences = [_in_editor(change, saved=change.path in saved) for change in plan.opened]
        sentences += [_on_disk(change) for change in plan.closed]
        for change in (one for one in plan.left_open if one.before is not None):
            sentences.append(sentence := _left_open(change))
            self._applier.tell(sentence)
        return " ".join(sentences)

    async def _through_editor(self) -> Plan:
        """Plan, and have the editor do its part; once more when the person typed in just that moment."""
        planner = Planner(self._workspace, self._door, self._applier.operations)
        plan = await planner.plan(self._changes)
        try:
            await self._ask_editor(plan)
        except StaleDocument:
            plan = await planner.plan(self._changes)
            await self._ask_editor(plan)
        return plan

    async def _ask_editor(self, plan: Plan) -> None:
        """Have the editor do its part, all of it or nothing.

        Raises:
            StaleDocument, EditRefused: nothing of it is there.
            PartlyApplied: not all of it could be taken back.
        """
        self._stop_when_abandoned()
        if not plan.opened:
            return
        await asyncio.to_thread(self._keep, plan)
        asking = asyncio.create_task(self._applier.apply(plan.opened, self._label))
        if not await self._answered(plan, asking):
            _let_go(plan)  # nobody knows for how long; what is deleted later all the same is written again
            self._follower = asyncio.create_task(self._follow(plan, asking))
            self._stop_when_abandoned()
            raise EditRefused("The editor did not answer, so the change was given up; nothing was changed.")
        try:
            asking.result()
        except HalfApplied as error:
            failure = await self._taken_back(plan, error.landed, error)
            moved_on = next((change for change in plan.opened if self._moved_on(change)), None)
            if moved_on is None or isinstance(failure, PartlyApplied):
                raise failure from error
            raise StaleDocument(moved_on.name, f"version {moved_on.version}", "another text") from error
        except ToolError:
            _let_go(plan)
            raise

    async def _answered(self, plan: Plan, asking: asyncio.Task[None]) -> bool:
        """Wait for the editor; False when nobody waits for it any more."""
        leaving = asyncio.create_task(self.abandoned.wait())
        # A person who is asked to confirm may take all the time they want.
        patience_s = None if cautions(plan.opened) else self._answer_s
        try:
            await asyncio.wait({asking, leaving}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
        return asking.done()

    def _keep(self, plan: Plan) -> None:
        """Hold on to the files that the editor is to delete."""
        for change in plan.opened:
            on_disk = plan.before.get(change.path)
            if change.verb == "delete" and on_disk is not None:
                place = self._workspace.place_of(change.path)
                try:
                    plan.kept[change.path] = self._door.keep(place.root, place.relative, on_disk.sha256)
                except ToolError:
                    _let_go(plan)
                    raise

    async def _follow(self, plan: Plan, asking: asyncio.Task[None]) -> None:
        """Wait for an answer that nobody waits for any more, and take back what comes with it."""
        landed: Sequence[FileChange] = plan.opened
        try:
            await asking
        except HalfApplied as error:
            landed = error.landed
        except ToolError:
            _let_go(plan)
            return
        left = await self._take_back(plan, landed)
        _let_go(plan)
        names = ", ".join(dict.fromkeys(change.name for change in landed))
        if left:
            self._applier.tell(
                f"The editor changed {names} after the change had been given up, and {', '.join(left)} could not be "
                "put back, because the text was changed there since."
            )
        else:
            _log.warning("a change of %s came after it had been given up; it was taken back", names)

    async def _taken_back(self, plan: Plan, landed: Sequence[FileChange], error: Exception) -> ToolError:
        """Take back what has landed, and return what is to be raised for `error`."""
        left = list(error.left) if isinstance(error, PartlyApplied) else []
        if not landed and isinstance(error, ToolError):
            return error
        stays = await self._take_back(plan, landed)
        _let_go(plan)
        back = [change.name for change in landed if change.name not in stays]
        message = str(error)
        if back:
            message += f" The change of {', '.join(dict.fromkeys(back))} in the editor was taken back."
        if stays:
            message += f" But the change of {', '.join(stays)} was applied in the editor before that and stays there."
        if not stays and not left:
            return EditRefused(message)
        self._applier.tell(message)
        return PartlyApplied(message, [*left, *stays])

    async def _take_back(self, plan: Plan, landed: Sequence[FileChange]) -> list[str]:
        """Take back what has landed; return the names of the files that are not as they were."""
        way = TakeBack(self._workspace, self._door, self._applier, plan)
        left = await way.run(landed)
        if found := way.overwritten():
            self.on_overwritten(found)
            names = ", ".join(dict.fromkeys(one.name for one in found))
            self._applier.tell(f"An edit of {names} went over what you typed just then. It waits as a proposed change.")
        return left

    def _refuse_opened(self, plan: Plan) -> None:
        """A file that was opened, or typed in, in the editor since it was looked at is the editor's now."""
        known = {change.path: change for change in plan.left_open}
        for change in plan.closed:
            for path, name in ((change.path, change.name), (change.new_path, change.new_name)):
                document = self._workspace.document(path)
                if document is not None and path not in known:
                    raise StaleDocument(name, "a closed file", f"open, at version {document.version}")
                shown = change.after if path in known and change.before is None else change.before
                if document is not None and path == change.path and document.text != (shown or ""):
                    raise StaleDocument(name, "an earlier text", f"version {document.version}")

    async def _saved(self, plan: Plan, change: FileChange) -> bool:
        """Save a document that was saved before; one that was not is the person's to save."""
        if change.verb == "delete" or change.path not in plan.clean:
            return False
        return await self._saver.save(change.new_path)

    def _moved_on(self, change: FileChange) -> bool:
        document = self._workspace.document(change.path)
        return document is not None and document.text != (change.before or "")

    def _stop_when_abandoned(self) -> None:
        if self.abandoned.is_set():
            raise EditRefused("The change was given up; nothing was changed.")


def _let_go(plan: Plan) -> None:
    while plan.kept:
        plan.kept.popitem()[1].close()


def _in_editor(change: FileChange, *, saved: bool) -> str:
    if change.verb == "delete":
        return f"Deleted {change.name} in the editor."
    done = f"Applied to {change.name} in the editor"
    if change.verb == "move":
        done = f"Moved {change.name} to {change.new_name} in the editor"
        if change.before == change.after:
            return f"{done}."
    return f"{done} and saved." if saved else f"{done}; it is unsaved."


def _on_disk(change: FileChange) -> str:
    if change.verb == "move":
        return f"Moved {change.name} to {change.new_name}."
    verbs = {"create": "Created", "delete": "Deleted", "edit": "Wrote"}
    return f"{verbs[change.verb]} {change.name}."


def _left_open(change: FileChange) -> str:
    gone = "deleted" if change.verb == "delete" else f"moved to {change.new_name}"
    return f"{change.name} was {gone} on disk, but is still open in the editor: saving it there would bring it back."
