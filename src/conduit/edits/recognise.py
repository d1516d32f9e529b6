"""Read a patch in whichever form a model wrote it. Pure."""

from __future__ import annotations

import re

from conduit.edits.blocks import parse_search_replace
from conduit.edits.patch import FilePatch
from conduit.edits.unified import parse_unified
from conduit.edits.v4a import parse_v4a
from conduit.errors import InvalidArguments

_V4A = re.compile(r"^\s*\*\*\* (?:Begin Patch|End Patch|(?:Update|Add|Delete) File:)", re.MULTILINE)
_UNIFIED = re.compile(r"^(?:diff --git |--- )", re.MULTILINE)
_BLOCKS = re.compile(r"^<{5,9} ?SEARCH\b", re.MULTILINE)


def parse_patch(text: str) -> list[FilePatch]:
    """Return what a patch says of each file: a V4A patch, a unified diff, or search/replace blocks.

    Raises:
        InvalidArguments: it is none of them, or not complete; the message names the line.
    """
    if _V4A.search(text):
        return parse_v4a(text)
    if _UNIFIED.search(text):
        return parse_unified(text)
    if _BLOCKS.search(text):
        return parse_search_replace(text)
    raise InvalidArguments(
        "This is no patch that can be read; nothing was changed. Begin with '*** Begin Patch', or write a unified diff "
        "with '--- a/path' and '+++ b/path'."
    )
