"""`conduit/usage/report` and `conduit/doctor` over a real server."""

from __future__ import annotations

import pytest

from conduit import __version__
from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor


async def test_the_report_counts_the_day_and_one_conversation(start_editor: StartEditor) -> None:
    async with await start_editor() as editor:
        sessions = [(await editor.request("conduit/session/new", {}))["sessionId"] for _ in range(2)]
        used = []
        for session in sessions:
            content = [{"type": "text", "text": "say it"}]
            turn = await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content})
            used.append((turn["usage"]["inputTokens"], turn["usage"]["outputTokens"]))
        report = await editor.request("conduit/usage/report", {"sessionId": sessions[0]})
        assert report["today"] == {
            "inputTokens": sum(each[0] for each in used),
            "outputTokens": sum(each[1] for each in used),
            "cost": {"amount": 0.0, "currency": "USD"},
            "unpriced": 0,
        }
        assert report["session"] == {
            "inputTokens": used[0][0],
            "outputTokens": used[0][1],
            "cost": {"amount": 0.0, "currency": "USD"},
            "unpriced": 0,
            "contextUsed": sum(used[0]),
            "contextSize": 200_000,
        }
        assert "session" not in await editor.request("conduit/usage/report", {})
        with pytest.raises(ClientError, match="no session 'nope'"):
            await editor.request("conduit/usage/report", {"sessionId": "nope"})
        with pytest.raises(ClientError, match="sessionId: input should be a valid string"):
            await editor.request("conduit/usage/report", {"sessionId": 1})


async def test_the_doctor_says_what_works_and_what_is_missing(start_editor: StartEditor) -> None:
    async with await start_editor(env={"ANTHROPIC_API_KEY": ""}) as editor:
        report = await editor.request("conduit/doctor", {})
        states = {each["name"]: each["state"] for each in report["checks"]}
        assert report["version"] == __version__
        assert (states["conduit"], states["vendor anthropic"]) == ("ok", "missing")
        assert {"name": "conduit", "state": "ok", "detail": __version__} in report["checks"]
