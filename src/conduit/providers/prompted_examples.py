"""Worked requests for a model that must be shown how a tool is called, and the choice of those that fit a request.

A very small model repeats the pattern that it saw last, so the examples that look most like the person's request are
shown, the most similar one at the end. Used by `prompted_tools` only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from importlib.resources import files

from pydantic import Field, JsonValue

from conduit.messages.content import Value
from conduit.messages.request import ToolSpec

_PATH = re.compile(r"[\w/.-]*\w\.[A-Za-z]{1,5}\b")
_NAME = re.compile(r"`[^`]+`|\b(?:[A-Za-z]+_\w+|[A-Z]{3,}|[a-z]+[A-Z]\w*)\b")
_WORD = re.compile(r"[a-z]+|[!?]|```")
_CODE = re.compile(r"```.*?```", re.DOTALL)
_EMPTY = frozenset({"the", "a", "an", "of", "it", "to", "and", "please"})
_WEIGHTS = {"<path>": 3.0, "<name>": 2.0, "```": 3.0}
_READ_CHARS = 400  # the request itself stands at the start of a long message


class Example(Value):
    """One worked request: the `tool` with its `arguments`, or the `answer` when `tool` is None.

    The words of a `whole` one belong to its code, and are not put in other words.
    """

    request: str
    tool: str | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    answer: str = ""
    whole: bool = False


def load_examples() -> tuple[Example, ...]:
    """Read the examples that ship with the package."""
    text = files("conduit.prompts").joinpath("templates", "prompted_tools.toml").read_text(encoding="utf-8")
    return tuple(Example.model_validate(row) for row in tomllib.loads(text)["example"])


def fitting_examples(
    examples: Iterable[Example], question: str, tools: Sequence[ToolSpec], *, with_answer: bool, count: int
) -> list[Example]:
    """Return up to `count` examples of the offered tools (and answers), the one most like `question` last.

    An example about a piece of code gets the words of the question around its own code, so that both look alike.
    """
    offered = {tool.name for tool in tools}
    usable = [row for row in examples if (row.tool in offered if row.tool else with_answer)]
    wanted = _features(question)
    chosen = sorted(usable, key=lambda row: _likeness(wanted, _features(row.request)))[-count:]
    return [row if row.whole else row.model_copy(update={"request": _dressed(row.request, question)}) for row in chosen]


def _dressed(request: str, question: str) -> str:
    """Return `question` with the code of `request` in place of its own, or `request` where that makes no sense."""
    own, code = _CODE.search(question), _CODE.search(request)
    if own is None or code is None or len(question) - len(own.group()) > _READ_CHARS * 2:
        return request
    return question[: own.start()] + code.group() + question[own.end() :]


def _features(text: str) -> frozenset[str]:
    """Return the words of a request; a path and a name of code count as such, whatever they are."""
    text = text[:_READ_CHARS]
    found = set()
    if "```" not in text:
        for mark, pattern in (("<path>", _PATH), ("<name>", _NAME)):
            if pattern.search(text):
                found.add(mark)
            text = pattern.sub(" ", text)
    return frozenset(found | set(_WORD.findall(text.lower())) - _EMPTY)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the weighted share of common features, 0 to 1."""
    return _weight(one & other) / (_weight(one | other) or 1.0)


def _weight(features: Iterable[str]) -> float:
    return sum(_WEIGHTS.get(feature, 1.0) for feature in features)
