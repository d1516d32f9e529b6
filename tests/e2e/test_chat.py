"""The main path over stdio: chat with tools, unsaved text, permissions, history, the choice of a model."""

from __future__ import annotations

import asyncio

import pytest

from conduit.lsp.wire_client import ClientError
from e2e.harness import Bench, chat, new_session

GREET = 'def greet(name):\n    return "Hello, " + name\n'


async def test_a_chat_streams_its_answer_and_is_found_again_by_another_server(bench: Bench) -> None:
    bench.script(
        {"when": {"user": "again"}, "reply": [{"text": "As I said: four."}]},
        {"reply": [{"think": "2 + 2"}, {"text": ["It ", "is ", "four."]}]},
    )
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        result = await chat(editor, session, "What is 2 + 2?")
        assert result["stopReason"] == "end_turn"
        chunks = [u["update"] for u in editor.seen.updates if u["update"]["sessionUpdate"] == "agent_message_chunk"]
        assert len(chunks) >= 2
        assert "It is four." in editor.seen.text()
        assert "2 + 2" in editor.seen.text("agent_thought_chunk")
        assert await editor.shutdown() == 0
    async with await bench.start() as editor:
        listed = (await editor.request("conduit/session/list", {}))["sessions"]
        assert [(line["sessionId"], line["title"], line["messageCount"]) for line in listed] == [
            (session, "What is 2 + 2?", 2)
        ]
        loaded = await editor.request("conduit/session/load", {"sessionId": session})
        assert loaded["session"]["running"] is False
        assert "It is four." in editor.seen.text()
        result = await chat(editor, session, "Say it again.")
        assert result["stopReason"] == "end_turn"
        assert "As I said: four." in editor.seen.text()


async def test_a_tool_reads_the_unsaved_text_of_an_open_document(bench: Bench) -> None:
    path = bench.write("greet.py", GREET)
    bench.script(
        {"when": {"round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "greet.py"}}]},
        {"when": {"result": "Good evening"}, "reply": [{"text": "It says good evening."}]},
        {"reply": [{"text": "It read the disk."}]},
    )
    async with await bench.start() as editor:
        uri = await editor.open(path)
        await editor.type(uri, GREET.replace("Hello", "Good evening"))
        session = await new_session(editor, bench.root)
        await chat(editor, session, "What does greet say?")
        assert "It says good evening." in editor.seen.text()
        kinds = [u["update"] for u in editor.seen.updates if u["update"]["sessionUpdate"].startswith("tool_call")]
        assert kinds[-1]["status"] == "completed"
        assert path.read_text() == GREET


async def test_a_prompt_without_tools_offers_none(bench: Bench) -> None:
    bench.script(
        {"when": {"round": 0}, "reply": [{"call": "read_file", "arguments": {"path": "greet.py"}}]},
        {"when": {"result": "no tools are available"}, "reply": [{"text": "None offered."}]},
    )
    bench.write("greet.py", GREET)
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        await chat(editor, session, "Read it.", tools=False)
        assert "None offered." in editor.seen.text()


EDIT = {
    "when": {"round": 0},
    "reply": [
        {
            "call": "edit_file",
            "arguments": {"path": "greet.py", "old_text": '"Hello, " + name', "new_text": 'f"Hello, {name}"'},
        }
    ],
}


async def test_in_auto_an_open_file_is_changed_in_the_buffer_after_the_person_was_asked_once(bench: Bench) -> None:
    path = bench.write("greet.py", GREET)
    second = {
        "when": {"round": 1},
        "reply": [{"call": "edit_file", "arguments": {"path": "greet.py", "old_text": "greet(", "new_text": "hello("}}],
    }
    bench.script(EDIT, second, {"reply": [{"text": "Changed."}]})
    asked: list[dict[str, object]] = []

    async def permit(params: dict[str, object]) -> str:
        asked.append(params)
        return "allow_always"

    async with await bench.start(permit=permit) as editor:
        uri = await editor.open(path, GREET + "# unsaved\n")
        session = await new_session(editor, bench.root, mode="auto")
        assert (await chat(editor, session, "Use an f-string."))["stopReason"] == "end_turn"
        assert editor.document(uri).text == 'def hello(name):\n    return f"Hello, {name}"\n# unsaved\n'
        assert path.read_text() == GREET
        assert len(asked) == 1
        assert '+    return f"Hello, {name}"' in asked[0]["preview"]
        versions = [edit["edit"]["documentChanges"][0]["textDocument"]["version"] for edit in editor.seen.edits]
        assert len(versions) == 2
        assert versions[0] < versions[1]


async def test_a_closed_file_is_written_with_its_line_ends_and_mode(bench: Bench) -> None:
    path = bench.write("greet.py", GREET.replace("\n", "\r\n"))
    path.chmod(0o755)
    bench.script(EDIT, {"reply": [{"text": "Changed."}]})
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root, mode="auto")
        await chat(editor, session, "Use an f-string.")
        assert path.read_bytes() == b'def greet(name):\r\n    return f"Hello, {name}"\r\n'
        assert path.stat().st_mode & 0o777 == 0o755
        assert editor.seen.edits == []


@pytest.mark.parametrize(("policy", "answer"), [("refuse", "allow_once"), ("apply", "reject_once")])
async def test_a_refusal_is_told_to_the_model_and_changes_nothing(bench: Bench, policy: str, answer: str) -> None:
    path = bench.write("greet.py", GREET)
    bench.script(EDIT, {"when": {"result": "(?i)refused|did not apply"}, "reply": [{"text": "Then not."}]})

    async def permit(params: dict[str, object]) -> str:
        return answer

    async with await bench.start(permit=permit) as editor:
        editor.edit_policy = policy
        uri = await editor.open(path)
        session = await new_session(editor, bench.root, mode="auto")
        await chat(editor, session, "Use an f-string.")
        assert "Then not." in editor.seen.text()
        assert editor.document(uri).text == GREET


async def test_in_mode_ask_no_changing_tool_exists(bench: Bench) -> None:
    path = bench.write("greet.py", GREET)
    bench.script(EDIT, {"when": {"result": "no tool named 'edit_file'"}, "reply": [{"text": "I can only read."}]})
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root, mode="ask")
        await chat(editor, session, "Use an f-string.")
        assert "I can only read." in editor.seen.text()
        assert path.read_text() == GREET


async def test_the_model_is_switched_in_mid_conversation(bench: Bench) -> None:
    bench.script(
        {"when": {"model": "^second$"}, "reply": [{"text": "Second speaking, and I know the first answer."}]},
        {"reply": [{"text": "First speaking."}]},
    )
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        await chat(editor, session, "Who is it?")
        await editor.command("conduit.model.select", "scripted/second", session)
        await chat(editor, session, "And now?")
        assert "First speaking." in editor.seen.text()
        assert "Second speaking" in editor.seen.text()
        shown = await editor.command("conduit.model.show", session)
        assert shown["model"] == "scripted/second"
        await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": "scripted/demo"})
        await chat(editor, session, "Back again?")
        usage = await editor.command("conduit.usage")
        assert {row["model"]: row["completions"] for row in usage["rows"]} == {
            "scripted/demo": 2,
            "scripted/second": 1,
        }


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("anthropic/claude-sonnet-5-5", "ANTHROPIC_API_KEY"),
        ("openai/gpt-6-sol", "OPENAI_API_KEY"),
        ("custom/any", "CONDUIT_BASE_URL"),
        ("sonet", "sonnet"),
    ],
)
async def test_a_model_that_cannot_be_asked_gives_one_clear_message(bench: Bench, model: str, message: str) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        with pytest.raises(ClientError, match=message):
            await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": model})
        assert (await chat(editor, session, "Still there?"))["stopReason"] == "end_turn"


async def test_a_dead_endpoint_is_said_in_one_sentence_and_the_session_goes_on(bench: Bench) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    async with await bench.start(CONDUIT_BASE_URL="http://127.0.0.1:9/v1") as editor:
        session = await new_session(editor, bench.root, model="custom/any")
        result = await chat(editor, session, "Anyone?")
        assert result["stopReason"] == "error"
        assert "127.0.0.1:9" in result["error"]
        await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": "scripted/demo"})
        assert (await chat(editor, session, "And you?"))["stopReason"] == "end_turn"


async def test_wrong_fields_are_named_and_unknown_ones_ignored(bench: Bench) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root, colour="blue")
        with pytest.raises(ClientError, match="prompt"):
            await editor.request("conduit/session/prompt", {"sessionId": session})
        with pytest.raises(ClientError, match="modeId"):
            await editor.request("conduit/session/setMode", {"sessionId": session, "modeId": "wild"})
        with pytest.raises(ClientError, match="no session 'nope'"):
            await editor.request("conduit/session/load", {"sessionId": "nope"})


async def test_a_second_prompt_in_a_running_session_is_refused_and_cancel_ends_the_first(bench: Bench) -> None:
    bench.script({"when": {"user": "first"}, "reply": [{"text": ["So"]}, {"hold": True}]}, {"reply": [{"text": "ok"}]})
    async with await bench.start() as editor:
        session = await new_session(editor, bench.root)
        first = asyncio.create_task(chat(editor, session, "first"))
        await editor.wait_for(lambda seen: "So" in seen.text())
        with pytest.raises(ClientError, match="still running"):
            await chat(editor, session, "second")
        await editor.notify("conduit/session/cancel", {"sessionId": session})
        assert (await first)["stopReason"] == "cancelled"
        assert (await chat(editor, session, "third"))["stopReason"] == "end_turn"


async def test_the_doctor_and_the_lists_answer(bench: Bench) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    async with await bench.start() as editor:
        checks = {check["name"]: check for check in (await editor.command("conduit.doctor"))["checks"]}
        assert checks["search tool"]["state"] == "ok"
        assert checks["vendor anthropic"]["state"] == "missing"
        models = await editor.request("conduit/models/list", {})
        assert models["defaultModelId"] == "scripted/demo"
        made = await editor.command("conduit.session.new", "A title")
        listed = (await editor.command("conduit.session.list"))["sessions"]
        assert [(each["sessionId"], each["title"]) for each in listed] == [(made["sessionId"], "A title")]
        assert (await editor.command("conduit.session.open", made["sessionId"]))["messages"] == []
