"""Which tools a model is offered: by the form in which it writes changes, and never two for the same thing."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import get_args

import pytest

from conduit.catalog.model import EditFormat
from conduit.compose.tools import all_tools
from conduit.workspace.language import Ability

READ = ["read_file", "list_files", "search_text"]
NAMES = ["write_file", "delete_file", "move_file"]
FORMS: tuple[EditFormat, ...] = get_args(EditFormat)
EVERY = {tool.spec.name for form in FORMS for tool in all_tools(frozenset(Ability), form)}


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("search_replace", ["edit_file", *NAMES]),
        ("v4a", ["apply_patch", *NAMES]),
        ("unified", ["apply_patch", *NAMES]),
        ("whole", NAMES),
        (None, ["edit_file"]),
    ],
)
def test_the_tools_that_change_files_go_by_the_models_form(form: EditFormat | None, names: list[str]) -> None:
    assert [tool.spec.name for tool in all_tools(edit_format=form)] == READ + names


@pytest.mark.parametrize("form", [*FORMS, None])
@pytest.mark.parametrize("abilities", [frozenset[Ability](), frozenset(Ability)])
def test_no_tool_speaks_of_one_that_is_not_offered(form: EditFormat | None, abilities: frozenset[Ability]) -> None:
    offered = {tool.spec.name: tool.spec.description for tool in all_tools(abilities, form)}
    for name, text in offered.items():
        assert set(re.findall(r"\w+", text)) & EVERY <= set(offered), name


def test_no_prompt_speaks_of_a_tool_that_some_models_are_not_offered() -> None:
    always = set.intersection(*({tool.spec.name for tool in all_tools(edit_format=form)} for form in (*FORMS, None)))
    assert set(READ) <= always
    changing = {"edit_file", "apply_patch", *NAMES}
    templates = [one for one in (files("conduit.prompts") / "templates").iterdir() if one.name.endswith(".md")]
    assert any(one.name == "mode_review.md" for one in templates)
    for template in templates:
        assert set(re.findall(r"\w+", template.read_text("utf-8"))) & changing <= always, template.name
