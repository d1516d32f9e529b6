"""Saves through what the editor can be asked: the `Saver` of an editor that declares `conduit/editor/save`."""

from __future__ import annotations

from pathlib import Path

from conduit.errors import ToolError
from conduit.workspace.language import LanguageAbilities


class AbilitySaver:
    """Asks the editor; whatever goes wrong, the document is then unsaved, and that is said."""

    def __init__(self, abilities: LanguageAbilities) -> None:
        self._abilities = abilities

    async def save(self, path: Path) -> bool:
        """Save the document of an absolute path; False when the editor lacks the ability, or did not."""
        try:
            return (await self._abilities.save(path)).saved
        except ToolError:
            return False
