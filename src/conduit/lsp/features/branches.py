"""`conduit/session/rewind|unrewind|resend`: a conversation goes back to before something that the person said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.app import PromptOptions
from conduit.lsp.prompting import editor_context, to_blocks
from conduit.lsp.protocol.branch import ResendParams, RewindParams, Rewound, Unrewound
from conduit.lsp.protocol.prompt import PromptResult
from conduit.lsp.protocol.session import SessionParams
from conduit.lsp.shown import to_content, to_undone
from conduit.lsp.updates import to_prompt_result

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def rewind(server: ConduitServer, params: RewindParams) -> Rewound:
    """`conduit/session/rewind`."""
    branches = (await server.app()).branches
    act = branches.preview if params.preview else branches.rewind
    done = await act(params.session_id, params.message_id, files=params.files)
    return Rewound(
        session_id=done.session_id,
        message_id=done.message_id,
        prompt=to_content(done.content),
        removed=done.messages,
        files=to_undone(done.files),
        rewind_id=done.rewind_id,
        message=done.text,
    )


async def unrewind(server: ConduitServer, params: SessionParams) -> Unrewound:
    """`conduit/session/unrewind`."""
    done = await (await server.app()).branches.unrewind(params.session_id)
    return Unrewound(
        session_id=done.session_id,
        message_id=done.message_id,
        restored=done.messages,
        files=to_undone(done.files),
        message=done.text,
    )


async def resend(server: ConduitServer, params: ResendParams) -> PromptResult:
    """`conduit/session/resend`: the same words again, or others; the answer comes when the turn is over."""
    app = await server.app()
    server.conversation_id = params.session_id
    found = await app.branches.preview(params.session_id, params.message_id, files=False)
    content = await to_blocks(app, params.prompt or to_content(found.content), found.content)
    await app.branches.rewind(params.session_id, params.message_id, files=params.files)
    options = PromptOptions(context=editor_context(server, app, params.context))
    run = app.queue.prompt if params.queue else app.prompt
    return to_prompt_result(await run(params.session_id, content, options))
