"""Which tools a model can be offered; some exist only where the editor has the ability that they need."""

from __future__ import annotations

from functools import cache

from conduit.tools.base import ToolSet
from conduit.workspace.language import Ability


@cache
def all_tools(abilities: frozenset[Ability] = frozenset()) -> ToolSet:
    """Return the tools for an editor with these abilities; they are imported with the first turn."""
    from conduit.tools.edit import edit_file
    from conduit.tools.files import list_files, read_file
    from conduit.tools.search import search_text

    return ToolSet([read_file, list_files, search_text, edit_file, *_of_editor(abilities)])


def _of_editor(abilities: frozenset[Ability]) -> ToolSet:
    from conduit.tools.apply_code_action import apply_code_action
    from conduit.tools.code_actions import code_actions
    from conduit.tools.diagnostics import diagnostics
    from conduit.tools.find_references import find_references
    from conduit.tools.go_to_definition import go_to_definition
    from conduit.tools.list_symbols import list_symbols
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
