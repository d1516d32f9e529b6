"""Arguments of `conduit.action.run`, the command behind every code action that asks a model, and what it returns."""

from __future__ import annotations

from typing import Literal

from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.prompt import WireRange


class RelatedPlace(Payload):
    """Another place that a diagnostic names; `line` is zero-based."""

    uri: str
    line: int
    message: str


class ActionProblem(Payload):
    """A diagnostic, as far as the agent needs it."""

    message: str
    range: WireRange
    source: str = ""
    code: str = ""
    related: tuple[RelatedPlace, ...] = ()


class RunActionParams(Payload):
    """What to do, and where; `version` is the document version that the action was offered for."""

    kind: Literal[
        "explain",
        "fix",
        "extract_function",
        "extract_variable",
        "inline",
        "rename",
        "simplify",
        "types",
        "split",
        "refactor",
        "document",
        "tests",
    ]
    uri: str
    range: WireRange
    version: int | None = None
    problems: tuple[ActionProblem, ...] = ()
    instruction: str = ""
    suggestion_id: str | None = None


class RunActionResult(Payload):
    """How an action ended.

    `applied` is true when its edits reached the editor; `waiting` is how many hunks wait for the person instead. After
    a fix, `recheck` is what the editor's language servers say of the problem: `gone`, `reported`, or `unknown` yet.
    """

    session_id: str
    stop_reason: str
    applied: bool = False
    changed_files: tuple[str, ...] = ()
    waiting: int = 0
    recheck: Literal["gone", "reported", "unknown"] | None = None
    answer: str = ""
    error: str | None = None


class SuggestParams(Payload):
    """Where `conduit.suggest` looks for refactorings."""

    uri: str


class SuggestionParams(Payload):
    """One suggestion of a document: `conduit.suggestion.explain` and `conduit.suggestion.dismiss`."""

    uri: str
    suggestion_id: str
