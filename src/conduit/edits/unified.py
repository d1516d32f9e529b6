"""Read a unified diff, also git's with renames, new and deleted files. Line numbers and counts are only hints. Pure.

The format is that of GNU diff (www.gnu.org/software/diffutils/manual, *Unified Format*) and of git-diff(1), *Generating
patch text*; both read 2026-11-21.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from conduit.edits.passages import Passage
from conduit.edits.patch import FilePatch
from conduit.errors import InvalidArguments

_GIT = re.compile(r'diff --git ("?)a/(.*?)\1 ("?)b/(.*?)\3$')
_NUMBERS = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_OCTAL = re.compile(r'\\([0-7]{3}|["\\tnrabfv])')
_ESCAPES = {"t": 9, "n": 10, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, '"': 34, "\\": 92}
_NOWHERE = "/dev/null"


@dataclass
class _File:
    """What was read of one file."""

    old: str | None = None
    new: str | None = None
    renamed_from: str | None = None
    renamed_to: str | None = None
    created: bool = False
    deleted: bool = False
    passages: list[Passage] = field(default_factory=list)


def parse_unified(text: str) -> list[FilePatch]:
    """Return what a unified diff says of each file.

    Raises:
        InvalidArguments: it is no such diff, or one of bytes; the message names the line.
    """
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    files: list[_File] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("diff --git "):
            found = _GIT.match(line)
            files.append(_File(old=_unquoted(f"{found[2]}") if found else None, new=found[4] if found else None))
            at += 1
        elif _is_names(lines, at):
            if not files or files[-1].passages or not lines[at - 1 : at] or not _follows_git(lines, at):
                files.append(_File())
            files[-1].old, files[-1].new = _name(lines[at][4:], "a/"), _name(lines[at + 1][4:], "b/")
            at += 2
        elif line.startswith("@@"):
            if not files or files[-1].old is None:
                raise InvalidArguments(f"Line {at + 1} of the diff begins a change of no file; nothing was changed.")
            passage, at = _passage(lines, at)
            files[-1].passages.append(passage)
        else:
            if files:
                _header(files[-1], line, at)
            at += 1
    if not files:
        raise InvalidArguments("The diff names no file ('--- a/path' and '+++ b/path'); nothing was changed.")
    return [_patch(file) for file in files]


def _follows_git(lines: list[str], at: int) -> bool:
    """Say whether the names at `at` belong to the `diff --git` line above them."""
    for line in reversed(lines[:at]):
        if line.startswith("diff --git "):
            return True
        if line.startswith(("@@", "+++ ", "--- ")):
            return False
    return False


def _is_names(lines: list[str], at: int) -> bool:
    """Tell the names of files from a removed line that begins with `-- `."""
    if not lines[at].startswith("--- ") or not lines[at + 1 : at + 2] or not lines[at + 1].startswith("+++ "):
        return False
    return at + 2 >= len(lines) or not lines[at + 2].strip() or lines[at + 2].startswith(("@@", "diff ", "--- "))


def _header(file: _File, line: str, row: int) -> None:
    if line.startswith("rename from "):
        file.renamed_from = _unquoted(line[12:])
    elif line.startswith("rename to "):
        file.renamed_to = _unquoted(line[10:])
    elif line.startswith(("copy from ", "copy to ")):
        raise InvalidArguments(
            f"Line {row + 1} of the diff copies a file, which is not supported; nothing was changed."
        )
    elif line.startswith("new file mode"):
        file.created = True
    elif line.startswith("deleted file mode"):
        file.deleted = True
    elif line.startswith(("Binary files ", "GIT binary patch")):
        raise InvalidArguments(f"Line {row + 1} of the diff is about a file that is no text; nothing was changed.")
    elif (
        file.passages and line.strip() and not line.startswith(("index ", "similarity ", "old mode", "new mode", "```"))
    ):
        raise InvalidArguments(
            f"Line {row + 1} of the diff is {line!r}: each line of a change begins with a space, '+' or '-'; "
            "nothing was changed."
        )


def _passage(lines: list[str], at: int) -> tuple[Passage, int]:
    numbers = _NUMBERS.match(lines[at])
    start = at + 1
    stop = start
    while stop < len(lines) and not _is_names(lines, stop) and (not lines[stop] or lines[stop][0] in " +-\\"):
        stop += 1
    body = lines[start:stop]
    counted = int(numbers[2] or 1) if numbers else 0
    # Blank lines at the end are context only if the count says so; a model drops the space that begins them.
    while body and not body[-1] and sum(line[:1] not in {"+", "\\"} for line in body) != counted:
        body.pop()
    old: list[str] = []
    new: list[str] = []
    ended = [True, True]
    for index, line in enumerate(body):
        if line.startswith("\\"):
            before = body[index - 1][:1] if index else ""
            ended = [ended[0] and before == "+", ended[1] and before == "-"]
            continue
        if not line.startswith("+"):
            old.append(line[1:])
        if not line.startswith("-"):
            new.append(line[1:])
    final = None if ended[0] == ended[1] else ended[1]
    line_hint = max(int(numbers[1]) - 1, 0) if numbers else None
    return Passage(_text(old), _text(new), line=line_hint, final_newline=final), stop


def _patch(file: _File) -> FilePatch:
    old, new = file.renamed_from or file.old, file.renamed_to or file.new
    if old is None or new is None:
        raise InvalidArguments("The diff has a part that names no file; nothing was changed.")
    if file.created or old == _NOWHERE:
        passages = file.passages
        if any(passage.old for passage in passages) or len(passages) > 1:
            raise InvalidArguments(f"{new} is new in the diff, but lines of it are changed; nothing was changed.")
        text = passages[0].new if passages else ""
        return FilePatch(new, "create", text=text.removesuffix("\n") if passages and _unended(passages[0]) else text)
    if file.deleted or new == _NOWHERE:
        return FilePatch(old, "delete", tuple(file.passages[:1]))
    passages = [passage for passage in file.passages if passage.old != passage.new or passage.final_newline is not None]
    return FilePatch(old, "update", tuple(passages), moved_to=new if new != old else None)


def _unended(passage: Passage) -> bool:
    return passage.final_newline is False


def _name(text: str, prefix: str) -> str:
    name = _unquoted(text.split("\t")[0].strip())
    return name.removeprefix(prefix) if name != _NOWHERE else name


def _unquoted(name: str) -> str:
    """Return a path that git put in quotes, with its bytes as octal numbers."""
    if len(name) < len('""') or not (name.startswith('"') and name.endswith('"')):
        return name
    data = bytearray()
    at = 1
    for found in _OCTAL.finditer(name[:-1]):
        data += name[at : found.start()].encode()
        data.append(int(found[1], 8) if found[1].isdigit() else _ESCAPES[found[1]])
        at = found.end()
    return (data + name[at:-1].encode()).decode("utf-8", "replace")


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
