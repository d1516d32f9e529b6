"""Tool, its context, its outcome, and the set of tools that a model is offered.

A tool reads through `ToolContext.workspace` and changes through `ToolContext.edits`; it knows no other tool, no
editor and no session. What the model can put right is raised as `ToolError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from conduit.edits.edit import EditSink
from conduit.errors import UnknownTool
from conduit.messages.request import ToolKind, ToolSpec
from conduit.workspace.language import LanguageAbilities
from conduit.workspace.workspace import Workspace


class Effect(StrEnum):
    """What a tool does to the world; the mode and the person decide by it."""

    READ = "read"
    WRITE = "write"
    EXECUTE = "execute"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a running tool may use. `workspace` reads collected changes over open buffers over disk.

    `language` is what the editor's own language servers can be asked, or None where there is no such editor;
    `diagnostics_wait_s` is how many seconds they get to see what was typed last.
    """

    workspace: Workspace
    edits: EditSink
    language: LanguageAbilities | None = None
    diagnostics_wait_s: float = 3.0


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool answers.

    Attributes:
        text: for the model.
        paths: workspace names of the files it read or changed, for links.
        diff: the change it made, for people.
    """

    text: str
    paths: tuple[str, ...] = ()
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of a call before it happens, for the permission question: a diff or the exact command.

    `reason` says why it is asked about whatever was agreed before, apart from what the names in `paths` say.
    """

    text: str
    paths: tuple[str, ...] = ()
    reason: str = ""


class Tool(Protocol):
    """One ability of the model."""

    @property
    def spec(self) -> ToolSpec:
        """Name, description and JSON schema, as sent to the model."""
        ...

    @property
    def effect(self) -> Effect:
        """What it does to the world."""
        ...

    @property
    def kind(self) -> ToolKind:
        """How faces show it."""
        ...

    def title(self, arguments: Mapping[str, JsonValue]) -> str:
        """Return a line for people, such as `Read src/app.py`; never raises, whatever the arguments are."""
        ...

    async def preview(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> Preview | None:
        """Return what the call would do, or None for a tool that changes nothing.

        Raises:
            ToolError: the call would fail; the person is not asked, the model gets the error.
        """
        ...

    async def run(self, arguments: Mapping[str, JsonValue], context: ToolContext) -> ToolOutcome:
        """Validate the arguments and do it.

        Raises:
            ToolError: for the model (`InvalidArguments` names every bad field).
        """
        ...


class ToolSet:
    """The tools that a model is offered, by name."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if tool.spec.name in self._tools:
                raise ValueError(f"two tools are named {tool.spec.name!r}")
            self._tools[tool.spec.name] = tool

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __len__(self) -> int:
        return len(self._tools)

    def get(self, name: str) -> Tool:
        """Return a tool.

        Raises:
            UnknownTool: with the names that there are.
        """
        tool = self._tools.get(name)
        if tool is None:
            known = ", ".join(self._tools) or "none: no tools are available in this turn"
            raise UnknownTool(f"There is no tool named {name!r}. Available: {known}.")
        return tool

    def only(self, effects: Iterable[Effect]) -> ToolSet:
        """Return the tools whose effect is among `effects`."""
        allowed = frozenset(effects)
        return ToolSet(tool for tool in self if tool.effect in allowed)

    def named(self, names: Iterable[str]) -> ToolSet:
        """Return the tools with these names."""
        wanted = frozenset(names)
        return ToolSet(tool for tool in self if tool.spec.name in wanted)

    def specs(self) -> tuple[ToolSpec, ...]:
        """Return what is sent to the model, in the order of registration."""
        return tuple(tool.spec for tool in self)
