"""Say whether a text parses, for the languages that Python itself can read.

For telling a model that its edit broke a file which parsed before. Not a linter. Pure.
"""

from __future__ import annotations

import ast
import json
import tomllib
import warnings
from collections.abc import Callable, Mapping
from pathlib import PurePath


def broken_by_edit(path: str, before: str | None, after: str) -> str | None:
    """Return what is wrong with a file that parsed before, or is new, and does not parse now; else None."""
    problem = syntax_error(path, after)
    if problem is None or (before is not None and syntax_error(path, before) is not None):
        return None
    return problem


def syntax_error(path: str, text: str) -> str | None:
    """Return where and why a text does not parse; None when it does, or nobody here knows its language."""
    check = _CHECKS.get(PurePath(path).suffix.lower())
    return check(text) if check else None


def _python(text: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    except (ValueError, RecursionError, MemoryError):
        return None  # null characters, or too deep for the parser: nothing that can be told
    return None


def _json(text: str) -> str | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"line {error.lineno}: {error.msg}"
    except RecursionError:
        return None
    return None


def _toml(text: str) -> str | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    except RecursionError:
        return None
    return None


_CHECKS: Mapping[str, Callable[[str], str | None]] = {
    ".py": _python,
    ".pyi": _python,
    ".json": _json,
    ".toml": _toml,
}
