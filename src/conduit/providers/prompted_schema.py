"""The JSON schema that a small model's answer is held to: one branch for each tool, and one for an answer.

Grammar compilers behind `response_format` know only a part of JSON Schema, and a very small model fills every field
that it is offered. So a tool's schema is reduced: references are put in place, optional arguments and annotations are
left out, and strings and arrays get an upper bound so that generation ends. This is not validation: the agent
validates a call against the tool's full schema. Used by `prompted_tools` only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import cast

from pydantic import JsonValue

from conduit.messages.request import ToolSpec

Schema = dict[str, JsonValue]

MAX_STRING = 800  # characters; longer repetitions make the grammar slow
MAX_ITEMS = 12
MAX_DEPTH = 6
MAX_CHOICES = 60

_KEPT = ("type", "const", "enum", "minLength", "minimum", "maximum", "minItems")
_PATH = re.compile(r"(?<![\w./-])(?:[\w.-]+/)*[\w-]*\.?[\w-]+\.[A-Za-z]\w{0,7}\b")
_NAME = re.compile(
    r"`([^`\n]{1,60})`|\b([A-Za-z]\w*_\w+|[A-Z]{3,}\w*|[a-z]+[A-Z]\w*)\b|(?:of|for|is|function|class)\s+(\w{3,})"
)


def answer_schema(tools: Sequence[ToolSpec], *, with_answer: bool, transcript: str, question: str) -> Schema:
    """Return the schema of one JSON object: `{"tool", "arguments"}` of a given tool, or `{"answer"}`.

    Args:
        tools: what may be called; not empty.
        with_answer: whether the model may answer instead of calling.
        transcript: all text of the conversation: a `path` can only be one that is written there.
        question: the newest user text: a `query` can only be a name that is written there, when it has one.
    """
    choices = {"path": _paths(transcript), "query": _names(question)}
    branches: list[JsonValue] = [
        _object({"tool": {"const": tool.name}, "arguments": arguments_schema(tool.input_schema, choices)})
        for tool in tools
    ]
    if with_answer:
        branches.append(_object({"answer": {"type": "string", "minLength": 1, "maxLength": 2 * MAX_STRING}}))
    return cast("Schema", branches[0]) if len(branches) == 1 else {"oneOf": branches}


def arguments_schema(schema: Schema, choices: dict[str, list[str]] | None = None) -> Schema:
    """Reduce a tool's input schema to its required arguments; `choices` limits a string argument by its name."""
    definitions = schema.get("$defs") or schema.get("definitions")
    reduced = _reduce(schema, definitions if isinstance(definitions, dict) else {}, 0)
    properties = reduced.get("properties")
    if not isinstance(properties, dict):
        return _object({})
    for name, found in (choices or {}).items():
        value = properties.get(name)
        if found and isinstance(value, dict) and value.get("type") == "string" and "enum" not in value:
            properties[name] = {"enum": cast("list[JsonValue]", found)}
    return reduced


def signature(tool: ToolSpec) -> str:
    """Return `name(argument, ...)` with the required arguments, as the prompt shows a tool."""
    required = tool.input_schema.get("required")
    names = [str(name) for name in required] if isinstance(required, list) else []
    return f"{tool.name}({', '.join(names)})"


def _object(properties: Schema) -> Schema:
    required: list[JsonValue] = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _reduce(schema: JsonValue, definitions: Schema, depth: int) -> Schema:
    """Return what a grammar compiler understands of `schema`; anything else allows any string."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return {"type": "string", "maxLength": MAX_STRING}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _reduce(definitions.get(reference.rsplit("/", 1)[-1]), definitions, depth + 1)
    for union in ("anyOf", "oneOf", "allOf"):
        options = schema.get(union)
        if isinstance(options, list):
            return _union(options, definitions, depth)
    kept: Schema = {key: schema[key] for key in _KEPT if key in schema}
    kind = schema.get("type")
    if isinstance(kind, list):
        kept["type"] = kind = next((item for item in kind if item != "null"), "string")
    if kind == "object" or "properties" in schema:
        properties, required = schema.get("properties"), schema.get("required")
        if not isinstance(properties, dict):
            return {"type": "object"}
        names = [str(name) for name in required] if isinstance(required, list) else []
        return _object({name: _reduce(properties.get(name), definitions, depth + 1) for name in names})
    if kind == "array":
        kept["items"] = _reduce(schema.get("items"), definitions, depth + 1)
        kept["maxItems"] = _bounded(schema.get("maxItems"), MAX_ITEMS)
    elif kind == "string" and "enum" not in kept and "const" not in kept:
        kept["maxLength"] = _bounded(schema.get("maxLength"), MAX_STRING)
    return kept or {"type": "string", "maxLength": MAX_STRING}


def _union(options: Iterable[JsonValue], definitions: Schema, depth: int) -> Schema:
    reduced: list[JsonValue] = [
        _reduce(option, definitions, depth + 1)
        for option in options
        if not (isinstance(option, dict) and option.get("type") == "null")
    ]
    if len(reduced) == 1:
        return cast("Schema", reduced[0])
    return {"anyOf": reduced} if reduced else {"type": "null"}


def _bounded(value: JsonValue, bound: int) -> int:
    return min(value, bound) if isinstance(value, int) and not isinstance(value, bool) else bound


def _paths(text: str) -> list[str]:
    """Return the file names and paths that are written in `text`, the newest first."""
    return list(dict.fromkeys(match.group() for match in reversed(list(_PATH.finditer(text)))))[:MAX_CHOICES]


def _names(text: str) -> list[str]:
    """Return what looks like a name of code in `text`: quoted, with an underscore, in capitals, or after 'of'."""
    found = (next(group for group in match.groups() if group) for match in _NAME.finditer(_PATH.sub(" ", text)))
    return list(dict.fromkeys(found))[:MAX_CHOICES]
