"""Whether a JSON schema may be sent in OpenAI's strict mode. Pure; for the wires that have that mode."""

from __future__ import annotations


def is_strict(schema: object) -> bool:
    """Whether strict mode takes the schema: every object closed, every property required.

    Source: https://developers.openai.com/api/docs/guides/structured-outputs (2026-11-21).
    """
    if isinstance(schema, list):
        return all(is_strict(item) for item in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return False
    if isinstance(properties := schema.get("properties"), dict):
        required = schema.get("required")
        if schema.get("additionalProperties") is not False or not isinstance(required, list):
            return False
        if set(properties) != set(required):
            return False
    return all(is_strict(item) for item in schema.values())
