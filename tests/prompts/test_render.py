"""Templates take exactly their values, and never interpret them."""

from __future__ import annotations

from importlib.resources import files

import pytest

from conduit.ide.actions import ActionKind
from conduit.prompts.render import render_prompt


def test_a_template_takes_exactly_its_values() -> None:
    with pytest.raises(KeyError):
        render_prompt("project")
    with pytest.raises(TypeError, match="colour"):
        render_prompt("project", names="x", colour="z")


def test_what_a_person_writes_is_not_interpreted() -> None:
    assert "$HOME {x} ${names}" in render_prompt("project", names="$HOME {x} ${names}")


@pytest.mark.parametrize("kind", list(ActionKind))
def test_every_action_has_its_words(kind: ActionKind) -> None:
    assert "THE CODE" in render_prompt(f"action_{kind.value}", details="THE CODE")


def test_every_template_ends_without_an_empty_line() -> None:
    for template in (files("conduit.prompts") / "templates").iterdir():
        if template.name.endswith(".md"):
            assert template.read_text("utf-8").rstrip("\n") + "\n" == template.read_text("utf-8"), template.name
