"""Writes the plugins' copies of the protocol from the server's own payloads: `poe protocol`.

`vscode/src/protocol.ts` has an interface for every payload and the tables method -> parameters and result;
`nvim/lua/conduit/protocol.lua` has the same as annotations for the Lua language server, and the names as data;
`vscode/contributes/settings.json` has the settings that an editor may send; `docs/vscode.md` lists those and the
extension's commands. A test compares all of them with what this program would write.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from conduit.lsp import table
from conduit.lsp.protocol.update import Update
from conduit.lsp.server import resolve

sys.path.insert(0, str(Path(__file__).parent))  # a test loads this file by its path
import pages
import settings

HERE = Path(__file__).parent
Schema = dict[str, Any]

# What the payload leaves open for the sake of speed or of a bound, and the copies need not.
NARROWER = {("SessionUpdateParams", "update"): "Update", ("CodeActionsResult", "actions"): "WireAction[]"}


@dataclass(frozen=True)
class Field:
    """A member of a payload; its type is written in TypeScript, whose words Lua's are made of."""

    name: str
    type: str
    optional: bool


@dataclass(frozen=True)
class Shape:
    """A payload: what it is for, and its members."""

    name: str
    about: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Protocol:
    """All that is said between a plugin and the server; types by name, None where nothing is answered."""

    shapes: tuple[Shape, ...]
    updates: str
    requests: Mapping[str, tuple[str, str]]
    server_requests: Mapping[str, tuple[str, str]]
    server_notifications: Mapping[str, str]


def read() -> Protocol:
    """Return the protocol as the server's table has it."""
    requests = {
        method: (resolve(row.params), _answer(row.target))
        for method, row in sorted(table.METHODS.items())
        if row.params is not None
    }
    asked = {method: (resolve(params), resolve(answer)) for method, (params, answer) in table.ASKED.items()}
    sent = {method: resolve(params) for method, params in table.SENT.items()}
    written = {params for params, _ in requests.values()} | {answer for _, answer in asked.values()}
    read_ = {answer for _, answer in requests.values()} | {params for params, _ in asked.values()} | set(sent.values())
    by_client, updates = _definitions(written, loose=True)
    by_server, update_type = _definitions(read_, loose=False, union=Update)
    wire_action, _ = _definitions({resolve("conduit.lsp.protocol.abilities:WireAction")}, loose=True)
    shapes = {**by_server, **wire_action, **by_client}
    return Protocol(
        shapes=tuple(shapes[name] for name in sorted(shapes)),
        updates=update_type or updates,
        requests={method: (p.__name__, a.__name__) for method, (p, a) in requests.items()},
        server_requests={method: (p.__name__, a.__name__) for method, (p, a) in asked.items()},
        server_notifications={method: p.__name__ for method, p in sent.items()},
    )


def _answer(target: str) -> type[BaseModel]:
    """Return the payload that a handler says it answers with."""
    handler = resolve(target)
    named = handler.__annotations__["return"]
    answer = getattr(sys.modules[handler.__module__], named, None)
    if not (isinstance(answer, type) and issubclass(answer, BaseModel)):
        raise TypeError(f"{target} answers with {named}, which is no payload")
    return answer


def _definitions(models: set[type[BaseModel]], *, loose: bool, union: Any = None) -> tuple[dict[str, Shape], str]:
    """Return the shapes that these models are made of, and the type of `union`.

    `loose` is for what a plugin writes: what has a default may be left out, and null may be said. What it reads is
    always there unless it may be null, for the server leaves nulls out.
    """
    found: dict[str, Schema] = {}
    for model in models:
        schema = model.model_json_schema(by_alias=True, ref_template="{model}")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    union_type = ""
    if union is not None:
        schema = TypeAdapter(union).json_schema(by_alias=True, ref_template="{model}")
        found |= schema.pop("$defs", {})
        union_type = _type(schema, loose=loose)
    plain = {name: schema for name, schema in found.items() if schema.get("type") != "object"}
    shapes = {name: _shape(name, _inlined(schema, plain), loose=loose) for name, schema in found.items()}
    return {name: shape for name, shape in shapes.items() if name not in plain}, union_type


def _inlined(schema: Any, plain: Mapping[str, Schema]) -> Any:
    """Put what is no object, such as a list of words, in the place of its name."""
    if isinstance(schema, list):
        return [_inlined(each, plain) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") in plain:
        return plain[schema["$ref"]]
    return {key: _inlined(each, plain) for key, each in schema.items()}


def _shape(name: str, schema: Schema, *, loose: bool) -> Shape:
    about = str(schema.get("description", "")).split("\n\n")[0].replace("\n", " ")
    required = set(schema.get("required", ()))
    fields = [
        Field(
            name=key,
            type=NARROWER.get((name, key)) or _type(each, loose=loose),
            optional=key not in required and "const" not in each and (loose or _nullable(each)),
        )
        for key, each in schema.get("properties", {}).items()
    ]
    return Shape(name, about, tuple(fields))


def _nullable(schema: Schema) -> bool:
    return any(each.get("type") == "null" for each in schema.get("anyOf", ()))


def _type(schema: Schema, *, loose: bool) -> str:
    """Return the TypeScript type of a JSON schema."""
    if "$ref" in schema:
        return str(schema["$ref"])
    if "const" in schema:
        return f"'{schema['const']}'"
    if "enum" in schema:
        return " | ".join(f"'{each}'" for each in schema["enum"])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        kinds = [_type(each, loose=loose) for each in choices if loose or each.get("type") != "null"]
        return " | ".join(dict.fromkeys(kinds))
    match schema.get("type"):
        case "array":
            item = _type(schema.get("items", {}), loose=loose)
            return f"({item})[]" if "|" in item else f"{item}[]"
        case "object":
            values = schema.get("additionalProperties")
            return f"Record<string, {_type(values, loose=loose) if isinstance(values, dict) else 'unknown'}>"
        case "integer" | "number":
            return "number"
        case "string" | "boolean" | "null" as plain:
            return str(plain)
        case _:
            return "unknown"


def typescript(protocol: Protocol) -> str:
    """Return the text of `protocol.ts`."""
    return "\n".join(
        [
            "// Generated from the server's payloads by `poe protocol`; do not edit.",
            "",
            f"export const PROTOCOL_VERSION = {table.PROTOCOL_VERSION};",
            *(line for shape in protocol.shapes for line in _interface(shape)),
            "",
            f"export type Update = {protocol.updates};",
            "",
            "/** What the extension asks the server. */",
            *_pairs("Requests", protocol.requests),
            "",
            "/** What the server asks the extension. */",
            *_pairs("ServerRequests", protocol.server_requests),
            "",
            "/** What the server tells the extension. */",
            "export interface ServerNotifications {",
            *(f"  '{method}': {params};" for method, params in protocol.server_notifications.items()),
            "}",
            "",
        ]
    )


def _interface(shape: Shape) -> Iterator[str]:
    yield ""
    yield f"/** {shape.about} */"
    yield f"export interface {shape.name} {{"
    for field in shape.fields:
        yield f"  {field.name}{'?' if field.optional else ''}: {field.type};"
    yield "}"


def _pairs(name: str, methods: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield f"export interface {name} {{"
    for method, (params, answer) in methods.items():
        yield f"  '{method}': {{ params: {params}; result: {answer} }};"
    yield "}"


def lua(protocol: Protocol) -> str:
    """Return the text of `protocol.lua`."""
    names = {shape.name for shape in protocol.shapes}
    lines = ["-- Generated from the server's payloads by `poe protocol`; do not edit."]
    for shape in protocol.shapes:
        lines += ["", f"---{shape.about}", f"---@class conduit.{shape.name}"]
        lines += [
            f"---@field {field.name}{'?' if field.optional else ''} {_lua_type(field.type, names)}"
            for field in shape.fields
        ]
    lines += ["", f"---@alias conduit.Update {_lua_type(protocol.updates, names)}", "", "return {"]
    lines += [f"  version = {table.PROTOCOL_VERSION},", "  requests = {"]
    lines += [f"    '{method}', -- {params} -> {answer}" for method, (params, answer) in protocol.requests.items()]
    lines += ["  },", "  server_requests = {"]
    asked = protocol.server_requests.items()
    lines += [f"    '{method}', -- {params} -> {answer}" for method, (params, answer) in asked]
    lines += ["  },", "  server_notifications = {"]
    lines += [f"    '{method}', -- {params}" for method, params in protocol.server_notifications.items()]
    return "\n".join([*lines, "  },", "}", ""])


def _lua_type(written: str, names: set[str]) -> str:
    """Return a TypeScript type in the words of LuaLS."""
    parts = []
    for word in written.replace("Record<string, ", "table<string, ").split(" | "):
        bare = word.strip("()[]")
        renamed = {"unknown": "any", "null": "nil"}.get(bare) or (
            f"conduit.{bare}" if bare in {*names, "Update"} else bare
        )
        parts.append(word.replace(bare, renamed, 1) if bare else word)
    return re.sub(r"(?<!')\bunknown\b", "any", "|".join(parts))  # the type, not the word


def copies() -> dict[Path, str]:
    """Return the text of every generated file."""
    protocol = read()
    contributed = {HERE / "vscode" / "contributes" / "settings.json": settings.contribution()}
    return {
        HERE / "vscode" / "src" / "protocol.ts": typescript(protocol),
        HERE / "nvim" / "lua" / "conduit" / "protocol.lua": lua(protocol),
        **contributed,
        pages.PAGE: pages.vscode(contributed),
    }


if __name__ == "__main__":
    for path, text in copies().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
