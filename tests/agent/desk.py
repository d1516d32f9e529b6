"""A turn on a real store with a scripted model, for tests of the agent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from conduit.agent.budget import TurnLimits
from conduit.agent.permission import Answer, PermissionRequest, Remembered
from conduit.agent.setup import TurnSetup
from conduit.agent.turn import Turn
from conduit.messages.message import Message, user_message
from conduit.messages.request import ModelRequest, ModelSettings, ToolKind, ToolSpec
from conduit.providers.scripted import ScriptedProvider
from conduit.sandbox.confine import Door
from conduit.sessions.events import Event, Mode, SessionOpened, Transient
from conduit.sessions.store import SqliteStore
from conduit.tools.base import Effect, Preview, ToolContext, ToolOutcome, ToolSet
from conduit.workspace.editor import HeadlessEditor
from conduit.workspace.workspace import Workspace
from fakes.stage import Stage

Run = Callable[[Mapping[str, JsonValue]], object]


@dataclass
class PlainTool:
    """A tool whose work is a function of its arguments; it may be a coroutine function."""

    name: str
    work: Run
    effect: Effect = Effect.READ
    kind: ToolKind = "read"
    ran: list[Mapping[str, JsonValue]] = field(default_factory=list)

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(name=self.name, description="", input_schema={"type": "object", "properties": {}})

    def title(self, arguments: Mapping[str, JsonValue]) -> str:
        return f"Run {self.name}"

    async def preview(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> Preview | None:
        paths = (str(arguments["path"]),) if "path" in arguments else ()
        return Preview("+ changed", paths) if self.effect is Effect.WRITE else None

    async def run(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> ToolOutcome:
        self.ran.append(arguments)
        answer = self.work(arguments)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return ToolOutcome(str(answer))


@dataclass
class Person:
    """Answers permission questions from a list, and remembers what was asked."""

    answers: list[Answer] = field(default_factory=list)
    asked: list[PermissionRequest] = field(default_factory=list)

    async def ask(self, request: PermissionRequest) -> Answer:
        self.asked.append(request)
        if not self.answers:
            await asyncio.Event().wait()
        return self.answers.pop(0)


class Watched:
    """A scripted provider that remembers what it was asked."""

    def __init__(self, script: Path) -> None:
        self._inner = ScriptedProvider(script)
        self.requests: list[ModelRequest] = []
        self.name = "scripted"

    async def load(self) -> None:
        """Nothing to load."""

    async def aclose(self) -> None:
        """Nothing to close."""

    async def stream(self, request: ModelRequest):
        self.requests.append(request)
        async for event in self._inner.stream(request):
            yield event


@dataclass
class Desk:
    """One session; `turn` makes the next turn of it."""

    store: SqliteStore
    root: Path
    session_id: str = ""
    shown: list[Event | Transient] = field(default_factory=list)
    noted: list[tuple[str, object]] = field(default_factory=list)
    remembered: Remembered = field(default_factory=Remembered)
    person: Person = field(default_factory=Person)
    provider: Watched | None = None
    on_show: Callable[[Event | Transient], None] = lambda event: None

    async def turn(
        self,
        rules: Sequence[Mapping[str, object]],
        prompt: str = "go",
        *,
        tools: Sequence[PlainTool] = (),
        mode: Mode = "auto",
        limits: TurnLimits | None = None,
        goal: Callable[[], bool] | None = None,
        history: Sequence[Message] | None = None,
    ) -> Turn:
        script = self.root / "script.json"
        script.write_text(json.dumps({"rules": list(rules)}))
        if not self.session_id:
            opened = SessionOpened(title="", mode=mode, model="scripted/demo", cwd=str(self.root))
            self.session_id = (await self.store.open_session(opened)).id
        self.provider = Watched(script)
        conversation = await self.store.conversation(self.session_id)
        return Turn(
            TurnSetup(
                session_id=self.session_id,
                provider=self.provider,
                model_id="scripted/demo",
                model_name="demo",
                mode=mode,
                tools=ToolSet(tools),
                context=ToolContext(Workspace([self.root], HeadlessEditor(), Door([self.root])), Stage()),
                store=self.store,
                approver=self.person,
                remembered=self.remembered,
                limits=limits or TurnLimits(),
                layers=(),
                settings=ModelSettings(),
                history=tuple(stored.message for stored in conversation) if history is None else tuple(history),
                parent_id=conversation[-1].id if conversation else None,
                prompt=user_message(prompt),
                show=self._show,
                recorder=self,
                goal=goal,
            )
        )

    def record(self, kind: str, session_id: str, turn_id: str | None, body: object) -> None:
        self.noted.append((kind, body))

    def _show(self, seq: int | None, event: Event | Transient) -> None:
        self.shown.append(event)
        self.on_show(event)

    async def messages(self) -> list[Message]:
        return [stored.message for stored in await self.store.conversation(self.session_id)]

    def types(self) -> list[str]:
        """Return the types of what was shown, runs of chunks folded."""
        names = [event.type for event in self.shown]
        return [name for index, name in enumerate(names) if index == 0 or names[index - 1] != name]


def answered(messages: Sequence[Message]) -> bool:
    """Say whether every tool call has exactly one result, in the message right after it."""
    for index, message in enumerate(messages):
        calls = [call.id for call in message.tool_calls]
        if calls:
            if index + 1 >= len(messages):
                return False
            if [result.call_id for result in messages[index + 1].tool_results] != calls:
                return False
        elif index + 1 < len(messages) and messages[index + 1].role == "tool":
            return False
    return True
