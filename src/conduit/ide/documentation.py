"""The tool that writes documentation: the model gives the words, we give the place, the comment marks and the indent.

A model need not quote any code for it, so even a very small one can use it.
"""

from __future__ import annotations

import re
import textwrap
from typing import Annotated

from pydantic import Field

from conduit.edits.drafting import Draft
from conduit.edits.edit import FileChange, line_after
from conduit.errors import EditNotFound, StaleDocument
from conduit.tools.base import Effect, Preview, Tool, ToolContext, ToolOutcome
from conduit.tools.drafts import previewed, submitted
from conduit.tools.function import tool
from conduit.workspace.document import split_lines
from conduit.workspace.positions import Position, Range
from conduit.workspace.workspace import Reading

_PYTHON_HEAD = re.compile(r"\s*(?:async\s+def|def|class)\s+\w")
_LINE_COMMENTS = {".rs": "///", ".go": "//", ".cs": "///", ".lua": "---", ".sh": "#", ".rb": "#", ".toml": "#"}

_Words = Annotated[
    str,
    Field(
        description="The documentation: a first line that sums up, then details where needed.",
        min_length=10,
        max_length=4000,
    ),
]


def documentation_tool(name: str, range_: Range, text: str) -> Tool:
    """Return the tool that documents the code at `range_` (code points) of the workspace file `name`.

    `text` is what the file held when the range was picked; the place is followed through what is typed meanwhile.
    """

    async def planned(context: ToolContext, words: str) -> Draft:
        reading = await context.workspace.read(name)
        after = document(reading, _followed(range_, text, reading), words)
        return Draft((FileChange(reading.path, reading.name, reading.text, after, reading.version),), (name,))

    async def preview(context: ToolContext, text: _Words) -> Preview:
        return previewed(await planned(context, text))

    @tool(effect=Effect.WRITE, kind="edit", title=lambda _: f"Document {name}", preview=preview)
    async def write_documentation(context: ToolContext, text: _Words) -> ToolOutcome:
        return await submitted(context, await planned(context, text), "The documentation is in place.")

    return write_documentation


def _followed(range_: Range, text: str, reading: Reading) -> Range:
    """Return where a range of `text` is in what the file holds now; raises StaleDocument."""
    first, last = range_.start, range_.end
    line = line_after(text, reading.text, first.line)
    if line is None:
        raise StaleDocument(reading.name, f"its line {first.line + 1} as it was", "another line")
    return Range(Position(line, first.column), Position(last.line + line - first.line, last.column))


def document(reading: Reading, range_: Range, text: str) -> str:
    """Return the text of the file with `text` as the documentation of what stands at `range_`.

    Raises:
        EditNotFound: there is no code at that place that could be documented.
    """
    lines = split_lines(reading.text)
    eol = reading.eol
    if reading.name.endswith((".py", ".pyi")):
        return "".join(_with_docstring(lines, range_, text, eol, reading.name))
    return "".join(_with_comment(lines, range_, text, eol, reading.name))


def _with_docstring(lines: list[str], range_: Range, text: str, eol: str, name: str) -> list[str]:
    head = _python_head(lines, range_)
    if head is None:
        raise EditNotFound(f"There is no function or class at line {range_.start.line + 1} of {name} to document.")
    end = _end_of_signature(lines, head)
    if end is None:
        raise EditNotFound(f"The body of the code at line {head + 1} of {name} does not start on a line of its own.")
    indent = _body_indent(lines, head, end)
    words = _clean(text).replace("\\", "\\\\").replace('"""', "'''")
    body = _wrapped(words, indent)
    quoted = [f'{indent}"""{body[0]}', *(f"{indent}{line}".rstrip() for line in body[1:])]
    if len(body) == 1:
        quoted[0] += '"""'
    else:
        quoted.append(f'{indent}"""')
    first, last = _existing_docstring(lines, end)
    return [*lines[:first], *(line + eol for line in quoted), *lines[last:]]


def _python_head(lines: list[str], range_: Range) -> int | None:
    """Return the line of the `def` or `class`: the first one in the selection, else the one around or below it."""
    last = max(range_.start.line, range_.end.line - (1 if range_.end.column == 0 else 0))
    for number in range(range_.start.line, min(last + 1, len(lines))):
        if _PYTHON_HEAD.match(lines[number]):
            return number
    here = next((number for number in range(range_.start.line, len(lines)) if lines[number].strip()), None)
    if here is None:
        return None
    if lines[here].lstrip().startswith("@"):  # a decorator belongs to what is below it
        return next((number for number in range(here, len(lines)) if _PYTHON_HEAD.match(lines[number])), None)
    depth = _depth(lines[here]) + lines[here].lstrip().startswith(")")  # the end of a signature is as deep as its head
    for number in range(here - 1, -1, -1):
        if _PYTHON_HEAD.match(lines[number]) and _depth(lines[number]) < depth:
            return number
    return None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end_of_signature(lines: list[str], head: int) -> int | None:
    """Return the line after the signature's colon; None when code follows on the same line."""
    depth = 0
    for number in range(head, min(head + 60, len(lines))):
        code = re.sub(r"\"[^\"]*\"|'[^']*'", "''", lines[number]).split("#", 1)[0].rstrip()
        depth += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        if depth <= 0 and code:
            return number + 1 if code.endswith(":") else None
    return None


def _body_indent(lines: list[str], head: int, end: int) -> str:
    for line in lines[end:]:
        if line.strip():
            indent = line[: len(line) - len(line.lstrip())]
            own = lines[head][: len(lines[head]) - len(lines[head].lstrip())]
            return indent if len(indent) > len(own) else own + "    "
    return lines[head][: len(lines[head]) - len(lines[head].lstrip())] + "    "


def _existing_docstring(lines: list[str], end: int) -> tuple[int, int]:
    """Return the lines of the docstring that stands there now, as a half-open range; empty when there is none."""
    if end >= len(lines):
        return end, end
    opening = re.match(r"\s*[rRuU]?(\"\"\"|''')", lines[end])
    if opening is None:
        return end, end
    mark = opening.group(1)
    if lines[end].count(mark) >= 2:
        return end, end + 1
    for number in range(end + 1, len(lines)):
        if mark in lines[number]:
            return end, number + 1
    return end, end


def _with_comment(lines: list[str], range_: Range, text: str, eol: str, name: str) -> list[str]:
    place = min(range_.start.line, max(len(lines) - 1, 0))
    while place < len(lines) - 1 and not lines[place].strip():
        place += 1
    line = lines[place] if lines else ""
    indent = line[: len(line) - len(line.lstrip())].rstrip("\r\n")
    body = _wrapped(_clean(text).replace("*/", "* /"), indent)
    mark = _LINE_COMMENTS.get(name[name.rfind(".") :])
    if mark:
        comment = [f"{indent}{mark} {words}".rstrip() for words in body]
    else:
        comment = [f"{indent}/**", *(f"{indent} * {words}".rstrip() for words in body), f"{indent} */"]
    return [*lines[:place], *(words + eol for words in comment), *lines[place:]]


def _clean(text: str) -> str:
    """Take off what a model puts around the words although it was told not to."""
    text = text.strip()
    text = re.sub(r"^(?:\"\"\"|'''|/\*\*?)|(?:\"\"\"|'''|\*/)$", "", text).strip()
    return text.rstrip('"\\') or "Undocumented."


def _wrapped(text: str, indent: str) -> list[str]:
    width = max(40, 88 - len(indent))
    lines: list[str] = []
    for paragraph in text.splitlines():
        lines.extend(textwrap.wrap(paragraph, width, subsequent_indent=" " * _hang(paragraph)) or [""])
    return lines or [""]


def _hang(paragraph: str) -> int:
    return len(paragraph) - len(paragraph.lstrip())
