"""Compares estimates of tokens with what vendors counted, beside the journal: it sees each request and its answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from pydantic import BaseModel

from conduit.context.calibration import Calibration
from conduit.context.tokens import TokenCounter
from conduit.messages.content import Audio, Document, Image
from conduit.messages.request import ModelRequest
from conduit.sessions.events import AssistantReplied
from conduit.sessions.journal import Kind, Recorder

log = logging.getLogger(__name__)

FIRST, EVERY = 5, 20
"""Which answers of a process are compared: loading the table takes half a second, which a short command never pays."""


class CalibratingRecorder:
    """Passes everything on to the journal, and compares some of it."""

    def __init__(self, journal: Recorder, calibration: Calibration, counts: Callable[[str], bool]) -> None:
        """Take the parts.

        Args:
            journal: gets everything.
            calibration: gets the comparisons.
            counts: whether a model's (`vendor/model`) usage was counted by a real tokenizer.
        """
        self._journal = journal
        self._calibration = calibration
        self._counts = counts
        self._counter = TokenCounter()
        self._asked: dict[str | None, ModelRequest] = {}
        self._answers = 0
        self._running: set[asyncio.Task[None]] = set()

    def record(self, kind: Kind, session_id: str, turn_id: str | None, body: BaseModel | dict[str, object]) -> None:
        """Pass on, and compare an answer with its request."""
        self._journal.record(kind, session_id, turn_id, body)
        if kind == "request" and isinstance(body, ModelRequest):
            self._asked[turn_id] = body
        elif kind == "answer" and isinstance(body, AssistantReplied):
            request = self._asked.pop(turn_id, None)
            if request is not None and self._is_due(request, body):
                task = asyncio.get_running_loop().create_task(self._compare(request, body))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def settle(self) -> None:
        """Wait for the comparisons that run."""
        await asyncio.gather(*self._running, return_exceptions=True)

    def _is_due(self, request: ModelRequest, reply: AssistantReplied) -> bool:
        media = any(isinstance(block, Image | Audio | Document) for each in request.messages for block in each.content)
        if reply.interrupted or reply.usage.input_tokens <= 0 or media or not self._counts(reply.model):
            return False
        self._answers += 1
        return self._answers >= FIRST and (self._answers - FIRST) % EVERY == 0

    async def _compare(self, request: ModelRequest, reply: AssistantReplied) -> None:
        estimated = await asyncio.to_thread(self._counter.count_request, request)
        name = reply.model.partition("/")[2]
        try:
            await asyncio.to_thread(
                self._calibration.record, name, estimated=estimated.tokens, counted=reply.usage.input_tokens
            )
        except OSError as error:
            log.warning("the error of an estimate was not kept: %s", error)
