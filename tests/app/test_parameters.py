"""Parameters in cascade: the settings, the session, the call; and what reaches the vendor of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from conduit.agent.permission import DenyAll
from conduit.app import App, PromptOptions
from conduit.app.parameters import cascade, changed, parameters
from conduit.compose import open_app
from conduit.errors import SessionNotFound, UserError
from conduit.messages.content import Text
from conduit.messages.request import ModelSettings
from conduit.workspace.editor import HeadlessEditor
from fakes.byte_server import ByteServer, serve
from fakes.editor import FakeEditor
from fakes.wire_answers import text_answer


@asynccontextmanager
async def app_on(server: ByteServer, home: Path) -> AsyncIterator[App]:
    """An App whose model is at `server`; its settings ask for a temperature and a seed."""
    (home / "project").mkdir(exist_ok=True)
    environ = {
        "HOME": str(home),
        "CONDUIT_MODEL": "custom/some-model",
        "CONDUIT_BASE_URL": f"{server.url}/v1",
        "CONDUIT_TEMPERATURE": "0.1",
        "CONDUIT_SEED": "7",
    }
    app = await open_app([home / "project"], {}, HeadlessEditor(), FakeEditor(), DenyAll(), environ=environ)
    try:
        yield app
    finally:
        await app.aclose()


async def test_the_call_wins_over_the_session_and_the_session_over_the_settings(tmp_path: Path):
    sent = ("temperature", "seed", "top_p", "max_tokens", "user", "tag")
    async with serve(text_answer("openai", "ok")) as server:

        async def asked(app: App, session_id: str, **call: Any) -> tuple[object, ...]:
            options = PromptOptions(settings=parameters(call)) if call else PromptOptions()
            assert (await app.prompt(session_id, [Text(text="hi")], options)).error is None
            return tuple(server.received[-1].body.get(name) for name in sent)

        async with app_on(server, tmp_path) as app:
            session = (await app.new_session()).id
            assert await asked(app, session) == (0.1, 7, None, None, None, None)
            info = await app.set_parameters(session, {"temperature": 0.5, "extra": {"user": "ann", "tag": "a"}})
            assert info.parameters == {"temperature": 0.5, "extra": {"user": "ann", "tag": "a"}}
            assert await asked(app, session) == (0.5, 7, None, None, "ann", "a")
            call = {"temperature": 0.9, "max_tokens": 50, "extra": {"tag": "b"}}
            assert await asked(app, session, **call) == (0.9, 7, None, 50, "ann", "b")
            assert await asked(app, session) == (0.5, 7, None, None, "ann", "a")
            await app.set_parameters(session, {"top_p": 0.3, "temperature": None})
        async with app_on(server, tmp_path) as again:
            assert await asked(again, session) == (0.1, 7, 0.3, None, "ann", "a")
            assert await asked(again, (await again.new_session()).id) == (0.1, 7, None, None, None, None)


async def test_a_parameter_that_nobody_knows_or_that_cannot_be_changes_nothing(app: App):
    session = (await app.new_session()).id
    await app.set_parameters(session, {"seed": 3})
    for bad, said in (({"temprature": 1}, "'temperature'"), ({"top_p": 3}, "top_p"), ({"seed": "x"}, "seed")):
        with pytest.raises(UserError, match=said):
            await app.set_parameters(session, bad)
    assert (await app.load_session(session)).parameters == {"seed": 3}
    with pytest.raises(SessionNotFound):
        await app.set_parameters("ses_none", {"seed": 1})


def test_what_a_layer_does_not_set_stays():
    base = ModelSettings(temperature=0.1, stop=("x",), extra={"a": 1})
    over = ModelSettings(seed=2, extra={"b": 2})
    assert cascade(base) == cascade(base, None, ModelSettings()) == base
    assert cascade(base, over) == ModelSettings(temperature=0.1, stop=("x",), seed=2, extra={"a": 1, "b": 2})
    assert cascade(base, ModelSettings(stop=())).stop == ()


def test_what_is_stored_is_what_was_set_and_no_more():
    assert changed({"seed": 1}, {"stop": ["a"], "thinking": "low"}) == {"seed": 1, "stop": ["a"], "thinking": "low"}
    assert changed({"seed": 1}, {"seed": None}) == {}
