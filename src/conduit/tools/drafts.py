"""What the tools that change files share: how a draft is shown beforehand, submitted, and told to the model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from conduit.edits.caution import diff_with_remarks, network_requests
from conduit.edits.drafting import Draft, find_broken
from conduit.edits.edit import FileChange
from conduit.tools.base import Preview, ToolContext, ToolOutcome


def previewed(draft: Draft) -> Preview:
    """Return what the person is asked about: the diff, and every name that is touched."""
    return preview_of(draft.changes, draft.names)


def preview_of(changes: Sequence[FileChange], names: Sequence[str]) -> Preview:
    """Return the same for changes that are no draft."""
    return Preview(diff_with_remarks(changes), tuple(names), network_requests(changes))


async def submitted(context: ToolContext, draft: Draft, what: str = "") -> ToolOutcome:
    """Hand all changes over, and return what to say of it: `what`, where they went, and what the model must know.

    Raises:
        ToolError: they were not taken; nothing was changed.
    """
    where = await context.edits.submit(draft.changes)
    text = " ".join(filter(None, (what, where)))
    names = dict.fromkeys(name for change in draft.changes for name in (change.name, change.new_name))
    return ToolOutcome(
        "\n".join([text, *draft.notes, *await broken(draft.changes)]), paths=tuple(names), diff=draft.diff()
    )


async def broken(changes: Sequence[FileChange]) -> list[str]:
    """Return what the model is told of files that do not parse with their changes."""
    return [f"But {each} Change it again." for each in await asyncio.to_thread(find_broken, changes)]
