"""Another proposal in the place of one hunk: the hunk is dropped and the session's model is asked again."""

from __future__ import annotations

from conduit.agent.setup import TurnResult
from conduit.app import App, PromptOptions
from conduit.app.selection import PendingHunk, Selection
from conduit.errors import UserError
from conduit.messages.content import Text
from conduit.prompts.render import render_prompt


async def regenerate(app: App, pending: PendingHunk, instruction: str = "") -> TurnResult:
    """Drop a hunk and run a turn of its session that proposes it anew; returns how the turn ended.

    Raises:
        SessionBusy: a turn runs in the session; the hunk still waits.
        UserError: the hunk waits no more, or the model cannot be asked.
    """
    session = await app.load_session(pending.session_id)
    app.check_model(session.model)
    app.check_free(session.id)
    hunk = pending.hunk
    details = render_prompt(
        "regenerate_hunk",
        file=pending.file.name,
        old=hunk.old or "(nothing)\n",
        new=hunk.new or "(nothing)\n",
        instruction=instruction.strip() or "They want it done in another way.",
    )
    said = f"Another proposal for {pending.file.name}, line {hunk.line + 1}: {instruction.strip() or 'another way'}"
    with app.reviews.regenerating(session.id):
        await app.reviews.reject(session.id, Selection(ids=(hunk.id,)), "regenerated")
        try:
            return await app.prompt(session.id, [Text(text=details, shown=said)], PromptOptions(mode="review"))
        except UserError:  # somebody else's prompt was quicker, and nobody asks for another proposal
            await app.reviews.wait_again(session.id, (hunk.id,))
            raise
