"""`.editorconfig`: how a project wants its new files. Existing files keep what they have.

Read as the specification says (editorconfig.org, version 0.17.2, read 2026-11): the file in the nearest folder counts
most, the last section of a file counts most, `root = true` ends the search. A section whose pattern could take for
ever is left out. Pure: the texts are handed in.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce

from conduit.workspace.encoding import UTF8, Encoding

FILE = ".editorconfig"

_ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
_CHARSETS = {
    "utf-8": UTF8,
    "utf-8-bom": Encoding("utf-8", bom=True),
    "utf-16le": Encoding("utf-16-le", bom=True),
    "utf-16be": Encoding("utf-16-be", bom=True),
    "latin1": Encoding("latin-1"),
}
_MOST_CHARACTERS = 100_000
_LONGEST_PATTERN = 1024
_MOST_STARS = 4
_WIDEST = 16
_SECTION = re.compile(r"\[(.+)\]\s*$")
_PAIR = re.compile(r"([^=:]+?)\s*[=:]\s*(.*)")
_NUMBERS = re.compile(r"([+-]?\d{1,9})\.\.([+-]?\d{1,9})")
_INDENT = re.compile(r"^([ \t]+)(?=[^ \t\r\n])", re.MULTILINE)
_ANY_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Style:
    r"""What a project says about one file; None where it says nothing.

    Attributes:
        eol: the line end.
        final_newline: whether the last line has one.
        encoding: how it is kept as bytes.
        indent: one step of indentation: a tab or spaces.
        tab_width: the columns of a tab.
    """

    eol: str | None = None
    final_newline: bool | None = None
    encoding: Encoding | None = None
    indent: str | None = None
    tab_width: int = 8

    def shaped(self, text: str) -> str:
        """Return the text of a new file in this style; `text` is what a model wrote."""
        text = self.with_ends(self._indented(text))
        if self.final_newline and text and not text.endswith(("\n", "\r")):
            found = _ANY_END.search(text)
            text += self.eol or (found[0] if found else "\n")
        return text

    def with_ends(self, text: str) -> str:
        """Return a text with this style's line ends."""
        end = self.eol
        return text if end is None else _ANY_END.sub(lambda _: end, text)

    def _indented(self, text: str) -> str:
        """Change each step of indentation, if all lines of the text are indented by whole steps of one kind."""
        found = Counter(match[1] for match in _INDENT.finditer(text))
        if self.indent is None or not found:
            return text
        if all(set(each) == {"\t"} for each in found):
            step = "\t"
        elif all(set(each) == {" "} for each in found):
            step = " " * reduce(math.gcd, map(len, found))
        else:
            return text
        if step == self.indent or step == " ":  # one space is no step: something is aligned
            return text
        new = self.indent
        return _INDENT.sub(lambda match: new * (len(match[1]) // len(step)), text)


def style_of(relative: str, read: Callable[[str], str | None]) -> Style:
    """Return the style of the file at a path beneath a root; `read` returns the text of a file beneath it, or None."""
    found: dict[str, str] = {}
    folder = relative
    while folder:
        folder, _, _ = folder.rpartition("/")
        text = read(f"{folder}/{FILE}".lstrip("/"))
        if text is None:
            continue
        is_root, sections = _parse(text[:_MOST_CHARACTERS])
        inner = relative[len(folder) + 1 if folder else 0 :]
        here: dict[str, str] = {}
        for pattern, pairs in sections:
            if _matches(pattern, inner):
                here |= pairs
        found = here | found  # the nearer file counts more
        if is_root:
            break
    return _style(found)


def _parse(text: str) -> tuple[bool, list[tuple[str, dict[str, str]]]]:
    is_root = False
    sections: list[tuple[str, dict[str, str]]] = []
    for raw in text.removeprefix("\ufeff").splitlines():
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if header := _SECTION.match(line):
            sections.append((header[1], {}))
        elif pair := _PAIR.match(line):
            key, value = pair[1].strip().lower(), pair[2].strip().lower()
            if sections:
                sections[-1][1][key] = value
            elif key == "root":
                is_root = value == "true"
    return is_root, sections


def _style(pairs: Mapping[str, str]) -> Style:
    known = {key: value for key, value in pairs.items() if value != "unset"}
    size, tab = _number(known.get("indent_size")), _number(known.get("tab_width"))
    kind = known.get("indent_style")
    width = tab or size or 8
    # `indent_size = tab` means the width of a tab.
    size = size or (tab if known.get("indent_size") == "tab" else None)
    indent = "\t" if kind == "tab" else " " * size if kind == "space" and size else None
    final = known.get("insert_final_newline")
    return Style(
        eol=_ENDS.get(known.get("end_of_line", "")),
        final_newline={"true": True, "false": False}.get(final or ""),
        encoding=_CHARSETS.get(known.get("charset", "")),
        indent=indent,
        tab_width=width,
    )


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and value.isascii() and 0 < int(value[:4]) <= _WIDEST else None


def _matches(pattern: str, relative: str) -> bool:
    compiled = _compiled(pattern)
    if compiled is None:
        return False
    expression, ranges = compiled
    found = expression.fullmatch(relative)
    return found is not None and all(low <= int(found[f"n{at}"]) <= high for at, (low, high) in enumerate(ranges))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> tuple[re.Pattern[str], tuple[tuple[int, int], ...]] | None:
    """Return the expression of a section's pattern, with the bounds of its number ranges; None when it is none."""
    if len(pattern) > _LONGEST_PATTERN or pattern.count("*") > _MOST_STARS:
        return None
    ranges: list[tuple[int, int]] = []
    inside = pattern.removeprefix("/")
    # Without a slash a pattern means files of every folder.
    anywhere = "" if "/" in pattern else "(?:.*/)?"
    try:
        return re.compile(anywhere + "".join(_pieces(inside, ranges)), re.DOTALL), tuple(ranges)
    except (re.error, RecursionError):
        return None


def _pieces(pattern: str, ranges: list[tuple[int, int]]) -> Iterator[str]:
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "\\" and at < len(pattern):
            yield re.escape(pattern[at])
            at += 1
        elif char == "*":
            double = pattern.startswith("*", at)
            at += double
            yield ".*" if double else "[^/]*"
        elif char == "?":
            yield "[^/]"
        elif char == "[" and (end := pattern.find("]", at + 1)) > 0 and "/" not in pattern[at:end]:
            inside = pattern[at:end]
            negated = inside.startswith(("!", "^"))
            escaped = inside[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            yield f"[{'^' if negated else ''}{escaped}]"
            at = end + 1
        elif char == "{" and (end := _closing(pattern, at)) > 0:
            yield _braces(pattern[at:end], ranges)
            at = end + 1
        else:
            yield re.escape(char)


def _braces(inside: str, ranges: list[tuple[int, int]]) -> str:
    if numbers := _NUMBERS.fullmatch(inside):
        low, high = sorted((int(numbers[1]), int(numbers[2])))
        ranges.append((low, high))
        return rf"(?P<n{len(ranges) - 1}>[+-]?\d{{1,9}})"
    parts = _split(inside)
    if len(parts) == 1:  # one word in braces is just that
        return r"\{" + "".join(_pieces(inside, ranges)) + r"\}"
    return "(?:" + "|".join("".join(_pieces(part, ranges)) for part in parts) + ")"


def _closing(pattern: str, at: int) -> int:
    """Return where the brace is closed that was opened before `at`; -1 when it is not."""
    depth = 1
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] in "{}":
            depth += 1 if pattern[at] == "{" else -1
            if depth == 0:
                return at
        at += 1
    return -1


def _split(inside: str) -> list[str]:
    parts, depth, at = [""], 0, 0
    while at < len(inside):
        char = inside[at]
        if char == "\\":
            parts[-1] += inside[at : at + 2]
            at += 2
            continue
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
        at += 1
    return parts
