"""Pending hunks in an editor: code lenses where they would land, hints where a client shows no lenses, and a diff.

What is shown is computed from what the person has now, so it moves with what they type.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lsprotocol import types

from conduit.app.selection import PendingHunk, render_diff
from conduit.errors import StoreError
from conduit.lsp.convert import uri_from_path
from conduit.lsp.hints import refresh_hints
from conduit.lsp.hunk_updates import hunk_line
from conduit.lsp.protocol.hunk import HunkLine, HunkPlace, ProposedText
from conduit.sandbox.protected import remark_on
from conduit.sessions.events import FilePending, HunkDecided, SessionUpdate
from conduit.workspace.document import Document, split_lines
from conduit.workspace.events import FileEvent

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.lsp.server import ConduitServer

REVIEW_SCHEME = "conduit-review"

LOOK_S = 1.0
"""How often the log is asked for proposals of other processes; one query by an index."""


def line_of(server: ConduitServer, pending: PendingHunk) -> HunkLine:
    """Return a hunk as the wire has it, under the URI that the client gives an open document."""
    file = pending.file
    document = server.documents.document(file.path)
    uri = document.uri if document else uri_from_path(file.path)
    return hunk_line(pending.session_id, uri, file.name, pending.hunk, file.moved_to)


def text_of(server: ConduitServer, pending: PendingHunk) -> ProposedText:
    """Return the text that a hunk's file would have with everything of its session accepted."""
    file = pending.file
    document = server.documents.document(file.path)
    change, _ = file.accept({hunk.id for hunk in file.hunks})
    places: list[HunkPlace] = []
    shift = 0
    for hunk in file.hunks:
        first, added = hunk.line + shift, len(split_lines(hunk.new))
        places.append(HunkPlace(hunk_id=hunk.id, line=first, end_line=first + added))
        if hunk.kind == "edit":
            shift += added - (hunk.end - hunk.line)
    return ProposedText(
        uri=document.uri if document else uri_from_path(file.path),
        session_id=pending.session_id,
        version=document.version if document else None,
        before=change.before,
        after=change.after,
        places=places,
    )


def code_lenses(server: ConduitServer, document: Document, hunks: Sequence[PendingHunk]) -> list[types.CodeLens]:
    """Return what can be done with each hunk of a document, above its first line, and with all of them."""
    lenses: list[types.CodeLens] = []
    last = max(0, document.line_count - 1)
    for pending in hunks:
        hunk = pending.hunk
        place = types.Position(line=min(hunk.line, last), character=0)
        argument = {"hunkIds": [hunk.id], "sessionId": pending.session_id}
        offered = [
            (f"Accept {summary(pending)}", "conduit.hunk.accept"),
            ("Reject", "conduit.hunk.reject"),
            ("Why", "conduit.hunk.why"),
        ]
        lenses += [_lens(place, title, command, argument) for title, command in offered]
        if len(hunks) > 1 and pending is hunks[0]:
            whole = {"uri": document.uri}
            lenses.append(_lens(place, f"Accept all in file ({len(hunks)})", "conduit.hunk.accept", whole))
    return lenses


def summary(pending: PendingHunk) -> str:
    """Return a hunk in a few signs, such as `+3 -1`."""
    hunk = pending.hunk
    if hunk.kind == "delete":
        return "deletion of the file"
    if hunk.kind == "move":
        return f"move to {pending.file.moved_name}"
    added, removed = len(split_lines(hunk.new)), len(split_lines(hunk.old))
    changed = " ".join(filter(None, [f"+{added}" if added else "", f"-{removed}" if removed else ""]))
    return f"{changed} (over your own change)" if hunk.conflict else changed


def review_hints(hunks: Sequence[PendingHunk], document: Document) -> list[types.Diagnostic]:
    """Return pending hunks as hints, for clients that show no lenses; `code` is the hunk's id."""
    last = max(0, document.line_count - 1)
    return [
        types.Diagnostic(
            range=types.Range(
                start=types.Position(line=min(each.hunk.line, last), character=0),
                end=types.Position(line=min(each.hunk.end, last), character=0),
            ),
            message=f"Proposed change ({summary(each)}):\n{each.hunk.new}".rstrip("\n")[:2000],
            severity=types.DiagnosticSeverity.Hint,
            source="conduit",
            code=each.hunk.id,
        )
        for each in hunks
    ]


def render_review(hunks: Sequence[PendingHunk]) -> str:
    """Return what a review document shows."""
    return render_diff(hunks) or "No proposed change waits.\n"


def render_hunks(hunks: Sequence[PendingHunk]) -> str:
    """Return what waits as Markdown."""
    if not hunks:
        return "No proposed change waits for you.\n"
    lines = ["# One proposed change" if len(hunks) == 1 else f"# {len(hunks)} proposed changes", ""]
    for each in hunks:
        where = f"{each.file.name}:{each.hunk.line + 1}"
        remark = remark_on(each.file.name)
        lines.append(f"- `{where}` {summary(each)} (`{each.hunk.id}`){f'; the file {remark}' if remark else ''}")
    return "\n".join([*lines, "", "```diff", f"{render_review(hunks)}```", ""])


def watch_review(server: ConduitServer, app: App) -> None:
    """Show what waits from now on, and what waited already at the start."""

    def on_update(update: SessionUpdate) -> None:
        if isinstance(update.event, (FilePending, HunkDecided)):
            refresh_review(server)

    def hints(document: Document) -> list[types.Diagnostic]:
        known = [each for each in app.reviews.known() if each.file.path == document.path]
        return review_hints(known, document)

    async def follow(events: Sequence[FileEvent]) -> None:
        await app.reviews.follow(events)
        refresh_review(server)

    def on_files(events: Sequence[FileEvent]) -> None:
        if any(event.concerns(path) for event in events for path in app.reviews.paths()):
            server.protocol.spawn(follow(events), "files with pending hunks")

    if not server.facts.code_lens:
        server.review_hints = hints
    app.workspace.events.subscribe(on_files, app.reviews.paths)
    app.subscribe(on_update)
    server.protocol.spawn(_show_present(server, app), "pending hunks")


async def _show_present(server: ConduitServer, app: App) -> None:
    if await app.reviews.hunks():
        refresh_review(server)
    with suppress(StoreError):  # closed, at the end
        while True:  # what another process proposes or decides is in the log and nowhere else
            await app.reviews.look()
            await asyncio.sleep(LOOK_S)


def refresh_review(server: ConduitServer) -> None:
    """Have the client ask for lenses again, or publish hints for the open documents of a client without them."""
    if server.facts.code_lens_refresh:
        server.protocol.spawn(_refresh_lenses(server), types.WORKSPACE_CODE_LENS_REFRESH)
    if not server.facts.code_lens:
        for document in server.documents.documents():
            refresh_hints(server, document.uri)


async def _refresh_lenses(server: ConduitServer) -> None:
    await server.ask(types.WORKSPACE_CODE_LENS_REFRESH, None)


def _lens(place: types.Position, title: str, command: str, argument: Mapping[str, object]) -> types.CodeLens:
    return types.CodeLens(
        range=types.Range(start=place, end=place),
        command=types.Command(title=title, command=command, arguments=[dict(argument)]),
    )
