"""Make a JSON schema that every vendor takes out of one that means the same. Pure; for `structured`.

What vendors refuse (bounds, patterns, defaults, `oneOf`, references that are not needed) is put in place or said in the
description, where the model still reads it: the answer is validated against the original. This is not validation.

Sources: https://developers.openai.com/api/docs/guides/structured-outputs,
https://platform.claude.com/docs/en/build-with-claude/structured-outputs and
https://ai.google.dev/gemini-api/docs/structured-output (2026-11-21).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

Schema = dict[str, JsonValue]

_AS_IT_IS = frozenset({"type", "enum", "required"})
_SAID_NOWHERE = frozenset({"title", "$schema", "$id", "$comment", "$defs", "definitions", "discriminator"})
_TAKEN = _AS_IT_IS | _SAID_NOWHERE | {
    "description", "const", "properties", "additionalProperties", "items", "prefixItems", "anyOf", "oneOf", "allOf",
}  # fmt: skip


def vendor_schema(schema: Mapping[str, JsonValue]) -> Schema:
    """Return a schema of the same values, or of more where vendors know no better.

    References are put in place, except those of a type to itself; objects with named properties are closed.

    Raises:
        ValueError: a reference leads nowhere.
    """
    maker = _Maker(_definitions(schema))
    made = maker.make(dict(schema), ())
    kept: Schema = {}
    while missing := sorted(maker.recursive - set(kept)):
        for name in missing:
            kept[name] = maker.make(maker.definition(name), (name,))
    return {**made, "$defs": kept} if kept else made


def name_of_reference(reference: JsonValue) -> str:
    """Return the definition that `#/$defs/NAME` names; raises ValueError for any other reference."""
    for beginning in ("#/$defs/", "#/definitions/"):
        if isinstance(reference, str) and reference.startswith(beginning):
            return reference.removeprefix(beginning).replace("~1", "/").replace("~0", "~")
    raise ValueError(f"the reference {reference!r} is not of the form #/$defs/NAME")


def _definitions(schema: Mapping[str, JsonValue]) -> Schema:
    found: Schema = {}
    for place in ("$defs", "definitions"):
        if isinstance(given := schema.get(place), dict):
            found |= given
    return found


class _Maker:
    """Makes the schemas inside one schema; `recursive` are the definitions that must stay definitions."""

    def __init__(self, definitions: Schema) -> None:
        self._definitions = definitions
        self.recursive: set[str] = set()

    def make(self, schema: JsonValue, inside: tuple[str, ...]) -> Schema:
        """Return a schema as vendors take it; `inside` are the definitions that it is part of."""
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            name = name_of_reference(schema["$ref"])
            if name in inside:
                self.recursive.add(name)
                return {"$ref": f"#/$defs/{name}"}
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return self.make({**self.definition(name), **beside}, (*inside, name))
        parts = schema.get("allOf")
        if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
            return self.make({**parts[0], **{key: value for key, value in schema.items() if key != "allOf"}}, inside)
        made: Schema = {key: schema[key] for key in schema if key in _AS_IT_IS}
        if "const" in schema:
            made["enum"] = [schema["const"]]
        made |= self._parts(schema, inside)
        if schema.get("type") == "object" or "properties" in schema:
            made |= self._object(schema, inside)
        if said := _said(schema):
            made["description"] = said
        return made

    def definition(self, name: str) -> Schema:
        """Return a definition as it was written; raises ValueError when there is none."""
        found = self._definitions.get(name)
        if not isinstance(found, dict):
            raise ValueError(f"there is no definition {name!r}")
        return found

    def _parts(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        made: Schema = {}
        for given, name in (("anyOf", "anyOf"), ("oneOf", "anyOf"), ("allOf", "allOf"), ("prefixItems", "prefixItems")):
            if isinstance(parts := schema.get(given), list):
                made[name] = [self.make(part, inside) for part in parts]
        if isinstance(schema.get("items"), dict):
            made["items"] = self.make(schema["items"], inside)
        return made

    def _object(self, schema: Schema, inside: tuple[str, ...]) -> Schema:
        """Return the properties, and close the object unless it is one with keys of its own choosing."""
        made: Schema = {"type": "object"}
        properties, others = schema.get("properties"), schema.get("additionalProperties")
        if isinstance(properties, dict):
            made["properties"] = {name: self.make(inner, inside) for name, inner in properties.items()}
        if isinstance(others, dict):
            made["additionalProperties"] = self.make(others, inside)
        elif isinstance(properties, dict) or others is not None:
            made["additionalProperties"] = False if isinstance(properties, dict) else others
        return made


def _said(schema: Schema) -> str:
    """Return the description, with the rules that vendors do not take."""
    rules = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in schema.items() if key not in _TAKEN]
    description = schema.get("description")
    words = [description] if isinstance(description, str) and description else []
    return " ".join([*words, *([f"({', '.join(rules)})"] if rules else [])])
