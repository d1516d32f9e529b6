"""What is offered for a place, from facts alone."""

from __future__ import annotations

from conduit.ide.actions import ActionKind, Problem, Target, offer_actions
from conduit.ide.suggestions import Suggestion, follow
from conduit.workspace.positions import Position, Range

HERE = Range(Position(3, 0), Position(3, 4))


def test_each_problem_has_its_fix_and_code_without_problems_has_none() -> None:
    problems = tuple(Problem(message, HERE) for message in ("undefined name 'x'", "line\ntwo"))
    fixes = [offer for offer in offer_actions(Target("a.py", HERE, problems=problems)) if offer.kind is ActionKind.FIX]
    assert [(offer.title, offer.group) for offer in fixes] == [
        ("Fix this problem: undefined name 'x'", "quickfix"),
        ("Fix this problem: line", "quickfix"),
    ]
    kinds = [offer.kind for offer in offer_actions(Target("a.py", HERE))]
    assert kinds == [ActionKind.EXPLAIN, ActionKind.REFACTOR, ActionKind.DOCUMENT, ActionKind.TESTS]


def test_a_suggestion_follows_its_line_and_goes_with_it() -> None:
    suggestion = Suggestion("1", "Rename", "why", "def f():", HERE)
    moved = follow(suggestion, "import os\n\n    def f():  \n")
    assert moved is not None
    assert moved.range == Range(Position(2, 4), Position(2, 12))
    assert follow(suggestion, "def g():\n") is None
    assert follow(suggestion, "def f():\n    pass\ndef f():\n") is None


def test_a_suggestion_counts_lines_as_the_editor_does() -> None:
    suggestion = Suggestion("1", "Rename", "why", "def f():", HERE)
    moved = follow(suggestion, "a\x0cb\u2028c\x85\ndef f():\n")
    assert moved is not None
    assert moved.range == Range(Position(1, 0), Position(1, 8))
