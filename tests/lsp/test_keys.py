"""`conduit/key/*` over a real server: with a keyring, without one, and what happens to the next turn."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conduit.lsp.client import EditorClient
from conduit.lsp.wire_client import ClientError
from lsp.conftest import StartEditor

TESTS = Path(__file__).parent.parent
NO_RING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "ANTHROPIC_API_KEY": "", "OPENAI_API_KEY": ""}
KEY = "plain-looking-key-of-a-test"


def ring(folder: Path) -> dict[str, str]:
    return {
        **NO_RING,
        "PYTHON_KEYRING_BACKEND": "fakes.file_ring.FileRing",
        "FILE_RING": str(folder / "ring.json"),
        "PYTHONPATH": str(TESTS),
    }


def line(keys: dict[str, Any], vendor: str = "anthropic") -> dict[str, Any]:
    return next(each for each in keys["vendors"] if each["vendor"] == vendor)


async def set_key(editor: EditorClient, keep: str, vendor: str = "anthropic", key: str = KEY) -> dict[str, Any]:
    return await editor.request("conduit/key/set", {"vendor": vendor, "key": key, "keep": keep})


async def ready(editor: EditorClient) -> set[str]:
    models = (await editor.request("conduit/models/list", {}))["models"]
    return {each["vendor"] for each in models if each["ready"]}


async def test_a_key_for_this_server_alone_makes_models_ready_and_is_gone_with_it(
    start_editor: StartEditor, tmp_path: Path
) -> None:
    log = tmp_path / "log.txt"
    env = {**NO_RING, "CONDUIT_LOG_FILE": str(log), "CONDUIT_LOG_LEVEL": "debug"}
    async with await start_editor(env=env) as editor:
        before = await editor.request("conduit/key/list", {})
        assert before["keyring"] is False
        assert "no keyring" in before["problem"]
        assert "Set the vendor's variable" in before["problem"]
        assert line(before) == {
            "vendor": "anthropic",
            "name": "Anthropic",
            "source": "none",
            "variable": "ANTHROPIC_API_KEY",
            "kept": False,
        }
        assert "anthropic" not in await ready(editor)
        assert line(await set_key(editor, "session"))["source"] == "session"
        assert "anthropic" in await ready(editor)
        with pytest.raises(ClientError, match="has no keyring"):
            await set_key(editor, "keyring", "openai")
        gone = await editor.request("conduit/key/remove", {"vendor": "anthropic"})
        assert line(gone)["source"] == "none"
        assert "anthropic" not in await ready(editor)
        await set_key(editor, "session")
    async with await start_editor(env=env) as editor:
        assert line(await editor.request("conduit/key/list", {}))["source"] == "none"
    for file in [log, *tmp_path.rglob("*.jsonl"), *tmp_path.rglob("*.json"), *tmp_path.rglob("*.toml")]:
        assert KEY not in file.read_text(), file


async def test_a_key_in_the_keyring_is_there_after_a_restart_and_the_environment_counts_more(
    start_editor: StartEditor, tmp_path: Path
) -> None:
    async with await start_editor(env=ring(tmp_path)) as editor:
        kept = await set_key(editor, "keyring")
        assert (kept["keyring"], line(kept)["source"], line(kept)["kept"]) == (True, "keyring", True)
        assert kept["problem"] == ""
        assert "anthropic" in await ready(editor)
    async with await start_editor(env=ring(tmp_path)) as editor:
        assert line(await editor.request("conduit/key/list", {}))["source"] == "keyring"
        checks = (await editor.request("conduit/doctor", {}))["checks"]
        assert next(each for each in checks if each["name"] == "vendor anthropic")["detail"] == (
            "ready, key found in the keyring"
        )
    async with await start_editor(env={**ring(tmp_path), "ANTHROPIC_API_KEY": "another-key"}) as editor:
        found = line(await editor.request("conduit/key/list", {}))
        assert (found["source"], found["kept"]) == ("environment", True)
        assert line(await set_key(editor, "session"))["source"] == "session"
        found = line(await editor.request("conduit/key/remove", {"vendor": "anthropic"}))
        assert (found["source"], found["kept"]) == ("environment", False)
    assert (tmp_path / "ring.json").read_text() == "{}"


async def test_a_new_key_is_sent_with_the_next_turn(start_editor: StartEditor) -> None:
    sent: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        sent.append(next(each for each in head.splitlines() if each.lower().startswith("authorization:")))
        writer.write(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    env = {**NO_RING, "CONDUIT_MODEL": "custom/any", "CONDUIT_BASE_URL": url, "CONDUIT_API_KEY": ""}
    async with server, await start_editor(env=env) as editor:
        session = (await editor.request("conduit/session/new", {}))["sessionId"]
        for key in ("first-key-of-a-test", "second-key-of-a-test"):
            await set_key(editor, "session", "custom", key)
            content = [{"type": "text", "text": "Hello"}]
            await editor.request("conduit/session/prompt", {"sessionId": session, "prompt": content})
            assert key in sent[-1]


async def test_wrong_parameters_are_answered_with_the_name_of_the_field(start_editor: StartEditor) -> None:
    async with await start_editor(env=NO_RING) as editor:
        with pytest.raises(ClientError, match="keep: input should be 'keyring' or 'session'"):
            await set_key(editor, "settings")
        with pytest.raises(ClientError, match="key: field required"):
            await editor.request("conduit/key/set", {"vendor": "anthropic", "keep": "session"})
        with pytest.raises(ClientError, match="nothingness"):
            await set_key(editor, "session", "nothingness")
        with pytest.raises(ClientError, match="This is no key") as caught:
            await set_key(editor, "session", key="two words")
        assert "two words" not in str(caught.value)
        with pytest.raises(ClientError, match="takes no key"):
            await set_key(editor, "session", "embedded")
