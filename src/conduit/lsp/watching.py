"""What the App tells goes to the client: session updates and the status, merged for a client that reads slowly."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from conduit.lsp.framing import encode_frame
from conduit.lsp.protocol.status import StatusNote
from conduit.lsp.protocol.update import QueuedPrompt, QueueUpdate, SessionUpdateParams, UsageUpdate
from conduit.lsp.updates import UPDATE_METHOD, to_update_params
from conduit.sessions.events import AssistantReplied, SessionUpdate, StoredEvent, TextChunk, ThoughtChunk

if TYPE_CHECKING:
    from conduit.app import App, Status
    from conduit.app.queue import Queued
    from conduit.lsp.server import ConduitServer

STATUS_METHOD = "conduit/status"


def watch_app(server: ConduitServer, app: App) -> None:
    """Pass everything on from now on, as far as the client declared that it understands it."""
    if server.facts.session_updates:
        app.subscribe(partial(send_update, server, app))
        app.queue.subscribe(partial(send_queue, server))
    if server.facts.status_updates:
        app.subscribe_status(partial(_send_status, server))
        _send_status(server, app.status())


def send_update(server: ConduitServer, app: App, update: SessionUpdate | StoredEvent) -> None:
    """Send one event; text that is still being written is merged with what the client has not read yet."""
    event, outbox = update.event, server.protocol.writer
    if isinstance(event, (TextChunk, ThoughtChunk)) and outbox is not None:
        kind = "agent_message_chunk" if isinstance(event, TextChunk) else "agent_thought_chunk"
        render = partial(_render_chunk, update.session_id, event.turn_id, kind, event.message_id)
        outbox.append((update.session_id, event.message_id, kind), event.text, render)
        return
    for params in to_update_params(update):
        if isinstance(event, AssistantReplied) and isinstance(params.update, UsageUpdate):
            sized = params.update.model_copy(update={"size": app.context_tokens(event.model)})
            params = params.model_copy(update={"update": sized})
        server.notify(UPDATE_METHOD, _plain(params))


def send_queue(server: ConduitServer, session_id: str, waiting: Sequence[Queued]) -> None:
    """Send all prompts that wait in a session."""
    items = [QueuedPrompt(queue_id=each.queue_id, text=each.text) for each in waiting]
    server.notify(UPDATE_METHOD, _plain(SessionUpdateParams(session_id=session_id, update=QueueUpdate(items=items))))


def _render_chunk(session_id: str, turn_id: str, kind: str, message_id: str, text: str) -> bytes:
    update = {"sessionUpdate": kind, "messageId": message_id, "content": {"type": "text", "text": text}}
    params = {"sessionId": session_id, "turnId": turn_id, "update": update}
    message = {"jsonrpc": "2.0", "method": UPDATE_METHOD, "params": params}
    return encode_frame(message)


def _send_status(server: ConduitServer, status: Status) -> None:
    note = StatusNote(
        state=status.state,
        model=status.model,
        session_id=status.session_id,
        message=status.message,
        downloaded_bytes=status.downloaded_bytes,
        total_bytes=status.total_bytes,
    )
    server.notify_latest("", STATUS_METHOD, note)


def _plain(params: SessionUpdateParams) -> object:
    return params.model_dump(mode="json", by_alias=True, exclude_none=True)
