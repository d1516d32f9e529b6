"""The events of branches: a conversation that goes back to an earlier message, and on from there. See `events`."""

from __future__ import annotations

from typing import Literal

from conduit.messages.content import Value


class RewindStarted(Value):
    """Intent: the conversation is about to go to another branch, and files with it, by the change `change_id`.

    The other fields are those of the `TipMoved` that follows.
    """

    type: Literal["rewind_started"] = "rewind_started"
    rewind_id: str
    cause: Literal["rewind", "unrewind"]
    message_id: str
    tip: str | None
    was: str | None
    change_id: str
    waiting: tuple[str, ...] = ()


class TipMoved(Value):
    """The conversation goes on from another message: `tip`, None for its beginning. Nothing is deleted by it.

    Attributes:
        rewind_id: names the rewind that was done, or is taken back.
        cause: `rewind` went to before the person's message `message_id`; `unrewind` went back to where it was.
        was: the newest message until now.
        change_id: the change that took files along, if any did.
        waiting: hunks of the turns that were taken back, which waited then and were withdrawn.
        moved: false when files could not be taken along, so that all stays as it is.
    """

    type: Literal["tip_moved"] = "tip_moved"
    rewind_id: str
    cause: Literal["rewind", "unrewind"]
    message_id: str
    tip: str | None
    was: str | None
    change_id: str | None = None
    waiting: tuple[str, ...] = ()
    moved: bool = True
