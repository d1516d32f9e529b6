"""`conduit/cache/*` as an editor asks."""

from __future__ import annotations

from typing import Any

import pytest

from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor

KEYS = {"GEMINI_API_KEY": "test-key", "OPENAI_API_KEY": "test-key"}


async def line_of(editor: Any, session: str, method: str = "list") -> dict[str, Any]:
    (line,) = (await editor.request(f"conduit/cache/{method}", {"sessionId": session}))["caches"]
    return line


async def test_a_cache_that_conduit_makes_is_listed_switched_off_and_on(start_editor: StartEditor) -> None:
    async with await start_editor(env=KEYS) as editor:
        session = (await editor.request("conduit/session/new", {"model": "flash"}))["sessionId"]
        line = await line_of(editor, session)
        assert line == {
            "provider": "google",
            "model": "google/gemini-3.8-flash",
            "kind": "explicit",
            "enabled": True,
            "tokens": 0,
            "hits": 0,
        }
        assert await line_of(editor, session, "disable") == {**line, "enabled": False}
        assert await line_of(editor, session) == {**line, "enabled": False}
        assert await line_of(editor, session, "enable") == line
        assert await editor.request("conduit/cache/invalidate", {"sessionId": session}) == {"dropped": 0}


async def test_a_cache_of_the_vendors_own_is_listed_and_goes_on_where_the_vendor_cannot_be_told(
    start_editor: StartEditor,
) -> None:
    async with await start_editor(env=KEYS) as editor:
        session = (await editor.request("conduit/session/new", {"model": "gpt-5.4"}))["sessionId"]
        line = await line_of(editor, session)
        assert (line["provider"], line["kind"], line["enabled"]) == ("openai", "implicit", True)
        assert await line_of(editor, session, "disable") == line
        assert await line_of(editor, session, "enable") == line
        with pytest.raises(ClientError, match="cached by its vendor alone"):
            await editor.request("conduit/cache/invalidate", {"sessionId": session})
        with pytest.raises(ClientError, match="no session 'nope'"):
            await line_of(editor, "nope")
