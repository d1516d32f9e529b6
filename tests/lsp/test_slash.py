"""`conduit/command/list`, and what a prompt that begins with a command becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient
from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor


async def listed(editor: EditorClient) -> dict[str, dict[str, str]]:
    found = (await editor.request("conduit/command/list", {}))["commands"]
    return {each.pop("name"): each for each in found}


async def ask(editor: EditorClient, session: str, text: str) -> tuple[list[dict[str, Any]], str]:
    """Return what is shown of a prompt, and what the model got."""
    editor.seen.updates.clear()
    content = [{"type": "text", "text": text}]
    await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content})
    shown = [each["update"] for each in editor.seen.updates]
    messages = (await editor.command("conduit.session.open", session))["messages"]
    sent = [each["text"] for each in messages if each["role"] == "user"][-1]
    return [each["content"] for each in shown if each["sessionUpdate"] == "user_message_chunk"], sent


async def test_our_own_commands_are_listed_and_sent_as_what_they_stand_for(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        commands = await listed(editor)
        assert list(commands) == ["doc", "explain", "fix", "summarize", "tests"]
        assert commands["explain"] == {
            "description": "Explain code: the selection, the open file, or what you name",
            "hint": "what to explain",
            "source": "builtin",
        }
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        shown, sent = await ask(editor, session, "/explain the cart $HOME")
        assert shown == [{"type": "text", "text": "/explain the cart $HOME"}]
        assert sent.startswith("Explain the following to somebody")
        assert ": the cart $HOME\n" in sent
        assert (await editor.request("conduit/session/list", {}))["sessions"][0]["title"] == "/explain the cart $HOME"
        for text in ("/usr/bin is a folder", "/nothing here", "say /explain"):
            assert (await ask(editor, session, text))[1] == text
        at = (await editor.command("conduit.session.open", session))["messages"][0]["id"]
        back = await editor.request("conduit/session/rewind", {"sessionId": session, "messageId": at})
        assert back["prompt"] == [{"type": "text", "text": "/explain the cart $HOME"}]
        with pytest.raises(ClientError, match="sessionId: input should be a valid string"):
            await editor.request("conduit/command/list", {"sessionId": 1})


async def test_a_persons_and_a_projects_own_files_are_commands(
    start_editor: StartEditor, project: Path, tmp_path: Path
) -> None:
    person, own = tmp_path / "settings" / "prompts", project / ".conduit" / "prompts"
    for folder in (person, own):
        folder.mkdir(parents=True)
    (person / "fix.md").write_text("---\ndescription: Mine\n---\nsay it my way: $ARGUMENTS\n")
    (person / "not a name.md").write_text("text")
    (person / "empty.md").write_text("---\ndescription: Nothing\n---\n")
    (own / "release.md").write_text("# Make a release\n\nsay it\n")
    for name in ("fix", "explain"):
        (own / f"{name}.md").write_text("the folder decides\n")
    async with await start_editor(env={"CONDUIT_CONFIG_DIR": str(tmp_path / "settings")}) as editor:
        commands = await listed(editor)
        assert {name: each["source"] for name, each in commands.items()} == {
            **dict.fromkeys(("doc", "explain", "summarize", "tests"), "builtin"),
            "fix": "person",
            "release": "project",
        }
        assert (commands["fix"]["description"], commands["fix"]["hint"]) == ("Mine", "text")
        assert commands["release"]["description"] == "Make a release"
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        assert (await ask(editor, session, "/fix this"))[1] == "say it my way: this"
        assert (await ask(editor, session, "/release 1.0"))[1] == "# Make a release\n\nsay it\n\n1.0"
