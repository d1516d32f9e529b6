"""`conduit/inlineEdit`: the agent changes the selected lines by an instruction; the change waits as hunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.ide.action_kinds import Target
from conduit.ide.inline_edit import edit_inline, putting_in
from conduit.lsp.dispatch import CLIENT_TOKEN
from conduit.lsp.failures import CONTENT_MODIFIED, INVALID_PARAMS, RpcError
from conduit.lsp.following import follow_session
from conduit.lsp.progress import show_progress
from conduit.lsp.protocol.inline_edit import InlineEditParams, InlineEditResult
from conduit.lsp.reviewing import refresh_review
from conduit.lsp.subject import open_document, range_in
from conduit.workspace.positions import Position, Range

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def inline_edit(server: ConduitServer, params: InlineEditParams) -> InlineEditResult:
    """`conduit/inlineEdit`: the answer comes when the hunks wait."""
    app = await server.app()
    document = open_document(server, params.text_document.uri)
    assert document.path is not None
    if params.text_document.version != document.version:
        raise RpcError(CONTENT_MODIFIED, "The text changed since it was selected. Select the lines again.")
    instruction, code = params.instruction.strip(), params.code
    if bool(instruction) == bool(code.strip()):
        raise RpcError(INVALID_PARAMS, "instruction: say what is to be changed, or give code to put in")
    CLIENT_TOKEN.set(params.work_done_token)  # for this request alone: it runs in a task of its own
    range_ = range_in(server, document, params.range)
    if not instruction:
        instruction = putting_in(code)
        if range_.start == range_.end:
            last = document.line_count - 1
            range_ = Range(Position(0, 0), Position(last, len(document.line(last))))
    target = Target(app.workspace.name_of(document.path), range_, document.language_id)
    text = document.text
    async with show_progress(server, f"Conduit: edit {target.name}") as progress:
        with follow_session(app, progress) as started:
            edit = await edit_inline(app, target, text, instruction, session_id=params.session_id, started=started)
    refresh_review(server)
    return InlineEditResult(
        session_id=edit.session_id,
        turn_id=edit.turn.turn_id,
        hunk_ids=[each.hunk.id for each in edit.hunks],
        message=edit.message,
        stop_reason=edit.turn.stop_reason,
        error=edit.error,
    )
