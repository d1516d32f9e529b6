"""Slash commands: a prompt that begins with `/name` is sent as a longer text; people see what they typed.

A command is a Markdown file: front matter with `description:` and `hint:`, then the text, in which `$ARGUMENTS` stands
for the rest of the prompt. There are our own, the person's, and the project's; a name that an earlier one has is not
taken by a later one, so that no opened folder decides what the person's own commands mean. Used by `App`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

from conduit.errors import ToolError
from conduit.messages.content import Block, Text
from conduit.workspace.workspace import Workspace

Source = Literal["builtin", "person", "project"]

PROJECT_FOLDER = ".conduit/prompts"
_MOST_FILES = 200
_MOST_CHARACTERS = 50_000
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,40}", re.IGNORECASE)
_TYPED = re.compile(r"\s*/([A-Za-z0-9][A-Za-z0-9_-]{0,40})(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command; `text` is what is sent."""

    name: str
    description: str
    hint: str
    source: Source
    text: str

    def expanded(self, rest: str) -> str:
        """Return what is sent for the command with `rest` behind its name."""
        if "$ARGUMENTS" in self.text:
            return self.text.replace("$ARGUMENTS", rest)
        return f"{self.text}\n\n{rest}" if rest else self.text


class SlashCommands:
    """The commands of one workspace, read when they are asked for."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        """`folder` is where the person keeps their own."""
        self._workspace = workspace
        self._folder = folder

    async def all(self) -> list[SlashCommand]:
        """Return every command, by name."""
        own = await asyncio.to_thread(lambda: [*_packaged(), *_in_folder(self._folder)])
        found: dict[str, SlashCommand] = {}
        for command in [*own, *await self._of_project()]:
            known = found.get(command.name)
            if known is None or (known.source == "builtin" and command.source == "person"):
                found[command.name] = command
        return [found[name] for name in sorted(found)]

    async def expand(self, content: Sequence[Block]) -> list[Block]:
        """Return a prompt with its command replaced by what it stands for; another prompt as it is."""
        first = content[0] if content else None
        if not isinstance(first, Text) or first.audience == "model" or first.source is not None:
            return list(content)
        typed = _TYPED.fullmatch(first.text)
        if typed is None:
            return list(content)
        command = next((one for one in await self.all() if one.name == typed[1].lower()), None)
        if command is None:
            return list(content)
        text = command.expanded((typed[2] or "").strip())
        return [first.model_copy(update={"text": text, "shown": first.text.strip()}), *content[1:]]

    async def _of_project(self) -> list[SlashCommand]:
        found = []
        for root in self._workspace.roots:
            try:
                folder = self._workspace.name_of(root / PROJECT_FOLDER)
                names = (await self._workspace.list_files(folder, pattern="*.md", limit=_MOST_FILES)).names
                texts = [(name, (await self._workspace.read(name)).text) for name in names]
            except ToolError:  # there are none, or one cannot be read
                continue
            found += [_parse(name.rpartition("/")[2], text, "project") for name, text in texts]
        return [command for command in found if command is not None]


def _packaged() -> list[SlashCommand]:
    folder = files("conduit.prompts") / "commands"
    parsed = [_parse(one.name, one.read_text("utf-8"), "builtin") for one in folder.iterdir()]
    return [command for command in parsed if command is not None]


def _in_folder(folder: Path) -> list[SlashCommand]:
    found = []
    for file in sorted(folder.glob("*.md"))[:_MOST_FILES] if folder.is_dir() else []:
        try:
            found.append(_parse(file.name, file.read_text("utf-8"), "person"))
        except (OSError, UnicodeDecodeError):
            continue
    return [command for command in found if command is not None]


def _parse(file_name: str, text: str, source: Source) -> SlashCommand | None:
    """Return the command of a file, or None when its name or its text is none."""
    name = file_name.removesuffix(".md").lower()
    fields, body = _front_matter(text.replace("\r\n", "\n")[:_MOST_CHARACTERS])
    if not file_name.endswith(".md") or not _NAME.fullmatch(name) or not body.strip():
        return None
    first = next(line for line in body.splitlines() if line.strip())
    description = fields.get("description") or " ".join(first.lstrip("# ").split())[:100]
    hint = fields.get("hint") or ("text" if "$ARGUMENTS" in body else "")
    return SlashCommand(name, description, hint, source, body.strip())


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    match = re.match(r"---\n(.*?)\n---\n?", text, re.DOTALL)
    if match is None:
        return {}, text
    pairs = (line.partition(":") for line in match[1].splitlines())
    return {key.strip().lower(): value.strip().strip("\"'") for key, _, value in pairs}, text[match.end() :]
