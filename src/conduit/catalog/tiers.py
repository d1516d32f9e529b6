"""Rows beyond the packaged ones: what an endpoint's own list told, and what the person wrote down.

A discovered fact fills only what a packaged row leaves open; the person's file wins over everything. Pure: texts come
in, rows go out. For `compose`, which reads and writes the files.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from conduit.catalog.catalog import Catalog
from conduit.catalog.model import Capabilities, ModelInfo, Row, Vendor
from conduit.errors import ConfigError


class Discovered(Row):
    """One model of an endpoint's own list; `abilities` is None when the list did not say."""

    name: str
    context_tokens: int | None = None
    abilities: tuple[str, ...] | None = None
    detail: str = ""


class DiscoveredList(Row):
    """What one endpoint listed, and when."""

    base_url: str | None
    at: dt.date
    models: tuple[Discovered, ...] = ()


_LISTS: TypeAdapter[dict[str, DiscoveredList]] = TypeAdapter(
    dict[str, DiscoveredList], config=ConfigDict(defer_build=True)
)


class _OwnFile(Row):
    aliases: dict[str, str] = Field(default_factory=dict)
    models: tuple[dict[str, Any], ...] = ()


def read_lists(text: str) -> dict[str, DiscoveredList]:
    """Return the lists by vendor; a text that is none (of another version, say) counts as empty."""
    try:
        return _LISTS.validate_json(text)
    except ValidationError:
        return {}


def write_lists(lists: Mapping[str, DiscoveredList]) -> str:
    """Return the lists as JSON."""
    return _LISTS.dump_json(dict(lists), indent=1).decode()


def with_discovered(catalog: Catalog, lists: Mapping[str, DiscoveredList]) -> Catalog:
    """Return the catalogue with what endpoints told; a list of another address than the vendor's is left out."""
    known = {vendor.name: vendor for vendor in catalog.vendors}
    rows = [
        _discovered_row(catalog, known[name], each, told.at)
        for name, told in lists.items()
        if name in known and known[name].base_url == told.base_url
        for each in told.models
    ]
    return catalog.with_models(rows)


def with_own(catalog: Catalog, text: str, where: str, today: dt.date) -> Catalog:
    """Return the catalogue with the person's rows and aliases.

    Args:
        catalog: what there is.
        text: TOML in the form of the packaged file; a row needs `vendor` and `name`, the rest is taken over.
        where: the file, for messages and as the source.
        today: the date of a row that has none.

    Raises:
        ConfigError: the text is no TOML, a field is unknown or wrong, or a vendor or an alias leads nowhere.
    """
    try:
        own = _OwnFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is no TOML: {error}.") from error
    except ValidationError as error:
        raise ConfigError(f"{where}: {_first(error)}.") from error
    rows = [_own_row(catalog, fields, number, where, today) for number, fields in enumerate(own.models, 1)]
    extended = catalog.with_models(rows, {alias.lower(): target for alias, target in own.aliases.items()})
    for alias, target in own.aliases.items():
        if "/" not in target:
            raise ConfigError(f"{where}: the alias {alias!r} must stand for 'vendor/model', not {target!r}.")
        extended.resolve(target)
    return extended


def _discovered_row(catalog: Catalog, vendor: Vendor, told: Discovered, at: dt.date) -> ModelInfo:
    row = catalog.describe(vendor.name, told.name)
    can = _told(row.capabilities, told.abilities)
    if row.tier == "packaged":
        kept = row.capabilities.model_dump(exclude_none=True)
        filled = Capabilities.model_validate({**can.model_dump(), **kept})
        return row.model_copy(
            update={"context_tokens": row.context_tokens or told.context_tokens, "capabilities": filled}
        )
    only_embeds = told.abilities is not None and "embedding" in told.abilities and "completion" not in told.abilities
    return row.model_copy(
        update={
            "display_name": f"{told.name} ({told.detail})" if told.detail else told.name,
            "kind": "embedding" if only_embeds else "chat",
            "context_tokens": told.context_tokens,
            "capabilities": can,
            "listed": True,
            "tier": "discovered",
            "source": f"{vendor.base_url}: its own list",
            "date": at,
        }
    )


def _told(default: Capabilities, abilities: tuple[str, ...] | None) -> Capabilities:
    """Return what a list tells over the vendor's defaults; a list that names abilities names all of them."""
    if abilities is None:
        return default
    changes: dict[str, object] = {
        "tools": (default.tools or "native") if "tools" in abilities else "none",
        "vision": "vision" in abilities,
        "audio": "audio" in abilities or None,
        "embeddings": "embedding" in abilities or None,
    }
    if "thinking" not in abilities:
        changes["thinking"] = "none"
    elif default.thinking in (None, "none"):
        changes["thinking"] = "effort"
    return default.model_copy(update=changes)


def _own_row(catalog: Catalog, fields: Mapping[str, Any], number: int, where: str, today: dt.date) -> ModelInfo:
    vendor, name = fields.get("vendor"), fields.get("name")
    if not isinstance(vendor, str) or not isinstance(name, str):
        raise ConfigError(f"{where}: model {number} needs a 'vendor' and a 'name'.")
    if vendor not in {each.name for each in catalog.vendors}:
        raise ConfigError(f"{where}: model {number} names the vendor {vendor!r}, which there is not.")
    base = catalog.describe(vendor, name).model_dump()
    told = fields.get("capabilities", {})
    merged = {**base, "listed": True, "source": where, "date": today, **fields, "tier": "own"}
    if isinstance(told, dict):
        merged["capabilities"] = {**base["capabilities"], **told}
    try:
        return ModelInfo.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(f"{where}: {vendor}/{name}: {_first(error)}.") from error


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
