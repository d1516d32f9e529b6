"""Rewind, unrewind and resend over LSP: the conversation, the files, the proposals, and kills in between."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient
from conduit.lsp.wire_client import ClientError
from conduit.workspace.positions import Position, Range
from e2e.harness import SHOP, Bench, actions, carry_out, chat, new_session
from e2e.kill_server import BEFORE_THE_CHANGE, BEFORE_THE_CHANGE_IS_TOLD, BEFORE_THE_MOVE, BEFORE_THE_WITHDRAWAL

ONE = "one\ntwo\nthree\n"


def edits(word: str, *calls: tuple[str, str, str]) -> dict[str, object]:
    return {
        "when": {"user": f"^{word}", "round": 0},
        "reply": [
            {"call": "edit_file", "arguments": {"path": path, "old_text": old, "new_text": new}}
            for path, old, new in calls
        ],
    }


RULES: tuple[dict[str, object], ...] = (
    edits("first", ("a.txt", "one", "ONE")),
    edits("second", ("a.txt", "two", "TWO"), ("new.txt", "", "made\n")),
    {"when": {"user": "^wait"}, "reply": [{"text": "I wait"}, {"hold": True}]},
    {"reply": [{"text": "Done."}]},
)


async def allow(params: dict[str, Any]) -> str:
    return "allow_always"


class Talk:
    """A session and what is in the files."""

    def __init__(self, bench: Bench, editor: EditorClient, session: str) -> None:
        self.bench = bench
        self.editor = editor
        self.session = session

    async def ask(self, method: str, **more: object) -> Any:
        return await self.editor.request(f"conduit/session/{method}", {"sessionId": self.session, **more})

    async def said(self, replay_from: int = 0) -> list[str]:
        """Return what the person said, by a replay from the beginning."""
        self.editor.seen.updates.clear()
        await self.ask("load", replayFrom=replay_from)
        updates = [each["update"] for each in self.editor.seen.updates]
        return [each["content"]["text"] for each in updates if each["sessionUpdate"] == "user_message_chunk"]

    async def messages(self) -> list[dict[str, Any]]:
        return (await self.editor.command("conduit.session.open", self.session))["messages"]

    async def user(self, number: int) -> str:
        """Return the id of what the person said, by its number."""
        return [each["id"] for each in await self.messages() if each["role"] == "user"][number]

    async def hunks(self) -> list[tuple[str, str]]:
        found = (await self.editor.request("conduit/hunk/list", {"sessionId": self.session}))["hunks"]
        return [(each["name"], each["newText"]) for each in found]

    @property
    def files(self) -> tuple[str, str | None]:
        new = self.bench.root / "new.txt"
        return (self.bench.root / "a.txt").read_text(), new.read_text() if new.exists() else None

    def resets(self) -> int:
        return sum(each["update"]["sessionUpdate"] == "conversation_reset" for each in self.editor.seen.updates)


async def talk(bench: Bench, editor: EditorClient, mode: str = "auto", *words: str) -> Talk:
    bench.script(*RULES)
    bench.write("a.txt", ONE)
    found = Talk(bench, editor, await new_session(editor, bench.root, mode=mode))
    for word in words or ("hello", "first", "second"):
        assert (await chat(editor, found.session, word))["stopReason"] == "end_turn"
    return found


BOTH = ("ONE\nTWO\nthree\n", "made\n")


async def test_a_conversation_goes_back_and_forth_and_loses_nothing(bench: Bench) -> None:
    async with await bench.start(permit=allow) as editor:
        its = await talk(bench, editor)
        everything = [each["id"] for each in await its.messages()]
        at = await its.user(1)
        preview = await its.ask("rewind", messageId=at, preview=True)
        assert [each["id"] for each in await its.messages()] == everything
        done = await its.ask("rewind", messageId=at)
        assert done["prompt"] == [{"type": "text", "text": "first"}]
        assert done["removed"] == preview["removed"] == len(everything) - 2
        assert ("rewindId" in done, "rewindId" in preview, done["files"]) == (True, False, [])
        assert its.resets() == 1
        assert its.files == BOTH
        assert await its.said() == ["hello"]
        assert its.resets() == 0
        back = await its.ask("unrewind")
        assert back["restored"] == done["removed"]
        assert await its.said() == ["hello", "first", "second"]
        assert [each["id"] for each in await its.messages()] == everything
        # Two rewinds, taken back one after the other.
        for number in (2, 0):
            await its.ask("rewind", messageId=await its.user(number))
        assert await its.said() == []
        for said in (["hello", "first"], ["hello", "first", "second"]):
            await its.ask("unrewind")
            assert await its.said() == said
        with pytest.raises(ClientError, match="nothing to bring back"):
            await its.ask("unrewind")
        # What is said afterwards is a branch; the other one stays in the log.
        await its.ask("rewind", messageId=at)
        last = (await its.ask("load"))["lastSeq"]
        await chat(editor, its.session, "hello again")
        assert await its.said() == ["hello", "hello again"]
        assert await its.said(last) == ["hello again"]
        with pytest.raises(ClientError, match="nothing to bring back"):
            await its.ask("unrewind")
        with pytest.raises(ClientError, match="no message"):
            await its.ask("rewind", messageId=at)


async def test_a_client_that_was_away_is_told_to_load_again(bench: Bench) -> None:
    async with await bench.start(permit=allow) as editor:
        its = await talk(bench, editor)
        seen = (await its.ask("load"))["lastSeq"]
        await its.ask("rewind", messageId=await its.user(1))
        await chat(editor, its.session, "hello again")
        editor.seen.updates.clear()
        await its.ask("load", replayFrom=seen)
        assert [each["update"] for each in editor.seen.updates] == [{"sessionUpdate": "conversation_reset"}]
        assert await its.said() == ["hello", "hello again"]


async def test_files_go_along_around_later_typing_and_come_back_turn_by_turn(bench: Bench) -> None:
    async with await bench.start(permit=allow) as editor:
        its = await talk(bench, editor)
        assert its.files == BOTH
        (bench.root / "a.txt").write_text("ONE\nTWO\nthree\nmine\n")
        at = await its.user(1)
        preview = await its.ask("rewind", messageId=at, files=True, preview=True)
        assert [(each["path"], each["action"], each["lines"], each["since"]) for each in preview["files"]] == [
            ("a.txt", "edit", 2, 1),
            ("new.txt", "delete", 1, 0),
        ]
        done = await its.ask("rewind", messageId=at, files=True)
        assert done["files"] == preview["files"]
        assert its.files == (ONE + "mine\n", None)
        assert await its.said() == ["hello"]
        back = await its.ask("unrewind")
        assert [each["path"] for each in back["files"]] == ["a.txt", "new.txt"]
        assert its.files == ("ONE\nTWO\nthree\nmine\n", "made\n")
        assert await its.said() == ["hello", "first", "second"]
        # Each turn can still be undone by itself.
        await its.ask("undo")
        assert its.files == ("ONE\ntwo\nthree\nmine\n", None)
        await its.ask("redo")
        await its.ask("rewind", messageId=at, files=True)
        assert its.files == (ONE + "mine\n", None)
        await its.ask("redo")  # the files alone, without the conversation
        assert its.files == ("ONE\nTWO\nthree\nmine\n", "made\n")
        assert (await its.ask("unrewind"))["files"] == []
        assert its.files == ("ONE\nTWO\nthree\nmine\n", "made\n")


async def test_open_files_go_along_through_the_editor(bench: Bench) -> None:
    async with await bench.start(permit=allow) as editor:
        bench.write("a.txt", ONE)
        uri = await editor.open(bench.root / "a.txt", ONE)
        its = await talk(bench, editor)
        await editor.type(uri, "mine\n", Range(Position(3, 0), Position(3, 0)))
        await its.ask("rewind", messageId=await its.user(1), files=True)
        assert editor.document(uri).text == ONE + "mine\n"
        await its.ask("unrewind")
        assert editor.document(uri).text == "ONE\nTWO\nthree\nmine\n"
        editor.edit_policy = "refuse"
        with pytest.raises(ClientError, match="the person said no"):
            await its.ask("rewind", messageId=await its.user(1), files=True)
        assert editor.document(uri).text == "ONE\nTWO\nthree\nmine\n"
        assert await its.said() == ["hello", "first", "second"]


async def test_proposals_of_turns_that_are_taken_back_are_withdrawn_and_come_back(bench: Bench) -> None:
    async with await bench.start(permit=allow) as editor:
        its = await talk(bench, editor, "review")
        before = await its.hunks()
        assert sorted({name for name, _ in before}) == ["a.txt", "new.txt"]
        await its.ask("rewind", messageId=await its.user(1))
        assert await its.hunks() == []
        await its.ask("unrewind")
        assert await its.hunks() == before
        await editor.request("conduit/hunk/accept", {"sessionId": its.session})
        assert its.files == BOTH
        await its.ask("rewind", messageId=await its.user(1), files=True)
        assert (its.files, await its.hunks()) == ((ONE, None), [])
        await its.ask("unrewind")
        assert (its.files, await its.hunks()) == (BOTH, [])


async def test_what_was_said_is_sent_again_or_otherwise(bench: Bench) -> None:
    async with await bench.start(permit=allow) as editor:
        its = await talk(bench, editor)
        again = await its.ask("resend", messageId=await its.user(2), files=True)
        assert again["stopReason"] == "end_turn"
        assert its.files == BOTH
        assert await its.said() == ["hello", "first", "second"]
        other = [{"type": "text", "text": "hello, other words"}]
        await its.ask("resend", messageId=await its.user(1), files=True, prompt=other)
        assert await its.said() == ["hello", "hello, other words"]
        assert its.files == (ONE, None)
        with pytest.raises(ClientError, match="prompt: list should have at least 1 item"):
            await its.ask("resend", messageId=await its.user(0), prompt=[])
        with pytest.raises(ClientError, match="messageId: field required"):
            await its.ask("rewind")
        with pytest.raises(ClientError, match="no message 'nope' of yours"):
            await its.ask("rewind", messageId="nope")


async def test_the_prompt_of_an_action_is_read_as_a_sentence_and_sent_again_whole(bench: Bench) -> None:
    bench.script({"when": {"user": "sum\\(prise"}, "reply": [{"text": "It adds up."}]}, {"reply": [{"text": "What?"}]})
    async with await bench.start() as editor:
        uri = await editor.open(bench.write("shop.py", SHOP))
        done = await carry_out(editor, (await actions(editor, uri))["Explain"])
        its = Talk(bench, editor, done["sessionId"])
        (sentence,) = await its.said()
        assert sentence.startswith("Explain: shop.py, line")
        for prompt, answer in (
            (None, "It adds up."),
            (sentence, "It adds up."),
            (f"{sentence} In short.", "What?"),
        ):
            content = {} if prompt is None else {"prompt": [{"type": "text", "text": prompt}]}
            editor.seen.updates.clear()
            await its.ask("resend", messageId=await its.user(0), **content)
            assert editor.seen.text() == answer
            assert await its.said() == [prompt or sentence]


async def test_nothing_is_taken_back_while_a_turn_runs(bench: Bench) -> None:
    async with await bench.start(permit=allow) as editor:
        its = await talk(bench, editor)
        at = await its.user(1)
        running = asyncio.create_task(chat(editor, its.session, "wait"))
        await editor.wait_for(lambda seen: "I wait" in seen.text())
        for method, more in (("rewind", {"messageId": at}), ("unrewind", {})):
            with pytest.raises(ClientError, match="turn is still running"):
                await its.ask(method, **more)
        await its.ask("cancel")
        await running
        await its.ask("rewind", messageId=at)
        assert await its.said() == ["hello"]


@pytest.mark.parametrize(
    ("point", "method", "moved"),
    [
        (BEFORE_THE_CHANGE, "rewind", False),
        (BEFORE_THE_CHANGE_IS_TOLD, "rewind", True),
        (BEFORE_THE_MOVE, "rewind", True),
        (BEFORE_THE_CHANGE, "unrewind", False),
        (BEFORE_THE_CHANGE_IS_TOLD, "unrewind", True),
        (BEFORE_THE_MOVE, "unrewind", True),
    ],
)
async def test_a_kill_in_between_leaves_files_and_conversation_together(
    bench: Bench, point: str, method: str, moved: bool
) -> None:
    async with await bench.start(permit=allow) as editor:
        its = await talk(bench, editor)
        more = {"messageId": await its.user(1), "files": True}
        if method == "unrewind":
            await its.ask("rewind", **more)
            more = {}
        assert await editor.shutdown() == 0
    await die_at(bench, its.session, point, method, more)
    async with await bench.start() as editor:
        its = Talk(bench, editor, its.session)
        said, files = await its.said(), its.files
        back = moved == (method == "rewind")
        assert (said, files) == ((["hello"], (ONE, None)) if back else (["hello", "first", "second"], BOTH))
        assert await its.said() == said
        if back:
            await its.ask("unrewind")
            assert (await its.said(), its.files) == (["hello", "first", "second"], BOTH)


async def test_a_kill_before_proposals_are_withdrawn_withdraws_them_later(bench: Bench) -> None:
    async with await bench.start() as editor:
        its = await talk(bench, editor, "review")
        more = {"messageId": await its.user(1)}
        assert await editor.shutdown() == 0
    await die_at(bench, its.session, BEFORE_THE_WITHDRAWAL, "rewind", more)
    async with await bench.start() as editor:
        its = Talk(bench, editor, its.session)
        assert await its.said() == ["hello"]
        assert await its.hunks() == []


async def die_at(bench: Bench, session: str, point: str, method: str, more: dict[str, object]) -> None:
    command = [sys.executable, str(Path(__file__).with_name("kill_server.py")), point]
    async with await bench.start(command=command) as editor:
        with pytest.raises(ConnectionError):
            await editor.request(f"conduit/session/{method}", {"sessionId": session, **more})
        assert await editor.wire.wait() == -signal.SIGKILL
