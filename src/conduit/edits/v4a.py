"""Read a V4A patch: `*** Begin Patch`, files, passages without line numbers below `@@` lines that say where they are.

The format is the one of OpenAI's apply_patch tool (cookbook.openai.com/examples/gpt4-1_prompting_guide, read
2026-11-21). A patch without its last line was cut off, and is refused. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conduit.edits.passages import Passage
from conduit.edits.patch import Action, FilePatch
from conduit.errors import InvalidArguments

_HEADER = re.compile(r"\*\*\* (Update|Add|Delete) File: *(.*?) *$")
_MOVE = re.compile(r"\*\*\* Move to: *(.*?) *$")
_SCOPE = re.compile(r"@@(?: +(.*?))? *(?:@@)? *$")
_NUMBERS = re.compile(r"-(\d+)(?:,\d+)? \+\d+(?:,\d+)?$")
_ACTIONS: dict[str, Action] = {"Update": "update", "Add": "create", "Delete": "delete"}


@dataclass
class _Part:
    """What was read of one passage."""

    scopes: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    changed: bool = False
    at_end: bool = False
    line: int | None = None

    def passage(self) -> Passage:
        return Passage(_text(self.old), _text(self.new), tuple(self.scopes), self.line, self.at_end)


def parse_v4a(text: str) -> list[FilePatch]:
    """Return what a V4A patch says of each file.

    Raises:
        InvalidArguments: it is no such patch; the message names the line.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    stripped = [line.strip() for line in lines]
    if "*** Begin Patch" not in stripped:
        raise InvalidArguments("The patch has no line '*** Begin Patch'; nothing was changed.")
    first = stripped.index("*** Begin Patch")
    if "*** End Patch" not in stripped[first:]:
        raise InvalidArguments("The patch has no line '*** End Patch', so it may be cut off; nothing was changed.")
    last = len(stripped) - 1 - stripped[::-1].index("*** End Patch")
    patches: list[FilePatch] = []
    at = first + 1
    while at < last:
        if not stripped[at]:
            at += 1
            continue
        found = _HEADER.match(lines[at].strip())
        if found is None or not found[2]:
            raise _bad(at, lines[at], "'*** Update File: ', '*** Add File: ' or '*** Delete File: ' and a path")
        stop = next((row for row in range(at + 1, last) if _HEADER.match(lines[row])), last)
        patches.append(_file(_ACTIONS[found[1]], found[2], lines, at + 1, stop))
        at = stop
    if not patches:
        raise InvalidArguments("The patch names no file; nothing was changed.")
    return patches


def _file(action: Action, path: str, lines: list[str], start: int, stop: int) -> FilePatch:
    while stop > start and not lines[stop - 1].strip():
        stop -= 1  # blank lines before the next file belong to nothing
    if action == "delete":
        if stop > start:
            raise _bad(start, lines[start], "nothing, since the file is to be deleted")
        return FilePatch(path, action)
    if action == "create":
        for row in range(start, stop):
            if not lines[row].startswith("+"):
                raise _bad(row, lines[row], "a line of the new file, which begins with '+'")
        return FilePatch(path, action, text=_text([line[1:] for line in lines[start:stop]]))
    moved_to = None
    if start < stop and (found := _MOVE.match(lines[start])):
        moved_to, start = found[1], start + 1
    passages = _passages(lines, start, stop)
    if not passages and not moved_to:
        raise InvalidArguments(f"The patch says nothing about {path}; nothing was changed.")
    return FilePatch(path, action, passages, moved_to=moved_to)


def _passages(lines: list[str], start: int, stop: int) -> tuple[Passage, ...]:
    parts: list[_Part] = [_Part()]
    for row in range(start, stop):
        line, part = lines[row], parts[-1]
        if (scope := _SCOPE.match(line)) and line.startswith("@@"):
            if part.old or part.new or part.at_end:
                parts.append(_Part())
            _name(parts[-1], scope[1] or "")
        elif line.strip() == "*** End of File":
            part.at_end = True
        elif part.at_end:
            raise _bad(row, line, "'@@' or another file")
        elif line.startswith("+"):
            part.new.append(line[1:])
            part.changed = True
        elif line.startswith("-"):
            part.old.append(line[1:])
            part.changed = True
        elif line.startswith(" ") or not line:
            part.old.append(line[1:])
            part.new.append(line[1:])
        else:
            raise _bad(row, line, "a line that begins with '+', '-' or a space")
    return tuple(part.passage() for part in parts if part.changed)


def _name(part: _Part, scope: str) -> None:
    if numbers := _NUMBERS.match(scope):
        part.line = max(int(numbers[1]) - 1, 0)
    elif scope:
        part.scopes.append(scope)


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _bad(row: int, line: str, wanted: str) -> InvalidArguments:
    return InvalidArguments(f"Line {row + 1} of the patch is {line!r}, where {wanted} should be; nothing was changed.")
