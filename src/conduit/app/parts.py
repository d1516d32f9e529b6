"""What the App is handed by `compose`, and the plain values that it hands to faces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from conduit.agent.budget import TurnLimits
from conduit.agent.permission import Approver, effects_in
from conduit.agent.setup import Target
from conduit.app.keys import KeyShelf
from conduit.app.library import ModelLibrary
from conduit.app.terminal import terminal_block
from conduit.catalog.model import EditFormat, ModelInfo
from conduit.context.builder import EditorContext, fence, render_file
from conduit.context.terminal import TERMINAL_URI
from conduit.edits.edit import EditSink
from conduit.edits.overwritten import OnOverwritten
from conduit.messages.content import Text
from conduit.messages.request import ModelSettings
from conduit.providers.base import BatchRunner, Embeds, Provider
from conduit.providers.media import MediaAbilities
from conduit.sessions.base import SessionStore
from conduit.sessions.blobs import BlobStore
from conduit.sessions.events import Mode
from conduit.sessions.journal import Recorder
from conduit.sessions.ledger import Ledger
from conduit.tools.base import ToolSet
from conduit.workspace.editor import is_other_scheme
from conduit.workspace.language import LanguageAbilities, NoLanguage
from conduit.workspace.workspace import Workspace

_MOST_NAMES = 500  # of a folder that was put into a prompt

ApplyActions = Literal["direct", "review"]
"""What becomes of the edits of a code action: applied together, or left for the person, hunk by hunk."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One line of a model picker; `id` is `vendor/model`, `note` says what is missing when it is not ready."""

    id: str
    name: str
    vendor: str
    ready: bool
    note: str


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor."""

    name: str
    state: Literal["ok", "warning", "missing", "broken"]
    detail: str


@dataclass(frozen=True, slots=True)
class Status:
    """What a status line shows; the bytes are those of a running download."""

    state: Literal["ready", "busy", "error", "downloading", "waiting"]
    model: str
    session_id: str | None = None
    message: str = ""
    downloaded_bytes: int | None = None
    total_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class PromptOptions:
    """How one prompt differs from the session's habit.

    Attributes:
        tools: whether the model gets any.
        tool_names: only these, or None for all that the mode allows.
        context: what the person looks at.
        approver: asks somebody else, or nobody.
        mode: overrides the session's mode for this turn.
        instructions: more rules of conduct, behind the system text.
        settings: parameters of this turn, which win over the session's and the settings.
        extra_tools: tools that exist for this turn only.
        until_edit: the model must call a tool until it has proposed a change (mode `review`); the turn ends then. For
            models that are too small to finish by themselves.
    """

    tools: bool = True
    tool_names: frozenset[str] | None = None
    context: EditorContext | None = None
    approver: Approver | None = None
    mode: Mode | None = None
    instructions: str = ""
    settings: ModelSettings | None = None
    extra_tools: ToolSet = field(default_factory=ToolSet)
    until_edit: bool = False

    def offered(self, tools: ToolSet, mode: Mode) -> ToolSet:
        """Return what the model gets of these tools, and the tools that exist for this turn only."""
        if not self.tools:
            return ToolSet()
        tools = tools.only(effects_in(mode))
        if self.tool_names is not None:
            tools = tools.named(self.tool_names)
        return ToolSet([*tools, *self.extra_tools])


class Models(Protocol):
    """The models that can be chosen, and the endpoints that serve them."""

    @property
    def library(self) -> ModelLibrary:
        """What is known of the models beyond choosing one."""
        ...

    def resolve(self, name: str) -> ModelInfo:
        """Return the row of a model, an alias or a bare name; raises UnknownModel with the nearest names."""
        ...

    def provider(self, model: ModelInfo) -> Provider:
        """Return the endpoint that serves it; raises MissingKey or ConfigError."""
        ...

    def endpoint(self, model: ModelInfo) -> Provider:
        """Return the bare wire, for what it may do beside streaming; raises MissingKey or ConfigError."""
        ...

    def fallbacks(self, model: ModelInfo) -> tuple[Target, ...]:
        """Return who is asked, in order, when `model` does not answer."""
        ...

    def choices(self) -> list[ModelChoice]:
        """Return what a picker shows."""
        ...

    def default(self) -> str:
        """Return the id of the model that new sessions use, or the configured name when nobody knows it."""
        ...

    def problem(self) -> str:
        """Return why the default model cannot be found, with the place and the nearest names, or an empty string."""
        ...

    def introduction(self, model: ModelInfo) -> str:
        """Return what the person is told once before this model's first use; empty when there is nothing to say."""
        ...

    def embedder(self, model: ModelInfo) -> Embeds | None:
        """Return who embeds any number of texts with it, or None; raises MissingKey or ConfigError."""
        ...

    def media(self, model: ModelInfo) -> MediaAbilities:
        """Return who makes pictures, speech and transcripts with it; raises MissingKey or ConfigError."""
        ...

    def batches(self, model: ModelInfo) -> BatchRunner | None:
        """Return who runs its batches at its vendor, or None; raises MissingKey or ConfigError."""
        ...

    async def aclose(self) -> None:
        """Close every endpoint."""
        ...


@dataclass(frozen=True, slots=True)
class CompletionRules:
    """When inline completion asks a model.

    Attributes:
        enabled: `off` never; `local` by itself only a model that costs nothing; `on` any.
        model: the one to ask; the default model when None.
        debounce_s: how long nothing must have been typed.
    """

    enabled: Literal["off", "local", "on"] = "local"
    model: str | None = None
    debounce_s: float = 0.2


@dataclass(frozen=True, slots=True)
class Setup:
    """What the settings decide; replaced as a whole when they change."""

    models: Models
    mode: Mode
    settings: ModelSettings
    limits: TurnLimits
    diagnostics_wait_s: float = 3.0
    apply_actions: ApplyActions = "direct"
    completions: CompletionRules = CompletionRules()


@dataclass(frozen=True, slots=True)
class Parts:
    """The concrete parts that compose hands in; they live as long as the App.

    `tools` has those for a model that changes files in a form, the fewest for None; `batches` is the folder in which
    batches are kept, `notices` are sentences for the person about what was found while opening; `headless` says that
    no editor is attached, so that nobody here knows what is in its buffers. `renew` makes the setup anew after a key
    changed, `prompts` is the folder of the person's own commands,
    `collect` writes what a person hands on when something went wrong.
    """

    workspace: Workspace
    store: SessionStore
    tools: Callable[[EditFormat | None], ToolSet]
    edits: Callable[[Workspace, OnOverwritten], EditSink]
    approver: Approver
    recorder: Recorder
    configure: Callable[[Mapping[str, object]], Setup]
    doctor: Callable[[Setup], Awaitable[list[Check]]]
    close: Callable[[], Awaitable[None]]
    ledger: Ledger
    batches: Path
    blobs: BlobStore
    collect: Callable[[Sequence[Check]], Awaitable[Path]]
    prompts: Path
    keys: KeyShelf
    renew: Callable[[], Setup]
    language: LanguageAbilities | None = None
    headless: bool = False
    notices: tuple[str, ...] = ()

    @property
    def root(self) -> str:
        """The first folder of the workspace, or nothing."""
        roots = self.workspace.roots
        return str(roots[0]) if roots else ""

    async def offer(
        self, model: ModelInfo, edit_format: EditFormat | None, mode: Mode, options: PromptOptions
    ) -> ToolSet:
        """Return the tools of one turn; the first one imports them, off the event loop."""
        if model.capabilities.tools == "none":
            return ToolSet()
        return options.offered(await asyncio.to_thread(self.tools, edit_format), mode)

    async def attach(self, name: str, limit_bytes: int) -> Text:
        """Return a file of the workspace, the names in a folder, or the terminal's selection as a block of a prompt.

        Raises:
            PathNotFound, NotText, OutsideWorkspace, UserError: it cannot be read.
        """
        if name == TERMINAL_URI:
            return await terminal_block(self.language or NoLanguage(), limit_bytes)
        folder = await self._folder(name)
        if folder is not None:
            return folder
        reading = await self.workspace.read(name)
        text = render_file(reading.name, reading.text, origin=reading.origin, limit_bytes=limit_bytes)
        uri = reading.path.as_uri() if reading.path.is_absolute() else str(reading.path)
        return Text(text=text, shown=reading.name, source=uri)

    async def _folder(self, name: str) -> Text | None:
        """Return the names in a folder as a block, or None when it is none."""
        if is_other_scheme(name) or not (path := self.workspace.path_of(name)).is_dir():
            return None
        shown = f"{self.workspace.name_of(path)}/"
        found = await self.workspace.list_files(name, limit=_MOST_NAMES)
        more = "\n(and more)" if found.cut else ""
        return Text(
            text=f"Files in the folder {shown}:\n{fence(chr(10).join(found.names))}{more}",
            shown=shown,
            source=path.as_uri(),
        )


def output_cap(limits: TurnLimits, model: ModelInfo) -> int:
    """Return how many bytes one result may have, so that a model with a short memory can still answer."""
    if model.context_tokens is None:
        return limits.call_output_bytes
    # A fifth of the context at about three bytes a token.
    return min(limits.call_output_bytes, max(1000, model.context_tokens * 3 // 5))
