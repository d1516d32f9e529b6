"""What a client says in a prompt, as blocks, and what the person looks at. For the features that start turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from conduit.app import EditorContext
from conduit.context.terminal import TERMINAL_URI
from conduit.errors import OutsideWorkspace
from conduit.lsp.convert import path_from_uri
from conduit.lsp.protocol.prompt import (
    AudioContent,
    ContentBlock,
    ImageContent,
    PromptContext,
    ResourceLink,
    TextContent,
)
from conduit.lsp.subject import range_in
from conduit.messages.content import Audio, Block, Image, Text

if TYPE_CHECKING:
    from conduit.app import App
    from conduit.lsp.server import ConduitServer


async def to_blocks(app: App, content: Sequence[ContentBlock], before: Sequence[Block] = ()) -> list[Block]:
    """Return the blocks of a prompt; files are read, and a command is expanded.

    Args:
        app: the App.
        content: what the client sent.
        before: the message that it takes the place of: what was selected in the terminal then is kept, and the whole
            of a prompt of which people see a sentence, while that is as it was.

    Raises:
        PathNotFound, NotText, OutsideWorkspace, UserError: a file or the terminal cannot be read.
    """
    kept = next((block for block in before if isinstance(block, Text) and block.source == TERMINAL_URI), None)
    return await app.commands.expand([_as_before(block, before) or await _block(app, block, kept) for block in content])


def _as_before(block: ContentBlock, before: Sequence[Block]) -> Text | None:
    """Return the text that `block` was shown for; a command is none of it, since it is expanded anew."""
    if not isinstance(block, TextContent) or block.text.startswith("/"):
        return None
    texts = (each for each in before if isinstance(each, Text) and each.source is None)
    return next((each for each in texts if each.shown == block.text), None)


async def _block(app: App, block: ContentBlock, terminal: Text | None) -> Block:
    match block:
        case TextContent():
            return Text(text=block.text)
        case ImageContent():
            return Image(media_type=block.mime_type, data=block.data)
        case AudioContent():
            return Audio(media_type=block.mime_type, data=block.data)
        case ResourceLink(uri=str(uri)) if uri == TERMINAL_URI and terminal is not None:
            return terminal
        case ResourceLink():
            return (await app.attach(block.uri)).model_copy(update={"source": block.uri})
        case _:
            uri = block.resource.uri
            return Text(text=f"{uri}:\n{block.resource.text}", source=uri)


def editor_context(server: ConduitServer, app: App, context: PromptContext | None) -> EditorContext | None:
    """Return what the person looks at; documents outside of the workspace are left out."""
    if context is None:
        return None
    names = [_name(server, app, other.uri) for other in context.open_documents]
    opened = tuple(name for name in names if name is not None)
    uri = context.active_document.uri if context.active_document else None
    document = server.documents.by_uri(uri) if uri else None
    range_ = range_in(server, document, context.selection) if document and context.selection else None
    return EditorContext(
        active=_name(server, app, uri) if uri else None,
        language=document.language_id if document else None,
        selection=document.text_in(range_) if document and range_ else None,
        selection_range=range_,
        open_files=opened,
    )


def _name(server: ConduitServer, app: App, uri: str) -> str | None:
    path = path_from_uri(uri)
    if path is None:  # an untitled document and the like can be read as long as it is open
        return uri if server.documents.by_uri(uri) is not None and uri.isprintable() else None
    try:
        return app.workspace.name_of(path)
    except OutsideWorkspace:
        return None
