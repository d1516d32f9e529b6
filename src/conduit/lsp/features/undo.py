"""Undo and redo of turns: `conduit/session/undo|redo` for plugins, commands with a message for plain clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from conduit.app.undoing import Coverage, sentence_of
from conduit.lsp.protocol.undo import UndoParams, UndoResult
from conduit.lsp.shown import to_undone
from conduit.lsp.validation import validated

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer

Cause = Literal["undo", "redo"]


async def undo(server: ConduitServer, params: UndoParams) -> UndoResult:
    """`conduit/session/undo`."""
    return await _run(server, params, "undo")


async def redo(server: ConduitServer, params: UndoParams) -> UndoResult:
    """`conduit/session/redo`."""
    return await _run(server, params, "redo")


async def undo_turn(server: ConduitServer, *arguments: object) -> dict[str, object]:
    """`conduit.turn.undo` with (session, turn): by default the newest turn of all with something to undo."""
    return await _command(server, arguments, "undo")


async def redo_turn(server: ConduitServer, *arguments: object) -> dict[str, object]:
    """`conduit.turn.redo` with (session, turn): by default the last undo."""
    return await _command(server, arguments, "redo")


async def _command(server: ConduitServer, arguments: tuple[object, ...], cause: Cause) -> dict[str, object]:
    first = arguments[0] if arguments else None
    if isinstance(first, dict):  # clients that pass one object instead of a list
        given = dict(first)
    else:
        given = {"sessionId": first, "turnId": arguments[1] if len(arguments) > 1 else None}
    given["sessionId"] = given.get("sessionId") or None
    result = await _run(server, validated(UndoParams, given), cause)
    server.show_message(f"Conduit: {result.message}")
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def _run(server: ConduitServer, params: UndoParams, cause: Cause) -> UndoResult:
    changes = (await server.app()).changes
    session_id = params.session_id or await changes.find_session(cause)
    if params.preview:
        return _result(await changes.coverage(session_id, params.turn_id, cause))
    act = changes.undo if cause == "undo" else changes.redo
    return _result(await act(session_id, params.turn_id))


def _result(coverage: Coverage) -> UndoResult:
    return UndoResult(
        session_id=coverage.session_id,
        turn_id=coverage.turn_id,
        preview=coverage.change_id is None,
        change_id=coverage.change_id,
        message=sentence_of(coverage),
        files=to_undone(coverage.files),
    )
