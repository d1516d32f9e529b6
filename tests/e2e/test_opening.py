"""What a workspace may be, and what a bad start may not spoil."""

from __future__ import annotations

import shutil

import pytest

from conduit.lsp.client import EditorOptions
from conduit.lsp.wire_client import ClientError
from e2e.harness import Bench, chat, new_session


async def test_a_bad_setting_at_the_start_can_be_put_right_without_a_restart(bench: Bench) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    options = EditorOptions(settings={"mode": "yolo"})
    async with await bench.start(options=options) as editor:
        with pytest.raises(ClientError, match="yolo"):
            await new_session(editor, bench.root)
        await editor.notify("workspace/didChangeConfiguration", {"settings": {"conduit": {"model": "scripted/demo"}}})
        session = await new_session(editor, bench.root)
        assert (await chat(editor, session, "Hello?"))["stopReason"] == "end_turn"


async def test_an_unknown_configured_model_is_said_once_and_hinders_nothing_but_asking_it(bench: Bench) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    async with await bench.start() as editor:
        earlier = await new_session(editor, bench.root)
        await chat(editor, earlier, "Hello?")
        await editor.shutdown()
    said = "CONDUIT_MODEL: There is no model 'sonet'. Did you mean sonnet"
    async with await bench.start(CONDUIT_MODEL="sonet") as editor:
        listed = await editor.request("conduit/session/list", {})
        assert earlier in {each["sessionId"] for each in listed["sessions"]}
        models = await editor.request("conduit/models/list")
        assert "embedded/smollm2-135m" in {each["modelId"] for each in models["models"]}
        session = await new_session(editor, bench.root)
        with pytest.raises(ClientError, match=said):
            await chat(editor, session, "Hello?")
        assert (await chat(editor, earlier, "Hello again?"))["stopReason"] == "end_turn"
        await editor.request("conduit/session/setModel", {"sessionId": session, "modelId": "scripted/demo"})
        assert (await chat(editor, session, "Hello?"))["stopReason"] == "end_turn"
        for rounds in (3, 4):
            changed = {"settings": {"conduit": {"maxToolRounds": rounds}}}
            await editor.notify("workspace/didChangeConfiguration", changed)
        assert (await chat(editor, session, "Still?"))["stopReason"] == "end_turn"
        assert sum(said in each["message"] for each in editor.seen.messages) == 1
    async with await bench.start(options=EditorOptions(settings={"model": "sonet"})) as editor:
        assert (await editor.request("conduit/models/list"))["defaultModelId"] == "sonet"
        await editor.notify("workspace/didChangeConfiguration", {"settings": {"conduit": {"model": "scripted/demo"}}})
        session = await new_session(editor, bench.root)
        assert (await chat(editor, session, "Hello?"))["stopReason"] == "end_turn"


async def test_a_folder_that_is_gone_is_said_and_the_server_works_without_it(bench: Bench) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    command = bench.root
    async with await bench.start() as editor:
        assert (await editor.shutdown()) == 0
    shutil.rmtree(bench.root)
    bench.root = bench.home
    editor = await bench.start(initialize=False)
    async with editor:
        params = editor.initialize_params()
        params["workspaceFolders"] = [{"uri": command.as_uri(), "name": "gone"}]
        params["rootUri"] = command.as_uri()
        await editor.request("initialize", params)
        await editor.notify("initialized", {})
        session = await new_session(editor, bench.home)
        assert (await chat(editor, session, "Hello?"))["stopReason"] == "end_turn"
        assert any("cannot be opened" in each["message"] for each in editor.seen.messages)


async def test_without_a_folder_the_chat_works_and_a_file_outside_says_why_it_has_no_actions(bench: Bench) -> None:
    bench.script({"reply": [{"text": "hello"}]})
    path = bench.write("a.py", "x = 1\n")
    editor = await bench.start(initialize=False)
    async with editor:
        params = editor.initialize_params()
        params |= {"workspaceFolders": None, "rootUri": None}
        params["capabilities"]["textDocument"]["codeAction"]["disabledSupport"] = True
        await editor.request("initialize", params)
        await editor.notify("initialized", {})
        uri = await editor.open(path)
        place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
        menu = await editor.request(
            "textDocument/codeAction", {"textDocument": {"uri": uri}, "range": place, "context": {"diagnostics": []}}
        )
        assert ["none of the folders" in each["disabled"]["reason"] for each in menu] == [True]
        session = await new_session(editor, bench.home)
        assert (await chat(editor, session, "Hello?"))["stopReason"] == "end_turn"
