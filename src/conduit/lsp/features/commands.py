"""The commands of plain clients: each returns JSON, and shows the person what a bare editor would not.

Lists and conversations are not shown where a plugin does that: a client that takes in `conduit/session/update`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from pydantic.alias_generators import to_camel, to_snake

from conduit.lsp.answers import show_answer
from conduit.lsp.failures import INVALID_PARAMS, RpcError
from conduit.lsp.listings import render_conversation, render_models, render_sessions
from conduit.sessions.events import SessionInfo

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.lsp.server import ConduitServer

Json = dict[str, object]

# What the interface shows of a model beside its name.
_BADGES = ("vision", "reasoning", "structured_output", "web_search", "audio", "video", "computer_use", "local")


async def list_models(server: ConduitServer, *_: object) -> Json:
    """`conduit.model.list`: what can be chosen, and what each is missing."""
    app = await server.app()
    choices = app.models()
    models = [
        {"id": each.id, "name": each.name, "vendor": each.vendor, "ready": each.ready, "note": each.note}
        for each in choices
    ]
    await _show(server, "models", render_models(choices, app.default_model()))
    return {"models": models, "default": app.default_model()}


async def select_model(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.model.select` with (model, session): the session's next turn uses the model.

    Without a session it is the conversation that this editor is in, and whatever it begins from now on.
    """
    app = await server.app()
    model = _text(arguments, 0, "model")
    session = await _session(server, app, arguments, 1)
    if len(arguments) < 2 or arguments[1] is None:
        model = app.choose_model(model)
    if session is None:
        server.show_message(f"Conduit now uses {model}.")
        return {"sessionId": None, "model": model}
    info = await app.set_model(session.id, model)
    server.show_message(f"Conduit: {info.title or 'the conversation'} now uses {info.model}.")
    return {"sessionId": info.id, "model": info.model}


async def show_model(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.model.show` with (session): the model of a session, by default the one that this editor is in."""
    app = await server.app()
    session = await _session(server, app, arguments, 0)
    model = session.model if session else app.default_model()
    card = await asyncio.to_thread(app.library().card, model)
    able = ", ".join(name.replace("_", " ") for name in _BADGES if card.capabilities[name])
    server.show_message(f"Conduit uses {model}{f': {able}' if able else ''}.")
    return {
        "model": model,
        "sessionId": session.id if session else None,
        "default": app.default_model(),
        "card": {to_camel(name): value for name, value in asdict(card).items()},
    }


async def model_parameters(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.model.parameters` with (parameters, session): set some of a session's, where null takes one away.

    Without parameters they are only told. Without a session it is the conversation that this editor is in.
    """
    app = await server.app()
    session = await _session(server, app, arguments, 1)
    if session is None:
        raise RpcError(INVALID_PARAMS, "There is no conversation yet whose parameters could be set.")
    given = arguments[0] if arguments else None
    if given is not None:
        if not isinstance(given, dict):
            raise RpcError(INVALID_PARAMS, "arguments[0] (parameters): an object is required")
        session = await app.set_parameters(session.id, {to_snake(str(name)): value for name, value in given.items()})
    told = ", ".join(f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in session.parameters.items())
    server.show_message(f"Conduit: {session.title or 'the conversation'} has {told or 'no parameters of its own'}.")
    return {"sessionId": session.id, "parameters": {to_camel(name): each for name, each in session.parameters.items()}}


async def list_sessions(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.session.list` with (query): sessions, newest first."""
    app = await server.app()
    query = arguments[0] if arguments and isinstance(arguments[0], str) else ""
    found = await app.sessions(query=query)
    await _show(server, "conversations", render_sessions(found))
    return {"sessions": [_line(info) for info in found]}


async def open_session(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.session.open` with (session): its messages, repaired if a crash cut them."""
    app = await server.app()
    session_id = _text(arguments, 0, "sessionId")
    info = await app.load_session(session_id)
    conversation = await app.conversation(session_id)
    messages = [
        {"id": each.id, "role": each.message.role, "text": each.message.text, "interrupted": each.interrupted}
        for each in conversation
    ]
    await _show(server, session_id, render_conversation(info, conversation))
    return {**_line(info), "messages": messages}


async def new_session(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.session.new` with (title, model)."""
    app = await server.app()
    title = arguments[0] if arguments and isinstance(arguments[0], str) else ""
    model = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], str) else None
    return _line(await app.new_session(title=title, model=model))


async def show_usage(server: ConduitServer, *_: object) -> Json:
    """`conduit.usage`: tokens by day and model, newest first."""
    app = await server.app()
    rows = await app.usage()
    today = time.strftime("%Y-%m-%d")
    spent = sum(row.usage.input_tokens + row.usage.output_tokens for row in rows if row.day == today)
    dollars = sum(row.cost_usd for row in rows if row.day == today)
    unpriced = sum(row.unpriced for row in rows if row.day == today)
    without = f"; {unpriced} answers have no known price" if unpriced else ""
    server.show_message(f"Conduit used {spent:,} tokens in this workspace today, ${dollars:,.4f}{without}.")
    return {
        "rows": [
            {
                "day": row.day,
                "model": row.model,
                "completions": row.completions,
                **row.usage.model_dump(),
                "cost_usd": row.cost_usd,
                "unpriced": row.unpriced,
            }
            for row in rows
        ]
    }


async def show_doctor(server: ConduitServer, *_: object) -> Json:
    """`conduit.doctor`: what works and what is missing."""
    app = await server.app()
    checks = await app.doctor()
    bad = [check for check in checks if check.state != "ok"]
    lines = [f"{check.name}: {check.detail}" for check in bad]
    server.show_message("\n".join(["Conduit doctor: all is well." if not bad else "Conduit doctor:", *lines]))
    return {"checks": [{"name": each.name, "state": each.state, "detail": each.detail} for each in checks]}


async def _show(server: ConduitServer, name: str, markdown: str) -> None:
    if not server.facts.session_updates:
        await show_answer(server, name, markdown)


async def _session(server: ConduitServer, app: App, arguments: Sequence[object], index: int) -> SessionInfo | None:
    """Return the session that an argument names, else the conversation that this editor is in, else None."""
    if len(arguments) > index and arguments[index] is not None:
        return await app.load_session(_text(arguments, index, "sessionId"))
    return await app.load_session(server.conversation_id) if server.conversation_id else None


def _text(arguments: Sequence[object], index: int, name: str) -> str:
    value = arguments[index] if len(arguments) > index else None
    if isinstance(value, dict):  # clients that pass one object instead of a list
        value = value.get(name)
    if not isinstance(value, str) or not value:
        raise RpcError(INVALID_PARAMS, f"arguments[{index}] ({name}): a text is required")
    return value


def _line(info: SessionInfo) -> Json:
    return {
        "sessionId": info.id,
        "title": info.title,
        "mode": info.mode,
        "model": info.model,
        "updatedAt": info.updated_at,
        "messageCount": info.message_count,
        "running": info.running,
    }
