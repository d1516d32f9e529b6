"""Every fault on every wire: the session goes on, nothing that was shown is lost, and one clear sentence is said.

Each row is a whole turn on a real wire against a server that sends exact bytes, then a turn without a fault. A wire
joins with its row in `fakes.dialects`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.desk import Person, PlainTool
from conduit.agent.budget import TurnLimits
from conduit.agent.permission import Remembered
from conduit.agent.setup import TurnResult, TurnSetup
from conduit.agent.turn import Turn
from conduit.catalog.model import WireName
from conduit.errors import ProviderErrorKind, ToolError
from conduit.messages.message import Message, user_message
from conduit.messages.request import ContextLayer, ModelSettings
from conduit.providers.base import Provider
from conduit.providers.retry import RetryingProvider
from conduit.providers.transcript import sendable, transcript_faults
from conduit.sandbox.confine import Door
from conduit.sessions.events import Event, Notice, SessionOpened, TextChunk, Transient, TurnEnded
from conduit.tools.base import ToolContext, ToolSet
from conduit.workspace.editor import HeadlessEditor
from conduit.workspace.workspace import Workspace
from fakes.byte_server import ByteServer, serve
from fakes.dialects import DIALECTS, Dialect
from fakes.memory_store import MemoryStore
from fakes.provider_faults import FAULTS, Answer, Fault, good
from fakes.stage import Stage
from fakes.wires import MODELS, collect, provider_of, request_for

SOAK = os.environ.get("SOAK") == "1"
CUT_STEP, MOST_CUTS = 7, 300
IMPATIENT_S = 0.15
LONGEST_SENTENCE = 700


def fail(arguments: object) -> str:
    raise ToolError("The tool failed.")


@dataclass
class Session:
    """A conversation over one wire, and all that a person sees of it."""

    provider: Provider
    model: str
    root: Path
    store: MemoryStore = field(default_factory=MemoryStore)
    shown: list[Event | Transient] = field(default_factory=list)
    session_id: str = ""

    async def turn(self, prompt: str) -> TurnResult:
        self.shown.clear()
        if not self.session_id:
            opened = SessionOpened(title="", mode="ask", model=self.model, cwd=str(self.root))
            self.session_id = (await self.store.open_session(opened)).id
        conversation = await self.store.conversation(self.session_id)
        tools = [PlainTool("read_file", lambda arguments: "x = 1"), PlainTool("fail", fail)]
        setup = TurnSetup(
            session_id=self.session_id,
            provider=self.provider,
            model_id=self.model,
            model_name=self.model,
            mode="ask",
            tools=ToolSet(tools),
            context=ToolContext(Workspace([self.root], HeadlessEditor(), Door([self.root])), Stage()),
            store=self.store,
            approver=Person(),
            remembered=Remembered(),
            limits=TurnLimits(),
            layers=(ContextLayer(name="role", text="Be kind."),),
            settings=ModelSettings(),
            history=tuple(stored.message for stored in conversation if stored.message.content),
            parent_id=conversation[-1].id if conversation else None,
            prompt=user_message(prompt),
            show=lambda seq, event: self.shown.append(event),
            recorder=self,
        )
        return await Turn(setup).run()

    def record(self, kind: str, session_id: str, turn_id: str | None, body: object) -> None:
        """Keep no journal."""

    async def messages(self) -> list[Message]:
        return [stored.message for stored in await self.store.conversation(self.session_id)]

    def streamed(self) -> str:
        return "".join(event.text for event in self.shown if isinstance(event, TextChunk))

    def sentences(self) -> list[str]:
        ended = [event.error for event in self.shown if isinstance(event, TurnEnded) and event.error]
        return ended + [event.text for event in self.shown if isinstance(event, Notice)]


@dataclass
class Range:
    """The servers and the wire of one row of the matrix."""

    wire: WireName
    dialect: Dialect
    server: ByteServer
    other: ByteServer
    providers: dict[str, Provider]
    root: Path

    async def suffer(self, fault: Fault) -> None:
        """Play a fault through one turn, and check all that must hold of it and of the next turn."""
        session = Session(instant(self.providers[fault.place]), MODELS[self.dialect.vendor], self.root)
        self.server.play(*(self._placed(answer) for answer in fault.play(self.dialect)))
        result = await session.turn("Read it, please.")
        self._check_end(fault, result, session)
        self._check_requests()
        told = session.streamed()
        conversation = await session.messages()
        kept = "".join(message.text for message in conversation if message.role == "assistant")
        assert told == kept, f"shown {told[:80]!r}, kept {kept[:80]!r}"
        assert fault.said in told, f"{fault.said[:80]!r} is not in {told[:80]!r}"
        session.provider = instant(self.providers["server"])
        self.server.play(good(self.dialect, "Here again."))
        result = await session.turn("Still there?")
        assert (result.stop_reason, result.error, result.text) == ("end_turn", None, "Here again.")
        self._check_requests()
        assert transcript_faults(self.wire, sendable(await session.messages())) == []

    def _check_end(self, fault: Fault, result: TurnResult, session: Session) -> None:
        sentences = session.sentences()
        assert len(sentences) <= 1, sentences
        if fault.kinds:
            assert result.stop_reason == "error", result.stop_reason
            assert result.error_kind in fault.kinds, f"{result.error_kind}: {result.error}"
            assert sentences == [result.error]
        else:
            assert result.stop_reason == fault.stop, f"{result.stop_reason}: {result.error}"
        for sentence in sentences:
            assert sentence == " ".join(sentence.split()), "one sentence is one line"
            assert len(sentence) <= LONGEST_SENTENCE, f"{len(sentence)} characters"
            assert "test-key" not in sentence

    def _check_requests(self) -> None:
        for request in self.server.received:
            self.dialect.check(request.body)
        assert self.other.received == [], "nothing goes to another host"

    def _placed(self, answer: Answer) -> Answer:
        url = self.other.url.encode()
        return [piece.replace(b"{other}", url) if isinstance(piece, bytes) else piece for piece in answer]


async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.close()


async def no_wait(seconds: float) -> None:
    assert 0 <= seconds <= 61


def instant(provider: Provider) -> Provider:
    return RetryingProvider(provider, sleep=no_wait)


@asynccontextmanager
async def shooting_range(wire: str, root: Path) -> AsyncIterator[Range]:
    dialect = DIALECTS[wire]
    async with AsyncExitStack() as stack:
        server, other = [await stack.enter_async_context(serve([])) for _ in range(2)]
        async with serve([]) as gone:
            refused = gone.url
        hasty = await stack.enter_async_context(await asyncio.start_server(drop, "127.0.0.1", 0))
        places = {
            "server": (server.url, {}),
            "impatient": (server.url, {"read_timeout_s": IMPATIENT_S}),
            "refused": (refused, {}),
            "unknown host": ("http://no-such-host.invalid", {}),
            "no TLS": (f"https://127.0.0.1:{hasty.sockets[0].getsockname()[1]}", {}),
        }
        providers = {
            place: await stack.enter_async_context(provider_of(dialect.vendor, url, **options))
            for place, (url, options) in places.items()
        }
        yield Range(wire, dialect, server, other, providers, root)  # type: ignore[arg-type]


@pytest.mark.parametrize("wire", DIALECTS)
async def test_every_fault_is_survived(
    wire: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name)
        monkeypatch.delenv(name.lower())
    lost: dict[str, str] = {}
    faults = [fault for fault in FAULTS if fault.name not in DIALECTS[wire].lacks]
    async with shooting_range(wire, tmp_path) as where:
        for fault in faults:
            try:
                await where.suffer(fault)
            except Exception as error:
                lost[fault.name] = f"{type(error).__name__}: {str(error)[:300]}"
    recovered = len(faults) - len(lost)
    with capsys.disabled():
        print(f"\nfault matrix, {wire}: {recovered} of {len(faults)} recovered ({recovered / len(faults):.0%})")
    assert not lost, "\n".join(f"{name}: {why}" for name, why in lost.items())


def test_the_matrix_is_as_large_as_it_says(capsys: pytest.CaptureFixture[str]):
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    lacking = {wire: dialect.lacks for wire, dialect in DIALECTS.items()}
    assert all(lacks <= set(names) for lacks in lacking.values())
    assert all(len(names) - len(lacks) >= 60 for lacks in lacking.values())
    rows = sum(len(names) - len(lacks) for lacks in lacking.values())
    with capsys.disabled():
        print(f"\nfault matrix: {len(names)} faults on {len(DIALECTS)} wires, {rows} rows")


def recorded(dialect: Dialect) -> bytes:
    """Return the body of an answer with thinking, text of several bytes a character, and two calls."""
    parts = [
        dialect.begin(),
        dialect.thinking("Let me ", "see."),
        dialect.text("Größe ", "😀 ok"),
        dialect.call(0, "call_1", "read_file", '{"path": ', '"a.py"}'),
        dialect.call(1, "call_2", "read_file", '{"path": "ö"}'),
        dialect.end("tool_use"),
    ]
    raw = b"".join(event for part in parts for event in part)
    return raw.replace(rb"\ud83d\ude00", "😀".encode()).replace(rb"\u00f6\u00df", "öß".encode())


@pytest.mark.parametrize("wire", DIALECTS)
async def test_a_cut_after_any_byte_is_an_error_that_keeps_what_came(wire: str, capsys: pytest.CaptureFixture[str]):
    dialect = DIALECTS[wire]
    body = recorded(dialect)
    head = good(dialect)[0]
    cuts = range(0, len(body), 1 if SOAK else max(CUT_STEP, len(body) // MOST_CUTS))
    wholes, before = 0, ""
    async with serve(*([head, body[:cut]] for cut in cuts)) as server, provider_of(dialect.vendor, server.url) as wired:
        for _ in cuts:
            events, folded, error = await collect(wired, request_for(dialect.vendor))
            wholes += error is None
            assert (error is None) == (folded.stop_reason is not None), "an answer is whole or it is an error"
            assert error is None or error.kind is ProviderErrorKind.NETWORK
            message = folded.message(complete=error is None)
            shown = "".join(event.text for event in events if event.type == "block_delta")
            assert shown.startswith(before), "what came earlier comes again when more of the stream arrives"
            before = shown
            assert "Größe 😀 ok".startswith(message.text)
            assert transcript_faults(wire, sendable([user_message("go"), message, user_message("on")])) == []  # type: ignore[arg-type]
    assert wholes <= len(cuts) // 5, "only what follows the closing event does not matter"
    with capsys.disabled():
        print(
            f"\ncuts, {wire}: {len(cuts)} of {len(body)} offsets, {len(cuts) - wholes} errors, {wholes} whole answers"
        )
