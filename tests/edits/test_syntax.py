"""A file that parsed before an edit and does not now is told of."""

from __future__ import annotations

import pytest

from conduit.edits.syntax import broken_by_edit, syntax_error


@pytest.mark.parametrize(
    ("path", "good", "bad", "said"),
    [
        ("a.py", "x = 1\n", "x = 1\ndef f(:\n", "line 2"),
        ("a/b.PYI", "x: int\n", "x: int\n  y\n", "line 2"),
        ("a.json", '{"a": 1}', '{"a": 1,\n}', "line"),
        ("a.toml", "a = 1\n", "a = 1\nb =\n", "line 2"),
    ],
)
def test_a_text_that_does_not_parse_is_told_with_its_line(path: str, good: str, bad: str, said: str) -> None:
    assert syntax_error(path, good) is None
    assert said in (syntax_error(path, bad) or "")
    assert said in (broken_by_edit(path, good, bad) or "")
    assert said in (broken_by_edit(path, None, bad) or "")
    assert broken_by_edit(path, bad, bad + "\n\n") is None
    assert broken_by_edit(path, bad, good) is None


def test_other_languages_are_not_judged() -> None:
    assert syntax_error("a.rs", "fn (((") is None
    assert syntax_error("Makefile", "\t:::") is None


def test_what_the_parser_cannot_say_is_not_told() -> None:
    assert syntax_error("a.json", "[" * 100_000) is None
