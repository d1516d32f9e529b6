"""Which tools a model is offered.

Those that change files go by the form in which it writes a change best, and some exist only where the editor has the
ability that they need.
"""

from __future__ import annotations

from functools import cache

from conduit.catalog.model import EditFormat
from conduit.tools.base import ToolSet
from conduit.workspace.language import Ability


@cache
def all_tools(
    abilities: frozenset[Ability] = frozenset(), edit_format: EditFormat | None = "search_replace"
) -> ToolSet:
    """Return the tools for an editor with these abilities; they are imported with the first turn.

    `edit_format` is how the model writes a change; None for one that is too small to choose among many tools.
    """
    from conduit.tools.files import list_files, read_file
    from conduit.tools.search import search_text

    return ToolSet([read_file, list_files, search_text, *_that_edit(edit_format), *_of_editor(abilities)])


def _that_edit(edit_format: EditFormat | None) -> ToolSet:
    """Return one tool for the text of files, one for whole files, and those for their names."""
    from conduit.tools.apply_patch import apply_patch
    from conduit.tools.delete_file import delete_file
    from conduit.tools.edit import edit_file
    from conduit.tools.move_file import move_file
    from conduit.tools.write_file import write_file

    match edit_format:
        case None:
            return ToolSet([edit_file])
        case "search_replace":
            return ToolSet([edit_file, write_file, delete_file, move_file])
        case "v4a" | "unified":
            return ToolSet([apply_patch, write_file, delete_file, move_file])
        case "whole":
            return ToolSet([write_file, delete_file, move_file])


def _of_editor(abilities: frozenset[Ability]) -> ToolSet:
    from conduit.tools.apply_code_action import apply_code_action
    from conduit.tools.code_actions import code_actions
    from conduit.tools.diagnostics import diagnostics
    from conduit.tools.list_symbols import list_symbols
    from conduit.tools.references import find_references, go_to_definition
    from conduit.tools.rename_symbol import rename_symbol

    needed = (
        (Ability.DIAGNOSTICS, diagnostics),
        (Ability.REFERENCES, find_references),
        (Ability.DEFINITION, go_to_definition),
        (Ability.SYMBOLS, list_symbols),
        (Ability.RENAME, rename_symbol),
        (Ability.CODE_ACTIONS, code_actions),
        (Ability.CODE_ACTIONS, apply_code_action),
    )
    return ToolSet(tool for ability, tool in needed if ability in abilities)
