"""When the chosen model cannot answer just now, another one does; the person is told, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from conduit.agent.permission import DenyAll
from conduit.app import App, TurnResult
from conduit.compose import open_app
from conduit.errors import ProviderErrorKind as Kind
from conduit.messages.content import Text
from conduit.sessions.events import Event, Notice, TextChunk, Transient, TurnEnded
from conduit.workspace.editor import HeadlessEditor
from fakes.byte_server import ByteServer, serve
from fakes.dialects import DIALECTS
from fakes.editor import FakeEditor
from fakes.provider_faults import good, refusal, stream

CHAT, MESSAGES = DIALECTS["openai_chat"], DIALECTS["anthropic"]
FIRST, SECOND = "custom/some-model", "anthropic/claude-sonnet-5-5"


@dataclass
class Two:
    """An App whose model has one fallback, each on a server of its own."""

    app: App
    first: ByteServer
    second: ByteServer
    session: str
    seen: list[Event | Transient] = field(default_factory=list)

    async def ask(self) -> TurnResult:
        self.seen.clear()
        return await self.app.prompt(self.session, [Text(text="Hello?")])

    def notices(self) -> list[str]:
        return [event.text for event in self.seen if isinstance(event, Notice)]

    def streamed(self) -> str:
        return "".join(event.text for event in self.seen if isinstance(event, TextChunk))

    async def said(self) -> list[str]:
        messages = [stored.message for stored in await self.app.conversation(self.session)]
        return [message.text for message in messages if message.role == "assistant"]


@asynccontextmanager
async def two_models(folder: Path, fallbacks: str = SECOND, key: str = "test-key") -> AsyncIterator[Two]:
    root, config = folder / "project", folder / "config"
    root.mkdir()
    config.mkdir()
    async with serve(good(CHAT)) as first, serve(good(MESSAGES)) as second:
        (config / "config.toml").write_text(
            f'[vendors.custom]\nbase_url = "{first.url}"\n[vendors.anthropic]\nbase_url = "{second.url}"\n'
        )
        environ = {
            "HOME": str(folder),
            "CONDUIT_STATE_DIR": str(folder / "state"),
            "CONDUIT_CONFIG_DIR": str(config),
            "CONDUIT_DATA_DIR": str(folder / "data"),
            "CONDUIT_MODEL": FIRST,
            "CONDUIT_FALLBACK_MODELS": fallbacks,
            "ANTHROPIC_API_KEY": key,
        }
        app = await open_app([root], {}, HeadlessEditor(), FakeEditor(), DenyAll(), environ=environ)
        try:
            two = Two(app, first, second, (await app.new_session()).id)
            app.subscribe(lambda update: two.seen.append(update.event))
            yield two
        finally:
            await app.aclose()


async def test_another_model_answers_and_the_person_is_told_in_one_sentence(tmp_path: Path):
    async with two_models(tmp_path) as two:
        two.first.play(refusal(CHAT, 429, "quota"))
        result = await two.ask()
        assert (result.stop_reason, result.error, result.text) == ("end_turn", None, "All is well.")
        (notice,) = two.notices()
        assert notice.endswith(f"{SECOND} answers in its place.")
        assert [row.model for row in await two.app.usage()] == [SECOND]
        MESSAGES.check(two.second.received[0].body)


async def test_the_next_turn_begins_with_the_chosen_model_again(tmp_path: Path):
    async with two_models(tmp_path) as two:
        two.first.play(refusal(CHAT, 429, "quota"), good(CHAT, "I am back."))
        await two.ask()
        result = await two.ask()
        assert (result.text, two.notices()) == ("I am back.", [])
        CHAT.check(two.first.received[1].body)


async def test_half_an_answer_is_kept_and_given_to_the_other_model(tmp_path: Path):
    async with two_models(tmp_path) as two:
        two.first.play(stream(CHAT, CHAT.text("The half "), CHAT.broken_off("overloaded")))
        result = await two.ask()
        assert (result.stop_reason, len(two.notices())) == ("end_turn", 1)
        assert await two.said() == ["The half ", "All is well."]
        assert two.streamed() == "The half All is well."
        body = two.second.received[0].body
        MESSAGES.check(body)
        assert "The half " in str(body["messages"])
        assert len(two.first.received) == 1, "what was shown is not asked for again"


async def test_what_another_model_cannot_cure_is_an_error_at_once(tmp_path: Path):
    async with two_models(tmp_path) as two:
        two.first.play(refusal(CHAT, 401, "invalid_api_key"))
        result = await two.ask()
        assert (result.stop_reason, result.error_kind, two.notices()) == ("error", Kind.AUTH, [])
        assert two.second.received == []
        (ended,) = [event for event in two.seen if isinstance(event, TurnEnded)]
        assert (ended.error, ended.error_kind) == (result.error, Kind.AUTH)


async def test_when_the_last_one_fails_its_error_ends_the_turn(tmp_path: Path):
    async with two_models(tmp_path) as two:
        two.first.play(refusal(CHAT, 429, "quota"))
        two.second.play(refusal(MESSAGES, 429, "quota"))
        result = await two.ask()
        assert (result.stop_reason, result.error_kind, len(two.notices())) == ("error", Kind.QUOTA, 1)
        assert "Anthropic" in str(result.error)


async def test_a_fallback_that_is_unknown_or_has_no_key_is_left_out(tmp_path: Path):
    async with two_models(tmp_path, f"nobody/knows,{SECOND},{FIRST}", key="") as two:
        two.first.play(refusal(CHAT, 429, "quota"))
        result = await two.ask()
        assert (result.stop_reason, result.error_kind) == ("error", Kind.QUOTA)
        assert two.second.received == []
