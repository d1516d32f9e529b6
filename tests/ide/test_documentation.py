"""Where documentation goes, and with what marks around it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from conduit.errors import EditNotFound
from conduit.ide.documentation import document
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
        ('def f():\n    """Old words."""\n    return 1\n', 0, 'def f():\n    """Say one."""\n    return 1\n'),
        (
            'def f():\n    """Old\n    words.\n    """\n    return 1\n',
            0,
            'def f():\n    """Say one."""\n    return 1\n',
        ),
    ],
    ids=["function", "from inside the body", "method", "long signature", "replaces", "replaces a long one"],
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


@pytest.mark.parametrize("code", ["x = 1\n", "def f(): return 1\n"], ids=["nothing to document", "one-liner"])
def test_a_place_that_cannot_be_documented_is_said(code: str) -> None:
    with pytest.raises(EditNotFound):
        document(reading("a.py", code), lines(0), "Say one.")


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
