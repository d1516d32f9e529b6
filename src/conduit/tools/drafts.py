"""What the tools that change files share: how a draft is shown beforehand, submitted, and told to the model."""

from __future__ import annotations

from conduit.edits.drafting import Draft
from conduit.tools.base import Preview, ToolContext, ToolOutcome


def previewed(draft: Draft) -> Preview:
    """Return what the person is asked about: the diff, and every name that is touched."""
    return Preview(draft.diff(), paths=draft.names)


async def submitted(context: ToolContext, draft: Draft, what: str = "") -> ToolOutcome:
    """Hand all changes over, and return what to say of it: `what`, where they went, and what the model must know.

    Raises:
        ToolError: they were not taken; nothing was changed.
    """
    where = await context.edits.submit(draft.changes)
    text = " ".join(filter(None, (what, where)))
    names = dict.fromkeys(name for change in draft.changes for name in (change.name, change.new_name))
    return ToolOutcome("\n".join([text, *draft.notes]), paths=tuple(names), diff=draft.diff())
