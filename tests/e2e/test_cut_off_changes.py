"""A server that is killed in the middle of a change of several files: afterwards all of it is there, or nothing."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient
from e2e.harness import Bench, chat, new_session
from e2e.kill_server import BEFORE_THE_CHANGE_IS_TOLD, BETWEEN_FILES

FILES = {"a.py": "one = 1\n", "b.py": "\ufeffport = 80\r\n", "gone.py": "old = True\n", "old/name.py": "x = 1\n"}
AFTER = {"a.py": "one = 2\n", "b.py": "\ufeffport = 81\r\n", "new.py": "made = True\n", "new/name.py": "x = 2\n"}
TEXTS = {
    "b.py": "port = 81\r\n",
    "new.py": "made = True\n",
    "gone.py": None,
    "old/name.py": "x = 2\n",
    "a.py": "one = 2\n",
}


async def allow(params: dict[str, Any]) -> str:
    return "allow_always"


def changes(*, opened: bool) -> dict[str, object]:
    """Return what the model does: all changes in one call."""
    # What is open is changed first, so that the editor has to take it back.
    texts = {"a.py": AFTER["a.py"] + "# unsaved\n", **{name: TEXTS[name] for name in TEXTS if name != "a.py"}}
    texts = texts if opened else TEXTS
    call = {"call": "change_files", "arguments": {"texts": texts, "moves": {"old/name.py": "new/name.py"}}}
    return {"when": {"user": "change", "round": 0}, "reply": [call]}


def files(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in root.rglob("*") if path.is_file()}


async def killed(bench: Bench, *point: str, opened: bool) -> tuple[str, str | None]:
    """Run a turn that changes all files in a server that dies at `point`; return the session and a.py's buffer."""
    bench.script(changes(opened=opened), {"reply": [{"text": "Done."}]})
    for name, text in FILES.items():
        bench.write(name, text)
    command = [sys.executable, str(Path(__file__).with_name("kill_server.py")), *point]
    async with await bench.start(command=command, permit=allow) as editor:
        if opened:
            await editor.open(bench.root / "a.py", FILES["a.py"] + "# unsaved\n")
        session = await new_session(editor, bench.root, mode="auto")
        with pytest.raises(ConnectionError):
            await chat(editor, session, "change them")
        assert await editor.wire.wait() == -signal.SIGKILL
        buffer = editor.document((bench.root / "a.py").as_uri()).text if opened else None
    return session, buffer


async def loaded(bench: Bench, editor: EditorClient, session: str, buffer: str | None) -> dict[str, str]:
    """Load the session in an editor that still has its buffer; return the files as the person sees them."""
    if buffer is not None:
        await editor.open(bench.root / "a.py", buffer)
    await editor.request("conduit/session/load", {"sessionId": session})
    seen = files(bench.root)
    if buffer is not None:
        seen["a.py"] = editor.document((bench.root / "a.py").as_uri()).text
    return seen


def expected(texts: dict[str, str], opened: bool) -> dict[str, str]:
    return {**texts, "a.py": texts["a.py"] + "# unsaved\n"} if opened else texts


@pytest.mark.parametrize("opened", [False, True], ids=["closed", "one open"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
async def test_killed_between_two_files_everything_is_put_back(bench: Bench, count: int, opened: bool) -> None:
    session, buffer = await killed(bench, BETWEEN_FILES, str(count), opened=opened)
    async with await bench.start() as editor:
        seen = await loaded(bench, editor, session, buffer)
        assert seen == expected(AFTER if count == len(TEXTS) else FILES, opened)
        shown = [each["update"] for each in editor.seen.updates if each["update"]["sessionUpdate"] == "change"]
        assert [each["status"] for each in shown] == ["started", "applied" if count == len(TEXTS) else "failed"]
        assert await editor.shutdown() == 0


@pytest.mark.parametrize("opened", [False, True], ids=["closed", "one open"])
async def test_killed_before_the_outcome_the_change_counts_and_can_be_undone(bench: Bench, opened: bool) -> None:
    session, buffer = await killed(bench, BEFORE_THE_CHANGE_IS_TOLD, opened=opened)
    async with await bench.start() as editor:
        assert await loaded(bench, editor, session, buffer) == expected(AFTER, opened)
        await editor.request("conduit/session/undo", {"sessionId": session})
        seen = files(bench.root)
        if opened:
            seen["a.py"] = editor.document((bench.root / "a.py").as_uri()).text
        assert seen == expected(FILES, opened)
        assert await editor.shutdown() == 0


async def test_what_somebody_changed_after_the_kill_is_left_alone_and_named(bench: Bench) -> None:
    session, _ = await killed(bench, BETWEEN_FILES, "2", opened=False)
    bench.write("new.py", "mine\n")
    async with await bench.start() as editor:
        assert await loaded(bench, editor, session, None) == {**FILES, "new.py": "mine\n"}
        notices = [each["update"] for each in editor.seen.updates if each["update"]["sessionUpdate"] == "notice"]
        (said,) = [each["text"] for each in notices]
        assert said == (
            "A change of files was cut off. b.py was put back to what it was. "
            "new.py was changed by somebody else, and was left alone."
        )
        assert await editor.shutdown() == 0
