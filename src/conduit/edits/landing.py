"""What an editor made of a change: found in the texts that a document had since the change was sent.

Pure. A client without versions may put an edit at lines that have moved; one that fails midway may make some of the
edits of a document. Both leave texts that nothing else leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conduit.edits.edit import FileChange
from conduit.edits.rebase import rebase
from conduit.workspace.document import Document
from conduit.workspace.positions import PositionEncoding, Range

_Place = tuple[int, int]
_Sent = tuple[_Place, _Place, str]
"""An edit as it was sent: from a line and a column in the client's units, to another, and the new text."""


def landed(
    change: FileChange, texts: Sequence[str], encoding: PositionEncoding = PositionEncoding.UTF32
) -> FileChange | None:
    """Return the change as it was really made, or None when it was not.

    Args:
        change: what was sent.
        texts: every text of the document since then, in order; the first is the one that it had when it was sent.
        encoding: what the client counts columns in, which in another line are other characters.
    """
    edits = _sent(change, encoding)
    if not edits:
        return change
    found: FileChange | None = None
    for number, text in enumerate(texts):
        made, later = _put(text, edits, encoding), texts[number + 1 :]
        if made == text or made not in later:
            continue
        steps = {_put(text, part, encoding) for part in _parts(edits)}
        whole, is_last = replace(change, before=text, after=made), made == texts[-1]
        # A step of the client's own (Neovim adds an empty line at the end and takes it off) may look like it by chance.
        by_chance = found is not None and found.after == texts[-1] and not is_last
        if not by_chance and all(step in steps for step in later[: later.index(made)]):
            return whole
        # Something was typed in between, and it may be the edit that took it away: then it was made of that text.
        if found is None or is_last:
            found = whole
    if found is not None:
        return found
    for part in _parts(edits):
        made = _put(texts[0], part, encoding)
        if made != texts[0] and made in texts[1:]:
            return replace(change, before=texts[0], after=made)
    return None


def is_right(change: FileChange, made: FileChange) -> bool:
    """Say whether a change that was made as `made` came to the place that it was meant for."""
    return rebase(change.before or "", change.after or "", made.before or "") == made.after


def _sent(change: FileChange, encoding: PositionEncoding) -> list[_Sent]:
    document = Document("", None, "", 0, change.before or "")
    return [
        (
            document.units_from_position(edit.range.start, encoding),
            document.units_from_position(edit.range.end, encoding),
            edit.new_text,
        )
        for edit in change.edits()
    ]


def _parts(edits: Sequence[_Sent]) -> Iterator[Sequence[_Sent]]:
    """Give what a client has made that stopped in the middle, from either end."""
    for count in range(len(edits) - 1, 0, -1):
        yield edits[-count:]
        yield edits[:count]


def _put(text: str, edits: Sequence[_Sent], encoding: PositionEncoding) -> str:
    """Return the text with edits made where they say, whatever is there."""
    document = Document("", None, "", 0, text)
    for start, end, new_text in reversed(edits):
        places = [document.position_from_units(*place, encoding) for place in (start, end)]
        document.replace(0, new_text, Range(*places))
    return document.text
