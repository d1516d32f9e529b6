"""The `conduit/*` methods: convert in, one call to the App, convert out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from conduit.app import PromptOptions
from conduit.app.parameters import parameters
from conduit.lsp.opened import to_line, to_opened
from conduit.lsp.prompting import editor_context, to_blocks
from conduit.lsp.protocol.parameters import SetParametersParams
from conduit.lsp.protocol.payload import NoParams
from conduit.lsp.protocol.prompt import (
    PromptParams,
    PromptResult,
)
from conduit.lsp.protocol.session import (
    Cancelled,
    ListSessionsParams,
    LoadSessionParams,
    NewSessionParams,
    OpenedSession,
    SessionList,
    SessionParams,
    SetModelParams,
    SetModeParams,
)
from conduit.lsp.protocol.status import ModelLine, ModelList
from conduit.lsp.updates import to_prompt_result
from conduit.lsp.watching import send_queue, send_update

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def new_session(server: ConduitServer, params: NewSessionParams) -> OpenedSession:
    """`conduit/session/new`."""
    app = await server.app()
    info = await app.new_session(cwd=params.cwd, mode=params.mode, model=params.model, title=params.title)
    server.conversation_id = info.id
    return to_opened(app, info)


async def list_sessions(server: ConduitServer, params: ListSessionsParams) -> SessionList:
    """`conduit/session/list`."""
    app = await server.app()
    found = await app.sessions(query=params.query, cursor=params.cursor, limit=params.limit)
    lines = [to_line(info) for info in found if params.cwd is None or info.cwd == params.cwd]
    return SessionList(sessions=lines, next_cursor=found[-1].id if len(found) == params.limit else None)


async def load_session(server: ConduitServer, params: LoadSessionParams) -> OpenedSession:
    """`conduit/session/load`: the history as updates, then the answer."""
    app = await server.app()
    info = await app.load_session(params.session_id)
    server.conversation_id = info.id
    shown, last_seq = await app.replay(params.session_id, after=params.replay_from)
    for stored in shown:
        send_update(server, app, stored.model_copy(update={"session_id": info.id}))
    if waiting := app.queue.waiting(info.id):
        send_queue(server, info.id, waiting)
    return to_opened(app, info, last_seq)


async def prompt(server: ConduitServer, params: PromptParams) -> PromptResult:
    """`conduit/session/prompt`: the answer comes when the turn is over."""
    app = await server.app()
    server.conversation_id = params.session_id
    content = await to_blocks(app, params.prompt)
    options = PromptOptions(
        tools=params.tools,
        tool_names=None if params.tool_names is None else frozenset(params.tool_names),
        context=editor_context(server, app, params.context),
        settings=parameters(params.parameters.given()) if params.parameters else None,
    )
    run = app.queue.prompt if params.queue else app.prompt
    result = await run(params.session_id, content, options)
    return to_prompt_result(result)


async def cancel(server: ConduitServer, params: SessionParams) -> Cancelled:
    """`conduit/session/cancel`: the turn's own answer says `cancelled`."""
    app = await server.app()
    return Cancelled(cancelled=await app.cancel(params.session_id))


async def set_mode(server: ConduitServer, params: SetModeParams) -> OpenedSession:
    """`conduit/session/setMode`."""
    app = await server.app()
    return to_opened(app, await app.set_mode(params.session_id, params.mode_id))


async def set_model(server: ConduitServer, params: SetModelParams) -> OpenedSession:
    """`conduit/session/setModel`."""
    app = await server.app()
    return to_opened(app, await app.set_model(params.session_id, params.model_id))


async def set_parameters(server: ConduitServer, params: SetParametersParams) -> OpenedSession:
    """`conduit/session/setParameters`."""
    app = await server.app()
    return to_opened(app, await app.set_parameters(params.session_id, params.parameters.given()))


async def list_models(server: ConduitServer, params: NoParams) -> ModelList:
    """`conduit/models/list`."""
    app = await server.app()
    # In a thread: the first time, the price table is imported.
    known = {card.id: card for card in await asyncio.to_thread(app.library().cards)}
    cards = [known.get(choice.id) or app.library().card(choice.id) for choice in app.models()]
    lines = [
        ModelLine(
            model_id=card.id,
            name=card.name,
            vendor=card.vendor,
            ready=card.ready,
            note=card.note,
            context_tokens=card.context_tokens,
            max_output_tokens=card.max_output_tokens,
            capabilities={name: said for name, said in card.capabilities.items() if said is not None},
        )
        for card in cards
    ]
    return ModelList(models=lines, default_model_id=app.default_model())
