"""`conduit/*` over a real server: conversations, tools, edits, permissions, cancellation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient, EditorOptions
from conduit.lsp.wire_client import ClientError
from conduit.workspace.positions import PositionEncoding
from lsp.conftest import StartEditor


async def new_session(editor: EditorClient, **params: object) -> str:
    return (await editor.request("conduit/session/new", params))["sessionId"]


async def prompt(editor: EditorClient, session_id: str, text: str, **params: object) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    return await editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": content, **params})


def updates(editor: EditorClient, kind: str) -> list[dict[str, Any]]:
    return [each["update"] for each in editor.seen.updates if each["update"]["sessionUpdate"] == kind]


async def test_an_answer_is_streamed_in_pieces_and_the_turn_ends_with_its_usage(start_editor: StartEditor) -> None:
    editor = await start_editor()
    session_id = await new_session(editor)
    result = await prompt(editor, session_id, "stream it")
    assert result["stopReason"] == "end_turn"
    assert result["usage"]["inputTokens"] > 0
    pieces = [each["content"]["text"] for each in updates(editor, "agent_message_chunk") if "replace" not in each]
    assert len(pieces) > 1
    assert "".join(pieces) == editor.seen.text() == "one two three"
    assert [each["state"] for each in updates(editor, "turn_state")] == ["running", "idle"]
    assert [each["state"] for each in editor.seen.statuses] == ["ready", "busy", "ready"]


async def test_the_model_reads_the_unsaved_text(start_editor: StartEditor, project: Path) -> None:
    editor = await start_editor()
    session_id = await new_session(editor)
    await editor.open(project / "app.py", "value = 'unsaved'\n")
    await prompt(editor, session_id, "read it")
    assert editor.seen.text().endswith("It holds unsaved text.")
    call = updates(editor, "tool_call_update")[-1]
    assert (call["kind"], call["status"], call["locations"]) == ("read", "completed", [{"path": "app.py"}])


async def test_a_replay_gives_what_was_shown_live(start_editor: StartEditor) -> None:
    editor = await start_editor()
    session_id = await new_session(editor)
    await prompt(editor, session_id, "say it")
    await prompt(editor, session_id, "read it")
    other = await start_editor()
    listed = (await other.request("conduit/session/list", {}))["sessions"]
    assert [line["sessionId"] for line in listed] == [session_id]
    loaded = await other.request("conduit/session/load", {"sessionId": session_id})
    durable = [each for each in editor.seen.updates if "seq" in each]
    replayed = [each for each in other.seen.updates if each["seq"] >= durable[0]["seq"]]
    assert all(each.pop("at") > 0 for each in replayed)  # what is told while it happens needs no time
    assert replayed == durable
    assert other.seen.text() == editor.seen.text()
    other.seen.updates.clear()
    await other.request("conduit/session/load", {"sessionId": session_id, "replayFrom": loaded["lastSeq"]})
    assert other.seen.updates == []


async def test_an_edit_of_an_open_file_goes_through_the_editor_with_its_version(
    start_editor: StartEditor, project: Path
) -> None:
    editor = await start_editor()
    session_id = await new_session(editor, mode="auto")
    uri = await editor.open(project / "app.py", "# unsaved\nvalue = 1\n")
    await prompt(editor, session_id, "edit it")
    assert editor.document(uri).text == "# unsaved\nvalue = 42\n"
    edit = editor.seen.edits[0]["edit"]["documentChanges"][0]
    assert edit["textDocument"] == {"uri": uri, "version": 1}
    assert (project / "app.py").read_text() == "value = 1\n"


async def test_clients_without_document_changes_get_plain_changes(start_editor: StartEditor, project: Path) -> None:
    editor = await start_editor(EditorOptions(document_changes=False))
    session_id = await new_session(editor, mode="auto")
    uri = await editor.open(project / "app.py")
    await prompt(editor, session_id, "edit it")
    assert editor.document(uri).text == "value = 42\n"
    assert list(editor.seen.edits[0]["edit"]) == ["changes"]


@pytest.mark.parametrize("encoding", list(PositionEncoding))
async def test_edits_and_changes_agree_in_every_position_encoding(
    start_editor: StartEditor, project: Path, encoding: PositionEncoding
) -> None:
    editor = await start_editor(EditorOptions(encodings=(encoding,)))
    assert editor.initialized["capabilities"]["positionEncoding"] == encoding.value
    session_id = await new_session(editor, mode="auto")
    uri = await editor.open(project / "app.py", "a = '😀é'\r\nb = '👍🏽' # 1\rc = 'ü'")
    await prompt(editor, session_id, "edit it")
    assert editor.document(uri).text == "a = '😀é'\r\nb = '👍🏽' # 42\rc = 'ü'"


async def test_a_refused_edit_changes_nothing_and_the_model_is_told(start_editor: StartEditor, project: Path) -> None:
    editor = await start_editor()
    editor.edit_policy = "refuse"
    session_id = await new_session(editor, mode="auto")
    uri = await editor.open(project / "app.py")
    await prompt(editor, session_id, "edit it")
    assert editor.document(uri).text == "value = 1\n"
    call = updates(editor, "tool_call_update")[-1]
    assert call["status"] == "failed"
    assert "the person said no" in call["content"][0]["content"]["text"]


async def test_an_editor_that_never_answers_an_edit_can_be_cancelled(start_editor: StartEditor, project: Path) -> None:
    editor = await start_editor()
    editor.edit_policy = "stall"
    session_id = await new_session(editor, mode="auto")
    await editor.open(project / "app.py")
    turn = asyncio.create_task(prompt(editor, session_id, "edit it"))
    await editor.wait_for(lambda seen: seen.edits)
    assert (await editor.request("conduit/session/cancel", {"sessionId": session_id})) == {"cancelled": True}
    assert (await turn)["stopReason"] == "cancelled"


async def test_the_first_change_of_a_session_is_asked_and_always_is_remembered(
    start_editor: StartEditor, project: Path
) -> None:
    asked: list[dict[str, Any]] = []

    async def permit(params: dict[str, Any]) -> str:
        asked.append(params)
        return "allow_always"

    editor = await start_editor(permit=permit)
    session_id = await new_session(editor, mode="auto")
    await prompt(editor, session_id, "edit it")
    assert (project / "app.py").read_text() == "value = 42\n"
    (project / "app.py").write_text("value = 1\n")
    await prompt(editor, session_id, "edit it again")
    assert (project / "app.py").read_text() == "value = 42\n"
    assert len(asked) == 1
    assert asked[0]["effect"] == "write"
    assert "-value = 1\n+value = 42\n" in asked[0]["preview"]
    assert asked[0]["toolCall"]["locations"] == [{"path": "app.py"}]
    assert [option["kind"] for option in asked[0]["options"]] == [
        "allow_once",
        "allow_always",
        "reject_once",
        "reject_always",
    ]
    assert "requires_action" in [each["state"] for each in updates(editor, "turn_state")]


@pytest.mark.parametrize("answer", ["reject_once", None, "no such option"])
async def test_a_refusal_or_no_answer_changes_nothing(
    start_editor: StartEditor, project: Path, answer: str | None
) -> None:
    async def permit(params: dict[str, Any]) -> str | None:
        return answer

    editor = await start_editor(permit=permit)
    session_id = await new_session(editor, mode="auto")
    assert (await prompt(editor, session_id, "edit it"))["stopReason"] == "end_turn"
    assert (project / "app.py").read_text() == "value = 1\n"
    assert updates(editor, "tool_call_update")[-1]["status"] == "failed"


async def test_a_plain_editor_is_asked_by_a_message_with_the_effect_shown_as_a_document(
    start_editor: StartEditor, project: Path
) -> None:
    shown: list[str] = []
    editor = await start_editor(EditorOptions(conduit=None, show_document=True))
    session_id = await new_session(editor, mode="auto")
    turn = asyncio.create_task(prompt(editor, session_id, "edit it"))
    await editor.wait_for(lambda seen: seen.documents)
    shown.append(editor.seen.documents[0]["uri"])
    await turn
    assert (project / "app.py").read_text() == "value = 42\n"
    question = editor.seen.messages[0]
    assert "Edit app.py" in question["message"]
    assert [action["title"] for action in question["actions"]] == ["Allow once", "Allow always", "Deny"]
    assert shown[0].endswith(".diff")
    assert editor.seen.updates == []


async def test_a_plain_editor_that_closes_the_question_denies_it(start_editor: StartEditor, project: Path) -> None:
    editor = await start_editor(EditorOptions(conduit=None))
    editor.message_answer = None
    session_id = await new_session(editor, mode="auto")
    await prompt(editor, session_id, "edit it")
    assert "+value = 42" in editor.seen.messages[0]["message"]
    assert (project / "app.py").read_text() == "value = 1\n"


async def test_in_ask_mode_and_without_tools_nothing_can_be_changed(start_editor: StartEditor, project: Path) -> None:
    editor = await start_editor()
    session_id = await new_session(editor, mode="ask")
    await prompt(editor, session_id, "edit it")
    await editor.request("conduit/session/setMode", {"sessionId": session_id, "modeId": "auto"})
    await prompt(editor, session_id, "edit it", tools=False)
    assert (project / "app.py").read_text() == "value = 1\n"
    await prompt(editor, session_id, "edit it")
    assert (project / "app.py").read_text() == "value = 42\n"


async def test_a_running_turn_is_cancelled_by_either_way(start_editor: StartEditor) -> None:
    editor = await start_editor()
    session_id = await new_session(editor)
    turn = asyncio.create_task(prompt(editor, session_id, "wait for me"))
    await editor.wait_for(lambda seen: "I wait" in seen.text())
    with pytest.raises(ClientError, match="running"):
        await prompt(editor, session_id, "say more")
    await editor.request("conduit/session/cancel", {"sessionId": session_id})
    assert (await turn)["stopReason"] == "cancelled"  # by itself it would wait for ever
    again = asyncio.create_task(prompt(editor, session_id, "wait again"))
    await editor.wait_for(lambda seen: seen.text().count("I wait") == 2)
    again.cancel()
    await editor.wait_for(
        lambda seen: sum(each.get("stopReason") == "cancelled" for each in updates(editor, "turn_state")) == 2
    )
    assert (await prompt(editor, session_id, "say it"))["stopReason"] == "end_turn"


async def test_the_model_is_switched_in_mid_conversation_and_an_unknown_one_is_refused(
    start_editor: StartEditor,
) -> None:
    editor = await start_editor(env={"ANTHROPIC_API_KEY": "a-test-key"})
    session_id = await new_session(editor)
    await prompt(editor, session_id, "say it")
    with pytest.raises(ClientError, match="nothing-like-it"):
        await editor.request("conduit/session/setModel", {"sessionId": session_id, "modelId": "nothing-like-it"})
    models = await editor.request("conduit/models/list")
    assert models["defaultModelId"] == "scripted/demo"
    changed = await editor.request("conduit/session/setModel", {"sessionId": session_id, "modelId": "sonnet"})
    assert changed["models"]["currentModelId"].startswith("anthropic/")
    assert updates(editor, "session_info_update")[-1]["model"] == changed["models"]["currentModelId"]


async def test_parameters_are_set_for_a_session_and_for_a_prompt_and_come_with_its_history(
    start_editor: StartEditor,
) -> None:
    async with await start_editor() as editor:
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        method = "conduit/session/setParameters"
        given = {"topP": 0.5, "thinking": "low", "stop": ["x"], "extra": {"a": {"bC": None}}}
        opened = await editor.request(method, {"sessionId": session, "parameters": given})
        assert opened["session"]["parameters"] == given
        opened = await editor.request(method, {"sessionId": session, "parameters": {"topP": None}})
        assert opened["session"]["parameters"] == {name: given[name] for name in ("thinking", "stop", "extra")}
        prompt = {"sessionId": session, "prompt": [{"type": "text", "text": "hi"}], "parameters": {"temperature": 0.2}}
        assert (await editor.request("conduit/session/prompt", prompt))["stopReason"] == "end_turn"
        for wrong in ({"thinking": "hard"}, {"topP": 7}):
            with pytest.raises(ClientError, match=next(iter(wrong)) if "thinking" in wrong else "top_p"):
                await editor.request(method, {"sessionId": session, "parameters": wrong})
            with pytest.raises(ClientError):
                await editor.request("conduit/session/prompt", {**prompt, "parameters": wrong})
        loaded = await editor.request("conduit/session/load", {"sessionId": session})
        assert loaded["session"]["parameters"] == opened["session"]["parameters"]


async def test_unknown_sessions_and_missing_keys_are_clear_messages(start_editor: StartEditor) -> None:
    editor = await start_editor()
    with pytest.raises(ClientError, match="There is no session 'nope'") as caught:
        await prompt(editor, "nope", "say it")
    assert (caught.value.code, caught.value.data) == (-32803, {"error": "SessionNotFound"})
    session_id = await new_session(editor)
    with pytest.raises(ClientError, match="ANTHROPIC_API_KEY"):
        await editor.request("conduit/session/setModel", {"sessionId": session_id, "modelId": "sonnet"})


async def test_attached_files_and_the_selection_reach_the_model(start_editor: StartEditor, project: Path) -> None:
    editor = await start_editor()
    session_id = await new_session(editor)
    uri = await editor.open(project / "app.py", "first\nsecond line\n")
    selection = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 6}}
    content = [{"type": "text", "text": "say it"}, {"type": "resource_link", "uri": uri, "name": "app.py"}]
    context = {"activeDocument": {"uri": uri}, "selection": selection, "openDocuments": [{"uri": "file:///etc/passwd"}]}
    await editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": content, "context": context})
    said = [each["update"]["content"] for each in editor.seen.updates if "content" in each["update"]]
    assert content == said[:2]  # the file by its name
    assert "Active file" not in editor.seen.text("user_message_chunk")
    sent = (await editor.command("conduit.session.open", session_id))["messages"][0]["text"]
    assert "second line" in sent
    assert "Active file: app.py (python)" in sent
    assert "Selected text (lines 2 to 2):\n```python\nsecond\n```" in sent
    assert "passwd" not in sent


@pytest.mark.parametrize("way", ["input ends", "client dies", "shutdown"])
async def test_a_turn_that_the_end_of_the_connection_cuts_is_kept_and_the_next_prompt_works(
    start_editor: StartEditor, way: str
) -> None:
    client = await asyncio.create_subprocess_exec("sleep", "60")
    editor = await start_editor(EditorOptions(process_id=client.pid))
    session_id = await new_session(editor)
    turn = asyncio.create_task(prompt(editor, session_id, "wait for me"))
    await editor.wait_for(lambda seen: "I wait" in seen.text())
    if way == "client dies":
        client.kill()
    elif way == "input ends":
        editor.wire.close_stdin()
    if way == "shutdown":
        assert await editor.shutdown() == 0
    else:
        assert await editor.wire.wait() == 1
    await asyncio.gather(turn, return_exceptions=True)
    other = await start_editor()
    opened = await other.command("conduit.session.open", session_id)
    assert opened["running"] is False
    assert [(each["role"], each["text"]) for each in opened["messages"]] == [
        ("user", "wait for me"),
        ("assistant", "I wait"),
    ]
    assert opened["messages"][1]["interrupted"] is True
    assert (await prompt(other, session_id, "say it"))["stopReason"] == "end_turn"
    if client.returncode is None:
        client.kill()
        await client.wait()


async def test_a_picture_that_is_no_base64_is_refused_and_nothing_is_stored(start_editor: StartEditor) -> None:
    editor = await start_editor()
    session_id = await new_session(editor)
    content = [{"type": "text", "text": "say it"}, {"type": "image", "mimeType": "image/png", "data": "no base64!"}]
    with pytest.raises(ClientError, match=r"prompt\.1\.image\.data: base64"):
        await editor.request("conduit/session/prompt", {"sessionId": session_id, "prompt": content})
    listed = (await editor.request("conduit/session/list", {}))["sessions"]
    assert listed[0]["messageCount"] == 0
