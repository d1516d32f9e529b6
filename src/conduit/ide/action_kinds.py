"""What code actions there are: one row for each with its title, its LSP kind and its tools, and where each is offered.

An offer comes from facts alone (the selection, the lines at the cursor, the language, the problems there) and never
asks a model. The prompt of an action is the template `action_<kind>.md`.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from conduit.workspace.positions import Range


class ActionKind(StrEnum):
    """What a code action does."""

    EXPLAIN = "explain"
    FIX = "fix"
    EXTRACT_FUNCTION = "extract_function"
    EXTRACT_VARIABLE = "extract_variable"
    INLINE = "inline"
    RENAME = "rename"
    SIMPLIFY = "simplify"
    TYPES = "types"
    SPLIT = "split"
    REFACTOR = "refactor"
    DOCUMENT = "document"
    TESTS = "tests"

    @property
    def edits(self) -> bool:
        """Whether the action is there to change files."""
        return self is not ActionKind.EXPLAIN


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action: its title (`$` stands for the symbol), its LSP kind, and the tools that the model gets for it."""

    title: str
    group: str
    tools: frozenset[str]


LOOK = frozenset(
    {
        "read_file",
        "list_files",
        "search_text",
        "find_references",
        "go_to_definition",
        "list_symbols",
        "code_actions",
        "diagnostics",
    }
)
"""Tools that only look; those of the editor exist where it has the ability."""

EDIT = LOOK | {"edit_file", "apply_patch", "write_file"}
"""Of the last three a model has the one that it does best with; there are models that only write whole files."""

# No `source` kind: editors leave those out of the menu at the cursor.
ACTIONS: Mapping[ActionKind, ActionRow] = {
    ActionKind.EXPLAIN: ActionRow("Explain", "conduit.explain", LOOK),
    ActionKind.FIX: ActionRow("Fix this problem", "quickfix", EDIT | {"apply_code_action"}),
    ActionKind.EXTRACT_FUNCTION: ActionRow("Extract a function", "refactor.extract.conduit.function", EDIT),
    ActionKind.EXTRACT_VARIABLE: ActionRow("Extract a variable", "refactor.extract.conduit.variable", EDIT),
    ActionKind.INLINE: ActionRow("Inline $", "refactor.inline.conduit", EDIT),
    ActionKind.RENAME: ActionRow(
        "Rename $ by its meaning", "refactor.rewrite.conduit.rename", EDIT | {"rename_symbol"}
    ),
    ActionKind.SIMPLIFY: ActionRow("Simplify", "refactor.rewrite.conduit.simplify", EDIT),
    ActionKind.TYPES: ActionRow("Add types", "refactor.rewrite.conduit.types", EDIT),
    ActionKind.SPLIT: ActionRow("Split this function", "refactor.rewrite.conduit.split", EDIT),
    # Not in the menu: for a suggestion, which says itself what is to be done.
    ActionKind.REFACTOR: ActionRow(
        "Refactor", "refactor.rewrite.conduit", EDIT | {"rename_symbol", "move_file", "delete_file"}
    ),
    ActionKind.DOCUMENT: ActionRow("Write documentation", "refactor.rewrite.conduit.document", EDIT),
    ActionKind.TESTS: ActionRow("Write tests", "refactor.rewrite.conduit.tests", EDIT),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnostic at the place of the action; `range` counts code points, `related` are words about other places."""

    message: str
    range: Range
    source: str = ""
    code: str = ""
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where an action was asked for.

    Attributes:
        name: the file, as the workspace names it.
        range: the selection, or the cursor, in code points.
        language: the editor's id of the language.
        problems: what is reported there.
        selection: the selected text; empty at a cursor.
        lines: the line in which the range begins and some that follow, for the menu only.
    """

    name: str
    range: Range
    language: str = ""
    problems: tuple[Problem, ...] = ()
    selection: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry of the menu; `group` is the LSP kind, a dotted name that every editor knows."""

    kind: ActionKind
    title: str
    group: str
    problem: Problem | None = None


LOOKAHEAD_LINES = 120
"""Lines from the cursor on that the menu looks at."""

LONG_FUNCTION_LINES = 15
"""A function with fewer lines is not offered to be split."""

_TYPED = ("python", "php", "typescript", "typescriptreact", "javascript", "javascriptreact")
"""Languages in which types may be written, and may be missing."""

_HEAD = re.compile(r"\b(?:def|function|func|fun|fn|sub)\b[^=]*\(|\)\s*(?::[^=;]*|->[^;]*)?\{\s*$|=>\s*\{?\s*$")
_WORD = re.compile(r"[^\W\d]\w*")
_RESERVED = re.compile(
    r"abstract|bool|boolean|case|catch|char|const|default|delete|do|double|else|enum|export|extends|extern|false|final"
    r"|float|fn|foreach|func|function|impl|implements|in|instanceof|int|interface|let|long|match|mut|namespace|new|nil"
    r"|null|package|private|protected|pub|public|self|short|static|string|struct|super|switch|this|throw|trait|true|type"
    r"|typeof|undefined|unsigned|use|using|var|void|where"
)


def offer_actions(target: Target) -> list[Offer]:
    """Return the menu for a place: one fix for each problem, then what can be done with the code there."""
    fix = ACTIONS[ActionKind.FIX]
    fixes = [
        Offer(ActionKind.FIX, f"{fix.title}: {first_line(problem.message)}", fix.group, problem)
        for problem in target.problems
    ]
    symbol = symbol_at(target)
    kinds = [ActionKind.EXPLAIN, *_refactorings(target, symbol), ActionKind.DOCUMENT, ActionKind.TESTS]
    return fixes + [Offer(kind, title_of(kind, symbol), ACTIONS[kind].group) for kind in kinds]


def title_of(kind: ActionKind, symbol: str = "") -> str:
    """Return the title of an action, as the menu and the list of conversations have it."""
    return ACTIONS[kind].title.replace("$", f"`{symbol}`" if symbol else "a symbol")


def symbol_at(target: Target) -> str:
    """Return the name that is selected, or that the cursor stands on; empty when there is none."""
    start, end = target.range.start, target.range.end
    line = target.lines[0] if target.lines else ""
    if start == end:
        found = next((word for word in _WORD.finditer(line) if word.start() <= start.column <= word.end()), None)
        name = found.group() if found else ""
    else:
        name = target.selection.strip() if _WORD.fullmatch(target.selection.strip()) else ""
    return "" if _RESERVED.fullmatch(name) or keyword.iskeyword(name) else name


def first_line(text: str) -> str:
    """Return the beginning of a text, for a title."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= 80 else f"{line[:79]}…"


def _refactorings(target: Target, symbol: str) -> list[ActionKind]:
    code = target.selection.strip()
    kinds: list[ActionKind] = []
    if code and not symbol:
        kinds.append(ActionKind.EXTRACT_FUNCTION)
        if "\n" not in code:
            kinds.append(ActionKind.EXTRACT_VARIABLE)
    if symbol:
        kinds += [ActionKind.INLINE, ActionKind.RENAME]
    here = target.lines[0] if target.lines and target.range.start == target.range.end else ""
    if (code and not symbol) or here.strip():
        kinds.append(ActionKind.SIMPLIFY)
    lines = code.splitlines() or [here]
    heads = [number for number, line in enumerate(lines) if _HEAD.search(line)]
    if heads and target.language in _TYPED:
        kinds.append(ActionKind.TYPES)
    length = len(lines) - heads[0] if code and heads else _block_length(target.lines) if heads else 0
    if length >= LONG_FUNCTION_LINES:
        kinds.append(ActionKind.SPLIT)
    return kinds


def _block_length(lines: tuple[str, ...]) -> int:
    """Return how many lines the block has that the first one opens, by their indentation."""
    depth = len(lines[0]) - len(lines[0].lstrip())
    for number, line in enumerate(lines[1:], 1):
        if line.strip() and len(line) - len(line.lstrip()) <= depth and not line.lstrip().startswith((")", "]", "}")):
            return number
    return len(lines)
