"""Payloads of `conduit/inlineEdit`: change a range by an instruction; the change waits as hunks."""

from __future__ import annotations

from pydantic import Field

from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.prompt import WireRange
from conduit.messages.message import TurnStop


class EditedDocument(Payload):
    """The document and its version when the range was picked."""

    uri: str
    version: int


class InlineEditParams(Payload):
    """What to change, and how: of an empty range, the line that it is in.

    Instead of an `instruction` it may have `code`, which is put in where it belongs: within the range, or of an empty
    one in the whole document. `sessionId` names the session to go on with; by default it is a new one. `workDoneToken`
    shows the progress, as in any request of LSP.
    """

    text_document: EditedDocument
    range: WireRange
    instruction: str = Field(default="", max_length=20_000)
    code: str = Field(default="", max_length=200_000)
    session_id: str | None = None
    work_done_token: int | str | None = None


class InlineEditResult(Payload):
    """The hunks that wait, in all files; `message` is a sentence for the person, and `error` why there are none."""

    session_id: str
    turn_id: str
    hunk_ids: list[str]
    message: str
    stop_reason: TurnStop
    error: str | None = None
