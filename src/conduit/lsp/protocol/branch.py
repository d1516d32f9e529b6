"""Payloads of what is done with whole conversations: rename, delete, export, fork, rewind, unrewind, resend.

Nothing of a rewind is lost: the messages that it takes back stay on a branch of their own, and `unrewind` returns to
them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conduit.lsp.protocol.payload import Payload
from conduit.lsp.protocol.prompt import ContentBlock, PromptContext
from conduit.lsp.protocol.session import SessionLine, SessionParams
from conduit.lsp.protocol.undo import UndoneFile


class RenameSessionParams(SessionParams):
    """`conduit/session/rename`."""

    title: str = Field(min_length=1, max_length=500)


class Renamed(Payload):
    """The session with its new title."""

    session: SessionLine


class Deleted(Payload):
    """The session is gone: its log, its messages and what a search finds of it."""

    deleted: Literal[True] = True


class Exported(Payload):
    """A conversation as Markdown, with tool calls folded."""

    title: str
    markdown: str


class ForkParams(SessionParams):
    """`conduit/session/fork`: a new session that starts after `messageId`, by default after the newest message."""

    message_id: str | None = None


class RewindParams(SessionParams):
    """`conduit/session/rewind`: back to before the person's message `messageId`.

    With `files`, what later turns changed in files is taken back too; with `preview` nothing is done.
    """

    message_id: str
    files: bool = False
    preview: bool = False


class Rewound(Payload):
    """What a rewind did, or would do.

    Attributes:
        prompt: what the person had said, to be edited and sent again.
        removed: messages that are not in the conversation any more, `messageId` among them.
        files: what became of each file.
        rewind_id: left out of a preview.
        message: all of it in words.
    """

    session_id: str
    message_id: str
    prompt: list[ContentBlock]
    removed: int
    files: list[UndoneFile] = Field(default_factory=list)
    rewind_id: str | None = None
    message: str = ""


class Unrewound(Payload):
    """The newest rewind was taken back: `restored` messages are in the conversation again, and its files."""

    session_id: str
    message_id: str
    restored: int
    files: list[UndoneFile] = Field(default_factory=list)
    message: str = ""


class ResendParams(SessionParams):
    """`conduit/session/resend`: rewind to before `messageId`, then send `prompt`, by default the same words again."""

    message_id: str
    prompt: list[ContentBlock] | None = Field(default=None, min_length=1)
    files: bool = False
    context: PromptContext | None = None
    queue: bool = False
