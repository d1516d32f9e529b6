"""The terminal's selection as a block, from editors that tell it, and from others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conduit.app.terminal import terminal_block
from conduit.errors import EditorFailed, UserError
from conduit.sandbox.confine import Door
from conduit.workspace.language import Ability, NoLanguage
from conduit.workspace.workspace import Workspace
from fakes.editor import FakeEditor
from fakes.language import FakeLanguage


class Unwilling(FakeLanguage):
    async def terminal_selection(self) -> str:
        raise EditorFailed("The editor did not answer.")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Door([tmp_path]) as door:
        yield Workspace([tmp_path], FakeEditor(), door)


async def test_what_is_selected_is_a_block_that_says_where_it_is_from(workspace: Workspace) -> None:
    block = await terminal_block(FakeLanguage(workspace, selection="2 failed\x1b[0m\n"), 1000)
    assert block.text.endswith("```text\n2 failed\n```")
    assert block.visible == "[terminal](conduit:/terminal)"


async def test_an_editor_that_does_not_tell_is_said_to_be_one(workspace: Workspace) -> None:
    others = FakeLanguage(workspace, frozenset(Ability) - {Ability.TERMINAL_SELECTION}, selection="x")
    for language in (NoLanguage(), others):
        with pytest.raises(UserError, match=r"does not tell what is selected in its terminal\. Paste the text instead"):
            await terminal_block(language, 1000)


async def test_nothing_selected_and_an_editor_that_fails_are_sentences_with_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(UserError, match=r"Nothing is selected in the terminal\. Select the lines there"):
        await terminal_block(FakeLanguage(workspace, selection=" \n"), 1000)
    with pytest.raises(UserError, match=r"did not answer\. Paste the text of the terminal instead"):
        await terminal_block(Unwilling(workspace), 1000)
