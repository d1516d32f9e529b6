"""What is known of models, and what their answers cost, on a real store and against servers of our own."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from conduit.agent.permission import DenyAll
from conduit.app import App, ModelCard
from conduit.compose import open_app
from conduit.errors import ConfigError, ProviderError, UnknownModel, UserError
from conduit.messages.content import Image, Source, Sources, Text
from conduit.sessions.ledger import SqliteLedger
from conduit.workspace.editor import HeadlessEditor
from fakes.byte_server import ByteServer, chat_events, serve
from fakes.editor import FakeEditor
from fakes.wire_answers import call_chunk, chunk

Opening = Callable[..., AbstractAsyncContextManager[App]]
PICTURE = Image(media_type="image/png", data="iVBORw==")
PAGES = [{"title": "One", "url": "https://one.example/a"}]
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


@pytest.fixture
def opening(tmp_path: Path) -> Opening:
    """Opens Apps on the same home, one after the other; vendors' addresses are those of servers."""
    root = tmp_path / "project"
    root.mkdir()
    environ = {
        "HOME": str(tmp_path),
        "CONDUIT_STATE_DIR": str(tmp_path / "state"),
        "CONDUIT_CONFIG_DIR": str(tmp_path / "config"),
        "CONDUIT_DATA_DIR": str(tmp_path / "data"),
        "PERPLEXITY_API_KEY": "pplx-of-a-test",
        "DEEPSEEK_API_KEY": "sk-of-a-test",
    }

    @asynccontextmanager
    async def opened(model: str, **servers: ByteServer) -> AsyncIterator[App]:
        config = tmp_path / "config" / "config.toml"
        config.parent.mkdir(exist_ok=True)
        config.write_text(
            "".join(f'[vendors.{vendor}]\nbase_url = "{server.url}"\n' for vendor, server in servers.items())
        )
        app = await open_app(
            [root], {}, HeadlessEditor(), FakeEditor(), DenyAll(), environ={**environ, "CONDUIT_MODEL": model}
        )
        yield app
        await app.aclose()

    return opened


def listed(*rows: dict[str, Any]) -> list[bytes]:
    """Return an answer to a request for a list of models."""
    body = json.dumps({"object": "list", "data": rows}).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return [head.encode(), body]


def refused(message: str) -> list[bytes]:
    """Return the answer to a request that is wrong."""
    body = json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()
    head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return [f"{head}Connection: close\r\n\r\n".encode(), body]


def by_id(cards: list[ModelCard]) -> dict[str, ModelCard]:
    return {card.id: card for card in cards}


async def test_an_answer_keeps_its_pages_its_price_and_the_id_of_its_request(opening: Opening, tmp_path: Path):
    answer = [chunk({"content": "So it is [1]."}, search_results=PAGES), chunk({}, "stop", usage=USAGE)]
    async with serve(chat_events(*answer)) as server:
        async with opening("perplexity/sonar-pro", perplexity=server) as app:
            session = await app.new_session()
            await app.prompt(session.id, [Text(text="Is it so?")])
            (row,) = await app.usage()
        assert "tools" not in server.received[0].body
        async with opening("perplexity/sonar-pro", perplexity=server) as app:
            _, stored = await app.conversation(session.id)
    assert stored.message.content[1] == Sources(sources=(Source(url="https://one.example/a", title="One"),))
    assert (row.completions, row.unpriced) == (1, 0)
    # 1000 tokens at $3, 100 at $15 a million, and $14 for a thousand requests
    assert row.cost_usd == pytest.approx(0.003 + 0.0015 + 0.014)
    ledger = SqliteLedger(tmp_path / "state" / "ledger.db")
    (entry,) = await ledger.entries()
    await ledger.aclose()
    assert (entry.session_id, entry.model, entry.cost_usd) == (session.id, "perplexity/sonar-pro", row.cost_usd)
    assert entry.request_id == "c"
    assert entry.workspace == str(tmp_path / "project")
    assert entry.usage.input_tokens == 1000


async def test_what_a_model_cannot_take_is_refused_before_the_call_and_the_session_goes_on(opening: Opening):
    answer = chat_events(chunk({"content": "Hi."}, "stop"))
    async with serve(answer) as server, opening("deepseek", deepseek=server) as app:
        session = await app.new_session()
        with pytest.raises(UserError, match=r"DeepSeek V4 Pro \(deepseek/deepseek-v4-pro\).*'vision'"):
            await app.prompt(session.id, [Text(text="Look."), PICTURE])
        assert server.received == []
        assert await app.conversation(session.id) == []
        assert (await app.prompt(session.id, [Text(text="Hello?")])).text == "Hi."


async def test_an_older_picture_is_no_reason_to_refuse(opening: Opening):
    answer = chat_events(chunk({"content": "A cat."}, "stop"))
    async with serve(answer) as server, opening("custom/sees", custom=server, deepseek=server) as app:
        session = await app.new_session()
        await app.prompt(session.id, [Text(text="Look."), PICTURE])
        await app.set_model(session.id, "deepseek")
        assert (await app.prompt(session.id, [Text(text="And now?")])).error is None
    assert "image: this model cannot see it" in json.dumps(server.received[1].body)


async def test_a_servers_own_list_is_kept_and_known_after_a_restart(opening: Opening):
    async with serve(listed({"id": "tiny", "max_model_len": 4096}, {"id": "qwen3"})) as server:
        async with opening("vllm/tiny", vllm=server) as app:
            assert app.library().card("vllm/tiny").tier == "default"
            (told,) = await app.library().update("vllm")
            assert (told.vendor, told.models, told.problem) == ("vllm", 2, "")
            assert by_id(app.library().cards(provider="vllm"))["vllm/tiny"].context_tokens == 4096
        async with opening("tiny", vllm=server) as app:
            card = app.library().card("tiny")
            assert (card.id, card.tier, card.context_tokens, card.ready) == ("vllm/tiny", "discovered", 4096, True)
            assert card.capabilities["local"]
            assert card.price == {"input": 0.0, "output": 0.0}


async def test_a_server_that_is_not_there_is_told_and_keeps_its_list(opening: Opening):
    async with (
        serve(listed({"id": "tiny"})) as server,
        opening("vllm/tiny", vllm=server, lmstudio=server, ollama=server, llamacpp=server) as app,
    ):
        await app.library().update("vllm")
        server.play(refused("no"))
        told = {each.vendor: each for each in await app.library().update()}
        assert told["vllm"].models == 0
        assert "no" in told["vllm"].problem
        assert app.library().card("vllm/tiny").tier == "discovered"
        with pytest.raises(UnknownModel):
            await app.library().update("nobody")


async def test_the_persons_file_wins_and_a_mistake_in_it_names_the_file(opening: Opening, tmp_path: Path):
    own = tmp_path / "config" / "models.toml"
    own.parent.mkdir(exist_ok=True)
    own.write_text('aliases = { mine = "custom/x" }\n[[models]]\nvendor = "custom"\nname = "x"\ncontext_tokens = 7\n')
    async with opening("embedded") as app:
        card = app.library().card("mine")
    assert (card.id, card.tier, card.context_tokens, card.source) == ("custom/x", "own", 7, str(own))
    own.write_text("models = 3")
    with pytest.raises(ConfigError, match=r"models\.toml: models"):
        async with opening("embedded"):
            pass


async def test_cards_are_found_by_vendor_and_capability_and_a_wrong_word_is_told(opening: Opening):
    async with opening("embedded") as app:
        library = app.library()
        seeing = library.cards(capability="vision")
        assert all(card.capabilities["vision"] for card in seeing)
        assert "deepseek/deepseek-flash" in by_id(seeing)
        assert {card.vendor for card in library.cards(provider="groq")} == {"groq"}
        assert [card.kind for card in library.cards(provider="openai", capability="embeddings")] == ["embedding"] * 2
        with pytest.raises(UserError, match="no capability 'sight'"):
            library.cards(capability="sight")
        with pytest.raises(UnknownModel, match="no vendor 'nobody'"):
            library.cards(provider="nobody")
        assert not any("embedding" in choice.id for choice in app.models())


async def test_a_probe_tells_what_was_seen_what_was_refused_and_what_stays_unknown(opening: Opening):
    answers = [
        chat_events(chunk({"content": "one"}), chunk({"content": " two"}, "stop")),
        chat_events(call_chunk(0, "c", "note_word", '{"word":"ok"}'), chunk({}, "tool_calls")),
        chat_events(chunk({"content": '{"word": "ok"}'}, "stop")),
        refused("images are not supported"),
        chat_events(chunk({"content": "Silence."}, "stop")),
        chat_events(chunk({"content": "391"}, "stop")),
        refused("temperature is not supported"),
    ]
    async with serve(*answers) as server, opening("custom/new", custom=server) as app:
        found = {each.capability: each async for each in app.library().probe("custom/new")}
    assert {name: each.found for name, each in found.items()} == {
        "streaming": True,
        "tool_calling": True,
        "structured_output": True,
        "vision": False,
        "audio": True,
        "reasoning": None,
        "sampling": False,
    }
    assert "images are not supported" in found["vision"].detail
    assert found["reasoning"].detail == "it said: 391"


async def test_a_probe_of_a_model_that_does_not_answer_ends_with_its_error(opening: Opening):
    async with serve(refused("no such model")) as server, opening("custom/new", custom=server) as app:
        with pytest.raises(ProviderError, match="no such model"):
            [each async for each in app.library().probe("custom/new")]


async def test_a_probe_does_not_ask_what_its_row_denies(opening: Opening):
    answer = chat_events(chunk({"content": "red"}, "stop"))
    async with serve(answer) as server, opening("deepseek", deepseek=server) as app:
        found = {each.capability: each async for each in app.library().probe("deepseek")}
    assert (found["vision"].found, found["vision"].detail) == (None, "not tried: its row says no")
    assert len(server.received) == 5


@pytest.mark.parametrize(
    ("name", "form"),
    [("gpt", "v4a"), ("sonnet", "search_replace"), ("scripted/demo", "search_replace"), ("embedded", None)],
)
async def test_a_model_is_known_by_the_form_in_which_it_changes_files(app: App, name: str, form: str | None) -> None:
    assert app.library().edit_format(app.model(name)) == form
