"""Writes the VS Code extension's copy of the server's settings from the server's own keys; `poe protocol` runs it.

Keys that no editor may set are left out. A setting that the person leaves alone is not sent, so that `config.toml`
counts; the defaults here are what holds without one.
"""

from __future__ import annotations

import json
import re
from typing import Any

from conduit.config.keys import Key, known_keys

# They speak of this machine, not of the project that is open in the window.
OF_THE_MACHINE = {"embedded"}
# They spend money without a question: no opened folder may set them, be it trusted or not.
OF_THE_PERSON = {"completions.enabled", "completions.model", "cache_ttl_s"}
UNSET = "not set"


def contribution() -> str:
    """Return the text of `contributes/settings.json`."""
    properties = {f"conduit.{camel(key.name)}": describe(key) for key in known_keys().values() if not key.user_only}
    configuration = [{"title": "Server", "order": 2, "properties": properties}]
    return json.dumps({"configuration": configuration}, indent=2, ensure_ascii=False) + "\n"


def camel(name: str) -> str:
    """Return `code_actions.apply` as `codeActions.apply`."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def describe(key: Key) -> dict[str, Any]:
    """Return one property as a manifest has it."""
    schema = key.adapter().json_schema()
    choices = schema.get("anyOf", [schema])
    [value] = [choice for choice in choices if choice.get("type") != "null"]
    default = key.field.get_default(call_default_factory=True)
    kept = ("type", "enum", "minimum", "maximum")
    described: dict[str, Any] = {name: value[name] for name in kept if name in value}
    described["default"] = default
    if "enum" in value:
        described |= of_choices(value["enum"], default)
    elif value["type"] == "string":
        # An empty text is how a person unsets one in the settings editor; it is never sent.
        described = {"type": "string", "default": default or ""}
    elif value["type"] == "array":
        described = {"type": "array", "items": {"type": "string"}, "default": default or []}
    elif default is None:
        described["type"] = [value["type"], "null"]
    described["scope"] = scope_of(key.name)
    described["markdownDescription"] = key.field.description
    return described


def scope_of(name: str) -> str:
    """Return who may set a key: the person alone, this machine and a folder, or anybody."""
    if name in OF_THE_PERSON:
        return "application"
    return "machine-overridable" if name.split(".")[0] in OF_THE_MACHINE else "window"


def of_choices(names: list[str], default: str | None) -> dict[str, Any]:
    """Return what is said of a key with a few values; one without a default can be set back to none."""
    if default is not None:
        return {"type": "string", "enum": names}
    return {"type": ["string", "null"], "enum": [None, *names], "enumItemLabels": [UNSET, *names]}
