"""Validate JSON against a schema that a person wrote: the part of JSON Schema 2020-12 that pydantic itself writes.

A keyword outside of that part is refused when the schema is read, never ignored in silence. `format` is an annotation,
as the standard says, and is not checked. Not for tools or our own values: pydantic validates those.

Source: https://json-schema.org/draft/2020-12/json-schema-validation (2026-11-21).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

from pydantic import JsonValue

from conduit.errors import UserError
from conduit.jobs.vendor_schema import Schema, name_of_reference

MAX_PROBLEMS = 20
"""More are not told: a model that has so many wrong does not need the rest."""

_ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "format", "discriminator", "deprecated", "readOnly", "writeOnly"}
    | {"$schema", "$id", "$comment", "$defs", "definitions"}
)
_TYPES: Mapping[str, Callable[[JsonValue], bool]] = MappingProxyType(
    {
        "object": lambda value: isinstance(value, dict),
        "array": lambda value: isinstance(value, list),
        "string": lambda value: isinstance(value, str),
        "boolean": lambda value: isinstance(value, bool),
        "null": lambda value: value is None,
        "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "integer": lambda value: (
            (isinstance(value, int) and not isinstance(value, bool))
            or (isinstance(value, float) and value.is_integer())
        ),
    }
)
_BOUNDS: Mapping[str, tuple[Callable[[float, float], bool], str]] = MappingProxyType(
    {
        "minimum": (lambda value, bound: value >= bound, "is less than"),
        "maximum": (lambda value, bound: value <= bound, "is more than"),
        "exclusiveMinimum": (lambda value, bound: value > bound, "must be more than"),
        "exclusiveMaximum": (lambda value, bound: value < bound, "must be less than"),
    }
)
_SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_UNIONS = ("anyOf", "oneOf", "allOf")
_KEYWORDS = (
    _ANNOTATIONS
    | set(_BOUNDS)
    | set(_SIZES)
    | set(_UNIONS)
    | {"$ref", "type", "enum", "const", "properties", "required", "additionalProperties", "items", "prefixItems"}
    | {"pattern", "multipleOf", "uniqueItems"}
)


class JsonSchema:
    """A schema that was found to be one that can be checked in full."""

    def __init__(self, schema: JsonValue) -> None:
        """Read the schema.

        Raises:
            UserError: it is none, it has a keyword that is not checked here, or it refers to nothing or in a circle.
        """
        if not isinstance(schema, dict) or not schema:
            raise UserError("The schema is not a JSON object with something in it.")
        self.schema: Schema = schema
        definitions: Schema = {}
        for place in ("$defs", "definitions"):
            if isinstance(given := schema.get(place), dict):
                definitions |= given
        self._definitions = definitions
        self._check(schema, "the schema")
        for name, definition in definitions.items():
            self._check(definition, f"$defs.{name}")
        for each in (schema, *definitions.values()):
            self._check_circle(each, ())

    def problems(self, value: JsonValue) -> list[str]:
        """Return what is wrong with a value, each with its place; at most `MAX_PROBLEMS`."""
        found: list[str] = []
        for problem in self._problems(self.schema, value, ""):
            found.append(problem)
            if len(found) == MAX_PROBLEMS:
                break
        return found

    # -- the schema itself ------------------------------------------------------------------------------------------

    def _check(self, schema: JsonValue, where: str) -> None:
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict):
            raise UserError(f"In {where}: a schema is wanted, not {_short(schema)}.")
        if unknown := sorted(set(schema) - _KEYWORDS):
            raise UserError(
                f"In {where}: Conduit does not check the keyword {unknown[0]!r}, so it takes no schema that has it."
            )
        for key, value in schema.items():
            if fault := _fault(key, value):
                raise UserError(f"In {where}: {key} {fault}.")
        if "$ref" in schema:
            try:
                name = name_of_reference(schema["$ref"])
            except ValueError as error:
                raise UserError(f"In {where}: {error}.") from error
            if name not in self._definitions:
                raise UserError(f"In {where}: there is no definition {name!r}.")
        for place, inner in _inner(schema):
            self._check(inner, f"{where}.{place}")

    def _check_circle(self, schema: JsonValue, passed: tuple[str, ...]) -> None:
        """Refuse a schema that refers to itself for the same value, which could never be decided."""
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            name = name_of_reference(schema["$ref"])
            if name in passed:
                raise UserError(f"The definition {name!r} refers to itself without anything in between.")
            self._check_circle(self._definitions[name], (*passed, name))
        for union in _UNIONS:
            options = schema.get(union)
            for option in options if isinstance(options, list) else ():
                self._check_circle(option, passed)

    # -- a value ----------------------------------------------------------------------------------------------------

    def _problems(self, schema: JsonValue, value: JsonValue, at: str) -> Iterator[str]:
        if schema is False:
            yield f"{_place(at)} must not be there"
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            yield from self._problems(self._definitions[name_of_reference(schema["$ref"])], value, at)
        kinds = schema.get("type")
        wanted = [str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds] if kinds else [])]
        if wanted and not any(_TYPES[kind](value) for kind in wanted):
            yield f"{_place(at)} must be of type {' or '.join(wanted)}, not {_short(value)}"
            return
        yield from _choice_problems(schema, value, at)
        yield from self._union_problems(schema, value, at)
        if isinstance(value, str):
            yield from _string_problems(schema, value, at)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield from _number_problems(schema, value, at)
        elif isinstance(value, list):
            yield from self._array_problems(schema, value, at)
        elif isinstance(value, dict):
            yield from self._object_problems(schema, value, at)

    def _union_problems(self, schema: Schema, value: JsonValue, at: str) -> Iterator[str]:
        for part in _list(schema, "allOf"):
            yield from self._problems(part, value, at)
        for union in ("anyOf", "oneOf"):
            options = _list(schema, union)
            if not options:
                continue
            tried = [list(self._problems(option, value, at)) for option in options]
            fitting = sum(not found for found in tried)
            if not fitting:
                nearest = min(tried, key=len)
                yield f"{_place(at)} fits none of the {len(options)} allowed forms; for the nearest: {nearest[0]}"
            elif union == "oneOf" and fitting > 1:
                yield f"{_place(at)} fits {fitting} of the forms of which it may fit one only"

    def _array_problems(self, schema: Schema, value: list[JsonValue], at: str) -> Iterator[str]:
        yield from _size_problems(schema, len(value), "Items", "items", at)
        if schema.get("uniqueItems") is True:
            for place, item in enumerate(value):
                if any(_same(item, earlier) for earlier in value[:place]):
                    yield f"{_place(at)} has {_short(item)} twice"
                    break
        first = _list(schema, "prefixItems")
        for place, item in enumerate(value):
            rule = first[place] if place < len(first) else schema.get("items", True)
            yield from self._problems(rule, item, f"{at}[{place}]")

    def _object_problems(self, schema: Schema, value: Schema, at: str) -> Iterator[str]:
        yield from _size_problems(schema, len(value), "Properties", "properties", at)
        for name in _list(schema, "required"):
            if name not in value:
                yield f"{_place(at)} lacks {name!r}"
        properties = schema.get("properties")
        named = properties if isinstance(properties, dict) else {}
        others = schema.get("additionalProperties", True)
        for name, item in value.items():
            if name not in named and others is False:
                yield f"{_place(at)} must not have {name!r}"
                continue
            yield from self._problems(named.get(name, others), item, f"{at}.{name}".lstrip("."))


def _list(schema: Schema, key: str) -> list[JsonValue]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def _inner(schema: Schema) -> Iterator[tuple[str, JsonValue]]:
    """Yield the schemas in a schema, with their places."""
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield f"properties.{name}", inner
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield key, schema[key]
    for key in (*_UNIONS, "prefixItems"):
        for place, inner in enumerate(_list(schema, key)):
            yield f"{key}[{place}]", inner


def _fault(key: str, value: JsonValue) -> str:
    """Return what is wrong with the value of a keyword, or nothing."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == "type":
        kinds = value if isinstance(value, list) else [value]
        unknown = [kind for kind in kinds if not isinstance(kind, str) or kind not in _TYPES]
        return f"is {_short(value)}, which is none of {', '.join(_TYPES)}" if unknown or not kinds else ""
    if key in _BOUNDS or key == "multipleOf":
        return "" if number and (key != "multipleOf" or _positive(value)) else "must be a number"
    if key in _SIZES:
        return "" if isinstance(value, int) and number and value >= 0 else "must be a number of 0 or more"
    if key in (*_UNIONS, "prefixItems", "enum"):
        return "" if isinstance(value, list) and value else "must be a list with something in it"
    if key == "required":
        return "" if isinstance(value, list) and all(isinstance(name, str) for name in value) else "must list names"
    if key in ("properties", "$defs", "definitions"):
        return "" if isinstance(value, dict) else "must be an object"
    if key == "pattern":
        try:
            re.compile(value if isinstance(value, str) else "(")
        except re.error:
            return "is no regular expression that Python reads"
    return ""


def _positive(value: JsonValue) -> bool:
    return isinstance(value, int | float) and value > 0


def _choice_problems(schema: Schema, value: JsonValue, at: str) -> Iterator[str]:
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{_place(at)} must be {_short(schema['const'])}, not {_short(value)}"
    choices = _list(schema, "enum")
    if choices and not any(_same(value, choice) for choice in choices):
        yield f"{_place(at)} must be one of {', '.join(map(_short, choices[:20]))}, not {_short(value)}"


def _string_problems(schema: Schema, value: str, at: str) -> Iterator[str]:
    yield from _size_problems(schema, len(value), "Length", "characters", at)
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not re.search(pattern, value):
        yield f"{_place(at)} must match the pattern {pattern}"


def _number_problems(schema: Schema, value: float, at: str) -> Iterator[str]:
    for key, (holds, words) in _BOUNDS.items():
        bound = schema.get(key)
        if isinstance(bound, int | float) and not holds(value, bound):
            yield f"{_place(at)} is {value:g}, which {words} {bound:g}"
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and Decimal(str(value)) % Decimal(str(step)) != 0:
        yield f"{_place(at)} is {value:g}, which is no multiple of {step:g}"


def _size_problems(schema: Schema, size: int, suffix: str, words: str, at: str) -> Iterator[str]:
    least, most = schema.get(f"min{suffix}"), schema.get(f"max{suffix}")
    if isinstance(least, int) and size < least:
        yield f"{_place(at)} has {size} {words}, and at least {least} are wanted"
    if isinstance(most, int) and size > most:
        yield f"{_place(at)} has {size} {words}, and at most {most} are allowed"


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Whether two values are equal in JSON, where true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(_same(value, other[name]) for name, value in one.items())
    return one == other


def _place(at: str) -> str:
    return at or "the answer"


def _short(value: JsonValue) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:59]}…"
