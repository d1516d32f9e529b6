"""Lines that stand for code which was left out: `# ... existing code ...`.

Written into a file they would delete what they stand for. Where the same ones stand in the quoted text and in its
replacement, the parts around them can be replaced one by one; everything else is refused. Pure.
"""

from __future__ import annotations

import re

from conduit.errors import EditNotFound
from conduit.workspace.document import split_lines

_COMMENT = re.compile(
    r"^(?:#+|//+|/\*+|<!--|--+|;+|%+|\{/\*|\(\*|\"\"\"|''')?\s*(.*?)\s*(?:\*/\}?|-->|\*\)|\"\"\"|''')?$"
)
_LEFT_OUT = (
    r"(?:(?:the\s+)?(?:rest|remainder|remaining|other|existing|previous|unchanged|same|original)\b.{0,60}"
    r"(?:code|file|function|functions|method|methods|class|content|contents|implementation|lines?|imports?|logic|body"
    r"|unchanged|same|here|above|before|omitted|continues?)\b.{0,30}"
    r"|(?:code|lines?|content|unchanged|omitted|snip(?:ped)?|truncated)\b.{0,40})"
)
_DOTS = r"(?:\.\.\.|…)"
_ELIDED = re.compile(
    rf"^(?:{_DOTS}\s*[\[(<]?\s*{_LEFT_OUT}[\])>]?\s*{_DOTS}?|[\[(<]?\s*{_LEFT_OUT}\s*[\])>]?\s*{_DOTS})$", re.IGNORECASE
)
# In a comment, these words say it without dots too.
_SAID = re.compile(
    r"\(?(?:(?:the\s+)?(?:rest|remainder) of (?:the |this |your )?\w+(?: \w+)?"
    r"|(?:the\s+)?(?:existing|previous|original|other|remaining)"
    r" (?:code|content|contents|implementation|methods|functions|imports))(?: (?:code|here))?"
    r"(?: (?:remains?|stays?|is|are|goes)(?: here| unchanged| the same| as before| as is)*"
    r"| unchanged| here| as before)\)?\.?$",
    re.IGNORECASE,
)
_BARE = re.compile(rf"^(?:{_DOTS})$")
_HINT = re.compile(r"\.\.\.|…|(?i:rest of|remainder of|existing|previous|original|other|remaining) ")
_CONTENT = re.compile(r"\w")


def lines_in(text: str, known: str = "") -> list[int]:
    """Return the one-based lines that say that something was left out, without those that stand in `known` too.

    A bare `...` alone is not one of them: it is a statement of Python.
    """
    if not _HINT.search(text):
        return []
    found = [(number, line.strip()) for number, line in enumerate(split_lines(text), 1) if _is_elided(line)]
    own = {line.strip() for line in split_lines(known)} if found else set()
    return [number for number, line in found if line not in own]


def parts(old: str, new: str, text: str) -> list[tuple[str, str]]:
    """Return the quoted parts around left-out lines with their replacements; empty when nothing is left out.

    Raises:
        EditNotFound: `new` leaves something out that `old` does not, or the other way round; or a part is empty, so
            that nothing says where the left-out lines begin or end.
    """
    out_of_old, out_of_new = lines_in(old, text), lines_in(new, text)
    if len(out_of_old) != len(out_of_new):
        raise refusal()
    if not out_of_old:
        return []
    pairs = zip(_parts(old, out_of_old), _parts(new, out_of_new), strict=True)
    kept = [(was, to) for was, to in pairs if was or to]
    if any(not _CONTENT.search(was) for was, _ in kept):
        raise refusal()
    return kept


def refusal() -> EditNotFound:
    """Return the error that says what to do instead."""
    return EditNotFound(
        "A line stands for code that was left out, and what it stands for is not certain; nothing was changed. "
        "Quote and write the lines in full, or make one edit for each place."
    )


def _parts(text: str, left_out: list[int]) -> list[str]:
    pieces = [""]
    for number, line in enumerate(split_lines(text), 1):
        if number in left_out:
            pieces.append("")
        else:
            pieces[-1] += line
    return pieces


def _is_elided(line: str) -> bool:
    if not _HINT.search(line):
        return False
    found = _COMMENT.match(line.strip())
    if found is None:
        return False
    commented = found[1] != line.strip()
    words = found[1]
    return bool(_ELIDED.match(words) or (commented and (_BARE.match(words) or _SAID.match(words))))
