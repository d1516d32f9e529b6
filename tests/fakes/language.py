"""Language servers in memory, for the language of `words`: the twin of an editor's `LanguageAbilities`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from conduit.errors import EditRefused
from conduit.workspace.language import (
    Ability,
    CodeAction,
    CodeActions,
    Diagnostic,
    Diagnostics,
    Proposal,
    ProposedFile,
    Saved,
    Spot,
    Spots,
    Symbol,
    Symbols,
    refuse,
)
from conduit.workspace.positions import Position, Range
from conduit.workspace.reading import Reading
from conduit.workspace.workspace import Workspace
from fakes import words

TIDY = CodeAction("tidy", "Remove every TODO", "quickfix", preferred=True)
COMMAND = CodeAction("run", "Run the tests", "source")
IMPOSSIBLE = CodeAction("never", "Extract a function", "refactor", disabled="nothing is selected")


@dataclass
class FakeLanguage:
    """Knows what the workspace holds. `analysed`: the versions that diagnostics are for, where they lag behind."""

    workspace: Workspace
    offers: frozenset[Ability] = frozenset(Ability)
    analysed: dict[Path, int | None] = field(default_factory=dict)
    selection: str = ""
    shown: list[str] = field(default_factory=list)

    async def diagnostics(self, path: Path, wait_s: float) -> Diagnostics:
        self._need(Ability.DIAGNOSTICS)
        reading = await self.workspace.read(str(path))
        version = self.analysed.get(reading.path, reading.version)
        if reading.version is None or version != reading.version:
            return Diagnostics(version)
        return Diagnostics(
            version,
            tuple(
                Diagnostic(place, "there is something to do", "warning", "words", "W1")
                for place in words.problems(reading.text)
            ),
        )

    async def references(self, path: Path, position: Position, *, declaration: bool = True) -> Spots:
        self._need(Ability.REFERENCES)
        word = words.word_at((await self.workspace.read(str(path))).text, position)
        items: list[Spot] = []
        for reading in await self._files():
            declared = {place for name, _, place in words.declarations(reading.text) if name == word}
            places = (place for place in words.uses(reading.text, word) if declaration or place not in declared)
            items.extend(_spots(reading, places))
        return Spots(tuple(items) if word else ())

    async def definition(self, path: Path, position: Position) -> Spots:
        self._need(Ability.DEFINITION)
        word = words.word_at((await self.workspace.read(str(path))).text, position)
        items: list[Spot] = []
        for reading in await self._files():
            items.extend(_spots(reading, (each[2] for each in words.declarations(reading.text) if each[0] == word)))
        return Spots(tuple(items))

    async def document_symbols(self, path: Path) -> Symbols:
        self._need(Ability.SYMBOLS)
        return Symbols(tuple(_symbols(await self.workspace.read(str(path)))))

    async def workspace_symbols(self, query: str) -> Symbols:
        self._need(Ability.SYMBOLS)
        found = [symbol for reading in await self._files() for symbol in _symbols(reading, nested=False)]
        return Symbols(tuple(symbol for symbol in found if query in symbol.name))

    async def rename(self, path: Path, position: Position, new_name: str) -> Proposal:
        self._need(Ability.RENAME)
        word = words.word_at((await self.workspace.read(str(path))).text, position)
        if not word:
            raise EditRefused("There is nothing to rename.")
        files = [(reading, words.renamed(reading.text, word, new_name)) for reading in await self._files()]
        return Proposal(
            tuple(
                ProposedFile(reading.path, reading.text, after, reading.version)
                for reading, after in files
                if after != reading.text
            )
        )

    async def code_actions(self, path: Path, range_: Range, kind: str = "") -> CodeActions:
        self._need(Ability.CODE_ACTIONS)
        reading = await self.workspace.read(str(path))
        tidy = (
            [TIDY] if any(range_.start <= place.start <= range_.end for place in words.problems(reading.text)) else []
        )
        return CodeActions(tuple(each for each in [*tidy, COMMAND, IMPOSSIBLE] if each.kind.startswith(kind)))

    async def code_action_edit(self, path: Path, range_: Range, action: CodeAction) -> Proposal:
        self._need(Ability.CODE_ACTIONS)
        if action != TIDY:
            raise EditRefused(f"{action.title!r} is a command of the editor and no edit.")
        reading = await self.workspace.read(str(path))
        return Proposal(
            (ProposedFile(reading.path, reading.text, words.renamed(reading.text, "TODO", "DONE"), reading.version),)
        )

    async def save(self, path: Path) -> Saved:
        self._need(Ability.SAVE)
        return Saved(True, (await self.workspace.read(str(path))).version)

    async def terminal_selection(self) -> str:
        self._need(Ability.TERMINAL_SELECTION)
        return self.selection

    async def open_diff(self, title: str, path: Path, before: str, after: str) -> bool:
        self._need(Ability.OPEN_DIFF)
        self.shown.append(title)
        return True

    async def _files(self) -> list[Reading]:
        names = (await self.workspace.list_files(pattern="*.py")).names
        return [await self.workspace.read(name) for name in sorted(names)]

    def _need(self, ability: Ability) -> None:
        if ability not in self.offers:
            refuse(ability)


def _spots(reading: Reading, places: Iterator[Range]) -> Iterator[Spot]:
    lines = reading.text.splitlines()
    return (Spot(reading.path, place, lines[place.start.line]) for place in places)


def _symbols(reading: Reading, *, nested: bool = True) -> Iterator[Symbol]:
    holders: list[str] = []
    for name, depth, place in words.declarations(reading.text):
        (spot,) = _spots(reading, iter([place]))
        del holders[depth:]
        yield Symbol(name, "function", spot, holders[-1] if holders else "", depth if nested else 0)
        holders.append(name)
