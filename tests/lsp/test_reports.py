"""`conduit/usage/report` and `conduit/doctor` over a real server."""

from __future__ import annotations

import json
import stat
import zipfile
from pathlib import Path

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


async def test_collected_logs_hold_no_key_and_no_conversation(start_editor: StartEditor, tmp_path: Path) -> None:
    log = tmp_path / "conduit.log"
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "config.toml").write_text('[vendors.custom]\nbase_url = "http://127.0.0.1:9/private/place"\n')
    env = {
        "CONDUIT_LOG_FILE": str(log),
        "CONDUIT_LOG_LEVEL": "info",
        "OPENAI_API_KEY": "key-of-this-test-only",
        "CONDUIT_CONFIG_DIR": str(settings),
    }
    log.write_text("an old line with key-of-this-test-only in it\n")
    async with await start_editor(env=env) as editor:
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        content = [{"type": "text", "text": "say what nobody else may read"}]
        await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content})
        path = Path((await editor.request("conduit/logs/collect", {}))["path"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {"versions.txt", "doctor.txt", "settings.json", "log.txt"}
    whole = "".join(texts.values())
    for secret in ("key-of-this-test-only", "nobody else may read", "private/place"):
        assert secret not in whole
    assert f"conduit {__version__}" in texts["versions.txt"]
    assert "an old line with [redacted] in it" in texts["log.txt"]
    assert json.loads(texts["settings.json"])["vendors.custom.base_url"]["value"] == "(left out)"
