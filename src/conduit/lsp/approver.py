"""Asks the person: by `conduit/session/requestPermission` where the client knows it, else by `showMessageRequest`.

No answer that can be understood is a refusal, once.
"""

from __future__ import annotations

import asyncio
import logging
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from lsprotocol import types
from pydantic import ValidationError
from pygls.exceptions import JsonRpcException

from conduit.agent.permission import Answer, PermissionRequest
from conduit.lsp.convert import uri_from_path
from conduit.lsp.peer import Client
from conduit.lsp.private_file import write_private
from conduit.lsp.protocol.permission import (
    PermissionOption,
    PermissionToolCall,
    RequestPermissionParams,
    RequestPermissionResult,
)
from conduit.lsp.protocol.update import Location
from conduit.lsp.updates import UPDATE_METHOD

_log = logging.getLogger(__name__)

PERMISSION_METHOD = "conduit/session/requestPermission"

OPTIONS: tuple[tuple[Answer, str], ...] = (
    ("allow_once", "Allow once"),
    ("allow_always", "Allow always"),
    ("reject_once", "Deny"),
    ("reject_always", "Deny always"),
)
_OFFERED_AS_MESSAGE = OPTIONS[:3]
_SHOWN_LINES = 12


class EditorApprover:
    """The `Approver` of an editor on the other end of LSP; previews of plain clients are files in `folder`."""

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder

    async def ask(self, request: PermissionRequest) -> Answer:
        """Show `request` and wait for the answer; may be cancelled at any moment."""
        self._tell_state(request, "requires_action")
        try:
            if self._client.facts.permission_requests:
                return await self._ask_client(request)
            return await self._ask_by_message(request)
        except (JsonRpcException, ConnectionError) as error:
            _log.warning("no answer to the question about %r: %s", request.title, error)
            return "reject_once"
        finally:
            self._tell_state(request, "running")

    async def _ask_client(self, request: PermissionRequest) -> Answer:
        params = RequestPermissionParams(
            session_id=request.session_id,
            turn_id=request.turn_id,
            tool_call=PermissionToolCall(
                tool_call_id=request.call_id,
                title=request.title,
                kind=request.kind,
                locations=[Location(path=path) for path in request.paths],
            ),
            options=[
                PermissionOption(option_id=answer, name=name, kind=answer)
                for answer, name in _offered(request, OPTIONS)
            ],
            effect=request.effect.value,
            preview=request.preview,
            reason=request.reason,
        )
        raw = await self._client.ask(PERMISSION_METHOD, params)
        try:
            outcome = RequestPermissionResult.model_validate(raw).outcome
        except ValidationError:
            _log.warning("the client's answer to a permission question is malformed: %r", raw)
            return "reject_once"
        return _answer_named(outcome.option_id if outcome.outcome == "selected" else None)

    async def _ask_by_message(self, request: PermissionRequest) -> Answer:
        file = self._folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', request.call_id)[:60]}-{uuid.uuid4().hex[:8]}.diff"
        try:
            text = "\n".join([f"Conduit wants to: {request.title}", *([request.reason] if request.reason else [])])
            if request.preview and not await self._show_preview(file, request.preview):
                lines = request.preview.splitlines()
                more = [f"… {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
                text = "\n".join([text, *lines[:_SHOWN_LINES], *more])
            offered = _offered(request, _OFFERED_AS_MESSAGE)
            actions = [types.MessageActionItem(title=name) for _, name in offered]
            raw = await self._client.ask(
                types.WINDOW_SHOW_MESSAGE_REQUEST,
                types.ShowMessageRequestParams(type=types.MessageType.Info, message=text, actions=actions),
            )
        finally:
            file.unlink(missing_ok=True)
        title = raw.get("title") if isinstance(raw, Mapping) else None
        return next((answer for answer, name in offered if name == title), "reject_once")

    async def _show_preview(self, file: Path, preview: str) -> bool:
        """Open the whole effect as a document, kept in `file`; False when the client cannot show one."""
        if not self._client.facts.show_document:
            return False
        try:
            await asyncio.to_thread(write_private, file, preview)
        except OSError as error:
            _log.warning("the preview cannot be written: %s", error)
            return False
        with suppress(JsonRpcException):
            raw = await self._client.ask(
                types.WINDOW_SHOW_DOCUMENT, types.ShowDocumentParams(uri=uri_from_path(file), take_focus=False)
            )
            return isinstance(raw, Mapping) and raw.get("success") is True
        return False

    def _tell_state(self, request: PermissionRequest, state: str) -> None:
        if request.in_turn and self._client.facts.session_updates:
            update = {"sessionUpdate": "turn_state", "state": state}
            self._client.notify(
                UPDATE_METHOD, {"sessionId": request.session_id, "turnId": request.turn_id, "update": update}
            )


def _offered(request: PermissionRequest, options: tuple[tuple[Answer, str], ...]) -> list[tuple[Answer, str]]:
    """Return the answers that can be given: about a protected file, none that lasts."""
    return [option for option in options if not request.reason or option[0] in ("allow_once", "reject_once")]


def _answer_named(option_id: str | None) -> Answer:
    return next((answer for answer, _ in OPTIONS if answer == option_id), "reject_once")
