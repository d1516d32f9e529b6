"""Glob: which names a pattern of the model means.

The pattern is gitignore's (`*.py` at any depth, `src/**/*.py` from the root), with `{a,b}` alternatives. It chooses
among the files of the workspace and so can reach nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from conduit.errors import InvalidArguments

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_MOST_PATTERNS = 64
_MOST_STARS = 3


class Glob:
    """A compiled pattern; None matches everything.

    Attributes:
        patterns: the alternatives without braces.
    """

    def __init__(self, pattern: str | None) -> None:
        """Compile `pattern`.

        Raises:
            InvalidArguments: it leaves the workspace, or is no pattern.
        """
        self.patterns: tuple[str, ...] = ()
        self._spec: GitIgnoreSpec | None = None
        if not pattern:
            return
        if pattern.startswith(("!", "#")) or "\n" in pattern or "\0" in pattern:
            raise InvalidArguments(f"{pattern!r} is no pattern: write one that names what to find, such as '*.py'.")
        if ".." in pattern.split("/"):
            raise InvalidArguments(f"The pattern {pattern!r} leads out of the workspace.")
        self.patterns = _alternatives(pattern.removeprefix("./"))
        if any(is_costly(each) for each in self.patterns):
            raise InvalidArguments(f"The pattern {pattern!r} has too many stars: at most {_MOST_STARS} in one name.")
        try:
            self._spec = compile_patterns(self.patterns)
        except ValueError as error:
            raise InvalidArguments(f"The pattern {pattern!r} cannot be understood: {error}") from error

    def matches(self, relative: str) -> bool:
        """Whether the pattern matches a path beneath a root."""
        return self._spec is None or self._spec.match_file(relative)


def compile_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the meaning of gitignore lines; raises ValueError when one is no pattern."""
    from pathspec import GitIgnoreSpec  # not before something is read

    return GitIgnoreSpec.from_lines(lines)


def is_costly(pattern: str) -> bool:
    """Say whether matching a pattern could take for ever.

    A pattern becomes a regular expression that goes back for every star, so each further one multiplies the time by
    the length of the name; whoever wrote a project's ignore file must not be able to stop the server with it.
    """
    names = pattern.split("/")
    return names.count("**") > _MOST_STARS or any(name.count("*") > _MOST_STARS for name in names)


def _alternatives(pattern: str) -> tuple[str, ...]:
    done: list[str] = []
    todo = [pattern]
    while todo:
        one = todo.pop()
        braces = _BRACES.search(one)
        if braces is None:
            done.append(one)
        else:
            todo.extend(one[: braces.start()] + part + one[braces.end() :] for part in braces[1].split(","))
        if len(done) + len(todo) > _MOST_PATTERNS:
            raise InvalidArguments(f"The pattern {pattern!r} has more than {_MOST_PATTERNS} alternatives.")
    return tuple(done)
