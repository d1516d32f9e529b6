"""Where documentation goes, and with what marks around it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conduit.edits.edit import FileChange
from conduit.errors import EditNotFound, StaleDocument
from conduit.ide.documentation import document, documentation_tool
from conduit.tools.base import ToolContext
from conduit.workspace.encoding import UTF8
from conduit.workspace.positions import Position, Range
from conduit.workspace.reading import Reading


def reading(name: str, text: str, eol: str = "\n") -> Reading:
    return Reading(
        name=name, path=Path("/p") / name, text=text, origin="buffer", version=1, sha256="", eol=eol, encoding=UTF8
    )


def lines(first: int, last: int | None = None) -> Range:
    return Range(Position(first, 0), Position(first if last is None else last, 0))


@pytest.mark.parametrize(
    ("code", "at", "expected"),
    [
        ("def f():\n    return 1\n", 0, 'def f():\n    """Say one."""\n    return 1\n'),
        ("x = 1\n\n\ndef f():\n    return 1\n", 4, 'x = 1\n\n\ndef f():\n    """Say one."""\n    return 1\n'),
        (
            "class A:\n    def f(self):\n        pass\n",
            1,
            'class A:\n    def f(self):\n        """Say one."""\n        pass\n',
        ),
        (
            "def f(\n    a: str = ':',\n    b=(1, 2),\n) -> int:\n    return 1\n",
            0,
            'def f(\n    a: str = \':\',\n    b=(1, 2),\n) -> int:\n    """Say one."""\n    return 1\n',
        ),
        (
            "def f():\n    pass\n\n\n@cache\n@other(1)\ndef g():\n    pass\n",
            4,
            'def f():\n    pass\n\n\n@cache\n@other(1)\ndef g():\n    """Say one."""\n    pass\n',
        ),
        (
            "def f():\n    def g():\n        pass\n    return g\n",
            3,
            'def f():\n    """Say one."""\n    def g():\n        pass\n    return g\n',
        ),
        (
            "def f(\n    a,\n) -> int:\n    return 1\n",
            2,
            'def f(\n    a,\n) -> int:\n    """Say one."""\n    return 1\n',
        ),
        ('def f():\n    """Old words."""\n    return 1\n', 0, 'def f():\n    """Say one."""\n    return 1\n'),
        (
            'def f():\n    """Old\n    words.\n    """\n    return 1\n',
            0,
            'def f():\n    """Say one."""\n    return 1\n',
        ),
    ],
    ids=[
        "function",
        "from inside the body",
        "method",
        "long signature",
        "from a decorator",
        "from below an inner function",
        "from the end of a signature",
        "replaces",
        "replaces a long one",
    ],
)
def test_a_docstring_goes_below_the_signature(code: str, at: int, expected: str) -> None:
    after = document(reading("a.py", code), lines(at), "Say one.")
    assert after == expected
    ast.parse(after)


def test_words_that_would_end_the_docstring_cannot() -> None:
    after = document(reading("a.py", "def f():\n    pass\n"), lines(0), '"""Say """ and \\ and more\\')
    ast.parse(after)
    assert "Say" in ast.get_docstring(ast.parse(after).body[0])


def test_line_ends_of_the_file_are_kept() -> None:
    after = document(reading("a.py", "def f():\r\n    pass\r\n", "\r\n"), lines(0), "One.\nTwo.")
    assert "\n" not in after.replace("\r\n", "")


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("x = 1\n", 0),
        ("def f(): return 1\n", 0),
        ("def f():\n    return 1\n\n\nx = f()\n", 4),
        ("def f():\n    pass\n", 5),
    ],
    ids=["nothing to document", "one-liner", "below a function", "beyond the text"],
)
def test_a_place_that_cannot_be_documented_is_said(code: str, at: int) -> None:
    with pytest.raises(EditNotFound):
        document(reading("a.py", code), lines(at), "Say one.")


class Typed:
    """A workspace of one file that the person goes on typing in, and what was submitted."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.changes: list[FileChange] = []

    async def read(self, name: str) -> Reading:
        return reading(name, self.text)

    async def submit(self, changes: list[FileChange]) -> str:
        self.changes += changes
        return "Done."


async def test_the_place_is_followed_through_what_is_typed_meanwhile() -> None:
    picked = "def f():\n    pass\n\n\ndef g():\n    pass\n"
    typed = Typed("import os\n\n\n" + picked)
    tool = documentation_tool("a.py", lines(4), picked)
    await tool.run({"text": "Say gee again."}, ToolContext(typed, typed))
    assert typed.changes[0].after == typed.text.replace("def g():\n", 'def g():\n    """Say gee again."""\n')
    typed.text = picked.replace("def g():", "def h():")
    with pytest.raises(StaleDocument):
        await tool.run({"text": "Say gee again."}, ToolContext(typed, typed))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.rs", "    /// Say one.\n    fn f() {}\n"),
        ("a.ts", "    /**\n     * Say one.\n     */\n    fn f() {}\n"),
        ("a.sh", "    # Say one.\n    fn f() {}\n"),
    ],
)
def test_other_languages_get_a_comment_above(name: str, expected: str) -> None:
    assert document(reading(name, "    fn f() {}\n"), lines(0), "Say one.") == expected


def test_a_comment_cannot_be_ended_by_its_words() -> None:
    after = document(reading("a.c", "int x;\n"), lines(0), "Say */ system(1); /* one")
    assert after.count("*/") == 1
