"""What is ours among the settings of an editor, so that a change of other lines can be told from one of them.

JSON with comments and TOML are read as editors read them; of every other file (Lua, Vim script, Lisp, XML), and of one
that cannot be read, nobody can say which lines are about us. Pure; used by `caution` alone.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator

from conduit.edits.edit import FileChange
from conduit.sandbox.fetched import unescaped

_OURS = re.compile(r"(?<![\w/\\-])conduit(?![\w/\\-])", re.IGNORECASE)
_STRING = r'(?P<string>"(?:[^"\\]|\\(?:.|\Z))*+"?)'
_COMMENT = re.compile(_STRING + r"|//[^\n\r\u2028\u2029]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_LAST_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])", re.DOTALL)
_JSON = (".json", ".code-workspace", ".sublime-project")


def touches_our_settings(change: FileChange) -> bool:
    """Say whether a change of an editor's settings adds, changes or removes some of ours, or may do so."""
    texts = [text or "" for text in (change.before, change.after)]
    if not any(_OURS.search(unescaped(text)) for text in texts):
        return False
    if change.moved_to is not None:
        return True
    try:
        before, after = (_ours_in(change.name, text) for text in texts)
    except (ValueError, RecursionError):
        return True
    return before != after


def _ours_in(name: str, text: str) -> str:
    """Return all settings of ours, each with the keys that it stands under; raises ValueError."""
    if name.endswith(".toml"):
        settings: object = tomllib.loads(text)
    elif name.endswith(_JSON):
        bare = _LAST_COMMA.sub(_kept, _COMMENT.sub(_kept, text))
        # An object is a tuple of pairs: which one of two equal keys counts is the editor's affair.
        settings = json.loads(bare, object_pairs_hook=tuple) if bare.strip() else ()
    else:
        raise ValueError(f"{name!r} is a program, or a format that is not read here")
    return repr(list(_ours(settings)))  # for which 1 and true are not the same


def _kept(found: re.Match[str]) -> str:
    return found["string"] or " "


def _ours(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    if isinstance(value, list):
        for item in value:
            yield from _ours(item, (*path, "[]"))
        return
    pairs = tuple(value.items()) if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    if path and any(_names_us(inner) for _, inner in pairs):  # a server that is started by our name, whatever its own
        yield path, pairs
        return
    for key, inner in pairs:
        if _OURS.search(key):
            yield (*path, key), inner
        else:
            yield from _ours(inner, (*path, key))


def _names_us(value: object) -> bool:
    """Say whether a value is our name, or a command line that begins with it."""
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, str) and _OURS.search(first) is not None
