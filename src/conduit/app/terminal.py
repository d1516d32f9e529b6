"""The selection in the editor's terminal as a block of a prompt. Used by `App`.

Only a person's own mention asks for it, never a tool of a model: what somebody happens to have selected is nobody
else's to read, and some editors can only tell it through the clipboard.
"""

from __future__ import annotations

from conduit.context.terminal import TERMINAL_URI, render_terminal
from conduit.errors import EditorFailed, UserError
from conduit.messages.content import Text
from conduit.workspace.language import Ability, LanguageAbilities


async def terminal_block(language: LanguageAbilities, limit_bytes: int) -> Text:
    """Return what is selected in the editor's terminal.

    Raises:
        UserError: nothing is selected, or the editor does not tell; it says what to do.
    """
    if Ability.TERMINAL_SELECTION not in language.offers:
        raise UserError("This editor does not tell what is selected in its terminal. Paste the text instead.")
    try:
        selected = await language.terminal_selection()
    except EditorFailed as error:
        raise UserError(f"{error} Paste the text of the terminal instead.") from error
    text = render_terminal(selected, limit_bytes)
    if not text:
        raise UserError("Nothing is selected in the terminal. Select the lines there, then send it again.")
    return Text(text=text, source=TERMINAL_URI)
