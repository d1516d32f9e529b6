"""`conduit/session/rename|delete|export|fork|list` over a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient
from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor


async def new_session(editor: EditorClient, **params: object) -> str:
    return (await editor.request("conduit/session/new", params))["sessionId"]


async def prompt(editor: EditorClient, session: str, text: str) -> dict[str, Any]:
    content = [{"type": "text", "text": text}]
    return await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content})


async def listed(editor: EditorClient, query: str = "") -> list[str]:
    return [each["title"] for each in (await editor.request("conduit/session/list", {"query": query}))["sessions"]]


async def test_a_title_is_changed_shown_and_found(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        session = await new_session(editor)
        await prompt(editor, session, "say it")
        title = {"sessionId": session, "title": " Counting\nto three "}
        renamed = await editor.request("conduit/session/rename", title)
        assert renamed["session"]["title"] == "Counting to three"
        assert editor.seen.updates[-1]["update"] == {
            "sessionUpdate": "session_info_update",
            "title": "Counting to three",
        }
        await new_session(editor, title="Other")
        assert await listed(editor) == ["Other", "Counting to three"]
        assert await listed(editor, "COUNT") == ["Counting to three"]
        assert await listed(editor, "two three") == ["Counting to three"]
        assert await listed(editor, "four") == []
        with pytest.raises(ClientError, match="title: string should have at least 1 character"):
            await editor.request("conduit/session/rename", {"sessionId": session, "title": ""})
        with pytest.raises(ClientError, match="must say something"):
            await editor.request("conduit/session/rename", {"sessionId": session, "title": " \n"})
        with pytest.raises(ClientError, match="sessionId: field required"):
            await editor.request("conduit/session/rename", {"title": "x"})


async def test_a_deleted_conversation_is_gone_with_what_it_proposed(start_editor: StartEditor, project: Path) -> None:
    async with await start_editor() as editor:
        session = await new_session(editor)
        await prompt(editor, session, "edit it")
        assert (await editor.request("conduit/hunk/list", {}))["hunks"] != []
        assert await editor.request("conduit/session/delete", {"sessionId": session}) == {"deleted": True}
        assert (await editor.request("conduit/hunk/list", {}))["hunks"] == []
        assert await listed(editor) == []
        for method in ("load", "delete", "export"):
            with pytest.raises(ClientError, match="no session"):
                await editor.request(f"conduit/session/{method}", {"sessionId": session})
    assert (project / "app.py").read_text() == "value = 1\n"
    async with await start_editor() as editor:
        assert await listed(editor) == []
        assert (await editor.request("conduit/hunk/list", {}))["hunks"] == []


async def test_a_conversation_in_which_a_turn_runs_is_not_deleted(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        session = await new_session(editor)
        running = asyncio.create_task(prompt(editor, session, "wait"))
        await editor.wait_for(lambda seen: "I wait" in seen.text())
        with pytest.raises(ClientError, match="turn is still running"):
            await editor.request("conduit/session/delete", {"sessionId": session})
        await editor.request("conduit/session/cancel", {"sessionId": session})
        assert (await running)["stopReason"] == "cancelled"
        assert await editor.request("conduit/session/delete", {"sessionId": session}) == {"deleted": True}


async def test_an_export_has_what_was_said_with_tool_calls_folded(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        session = await new_session(editor)
        await prompt(editor, session, "read it")
        exported = await editor.request("conduit/session/export", {"sessionId": session})
        assert exported["title"] == "read it"
        head, _, rest = exported["markdown"].partition("\n\n## You\n\n")
        assert head.startswith("# read it\n\nscripted/demo · ")
        assert rest == (
            "read it\n\n## Conduit\n\n"
            "<details>\n<summary>Thinking</summary>\n\n> I should read it.\n\n</details>\n\n"
            '<details>\n<summary>read_file app.py</summary>\n\n```json\n{\n  "path": "app.py"\n}\n```\n\n'
            "Result:\n\n```\napp.py (lines 1 to 1 of 1, as saved on disk)\n1\tvalue = 1\n```\n\n</details>\n\n"
            "It is as on disk.\n"
        )


async def test_a_fork_starts_with_what_it_shares_and_goes_its_own_way(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        session = await new_session(editor)
        await prompt(editor, session, "say it")
        messages = (await editor.command("conduit.session.open", session))["messages"]
        await prompt(editor, session, "read it")
        fork = await editor.request("conduit/session/fork", {"sessionId": session, "messageId": messages[-1]["id"]})
        assert fork["session"]["forkedFrom"] == session
        await prompt(editor, fork["sessionId"], "stream it")
        for one, said in ((session, ["say it", "read it"]), (fork["sessionId"], ["say it", "stream it"])):
            editor.seen.updates.clear()
            await editor.request("conduit/session/load", {"sessionId": one})
            shown = [each for each in editor.seen.updates if each["update"]["sessionUpdate"] == "user_message_chunk"]
            assert [each["update"]["content"]["text"] for each in shown] == said
            assert {each["sessionId"] for each in editor.seen.updates} == {one}
        whole = await editor.request("conduit/session/fork", {"sessionId": session})
        assert whole["session"]["messageCount"] == 6
        with pytest.raises(ClientError, match="no message 'nope'"):
            await editor.request("conduit/session/fork", {"sessionId": session, "messageId": "nope"})
        with pytest.raises(ClientError, match="Nothing was said"):
            await editor.request("conduit/session/fork", {"sessionId": await new_session(editor)})
