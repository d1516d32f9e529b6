"""A server that plays written answers in turn and judges every request as the vendor would, its own secrets included.

What a vendor signs or encrypts it takes back from nobody else: a request with a foreign or an altered one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fakes.byte_server import Received
from fakes.dialects import DIALECTS
from fakes.faulty_server import FaultyServer, Refused, need


@dataclass
class WrittenServer(FaultyServer):
    """Plays `answers`; `vendor` names the format, `opaque` finds in a request what only this vendor can have given."""

    vendor: str = ""
    answers: list[list[bytes]] = field(default_factory=list)
    opaque: Callable[[dict[str, Any]], Iterable[object]] = lambda body: ()
    given: tuple[object, ...] = ()

    content_type = "text/event-stream"

    def answer(self, method: str, request: Received) -> Iterable[bytes]:
        need(method == "POST", "only completions are played here", status=404)
        try:
            DIALECTS[self.vendor].check(request.body)
        except (AssertionError, KeyError) as wrong:
            raise Refused(400, f"{type(wrong).__name__}: {wrong}") from wrong
        for value in self.opaque(request.body):
            need(value in self.given, f"this is not of here: {value}")
        need(self.answers, "nothing more to say")
        return self.answers.pop(0)

    def error_body(self, status: int, message: str, code: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "invalid_request_error", "message": message, "code": code}}


def signed_thinking(body: dict[str, Any]) -> Iterator[object]:
    """Yield the thinking of a Messages request, each with its signature."""
    for message in body["messages"]:
        for block in message["content"]:
            if block["type"] == "thinking":
                yield block["thinking"], block["signature"]


def encrypted_reasoning(body: dict[str, Any]) -> Iterator[object]:
    """Yield the reasoning items of a Responses request, each with what is encrypted in it."""
    for item in body["input"]:
        if item["type"] == "reasoning":
            yield item["id"], item["encrypted_content"]


def reasoning_content(body: dict[str, Any]) -> Iterator[object]:
    """Yield the thinking of a Chat Completions or a DashScope request."""
    for message in body["messages"] if "messages" in body else body["input"]["messages"]:
        if message.get("reasoning_content"):
            yield message["reasoning_content"]
