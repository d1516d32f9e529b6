"""What was said and what became of files, as clients know it: to be shown, or to be edited and sent again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conduit.edits.revert import FileRevert
from conduit.lsp.protocol.prompt import (
    AudioContent,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResource,
)
from conduit.lsp.protocol.undo import KeptLines, UndoneFile
from conduit.messages.content import Audio, Block, Image, Text


def to_content(blocks: Iterable[Block]) -> list[ContentBlock]:
    """Return what a person said as they said it; what Conduit added is left out."""
    return [content for content in map(_content, blocks) if content is not None]


def to_shown(blocks: Iterable[Block]) -> list[ContentBlock]:
    """Return what people see of what was said: of an attached text, where it is from."""
    return [
        ResourceLink(uri=content.resource.uri, name=content.resource.uri.rsplit("/", 1)[-1])
        if isinstance(content, EmbeddedResource)
        else content
        for content in to_content(blocks)
    ]


def _content(block: Block) -> ContentBlock | None:
    match block:
        case Text(audience="model"):
            return None
        case Text(source=str(uri), shown=str(name)):
            return ResourceLink(uri=uri, name=name)
        case Text(source=str(uri)):
            return EmbeddedResource(resource=TextResource(uri=uri, text=block.text.removeprefix(f"{uri}:\n")))
        case Text():
            return TextContent(text=block.visible)
        case Image():
            return ImageContent(mime_type=block.media_type, data=block.data)
        case Audio():
            return AudioContent(mime_type=block.media_type, data=block.data)
        case _:
            return None


def to_undone(files: Sequence[FileRevert]) -> list[UndoneFile]:
    """Return what becomes of each file of an undo, a redo or a rewind."""
    return [
        UndoneFile(
            path=file.name,
            new_path=file.new_name,
            action=file.verb,
            lines=file.lines,
            since=file.since,
            kept=[KeptLines(start=kept.start, end=kept.end) for kept in file.kept],
            problems=list(file.problems),
        )
        for file in files
    ]
