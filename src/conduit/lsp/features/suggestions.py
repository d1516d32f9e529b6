"""*Suggest refactorings*: the command that asks for hints, and what can be done with one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conduit.errors import PathNotFound
from conduit.ide.suggestions import suggest_refactorings
from conduit.lsp.following import follow_session
from conduit.lsp.hints import find_hint, remove_hint, show_hints
from conduit.lsp.progress import show_progress
from conduit.lsp.protocol.action import SuggestionParams, SuggestParams
from conduit.lsp.validation import validated

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer


async def suggest(server: ConduitServer, *arguments: object) -> dict[str, object]:
    """`conduit.suggest` with ({uri}): ask the model, and show what it found as hints."""
    params = validated(SuggestParams, arguments[0] if arguments else None)
    app = await server.app()
    document = server.documents.by_uri(params.uri)
    if document is None or document.path is None:
        raise PathNotFound(f"{params.uri} is not open in the editor. Open the file first.")
    name = app.workspace.name_of(document.path)
    async with show_progress(server, f"Conduit: suggestions for {name}") as progress:
        with follow_session(app, progress) as started:
            found, error = await suggest_refactorings(app, name, started=started)
    show_hints(server, params.uri, found)
    if error or not found:
        server.show_message(f"Conduit: {error or f'no suggestions for {name}.'}")
    return {"suggestions": [each.title for each in server.suggestions.get(params.uri, [])], "error": error}


async def explain_suggestion(server: ConduitServer, *arguments: object) -> None:
    """`conduit.suggestion.explain` with ({uri, suggestionId}): show why."""
    params = validated(SuggestionParams, arguments[0] if arguments else None)
    found = find_hint(server, params.uri, params.suggestion_id)
    server.show_message(f"{found.title}: {found.reason}" if found else "That suggestion is gone: its line changed.")


async def dismiss_suggestion(server: ConduitServer, *arguments: object) -> None:
    """`conduit.suggestion.dismiss` with ({uri, suggestionId}): take it away."""
    params = validated(SuggestionParams, arguments[0] if arguments else None)
    remove_hint(server, params.uri, params.suggestion_id)
