"""Turns that wait for something, each in one of the situations in which a person may stop them."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from conduit.lsp.client import EditorClient
from conduit.sessions.paths import DATABASE_NAME
from e2e.harness import Bench, chat, new_session

MODEL = "for the model"
TOOL = "inside a tool"
PERMISSION = "for the person"
EDITOR = "for the editor"
STALLED = "with a client that does not read"
SITUATIONS = (MODEL, TOOL, PERMISSION)

_FILES = 1000
_LINE = "the quick brown fox jumps over the lazy dog and comes back for more\n"
# No line has it, and to see that is much work for every one of them: some 20 s for all the files.
_SEARCH = {"query": r"(?:\w+\W+){5,30}\d", "regex": True}
_PIECES = [f"{number:06} " + "x" * 93 for number in range(20_000)]
_EDIT = {"path": "open.py", "old_text": "red", "new_text": "blue"}


def prepare(bench: Bench, *, long_answer: bool = False) -> None:
    """Write the script and the project; what is searched is large, and one file on the disk."""
    bench.script(
        {"when": {"user": MODEL}, "reply": [{"think": "Hm."}, {"text": ["So"]}, {"hold": True}]},
        {"when": {"user": TOOL, "round": 0}, "reply": [{"call": "search_text", "arguments": _SEARCH}]},
        {"when": {"user": PERMISSION, "round": 0}, "reply": [{"call": "edit_file", "arguments": _EDIT}]},
        {"when": {"user": EDITOR, "round": 0}, "reply": [{"call": "edit_file", "arguments": _EDIT}]},
        {"when": {"user": STALLED}, "reply": [{"text": _PIECES if long_answer else ["So"]}, {"hold": True}]},
        {"reply": [{"text": "Still here."}]},
    )
    bench.write("open.py", "colour = 'red'\n")
    first = bench.write("many/0.txt", _LINE * 8000)
    for number in range(1, _FILES):
        os.link(first, first.with_name(f"{number}.txt"))


async def never(params: dict[str, Any]) -> str:
    """Answer no permission question."""
    await asyncio.Event().wait()
    return ""


async def begin(editor: EditorClient, root: Path, situation: str) -> tuple[str, asyncio.Task[dict[str, Any]]]:
    """Start a turn in a session of its own, and return when it waits; with the session and the prompt's answer."""
    session = await new_session(editor, root, mode="auto")
    editor.seen.updates.clear()
    prompt = asyncio.create_task(chat(editor, session, f"Wait {situation}."))
    await editor.wait_for(lambda seen: any(_waits(situation, params["update"]) for params in seen.updates))
    return session, prompt


def _waits(situation: str, update: dict[str, Any]) -> bool:
    match situation:
        case "for the person":
            return bool(update["sessionUpdate"] == "turn_state" and update["state"] == "requires_action")
        case "inside a tool" | "for the editor":
            return bool(update["sessionUpdate"] == "tool_call" and update["status"] == "in_progress")
        case _:
            return bool(update["sessionUpdate"] == "agent_message_chunk")


class Log:
    """The server's database, read by another process while the server runs."""

    def __init__(self, bench: Bench) -> None:
        (self.path,) = (bench.home / "state").rglob(DATABASE_NAME)

    def types(self, session: str) -> list[str]:
        """Return the types of the session's events, in order."""
        with closing(sqlite3.connect(self.path)) as connection:
            query = "SELECT type FROM event WHERE session_id = ? ORDER BY seq"
            return [row[0] for row in connection.execute(query, (session,))]

    def wait_for_end(self, session: str, timeout_s: float = 10.0, turns: int = 1) -> float:
        """Block until so many turns of the session have ended on the disk; return when that was seen (perf_counter)."""
        query = "SELECT count(*) FROM event WHERE session_id = ? AND type = 'turn_ended'"
        deadline = time.perf_counter() + timeout_s
        with closing(sqlite3.connect(self.path)) as connection:
            while time.perf_counter() < deadline:
                if connection.execute(query, (session,)).fetchone()[0] >= turns:
                    return time.perf_counter()
                time.sleep(0.0005)
        raise TimeoutError("the turn did not end")

    def kept_bytes(self, session: str) -> int:
        """Return how much of the running answer is kept."""
        with closing(sqlite3.connect(self.path)) as connection:
            query = "SELECT coalesce(sum(length(text)), 0) FROM partial WHERE session_id = ?"
            return int(connection.execute(query, (session,)).fetchone()[0])
