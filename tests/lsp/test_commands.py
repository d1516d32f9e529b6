"""What an editor without a plugin can do: commands, settings."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from conduit.lsp.client import EditorOptions
from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor
from lsp.raw import RawServer, notification, request

PLAIN = EditorOptions(conduit=None)


async def test_sessions_are_made_listed_and_opened_by_command(start_editor: StartEditor) -> None:
    editor = await start_editor(PLAIN)
    session_id = (await editor.command("conduit.session.new", "My title"))["sessionId"]
    content = [{"type": "text", "text": "say it"}]
    await editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": content})
    listed = (await editor.command("conduit.session.list"))["sessions"]
    assert [(each["sessionId"], each["title"]) for each in listed] == [(session_id, "My title")]
    opened = await editor.command("conduit.session.open", session_id)
    assert [(each["role"], each["text"]) for each in opened["messages"]] == [
        ("user", "say it"),
        ("assistant", "one two three"),
    ]
    usage = await editor.command("conduit.usage")
    assert usage["rows"][0]["model"] == "scripted/demo"
    assert (usage["rows"][0]["cost_usd"], usage["rows"][0]["unpriced"]) == (0.0, 0)
    assert "$0.0000" in editor.seen.messages[-1]["message"]
    assert "tokens" in editor.seen.messages[-1]["message"]


async def test_the_model_is_listed_shown_and_selected_by_command(start_editor: StartEditor) -> None:
    editor = await start_editor(PLAIN, env={"ANTHROPIC_API_KEY": "a-test-key"})
    models = await editor.command("conduit.model.list")
    assert models["default"] == "scripted/demo"
    session_id = (await editor.command("conduit.session.new"))["sessionId"]
    selected = (await editor.command("conduit.model.select", "sonnet", session_id))["model"]
    assert selected.startswith("anthropic/")
    told = await editor.command("conduit.model.show", session_id)
    assert told["model"] == told["card"]["id"] == selected
    assert (told["card"]["capabilities"]["vision"], told["card"]["contextTokens"]) == (True, 1_000_000)
    assert told["card"]["priceSource"].startswith("https://")
    assert selected in editor.seen.messages[-1]["message"]
    assert "vision, reasoning" in editor.seen.messages[-1]["message"]
    lines = {each["modelId"]: each for each in (await editor.request("conduit/models/list", {}))["models"]}
    assert lines[selected]["capabilities"]["vision"] is True
    assert "x_search" not in lines[selected]["capabilities"]
    assert lines["scripted/demo"]["ready"]
    with pytest.raises(ClientError, match="model"):
        await editor.command("conduit.model.select")


async def test_the_parameters_of_a_conversation_are_set_and_told_by_command(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        with pytest.raises(ClientError, match="no conversation"):
            await editor.command("conduit.model.parameters")
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        set_now = await editor.command("conduit.model.parameters", {"topP": 0.5, "max_tokens": 9, "extra": {"aB": 1}})
        assert set_now == {"sessionId": session, "parameters": {"topP": 0.5, "maxTokens": 9, "extra": {"aB": 1}}}
        assert (await editor.command("conduit.model.parameters", {"topP": None}, session))["parameters"] == {
            "maxTokens": 9,
            "extra": {"aB": 1},
        }
        for bad in ({"warmth": 1}, {"topP": 7}, [1]):
            with pytest.raises(ClientError):
                await editor.command("conduit.model.parameters", bad)
        assert (await editor.command("conduit.model.parameters"))["parameters"]["maxTokens"] == 9


async def test_what_is_listed_and_opened_is_shown_to_a_plain_client(start_editor: StartEditor) -> None:
    editor = await start_editor(PLAIN, env={"ANTHROPIC_API_KEY": "a-test-key"})
    session_id = (await editor.command("conduit.session.new", "My title"))["sessionId"]
    content = [{"type": "text", "text": "say it"}]
    await editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": content})

    async def shown(name: str, *arguments: object) -> str:
        await editor.command(name, *arguments)
        return editor.seen.messages[-1]["message"]

    models = await shown("conduit.model.list")
    assert "- scripted/demo (in use)" in models
    assert models.index("- anthropic/") < models.index("## Not ready") < models.index("set OPENAI_API_KEY")
    sessions = await shown("conduit.session.list")
    assert "My title: 2 messages, scripted/demo" in sessions
    assert session_id in sessions
    assert "none here" in await shown("conduit.session.list", "no such word")
    conversation = await shown("conduit.session.open", session_id)
    assert conversation.startswith("# My title\n")
    assert conversation.endswith("## You\n\nsay it\n\n## Conduit\n\none two three\n")


async def test_where_documents_can_be_shown_a_list_is_one_that_only_the_person_can_read(
    start_editor: StartEditor,
) -> None:
    editor = await start_editor(EditorOptions(conduit=None, show_document=True))
    await editor.command("conduit.model.list")
    (document,) = editor.seen.documents
    file = Path(document["uri"].removeprefix("file://"))
    assert "- scripted/demo (in use)" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o644)
    await editor.command("conduit.model.list")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert editor.seen.messages == []


async def test_nothing_pops_up_in_a_client_with_a_plugin(start_editor: StartEditor) -> None:
    editor = await start_editor(EditorOptions(show_document=True))
    session_id = (await editor.command("conduit.session.new"))["sessionId"]
    assert (await editor.command("conduit.model.list"))["models"]
    assert (await editor.command("conduit.session.list"))["sessions"]
    assert (await editor.command("conduit.session.open", session_id))["messages"] == []
    assert (editor.seen.messages, editor.seen.documents) == ([], [])


async def test_the_doctor_tells_what_is_missing(start_editor: StartEditor) -> None:
    editor = await start_editor(PLAIN)
    checks = (await editor.command("conduit.doctor"))["checks"]
    assert {"name", "state", "detail"} == set(checks[0])
    assert "ANTHROPIC_API_KEY" in editor.seen.messages[-1]["message"]


async def test_commands_are_advertised_and_an_unknown_one_is_refused(start_editor: StartEditor) -> None:
    editor = await start_editor(PLAIN)
    commands = editor.initialized["capabilities"]["executeCommandProvider"]["commands"]
    assert "conduit.doctor" in commands
    with pytest.raises(ClientError, match=r"no command 'conduit\.nothing'"):
        await editor.command("conduit.nothing")


async def test_settings_are_taken_in_at_run_time_and_a_bad_value_is_one_message(start_editor: StartEditor) -> None:
    editor = await start_editor(PLAIN, env={"CONDUIT_MODEL": ""})
    await editor.notify("workspace/didChangeConfiguration", {"settings": {"conduit": {"mode": "auto"}}})
    assert (await editor.command("conduit.session.new"))["mode"] == "auto"
    await editor.notify("workspace/didChangeConfiguration", {"settings": {"conduit": {"mode": "yolo"}}})
    await editor.wait_for(lambda seen: seen.messages)
    assert "mode" in editor.seen.messages[-1]["message"]
    assert (await editor.command("conduit.session.new"))["mode"] == "auto"


async def test_a_client_that_sends_no_settings_is_asked_for_them(start_editor: StartEditor) -> None:
    editor = await start_editor(EditorOptions(conduit=None, settings={"mode": "auto"}))
    await editor.notify("workspace/didChangeConfiguration", {"settings": None})
    assert (await editor.command("conduit.session.new"))["mode"] == "auto"


def test_a_client_that_has_nothing_to_say_keeps_the_settings_of_its_start(tmp_path: Path) -> None:
    server = RawServer(home=tmp_path)
    server.initialize(initializationOptions={"settings": {"mode": "auto"}})
    server.send(notification("workspace/didChangeConfiguration", {"settings": {}}))
    server.send(request(1, "workspace/executeCommand", {"command": "conduit.session.new", "arguments": []}))
    assert server.answer(1, 30)["result"]["mode"] == "auto"
    server.close()


async def test_settings_in_the_place_of_the_servers_options_hold_and_declare_nothing(start_editor: StartEditor) -> None:
    editor = await start_editor(EditorOptions(conduit={"mode": "auto"}))
    session = await editor.command("conduit.session.new")
    assert session["mode"] == "auto"
    content = [{"type": "text", "text": "say it"}]
    await editor.request("conduit/session/prompt", {"sessionId": session["sessionId"], "prompt": content})
    assert (editor.seen.updates, editor.seen.statuses) == ([], [])


def test_settings_of_other_servers_change_nothing_and_what_is_ignored_is_in_the_log(tmp_path: Path) -> None:
    server = RawServer(home=tmp_path)
    server.initialize()
    for number, settings in enumerate([{"conduit": {"mode": "auto", "mdoel": "x"}}, {"python": {"pythonPath": "p"}}]):
        server.send(notification("workspace/didChangeConfiguration", {"settings": settings}))
        assert server.wait_for_log("'mdoel' is ignored" if number == 0 else "none is Conduit's: python"), server.stderr
        server.send(request(number, "workspace/executeCommand", {"command": "conduit.session.new", "arguments": []}))
        assert server.answer(number, 30)["result"]["mode"] == "auto"
    server.close()


@pytest.mark.parametrize(("token", "progress"), [("mine", True), (7, False)])
async def test_the_progress_of_a_command_is_shown_by_the_token_that_the_client_sent(
    start_editor: StartEditor, project: Path, token: str | int, progress: bool
) -> None:
    editor = await start_editor(EditorOptions(conduit=None, progress=progress))
    assert editor.initialized["capabilities"]["executeCommandProvider"]["workDoneProgress"] is True
    uri = await editor.open(project / "app.py")
    call = {"command": "conduit.suggest", "arguments": [{"uri": uri}], "workDoneToken": token}
    await editor.request("workspace/executeCommand", call)
    assert {each["token"] for each in editor.seen.progress} == {token}
    kinds = [each["value"]["kind"] for each in editor.seen.progress]
    assert (kinds[0], kinds[-1]) == ("begin", "end")
    editor.seen.progress.clear()
    await editor.command("conduit.suggest", {"uri": uri})
    assert token not in {each["token"] for each in editor.seen.progress}
    assert bool(editor.seen.progress) is progress
