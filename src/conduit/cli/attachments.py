"""Files that a person hands to a command: read whole, told apart by their content, and of a bounded size.

For the commands; whether a model takes one is the App's business.
"""

from __future__ import annotations

import argparse
import base64
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conduit.context.builder import render_file
from conduit.errors import UserError
from conduit.messages.content import Audio, Block, Document, Image, Text, sanitize_text
from conduit.messages.media import media_type_of

MOST_BYTES = 20_000_000
"""Of all attachments of one question: what the narrowest of the large vendors takes in one request."""

MOST_TEXT_BYTES = 1_000_000
PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""What every model that sees takes (https://platform.claude.com/docs/en/build-with-claude/vision and
https://developers.openai.com/api/docs/guides/images-vision, 2026-11-22)."""


@dataclass(frozen=True, slots=True)
class Given:
    """A file of a person: its name without folders, its bytes, and its media type or None."""

    name: str
    data: bytes
    media_type: str | None


def add_attachments(parser: argparse.ArgumentParser) -> None:
    """Add `--attach`."""
    parser.add_argument(
        "--attach",
        metavar="FILE",
        action="append",
        default=[],
        help="put a picture, a PDF, a recording or a text into the question; may be repeated",
    )


def read_given(path: str, *, most_bytes: int) -> Given:
    """Read a file; raises UserError when it cannot be read, is no file, is empty or is too large."""
    shown = repr(path)
    try:
        # A pipe without a writer would never open; Windows would change line ends.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(Path(path).expanduser(), flags)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise UserError(f"{shown} is {'a folder' if stat.S_ISDIR(mode) else 'no ordinary file'}.")
            data = file.read(most_bytes + 1)
    except IsADirectoryError as error:
        raise UserError(f"{shown} is a folder.") from error
    except (OSError, ValueError) as error:  # a NUL in a name is a ValueError
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{shown} cannot be read: {why}.") from error
    if len(data) > most_bytes:
        raise UserError(f"{shown} is larger than {most_bytes:,} bytes, which is the most that can be sent.")
    if not data:
        raise UserError(f"{shown} is empty.")
    return Given(sanitize_text(Path(path).name), data, media_type_of(data))


def read_attachments(paths: Sequence[str]) -> list[Block]:
    """Return the blocks of the files, in their order.

    Raises:
        UserError: a file cannot be read, is of a type that no model takes, or all are too large together.
    """
    blocks: list[Block] = []
    left = MOST_BYTES
    for path in paths:
        given = read_given(path, most_bytes=MOST_BYTES)
        left -= len(given.data)
        if left < 0:
            raise UserError(f"The attachments are larger than {MOST_BYTES:,} bytes together. Send fewer at once.")
        blocks.append(_block(path, given))
    return blocks


def _block(path: str, given: Given) -> Block:
    kind = given.media_type
    if kind is None:
        text = _text(path, given.data)
        shown = render_file(given.name, text, origin="disk", limit_bytes=MOST_TEXT_BYTES)
        return Text(text=f"{shown}\n\n", audience="model")  # the conversation is titled by the question
    data = base64.b64encode(given.data).decode("ascii")
    if kind in PICTURES:
        return Image(media_type=kind, data=data)
    if kind.startswith("audio/"):
        return Audio(media_type=kind, data=data)
    if kind == "application/pdf":
        return Document(media_type=kind, data=data, name=given.name)
    raise UserError(f"{path!r} is {kind}, which cannot be attached. Pictures can be PNG, JPEG, WebP or GIF.")


def _text(path: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UserError(f"{path!r} is neither a picture, a PDF, a recording nor a text in UTF-8.")
    return text
