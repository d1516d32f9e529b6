"""Review: `conduit/hunk/*`, the same as commands for plain clients, and code lenses on pending hunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.app.selection import Decided, PendingHunk, Selection
from conduit.errors import ConduitError, ToolError, UserError
from conduit.ide.review import regenerate
from conduit.lsp.answers import show_answer
from conduit.lsp.chat import chat_lenses, is_chat
from conduit.lsp.convert import path_from_uri
from conduit.lsp.failures import INVALID_PARAMS, RpcError
from conduit.lsp.following import follow_session
from conduit.lsp.progress import show_progress
from conduit.lsp.protocol.hunk import (
    HunkList,
    HunkParams,
    HunksDecided,
    ProposedParams,
    ProposedText,
    RegenerateParams,
)
from conduit.lsp.protocol.prompt import PromptResult
from conduit.lsp.reviewing import (
    code_lenses,
    line_of,
    refresh_review,
    render_hunks,
    render_review,
    text_of,
)
from conduit.lsp.updates import to_token_usage
from conduit.lsp.validation import validated

if TYPE_CHECKING:
    from conduit.lsp.server import ConduitServer

Json = dict[str, object]


async def list_hunks(server: ConduitServer, params: HunkParams) -> HunkList:
    """`conduit/hunk/list`."""
    return HunkList(hunks=[line_of(server, each) for each in await _find(server, params)])


async def accept_hunks(server: ConduitServer, params: HunkParams) -> HunksDecided:
    """`conduit/hunk/accept`: applied as one change for each turn that proposed them."""
    return await _decide(server, params, accept=True)


async def reject_hunks(server: ConduitServer, params: HunkParams) -> HunksDecided:
    """`conduit/hunk/reject`: nothing is applied."""
    return await _decide(server, params, accept=False)


async def regenerate_hunk(server: ConduitServer, params: RegenerateParams) -> PromptResult:
    """`conduit/hunk/regenerate`: a turn in the hunk's session; the answer comes when it is over."""
    app = await server.app()
    hunk = await _one(server, params.hunk_id, params.session_id)
    result = await regenerate(app, hunk, params.instruction)
    return PromptResult(
        turn_id=result.turn_id,
        stop_reason=result.stop_reason,
        usage=to_token_usage(result.usage),
        error=result.error,
        error_kind=result.error_kind,
    )


async def proposed_text(server: ConduitServer, params: ProposedParams) -> ProposedText:
    """`conduit/hunk/text`: a file as it would be, for a difference beside the buffer."""
    found = await _find(server, HunkParams(session_id=params.session_id, uri=params.uri))
    if not found:
        raise RpcError(INVALID_PARAMS, "No proposed change waits in this file any more.")
    return text_of(server, found[0])


async def code_lens(server: ConduitServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """`textDocument/codeLens`: what can be done with each hunk, where it would land."""
    app = await server.app()
    document = server.documents.by_uri(params.text_document.uri)
    if document is None or document.path is None:
        return []
    if is_chat(server, document):
        return chat_lenses(server, document)
    hunks = await app.reviews.hunks(selection=Selection(path=document.path))
    return code_lenses(server, document, sorted(hunks, key=lambda each: each.hunk.line))


async def text_document_content(
    server: ConduitServer, params: types.TextDocumentContentParams
) -> types.TextDocumentContentResult:
    """`workspace/textDocumentContent`: the proposals of a session as a diff."""
    app = await server.app()
    session_id, _, hunk_id = params.uri.partition(":")[2].strip("/").removesuffix(".diff").partition("/")
    selection = Selection(ids=[hunk_id]) if hunk_id else None
    return types.TextDocumentContentResult(text=render_review(await app.reviews.hunks(session_id, selection)))


# -- commands: plain clients -----------------------------------------------------------------------------------------


async def list_command(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.hunk.list` with ({sessionId?, turnId?, uri?}): what waits for the person."""
    found = await _find(server, validated(HunkParams, arguments[0] if arguments else {}))
    if not server.facts.session_updates:
        await show_answer(server, "review", render_hunks(found))
    return HunkList(hunks=[line_of(server, each) for each in found]).model_dump(mode="json", by_alias=True)


async def accept_command(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.hunk.accept` with ({hunkIds?, turnId?, uri?, sessionId?})."""
    return await _command(server, arguments, accept=True)


async def reject_command(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.hunk.reject` with ({hunkIds?, turnId?, uri?, sessionId?})."""
    return await _command(server, arguments, accept=False)


async def regenerate_command(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.hunk.regenerate` with ({hunkId, instruction?}): another proposal in its place, with progress."""
    params = validated(RegenerateParams, arguments[0] if arguments else None)
    app = await server.app()
    hunk = await _one(server, params.hunk_id, params.session_id)
    async with show_progress(server, f"Conduit: another proposal for {hunk.file.name}") as progress:
        with follow_session(app, progress) as started:
            started(hunk.session_id)
            result = await regenerate(app, hunk, params.instruction)
    if result.error:
        server.show_message(f"Conduit: {result.error}", types.MessageType.Warning)
    return {"stopReason": result.stop_reason, "error": result.error}


async def why_command(server: ConduitServer, *arguments: object) -> Json:
    """`conduit.hunk.why` with ({hunkId}): what the model said in that turn, and the change itself."""
    params = validated(HunkParams, arguments[0] if arguments else None)
    app = await server.app()
    if not params.hunk_ids:
        raise RpcError(INVALID_PARAMS, "arguments[0].hunkIds: the id of a hunk is required")
    hunk = await _one(server, params.hunk_ids[0], params.session_id)
    conversation = await app.conversation(hunk.session_id)
    answers = [
        each.message.text
        for each in conversation
        if each.turn_id == hunk.hunk.turn_id and each.message.role == "assistant" and each.message.text
    ]
    markdown = "\n\n".join([*answers, f"```diff\n{render_review([hunk])}```"])
    await show_answer(server, f"why-{hunk.file.path.name}-{hunk.hunk.id[-4:]}", markdown)
    return {"text": markdown}


async def _command(server: ConduitServer, arguments: tuple[object, ...], *, accept: bool) -> Json:
    params = validated(HunkParams, arguments[0] if arguments else {})
    decided = await _decide(server, params, accept=accept)
    if decided.left:
        left = "One hunk was" if len(decided.left) == 1 else f"{len(decided.left)} hunks were"
        server.show_message(
            f"Conduit: {left} left: you changed the lines yourself, or the file is gone. Decide each by itself.",
            types.MessageType.Warning,
        )
    return decided.model_dump(mode="json", by_alias=True)


async def _decide(server: ConduitServer, params: HunkParams, *, accept: bool) -> HunksDecided:
    app = await server.app()
    found = await _find(server, params)
    sessions = list(dict.fromkeys(each.session_id for each in found)) or [params.session_id or ""]
    decided: list[Decided] = []
    refused: list[ConduitError] = []
    for session_id in sessions:  # what one session cannot do hinders no other
        decide = app.reviews.accept if accept else app.reviews.reject
        try:
            decided.append(await decide(session_id, _selection(params)))
        except (UserError, ToolError) as error:
            refused.append(error)
            decided.append(Decided((), tuple(each for each in found if each.session_id == session_id)))
    refresh_review(server)
    if refused and not any(one.done for one in decided):
        raise refused[0]
    for each in refused:
        server.show_message(f"Conduit: {each}", types.MessageType.Warning)
    return HunksDecided(
        hunk_ids=[each.hunk.id for one in decided for each in one.done],
        left=[each.hunk.id for one in decided for each in one.left],
        change_ids=[change_id for one in decided for change_id in one.change_ids],
    )


async def _find(server: ConduitServer, params: HunkParams) -> list[PendingHunk]:
    app = await server.app()
    return await app.reviews.hunks(params.session_id, _selection(params))


async def _one(server: ConduitServer, hunk_id: str, session_id: str | None) -> PendingHunk:
    found = await _find(server, HunkParams(hunk_ids=[hunk_id], session_id=session_id))
    if not found:
        raise RpcError(INVALID_PARAMS, f"No hunk {hunk_id[:100]!r} waits any more. List the hunks again.")
    return found[0]


def _selection(params: HunkParams) -> Selection:
    path = path_from_uri(params.uri) if params.uri else None
    if params.uri and path is None:
        raise RpcError(INVALID_PARAMS, f"uri: {params.uri!r} is not the URI of a file")
    return Selection(ids=tuple(params.hunk_ids), turn_id=params.turn_id, path=path)
