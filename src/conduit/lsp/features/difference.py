"""`conduit/session/diff`, and `conduit.turn.diff` for plain clients: what a turn changed in files.

One file is shown side by side where the editor can do that; several files, or elsewhere, are one document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.app.difference import Difference, difference
from conduit.context.builder import fence
from conduit.errors import EditorFailed
from conduit.lsp.answers import show_answer
from conduit.lsp.protocol.undo import DiffParams, DiffShown
from conduit.lsp.validation import validated
from conduit.workspace.language import Ability

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.lsp.server import ConduitServer


async def show_difference(server: ConduitServer, params: DiffParams) -> DiffShown:
    """`conduit/session/diff`."""
    app = await server.app()
    found = await difference(app.changes, params.session_id, params.turn_id, params.path)
    beside = await _beside(app, found)
    if not beside:
        markdown = fence("".join(change.diff() for change in found.changes), "diff")
        await show_answer(server, f"changes-{found.turn_id}", f"{markdown}\n")
    return DiffShown(
        session_id=found.session_id,
        turn_id=found.turn_id,
        files=[change.new_name for change in found.changes],
        side_by_side=beside,
    )


async def diff_turn(server: ConduitServer, *arguments: object) -> dict[str, object]:
    """`conduit.turn.diff` with (session, turn, path): by default the newest turn that changed something."""
    given: object = arguments[0] if arguments else None
    if not isinstance(given, dict):  # clients that pass one object instead of a list
        given = dict(zip(("sessionId", "turnId", "path"), arguments, strict=False))
    shown = await show_difference(server, validated(DiffParams, given))
    return shown.model_dump(mode="json", by_alias=True)


async def _beside(app: App, found: Difference) -> bool:
    """Have the editor show the one file side by side, and say whether it does."""
    if len(found.changes) != 1 or Ability.OPEN_DIFF not in app.language.offers:
        return False
    (change,) = found.changes
    title = f"{change.new_name}: before and after this turn"
    try:
        return await app.language.open_diff(title, change.new_path, change.before or "", change.after or "")
    except EditorFailed:
        return False
