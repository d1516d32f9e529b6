"""A turn over forty files in review mode while the person types in three of them, decided, taken back, made again.

The bytes of every file and buffer are compared at each step: in an editor that does everything, and in one as Helix,
which knows no method of ours, no annotations, and does not create, move or delete files for a server.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any, Protocol

import pytest

from conduit.lsp.client import EditorClient, EditorOptions, Seen
from conduit.workspace.positions import Position, Range
from e2e.forty import (
    ACCEPTED,
    CREATED,
    DELETED,
    MOVED,
    NUMBERS,
    REGENERATED,
    TYPED,
    Expected,
    name,
    on_disk,
    rules,
    write_files,
)
from e2e.harness import SERVE, Bench, chat, new_session


class Hands(Protocol):
    """How the person of one editor does it."""

    editor: EditorClient

    async def list(self, **which: object) -> list[dict[str, Any]]: ...
    async def decide(self, how: str, **which: object) -> Mapping[str, Any]: ...
    async def regenerate(self, hunk_id: str) -> Mapping[str, Any]: ...
    async def undo(self, turn: str) -> Mapping[str, Any]: ...
    async def redo(self, turn: str) -> Mapping[str, Any]: ...


class Plugin:
    """An editor with a plugin: Conduit's own methods."""

    def __init__(self, editor: EditorClient, session: str) -> None:
        self.editor, self.session = editor, session

    async def list(self, **which: object) -> list[dict[str, Any]]:
        return (await self.editor.request("conduit/hunk/list", which))["hunks"]

    async def decide(self, how: str, **which: object) -> Mapping[str, Any]:
        return await self.editor.request(f"conduit/hunk/{how}", which)

    async def regenerate(self, hunk_id: str) -> Mapping[str, Any]:
        return await self.editor.request("conduit/hunk/regenerate", {"hunkId": hunk_id})

    async def undo(self, turn: str) -> Mapping[str, Any]:
        return await self.editor.request("conduit/session/undo", {"sessionId": self.session, "turnId": turn})

    async def redo(self, turn: str) -> Mapping[str, Any]:
        return await self.editor.request("conduit/session/redo", {"sessionId": self.session, "turnId": turn})


class Plain:
    """An editor without a plugin: commands only."""

    def __init__(self, editor: EditorClient, session: str) -> None:
        self.editor, self.session = editor, session

    async def list(self, **which: object) -> list[dict[str, Any]]:
        return (await self.editor.command("conduit.hunk.list", which))["hunks"]

    async def decide(self, how: str, **which: object) -> Mapping[str, Any]:
        return await self.editor.command(f"conduit.hunk.{how}", which)

    async def regenerate(self, hunk_id: str) -> Mapping[str, Any]:
        return await self.editor.command("conduit.hunk.regenerate", {"hunkId": hunk_id})

    async def undo(self, turn: str) -> Mapping[str, Any]:
        return await self.editor.command("conduit.turn.undo", self.session, turn)

    async def redo(self, turn: str) -> Mapping[str, Any]:
        return await self.editor.command("conduit.turn.redo", self.session, turn)


class Project:
    """The files and buffers, and what they must be."""

    def __init__(self, bench: Bench, editor: EditorClient) -> None:
        self.bench, self.editor, self.expected = bench, editor, Expected()
        self.uris: dict[int, str] = {}

    async def open(self) -> None:
        for number in TYPED:
            self.uris[number] = await self.editor.open(self.bench.root / name(number))

    async def type(self, number: int, text: str, line: int, column: int = 0) -> None:
        """Put a text in, and expect it there."""
        uri = self.uris[number]
        place = Position(line, column)
        await self.editor.type(uri, text, Range(place, place))
        self.expected.buffers[name(number)] = self.editor.document(uri).text

    async def type_in_three(self) -> None:
        """Type behind the proposed change, before it, and in the very line."""
        await self.type(0, "# mine, behind\n", 9)
        await self.type(1, "# mine, before\r\n", 0)
        await self.type(2, " + mine", 4, len("    return 2"))

    def compare(self) -> None:
        assert on_disk(self.bench.root) == self.expected.disk
        shown = {number: self.editor.document(uri).text for number, uri in self.uris.items()}
        wanted = {
            number: self.expected.buffers.get(name(number), self.expected.disk[name(number)]) for number in self.uris
        }
        assert shown == wanted


def proposals(seen: Seen) -> int:
    """Return for how many files hunks were shown."""
    return sum(each["update"]["sessionUpdate"] == "hunk" for each in seen.updates)


async def decided(hands: Hands, project: Project) -> None:
    """Go through the proposals as the issue of a long day: half accepted, one anew, the rest rejected, undo, redo."""
    found = await hands.list()
    ids = {(each["name"], each["kind"]): each["hunkId"] for each in found}
    (turn,) = {each["turnId"] for each in found}
    assert len(found) == len(NUMBERS) - 1 + 3
    assert [each["name"] for each in found if each["conflict"]] == [name(2)]
    assert next(each for each in found if each["name"] == name(1))["line"] == 5
    project.compare()

    chosen = [ids[name(number), "edit"] for number in ACCEPTED] + [ids[MOVED, "move"], ids[CREATED, "create"]]
    done = await hands.decide("accept", hunkIds=chosen)
    assert (sorted(done["hunkIds"]), done["left"], len(done["changeIds"])) == (sorted(chosen), [], 1)
    project.expected.accept()
    project.compare()

    await hands.regenerate(ids[name(REGENERATED), "edit"])
    (anew,) = [each for each in await hands.list() if each["name"] == name(REGENERATED)]
    assert (anew["newText"].strip(), anew["turnId"] == turn) == ("return 'anew'", False)
    project.compare()

    rest = [each["hunkId"] for each in await hands.list()]
    assert {ids[DELETED, "delete"], ids[name(2), "edit"], anew["hunkId"]} < set(rest)
    await hands.decide("reject", hunkIds=rest)
    assert await hands.list() == []
    project.compare()

    await project.type(0, "# typed after the decision\n", 0)
    undone = await hands.undo(turn)
    assert not any(file["problems"] or file["kept"] for file in undone["files"])
    project.expected.take_back()
    project.compare()
    assert sorted(each["hunkId"] for each in await hands.list()) == sorted(chosen)

    await hands.redo(turn)
    project.expected.accept()
    project.compare()
    assert await hands.list() == []


async def test_forty_files_are_decided_hunk_by_hunk_in_an_editor_that_does_everything(bench: Bench) -> None:
    write_files(bench.root)
    bench.script(*rules())
    options = EditorOptions(rename_files=True, delete_files=True, annotations=True)
    async with await bench.start(options=options) as editor:
        project = Project(bench, editor)
        await project.open()
        session = await new_session(editor, bench.root, mode="review")
        asking = asyncio.create_task(chat(editor, session, "change everything"))
        await editor.wait_for(lambda seen: proposals(seen) >= 20)
        await project.type_in_three()  # while the model goes on
        result = await asking
        assert (result["stopReason"], result.get("error")) == ("end_turn", None)
        await decided(Plugin(editor, session), project)


async def test_forty_files_are_decided_hunk_by_hunk_in_an_editor_without_a_plugin(bench: Bench) -> None:
    write_files(bench.root)
    bench.script(*rules())
    # A person without a plugin asks in a terminal, and decides in the editor.
    command = [*SERVE[:-1], "ask", "--mode", "review", "--json", "change everything"]
    asking = await asyncio.create_subprocess_exec(
        *command, cwd=bench.root, env={**bench.env, "PYTHONUNBUFFERED": "1"}, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(asking.communicate(), 60)
    assert asking.returncode == os.EX_OK, output
    options = EditorOptions(conduit=None, code_lens=False, create_files=False)
    async with await bench.start(options=options) as editor:
        project = Project(bench, editor)
        await project.open()
        await project.type_in_three()
        found = (await editor.command("conduit.hunk.list"))["hunks"]
        await decided(Plain(editor, found[0]["sessionId"]), project)


pytestmark = pytest.mark.timeout(120)
