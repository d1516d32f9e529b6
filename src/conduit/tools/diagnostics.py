"""`diagnostics`: what the editor's language servers say about a document as it is now, or that they have not yet."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from conduit.tools.base import Effect, ToolContext, ToolOutcome
from conduit.tools.function import tool
from conduit.tools.places import Known, language_of, not_seen, read_known
from conduit.workspace.language import Diagnostic
from conduit.workspace.names import shown

_SHOWN = 100


@tool(effect=Effect.READ, kind="read", title="Diagnostics of {path}")
async def diagnostics(
    context: ToolContext,
    path: Annotated[str, Field(description="The file, relative to the workspace.", min_length=1, max_length=4096)],
) -> ToolOutcome:
    """Return the findings for the version that the buffer has now."""
    language = language_of(context)
    known = await read_known(context, path)
    name = shown(known.read.name)
    found = await language.diagnostics(known.buffer.path, context.diagnostics_wait_s)
    document = context.workspace.document(known.buffer.path)
    if document is None:
        return ToolOutcome(f"Not known: {name} is not open in the editor, and only open documents have diagnostics.")
    known = await read_known(context, path)
    notes = [f"[{not_seen(known.read.name)}]"] if known.staged else []
    if found.version != document.version:
        older = f" They have only spoken of version {found.version}." if found.version is not None else ""
        text = (
            f"Not known yet for version {document.version} of {name}: the editor's language servers are not done with "
            f"it.{older} Ask again later, or go on without."
        )
        return ToolOutcome("\n".join([text, *notes]), paths=(known.read.name,))
    total = len(found.items) + found.left_out
    what = f"{total} {'problem' if total == 1 else 'problems'}" if total else "no problems"
    lines = [_line(known, item) for item in found.items[:_SHOWN]]
    if total > len(lines):
        lines.append(f"[cut here: {total - len(lines)} more]")
    headline = f"{name}, version {found.version} (as it is in the editor now): {what}"
    return ToolOutcome("\n".join([headline, *lines, *notes]), paths=(known.read.name,))


def _line(known: Known, item: Diagnostic) -> str:
    row = known.line_as_read(item.range.start.line)
    where = f"{row}:{item.range.start.column + 1}" if row is not None else "in a line that you changed"
    origin = " ".join(filter(None, (item.source, item.code)))
    message = " ".join(item.message.split())
    return f"{where}\t{item.severity}\t{message}{f' [{origin}]' if origin else ''}"
