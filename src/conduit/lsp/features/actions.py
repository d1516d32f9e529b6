"""`textDocument/codeAction`: a menu from facts, and the command that carries a picked action out with the agent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.agent.permission import PermissionRequest
from conduit.edits.apply import ApplyAtOnce
from conduit.edits.saving import AbilitySaver
from conduit.errors import OutsideWorkspace, PathNotFound, StaleDocument, ToolError, UserError
from conduit.ide.actions import ActionKind, ActionResult, Offer, Problem, Target, offer_actions, run_action
from conduit.lsp.answers import show_answer
from conduit.lsp.applier import EditorApplier
from conduit.lsp.convert import from_lsp_range
from conduit.lsp.following import follow_session
from conduit.lsp.hints import SOURCE, remove_hint
from conduit.lsp.language import EditorLanguage
from conduit.lsp.progress import show_progress
from conduit.lsp.protocol.action import ActionProblem, RunActionParams, RunActionResult
from conduit.lsp.protocol.prompt import WireRange
from conduit.lsp.validation import validated
from conduit.tools.base import Effect
from conduit.workspace.positions import Range

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.edits.edit import FileChange
    from conduit.lsp.server import ConduitServer
    from conduit.workspace.document import Document

RUN = "conduit.action.run"
SUGGEST = "conduit.suggest"

_OUTSIDE = "This file is in none of the folders that are open. Open its folder to work on it with Conduit."
_NO_FILE = "This document is no file. Save it in a folder that is open to change it with Conduit."


async def code_action(server: ConduitServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Answer the menu for a range; asks no model."""
    app = await server.app()
    document = server.documents.by_uri(params.text_document.uri)
    if document is None:
        return []
    if document.path is None:
        return _nothing_here(server, _NO_FILE)
    try:
        name = app.workspace.name_of(document.path)
    except OutsideWorkspace:
        return _nothing_here(server, _OUTSIDE)
    problems = [each for each in params.context.diagnostics if each.source != SOURCE]
    target = Target(
        name,
        from_lsp_range(document, params.range, server.facts.encoding),
        document.language_id,
        tuple(_problem(server, document, each) for each in problems),
    )
    actions = [
        _to_lsp_action(server, document, offer, params.range, problems)
        for offer in offer_actions(target)
        if _is_wanted(offer.group, params.context.only) and (server.facts.apply_edit or not offer.kind.edits)
    ]
    if _is_wanted(SUGGEST, params.context.only):
        actions.append(_suggest_action(server, document))
    for hint in params.context.diagnostics:
        if hint.source == SOURCE and _is_wanted("quickfix", params.context.only):
            actions += _hint_actions(document, hint)
    return actions


async def run(server: ConduitServer, *arguments: object) -> RunActionResult:
    """`conduit.action.run`: let the agent do it, then apply its edits together, or show its answer."""
    params = validated(RunActionParams, arguments[0] if arguments else None)
    app = await server.app()
    document = _open_document(server, params.uri)
    kind = ActionKind(params.kind)
    target = _target(server, app, document, params)
    async with show_progress(server, f"Conduit: {kind.value} {target.name}") as progress:
        with follow_session(app, progress) as started:
            result = await run_action(app, kind, target, instruction=params.instruction, started=started)
        applied = await _deliver(server, app, document, kind, result)
    if applied and params.suggestion_id:
        remove_hint(server, params.uri, params.suggestion_id)
    return RunActionResult(
        session_id=result.session_id,
        stop_reason=result.stop_reason,
        applied=applied,
        changed_files=tuple(change.name for change in result.changes) if applied else (),
        answer=result.answer,
        error=result.error,
    )


async def _deliver(server: ConduitServer, app: App, document: Document, kind: ActionKind, result: ActionResult) -> bool:
    """Show the answer, or hand the edits to the editor; True when they were applied."""
    if result.error and not result.changes:
        server.show_message(f"Conduit: {result.error}", types.MessageType.Warning)
        return False
    if not kind.edits:
        await show_answer(server, result.session_id, result.answer)
        return False
    if not result.changes:
        return False
    others = [change for change in result.changes if change.path != document.path]
    if others and not await _consents(server, app, result):
        await app.note(result.session_id, "The person did not want these changes; nothing was changed.")
        server.show_message("Conduit: nothing was changed.")
        return False
    try:
        await _apply(server, app, kind, result, others)
    except ToolError as error:
        await app.note(result.session_id, f"The changes were not applied: {error}")
        if isinstance(error, StaleDocument):
            raise UserError(
                f"The text changed while Conduit worked ({error.path}), so nothing was changed. Run the action again."
            ) from error
        raise
    return True


async def _apply(
    server: ConduitServer, app: App, kind: ActionKind, result: ActionResult, others: Sequence[FileChange]
) -> None:
    """Apply all changes together: what is open through the editor, what is closed on disk."""
    for change in others:
        await _check_closed(app, change)
    files = app.workspace
    saver = AbilitySaver(EditorLanguage(server, files)) if server.facts.abilities else None
    sink = ApplyAtOnce(files, files.door, EditorApplier(server), saver, label=f"Conduit: {kind.value}")
    await app.changes.apply(result.session_id, result.turn_id, "accept", result.changes, sink=sink)


async def _check_closed(app: App, change: FileChange) -> None:
    """Make sure that a closed file is as it was read: the person consented to what they were shown of it."""
    if app.workspace.document(change.path) is None:
        reading = await app.workspace.read_disk(change.path)
        if (reading.text if reading else None) != change.before:
            raise StaleDocument(change.name, "the text that was read", "other text")


async def _consents(server: ConduitServer, app: App, result: ActionResult) -> bool:
    """Ask before files are changed that the action was not picked for."""
    names = [change.name for change in result.changes]
    answer = await app.approver.ask(
        PermissionRequest(
            session_id=result.session_id,
            turn_id="",
            call_id=f"apply-{result.session_id}",
            tool="edit_file",
            kind="edit",
            title=f"Change {', '.join(names)}",
            effect=Effect.WRITE,
            preview="".join(change.diff() for change in result.changes),
            paths=tuple(names),
        )
    )
    return answer in ("allow_once", "allow_always")


def _nothing_here(server: ConduitServer, reason: str) -> list[types.CodeAction]:
    """Return, where the editor can show it, why nothing is offered for a document."""
    if not server.facts.disabled_actions:
        return []
    return [types.CodeAction(title="Conduit", disabled=types.CodeActionDisabled(reason=reason))]


def _open_document(server: ConduitServer, uri: str) -> Document:
    document = server.documents.by_uri(uri)
    if document is None:
        raise PathNotFound(f"{uri} is not open in the editor. Open the file, then run the action again.")
    if document.path is None:
        raise UserError(_NO_FILE)
    return document


def _target(server: ConduitServer, app: App, document: Document, params: RunActionParams) -> Target:
    if params.version is not None and params.version != document.version:
        raise UserError("The text changed since this action was offered. Open the menu again.")
    assert document.path is not None
    problems = [
        Problem(each.message, _range(server, document, each.range), each.source, each.code) for each in params.problems
    ]
    return Target(
        app.workspace.name_of(document.path),
        _range(server, document, params.range),
        document.language_id,
        tuple(problems),
    )


def _range(server: ConduitServer, document: Document, wire: WireRange) -> Range:
    return from_lsp_range(
        document,
        types.Range(
            start=types.Position(wire.start.line, wire.start.character),
            end=types.Position(wire.end.line, wire.end.character),
        ),
        server.facts.encoding,
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
    )


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
