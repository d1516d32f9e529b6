"""What the editor's own language servers know of the code: the LanguageAbilities protocol and its values.

All of it speaks of buffers and of files on disk, never of changes that are only collected. Lines are zero-based,
columns count code points, paths are absolute and inside the roots. No LSP type is here; implemented by the LSP face,
and by `NoLanguage` where there is no editor.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, Protocol

from conduit.errors import EditorFailed
from conduit.workspace.positions import Position, Range


class Ability(StrEnum):
    """What an editor may offer, as clients name it."""

    SAVE = "save"
    DIAGNOSTICS = "diagnostics"
    REFERENCES = "references"
    DEFINITION = "definition"
    RENAME = "rename"
    SYMBOLS = "symbols"
    CODE_ACTIONS = "codeActions"
    TERMINAL_SELECTION = "terminalSelection"
    OPEN_DIFF = "openDiff"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of a language server; `severity` is error, warning, information or hint."""

    range: Range
    message: str
    severity: str = "error"
    source: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The findings about one document.

    Attributes:
        version: the document version that they are for; None when the language servers do not say, or not yet.
        items: in order of their places; empty where `version` is not the document's.
        left_out: how many more there are.
    """

    version: int | None
    items: tuple[Diagnostic, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file, and the line that it begins in (without its end)."""

    path: Path
    range: Range
    line: str = ""


@dataclass(frozen=True, slots=True)
class Spots:
    """Places, file by file.

    Attributes:
        items: those that may be shown.
        elsewhere: how many more are in files that may not be read here: outside the roots, or private.
        misplaced: how many more do not exist in the text of their file.
        left_out: how many more there are.
    """

    items: tuple[Spot, ...] = ()
    elsewhere: int = 0
    misplaced: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """A thing with a name: `kind` such as function, `container` the name of what holds it, `depth` from 0."""

    name: str
    kind: str
    spot: Spot
    container: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Symbols:
    """Symbols in the order of the editor; the counts are as in `Spots`."""

    items: tuple[Symbol, ...] = ()
    elsewhere: int = 0
    misplaced: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class CodeAction:
    """What a language server would do at a place; `disabled` says why it cannot, `kind` is such as `quickfix`."""

    id: str
    title: str
    kind: str = ""
    preferred: bool = False
    disabled: str = ""


@dataclass(frozen=True, slots=True)
class CodeActions:
    """The actions of one range, and how many more there are."""

    items: tuple[CodeAction, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class ProposedFile:
    """One file as an editor's language server would leave it.

    Attributes:
        path: of the file as it is now, or as it is to be created.
        before: its text now; None when it does not exist.
        after: its text then; None when it is to be deleted.
        version: the version of the open document that `before` is; None when it is not open.
        moved_to: its new path, or None when it stays.
    """

    path: Path
    before: str | None
    after: str | None
    version: int | None = None
    moved_to: Path | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An edit that nobody has made yet, one entry for each file; empty when nothing would change."""

    files: tuple[ProposedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """Whether a document is on disk now, with its version then, or why it is not."""

    saved: bool
    version: int | None = None
    reason: str = ""


class LanguageAbilities(Protocol):
    """What the editor can be asked, all of it optional.

    Every method raises EditorFailed when the editor lacks the ability, fails, takes too long or answers what makes no
    sense; StaleDocument when the document changed while it was asked; and what `Workspace.read` raises for `path`.
    """

    @property
    def offers(self) -> frozenset[Ability]:
        """What the editor said that it can do."""
        ...

    async def diagnostics(self, path: Path, wait_s: float) -> Diagnostics:
        """Return the findings about a document, waiting at most `wait_s` seconds until they are for its version."""
        ...

    async def references(self, path: Path, position: Position, *, declaration: bool = True) -> Spots:
        """Return where the thing at a place is used; with `declaration` also where it is declared."""
        ...

    async def definition(self, path: Path, position: Position) -> Spots:
        """Return where the thing at a place is defined."""
        ...

    async def document_symbols(self, path: Path) -> Symbols:
        """Return what a document declares."""
        ...

    async def workspace_symbols(self, query: str) -> Symbols:
        """Return what of the project has a name like `query`."""
        ...

    async def rename(self, path: Path, position: Position, new_name: str) -> Proposal:
        """Return the edit that gives the thing at a place another name everywhere.

        Raises:
            EditRefused: the edit makes no sense, or touches what must not be changed; then none of it is returned.
        """
        ...

    async def code_actions(self, path: Path, range_: Range, kind: str = "") -> CodeActions:
        """Return what the language servers would do in a range; with `kind` only actions of that kind."""
        ...

    async def code_action_edit(self, path: Path, range_: Range, action: CodeAction) -> Proposal:
        """Return the edit of an action that was just listed for this range; raises also as `rename`."""
        ...

    async def save(self, path: Path) -> Saved:
        """Have the editor save an open document."""
        ...

    async def terminal_selection(self) -> str:
        """Return the text that is selected in the editor's terminal; empty when there is none."""
        ...

    async def open_diff(self, title: str, path: Path, before: str, after: str) -> bool:
        """Show two states of a file side by side, and say whether the editor did."""
        ...


class NoLanguage:
    """The twin where there is no editor, or one without abilities."""

    @property
    def offers(self) -> frozenset[Ability]:
        """Nothing."""
        return frozenset()

    async def diagnostics(self, path: Path, wait_s: float) -> Diagnostics:
        """Raise EditorFailed."""
        refuse(Ability.DIAGNOSTICS)

    async def references(self, path: Path, position: Position, *, declaration: bool = True) -> Spots:
        """Raise EditorFailed."""
        refuse(Ability.REFERENCES)

    async def definition(self, path: Path, position: Position) -> Spots:
        """Raise EditorFailed."""
        refuse(Ability.DEFINITION)

    async def document_symbols(self, path: Path) -> Symbols:
        """Raise EditorFailed."""
        refuse(Ability.SYMBOLS)

    async def workspace_symbols(self, query: str) -> Symbols:
        """Raise EditorFailed."""
        refuse(Ability.SYMBOLS)

    async def rename(self, path: Path, position: Position, new_name: str) -> Proposal:
        """Raise EditorFailed."""
        refuse(Ability.RENAME)

    async def code_actions(self, path: Path, range_: Range, kind: str = "") -> CodeActions:
        """Raise EditorFailed."""
        refuse(Ability.CODE_ACTIONS)

    async def code_action_edit(self, path: Path, range_: Range, action: CodeAction) -> Proposal:
        """Raise EditorFailed."""
        refuse(Ability.CODE_ACTIONS)

    async def save(self, path: Path) -> Saved:
        """Raise EditorFailed."""
        refuse(Ability.SAVE)

    async def terminal_selection(self) -> str:
        """Raise EditorFailed."""
        refuse(Ability.TERMINAL_SELECTION)

    async def open_diff(self, title: str, path: Path, before: str, after: str) -> bool:
        """Raise EditorFailed."""
        refuse(Ability.OPEN_DIFF)


def refuse(ability: Ability) -> NoReturn:
    """Raise EditorFailed, for an ability that the editor does not have."""
    raise EditorFailed(f"The editor does not offer {ability.value!r}, so it cannot be asked; go another way.")
