"""ReviewSink: where the edits of a turn in mode `review` go. Used by `App`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conduit.app.review import Reviews
from conduit.edits.edit import FileChange


@dataclass(frozen=True, slots=True)
class ReviewSink:
    """The `EditSink` of one turn in mode `review`."""

    reviews: Reviews
    session_id: str
    turn_id: str

    async def submit(self, changes: Sequence[FileChange]) -> str:
        """Let the changes wait for the person; see `EditSink`."""
        return await self.reviews.stage(self.session_id, self.turn_id, changes)
