"""`textDocument/codeAction`: a menu from facts, and the command that carries a picked action out with the agent."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.errors import OutsideWorkspace, UserError
from conduit.ide.action_kinds import LOOKAHEAD_LINES, ActionKind, Offer, Problem, Target, offer_actions, title_of
from conduit.ide.actions import ActionResult, run_action
from conduit.ide.proposals import describe_waiting
from conduit.lsp.answers import show_answer
from conduit.lsp.chat import chat_actions, is_chat
from conduit.lsp.convert import from_lsp_range, path_from_uri
from conduit.lsp.following import follow_session
from conduit.lsp.hints import SOURCE, hints_at, remove_hint
from conduit.lsp.progress import show_progress
from conduit.lsp.protocol.action import ActionProblem, RelatedPlace, RunActionParams, RunActionResult
from conduit.lsp.protocol.prompt import WireRange
from conduit.lsp.reviewing import refresh_review
from conduit.lsp.subject import NO_FILE, open_document, range_in
from conduit.lsp.surroundings import note_look
from conduit.lsp.validation import validated

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.lsp.server import ConduitServer
    from conduit.workspace.document import Document

RUN = "conduit.action.run"
SUGGEST = "conduit.suggest"

_MOST_RELATED = 20
_OUTSIDE = "This file is in none of the folders that are open. Open its folder to work on it with Conduit."


async def code_action(server: ConduitServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Answer the menu for a range; asks no model."""
    app = await server.app()
    document = server.documents.by_uri(params.text_document.uri)
    if document is None:
        return []
    if document.path is None:
        return _nothing_here(server, NO_FILE)
    if is_chat(server, document):
        return chat_actions(server, document)
    try:
        name = app.workspace.name_of(document.path)
    except OutsideWorkspace:
        return _nothing_here(server, _OUTSIDE)
    note_look(server, document, params)
    present = hints_at(server, document, params.range)
    sent = {each.code for each in params.context.diagnostics}
    ours = {each.code for each in present}  # some clients leave the source of a diagnostic out
    problems = [each for each in params.context.diagnostics if each.source != SOURCE and each.code not in ours]
    range_ = from_lsp_range(document, params.range, server.facts.encoding)
    last = min(range_.start.line + LOOKAHEAD_LINES, document.line_count)
    target = Target(
        name,
        range_,
        document.language_id,
        tuple(_problem(server, document, each) for each in problems),
        document.text_in(range_),
        tuple(document.line(number) for number in range(range_.start.line, last)),
    )
    actions = [
        _to_lsp_action(server, document, offer, params.range, problems)
        for offer in offer_actions(target)
        if _is_wanted(offer.group, params.context.only) and (server.facts.apply_edit or not offer.kind.edits)
    ]
    if _is_wanted(SUGGEST, params.context.only):
        actions.append(_suggest_action(server, document))
    waiting = {each.hunk.id for each in app.reviews.known()}
    hints = [each for each in params.context.diagnostics if each not in problems]
    for hint in [*hints, *(each for each in present if each.code not in sent)]:
        if _is_wanted("quickfix", params.context.only):
            actions += _hunk_actions(hint) if str(hint.code) in waiting else _hint_actions(document, hint)
    return actions


async def run(server: ConduitServer, *arguments: object) -> RunActionResult:
    """`conduit.action.run`: let the agent do it; its edits are applied together or left as hunks."""
    params = validated(RunActionParams, arguments[0] if arguments else None)
    app = await server.app()
    document = open_document(server, params.uri)
    kind = ActionKind(params.kind)
    target = _target(server, app, document, params)
    async with show_progress(server, f"Conduit: {title_of(kind)} in {target.name}") as progress:
        with follow_session(app, progress) as started:
            result = await run_action(app, kind, target, instruction=params.instruction, started=started)
    await _tell(server, kind, target, result)
    if (result.changed or result.waiting) and params.suggestion_id:
        remove_hint(server, params.uri, params.suggestion_id)
    return RunActionResult(
        session_id=result.session_id,
        stop_reason=result.stop_reason,
        applied=bool(result.changed),
        changed_files=result.changed,
        waiting=len(result.waiting),
        recheck=result.recheck,
        answer=result.answer,
        error=result.error,
    )


async def _tell(server: ConduitServer, kind: ActionKind, target: Target, result: ActionResult) -> None:
    """Show what the person has to know: the answer, what waits for them, what went wrong."""
    refresh_review(server)
    if result.declined:
        server.show_message("Conduit: nothing was changed.")
        return
    if not (result.changed or result.waiting):
        if result.error:
            server.show_message(f"Conduit: {result.error}", types.MessageType.Warning)
        elif not kind.edits:
            name = target.name.rpartition("/")[2]
            await show_answer(server, f"explain-{name}-{result.session_id[-4:]}", result.answer)
        return
    if result.waiting:
        how = "with the lenses" if server.facts.code_lens else "with the code actions of the hints"
        server.show_message(f"Conduit: {describe_waiting(result.waiting)} Accept or reject them {how} there.")
    concerns = list(result.broken)
    if result.recheck == "reported":
        concerns.append("The problem is still reported.")
    if concerns:
        server.show_message(f"Conduit: {' '.join(concerns)}", types.MessageType.Warning)


def _nothing_here(server: ConduitServer, reason: str) -> list[types.CodeAction]:
    """Return, where the editor can show it, why nothing is offered for a document."""
    if not server.facts.disabled_actions:
        return []
    return [types.CodeAction(title="Conduit", disabled=types.CodeActionDisabled(reason=reason))]


def _target(server: ConduitServer, app: App, document: Document, params: RunActionParams) -> Target:
    if params.version is not None and params.version != document.version:
        raise UserError("The text changed since this action was offered. Open the menu again.")
    assert document.path is not None
    problems = [
        Problem(
            each.message,
            range_in(server, document, each.range),
            each.source,
            each.code,
            tuple(_related(app, place) for place in each.related),
        )
        for each in params.problems
    ]
    return Target(
        app.workspace.name_of(document.path),
        range_in(server, document, params.range),
        document.language_id,
        tuple(problems),
    )


def _to_lsp_action(
    server: ConduitServer,
    document: Document,
    offer: Offer,
    range_: types.Range,
    diagnostics: Sequence[types.Diagnostic],
) -> types.CodeAction:
    matching = [each for each in diagnostics if offer.problem and each.message == offer.problem.message]
    argument = RunActionParams(
        kind=offer.kind.value,
        uri=document.uri,
        range=_wire(range_),
        version=document.version,
        problems=tuple(_wire_problem(each) for each in matching),
    )
    return types.CodeAction(
        title=offer.title,
        kind=offer.group,
        diagnostics=matching or None,
        command=types.Command(
            title=offer.title, command=RUN, arguments=[argument.model_dump(mode="json", by_alias=True)]
        ),
        tags=[types.CodeActionTag.LlmGenerated] if server.facts.action_tags else None,
    )


def _suggest_action(server: ConduitServer, document: Document) -> types.CodeAction:
    return types.CodeAction(
        title="Suggest refactorings",
        kind=SUGGEST,
        command=types.Command(title="Suggest refactorings", command=SUGGEST, arguments=[{"uri": document.uri}]),
        tags=[types.CodeActionTag.LlmGenerated] if server.facts.action_tags else None,
    )


def _hunk_actions(hint: types.Diagnostic) -> list[types.CodeAction]:
    """Return what a lens would offer on a hunk, for editors without lenses."""
    return [
        types.CodeAction(
            title=f"{verb}: {hint.message.split(':', 1)[0].lower()}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[hint],
            command=types.Command(title=verb, command=command, arguments=[{"hunkIds": [str(hint.code)]}]),
        )
        for verb, command in (
            ("Accept", "conduit.hunk.accept"),
            ("Reject", "conduit.hunk.reject"),
            ("Why", "conduit.hunk.why"),
        )
    ]


def _hint_actions(document: Document, hint: types.Diagnostic) -> list[types.CodeAction]:
    """Return what can be done with one suggestion."""
    apply = RunActionParams(
        kind="refactor",
        uri=document.uri,
        range=_wire(hint.range),
        version=document.version,
        instruction=hint.message,
        suggestion_id=str(hint.code),
    ).model_dump(mode="json", by_alias=True)
    place = {"uri": document.uri, "suggestionId": str(hint.code)}
    commands = [
        ("Apply", RUN, apply),
        ("Explain", "conduit.suggestion.explain", place),
        ("Dismiss", "conduit.suggestion.dismiss", place),
    ]
    return [
        types.CodeAction(
            title=f"{verb}: {hint.message.split(':', 1)[0]}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[hint],
            command=types.Command(title=verb, command=command, arguments=[argument]),
        )
        for verb, command, argument in commands
    ]


def _problem(server: ConduitServer, document: Document, diagnostic: types.Diagnostic) -> Problem:
    return Problem(
        diagnostic.message,
        from_lsp_range(document, diagnostic.range, server.facts.encoding),
        diagnostic.source or "",
        str(diagnostic.code or ""),
    )


def _wire_problem(diagnostic: types.Diagnostic) -> ActionProblem:
    return ActionProblem(
        message=diagnostic.message,
        range=_wire(diagnostic.range),
        source=diagnostic.source or "",
        code=str(diagnostic.code or ""),
        related=tuple(
            RelatedPlace(uri=each.location.uri, line=each.location.range.start.line, message=each.message)
            for each in (diagnostic.related_information or ())[:_MOST_RELATED]
        ),
    )


def _related(app: App, place: RelatedPlace) -> str:
    """Return a related place as the model is told it; one outside of the open folders keeps its words only."""
    path = path_from_uri(place.uri)
    if path is not None:
        with suppress(OutsideWorkspace):
            return f"{app.workspace.name_of(path)}, line {place.line + 1}: {place.message}"
    return place.message


def _wire(range_: types.Range) -> WireRange:
    return WireRange.model_validate(
        {
            "start": {"line": range_.start.line, "character": range_.start.character},
            "end": {"line": range_.end.line, "character": range_.end.character},
        }
    )


def _is_wanted(group: str, only: Sequence[types.CodeActionKind | str] | None) -> bool:
    """Say whether a client that asks for some kinds wants this one; a kind includes those below it."""
    if not only:
        return True
    names = [each.value if isinstance(each, types.CodeActionKind) else each for each in only]
    return any(name in ("", group) or group.startswith(f"{name}.") for name in names)
