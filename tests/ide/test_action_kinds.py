"""What is offered for a place, from facts alone, and what each action may use."""

from __future__ import annotations

import pytest

from conduit.compose.tools import all_tools
from conduit.ide.action_kinds import ACTIONS, ActionKind, Problem, Target, offer_actions
from conduit.prompts.render import render_prompt
from conduit.tools.base import Effect
from conduit.workspace.language import Ability
from conduit.workspace.positions import Position, Range

ALWAYS = ["Explain", "Write documentation", "Write tests"]


def at(text: str, selection: str = "", *, cursor: int = 0, language: str = "python") -> Target:
    """A target in `text`: a selected part of it, or the cursor in its first line."""
    lines = tuple(text.splitlines())
    if not selection:
        place = Position(0, cursor)
        return Target("a", Range(place, place), language, lines=lines)
    before = text[: text.index(selection)]
    through = before + selection
    start = Position(before.count("\n"), len(before.rpartition("\n")[2]))
    end = Position(through.count("\n"), len(through.rpartition("\n")[2]))
    return Target("a", Range(start, end), language, selection=selection, lines=lines[start.line :])


def offered(target: Target) -> list[str]:
    """The titles of the menu, without those that are always there."""
    titles = [offer.title for offer in offer_actions(target)]
    assert [title for title in titles if title in ALWAYS] == ALWAYS
    return [title for title in titles if title not in ALWAYS]


def test_each_problem_has_its_fix_and_code_without_problems_has_none() -> None:
    here = Range(Position(3, 0), Position(3, 4))
    problems = tuple(Problem(message, here) for message in ("undefined name 'x'", "line\ntwo"))
    fixes = [offer for offer in offer_actions(Target("a.py", here, problems=problems)) if offer.problem]
    assert [(offer.kind, offer.title, offer.group) for offer in fixes] == [
        (ActionKind.FIX, "Fix this problem: undefined name 'x'", "quickfix"),
        (ActionKind.FIX, "Fix this problem: line", "quickfix"),
    ]
    assert ActionKind.FIX not in [offer.kind for offer in offer_actions(Target("a.py", here))]


LONG = "def long(a):\n" + "    a += 1\n" * 20 + "    return a\n"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (at(""), []),
        (at("    x = total(y)", cursor=5), ["Inline `x`", "Rename `x` by its meaning", "Simplify"]),
        (at("    x = total(y)", cursor=13), ["Inline `total`", "Rename `total` by its meaning", "Simplify"]),
        (at("    return 12", cursor=6), ["Simplify"]),
        (at("    x = total(y)", "total"), ["Inline `total`", "Rename `total` by its meaning"]),
        (at("x = total(y) + 1", "total(y) + 1"), ["Extract a function", "Extract a variable", "Simplify"]),
        (at("a = 1\nb = 2\n", "a = 1\nb = 2"), ["Extract a function", "Simplify"]),
        (at("a = 1\nb = 2\n", "\n"), []),
        (at("def f(a):\n    return a\n"), ["Simplify", "Add types"]),
        (at("func f(a int) int {\n\treturn a\n}\n", language="go"), ["Simplify"]),
        (at("export const f = (a) => {\n  return a;\n};\n", language="typescript"), ["Simplify", "Add types"]),
        (at(LONG), ["Simplify", "Add types", "Split this function"]),
        (at(LONG, LONG), ["Extract a function", "Simplify", "Add types", "Split this function"]),
        (
            at("fn f() {\n" + "    g();\n" * 20 + "}\n\nfn h() {\n}\n", language="rust"),
            ["Simplify", "Split this function"],
        ),
    ],
    ids=[
        "nothing",
        "a variable",
        "a call",
        "a keyword",
        "a selected name",
        "an expression",
        "two lines",
        "a blank selection",
        "a signature",
        "a language whose types are always there",
        "an arrow",
        "a long function",
        "a long selection",
        "a long function in braces",
    ],
)
def test_a_refactoring_is_offered_where_the_text_has_what_it_is_for(target: Target, expected: list[str]) -> None:
    assert offered(target) == expected


def test_the_menu_stays_short() -> None:
    assert max(len(offer_actions(at(text, text))) for text in (LONG, "x = 1", "def f(a): return a")) <= 8


def test_every_action_has_its_prompt_and_a_standard_kind() -> None:
    for kind, row in ACTIONS.items():
        assert render_prompt(f"action_{kind.value}", details="THE CODE").endswith("\n\nTHE CODE")
        assert row.group.split(".")[0] in ("quickfix", "refactor", "conduit")
    assert set(ACTIONS) == set(ActionKind)
    assert len({row.group for row in ACTIONS.values()}) == len(ACTIONS)


def test_an_action_that_only_answers_gets_no_tool_that_writes() -> None:
    tools = all_tools(frozenset(Ability))
    writing = {tool.spec.name for tool in tools if tool.effect is not Effect.READ}
    assert not ACTIONS[ActionKind.EXPLAIN].tools & writing
    assert all(row.tools & writing for kind, row in ACTIONS.items() if kind.edits)
    looking = {tool.spec.name for tool in tools if tool.effect is Effect.READ}
    assert looking <= ACTIONS[ActionKind.FIX].tools
