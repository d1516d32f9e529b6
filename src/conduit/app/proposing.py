"""ReviewSink: where the edits of a turn in mode `review` go, and what the model is told of them. Used by `App`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from conduit.app.review import Reviews
from conduit.edits.edit import FileChange
from conduit.edits.syntax import broken_by_edit


@dataclass(frozen=True, slots=True)
class ReviewSink:
    """The `EditSink` of one turn in mode `review`."""

    reviews: Reviews
    session_id: str
    turn_id: str

    async def submit(self, changes: Sequence[FileChange]) -> str:
        """Let the changes wait for the person, and say which file does not parse with them; see `EditSink`."""
        told = await self.reviews.stage(self.session_id, self.turn_id, changes)
        broken = await asyncio.to_thread(find_broken, changes)
        return " ".join([told, *(f"But {each} Change it again." for each in broken)])


def find_broken(changes: Sequence[FileChange]) -> list[str]:
    """Return a sentence for each file that parsed before its change, or is new, and does not parse with it."""
    sentences = []
    for change in changes:
        problem = broken_by_edit(change.new_name, change.before, change.after) if change.after is not None else None
        if problem:
            sentences.append(f"{change.new_name} does not parse any more ({problem}).")
    return sentences
