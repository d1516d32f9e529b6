"""Suggestions stay on the lines that they quote."""

from __future__ import annotations

from conduit.ide.suggestions import Suggestion, follow
from conduit.workspace.positions import Position, Range

HERE = Range(Position(3, 0), Position(3, 4))


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
